"""The one way to write a record: keys in order, no space, UTF-8, no floats, a line feed at the end."""

import hashlib
from typing import TypeVar

import msgspec

from footsense.completion.model import Entry, Table
from footsense.errors import RecordError
from footsense.text import display

MAX_BYTES = 8_000_000
_T = TypeVar("_T", bound=Table)


def encoded(table: Table) -> bytes:
    """The bytes of a record, or of a part of it."""
    return msgspec.json.encode(table, order="sorted") + b"\n"


def decoded(data: bytes, kind: type[_T]) -> _T:
    """The record in these bytes. Raises RecordError for anything that `encoded` would not have written: a key
    given twice, a space, a number written otherwise."""
    if len(data) > MAX_BYTES:
        raise RecordError(f"more than {MAX_BYTES} bytes are no completion record")
    try:
        record = msgspec.json.decode(data, type=kind)
        same = encoded(record) == data
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RecordError(f"not a completion record: {display(error, 200)}") from None
    if not same:
        raise RecordError("not written as a completion record is; something of it was changed")
    return record


def entry_in(data: bytes) -> Entry:
    """The entry in these bytes. Raises RecordError."""
    return decoded(data, Entry)


def sha256_of(data: bytes) -> str:
    """Lower case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
