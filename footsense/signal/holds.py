"""Holds: a posture kept, away from the rest posture, and given up again towards it.

Rest and hold are the same thing to a sensor, a plateau of the posture. What tells them apart is the order: the
wearer leaves a rest posture on a short way, keeps still elsewhere, and moves back. Long ways (walking, circles,
changing seats) lead to a new rest posture, not to a hold. All tolerances are shares of the wearer's own
excursion, or multiples of the noise at rest.

The state machine runs over whole arrays: each state asks for the first row where it ends.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from footsense.signal.front import Signals
from footsense.signal.posture import RAD, Posture, PostureFilter, angle_deg, distance, length
from footsense.types import Floats, Gap

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Params:
    """What a hold is. Knows no sampling rate. Shares are of the excursion, the way from rest to plateau.

    min_excursion_deg   smaller departures from rest are none: larger, fewer false, more missed holds
    band_share          half width of the plateau, as a share …
    noise_factor        … and as a multiple of the noise at rest
    settle_share        largest change over LAG_S with which a plateau may begin
    still_share         largest change over LAG_S that counts as still
    drift_dps           is added to both: drift belongs to a hold
    interruption_s      being outside the band for that long does not end a hold
    release_share       that far towards rest it is given up, once the interruption is over …
    return_share        … or, that far, at once
    elsewhere_share     that far from the plateau, but no nearer to rest, …
    elsewhere_s         … for that long, it is given up for something else
    min_hold_s          shorter is no hold
    max_hold_s          longer is a new rest posture
    max_return_s        longest time back to rest on a roundabout way
    max_way             longest way to the plateau
    max_rise_s          longest time for the middle half of that way: slower is a shift of weight
    min_turn            share of the excursion that a gyro, where there is one, must have seen
    max_vibration_g     larger changes of force in 10 ms at rest: a vehicle, nothing counts
    min_still           share of the time that must be still
    steady_s            from so long on it is enough …
    steady_share        … to stay that near to the plateau half of the time
    tremor_deg          … or that near, if that is less than a third
    recent_s            for so long after a hold …
    recent_share        … one that is so much smaller is none
    """

    min_excursion_deg: float
    band_share: float = 0.1
    noise_factor: float = 3.0
    settle_share: float = 0.12
    still_share: float = 0.05
    drift_dps: float = 1.0
    interruption_s: float = 0.24
    release_share: float = 0.25
    return_share: float = 0.6
    elsewhere_share: float = 0.35
    elsewhere_s: float = 0.6
    min_hold_s: float = 1.0
    max_hold_s: float = 90.0
    max_return_s: float = 3.0
    max_way: float = 5.0
    max_rise_s: float = 1.5
    min_turn: float = 0.3
    max_vibration_g: float = 0.05
    min_still: float = 0.5
    steady_s: float = 1.5
    steady_share: float = 0.12
    tremor_deg: float = 2.5
    recent_s: float = 15.0
    recent_share: float = 0.25


@dataclass(frozen=True, slots=True)
class Hold:
    """A finished hold. Times in s of the stream, angles in degrees.

    `rise_s` from a quarter to three quarters of the way; `unsteady_deg` median distance from the plateau;
    `rest_noise_deg` the noise about the rest posture before it, an axis; `lift_g` largest departure of the
    specific force from 1 g on the way; `turn_deg` the angle of that way by the gyro, None without one;
    `direction` the unit vector from rest to plateau in the sensor's frame.
    """

    start_s: float
    end_s: float
    decided_s: float
    excursion_deg: float
    rise_s: float
    unsteady_deg: float
    rest_noise_deg: float
    lift_g: float
    turn_deg: float | None
    direction: tuple[float, float, float]


@dataclass(slots=True)
class Rest:
    """A rest posture: where up is (3,), the row it was last entered at, for how many rows it has been kept,
    the noise about it (chord), and the vibration in it (g)."""

    up: Floats
    index: int
    lasted: int = 0
    noise: float = 0.0
    vibration_g: float = 0.0


@dataclass(slots=True)
class Start:
    """Where a movement away from rest began: row, way so far, integrated gyro (3,) and its bias a row (3,)."""

    index: int
    way: float
    turn: Floats
    bias: Floats


@dataclass(slots=True)
class Plateau:
    """A posture being kept: where up is (3,), its distance from rest, half width of its band, the row it was
    entered at, the row it was last centred at, when it began, and whether it may count as a hold."""

    up: Floats
    excursion: float
    band: float
    entry: int
    centred: int
    start_s: float
    countable: bool


@dataclass(slots=True)
class State:
    """All that moves. `at` is the row looked at next; `rests` the rest postures known, the one in force last;
    `held` until the first stop after a hold, `returned` from coming near rest on; the last hold was
    `last_excursion` wide, until `last_end_s`;
    `shaken` movements were not counted because of vibration; `pending` was left otherwise than towards rest."""

    phase: Literal["lost", "rest", "away", "plateau"] = "lost"
    at: int = 0
    rests: list[Rest] = field(default_factory=list)
    start: Start | None = None
    plateau: Plateau | None = None
    held: bool = False
    returned: bool = False
    last_excursion: float = 0.0
    last_end_s: float = -math.inf
    shaken: int = 0
    pending: tuple[Plateau, Hold | None, int] | None = None


class HoldTracker:
    """Finds holds in one stream. The same samples in any chunks give the same holds."""

    def __init__(self, rate_hz: float, has_gyro: bool, params: Params) -> None:
        self.params = params
        self._rate_in = rate_hz
        self._has_gyro = has_gyro
        self._filter = PostureFilter(rate_hz)
        rate = self._filter.grid.rate_hz
        self._rate = rate
        self._lag = self._filter.lag
        self._interruption = max(1, round(params.interruption_s * rate))
        self._elsewhere = max(1, round(params.elsewhere_s * rate))
        self._second = max(self._elsewhere, round(rate))
        self._history = round(4.0 * rate)
        self._smallest = params.min_excursion_deg * RAD
        self._slack = params.drift_dps * RAD * self._lag / rate
        self._shaky = params.max_vibration_g * math.sqrt(self._filter.jerk_s / 0.01)
        self._drift = 0.5 * params.drift_dps * RAD
        self._rows: Posture | None = None
        self._found: list[Hold] = []
        self._last_s = 0.0
        self.state = State()
        self.rest_noise_deg: list[float] = []

    def process(self, item: Signals | Gap) -> list[Hold]:
        """Holds that became final with these samples."""
        if isinstance(item, Gap):
            self._lose()
            return []
        if len(item.samples):
            self._last_s = float(item.samples.t_s[-1])
        if not len(item.slow):
            return []
        new = self._filter.process(item)
        if self._rows is None:
            self.state.at = new.first
            self._rows = new
        else:
            self._rows = self._rows.joined(new)
        self._found = []
        self._run()
        self._forget()
        return self._found

    def flush(self) -> list[Hold]:
        """The hold that the end of the stream cuts off: where its release had begun; and one still going on if
        the wearer has shown before what a hold of theirs is, because a new posture kept to the end is none."""
        p = self.state.plateau
        if self._rows is None or p is None or not len(self._rows):
            return []
        end = self._rows.first + len(self._rows) - 1
        released = float(self._distance(end, end + 1, p.up)[0]) > p.band
        if not released and not self._as_before(p):
            return []
        hold = self._hold(p, end, going=not released)
        self.state.plateau, self.state.phase = None, "lost"
        return [hold] if hold and (not released or self._towards_rest(p, end)) else []

    def held_s(self) -> float:
        """Seconds of the hold under way, 0.0 outside one; provisional."""
        p = self.state.plateau
        return max(0.0, self._last_s - p.start_s) if p is not None and p.countable else 0.0

    # -- the four phases: each returns False when the rows are used up

    def _run(self) -> None:
        phases = {"lost": self._lost, "rest": self._rest, "away": self._away}
        while True:
            if self.state.phase == "plateau":
                row = self._plateau_end()
                if row is None:
                    return
                self._leave_plateau(row)
            elif not phases[self.state.phase]():
                return

    def _lost(self) -> bool:
        """No rest posture in force: the first posture kept is one."""
        rows = self._known()
        still = self._slack + 0.25 * self._smallest
        begin = max(self.state.at, rows.first + self._lag)
        row = self._first(begin, lambda lo, hi: self._cut(rows.change, lo, hi) < still)
        if row is None:
            return False
        self._enter_rest(row, self._median(row - self._lag, row))
        return True

    def _rest(self) -> bool:
        rest = self.state.rests[-1]
        out = self._out(rest)
        row = self._first(self.state.at, lambda lo, hi: self._distance(lo, hi, rest.up) > out)
        if row is None:
            return False
        self.state.at = row + 1
        calm = self._calmest(rest, row)
        rest.up = self._median(calm - self._lag, calm)
        if self._distance(row, row + 1, rest.up)[0] > 0.75 * out:
            self._leave_rest(rest, calm, row)
        return True

    def _away(self) -> bool:
        """Moving: until the posture is still, at rest or elsewhere."""
        rows, rest, share = self._known(), self.state.rests[-1], self.params.settle_share

        def still(lo: int, hi: int) -> Bools:
            return self._cut(rows.change, lo, hi) < self._slack + share * self._distance(lo, hi, rest.up)

        begin = self.state.at
        row = self._first(begin, still)
        seen = rows.first + len(rows) if row is None else row + 1
        self._watch_return(begin, seen, rest)
        if row is None:
            return False
        self._settle(row)
        return True

    def _plateau_end(self) -> int | None:
        """The row at which it is known that the plateau is over: given up or kept for too long."""
        p, q, n, far = self._plateau(), self.params, self._interruption, self._elsewhere
        rest = self.state.rests[-1]

        def over(lo: int, hi: int) -> Bools:
            begin = max(lo - self._second, p.centred)
            off = self._distance(begin, hi, p.up)
            left = self._distance(begin, hi, rest.up)
            fall = _delayed(left, self._second) - left
            falling = left < _delayed(left, 2) - 0.02 * p.excursion
            since = _run_length(fall > p.band + 0.5 * self._drift)
            given_up = (
                falling & (since >= n) & (fall > max(q.release_share * p.excursion, p.band + self._drift))
            )
            back = (left < (1.0 - q.return_share) * p.excursion) & ((since >= n // 2) | (since == 0))
            elsewhere = _run_length(off > q.elsewhere_share * p.excursion) >= far
            return np.asarray((given_up | back | elsewhere)[lo - begin :])

        row = self._first(self.state.at, over)
        latest = p.entry + round(q.max_hold_s * self._rate)
        known = self._known()
        if (row is None or row > latest) and known.first + len(known) > latest:
            return latest
        return row

    # -- what happens between the phases

    def _leave_rest(self, rest: Rest, calm: int, row: int) -> None:
        rows = self._known()
        rest.lasted = max(rest.lasted, row - rest.index)
        begin = max(rest.index, calm - self._history, rows.first)
        if calm - begin >= self._lag:
            rest.noise = _middle(self._distance(begin, calm, rest.up)) / 1.18
            self.rest_noise_deg = [*self.rest_noise_deg[-20:], rest.noise / RAD]
        if rest.vibration_g == 0.0 or row - rest.index >= self._second:
            rest.vibration_g = _middle(self._cut(rows.jerk_g, min(rest.index - self._lag, begin), row))
        turn = rows.turn[:, calm - rows.first]
        bias = (turn - rows.turn[:, begin - rows.first]) / max(calm - begin, 1)
        self.state.start = Start(calm, float(rows.path[calm - rows.first]), turn, bias)
        self.state.phase, self.state.at = "away", row + self._lag // 2

    def _watch_return(self, begin: int, end: int, rest: Rest) -> None:
        """After a hold, coming near rest without stopping there is a return too: the next way begins there."""
        s = self.state
        if not s.held or s.returned or end <= begin:
            return
        near = np.flatnonzero(self._distance(begin, end, rest.up) < 0.5 * s.last_excursion)
        if len(near):
            s.returned = True
            self._start_at(begin + int(near[0]))

    def _settle(self, row: int) -> None:
        """The posture is still at `row`: at a rest posture known, at a new one, or at what may be a hold.

        The first stop after a hold is at rest, wherever it is: nobody returns exactly. Only staying as far
        away as before is no return.
        """
        s, rows = self.state, self._known()
        up = self._median(row - self._lag // 2, row)
        self._resolve(row, up)
        rest = s.rests[-1]
        excursion = _chord(up, rest.up)
        way = float(rows.path[row - rows.first]) - (s.start.way if s.start else -math.inf)
        stopped = s.held and excursion < (1.0 - self.params.release_share) * s.last_excursion
        if (
            self._near_rests(up)
            or stopped
            or excursion < self._smallest
            or way > self.params.max_way * excursion
        ):
            self._enter_rest(row, up)
            return
        band = max(self.params.band_share * excursion, self.params.noise_factor * rest.noise)
        s.plateau = Plateau(up, excursion, band, row, row, 0.0, not s.held or s.returned)
        s.plateau.start_s = self._arrival(s.plateau, up)
        s.phase, s.at = "plateau", row + 1

    def _enter_rest(self, row: int, up: Floats) -> None:
        s = self.state
        near = self._near_rests(up)
        if near:
            rest = s.rests[near[-1]]
            del s.rests[near[-1] + 1 :]
            rest.up, rest.index = up, row
        else:
            self._add_rest(up, row, 0)
        s.phase, s.at, s.held, s.plateau = "rest", row + 1, False, None

    def _add_rest(self, up: Floats, row: int, lasted: int) -> None:
        """A rest posture not known; it pushes out those that were left within a second, and the oldest."""
        s = self.state
        kept = [r for r in s.rests if r.lasted >= self._second]
        noise, vibration_g = (s.rests[-1].noise, s.rests[-1].vibration_g) if s.rests else (0.0, 0.0)
        s.rests = [*kept[-2:], Rest(up, row, lasted, noise, vibration_g)]

    def _leave_plateau(self, row: int) -> None:
        s, p = self.state, self._plateau()
        s.at = row + 1
        if row >= p.entry + round(self.params.max_hold_s * self._rate):
            self._enter_rest(row, p.up)
            return
        if self._only_drifted(row, p):
            p.up, p.centred = self._median(row - self._lag // 2, row), row
            p.excursion = _chord(p.up, s.rests[-1].up)
            return
        since = self._last_inside(row, p)
        hold = self._hold(p, row, going=False)
        if self._towards_rest(p, row):
            self._count(p, hold)
        else:
            s.pending = p, hold, since
        s.phase, s.plateau = "away", None

    def _count(self, p: Plateau, hold: Hold | None) -> None:
        s = self.state
        if hold is not None:
            s.held, s.returned, s.last_excursion, s.last_end_s = True, False, p.excursion, hold.end_s
            self._found.append(hold)

    def _resolve(self, row: int, up: Floats) -> None:
        """The first stop after a plateau that was not left towards rest: at rest, the plateau was a hold given
        up on a roundabout way; elsewhere, it was a new rest posture, if it was kept for long."""
        s, rows = self.state, self._known()
        if s.pending is None:
            return
        p, hold, since = s.pending
        s.pending = None
        late = row - since > round(self.params.max_return_s * self._rate)
        if hold is not None and self._near_rests(up) and not late:
            self._count(p, replace(hold, decided_s=float(rows.known_s[row - rows.first])))
        elif since - p.entry >= round(2.0 * self.params.min_hold_s * self._rate):
            self._add_rest(p.up, since, since - p.entry)
            self._start_at(since)

    def _start_at(self, row: int) -> None:
        rows = self._known()
        k = row - rows.first
        bias = self.state.start.bias if self.state.start else np.zeros(3)
        self.state.start = Start(row, float(rows.path[k]), rows.turn[:, k], bias)

    # -- what is measured

    def _hold(self, p: Plateau, row: int, *, going: bool) -> Hold | None:
        """The hold that `p` was, seen from `row`; None where it is none."""
        s, rows = self.state, self._known()
        if not p.countable or s.start is None:
            return None
        span, release = round(1.5 * self._rate), 0 if going else round(0.5 * self._rate)
        late = max(row - release, p.entry)
        end_up = self._median(max(late - span, p.entry), late)
        last, end_s = (row, self._last_s) if going else self._departure(p.entry, row, end_up, p.band)
        begin_s = self._arrival(p, self._median(p.entry, min(last, p.entry + 2 * span)))
        up = self._median(p.entry, last)
        rest = s.rests[-1]
        p.excursion = _chord(end_up, rest.up)
        off = self._distance(p.entry, last + 1, up)
        rise_s = self._rise(p)
        turn = rows.turn[:, p.entry - rows.first] - s.start.turn - s.start.bias * (p.entry - s.start.index)
        turned = float(length(turn[:, None])[0])
        seen = not self._has_gyro or turned > self.params.min_turn * p.excursion
        moved = seen and rise_s <= self.params.max_rise_s
        if not moved or not self._is_hold(p, begin_s, end_s, last, _middle(off)):
            return None
        way = slice(max(s.start.index - rows.first, 0), p.entry - rows.first + 1)
        x, y, z = ((up - rest.up) / _chord(up, rest.up)).tolist()
        return Hold(
            start_s=begin_s,
            end_s=end_s,
            decided_s=self._last_s if going else float(rows.known_s[row - rows.first]),
            excursion_deg=angle_deg(_chord(up, rest.up)),
            rise_s=rise_s,
            unsteady_deg=_middle(off) / RAD,
            rest_noise_deg=rest.noise / RAD,
            lift_g=float(np.abs(rows.force_g[way] - 1.0).max()),
            turn_deg=turned / RAD if self._has_gyro else None,
            direction=(x, y, z),
        )

    def _is_hold(self, p: Plateau, begin_s: float, end_s: float, last: int, unsteady: float) -> bool:
        """Long enough, wide enough for the noise and for the wearer, and still."""
        s, q = self.state, self.params
        smallest = max(self._smallest, 2.0 * q.noise_factor * s.rests[-1].noise)
        if end_s - s.last_end_s < q.recent_s:
            smallest = max(smallest, q.recent_share * s.last_excursion)
        if s.rests[-1].vibration_g > self._shaky:
            s.shaken += 1
            return False
        if p.excursion < smallest or end_s - begin_s < q.min_hold_s:
            return False
        trembling = min(q.tremor_deg * RAD, 0.3 * p.excursion)
        if end_s - begin_s >= q.steady_s and unsteady < max(q.steady_share * p.excursion, trembling):
            return True
        still = self._cut(self._known().change, p.entry, last + 1) < self._slack + q.still_share * p.excursion
        return int(np.count_nonzero(still)) >= q.min_still * max(len(still), 1)

    def _as_before(self, p: Plateau) -> bool:
        ratio = p.excursion / self.state.last_excursion if self.state.last_excursion else 0.0
        return 0.5 < ratio < 2.0

    def _only_drifted(self, row: int, p: Plateau) -> bool:
        """Whether the posture has only drifted: slow by the contract's measure, and not back at rest."""
        rows, rest = self._known(), self.state.rests[-1]
        slow = float(rows.change[row - rows.first]) < self._slack + 0.02 * p.excursion
        return slow and float(self._distance(row, row + 1, rest.up)[0]) > 0.5 * p.excursion

    def _towards_rest(self, p: Plateau, row: int) -> bool:
        rest = self.state.rests[-1]
        nearer = _chord(p.up, rest.up) - float(self._distance(row, row + 1, rest.up)[0])
        return nearer >= 0.3 * float(self._distance(row, row + 1, p.up)[0])

    def _near_rests(self, up: Floats) -> list[int]:
        """Which of the rest postures known this is; for older ones, seen from the one in force."""
        rests, q = self.state.rests, self.params
        if not rests:
            return []
        back = [q.release_share * _chord(r.up, rests[-1].up) for r in rests]
        return [k for k, r in enumerate(rests) if _chord(up, r.up) <= max(self._out(r), back[k])]

    def _out(self, rest: Rest) -> float:
        return max(4.0 * rest.noise, 0.5 * self._smallest)

    def _calmest(self, rest: Rest, row: int) -> int:
        rows = self._known()
        begin = max(rest.index, row - self._history, rows.first + self._lag)
        begin = min(begin, row)
        return begin + int(np.argmin(self._cut(rows.change, begin, row + 1)))

    def _last_inside(self, row: int, p: Plateau) -> int:
        begin = p.centred
        inside = np.flatnonzero(self._distance(begin, row + 1, p.up) <= p.band)
        return begin + int(inside[-1]) if len(inside) else begin

    def _arrival(self, p: Plateau, up: Floats) -> float:
        """When the posture came within the band of `up` on its way from rest to the plateau."""
        rows, rest = self._known(), self.state.rests[-1]
        begin = max(p.entry - self._history, rows.first)
        d = self._off(begin, p.entry + 1, up, p.entry - self._lag // 2, p.entry + 1)
        near_rest = np.flatnonzero(self._distance(begin, p.entry + 1, rest.up) < 0.5 * p.excursion)
        k = int(near_rest[-1]) if len(near_rest) else 0
        inside = np.flatnonzero(d[k:] <= p.band)
        k += int(inside[0]) if len(inside) else len(d) - 1 - k
        return (
            self._between(begin + k - 1, d[k - 1], d[k], p.band) if k else float(rows.t_s[begin - rows.first])
        )

    def _off(self, lo: int, hi: int, up: Floats, ref_lo: int, ref_hi: int) -> Floats:
        """Distance of the rows lo..hi from a plateau at `up`. With a gyro it is the angle turned about level
        axes since the rows ref_lo..ref_hi, to which the acceleration of the movement itself adds nothing."""
        start = self.state.start
        if not self._has_gyro or start is None:
            return self._distance(lo, hi, up)
        first = self._known().first
        turn = self._known().turn
        row = np.arange(lo, hi)
        middle = turn[:, ref_lo - first : ref_hi - first]
        n = middle.shape[1] // 2
        away = turn[:, lo - first : hi - first] - np.partition(middle, n, axis=1)[:, n][:, None]
        away = away - start.bias[:, None] * (row - (ref_lo + n))
        along = up[0] * away[0] + up[1] * away[1] + up[2] * away[2]
        return length(away - up[:, None] * along)

    def _rise(self, p: Plateau) -> float:
        """Seconds from a quarter to three quarters of the way from rest to the plateau."""
        rows = self._known()
        begin = max(p.entry - 2 * self._history, rows.first)
        d = self._distance(begin, p.entry + 1, self.state.rests[-1].up)
        low = np.flatnonzero(d < 0.25 * p.excursion)
        k = int(low[-1]) if len(low) else 0
        high = np.flatnonzero(d[k:] >= 0.75 * p.excursion)
        return (int(high[0]) if len(high) else len(d) - k) / self._rate

    def _departure(self, entry: int, row: int, up: Floats, band: float) -> tuple[int, float]:
        """Last row, and when, the posture was in the band of `up` that it is out of at `row`."""
        rows = self._known()
        late = max(row - self._second // 2, entry)
        d = self._off(entry, row + 1, up, max(late - self._lag, entry), late + 1)
        inside = np.flatnonzero(d <= band)
        k = int(inside[-1]) if len(inside) else 0
        if k + 1 == len(d):
            return row, float(rows.t_s[row - rows.first])
        return entry + k, self._between(entry + k, d[k], d[k + 1], band)

    def _between(self, row: int, before: float, after: float, level: float) -> float:
        rows = self._known()
        k = row - rows.first
        share = (level - before) / (after - before) if after != before else 0.0
        t0, t1 = float(rows.t_s[k]), float(rows.t_s[k + 1])
        return t0 + min(max(float(share), 0.0), 1.0) * (t1 - t0)

    # -- rows

    def _known(self) -> Posture:
        assert self._rows is not None
        return self._rows

    def _plateau(self) -> Plateau:
        assert self.state.plateau is not None
        return self.state.plateau

    def _cut(self, row: Floats, lo: int, hi: int) -> Floats:
        first = self._known().first
        return row[max(lo - first, 0) : hi - first]

    def _distance(self, lo: int, hi: int, up: Floats) -> Floats:
        rows = self._known()
        cut = slice(max(lo - rows.first, 0), hi - rows.first)
        return distance(rows.up[:, cut], up)

    def _median(self, lo: int, hi: int) -> Floats:
        """Middle posture of the rows lo..hi, both included."""
        first = self._known().first
        up = self._known().up[:, max(lo - first, 0) : hi - first + 1]
        n = up.shape[1] // 2
        return np.partition(up, n, axis=1)[:, n].copy()

    def _first(self, begin: int, condition: Callable[[int, int], Bools]) -> int | None:
        """First row from `begin` on where the condition holds; looks in blocks that grow, so that the cost is
        that of the rows passed over."""
        rows = self._known()
        end = rows.first + len(rows)
        lo, size = max(begin, rows.first), 64
        while lo < end:
            hi = min(lo + size, end)
            met = condition(lo, hi)
            k = int(np.argmax(met))
            if met[k]:
                return lo + k
            lo, size = hi, 2 * size
        self.state.at = max(self.state.at, end)
        return None

    def _forget(self) -> None:
        s, rows = self.state, self._known()
        keep = s.at - 2 * self._history
        if s.plateau is not None:
            keep = min(keep, s.plateau.entry - self._history)
        self._rows = rows.from_index(keep)

    def _lose(self) -> None:
        """A hole: nothing is counted across it; the rest postures known stay known."""
        self._filter = PostureFilter(self._rate_in)
        self._rows = None
        s = self.state
        for rest in s.rests:
            rest.index = 0
        s.phase, s.plateau, s.start, s.pending = "lost", None, None, None


def _chord(a: Floats, b: Floats) -> float:
    x, y, z = a.tolist()
    p, q, r = b.tolist()
    return math.sqrt((x - p) * (x - p) + (y - q) * (y - q) + (z - r) * (z - r))


def _run_length(met: Bools) -> NDArray[np.int64]:
    """For each row, for how many rows up to it the condition has held without a break."""
    index = np.arange(len(met))
    return np.asarray(index - np.maximum.accumulate(np.where(met, -1, index)))


def _delayed(x: Floats, rows: int) -> Floats:
    """`x` so many rows earlier; its first value where there is none."""
    return np.concatenate([np.full(rows, x[0]), x])[: len(x)]


def _middle(values: Floats) -> float:
    n = len(values) // 2
    return float(np.partition(values, n)[n]) if len(values) else 0.0
