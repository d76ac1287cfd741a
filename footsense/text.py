"""The one function through which foreign text (device, file and profile names) reaches a person."""

import json
import unicodedata
from pathlib import PurePath
from typing import Any

# what an answer is worth; stands wherever one is shown
STATEMENT = (
    "This is a completion check: it says whether the movement seen is consistent with the exercise. It is not "
    "a medical device, and its accuracy on people has not been measured."
)

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def display(text: object, limit: int | None = None) -> str:
    """Return `text` on one line, safe to print: control, bidi, zero-width and lone surrogate
    characters become visible escapes, and more than `limit` characters are cut with an ellipsis
    (None: 80; of a path, whose end tells most, 1000)."""
    limit = limit or (1000 if isinstance(text, PurePath) else 80)
    shown = "".join(_escape(c) for c in str(text))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def json_text(value: object, **how: Any) -> str:
    """The value as JSON that is safe to print: letters of any language stay, and what would become an escape in
    `display` is one here too, so that it reads back as it was; but bytes of a file's name that are no UTF-8,
    which JSON cannot hold, read back as in `display`. `how` goes to `json.dumps`."""
    text = json.dumps(value, ensure_ascii=False, **how)
    return "".join(_json_escape(c) for c in text) if not text.isprintable() else text


def counted(number: int, noun: str) -> str:
    """`1 byte`, `2 bytes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _escape(char: str) -> str:
    if unicodedata.category(char) not in _INVISIBLE:
        return char
    code = ord(char)
    code -= 0xDC00 if 0xDC80 <= code <= 0xDCFF else 0  # a byte of a file's name, as Python keeps it
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    if char == "\n" or unicodedata.category(char) not in _INVISIBLE:  # between keys, where it is indented
        return char
    if "\ud800" <= char <= "\udfff":  # half a pair: many readers refuse it
        return "\\" + _escape(char)
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
