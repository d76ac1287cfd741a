"""Settings of a profile: what was asked for, checked and completed, and the numbers that expressions see."""

import difflib
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import msgspec

from footsense.devices.model import ProfileData, Setting
from footsense.errors import ProfileError, UsageError
from footsense.text import display

Value = str | int | float
MAX_COMBINATIONS = 1024


def number(text: Value) -> Value:
    """`text` as int or float if it is one, else as it is."""
    if not isinstance(text, str) or not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        return text
    return float(text) if "." in text else int(text)


def complete(data: ProfileData, asked: Mapping[str, Value]) -> dict[str, Value]:
    """All settings, with defaults where nothing is asked for. Raises UsageError for an unknown or wrong one."""
    for name in asked:
        if name not in data.settings:
            raise UsageError(unknown(data, name))
    said = [name for name, setting in data.settings.items() if setting.said]  # digits there are no number
    wanted = {name: value if name in said else number(value) for name, value in asked.items()}
    for name in [n for n in wanted if data.settings[n].pattern is not None]:
        wanted |= _taken_apart(data, name, str(wanted.pop(name)))
    chosen: dict[str, Value] = {}
    for name in _in_order(data):
        setting = data.settings[name]
        asked_for = wanted.get(name)
        if asked_for is None and setting.same_as:
            chosen[name] = _like(data.name, name, setting, chosen)
        else:
            chosen[name] = _chosen(data.name, name, setting, asked_for, chosen)
    return {
        n: _composed(s.pattern, chosen) if s.pattern is not None else chosen[n]
        for n, s in data.settings.items()
    }


def refuse_others(data: ProfileData, asked: Mapping[str, Value], *, is_probed: bool = False) -> None:
    """Raises UsageError for a value that is asked for and that the device does not have; `complete` takes the
    nearest, as it must where another setting or a probe leaves no other.

    `is_probed`: what a probe tells is not known yet; a value that is in one of several tables may be right.
    """
    taken = complete(data, asked)
    for name, value in asked.items():
        setting, wanted = data.settings[name], number(value)
        if setting.said is not None or wanted == taken[name]:
            continue
        if not (is_probed and wanted in map(number, offered(setting))):
            raise UsageError(_not_offered(data.name, name, value, _choices(setting, taken)))


def _choices(setting: Setting, chosen: Mapping[str, Value]) -> str:
    """What there is, in words."""
    if setting.limits is not None:
        return f"{setting.limits[0]:g} to {setting.limits[1]:g}"
    return f"one of {', '.join(codes(setting, chosen))}"


def _not_offered(profile: str, name: str, value: Value, choices: str) -> str:
    return f"profile {profile}: {name} is '{display(value)}', expected {choices}"


def _in_order(data: ProfileData) -> list[str]:
    """The settings but those of text, each after those it depends on."""
    names = [name for name, setting in data.settings.items() if setting.pattern is None]
    return sorted(names, key=lambda n: bool(data.settings[n].tables) + 2 * bool(data.settings[n].same_as))


def _like(profile: str, name: str, setting: Setting, chosen: Mapping[str, Value]) -> Value:
    """The value of the setting that this one follows, or the nearest there is."""
    wanted = chosen[setting.same_as or ""]
    return _chosen(profile, name, msgspec.structs.replace(setting, choose="nearest"), wanted, chosen)


def codes(setting: Setting, chosen: Mapping[str, Value]) -> Mapping[str, Value]:
    """The values and their codes with these other settings; empty where there are none."""
    if setting.tables is None:
        return setting.values or {}
    return next((table.values for table in setting.tables if applies(table.only, chosen)), {})


def offered(setting: Setting) -> list[str]:
    """All values that some table of the setting has."""
    tables = [setting.values or {}, *(table.values for table in setting.tables or [])]
    return list(dict.fromkeys(value for table in tables for value in table))


def unknown(data: ProfileData, name: str) -> str:
    """One line about a setting that the profile does not have."""
    near = difflib.get_close_matches(name, data.settings, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    known = ", ".join(data.settings) or "none"
    return f"profile {data.name} has no setting '{display(name)}' (known: {known}){hint}"


def names_for(data: ProfileData, settings: Mapping[str, Value]) -> dict[str, float]:
    """What expressions may name: each numeric setting, and `<setting>_code` where it has a numeric code."""
    names: dict[str, float] = {}
    for name, value in settings.items():
        if not isinstance(value, str):
            names[name] = value
        code = code_of(data.settings[name], value, settings)
        if code is not None and not isinstance(code, str):
            names[f"{name}_code"] = code
    return names


def code_of(setting: Setting, value: Value, settings: Mapping[str, Value]) -> Value | None:
    """The device's code for a value with these settings, None where the setting has none."""
    for key, code in codes(setting, settings).items():
        if number(key) == value:
            return code
    return None


def applies(only: Mapping[str, object], settings: Mapping[str, Value]) -> bool:
    """Whether a step or stream with this `only` is there under these settings."""
    for name, allowed in only.items():
        values = allowed if isinstance(allowed, list) else [allowed]
        if settings.get(name) not in values:
            return False
    return True


def variations(data: ProfileData, limit: int = 100) -> Iterator[dict[str, Value]]:
    """The defaults, then each value of each setting with the others at their defaults or as its table wants."""
    yield complete(data, {})
    tried: list[dict[str, Value]] = [
        {name: value} for name, s in data.settings.items() for value in (s.values or s.limits or [])
    ]
    for name, setting in data.settings.items():
        for table in setting.tables or []:
            fixed = {n: v[0] if isinstance(v, list) else v for n, v in table.only.items()}
            tried += [{**fixed, name: value} for value in table.values]
    for asked in tried[:limit]:
        yield complete(data, asked)


def check(data: ProfileData) -> None:
    """Raises ProfileError if a setting is of none or several kinds or its default not one of its values."""
    for name, setting in data.settings.items():
        kinds = (setting.values, setting.tables, setting.limits, setting.pattern, setting.said)
        if sum(x is not None for x in kinds) != 1:
            raise ProfileError(
                f"settings.{name}: expected exactly one of values, tables, limits, pattern, said"
            )
        _check_dependence(data, name, setting)
        if setting.pattern is not None:
            _check_pattern(data, name, setting.pattern)
            continue
        if setting.values or setting.limits or setting.said:
            _check_default(data, name, setting)


def _check_default(data: ProfileData, name: str, setting: Setting) -> None:
    if setting.default is None:
        return  # it follows another
    try:
        _chosen(data.name, name, setting, None, {})
    except UsageError as error:
        raise ProfileError(f"settings.{name}.default: {error}") from error


def _check_dependence(data: ProfileData, name: str, setting: Setting) -> None:
    """What a setting depends on must be there and depend on nothing itself."""
    if setting.pattern is None and (setting.default is None) == (setting.same_as is None):
        raise ProfileError(f"settings.{name}: expected a default or same_as")
    if setting.same_as is not None:
        other = data.settings.get(setting.same_as)
        if other is None or other.same_as or other.pattern:
            raise ProfileError(f"settings.{name}.same_as: '{display(setting.same_as)}' is no setting to follow")
    for i, table in enumerate(setting.tables or []):
        for key in table.only:
            depends = data.settings.get(key)
            if depends is None or not (depends.values or depends.limits) or depends.same_as:
                raise ProfileError(f"settings.{name}.tables[{i}].only: no plain setting '{display(key)}'")


def _check_pattern(data: ProfileData, name: str, pattern: str) -> None:
    parts = re.findall(r"\{([^{}]*)\}", pattern)
    size = 1
    for part in parts:
        if part not in data.settings or data.settings[part].values is None:
            raise ProfileError(f"settings.{name}.pattern: '{display(part)}' is no setting with values")
        size *= len(data.settings[part].values or {})
    if size > MAX_COMBINATIONS:
        raise ProfileError(
            f"settings.{name}.pattern: {size} combinations, at most {MAX_COMBINATIONS} are allowed"
        )


def _chosen(
    profile: str, name: str, setting: Setting, asked: Value | None, others: Mapping[str, Value]
) -> Value:
    value = setting.default if asked is None else asked
    assert value is not None
    if setting.said is not None:
        return as_said(profile, name, setting.said, value)
    value = number(value)
    if setting.limits is not None:
        return _between(profile, name, setting, setting.limits, value)
    values = [number(v) for v in codes(setting, others)]
    if value in values:
        return values[values.index(value)]
    numbers = [v for v in values if not isinstance(v, str)]
    if setting.choose == "nearest" and numbers and _is_number(value):
        wanted = value
        return min(numbers, key=lambda v: (abs(v - wanted), v))
    raise UsageError(_not_offered(profile, name, value, _choices(setting, others)))


def as_said(profile: str, name: str, longest: int, value: Value) -> str:
    """What the device said, in hexadecimal of lower case without spaces; it may be given as text in single
    quotes. Raises UsageError."""
    text = str(value).strip()
    is_text = len(text) > 1 and text[0] == text[-1] == "'"
    try:
        said = text[1:-1].encode() if is_text else bytes.fromhex(text)
    except ValueError:
        raise UsageError(
            f"profile {profile}: {name} is '{display(value, 40)}', expected bytes in hexadecimal, or text in "
            "single quotes"
        ) from None
    if len(said) > longest:
        raise UsageError(f"profile {profile}: {name} has {len(said)} bytes, at most {longest} are possible")
    return said.hex()


def _is_number(value: Value) -> TypeGuard[int | float]:
    """Whether something can be near it."""
    return not isinstance(value, str) and not math.isnan(value)


def _between(
    profile: str, name: str, setting: Setting, limits: Sequence[int | float], value: Value
) -> int | float:
    """The value within the limits; where both are whole numbers, it must be one too."""
    low, high = limits
    whole = isinstance(low, int) and isinstance(high, int)
    if setting.choose == "nearest" and _is_number(value):
        value = min(max(value, low), high)
        value = round(value) if whole else value
    if isinstance(value, str) or not low <= value <= high or (whole and value != round(value)):
        kind = " in whole numbers" if whole else ""
        raise UsageError(_not_offered(profile, name, value, _choices(setting, {}) + kind))
    return round(value) if whole else value


def _composed(pattern: str, chosen: Mapping[str, Value]) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda m: _shown(chosen[m[1]]), pattern)


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _taken_apart(data: ProfileData, name: str, text: str) -> dict[str, Value]:
    pattern = data.settings[name].pattern or ""
    parts = re.findall(r"\{([^{}]*)\}", pattern)
    choices = [[number(v) for v in data.settings[p].values or {}] for p in parts]
    for combination in itertools.product(*choices):
        chosen = dict(zip(parts, combination, strict=True))
        if _composed(pattern, chosen) == text:
            return chosen
    example = _composed(pattern, {p: c[0] for p, c in zip(parts, choices, strict=True)})
    raise UsageError(f"profile {data.name}: {name} is '{display(text)}', expected such as {example}")
