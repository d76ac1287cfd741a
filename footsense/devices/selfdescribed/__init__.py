"""Devices that say themselves what they send: reviewed Python that makes the streams of a profile from that.

What the device said is kept as the value of a setting, in hexadecimal, as it came: a recording holds it beside
the profile, so that replay makes the same streams of it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from footsense.devices.checks import check_tables
from footsense.devices.layout import layouts
from footsense.devices.model import IN_WORDS, Described, ProfileData
from footsense.devices.selfdescribed.bluest import Masks
from footsense.devices.selfdescribed.openearable import Scheme
from footsense.devices.selfdescribed.phyphox import Experiment
from footsense.devices.selfdescribed.shimmer import SHIMMER3, SHIMMER3R
from footsense.devices.selfdescribed.shimmer_calibration import Calibration
from footsense.devices.selfdescribed.telling import Telling
from footsense.devices.settings import Value, as_said, complete
from footsense.errors import FootsenseError, PacketError, ProfileError, UsageError
from footsense.tables import explained
from footsense.text import display

_TELLING: Mapping[str, Telling] = {
    "bluest_masks": Masks(),
    "openearable_scheme": Scheme(),
    "phyphox_xml": Experiment(),
    "shimmer3_inquiry": SHIMMER3,
    "shimmer3_calibration": Calibration(),
    "shimmer3r_inquiry": SHIMMER3R,
}


def telling_of(data: ProfileData, setting: str, where: str) -> Telling:
    """How the device says what the setting holds. Raises ProfileError."""
    for rule in data.described:
        if rule.setting == setting:
            return _TELLING[rule.by]
    raise ProfileError(f"{where}.describes: no [[described]] has the setting '{display(setting)}'")


def found(data: ProfileData, uuids: Sequence[str]) -> dict[str, Value]:
    """The settings whose value follows from the characteristics (UUIDs) that a device has."""
    said = {rule.setting: _TELLING[rule.by].found(uuids) for rule in data.described}
    return {setting: value.hex() for setting, value in said.items() if value}


def as_described(data: ProfileData, asked: Mapping[str, Value]) -> ProfileData:
    """The profile's tables with the streams that the device says it sends, where it has said so; `asked` are
    settings. Raises UsageError where what it said makes no profile."""
    for rule in data.described:
        setting = data.settings[rule.setting]
        told = asked.get(rule.setting, setting.default)
        said = as_said(data.name, rule.setting, setting.said or 0, "" if told is None else told)
        if said:
            data = _made(data, rule, said)
        elif not data.streams:
            raise UsageError(
                f"profile {data.name}: {rule.setting} is empty: what the device sends is not known"
            )
    return data


def _made(data: ProfileData, rule: Described, said: str) -> ProfileData:
    try:
        made = _converted(_TELLING[rule.by].described(data, bytes.fromhex(said)))
        check_tables(made)
        layouts(made, complete(made, {}))
    except (FootsenseError, ValueError) as error:
        raise UsageError(
            f"profile {data.name}: {rule.setting} '{display(said, 40)}' makes no profile: {error}"
        ) from error
    return made


def _converted(data: ProfileData) -> ProfileData:
    """The tables, made of what came from outside, held against the model as a file's are."""
    try:
        return msgspec.convert(msgspec.to_builtins(data), ProfileData)
    except msgspec.ValidationError as error:
        path, expected = explained(error, ProfileData, IN_WORDS)
        raise PacketError(f"{display(path, 60)}: {display(expected, 200)}") from error


def check_described(data: ProfileData) -> None:
    """Raises ProfileError where [[described]] does not agree with the settings, or the device must have said
    something before there are streams and has no default."""
    for i, rule in enumerate(data.described):
        setting = data.settings.get(rule.setting)
        if setting is None or setting.said is None:
            raise ProfileError(f"described[{i}].setting: no setting '{display(rule.setting)}' with `said`")
