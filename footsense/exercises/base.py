"""What an exercise is to the rest of the program: data that describes it, and a detector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from footsense.signal.front import Signals
from footsense.types import Event, Gap, Grade, Placement, Progress, Reason, StreamInfo


@dataclass(frozen=True, slots=True)
class About:
    """Metadata of an exercise: command line, documents and reports read the same fields.

    `placements` grades where the movement can be seen; a placement that is not named is `good`.
    `both_feet`: it is done with both at once, so that a sensor on either shows it.
    `not_seen` names what no motion sensor sees of it.
    """

    exercise: str
    kind: str
    title: str
    sentence: str
    min_rate_hz: float
    both_feet: bool = False
    not_seen: tuple[str, ...] = ()
    placements: Mapping[Placement, Grade] = field(default_factory=dict)


class Detector(Protocol):
    """Finds one exercise's events in one sensor's stream.

    Sees no prescription and no cue. Cutting the stream differently changes nothing: the same samples in any
    chunks give identical events, each emitted by the call that brings the sample at `decided_s`.
    A Gap drops filter state and the half-done repetition and keeps what was learned of the wearer.
    """

    about: ClassVar[About]

    def __init__(self, info: StreamInfo) -> None: ...

    def process(self, item: Signals | Gap) -> list[Event]:
        """Events that became final with these samples."""
        ...

    def progress(self) -> Progress:
        """A provisional picture for a screen."""
        ...

    def flush(self) -> list[Event]:
        """Events that the end of the stream makes final; `decided_s` is the last sample's time."""
        ...

    def reasons(self) -> tuple[Reason, ...]:
        """What the detector has found in this data that lowers the grade, such as a loop too thin to count."""
        ...
