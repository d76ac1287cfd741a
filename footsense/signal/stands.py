"""Quiet stands: what a step's posture is held against."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from footsense.signal.gait import FEW, StepTracker
from footsense.signal.landing import ACC, ENV
from footsense.signal.lately import Indices
from footsense.types import Floats, Vector

Bools = NDArray[np.bool_]
KEPT, LOOKED = 16, 12  # stands; a landing looks at the last before it, as a long chunk has more
_BEFORE = -(1 << 40)  # slow index before any stream
_TINY = 1e-30  # g⁴: the square of no vector that was measured


@dataclass(frozen=True, slots=True)
class StandParams:
    """Tuning; knows no rate. A stand is a posture kept for `quiet_s` with a jerk envelope below `quiet_gps`
    (g/s), its two halves within `steady_cos` of each other.

    A foot that tilts by `risen_cos` or more within `rises_s` of a flat stand, and does not land, is up on the
    toes until the tilt is less than half of that again. One that is so for longer than `tires_s` may have been
    put down flat, and longer than twice that was; so was one of which most of the next `few` steps come down on
    the heel.

    A stand within `same_cos` of the posture of a step on tiptoe just before is none on the flat foot if kept
    for up to `stops_s`; up to `soon_s` it may be either.
    """

    quiet_s: float = 1.5
    quiet_gps: float = 1.2
    steady_cos: float = 0.9986  # 3°
    risen_cos: float = 0.99  # 8°
    rises_s: float = 2.0
    tires_s: float = 6.0
    few: int = 3
    same_cos: float = 0.985  # 10°
    stops_s: float = 2.5
    soon_s: float = 6.0


@dataclass(slots=True)
class Stand:
    """Slow indices of its start and end, its posture (3,) in g, whether it was on tiptoe (None where nobody has
    judged that), whether that is in doubt, and the rise that led to it."""

    start: int
    end: int
    posture: Floats
    raised: bool | None = None
    unsure: bool = False
    ascent: "Ascent | None" = None


@dataclass(slots=True)
class Ascent:
    """From a `flat` stand onto the toes, by twice the angle of `half_cos`; `since` is the slow index of the
    first stand up there, `sure` whether it was seen to be flat before, `heels` whether each of the next steps
    was on the heel."""

    flat: Stand
    half_cos: float
    since: int
    sure: bool
    heels: list[bool] = field(default_factory=list)


class Last(NamedTuple):
    """The last step: where it landed, its posture, and whether that may be on tiptoe, None where that is in
    doubt."""

    land: int
    posture: Floats
    raised: bool | None


class Stands:
    """The last stands, in order; what goes on in the same posture is one.

    Who stands rises onto the toes and comes down again without a landing; which of such stands was the flat
    one the steps after it tell.
    """

    def __init__(self, up: Vector | None = None) -> None:
        """`up`: the posture in a flat stand that was seen before the stream."""
        self.params = StandParams()
        self._stands = [] if up is None else [Stand(_BEFORE, _BEFORE, np.array(up), raised=False)]
        self._quiet_from: int | None = None
        self._told = len(self._stands)  # so many were looked at for a rise
        self._landed = _BEFORE
        self.last: Last | None = None

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

    def land(self, index: int, tracker: StepTracker) -> None:
        """A foot lands; call in order, before `before`. Finds the rises in stands since the last landing."""
        stop = bisect_right(self._stands, index, key=attrgetter("end"))
        soon, tires = (tracker.slow_index(x) for x in (self.params.rises_s, self.params.tires_s))
        oldest = max(stop - LOOKED, 0)
        for k in range(max(self._told, oldest + 1), stop):
            last, stand = self._stands[k - 1 : k + 1]
            if last.end == _BEFORE == self._landed or self._landed <= last.end >= stand.start - soon:
                stand.ascent = self._risen(k, oldest, tires)
        self._told, self._landed = max(self._told, stop), index

    def before(self, index: int, count: int) -> list[Stand]:
        """Up to `count` stands that ended before a slow index, the last first; of those after a rise only the
        last, if none came after it."""
        k = bisect_right(self._stands, index, key=attrgetter("end"))
        earlier = self._stands[max(k - LOOKED, 0) : max(k - 1, 0)]
        others = (x for x in reversed(earlier) if x.ascent is None or x.unsure)
        return [*self._stands[max(k - 1, 0) : k], *islice(others, count - 1)]

    def flat(
        self, stands: Sequence[Stand], tilts: Sequence[float], tracker: StepTracker
    ) -> list[tuple[Stand, float]]:
        """Of `stands`, the last first, and tilts against them, the last that was flat, and the one before if
        that was shortly before or the last may have been on tiptoe."""
        soon = tracker.slow_index(self.params.soon_s)
        flat: list[tuple[Stand, float]] = []
        for stand, tilt in zip(stands, tilts, strict=False):
            if stand.raised is None:
                self._judge(stand, soon, tracker.slow_index(self.params.stops_s))
            if not stand.raised:
                flat.append((stand, tilt))
        either = len(flat) > 1 and (flat[0][0].unsure or flat[0][0].end - flat[1][0].end <= soon)
        return flat[: 2 if either else 1]

    def tell(self, stand: Stand, heel: bool) -> None:
        """Whether the next step after a rise to a `stand` came down on the heel; then it was the flat one."""
        if stand.ascent is None or len(stand.ascent.heels) >= self.params.few:
            return
        stand.ascent.heels.append(heel)
        if 2 * stand.ascent.heels.count(True) > self.params.few:
            stand.ascent.flat.raised, stand.raised = True, False

    def _judge(self, stand: Stand, soon: int, stop: int) -> None:
        """Who stops on tiptoe in a bout stands in the posture of the step before; not for long, but a stand in
        that posture is a flat one for sure only if it is a long one. Who rises onto the toes is up."""
        if stand.ascent is not None:
            stand.raised = not stand.unsure
            return
        last, length = self.last, stand.end - stand.start
        same = last is not None and last.raised is not False and stand.start > last.land
        if last is None or not same or cosine(stand.posture, last.posture) < self.params.same_cos:
            stand.raised = False
            return
        stand.raised = bool(last.raised) and length <= stop
        stand.unsure = not stand.raised and length <= soon

    def settle(self) -> None:
        """Let go of stands that no landing to come can need."""
        self._told -= max(0, len(self._stands) - KEPT)
        del self._stands[:-KEPT]

    def drop(self) -> None:
        """After a hole: the stand under way is forgotten, those before are kept."""
        self._quiet_from = self.last = None

    def _risen(self, k: int, oldest: int, tires: int) -> Ascent | None:
        """How the foot is up in stand `k`, with no landing since the one before; `oldest` is the first that is
        looked at."""
        last, stand = self._stands[k - 1 : k + 1]
        ascent = last.ascent
        if ascent is None:
            risen = cosine(last.posture, stand.posture)
            if risen > self.params.risen_cos:
                return None
            half_cos = math.sqrt(0.5 + 0.5 * max(risen, 0.0))
            ascent = Ascent(last, half_cos, stand.start, last.end == _BEFORE or self._again(k - 1, oldest))
        elif cosine(ascent.flat.posture, stand.posture) > ascent.half_cos:
            return None
        up = stand.end - ascent.since
        stand.unsure = up > tires
        return ascent if up <= 2 * tires else None

    def _again(self, k: int, oldest: int) -> bool:
        """Whether one stood as in stand `k` before the last landing, too."""
        earlier = (x for x in self._stands[oldest:k] if x.end <= self._landed and x.ascent is None)
        return any(cosine(x.posture, self._stands[k].posture) >= self.params.risen_cos for x in earlier)

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
