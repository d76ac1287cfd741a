"""Number types of profiles: `u8` to `u64` and `i8` to `i64` (24 bits too), `f16`, `f32`, `f64`; `>`:
big-endian. `u12` and `i12` stand in rows without gaps, two in three bytes, filled up to a whole byte: a row of
bits of which the lowest comes first, or big-endian the highest.

`digits2` to `digits6` have a byte for the sign (1: minus), one for what is before, and one for each further
decimal digit: 01 02 00 07 is -207. Bytes that are none of that read as NaN.
"""

import math
import re
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import getitem
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footsense.errors import ProfileError
from footsense.text import display
from footsense.types import Floats

_CODES = {
    "u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q",
    "f16": "e", "f32": "f", "f64": "d",
}  # fmt: skip

Reader = Callable[[bytes, int], int | float]


def is_digits(kind: str) -> bool:
    """Whether the type is one of a sign and decimal digits."""
    return kind.startswith("digits")


@lru_cache(maxsize=64)  # asked for with every packet
def split(kind: str) -> tuple[str, str]:
    """Byte order for struct and numpy, and the type without it. `digits` types have neither."""
    if is_digits(kind):
        return ">", kind
    if not re.fullmatch(r">?([iu](8|12|16|24|32|64)|f16|f32|f64)", kind):
        raise ProfileError(f"no type '{display(kind, 20)}' (u8, i16, >i16, u24, f32, …)")
    return (">", kind[1:]) if kind[0] == ">" else ("<", kind)


@lru_cache(maxsize=64)
def size(kind: str) -> int:
    """Bytes of one number."""
    if is_digits(kind):
        return int(kind[-1])
    return int(split(kind)[1][1:]) // 8


def is_12_bit(kind: str) -> bool:
    """Whether the type has no whole number of bytes."""
    return kind.endswith("12")


def width(kind: str, n: int) -> int:
    """Bytes of `n` numbers in a row."""
    return (12 * n + 7) // 8 if is_12_bit(kind) else n * size(kind)


def limits(kind: str) -> tuple[int, int] | None:
    """Smallest and largest value, None for a float."""
    if is_digits(kind):
        largest = 256 * 10 ** (size(kind) - 2) - 1
        return -largest, largest
    name = split(kind)[1]
    bits = int(name[1:])
    if name[0] == "f":
        return None
    return (0, 2**bits - 1) if name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@lru_cache(maxsize=64)
def reader(kind: str) -> Reader:
    """Function (payload, offset) -> number."""
    if is_digits(kind):
        width = size(kind)
        return lambda p, at: _digits(p[at : at + width])
    order, name = split(kind)
    if name == "u8":
        return getitem
    if name[1:] == "24":
        signed = name[0] == "i"
        byteorder: Any = "big" if order == ">" else "little"
        return lambda p, at: int.from_bytes(p[at : at + 3], byteorder, signed=signed)
    unpack = struct.Struct(order + _CODES[name]).unpack_from
    return lambda p, at: unpack(p, at)[0]


def row_reader(kind: str, offsets: Sequence[int]) -> Callable[[bytes], Sequence[int | float]]:
    """Function (payload) -> the numbers of one type at these offsets, which ascend."""
    struct_ = header_struct([(at, kind) for at in offsets])
    if struct_ is not None:
        return struct_.unpack_from
    read = reader(kind)
    return lambda p: [read(p, at) for at in offsets]


def header_struct(places: Sequence[tuple[int, str]]) -> struct.Struct | None:
    """One struct for numbers at these (offset, type), in this order; None where it takes several: 24 bits, both
    byte orders, or numbers that overlap or are not in the order of their offsets."""
    orders = {split(kind)[0] for _, kind in places if size(kind) > 1}
    codes, end = "", 0
    for at, kind in places:
        code = _CODES.get(split(kind)[1])
        if code is None or at < end:
            return None
        codes += f"{at - end}x{code}"
        end = at + size(kind)
    return None if len(orders) > 1 else struct.Struct((orders or {"<"}).pop() + codes)


def packed(kind: str, value: float) -> bytes:
    """The bytes of one number; integers are rounded. Raises ProfileError where it does not fit."""
    order, name = split(kind)
    span = limits(kind)
    if span is None:
        return _packed_float(order, name, value)
    whole = round(value)
    if not span[0] <= whole <= span[1]:
        raise ProfileError(f"{value:g} does not fit into {kind}")
    if is_digits(kind):
        return _as_digits(kind, np.array(whole, np.float64)).tobytes()
    return whole.to_bytes(size(kind), "big" if order == ">" else "little", signed=span[0] < 0)


def _packed_float(order: str, name: str, value: float) -> bytes:
    try:
        return struct.pack(order + _CODES[name], value)
    except OverflowError as error:
        raise ProfileError(f"{value:g} does not fit into {name}") from error


def dtype(kind: str, n: int) -> Any:
    """numpy's description of `n` numbers in a row."""
    order, name = split(kind)
    if is_12_bit(kind):
        return ("u1", (width(kind, n),))
    if is_digits(kind) or name[1:] == "24":
        return ("u1", (n, size(kind)))
    return (f"{order}{name[0]}{size(kind)}", (n,))


def numbers(kind: str, raw: NDArray[Any]) -> NDArray[Any]:
    """What `dtype` read as numbers of numpy; only 12-bit and 24-bit ones and digits need work."""
    if is_digits(kind):
        return _from_digits(raw)
    order, name = split(kind)
    if is_12_bit(kind):
        return _from_12_bits(order, name, raw)
    if name[1:] != "24":
        return raw
    b = raw.astype(np.int32)
    low, high = (2, 0) if order == ">" else (0, 2)
    value = b[..., low] | b[..., 1] << 8 | b[..., high] << 16
    return value - (value >> 23 << 24) if name[0] == "i" else value


def written(kind: str, values: Floats) -> NDArray[Any]:
    """`values` (n, k) in the type, integers rounded and kept within its limits: the inverse of `numbers`."""
    order, name = split(kind)
    span = limits(kind)
    if span is None:
        return values.astype(np.dtype(f"{order}{name[0]}{size(kind)}"))
    whole: Floats = np.clip(np.rint(values), float(span[0]), _below(span[1]))
    if is_digits(kind):
        return _as_digits(kind, whole)
    if is_12_bit(kind):
        return _as_12_bits(order, whole)
    if name[1:] != "24":
        return whole.astype(np.dtype(f"{order}{name[0]}{size(kind)}"))
    bits = whole.astype(np.int32)
    parts = [bits & 0xFF, bits >> 8 & 0xFF, bits >> 16 & 0xFF]
    return np.stack(parts[::-1] if order == ">" else parts, axis=-1).astype(np.uint8)


def _from_12_bits(order: str, name: str, raw: NDArray[Any]) -> NDArray[Any]:
    first, second = _halves(8 * raw.shape[-1] // 12)
    a, b = raw[..., first].astype(np.int32), raw[..., second].astype(np.int32)
    is_first = np.arange(len(first)) % 2 == 0
    if order == ">":
        value = np.where(is_first, a << 4 | b >> 4, (a & 15) << 8 | b)
    else:
        value = np.where(is_first, a | (b & 15) << 8, a >> 4 | b << 4)
    return value - (value >> 11 << 12) if name[0] == "i" else value


def _as_12_bits(order: str, whole: Floats) -> NDArray[Any]:
    first, second = _halves(whole.shape[-1])
    v = whole.astype(np.int32) & 0xFFF
    is_first = np.arange(len(first)) % 2 == 0
    if order == ">":
        a, b = np.where(is_first, v >> 4, v >> 8), np.where(is_first, (v & 15) << 4, v & 0xFF)
    else:
        a, b = np.where(is_first, v & 0xFF, (v & 15) << 4), np.where(is_first, v >> 8, v >> 4)
    out = np.zeros((*whole.shape[:-1], width("u12", whole.shape[-1])), np.uint8)
    out[..., first] |= a.astype(np.uint8)
    out[..., second] |= b.astype(np.uint8)
    return out


def _halves(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each of `n` numbers of 12 bits the byte that it begins in, and the one that it ends in."""
    first = 12 * np.arange(n) // 8
    return first, first + 1


def _digits(raw: bytes) -> float:
    """One number of a sign and digits, NaN for bytes that are none."""
    if raw[0] > 1 or (len(raw) > 2 and max(raw[2:]) > 9):
        return math.nan
    value = float(raw[1])
    for digit in raw[2:]:
        value = 10 * value + digit
    return -value if raw[0] else value


def _from_digits(raw: NDArray[Any]) -> Floats:
    value = raw[..., 1].astype(np.float64)
    for i in range(2, raw.shape[-1]):
        value = 10 * value + raw[..., i]
    is_one = (raw[..., 0] <= 1) & (raw[..., 2:] <= 9).all(axis=-1)
    signed: Floats = np.where(is_one, np.where(raw[..., 0] == 1, -value, value), np.nan)
    return signed


def _as_digits(kind: str, whole: Floats) -> NDArray[Any]:
    left, digits = np.abs(whole), []
    for _ in range(size(kind) - 2):
        digits.append(left % 10)
        left = left // 10
    return np.stack([whole < 0, left, *digits[::-1]], axis=-1).astype(np.uint8)


def _below(limit: int) -> float:
    """The largest float that is no more than `limit`: 2**63 - 1 has none of its own."""
    return float(limit) if int(float(limit)) <= limit else float(np.nextafter(float(limit), 0.0))
