"""Finds the landings of a foot: bursts of movement between two quiet stretches, one a stride.

The envelope is the jerk of the low-passed acceleration, smoothed over 0.1 s: on foot, ankle and shank alike it
is an order of magnitude higher in a swing than in the stance between, whatever the mounting and without a
gyro. Its maxima are the sparse points that the state machine sees. Each burst ends with a landing; the
full-rate impact signal says when.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from footsense.signal.front import Signals, SlowGrid
from footsense.signal.landing import (
    ACC,
    ENV,
    GYR,
    JERK,
    OFF,
    POLES,
    ROWS,
    SPIN,
    GaitParams,
    Lander,
    Landing,
    Swing,
)
from footsense.signal.lately import Reel, Rows
from footsense.signal.sections import Sections
from footsense.types import Floats

# Pushing off may jerk a leg more than a soft landing does.
ANKLE = GaitParams(settles_s=0.16, smooth_s=0.038, big=0.15)
SHANK = replace(
    ANKLE, turning=0.65, smooth_s=0.045
)  # it leans over the standing foot, so it turns in stance too
FEW = 8  # so few samples are looked through faster one by one


@dataclass(slots=True)
class Burst:
    """Movement under way, or not yet known to have ended. Slow indices of the envelope."""

    first: int
    last: int  # the last maximum of at least `big` of the peak
    peak: float
    still: int  # where the movement was least before it
    due: int = 0  # when it is over if nothing follows; 0 until that is asked


class StepTracker:
    """Signals to landings, chunk by chunk.

    `slow` (rows: envelope, jerk, ax, ay, az, |rate| as late as the envelope, gx, gy, gz, ||a| - 1 g|) on the
    slow grid and `full`, the samples, hold the last seconds for those who look closer at a landing.
    """

    def __init__(self, rate_hz: float, params: GaitParams | None = None) -> None:
        self.params = params or GaitParams()
        self.grid = SlowGrid.at(rate_hz)
        self.rate_hz = rate_hz
        self.lag = POLES * self.params.smooth_s * self.grid.rate_hz  # slow samples the envelope is late
        self._whole_lag = round(self.lag)
        self._before = self.slow_index(self.params.before_s)
        self._long = self.slow_index(self.params.long_s)
        self._stay = self.slow_index(self.params.stay_s - 0.2)
        self._lands = self.slow_index(self.params.lands_s)
        self._apart_rows = self.params.apart_s * self.grid.rate_hz
        self._forget_rows = self.params.forget_s * self.grid.rate_hz
        self._smoother = _smoother(self.params.smooth_s * self.grid.rate_hz)
        self.slow = Rows(ROWS, self.slow_index(self.params.keep_s))
        self.full = Reel(round(self.params.keep_s * rate_hz))
        self._lander = Lander(rate_hz, self.params, self.slow, self.full)
        self._longest = self._lander.longest
        self.usual = 0.0
        self._last_land = -(1 << 40)
        self.drop()

    def drop(self) -> None:
        """Forget filters and the half-done step, as after a hole."""
        self._fresh = True
        self.turns = False  # whether there is a gyro
        self._lander.drop()
        self._burst: Burst | None = None
        self._swings: list[Swing] = []  # ended, not yet looked at
        self._valley, self._valley_at = np.inf, 0
        self._seen = 0

    def slow_index(self, seconds: float) -> int:
        """Seconds as a number of slow samples."""
        return round(seconds * self.grid.rate_hz)

    def process(self, signals: Signals) -> list[Landing]:
        """Landings decided with these samples."""
        if not len(signals.samples):
            return []
        if self._fresh:
            self._restart(signals)
        self.full.append(signals.samples)
        if not len(signals.slow):
            return []
        self._append(signals)
        self._scan()
        return self._land()

    @property
    def moving(self) -> bool:
        """Whether a burst is under way or was, with its landing not yet decided."""
        return self._burst is not None

    @property
    def landed(self) -> bool:
        """Whether the burst under way seems to have ended with a landing; may be taken back."""
        burst = self._burst
        if burst is None or burst.peak < self.params.slow_gps:
            return False
        now = self.slow.view(self.slow.stop - 1, self.slow.stop)[ENV]
        return len(now) > 0 and float(now[0]) < 0.75 * burst.peak

    def flush(self) -> list[Landing]:
        """The landing under way when the stream ends."""
        burst, self._burst = self._burst, None
        if burst is None or not (self._rested(burst) or self._letting_up(burst)):
            return []
        self._close(burst, self.slow.stop - 1)
        return self._land()

    def _land(self) -> list[Landing]:
        """The landings of the swings that have ended."""
        swings, self._swings = self._swings, []
        return self._lander.land(swings) if swings else []

    def _restart(self, signals: Signals) -> None:
        self._fresh = False
        first = signals.samples.first
        self.full.restart()
        self.slow.restart(-(-first // self.grid.factor))
        self._seen = self.slow.start
        self._smoother.start(np.zeros(1))
        self._late = np.zeros(self._whole_lag)

    def _append(self, signals: Signals) -> None:
        slow, new = self.slow, signals.slow
        fresh = slow.start == slow.stop
        rows = slow.grow(len(new))
        rows[ACC] = acc = new.acc_g.T
        before = acc[:, :1] if fresh else slow.view(slow.stop - len(new) - 1, slow.stop - 1)[ACC][:, :1]
        step = (acc - np.concatenate([before, acc[:, :-1]], axis=1)) * self.grid.rate_hz
        rows[JERK] = np.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])
        rows[ENV] = self._smoother.process(rows[JERK : JERK + 1])[0]
        rows[OFF] = np.abs(np.sqrt(acc[0] * acc[0] + acc[1] * acc[1] + acc[2] * acc[2]) - 1.0)
        if new.gyr_dps is None:
            rows[SPIN : GYR.stop] = 0.0
            return
        self.turns = True
        rows[GYR] = gyr = new.gyr_dps.T
        late = np.concatenate([self._late, np.sqrt(gyr[0] * gyr[0] + gyr[1] * gyr[1] + gyr[2] * gyr[2])])
        rows[SPIN], self._late = late[: len(new)], late[len(new) :]

    def _scan(self) -> None:
        """Goes through the maxima that became known, and the time-outs between them, in order."""
        lo, hi = self._seen, self.slow.stop - 1  # candidates: lo … hi-1, each with a neighbour on either side
        if hi > lo:
            env = self.slow.view(lo - 1, hi + 1)[ENV]
            if lo == self.slow.start:
                env = np.concatenate([[0.0], env])
            find = _few_maxima if len(env) < FEW else _maxima
            for k, peak, low, low_at in find(env, self.params.floor_gps):
                if k >= 0:
                    self._time_out(lo + k)
                    self._maximum(lo + k, peak)
                if low < self._valley:
                    self._valley, self._valley_at = low, lo + low_at
            self._seen = hi
        self._time_out(self.slow.stop - 1)

    def _begin(self, k: int, peak: float) -> None:
        self._burst = Burst(k, k, peak, max(self._valley_at, k - self._stay))
        self._valley, self._valley_at = peak, k

    def _maximum(self, k: int, peak: float) -> None:
        burst = self._burst
        if burst is None:
            if peak >= self._least(k):
                self._begin(k, peak)
        elif not self._apart(burst, k, peak):
            if peak >= self.params.big * burst.peak:
                burst.last, burst.due = k, 0
                self._valley, self._valley_at = peak, k
            burst.peak = max(burst.peak, peak)
        elif peak >= self._least(k):
            self._begin(k, peak)
            self._close(burst, k + 1, k)

    def _apart(self, burst: Burst, k: int, peak: float) -> bool:
        """Whether the foot stood between a burst and a new maximum."""
        quiet = self._valley < self.params.split * min(peak, burst.peak)
        if not quiet or k - burst.last < self._apart_rows:
            return False
        spin = self.slow.at(SPIN, self._valley_at)
        if spin <= self.params.turning_dps:
            return True
        return spin <= self.params.turning * float(self.slow.view(self._swing_from(burst), k)[SPIN].max())

    def _least(self, k: int) -> float:
        """The lowest maximum that can belong to a swing."""
        recent = k - self._last_land < self._forget_rows
        return max(self.params.floor_gps, self.params.share * self.usual if recent else 0.0)

    def _time_out(self, known: int) -> None:
        burst = self._burst
        if burst is None or known < burst.last + self._stay:
            return
        if known < burst.last + self._longest:  # else it is over, whenever that was
            burst.due = burst.due or self._lander.due(burst.last)
            if known < burst.due:
                return
        self._burst = None
        self._close(burst, -1)

    def _close(self, burst: Burst, known: int, left: int = -1) -> None:
        """A burst that ended, decided with slow sample `known` (-1: by waiting); `left`: the first maximum of
        the next."""
        if burst.peak < self.params.slow_gps:
            return
        if known < 0 and not self._rested(burst):
            return
        swing = self._swing_from(burst)
        until = burst.last - self._whole_lag + self._lands
        swing_g = float(self.slow.view(swing, until + 1)[OFF].max(initial=0.0))
        p = self.params
        if swing_g < (p.swing_g if burst.peak >= p.swing_gps else p.slow_g):
            return
        recent = burst.last - self._last_land < self._forget_rows
        self.usual = 0.7 * self.usual + 0.3 * burst.peak if recent else burst.peak
        self._last_land = burst.last
        still = burst.still - self._whole_lag
        self._swings.append(Swing(swing, burst.last, known, left, still, burst.peak, swing_g))

    def _rested(self, burst: Burst) -> bool:
        """Whether the movement let up after a burst: what goes on evenly, as in pedalling, does not land."""
        after = self.slow.view(burst.last, self._lander.due(burst.last))[ENV]
        return float(after.min()) < self.params.rests * burst.peak

    def _letting_up(self, burst: Burst) -> bool:
        """Whether the envelope is on its way down to a rest that the end of the stream cuts off."""
        jerk = self.slow.view(self.slow.stop - self.slow_index(self.params.quiet_s), self.slow.stop)[JERK]
        return burst.last < self.slow.stop - len(jerk) and float(jerk.max()) < self.params.rests * burst.peak

    def _swing_from(self, burst: Burst) -> int:
        """Slow index before a burst's first maximum, or as far back as is sure to be on the tape."""
        return max(burst.first - self._before, burst.last - self._long) - self._whole_lag


def _smoother(samples: float) -> Sections:
    """`POLES` one-pole smoothers in a row, two to a section, each of a time constant in samples."""
    share = 1.0 / (1.0 + samples)
    left = 1.0 - share
    return Sections(np.tile([share * share, 0.0, 0.0, 1.0, -2.0 * left, left * left], (POLES // 2, 1)))


Maximum = tuple[int, float, float, int]  # position and height, then height and position of the lowest after it


def _few_maxima(env: Floats, floor: float) -> Iterator[Maximum]:
    """What `_maxima` gives, found one by one."""
    values = env.tolist()
    found, peak, low, low_at = -1, 0.0, np.inf, 0
    for k, value in enumerate(values[1:-1]):
        if values[k] < value >= values[k + 2] and value > floor:
            yield found, peak, low, low_at
            found, peak, low, low_at = k, value, value, k
        elif value < low:
            low, low_at = value, k
    yield found, peak, low, low_at


def _maxima(env: Floats, floor: float) -> Iterator[Maximum]:
    """Maxima above `floor` in (n + 2,), a neighbour on either side, at positions 0 … n-1; the first that is
    given is at -1, for what comes before the first maximum."""
    mid = env[1:-1]
    at = np.flatnonzero((env[:-2] < mid) & (mid >= env[2:]) & (mid > floor))
    cuts = np.concatenate([[0], at])
    lows = np.minimum.reduceat(mid, cuts)
    if len(cuts) > 1 and cuts[1] == 0:
        lows[0] = np.inf  # nothing is before the first maximum
    deepest = np.flatnonzero(mid == np.repeat(lows, np.diff(cuts, append=len(mid))))
    low_at = deepest[np.minimum(np.searchsorted(deepest, cuts), len(deepest) - 1)]
    peaks = mid[at]
    return zip([-1, *at.tolist()], [0.0, *peaks.tolist()], lows.tolist(), low_at.tolist(), strict=True)
