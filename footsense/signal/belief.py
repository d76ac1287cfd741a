"""Whether the turns of a run, found in retrospect, are circles."""

from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np

from footsense.signal.circling import LINEAR_G, WIDEST_RAD, Tape, linear_limit
from footsense.signal.settling import Run
from footsense.signal.tilt import cross, square
from footsense.signal.turns import (
    EDGE,
    Limits,
    Shape,
    Turn,
    alike,
    are_even,
    crossing,
    fits,
    going,
    make_turn,
)
from footsense.signal.winding import TINY, dot, square2, turned

RIM = 0.65  # half axes from the centre from which the path is a turn and no stroke to it
MOSTLY = 0.8  # turns on the rim that show what the whole is
SLOW_S = 2.5  # a slower turn hardly accelerates the sensor
SWING_S = 0.7  # a turn; a leg that swings by itself is no quicker, though without a gyro it may seem so
PAIR_SWING = 0.7  # of the width to length from which it is the foot: thinner, two quick turns say nothing
FOLLOWS = 0.25  # correlation of what gravity and the gyro show, at least, where it is the foot that tilts
LEVER_M = 0.2  # from the ankle; a sensor near the foot is further from the knee
MOST_SEEN = 0.7  # share of the tilt that need not be exceeded
G_MS2 = 9.80665
LIKELY_S = 0.36  # a turn, at least, that may be a circle if others are like it
SAME_PLANE = 0.8  # cosine between the planes of turns that resemble each other
SAME_SIZE, SAME_PACE = 2.0, 2.0  # and by what they differ at most


def believed(tape: Tape, marks: list[Limits], shape: Shape) -> list[Turn]:
    """The turns between these limits if two or three of them are regular enough to be circles, and the others
    not unlike them; else none. What is unlike them at the start is left out, but the first turn may be
    anything: it holds how the foot got there."""
    if len(marks) == 1:
        return _alone(tape, make_turn(tape, marks[0]), shape)
    turns = [make_turn(tape, limits) for limits in marks]
    for picked in ((0, 1, 2), (0, 1), (0, 2)):  # the last: one between that was held up
        for k in range(len(turns) - picked[-1] - 1, -1, -1):
            firm = [t for t in (turns[k + i] for i in picked) if t is not None and fits(t, shape)]
            if len(firm) == len(picked) and _firm(firm, shape) and _tilts(tape, firm, shape):
                return _with_the_others(turns, k + picked[-1], going(shape))
    return _by_one(turns, shape) if shape.by_one else []


def _by_one(turns: list[Turn | None], shape: Shape) -> list[Turn]:
    """A round and even turn, and those beside it that go along with it, of which there is one at least."""
    kin = going(shape)
    for k in range(len(turns) - 1, -1, -1):
        firm = turns[k]
        if firm is None or not (fits(firm, shape) and are_even([firm], shape)):
            continue
        found = _with_the_others(turns, k, kin)
        if len(found) > 1 and all(fits(t, kin, firm) and alike(t, firm, kin) for t in found):
            return found
    return []


def _firm(turns: list[Turn], shape: Shape) -> bool:
    return _regular(turns, shape) and (len(turns) > 2 or all(_quiet(turn, shape) for turn in turns))


def _tilts(tape: Tape, turns: list[Turn], shape: Shape) -> bool:
    """Whether it is the foot that tilts where that may be in doubt. A leg that swings from the knee goes
    through thin loops, and a pendulum feels no tilt: what a sensor near its end feels is along the leg. Two
    turns that are not both round and even may be of any movement."""
    n = len(turns)
    ratio, period_s = (sum(v) / n for v in ([t.loop.ratio for t in turns], [t.period_s for t in turns]))
    if period_s >= shape.swing_s:
        return True
    swings = ratio < shape.swing_ratio and (period_s >= SWING_S or not shape.gyro)
    if not shape.gyro or (n < 3 and ratio < PAIR_SWING * shape.swing_ratio):
        return not swings
    return not (swings or (n < 3 and not are_even(turns, shape))) or _gravity_goes_along(tape, turns)


def _gravity_goes_along(tape: Tape, turns: list[Turn]) -> bool:
    """Whether the specific force's direction goes with what the gyro says, but for what a sensor accelerates
    that is LEVER_M from the axis: r (2πf)² / g of the tilt."""
    n = len(turns)
    seen = [_follows(tape, turn) for turn in turns]
    tempo_hz = n / sum(turn.period_s for turn in turns)
    least = min(max(FOLLOWS, 1 - LEVER_M * (2 * np.pi * tempo_hz) ** 2 / G_MS2), MOST_SEEN)
    return sum(share for share, _ in seen) >= least * n and sum(alike for _, alike in seen) >= FOLLOWS * n


def _follows(tape: Tape, turn: Turn) -> tuple[float, float]:
    """The share of the tilt that the gyro says which is seen in the specific force's direction, and how the two
    correlate."""
    cut = slice(turn.limits.start - tape.first, turn.limits.end - tape.first + 1)
    acc = tape.acc_g[:, cut]
    up = acc / np.maximum(np.sqrt(square(acc)), TINY)
    mean = np.einsum("in->i", up)[:, None] / up.shape[1]
    tilt = cross(np.broadcast_to(mean, up.shape), tape.path[:, cut])
    up, tilt = up - mean, tilt - np.einsum("in->i", tilt)[:, None] / up.shape[1]
    both, seen, said = (float(np.einsum("in,in->", a, b)) for a, b in ((up, tilt), (up, up), (tilt, tilt)))
    return both / max(said, TINY), both / max(sqrt(said * seen), TINY)


def _with_the_others(turns: list[Turn | None], of: int, shape: Shape) -> list[Turn]:
    """A turn, and those before and after that go on from there; none if one after it does not."""
    found = [t for t in turns[of : of + 1] if t is not None]
    steady = found[0] if found else None
    for turn in turns[of + 1 :]:
        if turn is None or not (fits(turn, shape, steady) and alike(found[-1], turn, shape)):
            return []
        found.append(turn)
    for k in range(of - 1, -1, -1):
        turn = turns[k]
        if turn is None or (k and not (fits(turn, shape, steady) and alike(turn, found[0], shape))):
            break
        found.insert(0, turn)
    return found


def _quiet(turn: Turn, shape: Shape) -> bool:
    """Whether there is as little acceleration as in a turn as slow; a car's, too, goes round slowly."""
    lever_g = linear_limit(min(turn.loop.length, WIDEST_RAD), 1 / turn.period_s) - LINEAR_G
    return turn.period_s < SLOW_S or turn.linear_g <= shape.slow_g + lever_g


def _alone(tape: Tape, turn: Turn | None, shape: Shape) -> list[Turn]:
    """A turn that has no other beside it if it is a circle, on its own or without the strokes that lead to the
    rim and back."""
    for t in (turn, None if turn is None else _rim(tape, turn)):
        if (
            t is not None
            and fits(t, shape)
            and _quiet(t, shape)
            and t.loop.ratio >= shape.alone_ratio
            and t.rough <= shape.alone_rough
            and t.uneven <= shape.alone_uneven
            and t.period_s >= shape.alone_s
        ):
            return [t]
    return []


def _rim(tape: Tape, turn: Turn) -> Turn | None:
    """A turn from where it first reaches the rim to where it last leaves it, if that is most of it."""
    limits = turn.limits
    at = turn.loop.unit(tape.path[:, limits.start - tape.first : limits.end - tape.first + 1])
    out = np.flatnonzero(square2(at) > RIM * RIM)
    if len(out) < 2:
        return None
    a, b = int(out[0]), int(out[-1])
    wound = float(turned(at[:, a : b + 1]).sum())
    if wound < MOSTLY:
        return None
    t = tape.t_s[limits.start - tape.first :]
    return make_turn(
        tape, Limits(limits.start + a, limits.start + b, float(t[a]), float(t[b]), min(wound, 1.0))
    )


def _regular(turns: list[Turn], shape: Shape) -> bool:
    n, even = len(turns), are_even(turns, shape)
    kin = shape if n > 2 or even else replace(shape, alike=shape.pair_alike)
    ratio = shape.bout_ratio if n > 2 or even else shape.pair_ratio
    least_s = shape.pair_s if n < 3 and not even else shape.even_s if n > 2 and even else shape.bout_s
    return (
        sum(t.loop.ratio for t in turns) >= ratio * n
        and sum(t.rough for t in turns) <= shape.bout_rough * n
        and sum(t.uneven for t in turns) <= shape.bout_uneven * n
        and sum(t.period_s for t in turns) >= least_s * n
        and all(alike(a, b, kin) for a, b in pairwise(turns))
        and all(dot(a.loop.normal, b.loop.normal) >= shape.parallel for a, b in pairwise(turns))
    )


def gone_on(tape: Tape, marks: list[Limits], before: Turn, steady: Turn | None, shape: Shape) -> list[Turn]:
    """The turns between these limits, if each can come after the one before in a bout; else none."""
    kin, found = going(shape), [before]
    for limits in marks:
        turn = make_turn(tape, limits)
        if turn is None or not (fits(turn, kin, steady or before) and alike(found[-1], turn, kin)):
            return []
        found.append(turn)
    return found[1:]


def likely(tape: Tape, marks: list[Limits], shape: Shape) -> list[Turn]:
    """The turns between these limits, if there are two at least, or a whole one, and each may be a circle
    beside others."""
    alone = len(marks) == 1 and marks[0].share == 1.0
    kin = replace(shape if alone else going(shape), quickest_s=LIKELY_S)
    turns = [t for t in (make_turn(tape, limits) for limits in marks) if t is not None and fits(t, kin)]
    enough = len(turns) == len(marks) and (alone or len(marks) > 1)
    return turns if enough and all(alike(a, b, kin) for a, b in pairwise(turns)) else []


def resembles(run: list[Turn], turn: Turn) -> bool:
    """Whether these turns are of the same movement as another of another bout, one way or the other. Some may
    have been held up."""
    pace = min(t.period_s * t.active for t in run) / (turn.period_s * turn.active)
    return 1 / SAME_PACE < pace < SAME_PACE and all(
        abs(dot(t.loop.normal, turn.loop.normal)) > SAME_PLANE
        and 1 / SAME_SIZE < t.loop.length / turn.loop.length < SAME_SIZE
        for t in run
    )


def turn_limits(tape: Tape, run: Run, least: float) -> list[Limits]:
    """Limits of the turns of a run, the last of which may be unfinished but for `least` of it."""
    most = float(np.max(run.turns))
    whole = int(most)
    ends = [crossing(tape, run.start, run.turns, k or EDGE) for k in range(whole + 1)]
    shares = [1.0] * whole
    if most - whole >= least:
        ends.append(crossing(tape, run.start, run.turns, most - EDGE))
        shares.append(most - whole)
    return [
        Limits(a, b, a_s, b_s, share)
        for ((a, a_s), (b, b_s)), share in zip(pairwise(ends), shares, strict=True)
    ]
