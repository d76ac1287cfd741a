"""How full a device's battery is, as far as its advertisements tell."""

from footsense.devices import Advertisement, Decoder, Profile
from footsense.devices.uuids import full
from footsense.errors import PacketError

SERVICE = full("180f")  # Bluetooth Battery Service 1.1
LEVEL = full("2a19")  # its one characteristic, a byte from 0 to 100


def level(value: bytes) -> float | None:
    """The percentage in a Battery Level, None where it holds none."""
    return float(value[0]) if len(value) == 1 and value[0] <= 100 else None


def advertised_percent(profile: Profile | None, heard: Advertisement) -> float | None:
    """What the advertisement tells, in %: as the data of the battery service, or as its profile says."""
    standard = heard.service_data.get(SERVICE)
    if standard is not None:
        return level(bytes(standard))
    told = (_decoded(profile, *packet) for packet in profile.said(heard)) if profile else iter(())
    return next((percent for percent in told if percent is not None), None)


def _decoded(profile: Profile, char: str, payload: bytes) -> float | None:
    try:
        frames = Decoder(profile, {}).feed(char, payload)
    except PacketError:
        return None
    return next((float(f.battery_percent) for f in frames if f.battery_percent is not None), None)
