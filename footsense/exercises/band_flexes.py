"""Band flexes: legs stretched out, a band over the forefoot, flex back, hold, let go."""

from typing import ClassVar

from footsense.exercises._holding import HoldDetector
from footsense.exercises.base import About
from footsense.types import Grade


class BandFlexes(HoldDetector):
    about: ClassVar[About] = About(
        exercise="band-flexes",
        kind="hold",
        title="Band flexes",
        sentence="Flex the foot back against a band and hold it there.",
        min_rate_hz=10.0,
        not_seen=("the band",),
        placements={"shank": Grade.NOT_VERIFIABLE},
    )
