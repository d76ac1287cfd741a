"""Runs the detectors over one sensor's stream. Synchronous, without a clock; live and replay are the same."""

from collections.abc import Iterable, Sequence

from footsense.errors import StreamError
from footsense.exercises import detector, exercise_names
from footsense.exercises.base import Detector
from footsense.signal.front import Front
from footsense.types import Command, Event, Gap, Item, Progress, Reason, Samples, StreamInfo, Tick


class Engine:
    """Takes a stream's items in order and returns the events that became final.

    `exercises` selects detectors; by default all run. The order of events is by `decided_s`, and does not
    depend on how the stream was cut.
    """

    def __init__(self, exercises: Sequence[str] | None = None) -> None:
        self.exercises = tuple(exercises) if exercises is not None else exercise_names()
        self._detectors: list[Detector] = []
        self._front: Front | None = None
        self._next: int | None = None
        self._last_s: float | None = None

    def process(self, item: Item) -> list[Event]:
        """Events final with this item. Raises StreamError for samples before a StreamInfo, and for an index
        that jumps without a Gap."""
        if isinstance(item, StreamInfo):
            return self._open(item)
        if isinstance(item, Tick | Command):
            return []
        if self._front is None:
            raise StreamError("samples came before the StreamInfo that says what they are")
        self._check_index(item)
        signals = self._front.process(item)
        return _in_order(e for d in self._detectors for e in d.process(signals))

    def flush(self) -> list[Event]:
        """Events that the end of the stream makes final."""
        return _in_order(e for d in self._detectors for e in d.flush())

    def progress(self) -> list[Progress]:
        """A provisional picture for each exercise; never evidence."""
        return [d.progress() for d in self._detectors]

    def reasons(self) -> dict[str, tuple[Reason, ...]]:
        """For each exercise, what its detector found in the data that lowers the grade."""
        return {d.about.exercise: d.reasons() for d in self._detectors}

    def _open(self, info: StreamInfo) -> list[Event]:
        events = self._interrupt()
        self._front = Front(info.rate_hz)
        self._detectors = [detector(name)(info) for name in self.exercises]
        self._next = None
        return events

    def _interrupt(self) -> list[Event]:
        # not a flush: what is going on does not end here, it only cannot be followed any further
        if self._last_s is None:
            return []
        hole = Gap(self._last_s, self._last_s)
        return _in_order(e for d in self._detectors for e in d.process(hole))

    def _check_index(self, item: Samples | Gap) -> None:
        if isinstance(item, Gap):
            self._next = None
            return
        if self._next is not None and item.first != self._next:
            raise StreamError(f"sample index jumped from {self._next} to {item.first} without a Gap")
        self._next = item.first + len(item)
        if len(item):
            self._last_s = float(item.t_s[-1])


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda e: (e.decided_s, e.start_s, e.exercise))


def run(items: Iterable[Item], exercises: Sequence[str] | None = None) -> list[Event]:
    """All events of a stream."""
    engine = Engine(exercises)
    events = [e for item in items for e in engine.process(item)]
    return events + engine.flush()
