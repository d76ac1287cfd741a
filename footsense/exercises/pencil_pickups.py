"""Pencil pick-ups: grip a pencil with the toes, lift the foot, hold, drop it."""

from typing import ClassVar

from footsense.exercises._holding import LIFTS_DEG, HoldDetector
from footsense.exercises.base import About
from footsense.types import Placement


class PencilPickups(HoldDetector):
    about: ClassVar[About] = About(
        exercise="pencil-pickups",
        kind="hold",
        title="Pencil pick-ups",
        sentence="Grip a pencil with the toes, lift it and hold it up.",
        min_rate_hz=10.0,
        not_seen=("the pencil", "the grip of the toes"),
    )
    smallest_deg: ClassVar[dict[Placement | None, float]] = LIFTS_DEG
