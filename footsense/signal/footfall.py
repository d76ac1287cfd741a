"""What a landing looks like: on the forefoot, or with the heel or flat.

Two kinds of evidence. Posture (sensor on the foot): on tiptoe the foot stays tilted by 30–50° against the flat
stand through the stance; in any other step it comes back to flat within 0.1 s. Impact: a heel strike rings at
15–35 Hz, a landing forefoot is soft. Where the evidence is missing or at odds the answer is None.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from footsense.signal.gait import Landing, StepTracker
from footsense.types import Floats, Placement


@dataclass(frozen=True, slots=True)
class FootfallParams:
    """Tuning; knows no rate.

    The flat stand is the last posture kept for `quiet_s` with a jerk envelope below `quiet_gps` (g/s). Cosines
    of the stance's tilt against it: above `flat_cos` flat, below `toe_cos` tiptoe, below `far_cos` the stand
    was another posture. `hardness` is impact_g² / swing_g: from `hard` on a heel, below `soft` no heel, from
    `heel` on a heel whatever the posture. Impact needs `impact_rate_hz`, posture `posture_rate_hz`. Without
    posture a step is a tiptoe step only with `votes` soft ones in a row, each after a swing of `swing_g` and
    with at most a share `made_up` of its impact interpolated.
    """

    quiet_s: float = 1.5
    quiet_gps: float = 0.6
    flat_cos: float = 0.9781  # 12°
    toe_cos: float = 0.9511  # 18°
    far_cos: float = 0.34  # 70°
    hard: float = 0.6
    soft: float = 0.2
    heel: float = 3.0
    impact_rate_hz: float = 45.0
    posture_rate_hz: float = 20.0
    votes: int = 3
    swing_g: float = 0.25
    made_up: float = 0.1
    after_s: float = 0.1
    look_s: float = 0.3


class Footfall:
    """Labels landings in order. Keeps the flat stand and the last steps' hardness."""

    def __init__(
        self, rate_hz: float, placement: Placement | None, params: FootfallParams | None = None
    ) -> None:
        self.params = params or FootfallParams()
        self._rate_hz = rate_hz
        self._posture = placement in ("foot", None) and rate_hz >= self.params.posture_rate_hz
        self._stands: list[tuple[int, Floats]] = []  # slow index of the end, posture
        self._quiet_from: int | None = None
        self._soft: deque[bool] = deque(maxlen=self.params.votes)
        self._last_s = -math.inf

    def watch(self, tracker: StepTracker, start: int) -> None:
        """Looks for quiet stands in slow samples from `start` on; call before landings are labelled."""
        env = tracker.slow.view(start, tracker.slow.stop)[0]
        quiet = np.concatenate([[self._quiet_from is not None], env < self.params.quiet_gps])
        edges = np.flatnonzero(quiet[1:] != quiet[:-1]) + start
        for k in edges.tolist():
            if self._quiet_from is None:
                self._quiet_from = k
                continue
            if k - self._quiet_from >= tracker.slow_index(self.params.quiet_s):
                self._stand(tracker, k)
            self._quiet_from = None

    def settle(self) -> None:
        """Let go of stands that no landing to come can need."""
        del self._stands[:-16]

    def drop(self) -> None:
        """After a hole: what is under way is forgotten, the flat stand is kept."""
        self._quiet_from = None
        self._soft.clear()

    def _stand(self, tracker: StepTracker, end: int) -> None:
        last = end - round(tracker.lag) - tracker.slow_index(0.1)
        acc = tracker.slow.view(last - tracker.slow_index(0.8), last)[2:5]
        self._stands.append((end, mean(acc)))

    def _flat(self, before: int) -> Floats | None:
        """The last stand that ended before a slow index."""
        return next((posture for end, posture in reversed(self._stands) if end <= before), None)

    def label(self, landing: Landing, tracker: StepTracker) -> bool | None:
        """True on the forefoot, False with the heel or flat, None where it cannot be told."""
        hardness = self._hardness(landing)
        tilt = self._tilt_cos(landing, tracker) if self._posture else None
        if tilt is not None:
            return self._by_posture(tilt, hardness)
        return self._by_impact(landing, hardness)

    def _hardness(self, landing: Landing) -> float:
        if self._rate_hz < self.params.impact_rate_hz:
            return math.nan
        return landing.impact_g * landing.impact_g / landing.swing_g

    def _tilt_cos(self, landing: Landing, tracker: StepTracker) -> float | None:
        """Cosine of the angle between stance and flat stand."""
        flat = self._flat(landing.land)
        if flat is None:
            return None
        p = self.params
        lo = landing.land + tracker.slow_index(p.after_s)
        stay = min(tracker.slow_index(p.look_s), max((landing.leave - lo) // 2, 1))
        stance = mean(tracker.slow.view(lo, lo + stay)[2:5])
        cos = _cos(stance, flat)
        return cos if cos >= p.far_cos else None

    def _by_posture(self, tilt_cos: float, hardness: float) -> bool | None:
        if tilt_cos >= self.params.flat_cos:
            return False
        if tilt_cos <= self.params.toe_cos:
            return None if hardness >= self.params.heel else True
        return False if hardness >= self.params.hard else None

    def _by_impact(self, landing: Landing, hardness: float) -> bool | None:
        if landing.start_s - self._last_s > 2.5:
            self._soft.clear()
        self._last_s = landing.start_s
        if math.isnan(hardness):
            return None
        seen = landing.made_up <= self.params.made_up and landing.swing_g >= self.params.swing_g
        self._soft.append(seen and hardness < self.params.soft)
        if hardness >= self.params.hard:
            return False
        enough = len(self._soft) == self.params.votes and all(self._soft)
        return True if enough and not self._posture else None


def mean(rows: Floats) -> Floats:
    """(n, m) to (n,): exactly rounded sums, the same however the rows lie in memory."""
    return np.array([math.fsum(row.tolist()) / max(len(row), 1) for row in rows])


def _cos(a: Floats, b: Floats) -> float:
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return float(dot / math.sqrt(size)) if size > 0 else 0.0
