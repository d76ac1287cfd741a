"""What a landing looks like: on the forefoot, or with the heel or flat.

Four kinds of evidence. Posture: on tiptoe the foot stays tilted against the flat stand through the stance;
in any other step it comes back to flat. On the foot this tells alone, where a stand came before. Rise: who goes
to walk on tiptoe stands flat, rises, and comes back to that posture in every stance; on stairs the leg leans as
far, but nobody rises first. Turn: rolling from heel to toe, foot and leg turn farther in the swing than on
tiptoe, and by it and the posture together the ankle tells. Impact: a heel strike rings at 15–35 Hz, a landing
forefoot is soft. Where the evidence is missing or at odds the answer is None; on the shank, which leans as far
on stairs, it is never tiptoe.
No public recording of tiptoe walking is known: what tells it from heel strike was found on simulated gait, and
held against real gait with heel strike only.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from footsense.signal.gait import StepTracker
from footsense.signal.landing import ACC, ENV, JERK, SPIN, Landing
from footsense.signal.lately import Indices
from footsense.signal.raising import Raising, Rise
from footsense.signal.stands import Ascent, Bools, Last, Stand, Stands, cosines
from footsense.signal.strides import dot, roll_off, strides
from footsense.types import Floats, StreamInfo


@dataclass(frozen=True, slots=True)
class FootfallParams:
    """Tuning; knows no rate.

    The foot stands if what it shows where it is calmest is within `stance_g` of 1 g, and (on the foot) it turns
    by no more than `stance_dps` there; if it landed softer than `soft_g`, it turns by no more than `sway_dps`
    for a quarter of the stance (on the foot without a gyro: what it shows does), or its jerk is no greater
    there than the share `calm` of the burst's: half-way through a slow swing it may be as calm as in a stand,
    but not for long. At the end of a stream it stands if it has for `end_s`.

    A tilt against the flat stand (as `Footfall._tilt` measures it) below the first of `flat` is flat, above the
    second tiptoe; between them one below the first share `among` of the last steps' is flat, else the median of
    up to `votes` steps in a row tells, by `flat_steps`, and where that cannot either, a turn in the swing up to
    `alone`. If the last steps turn by `heels` or more, and the tilt is below `surely`, the stand was no flat
    one; without a gyro it may not have been if they are as hard as `heel`, and where the rate does not show
    that, if their median tilt does not tell. A tilt that few neighbours share needs a turn up to `lone` and a
    softer landing. Farther than `elsewhere` the stand was another posture. After a rise no step is on tiptoe
    that tilts back by more than `back` as it leaves; without a gyro, if the last ones are as hard as `hard`.
    Hardness is impact³ / (swing · calm), in g: from `hard` on a heel, below `soft` no heel.
    Impact needs `impact_rate_hz`, posture `posture_rate_hz`.

    At the ankle a step tilted by less than the first share `among` of what the last steps are is flat, if those
    are tilted by the second of `tilted`; after a rise, by less than the second share, if it is less than the
    first share `way` on from the flat stand to the posture risen to. Otherwise the turn in the swing tells, in
    degrees: over the last of `turns` with a heel, unless tilted by more than the last of `tilted`; between the
    others, with the sensor at the ankle, on the forefoot if tilted by the first of `tilted` (up to `alone` by
    the second), level, and `hardness` is below `soft_leg`, or the tilt `surely_leg`, since straps ring. Level
    are steps within `level_m` of height (their median, each); the first of a bout within `level_first_m`,
    unless the tilt is `surely_leg`, since who rises onto the toes rises. With the sensor on the foot and no
    stand before, `few` steps in a row with turns up to `alone` and hardness below `soft` are on tiptoe. Failing
    that the median hardness of up to `votes` steps in a row: a heel from `legs_hard` on; at the ankle a
    forefoot below `hard`, of three at least, where tilted by the last of `tilted`, more than on stairs.

    A bout that goes on within `kept_s` in the posture that the wearer rose to before the last is the same.
    After a rise steps between the last two shares `way` on to that posture are on tiptoe, or from the first on
    where others were and they are tilted by more than the last share `among` of those; unless the last ones
    turn by the last of `turns`, or it lifts the leg by more than `lifts_m`.

    On tiptoe are only steps with a swing of `swing_g` (after a rise `drags_g`: some drag their feet) and the
    first of `turns`, and with impacts of `impact_g`; on the foot, where the rate (`legs_rate_hz`) shows them;
    after a rise, below `impact_rate_hz`, from `few` steps in a row on instead. At the ankle without a rise
    those before the `pair`-th in a row are not told: a foot put down once on its toes shows the same.
    """

    flat: tuple[float, float] = (0.14, 0.35)  # 8°, 20°
    flat_steps: tuple[float, float] = (0.23, 0.3)  # 13°, 17°
    surely: float = 0.7  # 40°
    elsewhere: float = 1.15  # 70°
    soft: float = 0.45
    hard: float = 0.7
    heel: float = 12.0
    heels: float = 60.0
    lone: float = 44.0
    among: tuple[float, float, float] = (0.4, 0.55, 0.7)
    way: tuple[float, float, float] = (0.25, 0.5, 2.0)
    lifts_m: float = 0.3
    soft_leg: float = 2.5
    surely_leg: float = 0.3  # 17°
    legs_hard: float = 2.5
    legs_rate_hz: float = 90.0
    noise_g: float = 0.02
    impact_g: float = 0.022
    impact_rate_hz: float = 45.0
    posture_rate_hz: float = 20.0
    votes: int = 5
    swing_g: float = 0.24
    drags_g: float = 0.14
    after_s: float = 0.12
    look_s: float = 0.9
    half_s: float = 0.06
    middle: float = 0.6
    bout_s: float = 2.5
    turn_s: float = 0.25
    turns: tuple[float, float, float] = (8.0, 50.0, 54.0)
    tilted: tuple[float, float, float] = (0.2, 0.13, 0.42)  # 11°, 7°, 24°
    stance_g: float = 0.25
    stance_dps: float = 100.0
    sway_dps: float = 40.0
    calm: float = 0.22
    soft_g: float = 0.2
    end_s: float = 0.25
    level_m: tuple[float, float] = (0.15, 0.22)
    level_first_m: tuple[float, float] = (0.1, 0.15)
    alone: float = 38.0
    few: int = 3
    pair: int = 2
    back: float = 0.09  # 5°
    kept_s: float = 6.0


class _Step(NamedTuple):
    """What a step showed, NaN where it did not: `tilt` by `Footfall._tilt` against the flat stand, `former`
    against one shortly before, `risen` by `Rise.share`, `turn` in degrees, `climb` in m, `hardness` and
    `impact_g` in g; `unsure` whether the flat stand may have been on tiptoe."""

    tilt: float
    former: float
    risen: float
    turn: float
    climb: float
    hardness: float
    impact_g: float
    swing_g: float
    unsure: bool


class _Look(NamedTuple):
    """A step's turn, the posture (3,) of its stance, and its tilts against stands, the last first, then NaN."""

    stood: bool
    turn: float
    rise: float
    posture: Floats
    stands: Sequence[Stand]
    tilts: Sequence[float]


_CANDIDATES = 3  # stands that a step is held against
_NOTHING = _Look(True, math.nan, math.nan, np.zeros(3), (), ())


class Footfall:
    """Labels landings in order. Keeps the flat stand and the last steps' hardness."""

    def __init__(self, info: StreamInfo) -> None:
        self.params = FootfallParams()
        rate_hz, placement = info.rate_hz, info.placement
        self._rate_hz = rate_hz
        self._on_foot = placement in ("foot", None)
        self._bends = placement != "shank"  # the shank leans forward on stairs as much as on tiptoe
        self._raising = Raising(on_foot=self._on_foot)
        self._posture = rate_hz >= self.params.posture_rate_hz
        self._stands = Stands(None if info.reference is None else info.reference.up)
        self._clear_g = (info.acc_range_g or math.inf) - 1.1  # beyond this an axis may have been clipped
        self._rises_deg = 0.0 if self._on_foot else self.params.turns[2]  # the foot's height is not asked for
        self._seen: deque[_Step] = deque(maxlen=self.params.votes)  # the last steps in a row
        self._labels: deque[bool | None] = deque(maxlen=self.params.votes - 1)  # those of the steps before
        self._last_s = -math.inf
        self._rise: Rise | None = None  # before the bout under way

    def watch(self, tracker: StepTracker, start: int) -> None:
        """Looks for quiet stands in slow samples from `start` on; call before landings are labelled."""
        if self._posture:
            self._stands.watch(tracker, start)

    def settle(self) -> None:
        """Let go of stands that no landing to come can need."""
        self._stands.settle()

    def drop(self) -> None:
        """After a hole: what is under way is forgotten, the flat stand is kept."""
        self._stands.drop()
        self._seen.clear()
        self._labels.clear()
        self._rise = None

    @property
    def blind(self) -> bool:
        """Whether tiptoe cannot be told at this rate and placement."""
        sees = self._posture if self._on_foot else self._rate_hz >= self.params.legs_rate_hz
        return not sees

    def label(
        self, landings: Sequence[Landing], tracker: StepTracker, *, at_end: bool = False
    ) -> list[tuple[Landing, bool | None]]:
        """The landings on which the foot stood, in order: True on the forefoot, False with the heel or flat,
        None where it cannot be told. `at_end` of a stream it has to stand for `end_s`."""
        if at_end:
            landings = [x for x in landings if x.decided_s - x.start_s >= self.params.end_s]
        if not landings:
            return []
        looks = self._look(landings, tracker) if self._posture else [_NOTHING] * len(landings)
        labels = []
        for landing, look in zip(landings, looks, strict=True):
            flat = self._stands.flat(look.stands, look.tilts, tracker)
            if look.stood and not self._heels_moved(landing, look, flat, tracker):
                labels.append((landing, self._label(landing, look, flat, tracker)))
        return labels

    def _heels_moved(
        self, landing: Landing, look: _Look, flat: Sequence[tuple[Stand, float]], tracker: StepTracker
    ) -> bool:
        """Whether the heels came down or went up here, and no foot landed."""
        down = flat[0][0].posture if flat else self._rise.flat if self._rise else None
        if not self._posture or down is None:
            return False
        if self._raising.came_down(landing, look.posture, down, tracker):
            return True
        stood = bool(flat) and flat[0][0] is look.stands[0]
        return stood and self._raising.went_up(landing, look.posture, flat[0][0], tracker)

    def _label(
        self, landing: Landing, look: _Look, flat: list[tuple[Stand, float]], tracker: StepTracker
    ) -> bool | None:
        p = self.params
        if landing.start_s - self._last_s > p.bout_s:
            self._seen.clear()
            self._labels.clear()
            self._rise = self._risen(landing, [stand for stand, _ in flat], tracker)
        self._last_s = landing.start_s
        step = self._step(landing, look, flat)
        self._seen.append(step)
        toe = self._judge(step)
        ascent = look.stands[0].ascent if look.stands else None
        risen = self._rise is not None or ascent is not None
        if toe and not (self._on_foot or risen) and len(self._seen) < p.pair:
            toe = None
        if ascent and flat and flat[0][0] is not look.stands[0] and step.tilt > p.flat[0]:
            toe = self._after_rise(landing, look, ascent, tracker, toe)
        self._labels.append(toe)
        if flat and toe and self._on_foot and step.tilt <= p.flat[0]:
            flat[0][0].raised = True
        raised = toe
        if toe is None and (step.tilt > p.flat[0] or not (self._on_foot and step.unsure)):
            raised = step.tilt > p.flat[0]
        if toe is None and ascent:
            raised = self._rise = None  # that may have been no rise
        self._stands.last = Last(landing.land, look.posture, raised)
        return toe

    def _step(self, landing: Landing, look: _Look, flat: Sequence[tuple[Stand, float]]) -> _Step:
        tilt, former = (*(tilt for _, tilt in flat), math.nan, math.nan)[:2]
        if not self._on_foot and not math.isnan(former):  # where the turn has to agree, either stand may do
            tilt = former if math.isnan(tilt) else max(tilt, former)
        hardness, risen = self._hardness(landing), self._rise.share(look.posture) if self._rise else math.nan
        climb = abs(look.rise) if landing.swing_g <= self._clear_g else math.nan
        unsure = bool(flat) and flat[0][0].unsure
        shown = tilt, former, risen, look.turn, climb, hardness, landing.impact_g, landing.swing_g
        return _Step(*shown, unsure)

    def _judge(self, step: _Step) -> bool | None:
        if self._on_foot and not math.isnan(step.tilt):
            told = self._by_posture(step)
            doubted = told is None or step.tilt > self.params.flat[0]
            return True if doubted and self._by_rise(step) else told
        if self._bends and self._came_down(step):
            return False
        if self._by_rise(step):
            return True
        told = self._by_turn(step)
        return self._by_impact(step) if told is None else told

    def _came_down(self, step: _Step) -> bool:
        """Whether the heel was down, by how much less the leg is tilted than in the last steps, or than after a
        rise."""
        p, usual = self.params, self._usual("tilt", before=1)
        among = p.among[1 if step.risen < p.way[0] else 0]
        return usual >= p.tilted[1] and step.tilt < among * usual

    def _after_rise(
        self, landing: Landing, look: _Look, ascent: Ascent, tracker: StepTracker, toe: bool | None
    ) -> bool | None:
        """What a step was, said to be `toe`, as the stand before the `ascent` may have been none on the flat
        foot but that after it, as of who sat with the heels up: by the gyro how the foot leaves tells, else how
        hard it lands."""
        p = self.params
        if tracker.turns:
            heel = roll_off(landing, tracker, look.posture, ascent.flat.posture) < -p.back
            self._stands.tell(look.stands[0], heel)
        else:
            heel = not (ascent.sure or self._usual("hardness") < p.hard)
        return None if heel and toe else toe

    def _by_rise(self, step: _Step) -> bool:
        """Whether the wearer rose onto the toes before the bout, and is still there."""
        p = self.params
        there = step.risen > p.way[1] or step.tilt > p.among[2] * self._usual("tilt")
        up = self._usual("risen") > p.way[1] and p.way[0] < step.risen < p.way[2] and there
        if not (self._bends and up) or step.climb > p.lifts_m:
            return False
        heels = self._usual("turn") >= p.turns[2]
        swung = step.swing_g >= p.drags_g and not step.turn < p.turns[0]
        walks = self._lands() if self._rate_hz >= p.impact_rate_hz else len(self._seen) >= p.few
        return swung and walks and not heels

    def _risen(self, landing: Landing, stands: Sequence[Stand], tracker: StepTracker) -> Rise | None:
        """How the wearer rose before the first step of a bout; as before the last, where he stayed up."""
        up, soon = (
            self._raising.posture(landing.still, tracker),
            landing.start_s - self._last_s <= self.params.kept_s,
        )
        if up is not None and self._rise is not None and soon and self._rise.share(up) > 0.5:
            return self._rise
        return self._raising.risen(landing, stands, tracker)

    def _hardness(self, landing: Landing) -> float:
        if self._rate_hz < self.params.impact_rate_hz:
            return math.nan
        power = landing.impact_g * landing.impact_g * landing.impact_g
        return power / (landing.swing_g * (landing.calm_g + self.params.noise_g))

    def _look(self, landings: Sequence[Landing], tracker: StepTracker) -> list[_Look]:
        """What steps show, side by side. The posture is taken where the jerk envelope of the stance is lowest:
        by then the heel is down if it comes down, and a landing dated too early does no harm."""
        p, slow = self.params, tracker.slow
        land, leave = (np.array([getattr(x, k) for x in landings]) for k in ("land", "leave"))
        half = max(1, tracker.slow_index(p.half_s))
        lo = land + tracker.slow_index(p.after_s)
        count = np.minimum(leave, land + tracker.slow_index(p.look_s)) - lo - 2 * half  # of postures
        columns = np.arange(max(1, int(count.max())))
        middle = lo[:, None] + half + columns
        env = slow.take(ENV, middle + round(tracker.lag))
        env[columns >= count[:, None]] = np.inf
        calm = env.argmin(axis=1)
        around, turned = self._around(middle, half, tracker)
        rows = np.arange(len(calm))
        posture = around[:, rows, calm]
        size = np.sqrt(dot(posture, posture)) / (2 * half + 1)
        stood = (count >= 1) & (np.abs(size - 1.0) <= p.stance_g)
        if self._on_foot or tracker.turns:
            stood &= self._stands_still(landings, middle, count, turned, tracker)
        against = [self._stands.before(x, _CANDIDATES) for x in self._landing(land, tracker)]
        tilts = np.array([self._tilt(around, calm, x, count) for x in _side_by_side(against)])
        flat = self._on_foot & (np.fmax.reduce(tilts) <= p.flat[0])  # whatever the swing was like
        at = np.flatnonzero((count >= 1) & ~flat) if tracker.turns else np.empty(0, np.int64)
        turn, rise = np.full((2, len(land)), math.nan)
        if len(at):
            some = [landings[i] for i in at.tolist()]
            shown = (some, tracker, (lo + half + calm)[at], posture[:, at])
            turn[at], rise[at] = strides(*shown, turn_s=p.turn_s, rise_below_deg=self._rises_deg)
        stood |= count < 1  # too short to be looked at
        seen = stood.tolist(), turn.tolist(), rise.tolist(), posture.T, against, tilts.T.tolist()
        return [_Look(*x) for x in zip(*seen, strict=True)]

    def _stands_still(
        self, landings: Sequence[Landing], middle: Indices, count: Indices, turned: Floats, tracker: StepTracker
    ) -> Bools:
        """Whether a foot stands (n,) that shows `count` (n,) postures at slow indices `middle` (n, k); `turned`
        (n, k) is how fast what it shows turns there, in deg/s."""
        p, rows = self.params, np.arange(len(landings))
        spin = turned
        if tracker.turns:
            spin = tracker.slow.take(SPIN, middle + round(tracker.lag))
        inside = np.arange(middle.shape[1]) < count[:, None]
        spin, jerk = (np.sort(np.where(inside, x, np.inf)) for x in (spin, tracker.slow.take(JERK, middle)))
        quarter = np.maximum(count, 0) // 4
        peak, impact = (np.array([getattr(x, k) for x in landings]) for k in ("peak_gps", "impact_g"))
        calm = (spin[rows, quarter] <= p.sway_dps) | (jerk[rows, quarter] <= p.calm * peak)
        most = p.stance_dps if tracker.turns and self._on_foot else math.inf  # the leg turns over the foot
        return np.where(impact < p.soft_g, calm, spin[:, 0] <= most)

    def _landing(self, land: Indices, tracker: StepTracker) -> Iterator[int]:
        """Landings one by one, so that stands before each know of those before."""
        for index in land.tolist():
            if self._on_foot:
                self._stands.land(index, tracker)
            yield index

    def _around(self, middle: Indices, half: int, tracker: StepTracker) -> tuple[Floats, Floats]:
        """Sums (3, k, n) of the specific force up to `half` slow samples around `middle` (k, n), and how fast
        its direction turns there, (k, n) in deg/s, nearly."""
        acc = [tracker.slow.take(ACC, middle + i) for i in range(-half, half + 1)]
        early, late = sum(acc[1:half], acc[0]), sum(acc[half + 1 : -1], acc[-1])
        apart = np.sqrt(2.0 * np.maximum(1.0 - cosines(early, late), 0.0)) / (half + 1)
        return early + acc[half] + late, apart * math.degrees(tracker.grid.rate_hz)

    def _tilt(self, around: Floats, calm: Indices, flat: Floats, count: Indices) -> Floats:
        """How far (3, k, n) stances, of which `count` postures are known, are from the flat stand: the distance
        of the unit vectors (about the angle in radians) where the stance is calmest, added to it the least
        distance up to `middle` of the stance."""
        p = self.params
        far = np.sqrt(2.0 * np.maximum(1.0 - cosines(around, flat.T[..., None]), 0.0))
        early = np.arange(far.shape[1]) < np.maximum(1, (p.middle * count).astype(np.int64))[:, None]
        near = np.where(early, far, np.inf).min(axis=1)
        still = far[np.arange(len(far)), calm]
        return np.where((still <= p.elsewhere) & (count >= 1), still + near, math.nan)

    def _usual(self, what: str, before: int = 0) -> float:
        """The median of what the last steps showed, or those `before` this one."""
        seen = islice(self._seen, len(self._seen) - before)
        shown: list[float] = sorted(x for x in map(attrgetter(what), seen) if not math.isnan(x))
        half = len(shown) // 2
        if not shown:
            return math.nan
        return shown[half] if len(shown) % 2 else (shown[half - 1] + shown[half]) / 2

    def _by_posture(self, step: _Step) -> bool | None:
        p, tilt = self.params, step.tilt
        either = tilt < p.flat[1] and step.former >= p.flat[1]
        if either or (tilt <= p.flat[0] and step.unsure):  # another stand may have been the flat one
            return self._by_little_turn(step)
        flat, tiptoe = p.flat
        if flat < tilt < tiptoe:  # one step cannot tell, its neighbours may
            usual = self._usual("tilt")
            if tilt < p.among[0] * usual:
                return False
            tilt, (flat, tiptoe) = usual, p.flat_steps
        heels = self._usual("turn") >= p.heels and tilt < p.surely  # then the stand was no flat one
        if tilt <= flat or heels:
            return False
        if tilt < tiptoe:
            return self._by_little_turn(step) or None
        swung = step.swing_g >= p.swing_g and not step.turn < p.turns[0] and self._lands()
        return True if swung and not self._heeled(step) else None

    def _heeled(self, step: _Step) -> bool:
        """Whether a step that is tilted as on tiptoe may have come down on the heel: who turns around on a foot
        tilts it, and a stand may have been no flat one."""
        p, flat = self.params, self._labels.count(False)
        if (
            self._usual("tilt") < p.flat_steps[0] or 2 * flat >= len(self._labels) > 0
        ):  # it is alone with its tilt
            return not (step.turn <= p.lone and step.hardness < p.heel)
        if not math.isnan(self._usual("turn")):
            return False
        hardness = self._usual("hardness")
        return hardness >= p.heel or (math.isnan(hardness) and self._usual("tilt") < p.flat[1])

    def _by_little_turn(self, step: _Step) -> bool | None:
        """What the turn in the swing shows alone: a heel where it is great; where it is little in the last
        steps and they land softly, a forefoot."""
        p, turn = self.params, self._usual("turn")
        if turn >= p.turns[2] and step.turn >= p.turns[2]:
            return False
        little = p.turns[0] <= turn <= p.alone and step.turn <= p.alone and self._usual("hardness") < p.soft
        return True if little and step.swing_g >= p.swing_g and self._lands() else None

    def _lands(self) -> bool:
        """Whether the last steps had impacts at all: pedalling has none, nor has a leg that is lifted. On the
        foot the posture may do where the rate does not show them."""
        p = self.params
        seen = self._rate_hz >= (p.legs_rate_hz if self._on_foot else p.impact_rate_hz)
        return self._usual("impact_g") >= p.impact_g if seen else self._on_foot

    def _level(self, step: _Step) -> bool:
        """Whether the last steps went neither up nor down: on stairs the leg turns and leans as on tiptoe."""
        p = self.params
        many = len(self._seen) >= p.few or step.tilt >= p.surely_leg
        usual_m, most_m = p.level_m if many else p.level_first_m
        return self._usual("climb") < usual_m and step.climb < most_m

    def _by_turn(self, step: _Step) -> bool | None:
        """How far the foot or leg turns in the swing, with what else speaks for it."""
        p, turn, tilt, hardness = self.params, self._usual("turn"), self._usual("tilt"), self._usual("hardness")
        least, little, much = p.turns
        if turn >= much and step.turn >= much and not tilt > p.tilted[2]:
            return False
        if self._on_foot:
            return self._by_little_turn(step) if len(self._seen) >= p.few else None
        soft = tilt >= p.surely_leg or hardness < p.soft_leg
        least_tilt = p.tilted[1] if turn <= p.alone and self._bends else p.tilted[0]
        small = least <= turn <= little and step.turn <= little and step.swing_g >= p.swing_g
        raised = tilt >= least_tilt and not step.tilt < p.among[1] * tilt
        tiptoe = small and raised and soft and self._level(step)
        return True if tiptoe and self._bends and self._lands() else None

    def _by_impact(self, step: _Step) -> bool | None:
        p, hardness = self.params, step.hardness
        if math.isnan(hardness):
            return None
        usual = self._usual("hardness")
        tilt = self._usual("tilt")
        if max(usual, hardness) >= p.legs_hard:
            swung = self._usual("turn") > p.turns[1] and not tilt >= p.tilted[0]  # straps ring too
            heel = self._on_foot or swung
            return False if heel and min(usual, hardness) >= p.soft else None
        few = len(self._seen) < 3 or not math.isnan(step.turn)  # the turn tells better where there is one
        told = self._bends and not few and tilt >= p.tilted[2] and usual < p.hard  # on stairs it leans less
        return True if told else None


def _side_by_side(stands: Sequence[Sequence[Stand]]) -> list[Floats]:
    """Postures (k, 3) of the last stands, of those before, and so on; NaN where there is none."""
    none = np.full(3, math.nan)
    return [
        np.array([some[i].posture if i < len(some) else none for some in stands]) for i in range(_CANDIDATES)
    ]
