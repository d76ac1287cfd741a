"""How many samples a packet holds: triples that follow one another at equal steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.learning.columns import Block, triples
from footsense.types import Floats

ALIKE = 0.2  # of the largest: how much the ways between neighbours within a packet and across two may differ


@dataclass(frozen=True, slots=True)
class Row:
    """The samples of one channel in a packet: numbers of a type, three each, the first from byte `at` on and
    each `step` bytes after the one before."""

    kind: str
    at: int
    step: int
    count: int

    @property
    def size(self) -> int:
        """Bytes of one sample."""
        return 3 * kinds.size(self.kind)

    @property
    def offsets(self) -> list[int]:
        """Where the samples begin."""
        return [self.at + i * self.step for i in range(self.count)]

    @property
    def bytes(self) -> set[int]:
        """Offsets of all bytes of it."""
        return {o + i for o in self.offsets for i in range(self.size)}

    def values(self, block: Block) -> Floats:
        """All samples of the packets in order, (packets * count, 3), as they were sent."""
        return triples(block, self.kind, self.offsets).reshape(-1, 3)


def rows(kind: str, offsets: Iterable[int]) -> list[Row]:
    """The longest rows that there are at these offsets, longest first; each offset alone is one as well."""
    there = set(offsets)
    size = 3 * kinds.size(kind)
    found = [Row(kind, at, size, 1) for at in there]
    for at in there:
        for step in {other - at for other in there if other - at >= size}:
            if at - step not in there:
                count = 1
                while at + count * step in there:
                    count += 1
                found.append(Row(kind, at, step, count))
    return sorted(found, key=lambda row: (-row.count, row.at, row.step))


def goes_on(row: Row, block: Block) -> bool:
    """Whether its samples are one after the other in time: the way from the last of a packet to the first of
    the next is like that between two in a packet. Two sensors side by side, or the newest first, are not so."""
    if row.count == 1:
        return True
    values = triples(block, row.kind, row.offsets)
    inside = np.sqrt((np.diff(values, axis=1) ** 2).sum(axis=2))
    across = np.sqrt(((values[1:, 0] - values[:-1, -1]) ** 2).sum(axis=1))
    lively = across > np.quantile(across, 0.6)
    ways = np.array([np.median(inside[1:][lively]), np.median(across[lively])])
    return bool(ways.min() > ALIKE * ways.max())


def grain(values: Floats, calm: NDArray[np.bool_]) -> Floats:
    """Squared second difference of the samples (n, 3) where it is calm, but for the largest 2 %: a number put
    together of bytes that do not belong together is more ragged than the right one."""
    bend = np.diff(values, 2, axis=0)
    square = (bend * bend).sum(axis=1)[calm[1:-1]]
    return np.asarray(square[square <= np.quantile(square, 0.98)]) if len(square) else np.ones(1)


def belonging(row: Row, block: Block, calm: NDArray[np.bool_]) -> float:
    """How surely the lowest byte of each number belongs to the bytes above it, in standard errors; 0 for types
    of one byte and floats.

    Where it does, the number without it jumps against it: a carry. The slope of the second differences of the
    one on those of the other is -1 then, and 0 for a byte of another number.
    """
    width = kinds.size(row.kind)
    if width == 1 or kinds.limits(row.kind) is None or kinds.is_digits(row.kind):
        return 0.0
    lowest = width - 1 if row.kind[0] == ">" else 0
    offsets = np.array([o + i * width + lowest for o in row.offsets for i in range(3)])
    low = block.raw[:, offsets].reshape(-1, 3).astype(np.float64)
    above, below = (np.diff(x, 2, axis=0)[calm[1:-1]].ravel() for x in (row.values(block) - low, low))
    spread = float(below @ below)
    if spread == 0:
        return 0.0
    slope = float(above @ below) / spread
    left = above - slope * below
    error = np.sqrt(float(left @ left) / max(len(left) - 1, 1) / spread)
    return float(-slope / max(error, 1e-9))


def times(packet_s: Floats, count: int) -> Floats:
    """When the samples were taken, evenly between one packet's time and that of the one before."""
    if count == 1:
        return packet_s
    step = np.diff(packet_s, prepend=2 * packet_s[0] - packet_s[1])
    typical = float(np.median(step))
    step = np.where(step < 1.5 * typical, step, typical)[:, None]
    return np.asarray((packet_s[:, None] - step * (1 - (np.arange(count) + 1) / count)).ravel())


def overlap(a: Row, b: Row) -> bool:
    """Whether two of the same packet share bytes."""
    return bool(a.bytes & b.bytes)


def longest(found: Sequence[Row]) -> list[Row]:
    """Those of the largest count of each type."""
    most: dict[str, int] = {}
    for row in found:
        most[row.kind] = max(most.get(row.kind, 0), row.count)
    return [row for row in found if row.count == most[row.kind]]
