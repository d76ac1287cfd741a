"""A run of winding, found in retrospect from the path so far: where it began, and how far it has gone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.signal.winding import Loop, fit_loop, square2, summed, turned
from footsense.types import Floats

TURNED_BACK = 0.9  # turns the other way, before which a run cannot have begun
OUTSIDE = 3.0  # half axes from the centre, likewise
NEAR = 0.15  # half axes from the centre within which nothing goes around it
STALL = 0.15  # of the tempo: slower is no progress
MIDDLE = 0.4  # and within which a run ends where it is hasty
INNER = 0.7  # and within which the last turn does not grow where it is hasty
HASTE = 1.5  # times the tempo of the bout
REST_LAGS = 3  # times LAG_S without movement, besides the one that movement is measured over: a rest
CLOSE = 0.06  # of a turn by which it may begin elsewhere than its loop
MOSTLY, LITTLE = 0.85, 0.6  # turns that are a turn, and that are none
SHORTEST = 6  # samples to fit a loop to
SAME_WAY = 0.8  # cosine between the planes of a turn and the next
ALIKE = 2.5  # by which they differ at most in length
THIN = 0.4  # and in their width to length
SMALLEST_REST = 0.006  # rad
WIDEST = 6.0  # times as many samples as in a turn, in which the turn before it has to have been made


@dataclass(slots=True)
class Run:
    """A stretch of path wound one way: `loop` it is seen from; slow index `start`; `turns` (n,) since then, for
    the samples from `start` on; `backward` turns in all, and `wavering` before it had turned furthest."""

    loop: Loop
    start: int
    turns: Floats
    backward: float
    wavering: float

    def stalled(self, samples: int, period: float) -> bool:
        """Whether the last samples brought next to no progress, at a turn in `period`."""
        n = min(samples, len(self.turns) - 1)
        return n == samples and abs(float(self.turns[-1] - self.turns[-1 - n])) < STALL * n / period


def wind_wide(loop: Loop, path: Floats, period: float) -> Floats:
    """Turns from each point to the next, without what a path cutting through the middle turns: near the centre,
    and further out where it turns faster than a foot that circles once in `period` samples."""
    at = loop.unit(path)
    steps = turned(at)
    radius = square2(at)
    radius = np.minimum(radius[:-1], radius[1:])
    steps[(radius < NEAR * NEAR) | ((radius < INNER * INNER) & (np.abs(steps) > HASTE / period))] = 0.0
    return steps


def rest_chord(loop: Loop, samples: float, lag: int) -> float:
    """Movement over `lag` samples (rad) below which a foot that circles once in `samples` has come to rest."""
    return max(0.15 * loop.length * min(1.0, float(np.pi) * lag / samples), SMALLEST_REST)


def settle(path: Floats, chord: Floats, begin: int, period: float, lag: int) -> Run | None:
    """The run of winding under way at the end of `path` (3, n), which starts at slow index `begin`.

    `chord` (n,) is the movement over `lag` samples: a rest as long ends the run. `period` is roughly that of a
    turn, in samples. Each turn is wound about its own loop, found backwards from the last: centres wander.
    """
    found = _last_loop(path, period)
    if found is None:
        return None
    loop, last, at, steps = found
    n = path.shape[1]
    tail = summed(steps)
    newest, tail, length = loop, tail[last:] - tail[last], n - last
    still = rests(chord < rest_chord(loop, length, lag), lag)
    while True:
        low = max(0, last - round(WIDEST * length))
        head = path[:, low : last + 1]
        at, steps = (at[:, low : last + 1], steps[low:last]) if loop is newest else _seen(loop, head)
        theta, start = _head(at, steps, still[low : last + 1], HASTE / length)
        earlier = np.flatnonzero(theta <= theta[-1] - 1)
        before = int(earlier[-1]) if len(earlier) else -1
        older = fit_loop(head[:, before:]) if before > start else None
        if older is None or not _akin(older, loop):
            break
        tail = _continued(theta[before:], tail)
        loop, length, last = older, len(head[0]) - 1 - before, low + before
    theta, start = _own(loop, head, still[low : last + 1], HASTE / length, (theta, start))
    turns = _continued(theta[start:], tail)
    back = np.minimum(np.diff(turns), 0.0)
    return Run(
        newest, begin + low + start, turns, -float(back.sum()), -float(back[: int(np.argmax(turns))].sum())
    )


def _continued(theta: Floats, tail: Floats) -> Floats:
    """Turns since the first of `theta`, and from its last point on those of `tail`."""
    turns = theta - theta[0]
    return np.concatenate((turns[:-1], turns[-1] + tail))


def _seen(loop: Loop, path: Floats) -> tuple[Floats, Floats]:
    """Where the points of a path lie in the loop, and the turns from each to the next."""
    at = loop.unit(path)
    return at, turned(at)


def _head(at: Floats, steps: Floats, still: NDArray[np.bool_], hasty: float) -> tuple[Floats, int]:
    """Turns up to each of the points `at` (2, n) from the first, and where the winding began."""
    theta = summed(steps)
    return theta, _start(at, steps, theta, still, hasty)


def _own(
    loop: Loop, head: Floats, still: NDArray[np.bool_], hasty: float, found: tuple[Floats, int]
) -> tuple[Floats, int]:
    """What `_head` found about this loop, or if that is little, about the head's own where it winds."""
    if found[0][-1] - found[0][found[1]] > LITTLE:
        return found
    rests = np.flatnonzero(still)
    since = int(rests[-1]) + 1 if len(rests) else 0
    own = fit_loop(head[:, since:]) if head.shape[1] - since > SHORTEST else None
    if own is None or not _akin(own, loop):
        return found
    theta, start = _head(*_seen(own, head), still, hasty)
    wide = float(wind_wide(own, head[:, start:], HASTE / hasty).sum())  # a stroke to the rim is no turn
    return (theta, start) if min(wide, float(theta[-1] - theta[start])) > MOSTLY else found


def _akin(a: Loop, b: Loop) -> bool:
    """Whether one loop can have come before the other."""
    same_way = sum(x * y for x, y in zip(a.normal, b.normal, strict=True)) > SAME_WAY
    return same_way and 1 / ALIKE < a.length / b.length < ALIKE and a.ratio > THIN * b.ratio


def _last_loop(path: Floats, period: float) -> tuple[Loop, int, Floats, Floats] | None:
    """The loop of the last turn, where in the path it begins, the path as seen from it, and its turns from each
    point to the next."""
    n = path.shape[1]
    last = max(0, n - 1 - max(4, round(min(period, n))))
    found = None
    for _ in range(3):
        loop = fit_loop(path[:, last:])
        if loop is None or n - last < 4:
            return None
        at, steps = _seen(loop, path)
        theta = summed(steps)
        earlier = np.flatnonzero(theta <= theta[-1] - 1)
        begun = int(earlier[-1]) if len(earlier) else 0
        found = loop, begun, at, steps
        if abs(begun - last) <= CLOSE * (n - last):
            break
        last = begun
    return found


def rests(still: NDArray[np.bool_], lag: int) -> NDArray[np.bool_]:
    """Where there has been a rest; movement shows in the chord afterwards."""
    resting = _long(still, REST_LAGS * lag)[lag // 2 :]
    return np.concatenate([resting, np.zeros(len(still) - len(resting), dtype=np.bool_)])


def _long(still: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """True where `still` has held for `least` samples."""
    index = np.arange(len(still))
    return np.asarray(index - np.maximum.accumulate(np.where(still, -1, index)) >= least)


def off_rim(at: Floats, steps: Floats, hasty: float, far: float) -> NDArray[np.bool_]:
    """Where the path cuts through the middle (at its centre, or near it with a step of more than `hasty` turns)
    or is far out. `steps` (n,) lead to the points `at` (2, n)."""
    radius = square2(at)
    off = radius > far * far
    middle = radius < MIDDLE * MIDDLE
    if middle.any():
        off |= middle & ((radius < NEAR * NEAR) | (np.abs(steps) > hasty))
    return np.asarray(off)


def _start(at: Floats, steps: Floats, theta: Floats, still: NDArray[np.bool_], hasty: float) -> int:
    """Where the winding began that goes on at the last of the points `at` (2, n); `theta` (n,) are the turns up
    to each."""
    ahead = np.minimum.accumulate(theta[::-1])[::-1]
    lost = (theta > ahead + TURNED_BACK) | still
    lost[1:] |= off_rim(at[:, 1:], steps, hasty, OUTSIDE)
    lost[:1] |= off_rim(at[:, :1], np.zeros(1), hasty, OUTSIDE)
    low = min(int(np.flatnonzero(lost)[-1]) + 1 if lost.any() else 0, len(theta) - 1)
    return low + int(np.argmin(theta[low:]))
