"""A profile as the rest of the program sees it, and how it is read from TOML."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from footsense.devices import settings as _settings
from footsense.devices.checks import check_tables
from footsense.devices.layout import Layout, layouts
from footsense.devices.matching import Advertised, Advertisement, advertised, said, score
from footsense.devices.model import IN_WORDS, Char, ProfileData, Setting, Stream
from footsense.devices.selfdescribed import as_described, check_described, found
from footsense.devices.settings import Value, applies
from footsense.devices.steps import writes
from footsense.devices.uuids import full
from footsense.errors import ProfileError, UsageError
from footsense.resources import data_folder
from footsense.tables import MAX_BYTES, explained, toml_tables, toml_text
from footsense.text import display

_T = TypeVar("_T")

Place = tuple[str, str]  # a characteristic: UUID of its service, and its own


@dataclass(frozen=True)
class Profile:
    """A device profile, read and checked. `text` is its TOML; `data` its tables, where `is_told` those of a
    device that has said itself what it sends."""

    data: ProfileData
    text: str = field(repr=False)
    is_told: bool = False

    @property
    def name(self) -> str:
        """The name it goes by on the command line."""
        return self.data.name

    def told(self, asked: Mapping[str, Value]) -> "Profile":
        """The profile of the device that says of itself what these settings hold of that; this one where they
        hold nothing. Raises UsageError."""
        if self.is_told or not self.data.described:
            return self
        said = {rule.setting for rule in self.data.described} & set(asked)
        checked = _settings.complete(self.data, {name: asked[name] for name in said})
        return Profile(as_described(self.data, checked), self.text, is_told=True)

    def found(self, uuids: Sequence[str]) -> dict[str, Value]:
        """The settings whose value follows from the characteristics (UUIDs) that a device has."""
        return found(self.data, uuids)

    def settings_for(self, asked: Mapping[str, Value]) -> dict[str, Value]:
        """All settings: what is asked for, checked (UsageError), the nearest where the profile allows it,
        and defaults for the others."""
        return _settings.complete(self.told(asked).data, asked)

    def refuse_others(self, asked: Mapping[str, Value], *, is_probed: bool = False) -> None:
        """Raises UsageError for a setting, or a value of one, that the device does not have: the nearest is not
        taken. `is_probed`: a probe may still tell which of several tables of values is right."""
        _settings.refuse_others(self.told(asked).data, asked, is_probed=is_probed)

    def match_score(self, advertisement: Advertisement) -> int:
        """How well the advertisement fits; 0: not at all."""
        return score(self.data.match, advertisement)

    def said(self, advertisement: Advertisement) -> list[tuple[str, bytes]]:
        """What an advertisement tells this profile's streams, as (place, bytes)."""
        return said(self.data, advertisement)

    @property
    def broadcasts(self) -> bool:
        """Whether the device says all it says in advertisements, so that there is nothing to connect to."""
        data = self.told({}).data
        return not any(data.chars[s.char].service for s in data.streams.values())

    def char_uuid(self, what: str) -> str:
        """UUID of a characteristic given by its name in the profile or its UUID. Raises UsageError."""
        chars = self.told(self.found([what])).data.chars
        if what in chars:
            return full(chars[what].uuid)
        known = {full(c.uuid) for c in chars.values()}
        spelt = what.lower().replace("service data ", "service-data:").replace("manufacturer ", "manufacturer:")
        uuid = full(spelt.removeprefix("0x"))
        if uuid not in known:
            names = ", ".join(chars)
            raise UsageError(f"profile {self.name} has no characteristic '{display(what)}' (known: {names})")
        return uuid

    def advertised(self) -> Advertised:
        """What a virtual device of this kind advertises."""
        return advertised(self.data)

    def subscribe(self, settings: Mapping[str, Value]) -> tuple[str, ...]:
        """UUIDs of the characteristics to be notified of, in order; those outside `required` may be missing."""
        here = self.told(settings)
        data, chosen = here.data, here.settings_for(settings)
        active = (s.char for s in data.streams.values() if applies(s.only, chosen))
        chars = (data.chars[name] for name in active)
        return tuple(dict.fromkeys(full(c.uuid) for c in chars if c.service))

    def required(self, settings: Mapping[str, Value]) -> tuple[Place, ...]:
        """The characteristics without which the profile cannot work: UUID of the service, and its own."""
        here = self.told(settings)
        data, chosen = here.data, here.settings_for(settings)
        used = [s.char for s in data.streams.values() if applies(s.only, chosen)]
        used += [s.char for s in data.steps if applies(s.only, chosen)]
        chars = (data.chars[name] for name in used)
        return tuple(
            dict.fromkeys((full(c.service), full(c.uuid)) for c in chars if c.service and not c.optional)
        )

    @property
    def places(self) -> tuple[Place, ...]:
        """The characteristics that the file names, whatever a device says of itself."""
        return tuple((full(c.service), full(c.uuid)) for c in self.data.chars.values() if c.service)

    def mtu_min(self, settings: Mapping[str, Value]) -> int:
        """Smallest ATT MTU in bytes that carries the longest packet (the header of a notification has 3)."""
        return max(23, 3 + max(_longest(x) for x in self._layouts(settings)))

    def packet_s(self, settings: Mapping[str, Value]) -> float:
        """The longest time in s that one packet of samples covers."""
        here = self._layouts(settings)
        return max((x.per_packet / x.timing.rate_hz for x in here if x.timing), default=0.0)

    def _layouts(self, settings: Mapping[str, Value]) -> list[Layout]:
        here = self.told(settings)
        return layouts(here.data, here.settings_for(settings))


def _longest(layout: Layout) -> int:
    if layout.text:
        return 20  # lines go on in the next notification
    rule = layout.stream.fragments
    if rule:
        return min(layout.length, rule.header + rule.longest)
    if layout.stream.pad_to:
        return min(p for p in layout.stream.pad_to if p >= layout.length)
    return layout.length


def profile_names() -> list[str]:
    """Names of the profiles that ship with footsense."""
    return sorted(p.stem for p in data_folder("firmware_profiles").glob("*.toml"))


def load_profile(name_or_path: str | Path) -> Profile:
    """The shipped profile of that name, or the file. Raises UsageError if there is none,
    ProfileError if it is wrong."""
    shipped = data_folder("firmware_profiles") / f"{name_or_path}.toml"
    is_name = re.fullmatch(r"[a-z0-9][a-z0-9-]*", str(name_or_path))
    path = shipped if is_name and shipped.is_file() else Path(name_or_path)
    try:
        if not path.is_file():  # a pipe might never answer
            raise FileNotFoundError
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        names = ", ".join(profile_names())
        shown = display(name_or_path, 1000)
        raise UsageError(
            f"no profile or file '{shown}': take one of {names}, or the path of a .toml file"
        ) from error
    return parse_profile(raw, display(path.name))


def parse_profile(text: str | bytes, where: str) -> Profile:
    """Read and check a profile. `where` begins the messages.

    Raises ProfileError: file, line or key path, and what was expected."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        decoded = toml_text(raw)
        data = _checked(toml_tables(decoded))
    except (ProfileError, ValueError) as error:
        raise ProfileError(f"{where}: {error}") from error
    return Profile(data, decoded)


def _checked(tables: dict[str, Any]) -> ProfileData:
    data = _converted(tables)
    _settings.check(data)
    check_tables(data)
    check_described(data)
    try:
        made = as_described(data, {})
        for chosen in _settings.variations(made):
            layouts(made, chosen)
            writes(made, chosen)
    except UsageError as error:
        raise ProfileError(str(error)) from error
    return data


def _converted(tables: dict[str, Any]) -> ProfileData:
    try:
        for section, kind in (("chars", Char), ("settings", Setting), ("streams", Stream)):
            for name, table in _entries(tables, section):
                _convert(table, kind, f"{section}.{display(name, 40)}")  # msgspec does not say which key it was
        return _convert(tables, ProfileData, "")
    except RecursionError as error:
        raise ProfileError("nested too deeply") from error


def _entries(tables: dict[str, Any], section: str) -> list[tuple[str, Any]]:
    found = tables.get(section)
    return list(found.items()) if isinstance(found, dict) else []


def _convert(table: Any, kind: type[_T], where: str) -> _T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        path, expected = explained(error, kind, IN_WORDS)
        key = f"{where}{'' if path.startswith('[') else '.'}{path}".strip(".")
        raise ProfileError(f"{display(key, 120) or 'top level'}: {display(expected, 600)}") from error
