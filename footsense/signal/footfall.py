"""What a landing looks like: on the forefoot, or with the heel or flat.

Two kinds of evidence. Posture (sensor on the foot): on tiptoe the foot stays tilted against the flat stand
through the stance; in any other step it comes back to flat within 0.1 s. Impact: a heel strike rings at
15–35 Hz, a landing forefoot is soft. Where the evidence is missing or at odds the answer is None.
No public recording of tiptoe walking is known: what tells it from heel strike was found on simulated gait, and
held against real gait with heel strike only.
"""

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from footsense.signal.gait import Landing, StepTracker
from footsense.types import Floats, Placement


@dataclass(frozen=True, slots=True)
class FootfallParams:
    """Tuning; knows no rate.

    A stand is a posture kept for `quiet_s` with a jerk envelope below `quiet_gps` (g/s), its two halves
    within `steady_cos` of each other. Cosines of the stance's tilt against it: above `flat_cos` flat, below
    `toe_cos` tiptoe, below `far_cos` the stand was another posture. Hardness is impact³ / (swing · calm),
    in g: from `hard` on a heel, below `soft` no heel, from `heel` on a heel whatever the posture. Impact
    needs `impact_rate_hz`, posture `posture_rate_hz`. Without posture a label needs the median hardness of
    up to `votes` steps in a row (three at least): a heel from `legs_hard` on; a forefoot below `legs_soft`
    (ankle, shank) where none of them was hard, each had a swing of `swing_g`, and no more than a share
    `made_up` of an impact was interpolated, at `legs_rate_hz` or more.
    """

    quiet_s: float = 1.5
    quiet_gps: float = 0.6
    steady_cos: float = 0.9986  # 3°
    flat_cos: float = 0.989  # 8.5°
    toe_cos: float = 0.9744  # 13°
    far_cos: float = 0.34  # 70°
    soft: float = 0.45
    hard: float = 0.7
    heel: float = 8.0
    legs_soft: float = 0.2
    legs_soft_g: tuple[float, float] = (0.28, 0.2)
    legs_hard: float = 2.5
    legs_rate_hz: float = 90.0
    noise_g: float = 0.02
    impact_rate_hz: float = 45.0
    posture_rate_hz: float = 20.0
    votes: int = 5
    swing_g: float = 0.25
    made_up: float = 0.1
    after_s: float = 0.1
    look_s: float = 0.3
    bout_s: float = 2.5


class Footfall:
    """Labels landings in order. Keeps the flat stand and the last steps' hardness."""

    def __init__(self, rate_hz: float, placement: Placement | None) -> None:
        self.params = FootfallParams()
        self._rate_hz = rate_hz
        self._posture = placement in ("foot", None) and rate_hz >= self.params.posture_rate_hz
        ankle, shank = self.params.legs_soft_g
        self._soft_g = {"ankle": ankle, "shank": shank}.get(placement or "", 0.0)
        self._stood: list[int] = []  # slow indices of the ends of stands
        self._stands: list[Floats] = []  # their postures
        self._quiet_from: int | None = None
        self._votes: deque[tuple[float, float, bool]] = deque(maxlen=self.params.votes)
        self._last_s = -math.inf

    def watch(self, tracker: StepTracker, start: int) -> None:
        """Looks for quiet stands in slow samples from `start` on; call before landings are labelled."""
        if not self._posture or start >= tracker.slow.stop:
            return
        env = tracker.slow.view(start, tracker.slow.stop)[0]
        quiet = np.concatenate([[self._quiet_from is not None], env < self.params.quiet_gps, [False]])
        edges = (np.flatnonzero(quiet[1:] != quiet[:-1]) + start).tolist()
        if self._quiet_from is not None:
            edges.insert(0, self._quiet_from)
        block = tracker.slow_index(self.params.quiet_s)
        ends = [
            k for lo, hi in zip(edges[::2], edges[1::2], strict=True) for k in range(lo + block, hi + 1, block)
        ]
        self._stand(tracker, np.array([k for k in ends if k > start], dtype=np.int64), block)
        still_quiet = bool(edges) and edges[-1] == tracker.slow.stop
        self._quiet_from = self._block_start(edges[-2], tracker.slow.stop, block) if still_quiet else None

    def settle(self) -> None:
        """Let go of stands that no landing to come can need."""
        del self._stood[:-16], self._stands[:-16]

    def drop(self) -> None:
        """After a hole: what is under way is forgotten, the flat stand is kept."""
        self._quiet_from = None
        self._votes.clear()

    @property
    def blind(self) -> bool:
        """Whether tiptoe cannot be told at this rate and placement."""
        return not self._posture and self._rate_hz < self.params.legs_rate_hz

    def label(self, landing: Landing, tracker: StepTracker) -> bool | None:
        """True on the forefoot, False with the heel or flat, None where it cannot be told."""
        hardness = self._hardness(landing)
        tilt = self._tilt_cos(landing, tracker) if self._posture else None
        if tilt is not None:
            return self._by_posture(tilt, hardness)
        return self._by_impact(landing, hardness)

    @staticmethod
    def _block_start(start: int, stop: int, block: int) -> int:
        """Where the block of a quiet stretch begins that is not yet full."""
        return start + (stop - start) // block * block

    def _stand(
        self, tracker: StepTracker, ends: "np.ndarray[tuple[int], np.dtype[np.int64]]", block: int
    ) -> None:
        """Keeps the postures of those blocks that are steady. Five samples stand for a block."""
        if not len(ends):
            return
        begin = max(ends[0] - 2 * block, tracker.slow.start)
        acc = tracker.slow.view(begin, tracker.slow.stop)[2:5]
        at = np.array(ends) - begin - 1 - round(tracker.lag)
        a, b, c, d, e = (acc[:, np.maximum(at - block * i // 5, 0)] for i in range(5))
        early, late = a + b, d + e
        steady = _cos(early, late) >= self.params.steady_cos
        postures = ((early + c + late) / 5.0).T
        self._stood += np.array(ends)[steady].tolist()
        self._stands += list(postures[steady])

    def _flat(self, before: int) -> Floats | None:
        """The last stand that ended before a slow index."""
        k = bisect_right(self._stood, before)
        return self._stands[k - 1] if k else None

    def _hardness(self, landing: Landing) -> float:
        if self._rate_hz < self.params.impact_rate_hz:
            return math.nan
        power = landing.impact_g * landing.impact_g * landing.impact_g
        return power / (landing.swing_g * (landing.calm_g + self.params.noise_g))

    def _tilt_cos(self, landing: Landing, tracker: StepTracker) -> float | None:
        """Cosine of the angle between stance and flat stand."""
        flat = self._flat(landing.land)
        if flat is None:
            return None
        p = self.params
        lo = landing.land + tracker.slow_index(p.after_s)
        stay = min(tracker.slow_index(p.look_s), max((landing.leave - lo) // 2, 1))
        rows = tracker.slow.view(lo, lo + stay)[2:5]
        cos = float(_cos(np.array([math.fsum(row.tolist()) for row in rows]), flat))
        return cos if cos >= p.far_cos else None

    def _by_posture(self, tilt_cos: float, hardness: float) -> bool | None:
        p = self.params
        if tilt_cos >= p.flat_cos:
            return False
        if tilt_cos <= p.toe_cos:
            return None if hardness >= p.heel else True
        if hardness >= p.hard:
            return False
        return True if hardness < p.soft else None

    def _by_impact(self, landing: Landing, hardness: float) -> bool | None:
        p = self.params
        if landing.start_s - self._last_s > p.bout_s:
            self._votes.clear()
        self._last_s = landing.start_s
        if math.isnan(hardness):
            return None
        clear = landing.made_up <= p.made_up and landing.swing_g >= p.swing_g
        self._votes.append((hardness, landing.impact_g, clear and hardness < p.hard))
        usual = median(h for h, _, _ in self._votes)
        if max(usual, hardness) >= p.legs_hard:
            return False if min(usual, hardness) >= p.soft else None
        if len(self._votes) < 3 or self._rate_hz < p.legs_rate_hz or not all(ok for _, _, ok in self._votes):
            return None
        soft = usual < p.legs_soft and median(g for _, g, _ in self._votes) < self._soft_g
        return True if soft else None


def _cos(a: Floats, b: Floats) -> Floats:
    """Cosines of the angles between (3, …) and (3, …)."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return np.asarray(dot / np.sqrt(size))
