"""Reads TOML that anybody may have written, and says of a table that does not fit its type what was expected
where, with what is allowed there."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from footsense.text import display

MAX_BYTES = 64 * 1024
MAX_DOTS = 100  # in a line: dotted keys cost the TOML parser the square of their number
_GOT = {
    "str": "text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def toml_text(raw: bytes) -> str:
    """The text of a TOML file. Raises ValueError, in one line, for one that is too large, or would keep a
    parser busy for minutes."""
    if len(raw) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 1024} KiB, which is the most that is read")
    try:
        text = raw.decode("utf-8-sig")  # some editors put a mark before UTF-8
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8: save the file as UTF-8") from None
    for i, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise ValueError(f"line {i}: more than {MAX_DOTS} dots")
    return text


def toml_tables(text: str) -> dict[str, Any]:
    """What the text holds. Raises ValueError, in one line, where it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {display(error, 200)}") from None
    except (RecursionError, ValueError) as error:
        raise ValueError(f"not TOML: nested too deeply, or a number too long ({display(error)})") from None


def explained(error: msgspec.ValidationError, kind: type, words: Mapping[str, str]) -> tuple[str, str]:
    """Key path (as `item[0].sides`, empty for the whole) and what was expected there. `words` says patterns as
    a person would."""
    found = re.fullmatch(r"(.*) - at `\$([^`]*)`", str(error), re.DOTALL)
    message, path = found.groups() if found else (str(error), "")
    here = _at(inspect.type_info(kind), path)
    if found := re.fullmatch(r"Object missing required field `(.*)`", message):
        expected = _expected(_at(here, f".{found[1]}"), words)
        return f"{path}.{found[1]}".removeprefix("."), f"missing; expected {expected}"
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return f"{path}.{display(found[1], 40)}".removeprefix("."), _unknown(found[1], here)
    return path.removeprefix("."), _wrong(message, here, words)


def _unknown(name: str, table: inspect.Type) -> str:
    known = [f.encode_name for t in _choices(table) if isinstance(t, inspect.StructType) for f in t.fields]
    near = difflib.get_close_matches(name, known, 1)
    return f"unknown key{f'; is {near[0]} meant?' if near else ''} (known: {', '.join(known)})"


def _wrong(message: str, here: inspect.Type, words: Mapping[str, str]) -> str:
    if not message.startswith(("Expected", "Invalid enum value")) or isinstance(here, inspect.AnyType):
        return display(message, 300)
    found = re.search(r"got `(\w+)`$|value '?(.*?)'?$", message, re.DOTALL)
    got = "" if found is None else _GOT.get(found[1], found[1]) if found[1] else f'"{display(found[2], 60)}"'
    return f"expected {_expected(here, words)}{', got ' + got if got else ''}"


def _choices(kind: inspect.Type) -> list[inspect.Type]:
    """What a value may be, where it is given: TOML has no null."""
    if isinstance(kind, inspect.Metadata):
        return _choices(kind.type)
    if isinstance(kind, inspect.UnionType):
        return [c for t in kind.types for c in _choices(t) if not isinstance(c, inspect.NoneType)]
    return [kind]


def _at(kind: inspect.Type, path: str) -> inspect.Type:
    for key, index in _PART.findall(path):
        inner = [i for c in _choices(kind) if (i := _inner(c, key, index)) is not None]
        kind = inner[0] if inner else inspect.AnyType()
    return kind


def _inner(kind: inspect.Type, key: str, index: str) -> inspect.Type | None:
    if isinstance(kind, inspect.StructType):
        return next((f.type for f in kind.fields if f.encode_name == key), None)
    if isinstance(kind, inspect.TupleType):
        return kind.item_types[int(index)] if index.isdigit() and int(index) < len(kind.item_types) else None
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return kind.item_type
    return kind.value_type if isinstance(kind, inspect.DictType) else None


def _expected(kind: inspect.Type, words: Mapping[str, str]) -> str:
    return " or ".join(dict.fromkeys(_one(c, words) for c in _choices(kind)))


def _one(kind: inspect.Type, words: Mapping[str, str]) -> str:
    match kind:
        case inspect.LiteralType():
            said = ("one of " if len(kind.values) > 1 else "") + ", ".join(f'"{v}"' for v in kind.values)
        case inspect.IntType() | inspect.FloatType():
            said = _number(kind)
        case inspect.StrType():
            said = words.get(kind.pattern or "", "text" + _length(kind, "character"))
        case inspect.TupleType():
            said = f"a list of {len(kind.item_types)} values, each {_expected(kind.item_types[0], words)}"
        case inspect.ListType() | inspect.VarTupleType():
            said = f"a list{_length(kind, 'value')}, each {_expected(kind.item_type, words)}"
        case _:
            said = "true or false" if isinstance(kind, inspect.BoolType) else "a table"
    return said


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    name = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.ge is not None and kind.le is not None:
        return f"{name} from {kind.ge:.12g} to {kind.le:.12g}"
    bounds = (("above", kind.gt), ("at least", kind.ge), ("below", kind.lt), ("at most", kind.le))
    said = " and ".join(f"{word} {bound:.12g}" for word, bound in bounds if bound is not None)
    return f"{name} {said}".strip()


def _length(kind: inspect.StrType | inspect.ListType | inspect.VarTupleType, unit: str) -> str:
    least, most = kind.min_length or 0, kind.max_length
    if most is None:
        return f" of at least {least} {unit}{'' if least == 1 else 's'}" if least else ""
    return f" of {least} to {most} {unit}s" if least != most else f" of {most} {unit}{'' if most == 1 else 's'}"
