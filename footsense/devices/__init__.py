"""Device profiles: read, checked, compiled; packets decoded and made, commands built."""

from collections.abc import Mapping

from footsense.devices.decoder import Decoder
from footsense.devices.encoder import Encoder
from footsense.devices.gatt import gatt_table
from footsense.devices.matching import Advertised, Advertisement
from footsense.devices.profile import Profile, load_profile, parse_profile, profile_names
from footsense.devices.settings import Value
from footsense.devices.steps import Answer, Write, writes

__all__ = [
    "Advertised",
    "Advertisement",
    "Answer",
    "Decoder",
    "Encoder",
    "Profile",
    "Write",
    "commands",
    "gatt_table",
    "load_profile",
    "parse_profile",
    "profile_names",
]


def commands(profile: Profile, settings: Mapping[str, Value]) -> list[Write]:
    """The writes that the profile makes, in order. Raises UsageError for a setting that it does not have."""
    here = profile.told(settings)
    return writes(here.data, here.settings_for(settings))
