"""What a landing looks like: on the forefoot, or with the heel or flat.

Three kinds of evidence. Posture: on tiptoe the foot stays tilted against the flat stand through the stance;
in any other step it comes back to flat. On the foot this tells alone, where a stand came before. Turn:
rolling from heel to toe, foot and leg turn farther in the swing than on tiptoe, and by it and the posture
together the ankle tells. Impact: a heel strike rings at 15–35 Hz, a landing forefoot is soft. Where the
evidence is missing or at odds the answer is None; on the shank, which leans as far on stairs, it is never
tiptoe.
No public recording of tiptoe walking is known: what tells it from heel strike was found on simulated gait, and
held against real gait with heel strike only.
"""

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

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
    `flat_steps`. From `surely` on a great turn in the swing does not speak against tiptoe. Farther than
    `elsewhere` the stand was another posture. Hardness is impact³ / (swing · calm), in g: from `hard` on a
    heel, below `soft` no heel, from `heel` on a heel whatever the posture. Impact needs `impact_rate_hz`,
    posture `posture_rate_hz`.

    Otherwise the turn in the swing tells, in degrees: over the last of `turns` with a heel, unless tilted by
    more than the second of `tilted`; between the others on the forefoot if tilted by the first and `hardness`
    below `soft_leg`. With the sensor on the foot and no stand before, `few` steps in a row with turns up to
    `alone` and hardness below `soft` are on tiptoe. Failing that the median hardness of up to `votes` steps
    in a row (three at least): a heel from `legs_hard` on; a forefoot below `legs_soft` (ankle, shank) where
    none of them was hard, each had a swing of `swing_g`, and no more than a share `made_up` of an impact was
    interpolated, at `legs_rate_hz` or more. On tiptoe are only steps with a swing of `swing_g` and the first
    of `turns`, and with impacts of `impact_g` where the rate shows them.
    """

    quiet_s: float = 1.5
    quiet_gps: float = 1.2
    steady_cos: float = 0.9986  # 3°
    flat: tuple[float, float] = (0.21, 0.35)  # 12°, 20°
    flat_steps: tuple[float, float] = (0.26, 0.3)  # 15°, 17°
    surely: float = 0.7  # 40°
    elsewhere: float = 1.15  # 70°
    soft: float = 0.45
    hard: float = 0.7
    heel: float = 8.0
    legs_soft: float = 0.2
    soft_leg: float = 1.2
    legs_soft_g: tuple[float, float] = (0.28, 0.2)
    legs_hard: float = 2.5
    legs_rate_hz: float = 90.0
    noise_g: float = 0.02
    impact_g: float = 0.03
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
    turn_s: float = 0.25
    rise_s: float = 6.0
    turns: tuple[float, float, float] = (8.0, 50.0, 54.0)
    tilted: tuple[float, float] = (0.2, 0.42)  # 11°, 24°
    alone: float = 38.0
    few: int = 3


class _Step(NamedTuple):
    """What a step showed, NaN where it did not: `tilt` by `Footfall._tilt`, `turn` in degrees, `hardness` and
    `impact_g` in g; `clear` if a soft landing would be seen as one."""

    tilt: float
    turn: float
    hardness: float
    impact_g: float
    swing_g: float
    clear: bool


class Footfall:
    """Labels landings in order. Keeps the flat stand and the last steps' hardness."""

    def __init__(self, rate_hz: float, placement: Placement | None) -> None:
        self.params = FootfallParams()
        self._rate_hz = rate_hz
        self._on_foot = placement in ("foot", None)
        self._bends = placement != "shank"  # the shank leans forward on stairs as much as on tiptoe
        self._posture = rate_hz >= self.params.posture_rate_hz
        ankle, shank = self.params.legs_soft_g
        self._soft_g = {"ankle": ankle, "shank": shank}.get(placement or "", 0.0)
        self._stood: list[int] = []  # slow indices of the ends of stands
        self._stands: list[Floats] = []  # their postures
        self._quiet_from: int | None = None
        self._seen: deque[_Step] = deque(maxlen=self.params.votes)  # the last steps in a row
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
        self._seen.clear()

    @property
    def blind(self) -> bool:
        """Whether tiptoe cannot be told at this rate and placement."""
        sees = self._posture if self._on_foot else self._rate_hz >= self.params.legs_rate_hz
        return not sees

    def label(self, landing: Landing, tracker: StepTracker) -> bool | None:
        """True on the forefoot, False with the heel or flat, None where it cannot be told."""
        if landing.start_s - self._last_s > self.params.bout_s:
            self._seen.clear()
        self._last_s = landing.start_s
        step = self._look(landing, tracker)
        self._seen.append(step)
        if self._on_foot and not math.isnan(step.tilt):
            return self._by_posture(step)
        told = self._by_turn(step)
        return self._by_impact(step) if told is None else told

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

    def _flat(self, before: int, tracker: StepTracker) -> list[Floats]:
        """The last stand that ended before a slow index. On the leg, where the turn in the swing has to agree,
        the one shortly before too: the last may have been on tiptoe already."""
        k = bisect_right(self._stood, before)
        if (
            k < 2
            or self._on_foot
            or self._stood[k - 1] - self._stood[k - 2] > tracker.slow_index(self.params.rise_s)
        ):
            return self._stands[max(k - 1, 0) : k]
        return self._stands[k - 2 : k]

    def _hardness(self, landing: Landing) -> float:
        if self._rate_hz < self.params.impact_rate_hz:
            return math.nan
        power = landing.impact_g * landing.impact_g * landing.impact_g
        return power / (landing.swing_g * (landing.calm_g + self.params.noise_g))

    def _look(self, landing: Landing, tracker: StepTracker) -> _Step:
        """What a step shows. The posture is taken where the jerk envelope of the stance is lowest: by then the
        heel is down if it comes down, and a landing dated too early does no harm."""
        p, slow = self.params, tracker.slow
        lo = landing.land + tracker.slow_index(p.after_s)
        hi = min(landing.leave, landing.land + tracker.slow_index(p.look_s))
        half = max(1, tracker.slow_index(p.half_s))
        tilt = turn = math.nan
        if self._posture and hi >= lo + 2 * half + 1:
            lag = round(tracker.lag)
            calm = int(slow.view(lo + half + lag, hi - half + lag)[0].argmin())
            acc = slow.view(lo, hi)[2:5]
            width = acc.shape[1] - 2 * half
            around = sum((acc[:, i : i + width] for i in range(1, 2 * half + 1)), acc[:, :width])
            tilt = max((self._tilt(around, calm, x) for x in self._flat(landing.land, tracker)), default=tilt)
            if not self._on_foot or not tilt <= p.flat[0]:
                until = min(landing.land + tracker.slow_index(p.turn_s), landing.leave)
                turn = _turn(slow.view(landing.swing, until)[6:9], around[:, calm]) / tracker.grid.rate_hz
        hardness = self._hardness(landing)
        clear = landing.made_up <= p.made_up and landing.swing_g >= p.swing_g
        return _Step(tilt, turn, hardness, landing.impact_g, landing.swing_g, clear and hardness < p.hard)

    def _tilt(self, around: Floats, calm: int, flat: Floats) -> float:
        """How far a stance is from the flat stand: the distance of the unit vectors (about the angle in
        radians) where the stance is calmest, added to it the least distance up to `middle` of the stance."""
        far = np.sqrt(2.0 * np.maximum(1.0 - _cos(around, flat), 0.0))
        near = float(far[: max(1, int(self.params.middle * len(far)))].min())
        return float(far[calm]) + near if far[calm] <= self.params.elsewhere else math.nan

    def _usual(self, what: str) -> float:
        """The median of what the last steps showed."""
        shown = [x for x in (getattr(step, what) for step in self._seen) if not math.isnan(x)]
        return median(shown) if shown else math.nan

    def _by_posture(self, step: _Step) -> bool | None:
        p, tilt = self.params, step.tilt
        flat, tiptoe = p.flat
        if flat < tilt < tiptoe:  # one step cannot tell, its neighbours may
            tilt = self._usual("tilt")
            flat, tiptoe = p.flat_steps
        if tilt <= flat or (step.turn >= p.turns[2] and tilt < p.surely):
            return False
        swung = step.swing_g >= p.swing_g and not step.turn < p.turns[0] and self._lands()
        return True if tilt >= tiptoe and swung and not step.hardness >= p.heel else None

    def _lands(self) -> bool:
        """Whether the last steps had impacts at all, where the rate shows it: pedalling has none."""
        return self._rate_hz < self.params.legs_rate_hz or self._usual("impact_g") >= self.params.impact_g

    def _by_turn(self, step: _Step) -> bool | None:
        """How far the foot or leg turns in the swing, with what else speaks for it."""
        p, turn, tilt, hardness = self.params, self._usual("turn"), self._usual("tilt"), self._usual("hardness")
        least, little, much = p.turns
        if turn >= much and step.turn >= much and not tilt > p.tilted[1]:
            return False
        tiptoe = (
            least <= turn <= little and step.turn <= little and tilt >= p.tilted[0] and hardness < p.soft_leg
        )
        if math.isnan(tilt) and self._on_foot and len(self._seen) >= p.few:
            tiptoe = least <= turn <= p.alone and step.turn <= p.alone and hardness < p.soft
        return True if tiptoe and self._bends and self._lands() else None

    def _by_impact(self, step: _Step) -> bool | None:
        p, hardness = self.params, step.hardness
        if math.isnan(hardness):
            return None
        usual = self._usual("hardness")
        if max(usual, hardness) >= p.legs_hard:
            return False if min(usual, hardness) >= p.soft else None
        tilt = self._usual("tilt")
        few = len(self._seen) < 3 or not math.isnan(step.turn)  # the turn tells better where there is one
        if few or not self._bends or not tilt >= p.tilted[0]:
            return None
        if tilt >= p.tilted[1] and usual < p.hard:
            return True
        if self._rate_hz < p.legs_rate_hz or not all(x.clear for x in self._seen):
            return None
        return True if usual < p.legs_soft and self._usual("impact_g") < self._soft_g else None


def _turn(rate_dps: Floats, up: Floats) -> float:
    """How far (3, n) rates turn about level axes, in degrees times the rate of sampling; NaN without a gyro.

    The greatest distance on the path of the summed rates, found in two sweeps; turns about `up` are left out.
    """
    x, y, z = up
    about = (rate_dps[0] * x + rate_dps[1] * y + rate_dps[2] * z) / (x * x + y * y + z * z)
    path = (rate_dps - up[:, None] * about).cumsum(axis=1)
    if not path.any():
        return math.nan
    far = 0.0
    end = path[:, -1:]
    for _ in range(2):
        off = path - end
        away = off[0] * off[0] + off[1] * off[1] + off[2] * off[2]
        k = int(away.argmax())
        far, end = math.sqrt(away[k]), path[:, k : k + 1]
    return far


def _cos(a: Floats, b: Floats) -> Floats:
    """Cosines of the angles between (3, …) and (3, …), 0 where one of them has no length."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return np.asarray(dot / np.sqrt(np.maximum(size, _TINY)))
