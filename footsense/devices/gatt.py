"""What a virtual device of a profile publishes."""

from footsense.devices.profile import Profile
from footsense.devices.uuids import full

Characteristic = tuple[str, tuple[str, ...], bytes]  # UUID, properties, value when read


def gatt_table(profile: Profile) -> list[tuple[str, list[Characteristic]]]:
    """Services in the order of the profile, each with its characteristics; UUIDs in full.

    Properties are `read`, `notify`, `indicate`, `write`, `write-without-response`.
    """
    services: dict[str, list[Characteristic]] = {}
    for char in profile.data.chars.values():
        if not char.service:  # it is advertised
            continue
        entry = (full(char.uuid), tuple(char.properties), bytes.fromhex(char.value))
        services.setdefault(full(char.service), []).append(entry)
    return list(services.items())
