"""Finds the landings of a foot: bursts of movement between two quiet stretches, one a stride.

The envelope is the jerk of the low-passed acceleration, smoothed over 0.1 s: on foot, ankle and shank alike it
is an order of magnitude higher in a swing than in the stance between, whatever the mounting and without a
gyro. Its maxima are the sparse points that the state machine sees. Each burst ends with a landing; the
full-rate impact signal says when.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from footsense.signal.butterworth import band_pass, high_pass
from footsense.signal.front import Signals, SlowGrid
from footsense.signal.tape import Tape
from footsense.types import INTERPOLATED, Floats, Samples

POLES = 4  # smoothers of the envelope


@dataclass(frozen=True, slots=True)
class GaitParams:
    """Tuning; knows no rate.

    `smooth_s` is the time constant of each of two one-pole smoothers of the jerk. A burst starts anew where the
    envelope fell below `split` of the smaller of two maxima, `rest_s` or more apart, and the rate
    below `turning` of its greatest or below `turning_dps`. A maximum is seen from
    `floor_gps` (g/s) on, and from `share` of the wearer's usual peak. A burst is a swing from `swing_gps` and
    `swing_g` on. What lands stays `least_s` to `stay_s` in a step; a step is decided `wait_s` after its
    landing at the latest. `forget_s` after a landing the usual peak no longer counts.
    """

    smooth_s: float = 0.045
    split: float = 0.55
    turning: float = 0.5
    turning_dps: float = 120.0
    rest_s: float = 0.12
    apart_s: float = 0.35
    floor_gps: float = 1.5
    share: float = 0.12
    swing_gps: float = 4.0
    swing_g: float = 0.11
    big: float = 0.3
    ends: float = 0.2
    soft_ends: float = 0.35
    soft_s: float = 0.055
    half_s: float = 0.03
    early_s: float = 0.12
    sharp: float = 0.025
    stay_s: float = 1.0
    least_s: float = 0.1
    leaves: float = 0.75
    wait_s: float = 1.15
    forget_s: float = 2.5
    keep_s: float = 4.5
    before_s: float = 0.2
    long_s: float = 2.5
    impact_hz: tuple[float, float] = (16.0, 40.0)


SHANK = GaitParams(turning=0.65)  # the shank leans over the standing foot, so it turns in stance too


@dataclass(frozen=True, slots=True)
class Landing:
    """A landing after a swing. Times in s; indices on the slow grid.

    `swing` … `land` is the burst, `land` … `leave` the stance that is known when it is decided;
    `peak_gps` the burst's greatest envelope, `impact_g` the greatest band-passed acceleration at the landing
    `calm_g` the same in the swing before,
    and `made_up` the share of samples there that were interpolated, `swing_g` the greatest
    deviation of |a| from 1 g in the swing.
    """

    start_s: float
    end_s: float
    decided_s: float
    swing: int
    land: int
    leave: int
    peak_gps: float
    impact_g: float
    calm_g: float
    made_up: float
    swing_g: float


class _Impact(NamedTuple):
    """Where a landing is (full index), the greatest impact there and in the swing before, in g, and the share
    of interpolated samples."""

    land: int
    most_g: float
    calm_g: float
    made_up: float


@dataclass(slots=True)
class Burst:
    """Movement under way, or not yet known to have ended. Slow indices of the envelope."""

    first: int
    last: int  # the last maximum of at least `big` of the peak
    peak: float
    spin: float  # greatest rate at its maxima, deg/s; 0 without a gyro
    impact: _Impact | None = None


class StepTracker:
    """Signals to landings, chunk by chunk.

    `slow` (rows: envelope, jerk, ax, ay, az, |rate| as late as the envelope, gx, gy, gz) on the slow grid and
    `time`, `acc` and `made_up` at the full rate hold the last seconds for those who look closer at a landing.
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
        self._wait = self.slow_index(self.params.wait_s)
        self._apart_rows = self.params.apart_s * self.grid.rate_hz
        self._forget_rows = self.params.forget_s * self.grid.rate_hz
        self._delay = round(self.grid.delay_s * rate_hz)
        self._sharp = self.params.sharp if rate_hz >= 90.0 else 0.5 * self.params.sharp  # less of it is seen
        pole = 1.0 / (1.0 + self.params.smooth_s * self.grid.rate_hz)
        self._smoother = np.array([pole]), np.array([1.0, pole - 1.0])
        self._band = _impact_filter(rate_hz, self.params.impact_hz)
        self.slow = Tape(9, self.slow_index(self.params.keep_s))
        keep = round(self.params.keep_s * rate_hz)
        self.time, self.acc, self.made_up = Tape(1, keep), Tape(3, keep), Tape(1, keep)
        self.usual = 0.0
        self._last_land = -(1 << 40)
        self.drop()

    def drop(self) -> None:
        """Forget filters and the half-done step, as after a hole."""
        self._fresh = True
        self._left_s = -math.inf  # when the foot left after the last landing; it cannot land again before
        self._burst: Burst | None = None
        self._valley = np.inf
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
        self._append_full(signals.samples)
        if len(signals.slow):
            self._append_slow(signals)
        return self._scan()

    @property
    def moving(self) -> bool:
        """Whether a burst is under way or was, with its landing not yet decided."""
        return self._burst is not None

    @property
    def landed(self) -> bool:
        """Whether the burst under way seems to have ended with a landing; may be taken back."""
        burst = self._burst
        if burst is None or burst.peak < self.params.swing_gps:
            return False
        now = self.slow.view(self.slow.stop - 1, self.slow.stop)[0]
        return len(now) > 0 and float(now[0]) < 0.75 * burst.peak

    def flush(self) -> list[Landing]:
        """The landing under way when the stream ends."""
        burst, self._burst = self._burst, None
        if burst is None or self.slow.stop - burst.last < self.params.rest_s * self.grid.rate_hz:
            return []
        return self._close(burst, self.slow.stop - 1, left=None)

    def _restart(self, signals: Signals) -> None:
        self._fresh = False
        first = signals.samples.first
        for tape in (self.time, self.acc, self.made_up):
            tape.restart(first)
        self.slow.restart(-(-first // self.grid.factor))
        self._seen = self.slow.start
        self._acc_before: Floats | None = None
        self._smooth = np.zeros((POLES, 1))
        self._late = np.zeros(self._whole_lag)

    def _append_full(self, samples: Samples) -> None:
        made_up = (samples.flags & INTERPOLATED).astype(np.float64)
        self.time.append(samples.t_s[None])
        self.acc.append(samples.acc_g.T)
        self.made_up.append(made_up[None])

    def _append_slow(self, signals: Signals) -> None:
        acc = signals.slow.acc_g.T
        before = acc[:, :1] if self._acc_before is None else self._acc_before
        known = np.concatenate([before, acc], axis=1)
        step = (known[:, 1:] - known[:, :-1]) * self.grid.rate_hz
        self._acc_before = acc[:, -1:]
        jerk = np.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])
        gyr = np.zeros_like(acc) if signals.slow.gyr_dps is None else signals.slow.gyr_dps.T
        turn = np.sqrt(gyr[0] * gyr[0] + gyr[1] * gyr[1] + gyr[2] * gyr[2])
        late = np.concatenate([self._late, turn])
        self._late = late[len(turn) :]
        rows = [self._envelope(jerk)[None], jerk[None], acc, late[None, : len(turn)], gyr]
        self.slow.append(np.concatenate(rows))

    def _envelope(self, jerk: Floats) -> Floats:
        """The jerk through `POLES` one-pole smoothers."""
        env = jerk
        for i in range(POLES):
            env, self._smooth[i] = lfilter(*self._smoother, env, zi=self._smooth[i])
        return env

    def _scan(self) -> list[Landing]:
        """The maxima that became known, and the time-outs between them, in order."""
        found: list[Landing] = []
        lo, hi = self._seen, self.slow.stop - 1  # candidates: lo … hi-1, each with a neighbour on either side
        if hi - lo > 0:
            env = self.slow.view(lo - 1, hi + 1)[0]
            if lo == self.slow.start:
                env = np.concatenate([[0.0], env])
            mid = env[1:-1]
            at = np.flatnonzero((env[:-2] < mid) & (mid >= env[2:]) & (mid > self.params.floor_gps))
            cuts = np.concatenate([[0], at])
            lows = np.minimum.reduceat(mid, cuts).tolist()
            spin = self.slow.view(lo, hi)[5]
            self._valley = min(self._valley, lows[0])
            maxima = (at + lo).tolist(), mid[at].tolist(), spin[at].tolist()
            for k, peak, turning, low in zip(*maxima, lows[1:], strict=True):
                found += self._time_out(k)
                found += self._maximum(k, peak, turning)
                self._valley = min(self._valley, low)
            self._seen = hi
        return found + self._time_out(self.slow.stop - 1)

    def _begin(self, k: int, peak: float, spin: float) -> None:
        self._burst = Burst(k, k, peak, spin)
        self._valley = peak

    def _maximum(self, k: int, peak: float, spin: float) -> list[Landing]:
        burst = self._burst
        if burst is None:
            if peak >= self._least(k):
                self._begin(k, peak, spin)
            return []
        if not self._apart(burst, k, peak):
            if peak >= self.params.big * burst.peak:
                burst.last = k
                burst.impact = None
                self._valley = peak
            burst.peak = max(burst.peak, peak)
            burst.spin = max(burst.spin, spin)
            return []
        if peak < self._least(k):
            return []
        self._begin(k, peak, spin)
        return self._close(burst, k + 1, left=k)

    def _apart(self, burst: Burst, k: int, peak: float) -> bool:
        """Whether the foot stood between a burst and a new maximum."""
        quiet = self._valley < self.params.split * min(peak, burst.peak)
        long = k - burst.last >= self._apart_rows
        if not (quiet and long):
            return False
        between = self.slow.view(burst.last, k)
        spin = float(between[5, int(between[0].argmin())])
        most = float(self.slow.view(self._swing_from(burst), k)[5].max())
        return spin <= max(self.params.turning * most, self.params.turning_dps)

    def _least(self, k: int) -> float:
        """The lowest maximum that can belong to a swing."""
        recent = k - self._last_land < self._forget_rows
        return max(self.params.floor_gps, self.params.share * self.usual if recent else 0.0)

    def _time_out(self, known: int) -> list[Landing]:
        burst = self._burst
        if burst is None:
            return []
        if burst.last + self._stay > known:
            return []
        if burst.impact is None:
            burst.impact = self._impact(burst, burst.last + self._stay)
        due = max(-(-burst.impact.land // self.grid.factor) + self._wait, burst.last + self._stay)
        if due > known:
            return []
        self._burst = None
        return self._close(burst, due, left=None)

    def _close(self, burst: Burst, known: int, left: int | None) -> list[Landing]:
        """The landing of a burst, decided with slow sample `known`; `left`: the next burst's first maximum."""
        if burst.peak < self.params.swing_gps:
            return []
        impact = burst.impact or self._impact(burst, known)
        lag = self._whole_lag
        swing_from = self._swing_from(burst)
        land = (impact.land + self._delay) // self.grid.factor
        acc = self.slow.view(swing_from, max(land, burst.last - lag) + 1)[2:5]
        size = np.sqrt(acc[0] * acc[0] + acc[1] * acc[1] + acc[2] * acc[2])
        swing_g = float(np.abs(size - 1.0).max()) if len(size) else 0.0
        if swing_g < self.params.swing_g:
            return []
        recent = burst.last - self._last_land < self._forget_rows
        self.usual = 0.7 * self.usual + 0.3 * burst.peak if recent else burst.peak
        self._last_land = burst.last
        start_s = max(self._time(impact.land), self._left_s)
        leave = self._leave(burst, known, left)
        end_s = start_s + self.params.stay_s
        if leave is not None:
            left_s = self._time(leave * self.grid.factor - self._delay)
            end_s = min(end_s, max(left_s, start_s + self.params.least_s))
        decided_s = self._time(known * self.grid.factor)
        self._left_s = min(end_s, decided_s)
        return [
            Landing(
                start_s=start_s,
                end_s=self._left_s,
                decided_s=decided_s,
                swing=swing_from,
                land=land,
                leave=known - lag if leave is None else leave,
                peak_gps=burst.peak,
                impact_g=impact.most_g,
                calm_g=impact.calm_g,
                made_up=impact.made_up,
                swing_g=swing_g,
            )
        ]

    def _leave(self, burst: Burst, known: int, left: int | None) -> int | None:
        """Slow index where the foot leaves: where the envelope has risen by `leaves` from its rest after a
        burst to the next one's maximum at `left`; None where it stays. With no maximum yet, one of half the
        size of this burst's is expected."""
        env = self.slow.view(burst.last, (known if left is None else left) + 1)[0]
        rest = int(env.argmin())
        low, high = float(env[rest]), 0.5 * burst.peak if left is None else float(env[-1])
        risen = np.flatnonzero(env[rest:] >= low + self.params.leaves * (high - low))
        return burst.last + rest + int(risen[0]) - self._whole_lag if len(risen) else None

    def _swing_from(self, burst: Burst) -> int:
        """Slow index before a burst's first maximum, or as far back as is sure to be on the tape."""
        return max(burst.first - self._before, burst.last - self._long) - self._whole_lag

    def _impact(self, burst: Burst, until: int) -> _Impact:
        """The landing at the end of a burst.

        The movement ends where the jerk last stood above `ends` of its greatest. An impact that is sharp for
        such a swing marks the landing; else it lies `soft_s` before the jerk fell to `soft_ends`. It is no more
        than `early_s` before the last maximum.
        """
        lag = self._whole_lag
        first = max(self._swing_from(burst), self.slow.start)
        env = self.slow.view(burst.last, until)[0]
        rest = int(env.argmin())
        last = burst.last + rest - lag
        jerk = self.slow.view(first, max(last, burst.last - lag) + 1)[1]
        end = self._end(first, jerk, self.params.ends)
        lo = end - round(0.2 * self.rate_hz)
        impact, calm, made_up = self._ringing(lo, end)
        if not len(impact):
            return _Impact(end, 0.0, 0.0, 1.0)
        most = float(impact.max())
        land = lo + int((impact >= 0.5 * most).argmax())
        if most < self._sharp * burst.peak:
            land = self._end(first, jerk, self.params.soft_ends) - round(self.params.soft_s * self.rate_hz)
            land = min(land, self._half(burst, env[: rest + 1]))
        after = (burst.last - lag) * self.grid.factor - self._delay - round(self.params.early_s * self.rate_hz)
        return _Impact(max(land, after), most, calm, made_up)

    def _ringing(self, lo: int, end: int) -> tuple[Floats, float, float]:
        """Band-passed |acceleration| at full indices lo … end, its greatest in the swing before, and the share
        of interpolated samples."""
        before = round(0.15 * self.rate_hz)
        acc = self.acc.view(lo - 2 * before, end + 1)
        if acc.shape[1] <= 2 * before:
            return np.empty(0), 0.0, 1.0
        band = lfilter(*self._band, acc - acc[:, :1], axis=1)
        size = np.sqrt(band[0] * band[0] + band[1] * band[1] + band[2] * band[2])
        made_up = self.made_up.view(lo, end + 1)
        return (
            size[2 * before :],
            float(size[before // 2 : 2 * before].max()),
            float(np.count_nonzero(made_up)) / made_up.shape[1],
        )

    def _half(self, burst: Burst, env: Floats) -> int:
        """Full index where the envelope has fallen half-way to its rest, less what that is late by."""
        half = 0.5 * (float(env[0]) + float(env[-1]))
        past = burst.last + int((env <= half).argmax()) - self._whole_lag
        return past * self.grid.factor - self._delay - round(self.params.half_s * self.rate_hz)

    def _end(self, first: int, jerk: Floats, share: float) -> int:
        """Full index where the jerk (from slow index `first` on) last stood above a share of its greatest."""
        above = jerk >= share * float(jerk.max())
        last = len(jerk) - 1 - int(above[::-1].argmax())
        return (first + last) * self.grid.factor - self._delay

    def _time(self, index: int) -> float:
        index = min(max(index, self.time.start), self.time.stop - 1)
        return float(self.time.view(index, index + 1)[0, 0])


def _impact_filter(rate_hz: float, band_hz: tuple[float, float]) -> tuple[Floats, Floats]:
    """A band-pass, or a high-pass where the rate has no room for the upper edge."""
    lo, hi = band_hz
    if hi < 0.42 * rate_hz:
        return band_pass(2, band_hz, rate_hz)
    return high_pass(4, min(lo, 0.3 * rate_hz), rate_hz)
