"""Finds where a path may be winding, cheaply, for a whole chunk at once.

For a path d about its running mean, with h = d_i × d_(i+1) and v = d_(i+1) − d_i, all averaged alike,
q = |⟨h⟩| / √(⟨d²⟩⟨v²⟩) is 2ab/(a²+b²) for an ellipse with half axes a, b whatever the tempo, mounting and
plane, and 0 for a line; √(⟨v²⟩/⟨d²⟩) is the chord of the phase it goes through from one sample to the next. A
slow movement is made of little ones, which v is full of: where it is slow the phase is that of the longer chord
over LAG_S, in which they weigh less.
The instants to look more closely are where that phase has gone on while q is high, and where the foot has come
to rest.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from footsense.signal.sections import LowPass
from footsense.signal.strokes import Indices, Since, Strokes
from footsense.signal.tilt import Point, Tilt, cross, square
from footsense.signal.winding import BELOW
from footsense.types import Floats

RATE_HZ = 12.5  # at least, of the samples that are taken; all, if there are fewer
CENTRE_S = 2.5  # running mean that the path is taken about
WINDOW_S = 1.2  # exponential window of the averages
LAG_S = 0.4  # movement is the distance to where the path was this long ago
REST_S = 0.5  # at rest when there has been no movement for so long
PAUSE_S = 0.9  # and that is one between two bouts when it lasts so long
REST_RAD = 0.016  # a smaller movement is none
ROUND = 0.35  # q from which it is worth looking closely
STEADY = 0.25  # and |⟨h⟩|²/⟨h²⟩, which is 1 for an ellipse gone through at an even tempo
ENOUGH = 1.2  # turns that may have been wound before it is worth a closer look
EVERY = 0.2  # turns until the next
TINY = 1e-12
THIN = 0.52  # q of a loop 0.28 as wide as it is long
FLAT = 0.25  # and of one an eighth as wide, flatter than which a gyro's is a line: flexing
SIZES = (1.0, 2.0, 4.0)  # times the smallest, that what may be circles is told apart by
STROKE_RAD = 0.035  # root mean square distance from the mean of a stroke that could be a circle's
SLOWEST_HZ, FASTEST_HZ = 0.12, 1.8
FAINT_RAD = 0.025  # and of a circle that may be hidden
QUARTER = 2.0  # squared chord of a quarter of a turn
IDLE = 0.02  # of d² that the squared movement over LAG_S has to exceed: else it is what is left of one before
FAINTEST_RAD = 0.007  # and of what goes round, but too faintly
HIDDEN = 2.5  # times the linear limit: up to here it may be circles, hidden by their own acceleration,
HASTIEST_HZ = 3.6  # which goes round twice as quickly
ENOUGH_AT_REST = 0.4
SMALLEST_RAD = 0.015  # root mean square distance from the mean
LINEAR_G = 0.06  # acceleration besides gravity that is always allowed
LEVER_G = 0.5  # and that of a sensor 0.25 m from the axis: this × half axis (rad) × tempo² (Hz²)
WIDEST_RAD = 0.45  # to which the lever rule extends


Mask = NDArray[np.bool_]
T = TypeVar("T", float, Floats)


def linear_limit(half_axis_rad: T, tempo_hz: T) -> T:
    """Root mean square of non-gravitational acceleration (g) that turning about the ankle can explain."""
    return LINEAR_G + LEVER_G * half_axis_rad * tempo_hz * tempo_hz


@dataclass(frozen=True, slots=True)
class Tape:
    """The recent past as arrays whose last axis begins at slow index `first`: `t_s`, `path` and `acc_g` (3, n),
    `linear_g`."""

    first: int
    t_s: Floats
    path: Floats
    acc_g: Floats
    linear_g: Floats

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
        )

    def joined(self, later: "Tape") -> "Tape":
        return Tape(
            self.first,
            np.concatenate([self.t_s, later.t_s]),
            np.concatenate([self.path, later.path], axis=1),
            np.concatenate([self.acc_g, later.acc_g], axis=1),
            np.concatenate([self.linear_g, later.linear_g]),
        )

    def moved(self, begin: int, end: int, lag: int) -> Floats:
        """Movement (rad) over the last `lag` samples at the slow indices `begin` to `end`, both included.
        Before the tape, the foot stood where it begins."""
        here = self.path[:, begin - self.first : end - self.first + 1]
        a = begin - self.first - lag
        before = self.path[:, max(a, 0) : max(end - self.first + 1 - lag, 0)]
        if a < 0:
            missing = here.shape[1] - before.shape[1]
            before = np.concatenate([np.repeat(self.path[:, :1], missing, axis=1), before], axis=1)
        return np.asarray(np.sqrt(square(here - before)))


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant to look more closely: slow index `at`; the movement under way began at slow index `since` and
    goes on to `until`; the rest before it at `still`; `rest`: the foot has come to rest; `period` of the
    movement in slow samples; `turned`: turns of its phase since the beginning."""

    at: int
    still: int
    since: int
    until: int
    rest: bool
    period: float
    turned: float


def _less(a: Sequence[float], b: Sequence[float]) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _squared(a: Sequence[float]) -> float:
    return a[0] * a[0] + a[1] * a[1] + a[2] * a[2]


class Scout:
    """Finds Moments in Tilt, chunk by chunk, at `every`-th slow sample, of which a turn still has five and
    more. `strokes` are on a path too thin for circles; without a `gyro` a line may be all that shows of one."""

    def __init__(self, rate_hz: float, *, gyro: bool = True, linear: float = 1.0) -> None:
        self._linear = linear
        self._gyro = gyro
        self._flat = FLAT if gyro else 0.0
        self.strokes = [Strokes(STROKE_RAD * size) for size in SIZES]
        self.hidden = [Strokes(FAINT_RAD * size) for size in SIZES]
        self.faint = [Strokes(FAINTEST_RAD)]
        self._wound = Since()
        self._turned = 0.0  # turns of the phase since the beginning
        self.every = max(1, int(rate_hz // RATE_HZ))
        self.rate_hz = rate_hz / self.every
        self._lag = max(1, round(LAG_S * self.rate_hz))
        self.lag = self._lag * self.every
        self._quick = (np.pi / self._lag) ** 2  # squared phase from sample to sample, half a turn over the lag
        self._rest = max(1, round(REST_S * self.rate_hz))
        self.rest = self._rest * self.every
        self._pause = max(1, round(PAUSE_S * self.rate_hz))
        self._mean = LowPass.with_time_constant(CENTRE_S, self.rate_hz)
        self._window = LowPass.with_time_constant(WINDOW_S, self.rate_hz, start=0.0)
        self._past: Floats | None = None  # path of the last `_lag` of its samples
        self._last_d: Floats | None = None
        self._moved = self._rested = -1  # slow index of the last movement, of the last sample at rest
        self._still = -1  # and of the movement before that rest
        self._was_resting = True
        self._part = 0
        self._idle = 0  # for how many of its samples the movement has not gone on
        self._enough = False  # turns have been wound since the last rest
        self._step = 1.0  # rad of phase to the last sample

    def process(self, first: int, tilt: Tilt) -> list[Moment]:
        """`first` is the slow index of the first sample of `tilt`."""
        skip = -first % self.every
        taken, t_s = tilt.path[:, skip :: self.every], tilt.t_s[skip :: self.every]
        if not len(t_s):
            return []
        if self._past is None:
            self._past = self._begin(first + skip, taken[:, :1])
        path = np.concatenate([self._past, taken], axis=1)
        self._past = path[:, -self._lag :]
        moved = square(path[:, self._lag :] - path[:, : -self._lag])
        moving = np.flatnonzero(moved > REST_RAD * REST_RAD)
        fine, step, total = self._round(t_s, path[:, self._lag :], moved, tilt.linear_g[skip :: self.every])
        wound = self._wound.process(fine, total)
        return self._moments(first + skip, moving, wound, step, total)

    def _idled(self, goes: Mask) -> Floats:
        """For how many samples the movement has not gone on, up to each of them."""
        since = np.where(goes, np.arange(len(goes)), -1 - self._idle)
        idle = np.arange(len(goes)) - np.maximum.accumulate(since)
        self._idle = int(idle[-1])
        return idle.astype(np.float64)

    def _begin(self, first: int, at: Floats) -> Floats:
        self._moved = self._still = first - self.rest
        self._rested = first
        return np.repeat(at, self._lag, axis=1)

    def step(self, index: int, t_s: float, path: Point, linear_g: float) -> Moment | None:
        """`process` for one slow sample, number by number; where `same_bits`."""
        if index % self.every:
            return None
        here = np.array(path)[:, None]
        past = self._begin(index, here) if self._past is None else self._past
        moved = _squared(_less(path, past[:, 0].tolist()))
        self._past = np.concatenate([past[:, 1:], here], axis=1)
        self._moved = index if moved > REST_RAD * REST_RAD else self._moved
        resting = index - self._moved >= self.rest
        wound, step = self._round_step(t_s, path, moved, linear_g)
        return self._moment(index, resting, wound, step)

    def _round_step(self, t_s: float, path: Point, moved: float, linear_g: float) -> tuple[float, float]:
        d = _less(path, self._mean.step(list(path)))
        before = d if self._last_d is None else self._last_d[:, 0].tolist()
        self._last_d = np.array(d)[:, None]
        (a, b, c), (x, y, z) = before, d
        swept = b * z - c * y, c * x - a * z, a * y - b * x
        squares = _squared(d), _squared(_less(d, before)), linear_g * linear_g, _squared(swept), moved
        mean = self._window.step([*swept, *squares])
        size = max(mean[3], TINY)
        self._idle = self._idle + 1 if moved <= IDLE * size else 0
        chord = self._chord_step(max(mean[4], TINY) / size, mean[7] / size)
        half_axis, step = sqrt(size), sqrt(chord) * (1 + chord * (1 / 24))
        self._turned += step * (1 / (2 * np.pi))
        beat = step * (self.rate_hz / (2 * np.pi))
        limit = self._linear * linear_limit(min(1.2 * half_axis, WIDEST_RAD), beat)
        most, area, linear, pace = limit * limit, _squared(mean[:3]), mean[5], size * size * chord
        fine = area > ROUND * ROUND * pace and area > STEADY * mean[6] and linear < most
        moves = half_axis > FAINTEST_RAD
        fine = fine and moves
        hidden = wide = fine and area > THIN * THIN * pace
        goes = moves and beat > SLOWEST_HZ and self._idle < self._rest
        thin = goes and area < THIN * THIN * pace and linear < most and beat < FASTEST_HZ
        thin = thin and area >= self._flat * self._flat * pace
        for stroke in self.strokes:
            stroke.step(t_s, thin and half_axis > stroke.least, self._turned)
        if not self._gyro:
            hidden = goes and linear < HIDDEN * HIDDEN * most and beat < HASTIEST_HZ
        far = half_axis if self._gyro else max(half_axis, sqrt(linear))
        for stroke in self.hidden:
            stroke.step(t_s, hidden and far > stroke.least, self._turned)
        self.faint[0].step(t_s, wide and beat > SLOWEST_HZ, self._turned)
        fine = fine and half_axis > SMALLEST_RAD
        return self._wound.step(fine, self._turned), step

    def _moment(self, index: int, resting: bool, wound: float, step: float) -> Moment | None:
        """`_moments` for one sample."""
        part, found = floor(wound * (1 / EVERY)), None
        self._enough |= wound >= ENOUGH_AT_REST
        if resting and not self._was_resting:
            found = self._at(index, True, step, self._turned) if self._enough else None
            self._enough = False
        elif part != self._part and wound > ENOUGH and not resting:
            found = self._at(index, False, step, self._turned)
        if index - self._moved >= self._pause * self.every:
            self._rested, self._still = index, self._moved
        self._was_resting, self._part, self._step = resting, part, step
        return found

    def _round(self, t_s: Floats, path: Floats, moved: Floats, linear_g: Floats) -> tuple[Mask, Floats, Floats]:
        """Where the path is round enough to wind, phase from each sample to the next in rad, and turns of it
        since the beginning."""
        mean = self._window.process(self._terms(path, moved, linear_g))
        size, speed = np.maximum(mean[3:5], TINY, out=mean[3:5])
        idle = self._idled(moved > IDLE * size)
        chord = self._chord(speed / size, mean[7] / size)
        step = np.sqrt(chord) * (1 + chord * (1 / 24))
        total = step * (1 / (2 * np.pi))
        total[0] = self._turned + total[0]
        np.cumsum(total, out=total)
        self._turned = float(total[-1])
        area, pace = square(mean[:3]), size * size * chord
        moves = size > FAINTEST_RAD * FAINTEST_RAD
        if self._gyro:
            moves &= area >= FLAT * FLAT * pace
        at = np.flatnonzero(moves)
        fine = np.zeros(len(step), dtype=np.bool_)
        fine[self._fine(t_s, at, total, step, (area, pace, size, mean[5], mean[6], idle))] = True
        return fine, step, total

    def _fine(self, t_s: Floats, at: Indices, total: Floats, step: Floats, means: Sequence[Floats]) -> Indices:
        """Of the positions `at` where the foot moves, those where the path is round; others may be strokes."""
        area, pace, size, linear, steady, idle = (mean[at] for mean in means)
        half_axis, beat = np.sqrt(size), step[at] * (self.rate_hz / (2 * np.pi))
        limit = self._linear * linear_limit(np.minimum(1.2 * half_axis, WIDEST_RAD), beat)
        most = limit * limit
        fine = (area > ROUND * ROUND * pace) & (area > STEADY * steady) & (linear < most)
        hidden = wide = fine & (area > THIN * THIN * pace)
        goes = (beat > SLOWEST_HZ) & (idle < self._rest)
        thin = goes & (area < THIN * THIN * pace) & (linear < most) & (beat < FASTEST_HZ)
        thin &= area >= self._flat * self._flat * pace
        for stroke in self.strokes:
            stroke.process(t_s, at[thin & (half_axis > stroke.least)], total)
        if not self._gyro:
            hidden = goes & (linear < HIDDEN * HIDDEN * most) & (beat < HASTIEST_HZ)
        moves = half_axis if self._gyro else np.maximum(half_axis, np.sqrt(linear))  # g is as much as rad
        for stroke in self.hidden:
            stroke.process(t_s, at[hidden & (moves > stroke.least)], total)
        self.faint[0].process(t_s, at[wide & (beat > SLOWEST_HZ)], total)
        return at[fine & (half_axis > SMALLEST_RAD)]

    def _chord(self, chord: Floats, lagged: Floats) -> Floats:
        """Squared chord (n,) of the phase from each sample to the next, by what it is on average (`chord`), and
        where that is less and slow by the one over the lag (`lagged`, of no more than a quarter of a turn)."""
        slow = np.flatnonzero((chord < self._quick) & (lagged < QUARTER))
        sine = np.sqrt(lagged[slow]) * 0.5
        half = sine / (1.0 + np.sqrt(1.0 - sine * sine))  # tan of a quarter of the phase over the lag
        square = half * half
        phase = half * (1.0 + (BELOW - 1 / 3) * square) / (1.0 + BELOW * square) * (4.0 / self._lag)
        square = phase * phase
        chord[slow] = np.minimum(chord[slow], square * (1.0 - square * (1 / 12)))
        return chord

    def _chord_step(self, chord: float, lagged: float) -> float:
        """`_chord` for one sample."""
        if not (chord < self._quick and lagged < QUARTER):
            return chord
        sine = sqrt(lagged) * 0.5
        half = sine / (1.0 + sqrt(1.0 - sine * sine))
        square = half * half
        phase = half * (1.0 + (BELOW - 1 / 3) * square) / (1.0 + BELOW * square) * (4.0 / self._lag)
        square = phase * phase
        return min(chord, square * (1.0 - square * (1 / 12)))

    def _terms(self, path: Floats, moved: Floats, linear_g: Floats) -> Floats:
        """What is averaged (8, n): h (3), d², v², that of the acceleration besides gravity, h², and the
        movement over the lag, squared."""
        n = path.shape[1]
        d, terms = np.empty((3, n + 1)), np.empty((8, n))
        np.subtract(path, self._mean.process(path), out=d[:, 1:])
        d[:, :1] = d[:, 1:2] if self._last_d is None else self._last_d
        self._last_d = d[:, -1:]
        before, here = d[:, :-1], d[:, 1:]
        cross(before, here, out=terms[:3])
        square(here, out=terms[3])
        square(here - before, out=terms[4])
        np.multiply(linear_g, linear_g, out=terms[5])
        square(terms[:3], out=terms[6])
        terms[7] = moved
        return terms

    def _moments(self, first: int, moving: Indices, wound: Floats, step: Floats, total: Floats) -> list[Moment]:
        """`moving`: positions of the samples with movement."""
        n, every, found = len(wound), self.every, []
        enough = [*np.flatnonzero(wound >= ENOUGH_AT_REST).tolist(), n]
        done = 0  # of these
        looks, rests = self._looks(wound), self._rests(first, moving, n)
        for start, stop, moved in [*rests, (n, n, 0)]:
            while looks and looks[0] < stop:
                k = looks.pop(0)
                if k < start:
                    found.append(self._at(first + k * every, False, float(step[k]), float(total[k])))
            if start == n:
                break
            if start > 0 or (start == 0 and not self._was_resting):
                reached = bisect(enough, start)
                if self._enough or reached > done:
                    found.append(self._at(first + start * every, True, float(step[start]), float(total[start])))
                self._enough, done = False, reached
            if stop - 1 - moved >= self._pause:
                self._rested, self._still = first + (stop - 1) * every, first + moved * every
        self._was_resting = bool(rests) and rests[-1][1] == n
        self._moved = first + int(moving[-1]) * every if len(moving) else self._moved
        self._enough |= done < len(enough) - 1
        self._part, self._step = floor(float(wound[-1]) * (1 / EVERY)), float(step[-1])
        return found

    def _at(self, at: int, rest: bool, step: float, turned: float) -> Moment:
        until = at - (self.rest + self.lag // 2) if rest else at
        return Moment(at, self._still, self._rested, until, rest, 2 * np.pi * self.every / step, turned)

    def _looks(self, wound: Floats) -> list[int]:
        """Positions at which EVERY so many turns more than ENOUGH are wound."""
        at = np.flatnonzero(wound > ENOUGH)
        if not len(at):
            return []
        part, before = np.floor(wound[at] * (1 / EVERY)), np.floor(wound[at - 1] * (1 / EVERY))
        if at[0] == 0:
            before[0] = self._part
        looks: list[int] = at[part != before].tolist()
        return looks

    def _rests(self, first: int, moving: Indices, n: int) -> list[tuple[int, int, int]]:
        """Stretches at rest: the position of their first sample (before the chunk, it may be negative), of the
        one after their last, and of the movement before."""
        moved = np.concatenate(([(self._moved - first) // self.every], moving, [n]))
        long = np.flatnonzero(np.diff(moved) > self._rest)
        found = zip(
            (moved[long] + self._rest).tolist(), moved[long + 1].tolist(), moved[long].tolist(), strict=True
        )
        return [stretch for stretch in found if stretch[1] > 0]

    def ending(self, at: int) -> Moment | None:
        """To look at what was under way when nothing more came after slow index `at`, if it may have wound."""
        if self._was_resting or not self._enough:
            return None
        return replace(self._at(at, True, self._step, self._turned), until=at)
