"""Toe walk: steps of the wearing foot, each labelled tiptoe or not where that can be told."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from footsense.exercises.base import About
from footsense.signal.footfall import Footfall
from footsense.signal.front import Signals
from footsense.signal.gait import ANKLE, SHANK, StepTracker
from footsense.signal.landing import GaitParams, Landing
from footsense.types import Event, Gap, Grade, Progress, Reason, StreamInfo

_PARAMS: Mapping[str | None, GaitParams] = {"ankle": ANKLE, "shank": SHANK}


class ToeWalk:
    """Landings from `StepTracker`, labels from `Footfall`.

    Attributes of a step: `toe`; for recognition and readers `peak_gps` (jerk envelope of the swing, g/s),
    `impact_g` (16 to 40 Hz at the landing) and `swing_g` (greatest deviation of |a| from 1 g in the swing).
    """

    about: ClassVar[About] = About(
        exercise="toe-walk",
        kind="step",
        title="Toe walk",
        sentence="Walk on tiptoe; every landing of the foot that wears the sensor is a step.",
        min_rate_hz=25.0,
        both_feet=True,
        not_seen=("the other foot's steps",),
        placements={"shank": Grade.POOR},
    )

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.tracker = StepTracker(info.rate_hz, _PARAMS.get(info.placement))
        self.footfall = Footfall(info)
        self._count = 0
        self._untold = 0

    def process(self, item: Signals | Gap) -> list[Event]:
        if isinstance(item, Gap):
            events = self.flush()
            self.tracker.drop()
            self.footfall.drop()
            return events
        landings = self.tracker.process(item)
        self.footfall.watch(self.tracker, item.slow.first)
        events = self._events(landings)
        self.footfall.settle()
        return events

    def flush(self) -> list[Event]:
        return self._events(self.tracker.flush(), at_end=True)

    def progress(self) -> Progress:
        landed = self.tracker.landed
        phase = "moving" if self.tracker.moving and not landed else "rest"
        return Progress("toe-walk", "step", self._count + landed, 0.0, phase)

    def reasons(self) -> tuple[Reason, ...]:
        """`rate` where steps were found whose kind this rate cannot show at this placement, `toe-unknown` where
        more of them than a bout may have (a fifth) do not show it for other reasons."""
        if self._untold <= 0.2 * self._count:
            return ()
        if not self.footfall.blind:
            text = (
                f"{self._untold} of {self._count} steps do not show whether they are on tiptoe; stand flat and "
                "still for two seconds before you go, use a gyro, or wear the sensor on the foot"
            )
            return (Reason("toe-unknown", text, Grade.POOR),)
        text = (
            f"{self.info.rate_hz:.0f} Hz do not show on the {self.info.placement or 'foot'} whether "
            "a step is on tiptoe; take 100 or more, or wear the sensor on the foot"
        )
        return (Reason("rate", text, Grade.POOR),)

    def _events(self, landings: Sequence[Landing], *, at_end: bool = False) -> list[Event]:
        steps = self.footfall.label(landings, self.tracker, at_end=at_end)
        self._count += len(steps)
        self._untold += sum(toe is None for _, toe in steps)
        return [_event(*x) for x in steps]


def _event(landing: Landing, toe: bool | None) -> Event:
    attributes: dict[str, str | float | bool | None] = {
        "toe": toe,
        "peak_gps": landing.peak_gps,
        "impact_g": landing.impact_g,
        "swing_g": landing.swing_g,
    }
    return Event("toe-walk", "step", landing.start_s, landing.end_s, landing.decided_s, attributes)
