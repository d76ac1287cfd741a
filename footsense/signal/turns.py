"""One turn of a path, and what is required of it to be a circle."""

from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np

from footsense.signal.circling import WIDEST_RAD, Tape, linear_limit
from footsense.signal.winding import Loop, dot, fit_loop, moments, seen_along, square2, summed, turned, unit
from footsense.types import Floats

EDGE = 0.02  # turns: slower ends do not belong to a turn
SIXTHS = 6
FEWEST = 8  # samples from the first, with which a turn can be told to be even
HELD_UP = 0.3  # of a turn's mean speed: a slower part of it holds it up


@dataclass(frozen=True, slots=True)
class Shape:
    """What is required of circles. Angles in rad.

    `ratio`: width to length; `rough`: spread of the radius in half axes; `uneven`: spread of the speed within
    the turn, as a share of it. Each for a turn in a bout (`turn_…`), on average over a bout before it is
    believed (`bout_…`), and for a turn that has no other beside it (`alone_…`). Real legs in walking, shuffling
    and leg raises wind with a roughness above 0.2 and an unevenness above 0.8.
    """

    turn_ratio: float = 0.18
    bout_ratio: float = 0.25
    pair_ratio: float = 0.32  # of a bout of two turns only, unless they are both
    even_rough: float = 0.12  # as round as this and
    even_uneven: float = 0.4  # as even
    alone_ratio: float = 0.4
    turn_rough: float = 0.3
    bout_rough: float = 0.2
    alone_rough: float = 0.12
    turn_uneven: float = 1.0
    bout_uneven: float = 0.7
    alone_uneven: float = 0.5
    shortest: float = 0.022  # half axis
    longest: float = 1.0
    quickest_s: float = 0.5  # one turn
    quickest_even_s: float = 0.42  # and one that is round and even
    slowest_s: float = 8.0
    bout_s: float = 0.58  # a turn, on average, before a bout is believed
    even_s: float = 0.5  # and of three and more that are round and even
    pair_s: float = 0.75  # a turn, on average, of two that are not both round and even
    alone_s: float = 0.9  # a turn that has no other beside it: fidgets are quicker
    alike: float = 3.0  # lengths and durations of neighbours differ at most by this factor
    pair_alike: float = 1.9  # and those of two turns only that are not both round and even
    parallel: float = 0.94  # cosine between the planes of neighbours, before a bout is believed
    backward: float = 0.25  # turns wound backwards per turn, at most
    by_one: bool = False  # regular turn a bout is believed, if another goes along
    turns: int = 2  # that a bout needs before it is believed while it is under way
    slow_g: float = inf  # acceleration, besides that of the lever, in slow turns that are one or two only
    linear: float = 1.0  # times the acceleration that the lever explains
    linear_even: float = 1.0  # and of a turn that is round and even
    swing_ratio: float = 0.4  # of loops that a leg may swing in, which are
    swing_s: float = 1.5  # no slower
    gyro: bool = False  # tells the foot's own turning from that of specific force
    held_up: bool = False  # a turn may have been, and is judged by the time it went on
    last: float = 0.75  # part of a turn that counts when the foot comes to rest


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a turn: slow indices, times in s, its share of a whole turn."""

    start: int
    end: int
    start_s: float
    end_s: float
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: its limits and its loop.

    `rough`, `uneven` as in Shape; `gravity_ratio`: width to length of the part that gravity shows; `ccw`: the
    way that goes, right-handed about the up-direction; `active`: share of the time in which it went on.
    """

    limits: Limits
    loop: Loop
    rough: float
    uneven: float
    gravity_ratio: float
    ccw: bool
    linear_g: float
    active: float

    @property
    def period_s(self) -> float:
        """Duration of a whole turn at this pace; a last one may be less."""
        return max(self.limits.end_s - self.limits.start_s, 1e-6) / self.limits.share


def make_turn(tape: Tape, limits: Limits) -> Turn | None:
    """The turn between these limits, None where it has no area."""
    cut = slice(limits.start - tape.first, limits.end - tape.first + 1)
    path = tape.path[:, cut]
    m = moments(path)
    loop = fit_loop(path, m)
    if loop is None:
        return None
    ux, uy, uz = np.einsum("in->i", tape.acc_g[:, cut]).tolist()
    ratio, area = seen_along(m, unit((ux, uy, uz)))
    linear = tape.linear_g[cut]
    rms = sqrt(float(np.einsum("n,n->", linear, linear)) / len(linear))
    rough, uneven, active = _regularity(loop, path)
    return Turn(limits, loop, rough, uneven, ratio, area > 0, rms, active)


def _regularity(loop: Loop, path: Floats) -> tuple[float, float, float]:
    """Root mean square deviation of the radius, in half axes; spread of the turning in each sixth of the time,
    as a share of its mean; share of the time in which it goes on to where it was not yet. Infinite where there
    are too few samples to tell."""
    at = loop.unit(path)
    steps = turned(at)
    if len(steps) < FEWEST:
        return inf, inf, 1.0
    wound = summed(steps)
    sixths = _in_sixths(wound)
    parts = (sixths[1:] - sixths[:-1]).tolist()
    mean, radius = sum(parts) / SIXTHS, np.sqrt(square2(at)) - 1
    rough = sqrt(float(np.einsum("n,n->", radius, radius)) / len(radius))
    uneven = sqrt(sum((v - mean) * (v - mean) for v in parts) / SIXTHS) / mean if mean > 0 else inf
    most = np.maximum.accumulate(wound)
    going_on = int(np.count_nonzero(most[1:] - most[:-1] > HELD_UP * SIXTHS * mean / len(steps)))
    return rough, uneven, max(going_on / len(steps), SIXTHS / len(steps))


def _in_sixths(wound: Floats) -> Floats:
    """Turns (7,) at the start and after each sixth of the time, between samples if need be."""
    at = np.arange(SIXTHS + 1) * ((len(wound) - 1) / SIXTHS)
    k = np.minimum(at.astype(np.intp), len(wound) - 2)
    return np.asarray(wound[k] + (wound[k + 1] - wound[k]) * (at - k))


def fits(turn: Turn, shape: Shape, beside: Turn | None = None) -> bool:
    """Whether a turn, on its own, can be a circle of the foot; or `beside` one, at whose tempo it may have been
    held up."""
    loop, period_s = turn.loop, turn.period_s
    tempo_hz = 1 / period_s if beside is None else max(1 / beside.period_s, 1 / (period_s * turn.active))
    even = are_even([turn], shape)
    times_lever = shape.linear_even if even else shape.linear
    quickest_s = shape.quickest_even_s if even else shape.quickest_s
    return (
        loop.ratio >= shape.turn_ratio
        and shape.shortest <= loop.length <= shape.longest
        and quickest_s <= period_s <= shape.slowest_s
        and turn.rough <= shape.turn_rough
        and turn.uneven <= shape.turn_uneven
        and turn.linear_g <= times_lever * linear_limit(min(loop.length, WIDEST_RAD), tempo_hz)
    )


def alike(a: Turn, b: Turn, shape: Shape) -> bool:
    """Whether two turns can be neighbours in a bout."""
    size, pace = a.loop.length / b.loop.length, a.period_s / b.period_s
    if shape.held_up:
        pace = pace * a.active / b.active
    same_way = dot(a.loop.normal, b.loop.normal) > 0
    return same_way and 1 / shape.alike < size < shape.alike and 1 / shape.alike < pace < shape.alike


def going(shape: Shape) -> Shape:
    """What is asked of a turn beside others that were circles: it may hold a stop or a way back."""
    return replace(
        shape,
        turn_ratio=0.6 * shape.turn_ratio,
        turn_rough=1.5 * shape.turn_rough,
        turn_uneven=inf,
        slowest_s=2 * shape.slowest_s,
        alike=1.5 * shape.alike,
        linear=2.0 * shape.linear,
        linear_even=2.0 * shape.linear_even,
        held_up=True,
    )


def are_even(turns: list[Turn], shape: Shape) -> bool:
    """Whether all of them are round, and gone through at an even speed."""
    return all(t.rough <= shape.even_rough and t.uneven <= shape.even_uneven for t in turns)


def crossing(tape: Tape, run_start: int, turns: Floats, target: float) -> tuple[int, float]:
    """Slow index of the first sample at which `turns` has reached `target`, and the time between samples."""
    k = int(np.argmax(turns >= target))
    t = tape.t_s[run_start - tape.first :]
    if k == 0:
        return run_start, float(t[0])
    return run_start + k, between(float(t[k - 1]), float(t[k]), float(turns[k - 1]), float(turns[k]), target)


def between(t0: float, t1: float, x0: float, x1: float, x: float) -> float:
    """Time at which a value going from x0 to x1 is x."""
    return t0 + (t1 - t0) * ((x - x0) / (x1 - x0)) if x1 > x0 else t1
