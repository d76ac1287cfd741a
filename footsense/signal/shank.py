"""Finds landings at the ankle and shank with a gyro: the forward swing of the leg.

Between two landings the shank swings forward fast and then leans over the standing foot slowly, the other way
about the same axis. The sign tells them apart where the accelerations are too alike, as in short steps; the
axis is the wearer's own, learned from swings.
"""

import numpy as np

from footsense.signal.gait import Burst, GaitParams, Landing, StepTracker
from footsense.types import Floats

SHANK = GaitParams(floor_gps=60.0, share=0.4, swing_gps=90.0, rest_s=0.35, before_s=0.3, after_s=0.2)


class ShankTracker(StepTracker):
    """As StepTracker; the envelope is |rate| in deg/s (so are `floor_gps`, `swing_gps` and `Landing.peak_gps`),
    and a maximum of the rate against the swing's direction is stance."""

    def __init__(self, rate_hz: float, params: GaitParams | None = None) -> None:
        super().__init__(rate_hz, params or SHANK)
        self._axis = np.zeros(3)
        self._known = 0  # swings the axis was learned from

    def _lag(self) -> float:
        return 0.0

    def _envelope(self, jerk: Floats, turn: Floats) -> Floats:
        return turn

    def _maximum(self, k: int, peak: float, spin: float) -> list[Landing]:
        if peak < self._least(k):
            return []
        if self._against(k):
            return self._other_way(k, peak)
        burst = self._burst
        if burst is None:
            self._begin(k, peak, 0.0)
            return []
        if self._apart(burst, k, peak):
            self._begin(k, peak, 0.0)
            return self._close(burst, k + 1, left=k)
        if peak >= burst.peak:
            burst.last, burst.impact, burst.peak = k, None, peak
            self._valley = peak
        return []

    def _other_way(self, k: int, peak: float) -> list[Landing]:
        """Stance; or the swing itself where what the axis was learned from was less than it."""
        self._valley = 0.0
        burst = self._burst
        if burst is None or self._known > 3 or peak < (1.3 if self._known else 1.0) * burst.peak:
            return []
        self._known, self._axis = 0, np.zeros(3)
        self._begin(k, peak, 0.0)
        return []

    def _against(self, k: int) -> bool:
        if k - self._last_land > 2 * self.params.forget_s * self.grid.rate_hz:
            self._known = 0
        if not self._known and self._burst is None:
            return False
        axis = self._axis if self._known else self._rate(self._burst.last)  # type: ignore[union-attr]
        rate = self._rate(k)
        return float(axis[0] * rate[0] + axis[1] * rate[1] + axis[2] * rate[2]) < 0.0

    def _rate(self, k: int) -> Floats:
        return self.slow.view(k, k + 1)[7:10, 0]

    def _close(self, burst: Burst, known: int, left: int | None) -> list[Landing]:
        landings = super()._close(burst, known, left)
        if landings:
            weight = 1.0 / min(self._known + 1, 5)
            self._axis = (1.0 - weight) * self._axis + weight * self._rate(burst.last)
            self._known += 1
        return landings

    def _leave(self, left: int) -> int:
        rate = self.slow.view(left - self.slow_index(0.4), left + 1)[0]
        below = np.flatnonzero(rate < 0.25 * float(rate[-1]))
        return left - (len(rate) - 1 - int(below[-1]) if len(below) else 0)

    def _impact(self, burst: Burst, until: int) -> tuple[int, float, float]:
        """The swing ends where the rate comes back below a quarter of its greatest; an impact around it is
        the landing."""
        rate = self.slow.view(burst.last, min(until, burst.last + self.slow_index(0.5)) + 1)[0]
        below = np.flatnonzero(rate < 0.25 * burst.peak)
        slow = burst.last + (int(below[0]) if len(below) else len(rate) - 1)
        end = slow * self.grid.factor - self._delay
        lo = end - round(0.04 * self.rate_hz)
        _, impact, made_up = self.full.view(lo, end + round(0.12 * self.rate_hz) + 1)
        if not len(impact):
            return end, 0.0, 1.0
        most = float(impact.max())
        land = lo + int(np.argmax(impact >= 0.5 * most))
        return (land if most > 0.5 else end + round(0.03 * self.rate_hz)), most, float(made_up.mean())
