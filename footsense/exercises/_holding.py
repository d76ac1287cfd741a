"""What the three exercises of holding have in common: holds of the tracker become events."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import ClassVar

from footsense.exercises.base import About
from footsense.signal.front import Signals
from footsense.signal.holds import HoldTracker
from footsense.signal.plateau import Hold, Params
from footsense.types import Event, Gap, Grade, Placement, Progress, Reason, StreamInfo

Attributes = Mapping[str, str | float | bool | None]
Told = tuple[Hold, Attributes]
Excursions = dict[Placement | None, float]  # smallest in degrees; None: placement not said

SEEN_DEG: Excursions = {"foot": 1.0, "ankle": 1.0, "shank": 1.0, None: 1.0}  # by the tracker, for any exercise
# where a foot or a leg is lifted; an ankle strap sees a third to a half of it
LIFTS_DEG: Excursions = {"foot": 3.0, "ankle": 2.0, "shank": 2.5, None: 2.0}
ALIKE = 0.8  # coherence of directions from which movements are taken to be one exercise's
OPPOSED = 0.7  # cosine from which directions are opposite
FEW = 2  # holds like it make a small one credible
SAME, RECENT_S = 2.0, 90.0  # by what factor their sizes and lengths may differ, and how far apart they may be
STANDS_OUT = 12.0  # smallest excursion of a small hold in multiples of the noise at rest, as swaying is not
NEARLY = 0.6  # too small to count by no more than holds differ, as a share of the smallest that does
FAINT_DEG = 1.6  # holds below SEEN_DEG are missed, and where half are no wider than this some are
LATE = 8  # holds looked back at
NEAR_S = 20.0  # movements so near to a hold are looked at


class HoldDetector:
    """Events of kind `hold`. An exercise adds `about`, the smallest excursion of its holds at each placement,
    the longest time for the middle half of the way to them, and which share of the movements away from rest
    must be holds where there are so many (`least_held`): of people who do the exercise it is half and more.

    A smaller one waits in `small` for others like it: nobody knows which share of the movement a strap takes.
    """

    about: ClassVar[About]
    smallest_deg: ClassVar[Excursions] = LIFTS_DEG
    max_rise_s: ClassVar[float] = 1.5
    least_held: ClassVar[tuple[float, int]] = (0.25, 8)

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.tracker = HoldTracker(info.rate_hz, info.has_gyro, Params(SEEN_DEG[info.placement]))
        self._smallest_deg = self.smallest_deg[info.placement]
        self._is_strap = info.placement in ("ankle", "shank")
        self.found: list[Hold] = []
        self.small: list[Told] = []  # that do not count, unless others make them credible

    def process(self, item: Signals | Gap) -> list[Event]:
        return self._events(self._holds(item))

    def _holds(self, item: Signals | Gap) -> list[Told]:
        """All exercises have one tracker between them: that of the first of them."""
        if isinstance(item, Gap):
            return _told(self.tracker.process(item))
        if "holds" not in item.shared:
            item.shared["holds"] = self.tracker, _told(self.tracker.process(item))
        self.tracker, holds = item.shared["holds"]
        return list(holds)

    def flush(self) -> list[Event]:
        return self._events(_told(self.tracker.flush()))

    def progress(self) -> Progress:
        held_s = self._held_s()
        count = len(self.found) + (held_s >= self.tracker.params.min_hold_s)
        phase = "holding" if held_s else "rest" if self.tracker.state.phase == "rest" else "moving"
        return Progress(self.about.exercise, self.about.kind, count, held_s, phase)

    def _held_s(self) -> float:
        return self.tracker.held_s(self._smallest_deg)

    def reasons(self) -> tuple[Reason, ...]:
        """Vibration, and movements that are not those of one exercise."""
        return self._vibration() + self._sway() + self._unlike() + self._faint() + self._cut_off()

    def _vibration(self) -> tuple[Reason, ...]:
        """As in a vehicle, where no hold is counted. A slow sensor sees little of the vibration, so that the
        rests before all holds are asked as well, together: in an exercise they are calm."""
        shaken, limit_g = self.tracker.state.shaken, self.tracker.params.max_vibration_g
        calm = not self.found or median(h.vibration_g for h in self.found) <= limit_g
        if not shaken and calm:
            return ()
        calm = calm and shaken <= len(self.found)
        what = f"{shaken} movements not counted" if shaken else f"{len(self.found)} holds are none"
        text = f"{what}: everything vibrated, as in a vehicle; sit or stand on firm ground"
        return (Reason("vibration", text, Grade.POOR if calm else Grade.NOT_VERIFIABLE),)

    def _sway(self) -> tuple[Reason, ...]:
        """Whoever does the exercise keeps still in between, so that most movements away from rest are held."""
        if not self.found:
            return ()
        first = min(h.start_s for h in self.found) - NEAR_S  # small ones come after those that they are like
        last = max(h.end_s for h in self.found) + NEAR_S
        moved = sum(first <= t <= last for t in self.tracker.state.departed_s)
        share, least = self.least_held
        if moved < least or len(self.found) >= share * moved:
            return ()
        text = f"of {moved} movements {len(self.found)} were held, as in swaying; keep still between the holds"
        return (Reason("sway", text, Grade.NOT_VERIFIABLE),)

    def _unlike(self) -> tuple[Reason, ...]:
        """Holds and the rests between them cannot be told apart, or it is another movement."""
        if len(self.found) < 3 or self.coherence() >= ALIKE:
            return self._opposed()
        text = "the movements go in different directions, as those of one exercise do not"
        return (Reason("unlike", text, Grade.NOT_VERIFIABLE),)

    def _opposed(self) -> tuple[Reason, ...]:
        """One after another in opposite directions: one of the two was a rest, or what followed it all were."""
        opposed = sum(_are_opposed(a, b) for a, b in pairwise(self.found))
        if not opposed:
            return ()
        text = "a movement went the other way than the one before it: one may be a rest taken for a hold"
        return (Reason("unlike", text, Grade.POOR),)

    def _cut_off(self) -> tuple[Reason, ...]:
        """What is kept to the end is a hold or a new rest posture: only going back to rest tells."""
        last = self.tracker.undecided
        if not last or not self.found or not self._is_wide(last):
            return ()
        text = "the recording ends in what may be one more hold; let go and rest before it is stopped"
        return (Reason("cut-off", text, Grade.POOR),)

    def _faint(self) -> tuple[Reason, ...]:
        """Holds that are like others but too small to count; or of those counted some may have been too small
        to be seen."""
        small = [h for h, _ in self.small if h.excursion_deg >= NEARLY * self._smallest_deg]
        missed = _with_others(small, self.found + small)
        if missed:
            text = f"{missed} movements alike were held, but are too small to count; lift or flex further"
            return (Reason("faint", text, Grade.POOR),)
        least_deg = FAINT_DEG if self._is_strap else self._smallest_deg
        middle_deg = median(h.excursion_deg for h in self.found) if self.found else least_deg
        if middle_deg >= least_deg:
            return ()
        text = f"the sensor tilts by {middle_deg:.1f}° only: some may be missed; lift or flex further"
        return (Reason("faint", text, Grade.POOR),)

    def coherence(self) -> float:
        """How alike the directions of the holds found are: 1.0 for all the same, near 0.0 for any."""
        if not self.found:
            return 0.0
        x, y, z = (sum(h.direction[k] for h in self.found) / len(self.found) for k in range(3))
        return math.sqrt(x * x + y * y + z * z)

    def _events(self, holds: list[Told]) -> list[Event]:
        return [e for told in holds if told[0].rise_s <= self.max_rise_s for e in self._counted(told)]

    def _counted(self, told: Told) -> list[Event]:
        """The event that a hold is, and those that it makes credible."""
        hold, now_s = told[0], told[0].decided_s
        events = []
        if self._is_wide(hold):
            self.found.append(hold)
            events.append(self._event(*told))
        else:
            self.small.append(told)
        for small in self._credible():
            self.small.remove(small)
            self.found.append(small[0])
            events.append(replace(self._event(*small), decided_s=now_s))
        return events

    def _is_wide(self, hold: Hold) -> bool:
        """Whether it counts by itself."""
        return hold.excursion_deg >= self._smallest_deg

    def _credible(self) -> list[Told]:
        """Small ones of late that are like others. A strap takes a share of the movement which nobody knows, so
        that a set may be small as a whole; on a foot, which shows all of it, small ones are something else."""
        if not self._is_strap:
            return []
        small = [told for told in self.small[-LATE:] if _stands_out(told[0])]
        others = self.found[-LATE:] + [h for h, _ in small]
        return [told for told in small if like(told[0], others) >= FEW]

    def _event(self, hold: Hold, attributes: Attributes) -> Event:
        return Event(self.about.exercise, self.about.kind, hold.start_s, hold.end_s, hold.decided_s, attributes)


def _stands_out(hold: Hold) -> bool:
    return hold.excursion_deg >= STANDS_OUT * hold.rest_noise_deg


def like(hold: Hold, others: Sequence[Hold]) -> int:
    """How many of `others` are near it in time and go the same way, about as far and for about as long."""
    return sum(h is not hold and _are_alike(h, hold) for h in others)


def _with_others(small: Sequence[Hold], holds: Sequence[Hold]) -> int:
    """How many of `small` are like FEW of the `holds`: of those near each, since a day has thousands."""
    begun = attrgetter("start_s")
    holds = sorted(holds, key=begun)

    def near(hold: Hold) -> Sequence[Hold]:
        first = bisect_left(holds, hold.start_s - RECENT_S, key=begun)
        return holds[first : bisect_right(holds, hold.start_s + RECENT_S, key=begun)]

    return sum(like(hold, near(hold)) >= FEW for hold in small)


def _are_alike(a: Hold, b: Hold) -> bool:
    if abs(a.start_s - b.start_s) > RECENT_S:
        return False
    same = _cosine(a, b) >= ALIKE
    long = 1 / SAME <= (a.end_s - a.start_s) / (b.end_s - b.start_s) <= SAME
    return same and long and 1 / SAME <= a.excursion_deg / b.excursion_deg <= SAME


def _are_opposed(a: Hold, b: Hold) -> bool:
    return abs(a.start_s - b.start_s) <= RECENT_S and _cosine(a, b) < -OPPOSED


def _cosine(a: Hold, b: Hold) -> float:
    return sum(x * y for x, y in zip(a.direction, b.direction, strict=True))


def _told(holds: list[Hold]) -> list[Told]:
    """With each what an event says of it, once for all exercises."""
    return [(hold, _attributes(hold)) for hold in holds]


def _attributes(hold: Hold) -> Attributes:
    attributes: dict[str, str | float | bool | None] = {
        "excursion_deg": round(hold.excursion_deg, 2),
        "rise_s": round(hold.rise_s, 2),
        "unsteady_deg": round(hold.unsteady_deg, 3),
        "rest_noise_deg": round(hold.rest_noise_deg, 3),
        "lift_g": round(hold.lift_g, 3),
        "height_m": round(hold.height_m, 3),
    }
    if hold.turn_deg is not None:
        attributes["turn_deg"] = round(hold.turn_deg, 2)
    if hold.travel_m is not None:
        attributes["travel_m"] = round(hold.travel_m, 3)
    return attributes
