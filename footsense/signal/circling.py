"""Finds where a path may be winding, cheaply, for a whole chunk at once.

For a path d about its running mean, with h = d_i × d_(i+1) and v = d_(i+1) − d_i, all averaged alike,
q = |⟨h⟩| / √(⟨d²⟩⟨v²⟩) is 2ab/(a²+b²) for an ellipse with half axes a, b whatever the tempo, mounting and
plane, and 0 for a line; √(⟨v²⟩/⟨d²⟩) is the phase it goes through from one sample to the next. The instants to
look more closely are where that phase has gone on while q is high, and where the foot has come to rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from footsense.signal.sections import LowPass
from footsense.signal.tilt import Point, Tilt, cross, square
from footsense.types import Floats

Indices = NDArray[np.int64]

CENTRE_S = 2.5  # running mean that the path is taken about
WINDOW_S = 1.2  # exponential window of the averages
LAG_S = 0.4  # movement is the distance to where the path was this long ago
REST_S = 0.5  # at rest when there has been no movement for so long
REST_RAD = 0.016  # a smaller movement is none
ROUND = 0.35  # q from which it is worth looking closely
STEADY = 0.25  # and |⟨h⟩|²/⟨h²⟩, which is 1 for an ellipse gone through at an even tempo
ENOUGH = 1.2  # turns that may have been wound before it is worth a closer look
EVERY = 0.4  # turns until the next
TINY = 1e-12
THIN = 0.52  # q of a loop 0.28 as wide as it is long
STROKE_RAD = 0.035  # root mean square distance from the mean of a stroke that could be a circle's
SLOWEST_HZ, FASTEST_HZ = 0.12, 1.8
FAINT_RAD = 0.025  # and of a circle that may be hidden
HIDDEN = 2.5  # times the linear limit: up to here it may be circles, hidden by their own acceleration,
HASTIEST_HZ = 3.6  # which goes round twice as quickly
FEW = 3.0  # turns, fewer of which say nothing
ENOUGH_AT_REST = 0.4
SMALLEST_RAD = 0.015  # root mean square distance from the mean
LINEAR_G = 0.06  # acceleration besides gravity that is always allowed
LEVER_G = 0.5  # and that of a sensor 0.25 m from the axis: this × half axis (rad) × tempo² (Hz²)
WIDEST_RAD = 0.45  # to which the lever rule extends


T = TypeVar("T", float, Floats)


def linear_limit(half_axis_rad: T, tempo_hz: T) -> T:
    """Root mean square of non-gravitational acceleration (g) that turning about the ankle can explain."""
    return LINEAR_G + LEVER_G * half_axis_rad * tempo_hz * tempo_hz


@dataclass(frozen=True, slots=True)
class Tape:
    """The recent past as arrays whose last axis begins at slow index `first`: `t_s`, `path` and `acc_g` (3, n),
    `linear_g`, `chord` (movement over LAG_S, rad)."""

    first: int
    t_s: Floats
    path: Floats
    acc_g: Floats
    linear_g: Floats
    chord: Floats

    @property
    def end(self) -> int:
        return self.first + len(self.t_s)

    def kept(self, start: int) -> "Tape":
        """Without what lies before slow index `start`."""
        cut = slice(max(start - self.first, 0), None)
        return Tape(
            self.first + cut.start,
            self.t_s[cut],
            self.path[:, cut],
            self.acc_g[:, cut],
            self.linear_g[cut],
            self.chord[cut],
        )

    def joined(self, later: "Tape") -> "Tape":
        return Tape(
            self.first,
            np.concatenate([self.t_s, later.t_s]),
            np.concatenate([self.path, later.path], axis=1),
            np.concatenate([self.acc_g, later.acc_g], axis=1),
            np.concatenate([self.linear_g, later.linear_g]),
            np.concatenate([self.chord, later.chord]),
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant to look more closely: slow index `at`; the movement under way began at slow index `since` and
    goes on to `until`; `rest`: the foot has come to rest; `period` of the movement in slow samples."""

    at: int
    since: int
    until: int
    rest: bool
    period: float


Span = tuple[float, float, float]  # start and end in s, turns


class Since:
    """Counts the turns of a phase since a condition last did not hold."""

    def __init__(self) -> None:
        self._base = 0.0

    def process(self, holds: NDArray[np.bool_], total: Floats) -> Floats:
        """`total` (n,) turns of the phase since it began."""
        base = np.where(holds, 0.0, total)
        base[0] = max(self._base, float(base[0]))
        np.maximum.accumulate(base, out=base)
        self._base = float(base[-1])
        return np.subtract(total, base, out=base)

    def step(self, holds: bool, total: float) -> float:
        """`process` for one sample."""
        self._base = max(self._base, 0.0 if holds else total)
        return total - self._base


class Strokes:
    """Spans of going to and fro on a path too thin to tell whether it is a circle: `found` holds their start
    and end in s and how many turns that would be."""

    def __init__(self) -> None:
        self.found: list[Span] = []
        self._turns = Since()
        self._began_s = self._last_s = 0.0
        self._last = 0.0

    def process(self, t_s: Floats, holds: NDArray[np.bool_], total: Floats) -> None:
        turns = self._turns.process(holds, total)
        none = turns == 0
        for k in [-1, *np.flatnonzero(none[1:] != none[:-1]).tolist()]:
            if k >= 0:
                self._last, self._last_s = float(turns[k]), float(t_s[k])
            self._turns_to(bool(none[k + 1]))
        self._last, self._last_s = float(turns[-1]), float(t_s[-1])

    def step(self, t_s: float, holds: bool, total: float) -> None:
        """`process` for one sample."""
        turns = self._turns.step(holds, total)
        self._turns_to(turns == 0)
        self._last, self._last_s = turns, t_s

    def _turns_to(self, none: bool) -> None:
        """What begins or ends with the sample after the last."""
        if self._last == 0 and not none:
            self._began_s = self._last_s
        elif self._last >= FEW and none:
            self.found.append((self._began_s, self._last_s, self._last))

    def all(self) -> list[Span]:
        """With the one under way."""
        under_way = [(self._began_s, self._last_s, self._last)] if self._last >= FEW else []
        return self.found + under_way


def _less(a: Sequence[float], b: Sequence[float]) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _squared(a: Sequence[float]) -> float:
    return a[0] * a[0] + a[1] * a[1] + a[2] * a[2]


class Scout:
    """Turns Tilt into Tape and Moments, chunk by chunk. `strokes` are looked for where a thin path is all that
    the sensor can show."""

    def __init__(self, rate_hz: float, *, strokes: bool = False, linear: float = 1.0) -> None:
        self._linear = linear
        self.strokes = Strokes() if strokes else None
        self.hidden = Strokes()
        self._wound = Since()
        self._turned = 0.0  # turns of the phase since the beginning
        self.rate_hz = rate_hz
        self.lag = max(1, round(LAG_S * rate_hz))
        self.rest = max(1, round(REST_S * rate_hz))
        self._mean = LowPass.with_time_constant(CENTRE_S, rate_hz)
        self._window = LowPass.with_time_constant(WINDOW_S, rate_hz, start=0.0)
        self._past: Floats | None = None  # path of the last `lag` samples
        self._last_d: Floats | None = None
        self._moved = self._rested = -1  # slow index of the last movement, of the last sample at rest
        self._was_resting = True
        self._part = 0.0
        self._most = 0.0  # turns wound at most since the last rest
        self._period = inf

    def process(self, first: int, tilt: Tilt) -> tuple[Tape, list[Moment]]:
        """`first` is the slow index of the first sample of `tilt`, which holds at least one."""
        if self._past is None:
            self._past = self._begin(first, tilt.path[:, :1])
        path = np.concatenate([self._past, tilt.path], axis=1)
        self._past = path[:, -self.lag :]
        chord = np.sqrt(square(tilt.path - path[:, : -self.lag]))
        tape = Tape(first, tilt.t_s, tilt.path, tilt.acc_g, tilt.linear_g, chord)
        wound, period = self._round(tilt)
        return tape, self._moments(first, chord > REST_RAD, wound, period)

    def _begin(self, first: int, at: Floats) -> Floats:
        self._moved, self._rested = first - self.rest, first
        return np.repeat(at, self.lag, axis=1)

    def step(self, index: int, t_s: float, path: Point, linear_g: float) -> tuple[float, Moment | None]:
        """`process` for one slow sample, number by number; where `same_bits`: its chord, and the moment."""
        here = np.array(path)[:, None]
        past = self._begin(index, here) if self._past is None else self._past
        chord = sqrt(_squared(_less(path, past[:, 0].tolist())))
        self._past = np.concatenate([past[:, 1:], here], axis=1)
        wound, period = self._round_step(t_s, path, linear_g)
        return chord, self._moment(index, chord > REST_RAD, wound, period)

    def _round_step(self, t_s: float, path: Point, linear_g: float) -> tuple[float, float]:
        d = _less(path, self._mean.step(list(path)))
        before = d if self._last_d is None else self._last_d[:, 0].tolist()
        self._last_d = np.array(d)[:, None]
        (a, b, c), (x, y, z) = before, d
        swept = b * z - c * y, c * x - a * z, a * y - b * x
        squares = _squared(d), _squared(_less(d, before)), linear_g * linear_g, _squared(swept)
        mean = self._window.step([*swept, *squares])
        size, speed = max(mean[3], TINY), max(mean[4], TINY)
        half_axis, step = sqrt(size), sqrt(speed / size)
        self._turned += step * (1 / (2 * np.pi))
        beat = step * (self.rate_hz / (2 * np.pi))
        limit = self._linear * linear_limit(min(1.2 * half_axis, WIDEST_RAD), beat)
        most, area, linear, pace = limit * limit, _squared(mean[:3]), mean[5], size * speed
        fine = area > ROUND * ROUND * pace and area > STEADY * mean[6] and linear < most
        if self.strokes is not None:
            thin = area < THIN * THIN * pace and linear < most and beat < FASTEST_HZ
            self.strokes.step(t_s, half_axis > STROKE_RAD and beat > SLOWEST_HZ and thin, self._turned)
            hidden = linear < HIDDEN * HIDDEN * most and SLOWEST_HZ < beat < HASTIEST_HZ
            self.hidden.step(t_s, half_axis > FAINT_RAD and hidden, self._turned)
        else:
            wide = area > THIN * THIN * pace and half_axis > FAINT_RAD
            self.hidden.step(t_s, fine and wide, self._turned)
        return self._wound.step(fine and half_axis > SMALLEST_RAD, self._turned), 2 * np.pi / step

    def _moment(self, index: int, moving: bool, wound: float, period: float) -> Moment | None:
        """`_moments` for one sample."""
        since, part = self._rested, float(floor(wound * (1 / EVERY)))
        self._moved = index if moving else self._moved
        resting = index - self._moved >= self.rest
        stops, look = resting and not self._was_resting, part != self._part and wound > ENOUGH and not resting
        self._rested, self._was_resting = index if resting else self._rested, resting
        self._part, self._period = part, period
        most = max(self._most, wound)
        self._most = 0.0 if stops else most
        if look:
            return Moment(index, since, index, False, period)
        if not stops or most < ENOUGH_AT_REST:
            return None
        return Moment(index, since, index - (self.rest + self.lag // 2), True, period)

    def _round(self, tilt: Tilt) -> tuple[Floats, Floats]:
        """Turns that may have been wound since the path became round, and their period in samples."""
        mean = self._window.process(self._terms(tilt))
        size, speed = np.maximum(mean[3:5], TINY, out=mean[3:5])
        half_axis = np.sqrt(size)
        step = np.sqrt(speed / size)  # rad of phase a sample
        total = step * (1 / (2 * np.pi))
        total[0] = self._turned + total[0]
        np.cumsum(total, out=total)
        self._turned = float(total[-1])
        beat = step * (self.rate_hz / (2 * np.pi))
        limit = self._linear * linear_limit(np.minimum(1.2 * half_axis, WIDEST_RAD), beat)
        most, area, linear, pace = limit * limit, square(mean[:3]), mean[5], size * speed
        fine = (area > ROUND * ROUND * pace) & (area > STEADY * mean[6]) & (linear < most)
        if self.strokes is not None:
            slow = beat > SLOWEST_HZ
            thin = (area < THIN * THIN * pace) & (linear < most) & (beat < FASTEST_HZ)
            self.strokes.process(tilt.t_s, (half_axis > STROKE_RAD) & slow & thin, total)
            hidden = (linear < HIDDEN * HIDDEN * most) & (beat < HASTIEST_HZ)
            self.hidden.process(tilt.t_s, (half_axis > FAINT_RAD) & slow & hidden, total)
        else:
            wide = (area > THIN * THIN * pace) & (half_axis > FAINT_RAD)
            self.hidden.process(tilt.t_s, fine & wide, total)
        fine &= half_axis > SMALLEST_RAD
        return self._wound.process(fine, total), np.divide(2 * np.pi, step, out=step)

    def _terms(self, tilt: Tilt) -> Floats:
        """What is averaged (7, n): h (3), d², v², that of the acceleration besides gravity, and h²."""
        n = len(tilt.t_s)
        d, terms = np.empty((3, n + 1)), np.empty((7, n))
        np.subtract(tilt.path, self._mean.process(tilt.path), out=d[:, 1:])
        d[:, :1] = d[:, 1:2] if self._last_d is None else self._last_d
        self._last_d = d[:, -1:]
        before, here = d[:, :-1], d[:, 1:]
        cross(before, here, out=terms[:3])
        square(here, out=terms[3])
        square(here - before, out=terms[4])
        np.multiply(tilt.linear_g, tilt.linear_g, out=terms[5])
        square(terms[:3], out=terms[6])
        return terms

    def _moments(self, first: int, moving: NDArray[np.bool_], wound: Floats, period: Floats) -> list[Moment]:
        index = np.arange(first, first + len(moving))
        moved = np.maximum.accumulate(np.where(moving, index, self._moved))
        resting = index - moved >= self.rest
        rested = np.maximum.accumulate(np.where(resting, index, self._rested))
        stops = resting & ~np.concatenate([[self._was_resting], resting[:-1]])
        since = np.concatenate([[self._rested], rested[:-1]])
        self._moved, self._rested, self._was_resting = int(moved[-1]), int(rested[-1]), bool(resting[-1])
        part = np.concatenate([[self._part], np.floor(wound * (1 / EVERY))])
        self._part = float(part[-1])
        looks = (part[1:] != part[:-1]) & (wound > ENOUGH) & ~resting
        found = []
        done = 0
        for k in np.flatnonzero(looks | stops).tolist():
            rest = bool(stops[k])
            if rest:
                most = max(self._most, float(wound[done : k + 1].max()))
                self._most, done = 0.0, k + 1
                if most < ENOUGH_AT_REST:
                    continue
            at = int(index[k])
            until = at - (self.rest + self.lag // 2) if rest else at
            found.append(Moment(at, int(since[k]), until, rest, float(period[k])))
        self._most = max(self._most, float(wound[done:].max(initial=0.0)))
        self._period = float(period[-1])
        return found

    def ending(self, at: int) -> Moment | None:
        """To look at what was under way when nothing more came after slow index `at`, if it may have wound."""
        if self._was_resting or self._most < ENOUGH_AT_REST:
            return None
        return Moment(at, self._rested, at, True, self._period)
