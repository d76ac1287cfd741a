"""The strict CSV reader: whatever is not as the contract says is refused with file, line and column.

What other programs write otherwise and has one meaning only is read: `;` or a tab between the fields, as in
the header, quoted fields, any end of line, and empty lines and remarks (`#`) before the header.

Text is checked byte by byte with whole-array operations and parsed by numpy; a block that fails is read again
line by line, only to say where.
"""

import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from footsense.errors import RecordingError
from footsense.recording.model import reading
from footsense.text import display
from footsense.types import Floats

_BLOCK = 1 << 21  # bytes of text parsed at a time; larger ones are not read faster
_BEGIN = 1 << 16  # bytes in which the first end of line stands
_MAX_LINE = 4096
_MAX_REMARKS = 1 << 20  # bytes before the header
_MAX_G, _MAX_DPS = 1e4, 1e6  # a hundred times what any sensor worn on the body can tell
_MAX_BYTES = 1 << 33  # inflated; a day at 400 Hz has 2.5e9
_G_MS2 = 9.80665
_UNITS = {"g": 1.0, "ms2": 1 / _G_MS2, "dps": 1.0, "rads": math.degrees(1.0)}
_ACC, _GYR = ("ax", "ay", "az"), ("gx", "gy", "gz")
_EXPECTED = "t_s,ax_g,ay_g,az_g[,gx_dps,gy_dps,gz_dps] (or ax_ms2…, gx_rads…)"
_SEPARATORS = (",", ";", "\t")
_NAMED = {",": "','", ";": "';'", "\t": "tabs"}
_OF_NUMBERS = "0123456789+-.eE "
_NO_TEXT = "is not UTF-8 text; export the recording as CSV, in UTF-8"
_IN_ORDER = "put the lines in order of time, or cut the file where the clock began anew"
_NO_NUMBER = "is not a finite number; leave the line out if nothing was measured then"
_COMMA = "has a decimal comma; write decimals with a point"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Table:
    """Samples of a CSV: t_s (n,) s, acc_g (n, 3), gyr_dps (n, 3) or None."""

    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None


@dataclass(frozen=True, slots=True)
class _Columns:
    names: tuple[str, ...]
    order: tuple[int, ...]  # t, ax, ay, az[, gx, gy, gz]
    scale: tuple[float, ...]
    separator: str


def read_csv(path: Path) -> Table:
    """Read `.csv` or `.csv.gz`. Raises RecordingError with file, line and column for anything that is not
    exactly the contract's format."""
    try:
        with reading(path) as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if packed else file
            return _Reader(display(path)).read(stream)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise RecordingError(
            f"{display(path)}: the gzip data is cut short or damaged; get the file again"
        ) from None


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 1  # of the first line not yet read, counted from 1
        self.last_s = -math.inf

    def read(self, stream: io.BufferedIOBase) -> Table:
        begin = stream.read(_BEGIN).removeprefix(_BOM)
        chunks: Iterator[bytes] = chain([begin], iter(lambda: stream.read(_BLOCK), b""))
        if _ends_in_cr(begin):
            chunks = map(_ends_in_lf, chunks)
        header, rest = self._header(chunks)
        columns = self._columns(header)
        texts = self._blocks(chain([rest], chunks))
        blocks = [self._block(_unquoted(text, columns.separator), columns) for text in texts]
        if not sum(len(b) for b in blocks):
            raise RecordingError(f"{self.name}: holds no samples, only a header; export it with its samples")
        data = _joined(blocks)
        gyr = data[:, 4:7] if data.shape[1] > 4 else None
        return Table(np.ascontiguousarray(data[:, 0]), data[:, 1:4], gyr)

    def _header(self, chunks: Iterator[bytes]) -> tuple[bytes, bytes]:
        """The first line that is neither empty nor a remark, and what was read of those after it."""
        text, at, before, empty = b"", 0, 0, True
        for chunk in chunks:
            text, at = text[at:] + chunk, 0
            while (end := text.find(b"\n", at)) >= 0:
                line, at = text[at:end], end + 1
                if _is_header(line):
                    return line, text[at:]
                self.line, before, empty = self.line + 1, before + len(line) + 1, empty and not line.strip()
                if before > _MAX_REMARKS:
                    raise self._header_error("more than a MiB of remarks and empty lines stands before it")
            if len(text) - at > _MAX_LINE:
                raise self._error(self.line, None, f"is longer than {_MAX_LINE} characters; is this a CSV?")
        if _is_header(text[at:]):
            return text[at:], b""
        if empty and not text[at:].strip():
            self.line = 1
            raise self._header_error("the file is empty")
        raise self._header_error("there are only remarks, and no header")

    def _columns(self, raw: bytes) -> _Columns:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self._error(self.line, None, _NO_TEXT) from None
        columns = _columns(text, self._header_error)
        self.line += 1
        return columns

    def _blocks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Whole lines, about 2 MiB at a time; blank lines at the very end are left out."""
        rest, total = b"", 0
        for chunk in chunks:
            total += len(chunk)
            if total > _MAX_BYTES:
                raise RecordingError(f"{self.name}: inflates to more than 8 GiB; split it")
            text = rest + chunk
            cut = text.rstrip(b"\r\n").rfind(b"\n") + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]
            if len(rest) > _MAX_LINE and len(rest.rstrip(b"\r\n")) > _MAX_LINE:
                raise self._error(self.line, None, f"is longer than {_MAX_LINE} characters; is this a CSV?")
            if len(rest) > _MAX_LINE + _BLOCK:
                raise self._error(
                    self.line + 1, None, "is the first of far too many empty lines; is this a CSV?"
                )
        if rest := rest.rstrip(b"\r\n"):
            yield rest

    def _header_error(self, what: str) -> RecordingError:
        return RecordingError(f"{self.name}, line {self.line}: {what}; expected {_EXPECTED}")

    def _block(self, text: bytes, columns: _Columns) -> Floats:
        """Check and parse whole lines of text."""
        lines = text.count(b"\n") + (not text.endswith(b"\n"))
        data = _parse(text, lines, columns)
        t_s = None if data is None else data[:, 0]
        if t_s is None or not (np.diff(t_s, prepend=self.last_s) > 0).all():
            raise self._locate(text, columns)
        assert data is not None
        self.line += lines
        self.last_s = float(data[-1, 0])
        return data

    def _locate(self, text: bytes, columns: _Columns) -> RecordingError:
        """What is wrong with these lines, and where."""
        last = self.last_s
        for number, raw in enumerate(text.split(b"\n"), self.line):
            values = self._values(number, raw.removesuffix(b"\r"), columns)
            if isinstance(values, RecordingError):
                return values
            time = values[columns.order[0]]
            if time <= last:
                place = columns.order[0] + 1
                return self._error(
                    number, f"{place} (t_s)", f"time {time:.10g} comes after {last:.10g}; {_IN_ORDER}"
                )
            last = time
        return self._error(self.line, None, "cannot be read as numbers")

    def _values(self, number: int, raw: bytes, columns: _Columns) -> list[float] | RecordingError:
        try:
            fields = raw.decode("utf-8").split(columns.separator)
        except UnicodeDecodeError:
            return self._error(number, None, _NO_TEXT)
        if len(fields) != len(columns.names):
            return self._wrong_count(number, fields, columns)
        values = []
        for place, (name, field) in enumerate(zip(columns.names, fields, strict=True), 1):
            value = _number(field)
            fault = _no_number(field) if value is None else _implausible(name, value)
            if value is None or fault:
                return self._error(number, f"{place} ({name})", f"'{display(field, 30)}' {fault}")
            values.append(value)
        return values

    def _wrong_count(self, number: int, fields: list[str], columns: _Columns) -> RecordingError:
        names, expected = columns.names, len(columns.names)
        empty = fields == [""]
        place = min(0 if empty else len(fields), expected) + 1
        named = f"{place} ({names[place - 1]})" if place <= expected else f"{place}"
        what = f"{_plural(len(fields), empty=empty)} where the header has {expected}{_hint(fields, columns)}"
        return self._error(number, named, what)

    def _error(self, line: int, column: str | None, what: str) -> RecordingError:
        where = f"{self.name}, line {line}" + (f", column {column}" if column else "")
        return RecordingError(f"{where}: {what}")


def _joined(blocks: list[Floats]) -> Floats:
    """All blocks as one array (n, columns). The last is taken off the list first and let go, which gives its
    memory back at once, so that little more than the array is held."""
    at = sum(map(len, blocks))
    data = np.empty((at, blocks[0].shape[1]))
    while blocks:
        block = blocks.pop()
        data[at - len(block) : at] = block
        at -= len(block)
    return data


def _plural(count: int, *, empty: bool) -> str:
    if empty:
        return "empty line"
    return "1 field" if count == 1 else f"{count} fields"


def _hint(fields: list[str], columns: _Columns) -> str:
    """What a wrong number of fields most likely comes from, and what to do."""
    others = [s for s in _SEPARATORS if s != columns.separator and any(s in field for field in fields)]
    if others and others != [","]:
        own, other = _NAMED[columns.separator], _NAMED[others[-1]]
        return f"; separate fields by {own} as in the header, not by {other}, and write decimals with a point"
    if columns.separator == "," and len(fields) > len(columns.names) and all(fields):
        return "; write decimals with a point, not a comma"
    return "; mend the line, or leave it out"


def _no_number(field: str) -> str:
    return _COMMA if _number(field.replace(",", ".")) is not None else _NO_NUMBER


def _implausible(name: str, value: float) -> str:
    """What is wrong with a number as a reading of this column, empty if nothing is."""
    if name == "t_s":
        return ""
    most, unit = (_MAX_G, "g") if name[:2] in _ACC else (_MAX_DPS, "deg/s")
    fine = abs(value) * _UNITS[name.split("_")[1]] <= most
    return "" if fine else f"is no reading of a sensor: more than {most:g} {unit}; is the header's unit right?"


def _number(field: str) -> float | None:
    text = field.strip(" ")
    if not text or not all(c in _OF_NUMBERS for c in text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _columns(header: str, error: Callable[[str], RecordingError]) -> _Columns:
    found = [s for s in _SEPARATORS if s in header.strip()] or [","]
    names = tuple(n.strip().removeprefix('"').removesuffix('"') for n in header.split(found[0]))
    wanted = ["t_s", *_kind(names, _ACC, ("g", "ms2"))]
    if any(n.split("_")[0] in _GYR for n in names):
        wanted += _kind(names, _GYR, ("dps", "rads"))
    if all(_number(n) is not None for n in names):
        raise error("the header is missing: here are numbers already")
    if len(found) > 1 and not set(wanted) <= set(names):
        raise error(f"the names are separated by {' and '.join(_NAMED[s] for s in found)}, one of them wrongly")
    for name in wanted:
        if names.count(name) != 1:
            raise error(f"column {name} is {'there twice' if name in names else 'missing'}")
    for place, name in enumerate(names, 1):
        if name not in wanted:
            raise error(f"column {place} ('{display(name, 30)}') is unknown")
    scale = [1.0, *(_UNITS[n.split("_")[1]] for n in wanted[1:])]
    return _Columns(names, tuple(names.index(n) for n in wanted), tuple(scale), found[0])


def _kind(names: tuple[str, ...], axes: tuple[str, ...], units: tuple[str, str]) -> list[str]:
    """The three column names in the unit that the header uses."""
    other = any(n in names for n in (f"{axis}_{units[1]}" for axis in axes))
    return [f"{axis}_{units[other]}" for axis in axes]


def _is_header(line: bytes) -> bool:
    """Whether it is neither empty nor a remark."""
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _ends_in_cr(begin: bytes) -> bool:
    """Whether lines end in CR alone, as old spreadsheets write them."""
    at = begin.find(b"\r")
    return at >= 0 and b"\n" not in begin[: at + 2]


def _ends_in_lf(text: bytes) -> bytes:
    return text.replace(b"\r", b"\n")


def _unquoted(text: bytes, separator: str) -> bytes:
    """Whole lines without quotes around fields. Those elsewhere, or around a separator, stay."""
    if b'"' not in text:  # as good as always, and quickly known
        return text
    ends = separator.encode()
    return re.sub(rb'(?<![^%b\n])"([^"%b\r\n]*)"(?![^%b\r\n])' % (ends, ends, ends), rb"\1", text)


def _legal(separator: str) -> NDArray[np.bool_]:
    legal = np.zeros(256, dtype=bool)
    legal[list(f"{_OF_NUMBERS}\r\n{separator}".encode())] = True
    return legal


_LEGAL = {separator: _legal(separator) for separator in _SEPARATORS}


def _parse(text: bytes, lines: int, columns: _Columns) -> Floats | None:
    """The numbers of `lines` lines (lines, columns), or None if anything in them is not as it must be."""
    raw = np.frombuffer(text, dtype=np.uint8)
    if not _LEGAL[columns.separator][raw].all() or not _fields_fit(raw, lines, columns):
        return None
    try:
        data = np.loadtxt(io.BytesIO(text), delimiter=columns.separator, comments=None, ndmin=2)
    except ValueError:
        return None
    if data.shape != (lines, len(columns.names)) or not np.isfinite(data).all():
        return None
    scaled = np.ascontiguousarray(data[:, columns.order]) * columns.scale
    sane = (np.abs(scaled[:, 1:4]) <= _MAX_G).all() and (np.abs(scaled[:, 4:]) <= _MAX_DPS).all()
    return scaled if sane else None


def _fields_fit(raw: NDArray[np.uint8], lines: int, columns: _Columns) -> bool:
    """Whether every line has all fields: between two ends of line lie just so many separators."""
    fields, between = len(columns.names), ord(columns.separator)
    marks = raw[(raw == between) | (raw == ord("\n"))]
    if raw[-1] != ord("\n"):
        marks = np.append(marks, np.uint8(ord("\n")))
    if len(marks) != lines * fields:
        return False
    table = marks.reshape(lines, fields)
    return bool((table[:, -1] == ord("\n")).all() and (table[:, :-1] == between).all())
