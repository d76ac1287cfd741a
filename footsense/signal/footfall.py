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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from footsense.signal.gait import FEW, StepTracker
from footsense.signal.landing import ACC, ENV, GYR, Landing
from footsense.signal.lately import Indices
from footsense.types import Floats, Placement

Bools = NDArray[np.bool_]
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
        quiet = tracker.slow.view(start, tracker.slow.stop)[ENV] < self.params.quiet_gps
        block = tracker.slow_index(self.params.quiet_s)
        find = self._one_by_one if len(quiet) < FEW else self._in_stretches
        ends = find(quiet, start, block)
        if ends:
            self._stand(tracker, np.array(ends), block)

    def _one_by_one(self, quiet: Bools, start: int, block: int) -> list[int]:
        """Ends of quiet blocks; moves on where the block under way began."""
        ends, since = [], self._quiet_from
        for stop, still in enumerate(quiet.tolist(), start + 1):
            since = (stop - 1 if since is None else since) if still else None
            if since is not None and stop - since == block:
                ends.append(stop)
                since = stop
        self._quiet_from = since
        return ends

    def _in_stretches(self, quiet: Bools, start: int, block: int) -> list[int]:
        """What `_one_by_one` gives, a stretch at a time."""
        since, stop = self._quiet_from, start + len(quiet)
        bounded = np.concatenate([[since is not None], quiet, [False]])
        edges = (np.flatnonzero(bounded[1:] != bounded[:-1]) + start).tolist()
        edges = edges if since is None else [since, *edges]
        stretches = list(zip(edges[::2], edges[1::2], strict=True))
        still = bool(stretches) and stretches[-1][1] == stop and bool(quiet[-1])
        self._quiet_from = stop - (stop - stretches[-1][0]) % block if still else None
        return [k for lo, hi in stretches for k in range(lo + block, hi + 1, block)]

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

    def label(self, landings: Sequence[Landing], tracker: StepTracker) -> list[bool | None]:
        """For each landing, in order: True on the forefoot, False with the heel or flat, None where it cannot
        be told."""
        if not landings:
            return []
        return [self._label(*x) for x in zip(landings, self._look(landings, tracker), strict=True)]

    def _label(self, landing: Landing, step: _Step) -> bool | None:
        if landing.start_s - self._last_s > self.params.bout_s:
            self._seen.clear()
        self._last_s = landing.start_s
        self._seen.append(step)
        if self._on_foot and not math.isnan(step.tilt):
            return self._by_posture(step)
        told = self._by_turn(step)
        return self._by_impact(step) if told is None else told

    def _stand(self, tracker: StepTracker, ends: Indices, block: int) -> None:
        """Keeps the postures of those blocks that are steady. Five samples stand for a block."""
        begin = max(ends[0] - 2 * block, tracker.slow.start)
        acc = tracker.slow.view(begin, tracker.slow.stop)[ACC]
        at = ends - begin - 1 - round(tracker.lag)
        a, b, c, d, e = (acc[:, np.maximum(at - block * i // 5, 0)] for i in range(5))
        early, late = a + b, d + e
        steady = _cos(early, late) >= self.params.steady_cos
        postures = ((early + c + late) / 5.0).T
        self._stood += ends[steady].tolist()
        self._stands += list(postures[steady])

    def _flats(self, before: Sequence[int], tracker: StepTracker) -> list[Floats]:
        """The last stands (k, 3) that ended before slow indices, NaN where there is none. On the leg, where the
        turn in the swing has to agree, those shortly before too: the last may have been on tiptoe already."""
        none = np.full(3, math.nan)
        last, former = [], []
        for land in before:
            k = bisect_right(self._stood, land)
            last.append(self._stands[k - 1] if k else none)
            soon = k > 1 and self._stood[k - 1] - self._stood[k - 2] <= tracker.slow_index(self.params.rise_s)
            former.append(self._stands[k - 2] if soon else none)
        return [np.array(last)] if self._on_foot else [np.array(last), np.array(former)]

    def _hardness(self, landing: Landing) -> float:
        if self._rate_hz < self.params.impact_rate_hz:
            return math.nan
        power = landing.impact_g * landing.impact_g * landing.impact_g
        return power / (landing.swing_g * (landing.calm_g + self.params.noise_g))

    def _look(self, landings: Sequence[Landing], tracker: StepTracker) -> list[_Step]:
        """What steps show. The posture is taken where the jerk envelope of the stance is lowest: by then the
        heel is down if it comes down, and a landing dated too early does no harm."""
        p = self.params
        tilts, turns = (
            self._postures(landings, tracker) if self._posture else (repeat(math.nan), repeat(math.nan))
        )
        return [
            _Step(tilt, turn, hardness, x.impact_g, x.swing_g, self._clear(x) and hardness < p.hard)
            for x, hardness, tilt, turn in zip(
                landings, map(self._hardness, landings), tilts, turns, strict=False
            )
        ]

    def _postures(self, landings: Sequence[Landing], tracker: StepTracker) -> tuple[list[float], list[float]]:
        """Tilts and turns of steps, side by side, NaN where there is none."""
        p, slow = self.params, tracker.slow
        swing, land, leave = (np.array([getattr(x, k) for x in landings]) for k in ("swing", "land", "leave"))
        half = max(1, tracker.slow_index(p.half_s))
        lo = land + tracker.slow_index(p.after_s)
        count = np.minimum(leave, land + tracker.slow_index(p.look_s)) - lo - 2 * half  # of postures
        columns = np.arange(max(1, int(count.max())))
        middle = lo[:, None] + half + columns
        env = slow.take(ENV, middle + round(tracker.lag))
        env[columns >= count[:, None]] = np.inf
        calm = env.argmin(axis=1)
        acc = (slow.take(ACC, middle + i) for i in range(-half, half + 1))
        around = sum(acc, next(acc))
        tilt = np.full(len(land), math.nan)
        for flat in self._flats(land.tolist(), tracker):
            tilt = np.fmax(tilt, self._tilt(around, calm, flat, count))
        tilt[count < 1] = math.nan
        turn = np.full(len(land), math.nan)
        at = np.flatnonzero((count >= 1) & ~(self._on_foot & (tilt <= p.flat[0])))
        if len(at) and tracker.turns:
            until = np.minimum(land + tracker.slow_index(p.turn_s), leave)
            span = swing[at, None] + np.arange(int((until - swing)[at].max()))
            rate = np.where(span < until[at, None], slow.take(GYR, span), 0.0)
            turn[at] = _turn(rate, around[:, at, calm[at]]) / tracker.grid.rate_hz
        return tilt.tolist(), turn.tolist()

    def _tilt(self, around: Floats, calm: Indices, flat: Floats, count: Indices) -> Floats:
        """How far (3, k, n) stances, of which `count` postures are known, are from the flat stand: the distance
        of the unit vectors (about the angle in radians) where the stance is calmest, added to it the least
        distance up to `middle` of the stance."""
        p = self.params
        far = np.sqrt(2.0 * np.maximum(1.0 - _cos(around, flat.T[..., None]), 0.0))
        early = np.arange(far.shape[1]) < np.maximum(1, (p.middle * count).astype(np.int64))[:, None]
        near = np.where(early, far, np.inf).min(axis=1)
        still = far[np.arange(len(far)), calm]
        return np.where(still <= p.elsewhere, still + near, math.nan)

    def _clear(self, landing: Landing) -> bool:
        return landing.made_up <= self.params.made_up and landing.swing_g >= self.params.swing_g

    def _usual(self, what: str) -> float:
        """The median of what the last steps showed."""
        shown: list[float] = sorted(x for x in map(attrgetter(what), self._seen) if not math.isnan(x))
        half = len(shown) // 2
        if not shown:
            return math.nan
        return shown[half] if len(shown) % 2 else (shown[half - 1] + shown[half]) / 2

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


def _turn(rate_dps: Floats, up: Floats) -> Floats:
    """How far (3, k, n) rates turn about level axes, in degrees times the rate of sampling; NaN where nothing
    turns.

    The greatest distance on the path of the summed rates, found in two sweeps; turns about `up` (3, k) are left
    out.
    """
    x, y, z = up[..., None]
    about = (rate_dps[0] * x + rate_dps[1] * y + rate_dps[2] * z) / (x * x + y * y + z * z)
    path = (rate_dps - up[..., None] * about).cumsum(axis=2)
    end = path[..., -1:]
    rows = np.arange(path.shape[1])
    for _ in range(2):
        off = path - end
        away = off[0] * off[0] + off[1] * off[1] + off[2] * off[2]
        k = away.argmax(axis=1)
        end = path[:, rows, k, None]
    return np.where(path.any(axis=(0, 2)), np.sqrt(away[rows, k]), math.nan)


def _cos(a: Floats, b: Floats) -> Floats:
    """Cosines of the angles between (3, …) and (3, …), 0 where one of them has no length."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    return np.asarray(dot / np.sqrt(np.maximum(size, _TINY)))
