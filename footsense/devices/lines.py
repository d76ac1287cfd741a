"""Lines of text with numbers, read as if the numbers had been sent in binary, and back.

The rest of a profile then says what the bytes mean, as it does for any packet.
"""

import json
import re
from typing import Any

from footsense.devices import kinds
from footsense.devices.model import Text
from footsense.errors import PacketError, ProfileError
from footsense.text import display

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")


def packed_line(text: Text, line: bytes) -> bytes | None:
    """The numbers of a line in their types, None for a line that begins otherwise. Raises PacketError."""
    begin = text.begin.encode()
    if not line.startswith(begin):
        return None
    said = line[len(begin) :].decode("ascii", "replace").strip()
    found = _columns(text, said) if text.form == "csv" else _members(text, said)
    if len(found) != len(text.types):
        raise PacketError(f"the line '{display(said, 60)}' has not the {len(text.types)} numbers expected")
    return b"".join(_packed(kind, number, said) for kind, number in zip(text.types, found, strict=True))


def _columns(text: Text, said: str) -> list[Any]:
    parts = [part.strip() for part in said.split(text.separator)]
    return [_value(part) if _NUMBER.fullmatch(part) else None for part in parts]


def _value(part: str) -> int | float:
    return float(part) if re.search(r"[.eE]", part) else int(part)


def _members(text: Text, said: str) -> list[Any]:
    try:
        whole = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise PacketError(f"the line '{display(said, 60)}' is no JSON") from error
    return [_at(whole, path) for path in text.paths]


def _at(value: Any, path: str) -> Any:
    """What stands at a path such as `acc.x` or `acc.0`, None if there is nothing."""
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _packed(kind: str, number: Any, said: str) -> bytes:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    is_whole = is_number and (kinds.limits(kind) is None or number == number // 1)
    try:
        if is_whole:
            return kinds.packed(kind, number)
    except (ProfileError, OverflowError, ValueError) as error:
        raise PacketError(f"the line '{display(said, 60)}' has a number that is no {kind}") from error
    raise PacketError(f"the line '{display(said, 60)}' has not the numbers that are expected")


def as_line(text: Text, packet: bytes) -> bytes:
    """The line of a packet, without its end."""
    numbers, at = [], 0
    for kind in text.types:
        numbers.append(kinds.reader(kind)(packet, at))
        at += kinds.size(kind)
    if text.form == "csv":
        return (text.begin + text.separator.join(map(repr, numbers))).encode()
    whole: dict[str, Any] = {}
    for path, number in zip(text.paths, numbers, strict=True):
        *above, last = path.split(".")
        table = whole
        for key in above:
            table = table.setdefault(key, {})
        table[last] = number
    return (text.begin + json.dumps(whole)).encode()


def check_text(text: Text, straddles: bool, where: str) -> None:
    """Raises ProfileError where the keys of a text table do not agree."""
    if not straddles:
        raise ProfileError(f"{where}: expected a frame with an `end`, where a line ends, that straddles")
    if (text.form == "json") != bool(text.paths) or (text.paths and len(text.paths) != len(text.types)):
        raise ProfileError(f"{where}.paths: expected one for each of types with json, none with csv")
    if any(a != b and b.startswith(f"{a}.") for a in text.paths for b in text.paths):
        raise ProfileError(f"{where}.paths: one lies within another")
