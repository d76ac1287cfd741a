"""Which profile an advertisement fits, by a score: never the first that matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from footsense.devices.model import Match, ProfileData
from footsense.devices.uuids import full

MANUFACTURER, SERVICE_DATA = "manufacturer:0x", "service-data:0x"  # where profiles say what is advertised


class Advertisement(Protocol):
    """What is heard; bleak's AdvertisementData is one."""

    @property
    def local_name(self) -> str | None: ...
    @property
    def service_uuids(self) -> Any: ...
    @property
    def manufacturer_data(self) -> Any: ...
    @property
    def service_data(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Advertised:
    """An advertisement as a virtual device sends it."""

    local_name: str
    service_uuids: list[str] = field(default_factory=list)
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, bytes]:
        """Its data by their places, as profiles name them."""
        makers = {f"{MANUFACTURER}{company:04x}": data for company, data in self.manufacturer_data.items()}
        told = {uuid[4:8]: data for uuid, data in self.service_data.items() if uuid == full(uuid[4:8])}
        return makers | {f"{SERVICE_DATA}{uuid}": data for uuid, data in told.items()}


def score(rules: Sequence[Match], heard: Advertisement) -> int:
    """The score of the best rule, all of whose parts hold; more for two rules than for one; 0 for none."""
    scores = sorted((_score(rule, heard) for rule in rules), reverse=True)
    return sum(scores) if scores and scores[0] > 0 else 0


def _score(rule: Match, heard: Advertisement) -> int:
    parts = [*_name_parts(rule, heard.local_name or ""), *_id_parts(rule, heard)]
    return 0 if not parts or 0 in parts else sum(parts)


def _name_parts(rule: Match, name: str) -> list[int]:
    parts = []
    if rule.name is not None:
        parts.append(40 if name == rule.name else 0)
    if rule.name_prefix is not None:
        parts.append(20 + len(rule.name_prefix) if name.startswith(rule.name_prefix) else 0)
    if rule.name_contains is not None:
        parts.append(10 + len(rule.name_contains) if rule.name_contains in name else 0)
    return parts


def _id_parts(rule: Match, heard: Advertisement) -> list[int]:
    parts = []
    if rule.service is not None:
        # a vendor's own service tells more than an adopted one
        parts.append((60 if len(rule.service) > 4 else 15) if full(rule.service) in heard.service_uuids else 0)
    if rule.company is not None:
        data = heard.manufacturer_data.get(rule.company)
        parts.append(0 if data is None else _data_score(rule, bytes(data)))
    if rule.service_data is not None:
        data = heard.service_data.get(full(rule.service_data))
        parts.append(0 if data is None else _data_score(rule, bytes(data)))
    return parts


def _data_score(rule: Match, data: bytes) -> int:
    if rule.data is None:
        return 10
    wanted = bytes.fromhex(rule.data)
    mask = bytes.fromhex(rule.data_mask) if rule.data_mask else b"\xff" * len(wanted)
    fits = len(data) >= len(wanted) and all(d & m == w & m for d, m, w in zip(data, mask, wanted, strict=False))
    return 30 if fits else 0


def said(data: ProfileData, heard: Advertisement) -> list[tuple[str, bytes]]:
    """What an advertisement holds for the profile, as (place, bytes) of each place that it names; what begins
    otherwise than its rules for that place say is of another kind."""
    places = [full(char.uuid) for char in data.chars.values()]
    found = [(place, _at(place, heard)) for place in places]
    return [(place, told) for place, told in found if told is not None and _is_meant(data.match, place, told)]


def _at(place: str, heard: Advertisement) -> bytes | None:
    told = None
    if place.startswith(MANUFACTURER):
        told = heard.manufacturer_data.get(int(place.removeprefix(MANUFACTURER), 16))
    elif place.startswith(SERVICE_DATA):
        told = heard.service_data.get(full(place.removeprefix(SERVICE_DATA)))
    return None if told is None else bytes(told)


def _is_meant(rules: Sequence[Match], place: str, told: bytes) -> bool:
    here = [rule for rule in rules if rule.data is not None and _place_of(rule) == place]
    return not here or any(_data_score(rule, told) for rule in here)


def _place_of(rule: Match) -> str:
    """Where the data lie that the rule speaks of."""
    if rule.company is not None:
        return f"{MANUFACTURER}{rule.company:04x}"
    return f"{SERVICE_DATA}{(rule.service_data or '').lower()}"


def advertised(data: ProfileData) -> Advertised:
    """An advertisement that fits all rules of the profile as far as they agree."""
    name, services, companies, told = "", [], {}, {}
    for rule in data.match:
        name = name or _example_name(rule)
        if rule.service is not None:
            services.append(full(rule.service))
        if rule.company is not None:
            companies[rule.company] = bytes.fromhex(rule.data or "")
        if rule.service_data is not None:
            told[full(rule.service_data)] = bytes.fromhex(rule.data or "")
    return Advertised(name or data.name, services, companies, told)


def _example_name(rule: Match) -> str:
    return rule.name or (f"{rule.name_prefix}0001" if rule.name_prefix else "") or rule.name_contains or ""
