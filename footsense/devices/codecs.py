"""Packings of numbers that no table can say: reviewed Python, named by profiles.

A codec turns bytes into whole numbers, one row a sample, and back; scale, unit and axes stay with the table. A
packing turns the bytes of one thing, such as an orientation, into its numbers, and back.
"""

import math
import struct
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
_WINDOW = 8  # bytes
_FIRST = {
    (n, 8 * size): struct.Struct(f"<{n}{code}") for n in range(1, 17) for size, code in ((2, "h"), (4, "i"))
}
_I64 = np.dtype("<i8")


_LARGEST = 2**20 - 1  # that 20 bits hold: it means sqrt(1/2), and 0 means -sqrt(1/2)


class Codec(Protocol):
    """What a packing can do. `n` is how many numbers a sample has, `bits` how wide the first ones are."""

    def decode(self, data: bytes, n: int, bits: int) -> Ints:
        """The samples (rows, n). Raises PacketError for bytes that this packing cannot have made."""
        ...

    def encode(self, rows: Ints, bits: int) -> bytes:
        """The bytes of samples (rows, n)."""
        ...


class PolarDelta:
    """Polar's compressed frames: the first sample as it is, then blocks of differences.

    A block: bits of a difference, count, the differences of all channels in turn, least significant bit first,
    signed, filled up to a byte (polarofficial/polar-ble-sdk, online_measurement.pdf).
    """

    def decode(self, data: bytes, n: int, bits: int) -> Ints:
        first = _FIRST[n, bits]
        if len(data) < first.size:
            raise PacketError(f"{counted(len(data), 'byte')}, less than a first sample")
        blocks, total = _blocks(data, first.size, n)
        rows: Ints = np.empty(n * total, np.int64)
        rows[:n] = first.unpack_from(data)
        padded, done = data + bytes(_WINDOW), n
        for begin, width, count in blocks:
            places, left, right = _places(width, count * n)
            windows: Ints = np.ndarray(len(data) - begin, _I64, padded, begin, (1,))  # eight bytes from each on
            differences = windows.take(places)
            np.left_shift(differences, left, differences)
            np.right_shift(differences, right, rows[done : done + count * n])
            done += count * n
        rows = rows.reshape(-1, n)
        return np.add.accumulate(rows, 0, None, rows)

    def encode(self, rows: Ints, bits: int) -> bytes:
        out = b"".join(int(x).to_bytes(bits // 8, "little", signed=True) for x in rows[0])
        steps = np.diff(rows, axis=0)
        for i in range(0, len(steps), 255):
            out += _packed(steps[i : i + 255])
        return out


def _blocks(data: bytes, at: int, n: int) -> tuple[list[tuple[int, int, int]], int]:
    """Of each block where its differences begin, how many bits they have, and of how many samples they are; and
    how many samples there are with the first."""
    found, total = [], 1
    while at < len(data):
        bits, count = data[at], data[at + 1] if at + 1 < len(data) else 0
        end = at + 2 + (bits * count * n + 7) // 8
        if not 1 <= bits <= 32 or not count or end > len(data):
            raise PacketError(f"{count} differences of {bits} bits are cut short or make no block")
        found.append((at + 2, bits, count))
        at, total = end, total + count
    return found, total


@lru_cache(maxsize=64)
def _places(bits: int, count: int) -> tuple[NDArray[np.intp], Ints, Ints]:
    """Of numbers of so many bits: the byte that each begins in, and how far it is shifted to the left until its
    sign is the top one of 64 bits, and back. A number of 32 bits and the 7 before it fit in."""
    begins = bits * np.arange(count)
    return begins // 8, 64 - bits - begins % 8, np.full(count, 64 - bits)


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
