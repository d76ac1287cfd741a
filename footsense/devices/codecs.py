"""Packings of numbers that no table can say: reviewed Python, named by profiles.

A codec turns bytes into whole numbers, one row a sample, and back; scale, unit and axes stay with the table. A
packing turns the bytes of one thing, such as an orientation, into its numbers, and back.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from footsense.errors import PacketError
from footsense.text import counted

Name = Literal["polar_pmd_delta"]
Packing = Literal["smallest_three_20"]
Ints = NDArray[np.int64]
_WINDOW, _HEAD = 8, 2  # bytes: of what a number is taken from, and before the differences of a block
_I64 = np.dtype("<i8")
_array, _left_shift, _right_shift, _accumulate = np.ndarray, np.left_shift, np.right_shift, np.add.accumulate


_LARGEST = 2**20 - 1  # that 20 bits hold: it means sqrt(1/2), and 0 means -sqrt(1/2)


class Codec(Protocol):
    """What a packing can do. `n` is how many numbers a sample has, `bits` how wide the first ones are."""

    def decode(self, data: bytes, n: int, bits: int, at: int = 0) -> Ints:
        """The samples (rows, n) in the bytes from `at` on. Raises PacketError for what this packing cannot have
        made."""
        ...

    def encode(self, rows: Ints, bits: int) -> bytes:
        """The bytes of samples (rows, n)."""
        ...


class PolarDelta:
    """Polar's compressed frames: the first sample as it is, then blocks of differences.

    A block: bits of a difference, count, the differences of all channels in turn, least significant bit first,
    signed, filled up to a byte (polarofficial/polar-ble-sdk, online_measurement.pdf).
    """

    def decode(self, data: bytes, n: int, bits: int, at: int = 0) -> Ints:
        if at < _WINDOW:
            data, at = bytes(_WINDOW) + data, at + _WINDOW
        size, head, before = len(data), at + n * bits // 8, n
        parts = []
        while at < size or before:
            length, last, left, right = _block(data[head : head + _HEAD], n, before, bits)
            if at + length > size:
                raise PacketError(f"{counted(size - at, 'byte')}, cut short: {length} are expected")
            windows: Ints = _array(size - at, _I64, data, at - _WINDOW + 1, (1,))  # eight bytes up to each
            numbers = windows.take(last)
            _left_shift(numbers, left, numbers)
            parts.append(_right_shift(numbers, right, numbers))
            head = at = at + length
            before = 0
        rows = (parts[0] if len(parts) == 1 else np.concatenate(parts)).reshape(-1, n)
        return _accumulate(rows, 0, None, rows)

    def encode(self, rows: Ints, bits: int) -> bytes:
        out = b"".join(int(x).to_bytes(bits // 8, "little", signed=True) for x in rows[0])
        steps = np.diff(rows, axis=0)
        for i in range(0, len(steps), 255):
            out += _packed(steps[i : i + 255])
        return out


@lru_cache(maxsize=128)
def _block(head: bytes, n: int, before: int, bits: int) -> tuple[int, NDArray[np.intp], Ints, Ints]:
    """A block by its head, with the numbers `before` it of so many bits: its bytes, and of each number
    in which byte it ends, and how far the eight bytes up to that are shifted to the left until its sign is the
    top one of 64 bits, and back. A number of 32 bits and the 7 after it fit in. No head: no block."""
    width, count = head if len(head) == _HEAD else (0, 0)
    if head and not (1 <= width <= 32 and count):
        raise PacketError(f"{count} differences of {width} bits are no block")
    sizes = np.repeat([bits, width], [before, count * n])
    ends = np.cumsum(sizes)
    ends[before:] += 8 * _HEAD
    length = before * bits // 8 + len(head) + (width * count * n + 7) // 8
    last = (ends - 1) // 8
    return length, last, 8 * (last + 1) - ends, 64 - sizes


def _packed(steps: Ints) -> bytes:
    """The smallest block that holds these differences."""
    bits = max(2, *(int(abs(x)).bit_length() + 1 for x in (steps.min(), steps.max())))
    digits = steps.reshape(-1, 1) >> np.arange(bits) & 1
    packed = np.packbits(digits.reshape(-1).astype(np.uint8), bitorder="little")
    return bytes([bits, len(steps)]) + packed.tobytes()


CODECS: dict[Name, Codec] = {"polar_pmd_delta": PolarDelta()}


class Packed(Protocol):
    """What a packing can do. `size`: bytes."""

    size: int

    def unpack(self, data: bytes) -> list[float] | None:
        """The numbers, None for bytes that this packing cannot have made."""
        ...

    def pack(self, numbers: Sequence[float]) -> bytes:
        """The bytes of these numbers."""
        ...


class SmallestThree:
    """A unit quaternion w, x, y, z in 64 bits, little-endian.

    The largest of the four is left out, which is taken for positive; which one it is stands in bits 60 and 61.
    The three that follow it, round and round, have 20 bits each, the last one the lowest. The two bits left are
    no part of it (sensorstim/capture2go_sdk, protocol document, "Decoding of Fixed-Point Data").
    """

    size = 8

    def unpack(self, data: bytes) -> list[float] | None:
        whole = int.from_bytes(data, "little")
        largest = whole >> 60 & 3
        numbers = [0.0] * 4
        for i in (3, 2, 1):
            numbers[(largest + i) % 4] = ((whole & _LARGEST) * 2 / _LARGEST - 1) * math.sqrt(0.5)
            whole >>= 20
        rest = 1 - sum(x * x for x in numbers)
        if rest < 0:
            return None  # as before the device knows how it lies
        numbers[largest] = math.sqrt(rest)
        return numbers

    def pack(self, numbers: Sequence[float]) -> bytes:
        largest = max(range(4), key=lambda i: abs(numbers[i]))
        sign = math.copysign(1.0, numbers[largest])
        whole = largest
        for i in (1, 2, 3):
            share = (sign * numbers[(largest + i) % 4] / math.sqrt(0.5) + 1) / 2
            whole = whole << 20 | min(max(round(share * _LARGEST), 0), _LARGEST)
        return whole.to_bytes(8, "little")


PACKINGS: dict[Packing, Packed] = {"smallest_three_20": SmallestThree()}
