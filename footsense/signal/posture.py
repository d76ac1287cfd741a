"""Posture: which way is up in the sensor's frame, slowly, and how much it has been changing."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from footsense.signal.butterworth import low_pass
from footsense.signal.front import Signals, Slow, SlowGrid
from footsense.signal.sections import Sections, delay_at_zero
from footsense.types import Floats

CUTOFF_HZ = 2.0
ORDER = 2
LAG_S = 0.4
RAD = math.pi / 180.0


JERK_S = 0.01
# which row of the array holds what
T, KNOWN, UP, CHANGE, PATH, FORCE, JERK, TURN, WEIGHT = 0, 1, slice(2, 5), 5, 6, 7, 8, slice(9, 12), 12
CALM, SETTLE = 13, 14
_ROWS = 15
_BLOCK = 4096  # rows made at a time, which stay in the cache
_FEW = 256  # values up to which sorting takes no longer than partitioning


class Up(NamedTuple):
    """A direction, or any vector: its coordinates as numbers, and as a column (3, 1)."""

    x: float
    y: float
    z: float
    column: Floats


@dataclass(frozen=True, slots=True)
class Posture:
    """Rows on the slow grid, from index `first` on; one array (15, m), so that joining and cutting is one copy.

    T (m,) times of their content, filter delays taken off; KNOWN (m,) times of the samples with which
    they became known; UP (3, m) unit vectors along the 2 Hz low-passed specific force; CHANGE (m,) the
    larger chord between now and LAG_S, now and LAG_S / 2 ago; CALM (m,) the largest CHANGE of now, LAG_S
    and twice that ago; SETTLE (m,) how far from rest, squared, the posture must be to be still (see Still);
    PATH (m,) length of the way since the start, in chord units, fast tremor left out; FORCE (m,) in g,
    length of the specific force below 6 Hz; WEIGHT (m,) in g, length of the 2 Hz low-passed one, in which
    tremor is not, 1 g and the acceleration upwards; JERK (m,) in g, change of the unfiltered specific force
    over about 10 ms; TURN (3, m) integrated angular rate in rad, low-passed as UP is, zero without gyro.
    """

    first: int
    rows: Floats

    def __len__(self) -> int:
        return int(self.rows.shape[1])

    @property
    def end(self) -> int:
        """Index of the row after the last."""
        return self.first + len(self)

    def at(self, what: int, row: int) -> float:
        """One value, such as of PATH, by slow index."""
        value: float = self.rows.item(what, row - self.first)
        return value

    def cut(self, what: int | slice, lo: int, hi: int) -> Floats:
        """The values of one kind at slow indices lo..hi, hi not included, as far as they are known."""
        lo, hi = lo - self.first, hi - self.first
        return self.rows[what, lo if lo > 0 else 0 : hi if hi > 0 else 0]

    def turned(self, row: int) -> list[float]:
        """TURN of one row, axis by axis."""
        turn: list[float] = self.rows[TURN, row - self.first].tolist()
        return turn

    def distance(self, lo: int, hi: int, up: Up) -> Floats:
        """Chords between `up` and the posture at slow indices lo..hi, hi not included."""
        away = self.cut(UP, lo, hi) - up.column
        away *= away
        return _root_of_squares(away[0], away[1], away[2])

    def squared(self, lo: int, hi: int, up: Up) -> Floats:
        """`distance`, squared."""
        away = self.cut(UP, lo, hi) - up.column
        away *= away
        square: Floats = away[0]
        square += away[1]
        square += away[2]
        return square

    def chord(self, row: int, up: Up) -> float:
        """The one chord between `up` and the posture at slow index `row`, the same to the last bit."""
        x, y, z = self.rows[UP, row - self.first].tolist()
        return math.sqrt((x - up.x) * (x - up.x) + (y - up.y) * (y - up.y) + (z - up.z) * (z - up.z))

    def middle(self, lo: int, hi: int) -> Up:
        """Median posture of the slow indices lo..hi, both included."""
        return middle_column(self.cut(UP, lo, hi + 1))

    def between(self, row: int, before: float, after: float, level: float) -> float:
        """The time between `row` and the next at which what was `before` and is `after` was `level`."""
        share = (level - before) / (after - before) if after != before else 0.0
        t0, t1 = self.at(T, row), self.at(T, row + 1)
        return t0 + min(max(float(share), 0.0), 1.0) * (t1 - t0)

    def joined(self, later: "Posture") -> "Posture":
        """These rows and those that follow them."""
        return Posture(self.first, np.concatenate([self.rows, later.rows], axis=1))

    def from_index(self, index: int) -> "Posture":
        """The rows from slow index `index` on."""
        cut = min(max(index - self.first, 0), len(self))
        return Posture(self.first + cut, self.rows[:, cut:])


def length(x: Floats) -> Floats:
    """Lengths of the columns of (3, m)."""
    squares = np.ascontiguousarray(x)
    squares = squares * squares
    return _root_of_squares(squares[0], squares[1], squares[2])


def _root_of_squares(a: Floats, b: Floats, c: Floats) -> Floats:
    """Changes `a`: what is in the cache already is quickest to write."""
    a += b
    a += c
    root: Floats = np.sqrt(a, out=a)
    return root


def middle_column(x: Floats) -> Up:
    """Median of the columns of (3, m), each axis for itself; of an even number the upper one."""
    n = x.shape[1] // 2
    column = sorted_up_to(x, n)[:, n : n + 1]
    return Up(column.item(0), column.item(1), column.item(2), column)


def middle(values: Floats) -> float:
    """Median of (m,), of an even number the upper one; 0.0 of none."""
    n = len(values) // 2
    return float(sorted_up_to(values, n)[n]) if len(values) else 0.0


def sorted_up_to(x: Floats, n: int) -> Floats:
    """A copy of `x` of which along the last axis the n-th value is where sorting puts it."""
    x = x.copy()
    if x.shape[-1] <= _FEW:
        x.sort()
    else:
        x.partition(n)
    return x


def chord(a: Up, b: Up) -> float:
    """Distance of two vectors."""
    x, y, z = a.x - b.x, a.y - b.y, a.z - b.z
    return math.sqrt(x * x + y * y + z * z)


def cosine(at: Up, a: Up, b: Up) -> float:
    """Cosine of the angle between the ways from `at` to `a` and to `b`."""
    x, y = towards(at, a), towards(at, b)
    return x[0] * y[0] + x[1] * y[1] + x[2] * y[2]


def towards(a: Up, b: Up) -> list[float]:
    """Unit vector from the one to the other."""
    by = max(chord(b, a), 1e-9)
    return [(b.x - a.x) / by, (b.y - a.y) / by, (b.z - a.z) / by]


def angle_deg(chord: float) -> float:
    """Angle between unit vectors whose tips are `chord` apart. By halving the angle, so that square roots
    are all it takes: these are the same on every processor, arcsin is not."""
    for _ in range(6):
        chord = chord / math.sqrt(2.0 + math.sqrt(max(4.0 - chord * chord, 0.0)))
    return 64.0 * chord * (1.0 + chord * chord / 24.0) / RAD


def smallest_step(jerk_g: Floats) -> float:
    """The smallest change among those that mostly are none, of a sensor too coarse to see its own noise."""
    if not 0 < 2 * np.count_nonzero(jerk_g) < len(jerk_g):
        return 0.0
    return float(jerk_g[jerk_g > 0.0].min())


@dataclass(frozen=True, slots=True)
class Still:
    """What counts as still on a way: CHANGE below `slack` and the `share` of the distance from rest, and below
    `slack` and `most`; chords."""

    slack: float
    share: float
    most: float

    def distance(self, change: Floats, out: Floats) -> None:
        """How far from rest that is, squared: below 0 for anywhere, infinite for nowhere."""
        np.subtract(change, self.slack, out=out)
        nowhere = out >= self.most
        out *= 1.0 / self.share
        out *= np.abs(out)
        out[nowhere] = math.inf


def lag_rows(rate_hz: float) -> int:
    """LAG_S in rows of the slow grid."""
    return max(2, round(LAG_S * rate_hz))


class PostureFilter:
    """Turns Signals into Posture. Starts in steady state at the first sample; make a new one after a Gap."""

    def __init__(self, rate_hz: float, still: Still) -> None:
        self.grid = SlowGrid.at(rate_hz)
        self._still = still
        rate = self.grid.rate_hz
        self.sos = low_pass(ORDER, min(CUTOFF_HZ, 0.3 * rate), rate)
        self.delay_s = delay_at_zero(self.sos) / rate
        self.lag = lag_rows(rate)
        self._step = max(1, round(JERK_S * rate_hz))
        self.jerk_s = self._step / rate_hz
        self._last = np.empty((0, 3))
        self._filter = Sections(self.sos)
        self._tail = np.empty((3, 0))
        self._changes = np.full(2 * self.lag, math.inf)
        self._path = 0.0
        self._turn = np.zeros((3, 1))

    def process(self, signals: Signals) -> Posture:
        """The rows of these samples."""
        slow = signals.slow
        rows = np.zeros((_ROWS, len(slow)))
        at = slow.first * self.grid.factor - signals.samples.first
        for a in range(0, len(slow), _BLOCK):
            self._fill(rows[:, a : a + _BLOCK], slow.part(a, a + _BLOCK), signals, at + a * self.grid.factor)
        self._last = np.concatenate([self._last, signals.samples.acc_g[-self._step :]])[-self._step :]
        return Posture(slow.first, rows)

    def _fill(self, rows: Floats, slow: Slow, signals: Signals, at: int) -> None:
        """Writes the rows of `slow`, whose first sample is that at position `at` of the signals."""
        factor, end = self.grid.factor, at + (len(slow) - 1) * self.grid.factor + 1
        np.subtract(slow.t_s, self.delay_s, out=rows[T])
        rows[KNOWN] = signals.samples.t_s[at:end:factor]
        acc = slow.acc_g.T
        turn = None if slow.gyr_dps is None else self._integrate(slow.gyr_dps.T)
        low = self._low_pass(acc if turn is None else np.concatenate([acc, turn]))
        rows[WEIGHT] = length(low[:3])
        np.divide(low[:3], np.maximum(rows[WEIGHT], 1e-6), out=rows[UP])
        self._change(rows)
        rows[FORCE] = length(acc)
        rows[JERK] = self._jerk(signals.samples.acc_g, at, end)
        if turn is not None:
            rows[TURN] = low[3:]

    def _jerk(self, acc: Floats, at: int, end: int) -> Floats:
        """Change over as many samples as are nearest to JERK_S, at each `factor`-th from `at` to `end`."""
        if not len(self._last):
            self._last = np.repeat(acc[:1], self._step, axis=0)
        factor, early = self.grid.factor, at - self._step
        if early < 0:
            later = acc[early + factor : max(end - self._step, 0) : factor]
            before = np.concatenate([self._last[early:][:1], later])
        else:
            before = acc[early : end - self._step : factor]
        return length((acc[at:end:factor] - before).T)

    def _low_pass(self, x: Floats) -> Floats:
        """Specific force and turn in one go, so that both tell of the same time; the turn starts at zero."""
        if not self._filter.started:
            self._filter.start(np.concatenate([x[:3, 0], np.zeros(len(x) - 3)]))
        return self._filter.process(x)

    def _change(self, rows: Floats) -> None:
        up, lag = rows[UP], self.lag
        n = up.shape[1]
        if not self._tail.shape[1]:
            self._tail = np.repeat(up[:, :1], lag, axis=1)
        known = np.concatenate([self._tail, up], axis=1)
        whole = length(up - known[:, :n])
        half = length(up - known[:, lag - lag // 2 : n + lag - lag // 2])
        self._tail = known[:, n:].copy()
        np.maximum(whole, half, out=rows[CHANGE])
        self._still.distance(rows[CHANGE], rows[SETTLE])
        changes = np.concatenate([self._changes, rows[CHANGE]])
        np.maximum(changes[: -2 * lag], changes[lag:-lag], out=rows[CALM])
        np.maximum(rows[CALM], rows[CHANGE], out=rows[CALM])
        self._changes = changes[-2 * lag :]
        whole /= lag
        whole[0] += self._path
        np.cumsum(whole, out=rows[PATH])
        self._path = rows.item(PATH, -1)

    def _integrate(self, gyr_dps: Floats) -> Floats:
        """The angles turned since the start."""
        turn = gyr_dps * (RAD / self.grid.rate_hz)
        turn[:, :1] += self._turn
        np.cumsum(turn, axis=1, out=turn)
        self._turn = turn[:, -1:].copy()
        return turn
