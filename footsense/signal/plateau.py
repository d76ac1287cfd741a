"""Plateaus of the posture and holds: when one began and ended, and what kind of way led to it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from footsense.signal.posture import (
    CALM,
    CHANGE,
    FORCE,
    JERK,
    PATH,
    RAD,
    TURN,
    Posture,
    T,
    Up,
    chord,
    middle,
    middle_column,
    smallest_step,
)
from footsense.signal.runs import last_below, last_met
from footsense.signal.travel import Travel
from footsense.types import Floats

BREAK_S, SHORTEST_S = 0.3, 1.0  # of a hold, by definition
LOOK_BACK_S = 4.0  # no further back than this does anything look from the row it is about


@dataclass(frozen=True, slots=True)
class Params:
    """What a hold is. Knows no sampling rate. Shares are of the excursion, the way from rest to plateau.

    min_excursion_deg   smaller departures from rest are none: larger, fewer false, more missed holds
    band_share          half width of the plateau, as a share …
    noise_factor        … and as a multiple of the noise at rest
    settle_share        largest change over LAG_S with which a plateau may begin
    settle_deg          … and no more than that: after a wide way it would not be still
    still_share         largest change over LAG_S that counts as still
    drift_dps           is added to both: drift belongs to a hold
    slow_share          of that much drift from one second to the next, while it trembles
    interruption_s      being outside the band for that long does not end a hold
    dip_s               for that long it does, even where it is on its way back
    release_share       that far towards rest it is given up, once the interruption is over …
    return_share        … or, that far, at once
    elsewhere_share     that far from the plateau, but no nearer to rest, …
    elsewhere_s         … for that long, it is given up for something else
    step_share          or that far for a second, which is a step from a new rest posture
    roam_share          with a longer way in two seconds …
    roam_deg            … if it is that long, nothing is held: walking
    min_hold_s          shorter is no hold
    max_hold_s          longer is a new rest posture
    back_share          what is not sure counts if the next stop is no further from rest …
    detour_share        … or than that, where it set out in another direction …
    max_return_s        … and not later: longest time back to rest on a roundabout way
    resume_share        as near as that to the last hold, left for longer than an interruption, it is held again
    max_way             longest way to the plateau
    max_rise_s          longest time for the middle half of that way: slower is a shift of weight
    min_turn            share of the excursion that a gyro, where there is one, must have seen
    max_vibration_g     larger changes of force in 10 ms at rest: a vehicle, nothing counts
    min_still           share of the time that must be still
    steady_s            from so long on it is enough …
    steady_share        … to stay that near to the plateau half of the time
    sure_s              from so long on, and …
    sure_share          … steadier than that, it counts before the wearer has stopped at rest again
    tremor_deg          … or that near, if that is less than a third
    calmer              trembling less than at rest by that factor, it is rest: muscles at work tremble
    calmer_all          or less each of three times, by that factor together
    known_s             for so long after a hold the directions of the last two are known: the other way is back
    recent_s            for so long after a hold …
    recent_share        … one that is so much smaller is none
    alike               cosine of directions from which they are the same
    rest_share          a rest posture is kept that much steadier than what is held from it is wide
    sway_share          as near as that to where it was left and as far from rest, what is not so steady goes on
    coming_on           a stop still changing is left by no more than that many times the change: in two seconds
    gives_way_s         left that soon, what seemed rest after a hold was a stop on the way
    """

    min_excursion_deg: float
    band_share: float = 0.1
    noise_factor: float = 3.0
    settle_share: float = 0.12
    settle_deg: float = 5.0
    still_share: float = 0.05
    drift_dps: float = 1.0
    slow_share: float = 0.75
    interruption_s: float = 0.2
    dip_s: float = 0.36
    release_share: float = 0.25
    return_share: float = 0.6
    elsewhere_share: float = 0.35
    elsewhere_s: float = 0.6
    step_share: float = 0.12
    roam_share: float = 0.8
    roam_deg: float = 20.0
    min_hold_s: float = 1.0
    max_hold_s: float = 90.0
    back_share: float = 0.35
    detour_share: float = 0.15
    resume_share: float = 0.2
    max_return_s: float = 3.0
    max_way: float = 5.0
    max_rise_s: float = 1.5
    min_turn: float = 0.3
    max_vibration_g: float = 0.035
    min_still: float = 0.5
    steady_s: float = 1.5
    steady_share: float = 0.12
    sure_s: float = 2.0
    sure_share: float = 0.08
    tremor_deg: float = 2.5
    calmer: float = 0.6
    calmer_all: float = 0.5
    known_s: float = 60.0
    recent_s: float = 15.0
    recent_share: float = 0.25
    alike: float = 0.7
    rest_share: float = 0.125
    sway_share: float = 0.25
    coming_on: float = 1.5
    gives_way_s: float = 1.2


@dataclass(frozen=True, slots=True)
class Hold:
    """A finished hold. Times in s of the stream, angles in degrees.

    `rise_s` time from the last row nearer to rest than a quarter of the way to the first further than three
    quarters: the fast middle of the movement, not the time since rest was left; `unsteady_deg` median
    distance from the plateau; `rest_noise_deg` the noise about the rest posture before it, an axis; `lift_g`
    largest departure of the specific force from 1 g on the way; `height_m` by how much higher than at rest the
    sensor is; `turn_deg` the angle of that way and `travel_m` its length in m by the gyro, None without one;
    `direction` the unit vector from rest to plateau in the sensor's frame; `vibration_g` at rest before it, the
    change of the force over about 10 ms, and `strain` by what factor it was more in the hold.
    """

    start_s: float
    end_s: float
    decided_s: float
    excursion_deg: float
    rise_s: float
    unsteady_deg: float
    rest_noise_deg: float
    lift_g: float
    height_m: float
    turn_deg: float | None
    travel_m: float | None
    direction: list[float]
    vibration_g: float = 0.0
    strain: float = 1.0


@dataclass(slots=True)
class Rest:
    """A rest posture: where up is, the row it was last entered at, for how many rows it has been kept,
    the noise about it (chord, an axis), and the vibration in it (g)."""

    up: Up
    index: int
    lasted: int = 0
    noise: float = 0.0
    vibration_g: float = 0.0


@dataclass(frozen=True, slots=True)
class Start:
    """Where a movement away from rest began: row, way so far, axis by axis the integrated gyro and its bias."""

    index: int
    way: float
    turn: list[float]
    bias: list[float]

    @classmethod
    def at(cls, rows: Posture, row: int, bias: list[float]) -> "Start":
        return cls(row, rows.at(PATH, row), rows.turned(row), bias)


@dataclass(slots=True)
class Plateau:
    """A posture being kept: where up is, its distance from rest, half width of its band, the row it was entered
    at, the row it was last centred at, whether it may count as a hold, the way it took, when it began and how
    long the fast middle of that way took (if asked), the state that takes it for rest, the holds seen so and
    the row since which the last is over, by what factor it trembled more than rest did, and whether the way
    to it was the last holds' way back (both once left)."""

    up: Up
    excursion: float
    band: float
    entry: int
    centred: int
    countable: bool
    climb: float
    start_s: float | None = None
    rise_s: float = 0.0
    inner: "State | None" = None
    seen: list["Hold"] = field(default_factory=list)
    rested: int = 0
    strain: float = 1.0
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A plateau that has been left: the hold it would be, where it was left, whether it was quiet, and whether
    it was left towards rest."""

    plateau: Plateau
    hold: Hold | None
    start: Start
    quiet: bool
    towards: bool


@dataclass(slots=True)
class State:
    """All that moves. `at` is the row looked at next; `rests` the rest postures known, the one in force last.

    `held` from a hold until the first stop after it, `returned` from coming near rest on; that hold was
    `last_excursion` wide, at `last_up`, from `last_rest`, until `last_end_s`; `past` are the last two. The
    plateau before was left at row `left_at`; where `pending`, the next stop tells what it was; it was
    `doubtful` if that did not tell, and is `waiting` for the stop to last where that matters. `came`: where the
    way to the rest in force began, if not in a hold; `coming`: by how much (CHANGE) the posture still changed
    there, if that was left within LAG_S. `bias` of the gyro's axes, a row. `shaken` movements were not counted
    because of vibration. `steps_g` of the sensor, at rest. `nested`: this is the state within another's
    plateau. `departed_s`: when a rest posture was left.
    """

    phase: Literal["lost", "rest", "away", "plateau"] = "lost"
    at: int = 0
    rests: list[Rest] = field(default_factory=list)
    start: Start | None = None
    came: Start | None = None
    plateau: Plateau | None = None
    pending: Pending | None = None
    doubtful: Pending | None = None
    waiting: Pending | None = None
    held: bool = False
    returned: bool = False
    last_excursion: float = 0.0
    last_end_s: float = -math.inf
    last_up: Up | None = None
    last_rest: Rest | None = None
    past: list[Hold] = field(default_factory=list)
    left_at: int = 0
    bias: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    shaken: int = 0
    nested: bool = False
    coming: float = 0.0
    rest_noise_deg: list[float] = field(default_factory=list)
    steps_g: list[float] = field(default_factory=list)
    departed_s: list[float] = field(default_factory=list)

    def measure(self, rows: Posture, rest: Rest, at: tuple[int, int, int], lag: int, second: int) -> None:
        """What a rest that is left tells: noise, vibration, the gyro's bias. `at`: the rows from which on it is
        looked at, to which it was calm, and at which it was left."""
        begin, calm, row = at
        rest.lasted = max(rest.lasted, row - rest.index)
        if calm - begin >= lag:
            off = rows.distance(begin, calm, rest.up)
            lately = 1.5 * middle(off[-2 * second :])  # a stop on the way is no noise; a short look sees less
            rest.noise = min(middle(off), lately) / 1.18
            self.rest_noise_deg = [*self.rest_noise_deg[-20:], rest.noise / RAD]
        if rest.vibration_g == 0.0 or row - rest.index >= second:
            jerk_g = rows.cut(JERK, begin - lag, row)
            rest.vibration_g = middle(jerk_g)
            self.steps_g = [*self.steps_g[-20:], smallest_step(jerk_g)]
        if calm - begin >= lag or self.start is None:
            by = max(calm - begin, 1)
            self.bias = [(b - a) / by for a, b in zip(rows.turned(begin), rows.turned(calm), strict=True)]

    def lose(self) -> None:
        """After a hole no row is known any more; the rest postures are."""
        for rest in self.rests:
            rest.index = 0
        self.phase, self.plateau, self.start, self.last_rest = "lost", None, None, None
        self.pending = self.doubtful = self.waiting = None

    def enter_rest(self, row: int, up: Up, near: list[int], second: int) -> None:
        """At rest from `row` on; `near` are the rest postures known of which this is one."""
        if near:
            del self.rests[near[-1] + 1 :]
            self.rests[-1].up, self.rests[-1].index = up, row
        else:
            self.add_rest(up, row, 0, second)
        self.came = None if self.held else self.start
        self.phase, self.at, self.held, self.plateau = "rest", row + 1, False, None

    def add_rest(self, up: Up, row: int, lasted: int, second: int) -> None:
        """A rest posture not known; it pushes out those that were left within a `second`, and the oldest."""
        kept = [r for r in self.rests if r.lasted >= second]
        noise, vibration_g = (self.rests[-1].noise, self.rests[-1].vibration_g) if self.rests else (0.0, 0.0)
        self.rests = [*kept[-2:], Rest(up, row, lasted, noise, vibration_g)]


@dataclass(frozen=True, slots=True)
class Way:
    """From which rest and start a plateau was reached, seen with a gyro or without."""

    rows: Posture
    rest: Rest
    start: Start
    gyro: bool
    rate_hz: float

    @property
    def look_back(self) -> int:
        return max(1, round(LOOK_BACK_S * self.rate_hz))

    def left(self, p: Plateau) -> list[float]:
        """How far the rows up to the plateau's first are from rest, as far as one looks back."""
        left: list[float] = self.rows.distance(self._begin(p), p.entry + 1, self.rest.up).tolist()
        return left

    def _begin(self, p: Plateau) -> int:
        return max(p.entry - self.look_back, self.rows.first)

    def arrival(self, p: Plateau, up: Up, left: list[float]) -> float:
        """When the posture came within the band of `up` on its way from rest to the plateau; from the middle of
        the way on, row by row."""
        begin, entry = self._begin(p), p.entry
        k = begin + max(last_below(left, 0.5 * p.excursion) or 0, min(self.start.index, entry) - begin)
        off = self._off_row(min(k - 1, entry - 3), up, (max(entry - 3, begin), entry + 1))
        before = after = off(max(k - 1, begin))
        while k <= entry:
            before, after = after, off(k)
            if after <= p.band:
                break
            k += 1
        else:
            k = entry
        return self.rows.between(k - 1, before, after, p.band) if k > begin else self.rows.at(T, begin)

    def _off_row(self, first: int, up: Up, settled: tuple[int, int]) -> Callable[[int], float]:
        """`_off` of one row from `first` on up to the last of `settled`."""
        if not self.gyro:
            return lambda row: self.rows.chord(row, up)
        first = max(first, self.rows.first)
        turns = self.rows.cut(TURN, first, settled[1]).T.tolist()
        kept = turns[settled[0] - first :]
        n = len(kept) // 2
        (a, b, c), (da, db, dc) = (sorted(axis)[n] for axis in zip(*kept, strict=True)), self.start.bias
        at = settled[1] - len(kept) + n
        share = _share(up)

        def off(row: int) -> float:
            x, y, z = turns[row - first]
            x, y, z = x - a - da * (row - at), y - b - db * (row - at), z - c - dc * (row - at)
            along = up.x * x + up.y * y + up.z * z
            return math.sqrt(max(x * x + y * y + z * z - share * along * along, 0.0))

        return off

    def _last_kept(self, d: Floats, band: float) -> int:
        """The last row of distances `d` within the band; but for what follows a clear break of more than 0.3 s,
        less than a second long with the break: who gives up may well come through the band once more."""
        inside = (d <= band).nonzero()[0]
        rows = len(inside)
        if not rows:
            return 0
        last = inside.item(-1)
        if last - inside.item(0) < rows:  # without any break, as nearly always
            return last
        for b in (np.diff(inside) > BREAK_S * self.rate_hz).nonzero()[0].tolist():
            k = inside.item(b)
            if k > last - SHORTEST_S * self.rate_hz and d[k : inside[b + 1]].max() > 2.0 * band:
                return k
        return last

    def departure(self, p: Plateau, row: int, up: Up, settled: tuple[int, int]) -> tuple[int, float]:
        """Last row, and when, the posture was in the band of `up` that it is out of at `row`. The rows
        `settled` (first, after the last) belong to the plateau, as far as it was kept so long."""
        begin = max(p.entry, row - self.look_back)
        last = settled[1] - 1
        while self.gyro and last > begin and self.rows.chord(last, up) > p.band:
            last -= 1
        early = settled[1] - 1 - last
        d = self._off(begin, row + 1, up, (max(settled[0] - early, begin), last + 1))
        k = self._last_kept(d, p.band)
        if k + 1 == len(d):
            return row, self.rows.at(T, row)
        return begin + k, self.rows.between(begin + k, d.item(k), d.item(k + 1), p.band)

    def rise_s(self, p: Plateau, left: list[float], slack: float) -> float:
        """Seconds from a quarter to three quarters of the way from rest to the plateau, stops on the way (by
        `slack` and the excursion) left out; 0.0 where it did not come from rest."""
        low, high = last_below(left, 0.25 * p.excursion), 0.75 * p.excursion
        if low is None:
            return 0.0
        k = next((k for k in range(low, len(left)) if left[k] >= high), len(left))
        begin = self._begin(p)
        still = slack + 0.04 * p.excursion
        change: list[float] = self.rows.cut(CHANGE, begin + low, begin + k).tolist()
        return sum(c >= still for c in change) / self.rate_hz

    def strain(self, p: Plateau, last: int) -> float:
        """By what factor the plateau trembled more than rest, as far as one looks back from its row `last`; 1.0
        where the sensor's steps are too coarse to tell."""
        kept = middle(self.rows.cut(JERK, max(p.entry, last - self.look_back), last + 1))
        return kept / self.rest.vibration_g if kept and self.rest.vibration_g else 1.0

    def nearest(self, begin: int, row: int, up: Up) -> int:
        """The row from `begin` on at which the way to `row`, where the posture is `up`, was nearest to rest: by
        a gyro, where it turned back, since an accelerometer leans while the leg is braked."""
        if not self.gyro:
            return begin + int(self.rows.squared(begin, row + 1, self.rest.up).argmin())
        return begin + int(self._off(begin, row + 1, up, (max(row - 2, begin), row + 1)).argmax())

    def turned(self, p: Plateau) -> float:
        """Angle in rad that the gyro saw on the way."""
        start, rows = self.start, p.entry - self.start.index
        axes = zip(self.rows.turned(p.entry), start.turn, start.bias, strict=True)
        x, y, z = (now - then - bias * rows for now, then, bias in axes)
        return math.sqrt(x * x + y * y + z * z)

    def lift_g(self, p: Plateau) -> float:
        """Largest departure of the specific force from 1 g on the way."""
        begin = max(self.start.index, p.entry - self.look_back)
        return float(np.abs(self.rows.cut(FORCE, begin, p.entry + 1) - 1.0).max())

    def travel(self, p: Plateau, last: int) -> Travel:
        """The way of the sensor to the plateau, kept up to row `last`."""
        early = p.entry - self.look_back + Travel.before(self.rate_hz)
        begin = max(self.start.index, early, self.rows.first)
        return Travel(self.rows, begin, p.entry, last, self.rate_hz)

    def _off(self, lo: int, hi: int, up: Up, settled: tuple[int, int]) -> Floats:
        """Distance of the rows lo..hi from a plateau at `up`. With a gyro it is the angle turned about level
        axes since the rows `settled`, to which the acceleration of the movement itself adds nothing."""
        if not self.gyro:
            return self.rows.distance(lo, hi, up)
        reference = self.rows.cut(TURN, *settled)
        middle_row = settled[0] + reference.shape[1] // 2
        away = self.rows.cut(TURN, lo, hi) - middle_column(reference).column
        away -= np.multiply.outer(self.start.bias, np.arange(lo - middle_row, hi - middle_row))
        share = math.sqrt(_share(up))
        x, y, z = away
        along = share * up.x * x
        along += share * up.y * y
        along += share * up.z * z
        away *= away
        along *= along
        x += y
        x += z
        x -= along
        np.maximum(x, 0.0, out=x)
        return np.asarray(np.sqrt(x, out=x))


def _share(up: Up) -> float:
    """Of (u·a)² in |a - u(u·a)|² = |a|² - (2 - |u|²)(u·a)²; a median of unit vectors is a little shorter."""
    return 2.0 - (up.x * up.x + up.y * up.y + up.z * up.z)


def calmest(rows: Posture, rest: Rest, row: int, spans: tuple[int, int, int]) -> int:
    """The calmest row of a rest posture that is left at `row`. `spans` in rows: LAG_S, from when on there is
    more than a stop on the way, and how far is looked back."""
    lag, long, history = spans
    if row - rest.index > long:  # the calmest moment may be a stop on the way
        begin = max(rest.index + 2 * lag, row - history)
        return begin + int(rows.cut(CALM, begin, row + 1).argmin())
    begin = min(max(rest.index, row - history, rows.first + lag), row)
    return begin + int(rows.cut(CHANGE, begin, row + 1).argmin())


def towards_rest(rows: Posture, p: Plateau, rest: Rest, row: int) -> bool:
    """Whether a plateau is left towards rest, as far as the posture at `row` tells."""
    return chord(p.up, rest.up) - rows.chord(row, rest.up) >= 0.3 * rows.chord(row, p.up)


def last_inside(rows: Posture, p: Plateau, row: int) -> int:
    """The last row up to `row` at which the posture was within the plateau's band."""
    return p.centred + (last_met(rows.distance(p.centred, row + 1, p.up) <= p.band) or 0)


def unsteady(rows: Posture, begin: int, end: int) -> float:
    """How far from its middle the posture was half of the time from row `begin` up to row `end`."""
    end = max(end, begin + 1)
    return middle(rows.distance(begin, end, rows.middle(begin, end)))


def was_quiet(rows: Posture, p: Plateau, last: int, row: int) -> bool:
    """Whether the step away at `row` is wide beside how well it was kept up to row `last`: so for rest, not for
    a wobbling limb."""
    step = rows.chord(row, p.up)
    return middle(rows.distance(p.entry, last + 1, rows.middle(p.entry, last))) < 0.2 * step
