"""Where a foot landed, and when it left again: a closer look at the bursts of movement that `gait` finds.

All bursts of a chunk are looked at side by side, element by element, so that what one of them shows does not
depend on its company.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from footsense.signal.butterworth import band_pass, high_pass
from footsense.signal.front import SlowGrid
from footsense.signal.lately import Indices, Reel, Rows
from footsense.types import Floats

ENV, JERK, ACC, SPIN, GYR, OFF, ROWS = 0, 1, slice(2, 5), 5, slice(6, 9), 9, 10
POLES = 4  # smoothers of the envelope
TOGETHER = 512  # bursts looked at side by side, which bounds the memory that takes


@dataclass(frozen=True, slots=True)
class GaitParams:
    """Tuning; knows no rate.

    `smooth_s` is the time constant of each of the one-pole smoothers of the jerk. A burst starts anew where the
    envelope fell below `split` of the smaller of two maxima, `apart_s` or more apart, and the rate below
    `turning` of its greatest or below `turning_dps`; it lands without another only if the envelope fell below
    `rests` of its greatest, or is about to when the stream ends: the jerk has been as low for `quiet_s`. A
    maximum is seen from `floor_gps` (g/s) on, and from `share` of the wearer's usual peak. A burst is a swing
    from `swing_gps` and `swing_g` on, or from `slow_gps` and `slow_g` on. A landing without impact lies at
    most `settles_s` before the last jerk of `ends` of the burst's greatest. What lands stays `least_s` to
    `stay_s` in a step; one that stays is decided `wait_s` after its movement has half ended, and at most
    `latest_s` after it landed. `forget_s` after a landing the usual peak no longer counts.
    """

    smooth_s: float = 0.042
    split: float = 0.55
    rests: float = 0.45
    quiet_s: float = 0.12
    turning: float = 0.5
    turning_dps: float = 120.0
    apart_s: float = 0.35
    floor_gps: float = 1.5
    share: float = 0.12
    swing_gps: float = 4.0
    slow_gps: float = 2.0
    slow_g: float = 0.18
    swing_g: float = 0.11
    lands_s: float = 0.06
    big: float = 0.3
    ends: float = 0.2
    soft_ends: float = 0.35
    soft_s: float = 0.055
    half_s: float = 0.03
    settles_s: float = 2.5
    early_s: float = 0.12
    sharp: float = 0.025
    stay_s: float = 1.0
    least_s: float = 0.1
    leaves: float = 0.75
    wait_s: float = 0.94
    latest_s: float = 1.19
    ring_s: float = 0.2
    forget_s: float = 2.5
    keep_s: float = 6.0
    before_s: float = 0.2
    long_s: float = 2.5
    impact_hz: tuple[float, float] = (16.0, 40.0)


class Swing(NamedTuple):
    """A burst of movement that has ended. Indices on the slow grid: `swing` before its first maximum, `last`
    its last great one, `known` with which its end was seen (-1 where it is a matter of waiting), `left` the
    first maximum of the next, or -1, `still` where there was least movement before; `peak_gps` and `swing_g`
    as in `Landing`."""

    swing: int
    last: int
    known: int
    left: int
    still: int
    peak_gps: float
    swing_g: float


class Landing(NamedTuple):
    """A landing after a swing. Times in s; indices on the slow grid.

    `still` is where there was least movement before, `swing` … `land` the burst, `land` … `leave` the stance
    that is known when it is decided;
    `peak_gps` the burst's greatest envelope, `impact_g` the greatest band-passed acceleration at the landing,
    `calm_g` the same in the swing before, `swing_g` the greatest deviation of |a| from 1 g in the swing.
    """

    start_s: float
    end_s: float
    decided_s: float
    swing: int
    land: int
    leave: int
    still: int
    peak_gps: float
    impact_g: float
    calm_g: float
    swing_g: float


class _Ends(NamedTuple):
    """How bursts end, in full indices: when the jerk last stood above `ends` of its greatest, where a landing
    without impact lies, and the first where any may lie."""

    moving: Indices
    soft: Indices
    after: Indices


class Lander:
    """Bursts to landings. `slow` holds the rows named above, `full` the samples."""

    def __init__(self, rate_hz: float, params: GaitParams, slow: Rows, full: Reel) -> None:
        self.params = params
        self.slow, self.full = slow, full
        grid = SlowGrid.at(rate_hz)
        self._factor = grid.factor
        self._delay = round(grid.delay_s * rate_hz)
        self._lag = round(POLES * params.smooth_s * grid.rate_hz)
        self._stay = round((params.stay_s - 0.2) * grid.rate_hz)
        self._wait = round(params.wait_s * grid.rate_hz) - self._lag - -(-self._delay // grid.factor)
        self.longest = self._stay + self._wait + 1  # slow samples from a burst's last maximum until it is over
        self._far = round(params.long_s * grid.rate_hz) + self._stay + 1
        self._span = np.arange(self.longest)
        self._back = round(params.ring_s * rate_hz)
        self._before = round(0.15 * rate_hz)
        some = params.soft_s, params.half_s, params.settles_s, params.early_s, params.latest_s
        self._soft, self._half, self._settles, self._early, self._latest = (round(x * rate_hz) for x in some)
        self._sharp = params.sharp if rate_hz >= 90.0 else 0.5 * params.sharp  # less of it is seen
        self._band = _impact_filter(rate_hz, params.impact_hz)
        self.drop()

    def drop(self) -> None:
        """Forget when the foot left, as after a hole."""
        self._left_s = -math.inf  # it cannot land again before

    def land(self, swings: Sequence[Swing]) -> list[Landing]:
        """The landings of bursts, in their order."""
        some = (swings[i : i + TOGETHER] for i in range(0, len(swings), TOGETHER))
        return [landing for part in some for landing in self._land(part)]

    def due(self, last: int) -> int:
        """The slow index with which a burst that nothing follows is decided: `wait_s` after its envelope has
        fallen half-way."""
        env = self.slow.view(last, last + self._stay)[ENV].tolist()
        half = 0.5 * (env[0] + min(env))
        return last + max(self._stay, next(k for k, x in enumerate(env) if x <= half) + self._wait)

    def _land(self, swings: Sequence[Swing]) -> list[Landing]:
        swing, last, known, left = (np.array([x[i] for x in swings], dtype=np.int64) for i in range(4))
        peak = np.array([x.peak_gps for x in swings])
        waited = known < 0
        env = self._envelopes(last, np.where(waited, last + self._stay, known))
        half = (env <= 0.5 * (env[:, 0] + env.min(axis=1))[:, None]).argmax(axis=1)
        known = np.where(waited, last + np.maximum(half + self._wait, self._stay), known)
        ends = self._ends(swing, last, last + env.argmin(axis=1), last + half)
        impact, calm = self._ringing(ends.moving)
        most = impact.max(axis=1)
        land = ends.moving - self._back + (impact >= 0.5 * most[:, None]).argmax(axis=1)
        land = np.maximum(np.where(most < self._sharp * peak, ends.soft, land), ends.after)
        land = np.maximum(land, known * self._factor - self._latest)
        leave = self._leave(
            self._envelopes(last, known), np.where(left < 0, 0.5 * peak, self.slow.take(ENV, left))
        )
        leave = np.where(leave < 0, -1, last + leave - self._lag)
        times = self.full.times(np.stack([land, leave * self._factor - self._delay, known * self._factor]))
        land = (land + self._delay) // self._factor
        stands = np.where(leave < 0, known - self._lag, leave)
        still = np.array([x.still for x in swings])
        shown = (*times, leave, swing, land, stands, still, peak, most, calm)
        rows = zip(*(x.tolist() for x in shown), (x.swing_g for x in swings), strict=True)
        return [Landing(*self._times(*row[:4]), *row[4:]) for row in rows]

    def _envelopes(self, last: Indices, until: Indices) -> Floats:
        """(k, …) envelopes from `last` to before `until`, then infinite."""
        env = self.slow.take(ENV, last[:, None] + self._span)
        env[self._span >= (until - last)[:, None]] = np.inf
        return env

    def _times(
        self, landed_s: float, left_s: float, decided_s: float, leave: int
    ) -> tuple[float, float, float]:
        start_s = max(landed_s, self._left_s)
        end_s = start_s + self.params.stay_s
        if leave >= 0:
            end_s = min(end_s, max(left_s, start_s + self.params.least_s))
        self._left_s = min(end_s, decided_s)
        return start_s, self._left_s, decided_s

    def _ends(self, swing: Indices, last: Indices, rest: Indices, half: Indices) -> _Ends:
        """The ends of bursts by the jerk between `swing` and `rest`; their envelopes have fallen half-way at
        `half`."""
        at = rest[:, None] - self._lag + np.arange(1 - self._far, 1)
        jerk = self.slow.take(JERK, at)
        jerk[at < np.maximum(swing, self.slow.start)[:, None]] = -1.0
        most = jerk.max(axis=1, keepdims=True)
        shares = self.params.ends, self.params.soft_ends
        since = ((jerk >= share * most)[:, ::-1].argmax(axis=1) for share in shares)
        moving, soft = (self._full(rest - k) for k in since)
        soft = np.minimum(soft - self._soft, self._full(half) - self._half)
        soft = np.maximum(soft, moving - self._settles)
        return _Ends(moving, soft, self._full(last) - self._early)

    def _full(self, late: Indices) -> Indices:
        """Full indices of what the envelope shows at slow indices."""
        return np.asarray((late - self._lag) * self._factor - self._delay)

    def _ringing(self, end: Indices) -> tuple[Floats, Floats]:
        """Band-passed |acceleration| in the last 0.2 s up to full indices `end`, and its greatest in the swing
        before."""
        before = self._before
        acc = self.full.windows(end - self._back - 2 * before, self._back + 2 * before + 1)
        band = lfilter(*self._band, acc - acc[:, :1], axis=1)
        band *= band
        size = np.sqrt(band[..., 0] + band[..., 1] + band[..., 2])
        return size[:, 2 * before :], size[:, before // 2 : 2 * before].max(axis=1)

    def _leave(self, env: Floats, high: Floats) -> Indices:
        """Columns where the foot leaves: where the envelope has risen by `leaves` from its rest after a burst
        to the next one's first maximum `high`; -1 where it stays. With no maximum yet, one of half the size of
        this burst's is expected."""
        rest, low = env.argmin(axis=1), env.min(axis=1)
        risen = env >= (low + self.params.leaves * (high - low))[:, None]
        risen &= (env < np.inf) & (self._span >= rest[:, None])
        return np.where(risen.any(axis=1), risen.argmax(axis=1), -1)


def _impact_filter(rate_hz: float, band_hz: tuple[float, float]) -> tuple[Floats, Floats]:
    """A band-pass, or a high-pass where the rate has no room for the upper edge."""
    lo, hi = band_hz
    if hi < 0.42 * rate_hz:
        return band_pass(2, band_hz, rate_hz)
    return high_pass(4, min(lo, 0.3 * rate_hz), rate_hz)
