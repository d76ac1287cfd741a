"""How full a device's battery is, as far as its advertisements tell."""

from collections.abc import Iterator

from footsense.devices import Advertisement, Decoder, Profile
from footsense.devices.uuids import full
from footsense.errors import PacketError

SERVICE = full("180f")  # Bluetooth Battery Service 1.1
LEVEL = full("2a19")  # its one characteristic, a byte from 0 to 100
_MANUFACTURER, _SERVICE_DATA = "manufacturer:0x", "service-data:0x"


def level(value: bytes) -> float | None:
    """The percentage in a Battery Level, None where it holds none."""
    return float(value[0]) if len(value) == 1 and value[0] <= 100 else None


def advertised_percent(profile: Profile | None, heard: Advertisement) -> float | None:
    """What the advertisement tells, in %: as the data of the battery service, or as its profile says."""
    standard = heard.service_data.get(SERVICE)
    if standard is not None:
        return level(bytes(standard))
    told = (_decoded(profile, char, payload) for char, payload in _advertised(profile, heard) if profile)
    return next((percent for percent in told if percent is not None), None)


def _advertised(profile: Profile | None, heard: Advertisement) -> Iterator[tuple[str, bytes]]:
    """What was heard for each place in advertisements that the profile names."""
    for char in profile.data.chars.values() if profile else ():
        place = full(char.uuid)
        data = None
        if place.startswith(_MANUFACTURER):
            data = heard.manufacturer_data.get(int(place.removeprefix(_MANUFACTURER), 16))
        elif place.startswith(_SERVICE_DATA):
            data = heard.service_data.get(full(place.removeprefix(_SERVICE_DATA)))
        if data is not None:
            yield place, bytes(data)


def _decoded(profile: Profile, char: str, payload: bytes) -> float | None:
    try:
        frames = Decoder(profile, {}).feed(char, payload)
    except PacketError:
        return None
    return next((float(f.battery_percent) for f in frames if f.battery_percent is not None), None)
