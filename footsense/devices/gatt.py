"""What a virtual device of a profile publishes."""

from collections.abc import Mapping

from footsense.devices.profile import Profile
from footsense.devices.settings import Value
from footsense.devices.uuids import full

Characteristic = tuple[str, tuple[str, ...], bytes]  # UUID, properties, value when read


def gatt_table(
    profile: Profile, settings: Mapping[str, Value] | None = None
) -> list[tuple[str, list[Characteristic]]]:
    """Services in the order of the profile, each with its characteristics; UUIDs in full. `settings`: the
    device's, where it says itself what it is.

    Properties are `read`, `notify`, `indicate`, `write`, `write-without-response`.
    """
    services: dict[str, list[Characteristic]] = {}
    for char in profile.told(settings or {}).data.chars.values():
        if not char.service:  # it is advertised
            continue
        entry = (full(char.uuid), tuple(char.properties), bytes.fromhex(char.value))
        services.setdefault(full(char.service), []).append(entry)
    return list(services.items())
