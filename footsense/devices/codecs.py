"""Packings of numbers that no table can say: reviewed Python, named by profiles.

A codec turns bytes into whole numbers, one row a sample, and back; scale, unit and axes stay with the table. A
packing turns the bytes of one thing, such as an orientation, into its numbers, and back.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from footsense.errors import PacketError
from footsense.text import counted

Name = Literal["polar_pmd_delta"]
Packing = Literal["smallest_three_20"]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_WINDOW, _HEAD = 8, 2  # bytes: that a number is taken out of, and before the differences of a block
_I64 = np.dtype("<i8")
_FEW = 64  # so many rows are summed in less time by a matrix
_MOST_KEPT = 8  # heads of packets of one length: a device uses a few, a hostile one all
_Quick = tuple[Ints, Ints, Ints, Floats, Ints, Callable[[Floats], Floats]]


_LARGEST = 2**20 - 1  # that 20 bits hold: it means sqrt(1/2), and 0 means -sqrt(1/2)


class Codec(Protocol):
    """What a packing can do. `n` is how many numbers a sample has, `bits` how wide the first ones are."""

    def reader(self, n: int, bits: int, at: int, size: int, most: int) -> Callable[[bytes], Floats]:
        """What makes of a packet of `size` bytes the samples (rows, n) from byte `at` on: whole numbers, in an
        array of their own. It works in memory that it keeps: one packet at a time. Raises PacketError for what
        this packing cannot have made, and for more than `most` samples."""
        ...

    def encode(self, rows: Ints, bits: int) -> bytes:
        """The bytes of samples (rows, n)."""
        ...


class PolarDelta:
    """Polar's compressed frames: the first sample as it is, then blocks of differences.

    A block: bits of a difference, count, the differences of all channels in turn, least significant bit first,
    signed, filled up to a byte (polarofficial/polar-ble-sdk, online_measurement.pdf).
    """

    def reader(self, n: int, bits: int, at: int, size: int, most: int) -> Callable[[bytes], Floats]:
        copy = bytearray(_WINDOW + size + _WINDOW)
        windows: Ints = np.ndarray(size + _WINDOW, _I64, copy, 0, (1,))  # eight bytes from each on
        packet, into = slice(_WINDOW, _WINDOW + size), memoryview(copy)  # in half the time of the bytearray
        first = at + n * bits // 8
        head = slice(first, first + _HEAD)
        quick: dict[bytes, _Quick] = {}  # by the head of the block, where a packet has no other, and few rows
        keep, flip = np.bitwise_and, np.bitwise_xor

        def read(data: bytes) -> Floats:
            into[packet] = data
            plan = quick.get(data[head])
            if plan is None:
                return by_blocks(data)
            where, field, around, memory, whole, sums = plan
            keep(windows[where], field, whole)
            flip(whole, around, whole)
            return sums(memory)

        def by_blocks(data: bytes) -> Floats:
            parts, begin, here, before, rows = [], at, first, n, 0
            while begin < size or before:
                length, where, field, around, more = _block(data[here : here + _HEAD], n, before, bits)
                if begin + length > size:
                    raise PacketError(f"{counted(size - begin, 'byte')}, cut short: {length} are expected")
                rows += len(where) // n
                if rows > most:
                    raise PacketError(f"{rows} samples and more, at most {most} are possible")
                whole = windows[begin:][where]
                keep(whole, field, whole)
                flip(whole, around, whole)
                parts.append(whole.view(np.float64) - more)
                here = begin = begin + length
                before = 0
            if len(parts) == 1 and len(more) <= _FEW * n and len(quick) < _MOST_KEPT:
                quick[data[head]] = _quick(where + at, field, around, more, n)
            steps: Floats = np.concatenate(parts).reshape(-1, n)
            return np.add.accumulate(steps, 0, None, steps)

        return read

    def encode(self, rows: Ints, bits: int) -> bytes:
        out = b"".join(int(x).to_bytes(bits // 8, "little", signed=True) for x in rows[0])
        steps = np.diff(rows, axis=0)
        for i in range(0, len(steps), 255):
            out += _packed(steps[i : i + 255])
        return out


@lru_cache(maxsize=128)
def _block(head: bytes, n: int, before: int, bits: int) -> tuple[int, Ints, Ints, Ints, Floats]:
    """A block by its head, with the numbers `before` it of so many bits: its bytes, and of each number where
    its window begins in a copy with one more window in front, the bits of the window that are the number's,
    those that are turned round, and how much more that makes it. No head: no block.

    A number of w bits that begins at bit p of its window is left where it is, and the bits around it are made
    those of a float: its exponent is 52 - p, so that the number's lowest bit means 1 and the float is
    2^(52 - p) more than the number. Its sign bit turned round makes it another 2^(w - 1) more. p is at least
    45 - w, so that the most that a packet may hold is summed without rounding.
    """
    width, count = head if len(head) == _HEAD else (0, 0)
    if head and not (1 <= width <= 32 and count):
        raise PacketError(f"{count} differences of {width} bits are no block")
    size = np.repeat([bits, width], [before, count * n])
    begin = np.cumsum(size) - size
    begin[before:] += 8 * _HEAD
    where = (begin + size - 45) // 8
    p, sign = begin - 8 * where, 1 << size - 1
    length = before * bits // 8 + len(head) + (width * count * n + 7) // 8
    more = ((1 << 52 - p) + sign).astype(np.float64)
    return length, where + _WINDOW, (2 * sign - 1) << p, sign << p | (1075 - p << 52), more


def _quick(where: Ints, field: Ints, around: Ints, more: Floats, n: int) -> _Quick:
    """For packets whose numbers are found so: tables (rows, n), memory for their floats, which is that of the
    integers too, and what makes of it the sums of the rows from the first to each. Both have one more row for
    each column, so that what is too much is taken away in the same go: a matrix does it in the time of the
    sums alone."""
    where, field, around = (table.reshape(-1, n) for table in (where, field, around))
    rows = len(where)
    memory = np.concatenate([np.zeros((rows, n)), np.eye(n)])
    sums = np.concatenate([np.tri(rows), -np.cumsum(more.reshape(-1, n), axis=0)], axis=1)
    return where, field, around, memory, memory[:rows].view(np.int64), np.asfortranarray(sums).dot


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
