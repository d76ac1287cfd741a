"""Quiet stands: what a step's posture is held against."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from footsense.signal.gait import FEW, StepTracker
from footsense.signal.landing import ACC, ENV
from footsense.signal.lately import Indices
from footsense.types import Floats, Vector

Bools = NDArray[np.bool_]
KEPT = 16  # stands
_BEFORE = -(1 << 40)  # slow index before any stream
_TINY = 1e-30  # g⁴: the square of no vector that was measured


@dataclass(frozen=True, slots=True)
class StandParams:
    """Tuning; knows no rate. A stand is a posture kept for `quiet_s` with a jerk envelope below `quiet_gps`
    (g/s), its two halves within `steady_cos` of each other."""

    quiet_s: float = 1.5
    quiet_gps: float = 1.2
    steady_cos: float = 0.9986  # 3°


@dataclass(slots=True)
class Stand:
    """Slow indices of its start and end, its posture (3,) in g, whether it was on tiptoe (None where nobody has
    judged that), and whether that is in doubt."""

    start: int
    end: int
    posture: Floats
    raised: bool | None = None
    unsure: bool = False


class Stands:
    """The last stands, in order; what goes on in the same posture is one."""

    def __init__(self, up: Vector | None = None) -> None:
        """`up`: the posture in a flat stand that was seen before the stream."""
        self.params = StandParams()
        self._stands = [] if up is None else [Stand(_BEFORE, _BEFORE, np.array(up), raised=False)]
        self._quiet_from: int | None = None

    def watch(self, tracker: StepTracker, start: int) -> None:
        """Looks for stands in slow samples from `start` on."""
        if start >= tracker.slow.stop:
            return
        quiet = tracker.slow.view(start, tracker.slow.stop)[ENV] < self.params.quiet_gps
        block = tracker.slow_index(self.params.quiet_s)
        find = self._one_by_one if len(quiet) < FEW else self._in_stretches
        ends = find(quiet, start, block)
        if ends:
            self._add(tracker, np.array(ends), block)

    def before(self, index: int, count: int) -> list[Stand]:
        """Up to `count` stands that ended before a slow index, the last first."""
        k = bisect_right(self._stands, index, key=attrgetter("end"))
        return self._stands[max(k - count, 0) : k][::-1]

    def settle(self) -> None:
        """Let go of stands that no landing to come can need."""
        del self._stands[:-KEPT]

    def drop(self) -> None:
        """After a hole: the stand under way is forgotten, those before are kept."""
        self._quiet_from = None

    def _one_by_one(self, quiet: Bools, start: int, block: int) -> list[int]:
        """Ends of quiet blocks; moves on where the block under way began."""
        ends, since = [], self._quiet_from
        for stop, still in enumerate(quiet.tolist(), start + 1):
            since = (stop - 1 if since is None else since) if still else None
            if since is not None and stop - since == block:
                ends.append(stop)
                since = stop
        self._quiet_from = since
        return ends

    def _in_stretches(self, quiet: Bools, start: int, block: int) -> list[int]:
        """What `_one_by_one` gives, a stretch at a time."""
        since, stop = self._quiet_from, start + len(quiet)
        bounded = np.concatenate([[since is not None], quiet, [False]])
        edges = (np.flatnonzero(bounded[1:] != bounded[:-1]) + start).tolist()
        edges = edges if since is None else [since, *edges]
        stretches = list(zip(edges[::2], edges[1::2], strict=True))
        still = bool(stretches) and stretches[-1][1] == stop and bool(quiet[-1])
        self._quiet_from = stop - (stop - stretches[-1][0]) % block if still else None
        return [k for lo, hi in stretches for k in range(lo + block, hi + 1, block)]

    def _add(self, tracker: StepTracker, ends: Indices, block: int) -> None:
        """Keeps those blocks that are steady. Five samples stand for a block."""
        begin = max(ends[0] - 2 * block, tracker.slow.start)
        acc = tracker.slow.view(begin, tracker.slow.stop)[ACC]
        at = ends - begin - 1 - round(tracker.lag)
        a, b, c, d, e = (acc[:, np.maximum(at - block * i // 5, 0)] for i in range(5))
        early, late = a + b, d + e
        steady = cosines(early, late) >= self.params.steady_cos
        self._join(ends[steady], ((early + c + late) / 5.0)[:, steady], block)

    def _join(self, ends: Indices, postures: Floats, block: int) -> None:
        """Blocks (3, k) that go on in the same posture make one stand."""
        last = self._stands[-1] if self._stands else Stand(_BEFORE, _BEFORE, np.zeros(3))
        before = np.concatenate([last.posture[:, None], postures], axis=1)[:, :-1]
        same = cosines(before, postures) >= self.params.steady_cos
        same &= np.diff(ends, prepend=last.end) == block
        for end, posture, goes_on in zip(ends.tolist(), postures.T, same.tolist(), strict=True):
            if goes_on:
                self._stands[-1].end, self._stands[-1].posture = end, posture
            else:
                self._stands.append(Stand(end - block, end, posture))


def cosines(a: Floats, b: Floats) -> Floats:
    """Cosines of the angles between (3, …) and (3, …), 0 where one of them has no length."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return np.asarray(dot / np.sqrt(np.maximum(size, _TINY)))


def cosine(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """`cosines` of two vectors (3,), number by number, as numpy is slow on so few."""
    (x, y, z), (u, v, w) = map(float, a), map(float, b)
    size = (x * x + y * y + z * z) * (u * u + v * v + w * w)
    return (x * u + y * v + z * w) / math.sqrt(max(size, _TINY))
