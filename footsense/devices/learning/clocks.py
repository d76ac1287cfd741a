"""Counters and clocks: columns that go up evenly, and what one step of them is worth.

A number that is read with a byte too few at its upper end still goes up as it should, and wraps sooner: where
nothing shows that a byte belongs to it, it is left out. That does no harm but after a silence of half a wrap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from footsense.devices import kinds
from footsense.devices.learning.columns import Block
from footsense.types import Floats

# ticks of clocks in use: decimal fractions of a second, quartz of 32768 Hz and its parts, what chips count in
NICE_S = {
    "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9,
    "0.1": 0.1, "0.01": 0.01, "0.0001": 1e-4, "0.00001": 1e-5, "0.0000001": 1e-7, "0.008": 0.008,
    "1 / 32768": 1 / 32768, "1 / 16384": 1 / 16384, "1 / 1024": 1 / 1024,
    "1 / 256": 1 / 256, "1 / 128": 1 / 128,
    "48 / 32768": 48 / 32768, "0.0000390625": 39.0625e-6, "0.000025": 25e-6, "0.00001525": 15.25e-6,
    "0.000625": 625e-6, "0.0003125": 312.5e-6, "0.00125": 1.25e-3, "0.000064": 64e-6,
}  # fmt: skip
UNITS = ("s", "ms", "us", "ns")
NEAR = 0.003  # a clock that is off by more is not of this tick
EVEN = 0.8  # share of the steps that are like the usual one
LATE_S = 0.12  # rms of what packets may come late by
WRAPS = (60, 100, 128, 1000, 4096, 10_000, 60_000, 65_535, 86_400, 100_000, 1_000_000, 60_000_000)
_WIDTHS = (1, 2, 3, 4, 8)


@dataclass(frozen=True, slots=True)
class Clock:
    """A number that goes up: its place and type, the number at which it begins anew (None: at what the type
    holds), and the length of its step in s, in words (a unit or an expression) and as a number.

    `count` (n,): the number of each packet without wraps. `step`: the usual one.
    """

    at: int
    kind: str
    wrap: int | None
    tick: str
    tick_s: float
    step: int
    count: Floats

    @property
    def bytes(self) -> set[int]:
        """Offsets of its bytes."""
        return set(range(self.at, self.at + kinds.size(self.kind)))

    @property
    def is_nice(self) -> bool:
        """Whether the tick is one that clocks have."""
        return self.tick in NICE_S


@dataclass(frozen=True, slots=True)
class Clocks:
    """What a packet says of time: its counter, its clock."""

    sequence: Clock | None = None
    stamp: Clock | None = None

    def times(self, block: Block) -> Floats:
        """When the packets were made, (n,) in s of the host's clock: by the device's clock or counter, else by
        arrivals, evened out."""
        best = self.stamp or self.sequence
        if best is None:
            return _evened(block.at_s)
        slope, offset = np.polyfit(best.count, block.at_s, 1)
        return np.asarray(slope * best.count + offset)


def clocks(block: Block, taken: set[int], samples: int = 1) -> Clocks:
    """The counter and the clock among the bytes that are not `taken`; a counter counts packets, or samples, of
    which a packet has so many."""
    found = [c for c in _rising(block) if not c.bytes & taken]
    counters = [c for c in found if c.step in (1, samples) and _is_exact(c)]
    sequence = max(counters, key=lambda c: (c.step == 1, kinds.size(c.kind), -c.at), default=None)
    used = sequence.bytes if sequence else set()
    stamps = [c for c in found if not c.bytes & used and c.step > 1 and c not in counters]
    return Clocks(sequence, max(stamps, key=_worth, default=None))


def _worth(clock: Clock) -> tuple[bool, int, float]:
    return clock.is_nice, kinds.size(clock.kind), -clock.tick_s


def _is_exact(clock: Clock) -> bool:
    """Whether it goes up by the same whole number, or by a multiple where packets were lost."""
    steps = np.diff(clock.count)
    return bool((steps == clock.step).mean() > 0.7 and (np.remainder(steps, clock.step) == 0).all())


def _rising(block: Block) -> Iterator[Clock]:
    """Every reading of bytes that goes up with time, of the width that what it shows needs."""
    for width in _WIDTHS:
        for order in ("", ">") if width > 1 else ("",):
            kind = f"{order}u{8 * width}"
            for at in range(block.length - width + 1):
                clock = _clock(block, at, kind)
                if clock is not None and _needs_all(block, at, kind):
                    yield clock


def _needs_all(block: Block, at: int, kind: str) -> bool:
    """Whether the upper bytes move: all but one of three are needed to call a number u24, five for u64; a
    fourth that stays 0 belongs to three that move."""
    width, big = kinds.size(kind), kind[0] == ">"
    upward = range(at + width - 1, at - 1, -1) if not big else range(at, at + width)
    moves = [bool((block.raw[:, o] != block.raw[0, o]).any()) for o in upward]
    if width == 8:
        return any(moves[:4])
    return moves[0] or (width == 4 and moves[1] and not block.raw[:, upward[0]].any())


def _clock(block: Block, at: int, kind: str) -> Clock | None:
    width = kinds.size(kind)
    raw = _whole(block, at, kind)
    modulus = 256**width
    steps = _steps(raw, modulus)
    usual = float(np.median(steps))
    if not 0 < usual < modulus / 3 or (np.abs(steps - usual) <= 0.5 * usual).mean() < EVEN:
        return None
    wrap = _wrap(raw, steps, usual)
    if wrap:
        steps = np.where(steps > 16 * usual, np.remainder(steps - modulus + wrap, modulus), steps)
    count = np.concatenate([[0.0], np.cumsum(steps)])
    slope, offset = np.polyfit(block.at_s, count, 1)
    late_s = float(np.std(count - slope * block.at_s - offset)) / slope if slope > 0 else np.inf
    if late_s > LATE_S + 0.3 * block.period_s:
        return None
    tick, tick_s = _named(1 / slope)
    return Clock(at, kind, wrap, tick, tick_s, round(usual), count)


def _whole(block: Block, at: int, kind: str) -> np.ndarray:
    """The numbers as unsigned 64-bit ones."""
    value = np.zeros(len(block.raw), np.uint64)
    width, big = kinds.size(kind), kind[0] == ">"
    for i in range(width):
        value = value << np.uint64(8) | block.raw[:, at + (i if big else width - 1 - i)].astype(np.uint64)
    return value


def _steps(raw: np.ndarray, modulus: int) -> Floats:
    steps = np.diff(raw)  # unsigned: wraps by itself
    return np.asarray((steps if modulus == 2**64 else steps % np.uint64(modulus)).astype(np.float64))


def _wrap(raw: np.ndarray, steps: Floats, usual: float) -> int | None:
    """Where it begins anew before its type is full, None where it does not."""
    back = np.flatnonzero((raw[1:] < raw[:-1]) & (steps > 16 * usual))
    if not len(back):
        return None
    at = raw[:-1][back].astype(np.float64) - raw[1:][back].astype(np.float64) + usual
    highest, seen = float(raw.max()), float(np.median(at))
    if len(back) > 1 and np.ptp(at) > 2 * usual:
        return None
    if usual == 1 and np.ptp(at) == 0:
        return round(seen)
    near = [w for w in WRAPS if highest < w <= highest + 2 * usual]
    return near[0] if near else None


def _named(tick_s: float) -> tuple[str, float]:
    name, nice_s = min(NICE_S.items(), key=lambda item: abs(np.log(item[1] / tick_s)))
    if abs(nice_s / tick_s - 1) < NEAR:
        return name, nice_s
    return f"{tick_s:.6g}", tick_s


def _evened(at_s: Floats) -> Floats:
    """Arrivals without what the link makes of them: a line through each stretch of about a second."""
    period = float(at_s[-1] - at_s[0]) / max(len(at_s) - 1, 1)
    half = int(np.clip(0.5 / max(period, 1e-6), 1, len(at_s) // 4))
    index = np.arange(len(at_s)) * period
    late = np.pad(at_s - index, half, mode="reflect", reflect_type="odd")
    kernel = np.ones(2 * half + 1) / (2 * half + 1)
    return np.asarray(np.maximum.accumulate(index + np.convolve(late, kernel, "valid")))
