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

_TINY = 1e-30  # g⁴: the square of no vector that was measured


@dataclass(frozen=True, slots=True)
class FootfallParams:
    """Tuning; knows no rate.

    A stand is a posture kept for `quiet_s` with a jerk envelope below `quiet_gps` (g/s), its two halves
    within `steady_cos` of each other. A tilt against it (as `Footfall._tilt` measures it) below the first of
    `flat` is flat, above the second tiptoe; between them the median of up to `votes` steps in a row tells, by
    `flat_steps`. Farther than `elsewhere` the stand was another posture. Hardness is impact³ / (swing · calm),
    in g: from `hard` on a heel, below `soft` no heel, from `heel` on a heel whatever the posture. Impact
    needs `impact_rate_hz`, posture `posture_rate_hz`. Without posture a label needs the median hardness of
    up to `votes` steps in a row (three at least): a heel from `legs_hard` on; a forefoot below `legs_soft`
    (ankle, shank) where none of them was hard, each had a swing of `swing_g`, and no more than a share
    `made_up` of an impact was interpolated, at `legs_rate_hz` or more.
    """

    quiet_s: float = 1.5
    quiet_gps: float = 1.2
    steady_cos: float = 0.9986  # 3°
    flat: tuple[float, float] = (0.21, 0.35)  # 12°, 20°
    flat_steps: tuple[float, float] = (0.26, 0.3)  # 15°, 17°
    elsewhere: float = 1.15  # 70°
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
    after_s: float = 0.12
    look_s: float = 0.9
    half_s: float = 0.06
    middle: float = 0.6
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
        self._tilts: deque[float] = deque(maxlen=self.params.votes)
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
        self._tilts.clear()

    @property
    def blind(self) -> bool:
        """Whether tiptoe cannot be told at this rate and placement."""
        return not self._posture and self._rate_hz < self.params.legs_rate_hz

    def label(self, landing: Landing, tracker: StepTracker) -> bool | None:
        """True on the forefoot, False with the heel or flat, None where it cannot be told."""
        hardness = self._hardness(landing)
        tilt = self._tilt(landing, tracker) if self._posture else None
        if landing.start_s - self._last_s > self.params.bout_s:
            self._votes.clear()
            self._tilts.clear()
        self._last_s = landing.start_s
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

    def _tilt(self, landing: Landing, tracker: StepTracker) -> float | None:
        """How far the stance is from the flat stand: the distance of the unit vectors (about the angle in
        radians) where the stance is calmest, and added to it the least distance in the stance.

        The calmest moment is where the jerk envelope is lowest; the least distance is looked for up to `middle`
        of the stance. By then the heel is down if it comes down, and a landing dated too early does no harm."""
        p, slow, flat = self.params, tracker.slow, self._flat(landing.land)
        lo = landing.land + tracker.slow_index(p.after_s)
        hi = min(landing.leave, landing.land + tracker.slow_index(p.look_s))
        half = max(1, tracker.slow_index(p.half_s))
        if flat is None or hi < lo + 2 * half + 1:
            return None
        lag = round(tracker.lag)
        calm = int(np.argmin(slow.view(lo + half + lag, hi - half + lag)[0]))
        acc = slow.view(lo, hi)[2:5]
        width = acc.shape[1] - 2 * half
        around = sum((acc[:, i : i + width] for i in range(1, 2 * half + 1)), acc[:, :width])
        far = np.sqrt(2.0 * np.maximum(1.0 - _cos(around, flat), 0.0))
        near = float(far[: max(1, int(p.middle * width))].min())
        return float(far[calm]) + near if far[calm] <= p.elsewhere else None

    def _by_posture(self, tilt: float, hardness: float) -> bool | None:
        p = self.params
        self._tilts.append(tilt)
        flat, tiptoe = p.flat
        if flat < tilt < tiptoe:  # one step cannot tell, its neighbours may
            tilt = median(self._tilts)
            flat, tiptoe = p.flat_steps
        if tilt <= flat:
            return False
        return None if tilt < tiptoe or hardness >= p.heel else True

    def _by_impact(self, landing: Landing, hardness: float) -> bool | None:
        p = self.params
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
    """Cosines of the angles between (3, …) and (3, …), 0 where one of them has no length."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return np.asarray(dot / np.sqrt(np.maximum(size, _TINY)))
