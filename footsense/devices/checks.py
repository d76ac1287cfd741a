"""What must agree between the tables of a profile, beyond what each table alone can tell."""

import re
from collections.abc import Mapping

from footsense.devices import kinds
from footsense.devices.framing import check_frame
from footsense.devices.lines import check_text
from footsense.devices.model import Char, Elements, Fragments, Header, Match, ProfileData, Step, Stream
from footsense.devices.uuids import full
from footsense.errors import ProfileError
from footsense.text import display


def check_tables(data: ProfileData) -> None:
    """Raises ProfileError with the key path of the first table that does not agree with the others."""
    for i, rule in enumerate(data.match):
        _check_match(rule, f"match[{i}]")
    for name, char in data.chars.items():
        _check_char(char, f"chars.{name}")
    _check_notifying(data)
    for i, step in enumerate(data.steps):
        _check_only(data, step.only, f"steps[{i}]")
        _check_answer(data, step, f"steps[{i}]")
        if step.phase == "keepalive" and not step.every_s:
            raise ProfileError(f"steps[{i}].every_s: expected for a keepalive, in s")
    for name, stream in data.streams.items():
        _check_stream(data, stream, f"streams.{name}")
    for i, golden in enumerate(data.golden):
        if golden.char not in data.chars and not data.described:  # of those the golden packet itself tells
            raise ProfileError(f"golden[{i}].char: no characteristic '{golden.char}' in [chars]")


def _check_notifying(data: ProfileData) -> None:
    """Notifications come without their service: a UUID must be enough."""
    seen: dict[str, str] = {}
    for name, char in data.chars.items():
        if {"notify", "indicate"} & set(char.properties) and seen.setdefault(full(char.uuid), name) != name:
            raise ProfileError(f"chars.{name}.uuid: {seen[full(char.uuid)]} notifies under the same")


def _check_char(char: Char, where: str) -> None:
    if char.frame:
        check_frame(char.frame, f"{where}.frame")
    if bool(char.service) == (":" in char.uuid) or bool(char.service) == ("broadcast" in char.properties):
        raise ProfileError(f"{where}: expected a service, or a uuid that is advertised and 'broadcast' alone")
    if char.text:
        check_text(char.text, bool(char.frame and char.frame.end and char.frame.straddles), f"{where}.text")
    if char.elements:
        _check_elements(char.elements, f"{where}.elements")


def _check_elements(rule: Elements, where: str) -> None:
    if "u" not in rule.length:
        raise ProfileError(f"{where}.length: expected a whole number without sign (u8…)")
    for key in rule.sizes or ():
        if rule.type != "u8" or not re.fullmatch(r"[0-9a-f]{2}", key):
            raise ProfileError(f"{where}.sizes: '{display(key)}' is no type u8 in two digits such as 0a")
    if rule.inside and rule.inside.inside:
        raise ProfileError(f"{where}.inside.inside: elements are nested once at most")
    if rule.inside:
        _check_elements(rule.inside, f"{where}.inside")


def _check_match(rule: Match, where: str) -> None:
    known = ("name", "name_prefix", "name_contains", "service", "company", "service_data")
    if all(getattr(rule, part) is None for part in known):
        raise ProfileError(f"{where}: expected at least one of {', '.join(known)}")
    if rule.data is not None and (rule.company is None) == (rule.service_data is None):
        raise ProfileError(f"{where}.data: expected a company or service_data, whose data these are")
    if rule.data_mask is not None:
        lengths = [len(bytes.fromhex(text or "")) for text in (rule.data, rule.data_mask)]
        if lengths[0] != lengths[1]:
            raise ProfileError(f"{where}.data_mask: expected as many bytes as data has")


def _check_answer(data: ProfileData, step: Step, where: str) -> None:
    if step.bytes is None and (step.phase != "probe" or step.expect is None or step.expect.char != step.char):
        raise ProfileError(f"{where}.bytes: expected, but for a probe that reads what it expects")
    if step.expect and step.expect.describes and step.expect.capture:
        raise ProfileError(f"{where}.expect: expected either capture or describes")
    for name in step.expect.capture if step.expect else ():
        setting = data.settings.get(name)
        if setting is None or not (setting.values or setting.limits):
            raise ProfileError(f"{where}.expect.capture: no setting '{display(name)}' with values or limits")


def _check_only(data: ProfileData, only: Mapping[str, object], where: str) -> None:
    for name in only:
        if name not in data.settings:
            known = ", ".join(data.settings) or "none"
            raise ProfileError(f"{where}.only: no setting '{name}' in [settings] (known: {known})")


def _check_stream(data: ProfileData, stream: Stream, where: str) -> None:
    _check_only(data, stream.only, where)
    for i, rule in enumerate(stream.when):
        if rule.eq & rule.mask != rule.eq:
            raise ProfileError(f"{where}.when[{i}]: eq has bits that the mask takes away")
    if stream.fragments:
        _check_fragments(stream.fragments, f"{where}.fragments")
    _check_header(stream.header, f"{where}.header")


def _check_fragments(rule: Fragments, where: str) -> None:
    if rule.key >= rule.header or any(part.at >= rule.header for part in rule.rest):
        raise ProfileError(f"{where}: expected key and rest within the first {rule.header} bytes (header)")


def _check_header(header: Header, where: str) -> None:
    for name, field in {"battery_percent": header.battery_percent, **header.fields}.items():
        if field is not None and field.mask is not None and "u" not in field.type:
            raise ProfileError(f"{where}.{name}.mask: expected a type without sign (u8…)")
    counted = {"timestamp": header.timestamp, "sequence": header.sequence, "count": header.count}
    for name, number in counted.items():
        if number is not None and "u" not in number.type:
            raise ProfileError(
                f"{where}.{name}.type: is {number.type}, expected a whole number without sign (u8…)"
            )
    for name, stamp in (("timestamp", header.timestamp), ("sequence", header.sequence)):
        if stamp is not None and (stamp.wrap or 0) > 2 ** (8 * kinds.size(stamp.type)):
            raise ProfileError(f"{where}.{name}.wrap: is more than {stamp.type} can count")
