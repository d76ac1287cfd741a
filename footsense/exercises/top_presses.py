"""Top presses: standing, grip the floor with the toes for a count of three, release."""

from typing import ClassVar

from footsense.exercises._holding import HoldDetector
from footsense.exercises.base import About
from footsense.types import Placement


class TopPresses(HoldDetector):
    about: ClassVar[About] = About(
        exercise="top-presses",
        kind="hold",
        title="Top presses",
        sentence="Stand and grip the floor with the toes.",
        min_rate_hz=10.0,
        not_seen=("the grip of the toes",),
    )
    smallest_deg: ClassVar[dict[Placement | None, float]] = {
        "foot": 0.8,
        "ankle": 1.0,
        "shank": 1.0,
        None: 0.8,
    }
