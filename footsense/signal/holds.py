"""Holds: a posture kept, away from the rest posture, and given up again towards it.

Rest and hold are the same thing to a sensor, a plateau of the posture. What tells them apart is the order: the
wearer leaves a rest posture on a short way, keeps still elsewhere, and moves back. Long ways (walking, circles,
changing seats) lead to a new rest posture, not to a hold. All tolerances are shares of the wearer's own
excursion, or multiples of the noise at rest.

The state machine runs over whole arrays: each state asks for the first row where it ends. No state looks
further back than `LOOK_BACK_S` from the row it is about, or from where its plateau begins: the cut of the
stream is irrelevant.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from footsense.signal.front import Signals, SlowGrid
from footsense.signal.judging import Judge, is_as_last
from footsense.signal.measuring import Measure
from footsense.signal.plateau import (
    LOOK_BACK_S,
    Hold,
    Params,
    Pending,
    Plateau,
    Rest,
    Start,
    State,
    Way,
    calmest,
    last_inside,
    towards_rest,
    unsteady,
    was_quiet,
)
from footsense.signal.posture import (
    CHANGE,
    JERK_S,
    KNOWN,
    PATH,
    RAD,
    SETTLE,
    Posture,
    PostureFilter,
    Still,
    T,
    Up,
    chord,
    cosine,
    lag_rows,
)
from footsense.signal.release import Release
from footsense.signal.runs import first_met
from footsense.signal.stops import Stops
from footsense.types import Gap


class HoldTracker:
    """Finds holds in one stream. The same samples in any chunks give the same holds."""

    def __init__(self, rate_hz: float, has_gyro: bool, params: Params) -> None:
        self.params = params
        self.state = State()
        self._stream_rate_hz = rate_hz
        self._rate_hz = SlowGrid.at(rate_hz).rate_hz
        self._lag = lag_rows(self._rate_hz)
        self._drift = params.drift_dps * RAD
        self._slack = self._drift * self._lag / self._rate_hz
        self._still = Still(self._slack, params.settle_share, params.settle_deg * RAD)
        self._filter = PostureFilter(rate_hz, self._still)
        self._second = self._count(1.0)
        self._history = self._count(LOOK_BACK_S)
        self._smallest = params.min_excursion_deg * RAD
        shaky_g = params.max_vibration_g * math.sqrt(self._filter.jerk_s / JERK_S)
        lasting = [self._count(s) for s in (1.0, params.interruption_s, params.dip_s, params.elsewhere_s)]
        self._release = Release(params, lasting, self._smallest, self._drift, self._slack)
        self._judge = Judge(params, self._smallest, self._slack)
        self._stops = Stops(params, self._judge, self._rate_hz)
        self._measure = Measure(params, self._judge, self._rate_hz, self._lag, has_gyro, shaky_g)
        self._rows: Posture | None = None
        self._found: list[Hold] = []
        self._flushed: list[Hold] | None = None
        self.undecided: Hold | None = None  # cut off by the end of the stream, it may be a new rest posture
        self._last_s = 0.0
        self._end = 0  # the row up to which is looked

    def process(self, item: Signals | Gap) -> list[Hold]:
        """Holds that became final with these samples."""
        self._found = []
        if isinstance(item, Gap):
            self._lose()
            return []
        if len(item.samples):
            self._last_s = float(item.samples.t_s[-1])
        new = self._filter.process(item)
        if len(new):
            self._take(new)
            while self._phase():
                pass
            self._forget()
        return self._found

    def flush(self) -> list[Hold]:
        """The hold that the end of the stream cuts off: where its release had begun; and one still going on if
        the wearer has shown before what a hold of theirs is, because a new posture kept to the end is none."""
        if self._flushed is None:
            self._flushed = self._cut_off()
        return self._flushed

    def _cut_off(self) -> list[Hold]:
        p, rows, was = self.state.plateau, self._rows, self.state.pending
        if rows is None:
            return []
        end = rows.end - 1
        if was and was.hold:
            back = self._stops.is_back(self.state, was, rows.middle(end, end), end)
            return [replace(was.hold, decided_s=self._last_s)] if back else []
        if p is None:
            late = self.state.waiting and self.state.waiting.hold
            return [replace(late, decided_s=self._last_s)] if late else []
        released = rows.chord(end, p.up) > p.band
        hold = self._measure.hold(rows, self.state, p, end, None if released else self._last_s)
        back = released and self._stops.comes_back(rows, p, self.state.rests[-1], end)
        self.state.plateau, self.state.phase = None, "lost"
        if hold is None or back or self._judge.is_same(hold, p, self.state):
            return [hold] if hold else []
        self.undecided = hold if self._judge.may_be_same(hold, p, self.state) else None
        return []

    def held_s(self, smallest_deg: float = 0.0) -> float:
        """Seconds of the hold under way, 0.0 outside one of at least so many degrees; provisional."""
        p = self.state.plateau
        if p is None or not p.countable or self._rows is None or self.state.start is None:
            return 0.0
        if p.start_s is None:
            way = self._way()
            left = way.left(p)
            p.start_s, p.rise_s = way.arrival(p, p.up, left), way.rise_s(p, left, self._slack)
        return max(0.0, self._last_s - p.start_s) if p.excursion >= smallest_deg * RAD else 0.0

    # the phases: each returns False when the rows are used up

    def _phase(self) -> bool:
        match self.state.phase:
            case "rest":
                return self._rest()
            case "away":
                return self._away()
            case "plateau":
                return self._kept()
        return self._lost()

    def _lost(self) -> bool:
        """No rest posture in force: the first posture kept is one."""
        rows = self._known()
        still = self._slack + 0.25 * self._smallest
        begin = max(self.state.at, rows.first + self._lag)
        row = self._first(begin, lambda lo, hi: first_met(rows.cut(CHANGE, lo, hi) < still))
        if row is not None:
            up = rows.middle(row - self._lag, row)
            self.state.enter_rest(row, up, self._stops.near(self.state.rests, up), self._second)
        return row is not None

    def _rest(self) -> bool:
        """At rest: until the posture is out, and not only by drift."""
        rows, rest = self._known(), self.state.rests[-1]
        row = self._left(rest)
        self._wait(rest, row or self._end)
        if row is None:
            return False
        self.state.at = row + 1
        calm = calmest(rows, rest, row, (self._lag, 2 * self._second, self._history))
        rest.up = rows.middle(calm - self._lag, calm)
        if rows.chord(row, rest.up) > 0.75 * self._stops.out(rest):
            self._leave_rest(rest, calm, row)
        return True

    def _wait(self, rest: Rest, end: int) -> None:
        """What went the other way than holds before, but was left for rest, counts once that has been kept."""
        s, known = self.state, rest.index + self._lag
        if s.waiting and s.waiting.hold and end > known:
            self._count_hold(
                s.waiting.plateau, replace(s.waiting.hold, decided_s=self._known().at(KNOWN, known))
            )
            s.waiting, s.held = None, False

    def _left(self, rest: Rest) -> int | None:
        """First row that is out of the rest posture."""
        rows, out = self._known(), self._stops.out(rest)
        out *= out
        return self._first(self.state.at, lambda lo, hi: first_met(rows.squared(lo, hi, rest.up) > out))

    def _away(self) -> bool:
        """Moving: until the posture is still, at rest or elsewhere."""
        rows, rest = self._known(), self.state.rests[-1]

        def still(lo: int, hi: int) -> int | None:
            return first_met(rows.cut(SETTLE, lo, hi) < rows.squared(lo, hi, rest.up))

        begin = self.state.at
        row = self._first(begin, still)
        self._watch_return(begin, self._end if row is None else row + 1, rest)
        if row is not None:
            self._settle(row)
        return row is not None

    def _kept(self) -> bool:
        """On a plateau: until it is known to be over, or was a rest posture because holds were seen from it."""
        p = self._plateau()
        row = self._first(self.state.at, self._over, 256)  # the most that people hold, at once
        latest = p.entry + self._count(self.params.max_hold_s)
        if self._end > latest and (row is None or row >= latest):
            row = latest
        if self._seen_from(p, self._end if row is None else row):
            return True
        if row == latest:
            self.state.enter_rest(latest, p.up, self._stops.near(self.state.rests, p.up), self._second)
        elif row is not None:
            self._leave_plateau(row)
        return row is not None

    def _seen_from(self, p: Plateau, end: int) -> bool:
        """Looks for a hold with the plateau as its rest posture, up to row `end`: after a wide change of
        posture small movements are within the plateau's tolerances. The first found makes it the rest."""
        if p.inner is None:
            return False
        outer, known, found = self.state, self._end, len(self._found)
        self.state, self._end = p.inner, end
        if self._may_have_held():
            while self._phase() and not self._is_seen(p, found):
                pass
        inner, self._end, self.state = self.state, known, outer
        if len(self._found) == found:
            return False
        inner.rests = [*outer.rests[-2:], *inner.rests[-1:]]
        inner.rest_noise_deg = outer.rest_noise_deg + inner.rest_noise_deg
        inner.departed_s = outer.departed_s + inner.departed_s
        inner.shaken, inner.nested = inner.shaken + outer.shaken, False
        self.state = inner
        return True

    def _is_seen(self, p: Plateau, found: int) -> bool:
        """Whether the hold last found, if any is new, shows that its plateau is a rest posture: that is kept
        much steadier than what is held from it is wide. The swaying of a leg that is held up is no hold: what
        is small beside the way to the plateau has to come twice."""
        if len(self._found) == found or self.state.start is None:
            return False
        hold, begin = self._found.pop(), max(p.entry, p.rested) + self._lag
        sways = unsteady(self._known(), begin, self.state.start.index)
        if sways / RAD >= self.params.rest_share * hold.excursion_deg:
            return False
        p.rested = self.state.at
        p.seen.append(hold)
        if len(p.seen) < 2 and hold.excursion_deg * RAD < self.params.sway_share * p.excursion:
            return False
        self._found += [replace(h, decided_s=hold.decided_s) for h in p.seen]
        return True

    def _may_have_held(self) -> bool:
        """Whether a hold can have been seen: too soon after rest was left nothing need be looked at."""
        if self.state.phase != "rest":
            return True
        row = self._left(self.state.rests[-1])
        self.state.at = row or self.state.at
        return row is not None and row <= self._end - self._count(0.6 * self.params.min_hold_s)

    def _inner(self, p: Plateau) -> State | None:
        """The state that takes the plateau for rest; None where the smallest excursion would end it, or where
        the last hold was."""
        s = self.state
        if s.nested or self._smallest > self.params.step_share * p.excursion or is_as_last(p, s):
            return None
        known = self.state.rests[-1]
        rest = Rest(p.up, p.entry, 0, known.noise, known.vibration_g)
        return State("rest", p.entry + 2 * self._second, [rest], nested=True)

    def _over(self, lo: int, hi: int) -> int | None:
        row = self._release.first(self._known(), self._plateau(), self.state.rests[-1], (lo, hi))
        return None if row is None else row - lo

    # what happens between the phases

    def _leave_rest(self, rest: Rest, calm: int, row: int) -> None:
        rows, s = self._known(), self.state
        begin = max(rest.index, calm - self._history, rows.first)
        s.measure(rows, rest, (begin, calm, row), self._lag, self._second)
        s.start = Start.at(rows, calm, s.bias)
        s.departed_s.append(rows.at(T, calm))
        s.coming = rows.at(CHANGE, rest.index) if row - rest.index < self._lag else 0.0
        s.doubtful, s.waiting = s.waiting or (s.doubtful if s.coming else None), None
        s.phase, s.at = "away", row + self._lag // 2

    def _watch_return(self, begin: int, end: int, rest: Rest) -> None:
        """After a hold, coming near rest without stopping there is a return too: the next way begins there."""
        s, rows = self.state, self._known()
        if not s.held or s.returned or end <= begin:
            return
        near = first_met(rows.distance(begin, end, rest.up) < 0.5 * s.last_excursion)
        if near is not None and s.start is not None:
            s.returned = True
            s.start = Start.at(rows, begin + near, s.bias)

    def _settle(self, row: int) -> None:
        """The posture is still at `row`: at a rest posture known, at a new one, or at what may be a hold.

        The first stop after a hold is at rest, wherever it is: nobody returns exactly. Only staying as far
        away as before is no return.
        """
        s, rows, q = self.state, self._known(), self.params
        up = rows.middle(row - self._lag // 2, row)
        if self._only_swayed(row, up):
            return
        if chord(up, s.rests[-1].up) < q.coming_on * s.coming:  # the end of a wide way was taken for a stop
            s.enter_rest(row, up, [len(s.rests) - 1], self._second)
            return
        if s.came and (self._stops.passed(s, up, self._count(0.6)) or s.coming):
            s.start = s.came
        self._doubt(row, up)
        at_rest, at_s = self._resolve(row, up), rows.at(T, row)
        if self._stops.was_brief(s, at_s):
            at_rest = self._stops.went_on(s, up) or at_rest
        rest = s.rests[-1]
        excursion = chord(up, rest.up)
        way = rows.at(PATH, row) - (s.start.way if s.start else -math.inf)
        stopped = at_rest or (s.held and self._stops.is_at_rest(s, up, excursion, at_s))
        wandered = excursion < self._smallest or way > q.max_way * excursion
        near = self._stops.near(self.state.rests, up)
        again = not (stopped or excursion < self._smallest) and self._stops.is_hold_again(s, up, at_s)
        if stopped or (not again and (wandered or near)):
            s.enter_rest(row, up, near, self._second)
            return
        climb = self._resume(row, up) or excursion
        band = max(q.band_share * excursion, q.noise_factor * rest.noise)
        p = Plateau(up, excursion, band, row, row, not s.held or s.returned, climb)
        p.inner = self._inner(p)
        s.phase, s.at, s.plateau = "plateau", row + 1, p

    def _doubt(self, row: int, up: Up) -> None:
        """What was held before a stop that was left at once: not that stop tells what it was, but the next."""
        s, was = self.state, self.state.doubtful
        if (
            was is None
            or (s.pending and s.pending.hold)
            or chord(up, was.plateau.up) < 0.5 * was.plateau.excursion
        ):
            return
        s.pending, s.doubtful = was, None
        if s.coming and len(s.rests) > 1 and s.rests[-1].lasted < self._lag:
            del s.rests[-1]

    def _only_swayed(self, row: int, up: Up) -> bool:
        """Whether the plateau left a moment ago goes on, centred at `up`."""
        s, was, q = self.state, self.state.pending, self.params
        if was is None or was.towards or row - s.left_at > self._second:
            return False
        p, sways = was.plateau, unsteady(self._known(), was.plateau.entry + self._lag, s.left_at)
        if not self._stops.is_sway(s, p, up, sways):
            return False
        p.up, p.centred, p.excursion = up, row, chord(up, s.rests[-1].up)
        p.band = max(q.band_share * p.excursion, q.noise_factor * s.rests[-1].noise)
        s.pending, s.phase, s.at, s.plateau = None, "plateau", row + 1, p
        return True

    def _resume(self, row: int, up: Up) -> float | None:
        """After a hold: how far the posture at `row` is from where the way came nearest to rest; the way
        begins there. None where the next stop is on no way that came near, nor where that hold was."""
        s, rows, last_up = self.state, self._known(), self.state.last_up
        if not s.held or not last_up or s.start is None:
            return None
        if not s.returned and chord(up, last_up) >= self.params.resume_share * s.last_excursion:
            return None
        begin = max(s.left_at, row - self._history, rows.first)
        nearest = self._way().nearest(begin, row, up)
        s.returned, s.start = True, Start.at(rows, nearest, s.bias)
        return rows.chord(nearest, up)

    def _leave_plateau(self, row: int) -> None:
        s, p, rows = self.state, self._plateau(), self._known()
        s.at = row + 1
        if self._release.only_drifted(rows, p, s.rests[-1], row):
            p.up, p.centred = rows.middle(row - self._lag // 2, row), row
            p.excursion = chord(p.up, s.rests[-1].up)
            return
        hold, towards = self._measure.hold(rows, s, p, row), towards_rest(rows, p, s.rests[-1], row)
        if hold or row - p.entry > self._second:
            s.doubtful = None
        sure = hold is None or self._judge.is_sure(hold, p, self.state)
        if towards and sure and not self._judge.is_rest(p):
            self._count_hold(p, hold)
        else:
            self._keep_pending(p, hold, row, towards=towards)
        s.phase, s.plateau, s.left_at, s.coming = "away", None, row, 0.0

    def _keep_pending(self, p: Plateau, hold: Hold | None, row: int, *, towards: bool) -> None:
        """What the plateau was depends on where the wearer stops next. It is centred anew: a wide way may have
        been entered as still before its end."""
        s, rows = self.state, self._known()
        p.centred = max(p.entry, row - self._history)
        p.up = rows.middle(p.centred, max(row - self._second, p.entry))
        p.band = min(p.band, 0.25 * rows.chord(row, p.up))
        last = last_inside(rows, p, row)
        quiet = was_quiet(rows, p, last, row)
        p.up = rows.middle(max(last - self._second, p.entry), last)
        s.pending = Pending(p, hold, Start.at(rows, last, s.bias), quiet, towards)

    def _count_hold(self, p: Plateau, hold: Hold | None) -> None:
        s = self.state
        if hold is not None:
            s.held, s.returned, s.last_up, s.last_rest = True, False, p.up, s.rests[-1]
            s.last_excursion, s.last_end_s = min(p.excursion, hold.excursion_deg * RAD), hold.end_s
            s.past = [*s.past[-1:], hold]
            self._found.append(hold)

    def _resolve(self, row: int, up: Up) -> bool:
        """The first stop after a plateau that was no hold for sure: at rest, it was one, perhaps given up on a
        roundabout way; elsewhere, it was a new rest posture, if it was kept for long and quietly. Returns
        whether the stop is surely at rest, though at a posture not known."""
        s, rows = self.state, self._known()
        if s.pending is None:
            return False
        was, s.pending, s.doubtful = s.pending, None, None
        p, start = was.plateau, was.start
        again = was.towards and chord(up, p.up) < self.params.resume_share * p.excursion  # it only gave way
        back = again or self._stops.is_back(s, was, up, row)
        at_s = rows.at(T, row)
        left = len(s.past) > 1 and self._judge.goes_as_past(up, p.up, at_s, s.past)
        further = cosine(s.rests[-1].up, p.up, up) > self.params.alike
        like = was.hold is not None and not further and self._judge.is_like_past(was.hold, s.past)
        if was.hold and back and not (again or left or like) and self._judge.opposes(was.hold, s.past):
            s.waiting = was
            return True
        if was.hold and (back or left or like):
            self._count_hold(p, replace(was.hold, decided_s=rows.at(KNOWN, row)))
            return (left or like) and not back
        sure = self._judge.is_rest(p) or (not back and self._judge.goes_as_past(p.up, up, at_s, s.past))
        if was.quiet and start.index - p.entry >= self._count((0.5 if sure else 2.0) * self.params.min_hold_s):
            s.add_rest(p.up, start.index, start.index - p.entry, self._second)
            s.start = start
            if self._judge.is_rest(p):  # and what was taken for rest was none
                s.rests[-1].vibration_g *= p.strain
                del s.rests[:-1]
        s.doubtful = was if was.hold and chord(up, p.up) <= p.excursion else None
        return False

    # rows

    def _count(self, seconds: float) -> int:
        return max(1, round(seconds * self._rate_hz))

    def _known(self) -> Posture:
        assert self._rows is not None
        return self._rows

    def _plateau(self) -> Plateau:
        assert self.state.plateau is not None
        return self.state.plateau

    def _way(self) -> Way:
        return self._measure.way(self._known(), self.state)

    def _first(self, begin: int, condition: Callable[[int, int], int | None], size: int = 96) -> int | None:
        """First row from `begin` on where the condition holds; looks in blocks that grow, so that the cost is
        that of the rows passed over."""
        rows = self._known()
        lo = max(begin, rows.first)
        while lo < self._end:
            hi = min(lo + size, self._end)
            k = condition(lo, hi)
            if k is not None:
                return lo + k
            lo, size = hi, 2 * size
        self.state.at = max(self.state.at, self._end)
        return None

    def _take(self, new: Posture) -> None:
        if self._rows is None:
            self.state.at, self._rows = new.first, new
        else:
            self._rows = self._rows.joined(new)
        self._end = self._rows.end

    def _forget(self) -> None:
        """What no state looks back to: from the row looked at twice the look-back (the calmest row of rest, and
        the noise before it), from a plateau's entry once, also of one left a moment ago, which may go on."""
        s = self.state
        keep = s.at - 2 * self._history - self._second
        if s.plateau is not None:
            keep = min(keep, s.plateau.entry - self._history)
        elif s.pending is not None and s.at - s.left_at <= self._second:
            keep = min(keep, s.pending.plateau.entry - self._history)
        self._rows = self._known().from_index(keep)

    def _lose(self) -> None:
        """A hole: nothing is counted across it; the rest postures known stay known."""
        self._filter = PostureFilter(self._stream_rate_hz, self._still)
        self._rows = None
        self.state.lose()
