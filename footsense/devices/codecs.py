"""Packings of numbers that no table can say: reviewed Python, named by profiles.

A codec turns bytes into whole numbers, one row a sample, and back; scale, unit and axes stay with the table.
"""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from footsense.errors import PacketError

Name = Literal["polar_pmd_delta"]
Ints = NDArray[np.int64]


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
        size = bits // 8
        at = n * size
        if len(data) < at:
            raise PacketError(f"{len(data)} bytes are less than a first sample")
        first = [int.from_bytes(data[i : i + size], "little", signed=True) for i in range(0, at, size)]
        blocks = [np.array([first], np.int64)]
        while at < len(data):
            block, at = _differences(data, at, n)
            blocks.append(block)
        return np.cumsum(np.concatenate(blocks), axis=0)

    def encode(self, rows: Ints, bits: int) -> bytes:
        out = b"".join(int(x).to_bytes(bits // 8, "little", signed=True) for x in rows[0])
        steps = np.diff(rows, axis=0)
        for i in range(0, len(steps), 255):
            out += _packed(steps[i : i + 255])
        return out


def _differences(data: bytes, at: int, n: int) -> tuple[Ints, int]:
    """A block's differences (rows, n), and where the next begins."""
    bits, count = data[at], data[at + 1] if at + 1 < len(data) else 0
    end = at + 2 + (bits * count * n + 7) // 8
    if not 1 <= bits <= 32 or not count or end > len(data):
        raise PacketError(f"{count} differences of {bits} bits are cut short or make no block")
    flags = np.unpackbits(np.frombuffer(data[at + 2 : end], np.uint8), bitorder="little")
    digits = flags[: bits * count * n].reshape(count * n, bits).astype(np.int64)
    values = digits @ (np.int64(1) << np.arange(bits, dtype=np.int64))
    return (values - (digits[:, -1] << bits)).reshape(count, n), end


def _packed(steps: Ints) -> bytes:
    """The smallest block that holds these differences."""
    bits = max(2, *(int(abs(x)).bit_length() + 1 for x in (steps.min(), steps.max())))
    digits = steps.reshape(-1, 1) >> np.arange(bits) & 1
    packed = np.packbits(digits.reshape(-1).astype(np.uint8), bitorder="little")
    return bytes([bits, len(steps)]) + packed.tobytes()


CODECS: dict[Name, Codec] = {"polar_pmd_delta": PolarDelta()}
