"""Packets of one kind as a table of bytes, and its columns read as numbers of every type at every offset."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.learning.capture import Packet
from footsense.types import Floats

Bytes = NDArray[np.uint8]
TYPES = (
    "i8", "u8", "i16", ">i16", "u16", ">u16", "i24", ">i24", "i32", ">i32",
    "f16", ">f16", "f32", ">f32", "f64", ">f64", "digits3", "digits4",
)  # fmt: skip
MOST = 1e9  # larger numbers are no reading of a sensor


@dataclass(frozen=True, eq=False)
class Block:
    """Packets of one kind: characteristic, when they came (n,) in s, their bytes (n, length), and the bytes
    that set them apart from others of the same length, as (offset, value)."""

    char: str
    at_s: Floats
    raw: Bytes
    when: tuple[tuple[int, int], ...] = ()

    @property
    def length(self) -> int:
        """Bytes of a packet."""
        return int(self.raw.shape[1])

    @property
    def period_s(self) -> float:
        """Mean time between packets."""
        return float(self.at_s[-1] - self.at_s[0]) / max(len(self.at_s) - 1, 1)


def block_of(packets: Sequence[Packet]) -> Block:
    """Packets of one characteristic and one length."""
    raw = np.frombuffer(b"".join(p.payload for p in packets), np.uint8)
    return Block(packets[0].char, np.array([p.at_s for p in packets]), raw.reshape(len(packets), -1))


def columns(block: Block, kind: str) -> Floats:
    """Numbers of this type at every offset, (n, length - size + 1); NaN where it is no number, or too large."""
    width = kinds.size(kind)
    if width > block.length:
        return np.empty((len(block.raw), 0))
    windows = np.lib.stride_tricks.sliding_window_view(block.raw, width, axis=1)
    return _read(np.ascontiguousarray(windows), kind)


def triples(block: Block, kind: str, offsets: Sequence[int]) -> Floats:
    """Three numbers of this type in a row at each offset: (n, len(offsets), 3)."""
    width = kinds.size(kind)
    picked = [block.raw[:, o : o + 3 * width].reshape(-1, 3, width) for o in offsets]
    return _read(np.ascontiguousarray(np.stack(picked, axis=1)), kind)


def _read(chunks: Bytes, kind: str) -> Floats:
    """(…, size) of bytes to (…) of numbers."""
    base, _ = kinds.dtype(kind, 1)
    raw = chunks if base == "u1" and kinds.size(kind) > 1 else chunks.view(base)[..., 0]
    with np.errstate(all="ignore"):
        values = kinds.numbers(kind, raw).astype(np.float64)
        values[~(np.abs(values) < MOST)] = np.nan
    return values
