"""Whether a plateau that has been left was a hold."""

import math
from dataclasses import dataclass

import numpy as np

from footsense.signal.plateau import Hold, Params, Plateau, State
from footsense.signal.posture import RAD, Up, chord, towards
from footsense.types import Floats

SIMILAR, SAME = 0.1, 0.03  # of how far off a direction may be: within 14° and 8°


@dataclass(frozen=True, slots=True)
class Judge:
    """`smallest`: excursion of a hold, `slack`: what drift makes of `Posture.change`; both chords."""

    params: Params
    smallest: float
    slack: float

    def is_rest(self, p: Plateau) -> bool:
        """Whether it trembled less than what was taken for rest, or the way there was the holds' way back."""
        return p.backwards or p.strain < self.params.calmer

    def is_backwards(self, hold: Hold, p: Plateau, state: State) -> bool:
        """Whether the way to it is that of the last two holds turned around: rest is where they were left to.
        Or each trembled less than the rest before it, and together they did so by far. That is said once, and
        those are forgotten: the sensor may have been put on anew."""
        past = state.past
        if len(past) < 2 or hold.start_s - past[-1].end_s > self.params.known_s:
            return False
        alike = all(0.4 < hold.excursion_deg / h.excursion_deg < 2.5 for h in past)
        opposite = all(_opposite(hold, h) for h in past)
        strains = [hold.strain, *(h.strain for h in past)]
        calm = max(strains) < 1.0 and math.prod(strains) < self.params.calmer_all
        if not alike or not (opposite or (calm and self.is_along(hold, past))):
            return False
        p.backwards, state.past = True, []
        return True

    def is_along(self, hold: Hold, past: list[Hold], share: float = 1.0) -> bool:
        """Whether it went the way of all holds before; by a `share` of how far off that may be."""
        least = 1.0 - share * (1.0 - self.params.alike)
        return all(_cosine(hold.direction, h.direction) > least for h in past)

    def may_be_same(self, hold: Hold, p: Plateau, state: State) -> bool:
        """Whether what nobody came back from may be a hold: about as wide and the way of the last two."""
        return as_before(p, state) and self.is_along(hold, state.past, SIMILAR)

    def is_same(self, hold: Hold, p: Plateau, state: State) -> bool:
        """Whether it surely is one: as a seat shifted by chance hardly is, it is as the last two were."""
        sizes = [hold.excursion_deg / h.excursion_deg for h in state.past]
        same = self.is_along(hold, state.past, SAME) and all(0.7 < size < 1.4 for size in sizes)
        return same and as_before(p, state)

    def opposes(self, hold: Hold, past: list[Hold]) -> bool:
        """Whether it went the way of the hold before turned around, and no further."""
        if not past or hold.start_s - past[-1].end_s > self.params.known_s:
            return False
        return hold.excursion_deg / past[-1].excursion_deg < 2.5 and _opposite(hold, past[-1])

    def is_like_past(self, hold: Hold, past: list[Hold]) -> bool:
        """Whether it went the way of the holds before and trembled as they did, or was about as wide and long:
        wherever the wearer stops next, it was no new rest posture."""
        if not past or hold.start_s - past[-1].end_s > self.params.known_s:
            return False
        if not self.is_along(hold, past):
            return False
        lengths = [(hold.end_s - hold.start_s) / (h.end_s - h.start_s) for h in past]
        wide = any(0.5 < hold.excursion_deg / h.excursion_deg < 2.0 for h in past)
        works = min(hold.strain, *(h.strain for h in past)) * self.params.calmer > 1.0
        return works or (wide and all(0.65 < x < 1.5 for x in lengths))

    def goes_as_past(self, start: Up, up: Up, at_s: float, past: list[Hold]) -> bool:
        """Whether the way from one stop to the next is that of the holds before: the first is a rest posture.
        Turned round, it is their way back: a sensor may have slipped in the hold, so that rest is elsewhere."""
        if not past or at_s - past[-1].end_s > self.params.known_s:
            return False
        size, way = chord(start, up) / RAD, towards(start, up)
        return all(
            0.5 < size / h.excursion_deg < 2.0 and _cosine(way, h.direction) > self.params.alike for h in past
        )

    def is_hold(self, hold: Hold, p: Plateau, state: State, change: Floats) -> bool:
        """Wide enough, come about by a turn, and still; `change` (m,) are those of its rows."""
        q = self.params
        smallest = max(self.smallest, 2.0 * q.noise_factor * state.rests[-1].noise)
        if hold.end_s - state.last_end_s < q.recent_s:
            smallest = max(smallest, q.recent_share * state.last_excursion)
        turned = hold.turn_deg is None or hold.turn_deg * RAD > q.min_turn * min(p.climb, p.excursion)
        moved = turned and hold.rise_s <= q.max_rise_s and p.excursion >= smallest
        return moved and self._is_still(hold, p, change)

    def _is_still(self, hold: Hold, p: Plateau, change: Floats) -> bool:
        q = self.params
        trembling = min(q.tremor_deg * RAD, 0.3 * p.excursion)
        near = hold.unsteady_deg * RAD < max(q.steady_share * p.excursion, trembling)
        if near and hold.end_s - hold.start_s >= q.steady_s:
            return True
        still = change < self.slack + q.still_share * p.excursion
        return int(np.count_nonzero(still)) >= q.min_still * max(len(still), 1)

    def is_sure(self, hold: Hold, p: Plateau, state: State) -> bool:
        """Whether a hold need not wait for the stop at rest: it is like the last one, or was reached from rest,
        is long and much steadier than wide, as standing between two steps is not. Within another's plateau it
        waits: that may be over."""
        if state.nested:
            return False
        q, noise = self.params, state.rests[-1].noise
        if is_as_last(p, state):
            return True
        if self.opposes(hold, state.past):
            return False
        long = hold.end_s - hold.start_s >= q.sure_s and hold.rise_s > 0.0
        return long and max(hold.unsteady_deg * RAD, noise) < q.sure_share * p.excursion


def as_before(p: Plateau, state: State) -> bool:
    """Whether it is about as wide as the last hold was."""
    return 0.5 * state.last_excursion < p.excursion < 2.0 * state.last_excursion


def is_as_last(p: Plateau, state: State) -> bool:
    """Whether it is where the last hold was, too."""
    last_up = state.last_up
    return last_up is not None and as_before(p, state) and chord(p.up, last_up) < 0.5 * p.excursion


def _opposite(a: Hold, b: Hold) -> bool:
    return _cosine(a.direction, b.direction) < -0.7


def _cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
