"""Finds the landings of a foot: bursts of movement between two quiet stretches, one a stride.

The envelope is the jerk of the low-passed acceleration, smoothed over 0.1 s: on foot, ankle and shank alike it
is an order of magnitude higher in a swing than in the stance between, whatever the mounting and without a
gyro. Its maxima are the sparse points that the state machine sees. Each burst ends with a landing; the
full-rate impact signal says when.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from footsense.signal.front import Signals, SlowGrid
from footsense.signal.tape import Tape
from footsense.types import INTERPOLATED, Floats


@dataclass(frozen=True, slots=True)
class GaitParams:
    """Tuning; knows no rate.

    `smooth_s` is the time constant of each of two one-pole smoothers of the jerk. A burst starts anew where the
    envelope fell below `split` of the smaller of two maxima, `rest_s` or more apart. A maximum is seen from
    `floor_gps` (g/s) on, and from `share` of the wearer's usual peak. A burst is a swing from `swing_gps` and
    `swing_g` on. What lands stays at most `stay_s` in a step; a step is decided `wait_s` after its landing at
    the latest. `forget_s` after a landing the usual peak no longer counts.
    """

    smooth_s: float = 0.05
    split: float = 0.35
    rest_s: float = 0.2
    floor_gps: float = 1.5
    share: float = 0.12
    swing_gps: float = 2.5
    swing_g: float = 0.11
    big: float = 0.3
    ends: float = 0.2
    soft_ends: float = 0.35
    soft_s: float = 0.055
    sharp: float = 0.03
    stay_s: float = 1.0
    wait_s: float = 1.15
    forget_s: float = 2.5
    keep_s: float = 4.0
    impact_hz: tuple[float, float] = (12.0, 35.0)


@dataclass(frozen=True, slots=True)
class Landing:
    """A landing after a swing. Times in s; indices on the slow grid.

    `swing` … `land` is the burst, `land` … `leave` the stance that is known when it is decided;
    `peak_gps` the burst's greatest envelope, `impact_g` the greatest band-passed acceleration at the landing
    (nan where samples there were made up), `swing_g` the greatest deviation of |a| from 1 g in the swing.
    """

    start_s: float
    end_s: float
    decided_s: float
    swing: int
    land: int
    leave: int
    peak_gps: float
    impact_g: float
    swing_g: float


@dataclass(slots=True)
class _Burst:
    first: int
    last: int  # the last maximum of at least `big` of the peak
    peak: float
    impact: tuple[int, float, bool] | None = None


class StepTracker:
    """Signals to landings, chunk by chunk. `slow` (rows: jerk envelope, ax, ay, az, |rate|) and `full` (rows:
    t_s, impact, made up) hold the last seconds for those who look closer at a landing."""

    def __init__(self, rate_hz: float, params: GaitParams | None = None) -> None:
        self.params = params or GaitParams()
        self.grid = SlowGrid.at(rate_hz)
        self.rate_hz = rate_hz
        self.lag = 2 * self.params.smooth_s * self.grid.rate_hz
        self._pole = 1.0 / (1.0 + self.params.smooth_s * self.grid.rate_hz)
        self._band = _impact_filter(rate_hz, self.params.impact_hz)
        self.slow = Tape(6)
        self.full = Tape(3)
        self.usual = 0.0
        self._last_land = -(1 << 40)
        self.drop()

    def drop(self) -> None:
        """Forget filters and the half-done step, as after a hole."""
        self._fresh = True
        self._burst: _Burst | None = None
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
        self._append_full(signals)
        if len(signals.slow):
            self._append_slow(signals)
        landings = self._scan()
        self.slow.trim(self.slow_index(self.params.keep_s))
        self.full.trim(round(self.params.keep_s * self.rate_hz))
        return landings

    def flush(self) -> list[Landing]:
        """The landing under way when the stream ends."""
        burst, self._burst = self._burst, None
        if burst is None or self.slow.stop - burst.last < self.params.rest_s * self.grid.rate_hz:
            return []
        return self._close(burst, self.slow.stop - 1, left=None)

    def _restart(self, signals: Signals) -> None:
        self._fresh = False
        first = signals.samples.first
        self.full.restart(first)
        self.slow.restart(-(-first // self.grid.factor))
        self._seen = self.slow.start
        self._before: Floats | None = None
        self._smooth = np.zeros((2, 1))
        acc = signals.samples.acc_g[0]
        self._zi = np.zeros((len(self._band), 3, 2))
        self._offset = acc.copy()

    def _append_full(self, signals: Signals) -> None:
        samples = signals.samples
        band, self._zi = sosfilt(self._band, (samples.acc_g - self._offset).T, axis=1, zi=self._zi)
        impact = np.sqrt(band[0] * band[0] + band[1] * band[1] + band[2] * band[2])
        made_up = (samples.flags & INTERPOLATED).astype(np.float64)
        self.full.append(np.stack([samples.t_s, impact, made_up]))

    def _append_slow(self, signals: Signals) -> None:
        acc = signals.slow.acc_g.T
        gyr = signals.slow.gyr_dps
        before = acc[:, :1] if self._before is None else self._before
        step = np.diff(np.concatenate([before, acc], axis=1), axis=1) * self.grid.rate_hz
        self._before = acc[:, -1:]
        jerk = np.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])
        env = jerk
        for i in (0, 1):
            env, self._smooth[i] = lfilter([self._pole], [1.0, self._pole - 1.0], env, zi=self._smooth[i])
        turn = np.full(len(env), np.nan) if gyr is None else np.sqrt(np.einsum("ij,ij->i", gyr, gyr))
        self.slow.append(np.concatenate([env[None], jerk[None], acc, turn[None]]))

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
            lows = np.minimum.reduceat(mid, np.concatenate([[0], at]))
            self._valley = min(self._valley, float(lows[0]))
            for k, peak, low in zip((at + lo).tolist(), mid[at].tolist(), lows[1:].tolist(), strict=True):
                found += self._time_out(k)
                found += self._maximum(k, peak)
                self._valley = min(self._valley, low)
            self._seen = hi
        return found + self._time_out(self.slow.stop - 1)

    def _maximum(self, k: int, peak: float) -> list[Landing]:
        burst = self._burst
        if burst is None:
            if peak >= self._least(k):
                self._burst = _Burst(k, k, peak)
                self._valley = peak
            return []
        apart = self._valley < self.params.split * min(peak, burst.peak)
        apart = apart and k - burst.last >= self.params.rest_s * self.grid.rate_hz
        if not apart:
            if peak >= self.params.big * burst.peak:
                burst.last = k
                burst.impact = None
                self._valley = peak
            burst.peak = max(burst.peak, peak)
            return []
        if peak < self._least(k):
            return []
        self._burst = _Burst(k, k, peak)
        self._valley = peak
        return self._close(burst, k + 1, left=k)

    def _least(self, k: int) -> float:
        """The lowest maximum that can belong to a swing."""
        recent = k - self._last_land < self.params.forget_s * self.grid.rate_hz
        return max(self.params.floor_gps, self.params.share * self.usual if recent else 0.0)

    def _time_out(self, known: int) -> list[Landing]:
        burst = self._burst
        if burst is None:
            return []
        if burst.last + self.slow_index(self.params.stay_s - 0.2) > known:
            return []
        if burst.impact is None:
            burst.impact = self._impact(burst, burst.last + self.slow_index(self.params.stay_s - 0.2))
        due = -(-burst.impact[0] // self.grid.factor) + self.slow_index(self.params.wait_s)
        if due > known:
            return []
        self._burst = None
        self._valley = np.inf
        return self._close(burst, due, left=None)

    def _close(self, burst: _Burst, known: int, left: int | None) -> list[Landing]:
        """The landing of a burst, decided with slow sample `known`; `left` is the next burst's first maximum."""
        land_full, impact, made_up = burst.impact or self._impact(burst, known)
        lag = round(self.lag)
        swing_from = burst.first - lag - self.slow_index(0.1)
        acc = self.slow.view(swing_from, burst.last - lag + 1)[2:5]
        size = np.sqrt(acc[0] * acc[0] + acc[1] * acc[1] + acc[2] * acc[2])
        swing_g = float(np.max(np.abs(size - 1.0))) if len(size) else 0.0
        if burst.peak < self.params.swing_gps or swing_g < self.params.swing_g:
            return []
        recent = burst.last - self._last_land < self.params.forget_s * self.grid.rate_hz
        self.usual = 0.7 * self.usual + 0.3 * burst.peak if recent else burst.peak
        self._last_land = burst.last
        start_s = self._time(land_full)
        leave = known - lag if left is None else left - lag
        end_s = start_s + self.params.stay_s
        if left is not None:
            end_s = min(end_s, self._time(leave * self.grid.factor - self._delay))
        decided_s = self._time(known * self.grid.factor)
        return [
            Landing(
                start_s=start_s,
                end_s=min(end_s, decided_s),
                decided_s=decided_s,
                swing=swing_from,
                land=land_full // self.grid.factor,
                leave=leave,
                peak_gps=burst.peak,
                impact_g=np.nan if made_up else impact,
                swing_g=swing_g,
            )
        ]

    @property
    def _delay(self) -> int:
        return round(self.grid.delay_s * self.rate_hz)

    def _impact(self, burst: _Burst, until: int) -> tuple[int, float, bool]:
        """Where a burst's landing is (full index), the impact there in g, and whether samples were made up.

        The movement ends where the jerk last stood above `ends` of its greatest. An impact that is sharp for
        such a swing marks the landing; else it lies `soft_s` before the jerk fell to `soft_ends`.
        """
        lag = round(self.lag)
        first = max(burst.first - lag - self.slow_index(0.1), self.slow.start)
        last = burst.last + int(np.argmin(self.slow.view(burst.last, until)[0])) - lag
        jerk = self.slow.view(first, max(last, burst.last - lag) + 1)[1]
        end = self._end(first, jerk, self.params.ends)
        lo = max(end - round(0.2 * self.rate_hz), self.full.start)
        _, impact, made_up = self.full.view(lo, end + 1)
        if not len(impact):
            return end, 0.0, True
        most = float(impact.max())
        land = lo + int(np.argmax(impact >= 0.5 * most))
        if most < self.params.sharp * burst.peak:
            land = self._end(first, jerk, self.params.soft_ends) - round(self.params.soft_s * self.rate_hz)
        return land, most, bool(made_up.any())

    def _end(self, first: int, jerk: Floats, share: float) -> int:
        """Full index where the jerk (from slow index `first` on) last stood above a share of its greatest."""
        above = np.flatnonzero(jerk >= share * float(jerk.max()))
        return (first + int(above[-1])) * self.grid.factor - self._delay

    def _time(self, index: int) -> float:
        index = min(max(index, self.full.start), self.full.stop - 1)
        return float(self.full.view(index, index + 1)[0, 0])


def _impact_filter(rate_hz: float, band_hz: tuple[float, float]) -> Floats:
    """One band-pass section, or a high-pass where the rate has no room for the upper edge."""
    lo, hi = band_hz
    if hi < 0.42 * rate_hz:
        return np.asarray(butter(1, [lo, hi], btype="bandpass", fs=rate_hz, output="sos"))
    return np.asarray(butter(2, min(lo, 0.25 * rate_hz), btype="highpass", fs=rate_hz, output="sos"))
