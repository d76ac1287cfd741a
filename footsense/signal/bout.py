"""A bout of circling: settled in retrospect from the path so far, then followed sample by sample."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf, sqrt

import numpy as np

from footsense.signal.circling import LINEAR_G, WIDEST_RAD, Tape, linear_limit
from footsense.signal.ending import SAME, turns_in_all
from footsense.signal.settling import HASTE, STALL, Run, off_rim, wind_wide
from footsense.signal.tilt import cross, square
from footsense.signal.winding import TINY, Loop, dot, fit_loop, moments, seen_along, square2, turned, unit
from footsense.types import Floats

BLOCK = 64  # samples followed at a time
STALL_S = 0.55  # without progress for so long, the foot has come to rest
STALL_TURNS = 0.2  # and for so much of the time that a turn takes
SIXTHS = 6
EDGE = 0.02  # turns: slower ends do not belong to a turn
BACK = 0.3  # turns wound back after which the last turn is judged
LOST = 0.65  # and that end a bout
PAUSE_S = 0.9  # a longer stall is a rest
NEWS = 0.1  # turns further, the last turn is judged again
HELD_UP = 0.3  # of a turn's mean speed: a slower part of it holds it up
SLOWER = 1.6  # times the turn before, a turn has been held up
DOUBT = 0.06  # turns by which the whole may fall short where what was followed does not
RIM = 0.65  # half axes from the centre from which the path is a turn and no stroke to it
MOSTLY = 0.8  # turns on the rim that show what the whole is
SLOW_S = 2.5  # a slower turn hardly accelerates the sensor
PAIR_SWING = 0.7  # of the width to length from which it is the foot: thinner, two quick turns say nothing
FOLLOWS = 0.25  # correlation of what gravity and the gyro show, at least, where it is the foot that tilts
LEVER_M = 0.2  # from the ankle; a sensor near the foot is further from the knee
MOST_SEEN = 0.7  # share of the tilt that need not be exceeded
G_MS2 = 9.80665
FAR = 3.5  # half axes from the centre at which the foot has left the loop


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
    as a share of its mean; share of the time in which it goes on. Infinite where there are too few samples to
    tell."""
    at = loop.unit(path)
    steps = turned(at)
    if len(steps) < 2 * SIXTHS:
        return inf, inf, 1.0
    parts = np.add.reduceat(steps, np.arange(SIXTHS) * len(steps) // SIXTHS).tolist()
    mean, radius = sum(parts) / SIXTHS, np.sqrt(square2(at)) - 1
    rough = sqrt(float(np.einsum("n,n->", radius, radius)) / len(radius))
    uneven = sqrt(sum((v - mean) * (v - mean) for v in parts) / SIXTHS) / mean if mean > 0 else inf
    going_on = int(np.count_nonzero(np.abs(steps) > HELD_UP * SIXTHS * mean / len(steps)))
    return rough, uneven, max(going_on / len(steps), SIXTHS / len(steps))


def fits(turn: Turn, shape: Shape, beside: Turn | None = None) -> bool:
    """Whether a turn, on its own, can be a circle of the foot; or `beside` one, at whose tempo it may have been
    held up."""
    loop, period_s = turn.loop, turn.period_s
    tempo_hz = 1 / period_s if beside is None else max(1 / beside.period_s, 1 / (period_s * turn.active))
    even = _even([turn], shape)
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
    return []


def _firm(turns: list[Turn], shape: Shape) -> bool:
    return _regular(turns, shape) and (len(turns) > 2 or all(_quiet(turn, shape) for turn in turns))


def _tilts(tape: Tape, turns: list[Turn], shape: Shape) -> bool:
    """Whether it is the foot that tilts where that may be in doubt. A leg that swings from the knee goes
    through thin loops, and a pendulum feels no tilt: what a sensor near its end feels is along the leg. Two
    turns that are not both round and even may be of any movement."""
    n = len(turns)
    ratio = sum(t.loop.ratio for t in turns) / n
    quick = sum(t.period_s for t in turns) < shape.swing_s * n
    if not shape.gyro or (n < 3 and ratio < PAIR_SWING * shape.swing_ratio):
        return ratio >= shape.swing_ratio or not quick
    in_doubt = ratio < shape.swing_ratio or (n < 3 and not _even(turns, shape))
    return not in_doubt or _gravity_goes_along(tape, turns)


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
    for turn in turns[of + 1 :]:
        if turn is None or not (fits(turn, shape, found[-1]) and alike(found[-1], turn, shape)):
            return []
        found.append(turn)
    for k in range(of - 1, -1, -1):
        turn = turns[k]
        if turn is None or (k and not (fits(turn, shape, found[0]) and alike(turn, found[0], shape))):
            break
        found.insert(0, turn)
    return found


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


def _even(turns: list[Turn], shape: Shape) -> bool:
    return all(t.rough <= shape.even_rough and t.uneven <= shape.even_uneven for t in turns)


def _regular(turns: list[Turn], shape: Shape) -> bool:
    n, even = len(turns), _even(turns, shape)
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


@dataclass(slots=True)
class Bout:
    """Follows a run that has been believed.

    `at`: slow index up to which it was followed, with `turns` wound there; `done` turns are credited, the last
    of which ended at `mark` (slow index) and `mark_s`; `peak`: the most turns, first reached at slow index
    `peak_at`; `lately` (w,): the turns at the last samples up to `at`; `period`: samples that a turn takes;
    `begin`: slow index at which its winding began; `first`: slow indices of its first turn; `leak`: share of
    the path lost from one slow sample to the next; `moved_at`: slow index of the last movement along the loop,
    `patience` samples after which without one the bout ends; `judged`: turns at which the last was judged;
    `over`: it has ended, `left`: as the path left the loop.
    """

    shape: Shape
    loop: Loop
    at: int
    turns: float
    done: int
    mark: int
    mark_s: float
    period: float
    lately: Floats
    begin: int
    first: tuple[int, int]
    leak: float
    peak: float = 0.0
    peak_at: int = 0
    moved_at: int = 0
    patience: int = 0
    judged: float = -1.0
    over: bool = False
    left: bool = False
    before: Turn | None = field(default=None)

    def follow(self, tape: Tape) -> Iterator[tuple[int, Turn]]:
        """Turns completed on the tape, each with the slow index at which it was known; stops where the bout is
        over."""
        while not self.over and self.at + 1 < tape.end:
            turn = self._block(tape, min(tape.end, self.at + 1 + BLOCK))
            if turn is not None:
                yield self.at, turn

    def _block(self, tape: Tape, end: int) -> Turn | None:
        """Follows up to slow index `end` (excluded) or the first thing that happens."""
        cut = slice(self.at - tape.first, end - tape.first)
        path = tape.path[:, cut]
        seen = self.loop.unit(path)
        turns = np.cumsum(np.concatenate([[self.turns], turned(seen)]))[1:]
        peak = np.maximum.accumulate(np.concatenate([[self.peak], turns]))[1:]
        index = np.arange(self.at + 1, end)
        earlier = np.concatenate([self.lately, turns])
        window = len(self.lately)
        gained = turns - earlier[: len(turns)]
        slow = STALL * window / self.period
        full = turns >= self.done + 1
        moved = np.maximum.accumulate(np.where(np.abs(gained) >= slow, index, self.moved_at))
        left = off_rim(seen[:, 1:], np.diff(turns, prepend=self.turns), HASTE / self.period, FAR)
        over = left | (index - moved > self.patience) | (turns < peak - LOST)
        judge = ((gained < slow) | (turns < peak - BACK)) & (peak > self.judged + NEWS)
        first = int(np.argmax(np.concatenate([full | over | judge, [True]])))
        k = min(first, len(index) - 1)
        before = float(turns[k - 1]) if k else self.turns
        self._advance(int(index[k]), float(turns[k]), turns[: k + 1], earlier[k + 1 : k + 1 + window])
        self.moved_at = int(moved[k])
        if first > k or not full[k]:
            self.over = first <= k and bool(over[k])
            self.left = self.over and bool(left[k])
            return self.judge(tape) if first <= k and (judge[k] or over[k]) else None
        t = tape.t_s[cut]
        end_s = between(float(t[k]), float(t[k + 1]), before, float(turns[k]), self.done + 1.0)
        return self._complete(
            tape, self._arrival(tape, self._wound(tape, self.at))[1] if self._creeps() else end_s
        )

    def judge(self, tape: Tape) -> Turn | None:
        """The foot stands or goes back: the turn under way if enough of it is done. Should the foot go on from
        there, it goes on from this turn."""
        if self.peak <= self.judged + (EDGE if self.over else NEWS):
            return None
        self.judged = self.peak
        turn = self.last_turn(tape)
        if turn is not None:
            self.done += 1
            self.mark, self.mark_s, self.before = turn.limits.end, turn.limits.end_s, turn
        return turn

    def _advance(self, at: int, turns: float, seen: Floats, lately: Floats) -> None:
        top = int(np.argmax(seen))
        if float(seen[top]) > self.peak:
            self.peak, self.peak_at = float(seen[top]), self.at + 1 + top
        self.at, self.turns, self.lately = at, turns, lately

    def _complete(self, tape: Tape, end_s: float) -> Turn | None:
        turn = make_turn(tape, Limits(self.mark, self.at, self.mark_s, end_s))
        if turn is None or not self._accepts(turn):
            self.over = True
            return None
        self.done += 1
        self.mark, self.mark_s, self.before = self.at, end_s, turn
        self.loop = turn.loop
        self.period = min(max(float(turn.limits.end - turn.limits.start), 1.0), SLOWER * self.period)
        return turn

    def _accepts(self, turn: Turn) -> bool:
        shape = going(self.shape)
        return fits(turn, shape, self.before) and (self.before is None or alike(self.before, turn, shape))

    def _creeps(self) -> bool:
        """Whether the last fifth of a second brought next to no progress."""
        few = max(2, len(self.lately) // 3)
        return float(self.lately[-1] - self.lately[-few]) < STALL * few / self.period

    def _wound(self, tape: Tape, end: int) -> Floats:
        """Turns since the last mark, up to each sample to slow index `end`."""
        cut = slice(self.mark - tape.first, end - tape.first + 1)
        return np.concatenate([[0.0], np.cumsum(wind_wide(self.loop, tape.path[:, cut], self.period))])

    def _arrival(self, tape: Tape, wound: Floats) -> tuple[int, float]:
        """When the foot had come, but for EDGE, as far round as it is at the end: it may creep on."""
        return crossing(tape, self.mark, wound, float(wound[-1]) - EDGE)

    def last_turn(self, tape: Tape) -> Turn | None:
        """The turn that was not finished when the bout ended, if enough of it was done."""
        if self.peak_at <= self.mark:
            return None
        wound = self._wound(tape, self.peak_at)
        share = float(wound[-1])
        if not self._nearly_whole(tape, min(share, self.peak - self.done)):
            return None
        end, end_s = self._arrival(tape, wound)
        turn = make_turn(tape, Limits(self.mark, end, self.mark_s, end_s, min(max(share, EDGE), 1.0)))
        return turn if turn is not None and self._accepts(turn) else None

    def _nearly_whole(self, tape: Tape, share: float) -> bool:
        """Whether enough of the last turn was done: by the whole bout, if that is near the `share` followed."""
        if self.before is None:
            return share >= self.shape.last
        last = (self.before.limits.start, self.before.limits.end)
        whole = turns_in_all(tape, (self.begin, self.at), self.first, last, self.leak)
        if whole is None or abs(whole - self.done - share) > SAME:
            return share >= self.shape.last
        return whole - self.done >= self.shape.last - (DOUBT if share >= self.shape.last else 0.0)
