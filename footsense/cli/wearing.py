"""Leads a person through the wearing check while a sensor records."""

from pathlib import Path
from typing import TYPE_CHECKING

from footsense.errors import UsageError
from footsense.stream.reference import reference_command
from footsense.text import display
from footsense.types import Command, StreamInfo
from footsense.wearing import Outcome, WearingCheck, in_words, prompts
from footsense.wearing.prompts import KIND

if TYPE_CHECKING:
    from footsense.cli.screen import Screen
    from footsense.session import Session
    from footsense.types import Item, Reference, SensorMeta

WAIT_S = 3.0  # for the outcome, after the end was asked for
NO_OUTCOME = "Wearing check: it cannot be judged, samples came too late or too few a second. Go on without it."


class WearingGuide:
    """Says what to do when it is due, and records that it did; says what was found, and records the reference,
    which holds for what follows. `over` once it was said, or no outcome came."""

    def __init__(self, screen: "Screen", meta: "SensorMeta", before: "Reference | None" = None) -> None:
        self._screen, self._meta = screen, meta
        self._check = WearingCheck(before)
        self._due = list(prompts())
        self._start_s: float | None = None
        self._ended_s = 0.0
        self._outcome: Outcome | None = None
        self.over = False

    def on_item(self, item: "Item") -> None:
        """An item of the sensor's stream."""
        outcome = self._check.process(item)
        self._outcome = self._outcome if outcome is None else outcome

    def seen(self, session: "Session", host_ns: int, now_s: float) -> None:
        """At a moment of the host's clock, which is `now_s` in the stream: ask for what is due."""
        if self._start_s is None:
            self._start_s = now_s
        while self._due and now_s - self._start_s >= self._due[0][0]:
            _, prompt = self._due.pop(0)
            session.process(Command(host_ns, KIND, {"phase": prompt.phase, "side": self._meta.side}))
            if prompt.text:
                self._screen.say(f"{now_s:7.1f} s  {in_words(prompt, self._meta.side)}")
            self._ended_s = now_s
        late = not self._due and now_s - self._ended_s >= WAIT_S
        if not self.over and (late or self._outcome is not None):
            self.over = True
            self._conclude(session, host_ns, self._outcome)

    def _conclude(self, session: "Session", host_ns: int, outcome: Outcome | None) -> None:
        if outcome is not None and outcome.reference is not None:
            session.process(reference_command(host_ns, self._meta.id, outcome.reference))
        for line in said(outcome) if outcome is not None else [NO_OUTCOME]:
            self._screen.say(f"{'':11}{display(line, 300)}")


def worn_before(path: Path, side: str | None) -> "Reference":
    """The reference of the last wearing check in a recording. Raises UsageError where there is none on this
    side, and RecordingError for a file that cannot be read."""
    from footsense.recording import open_recording  # noqa: PLC0415

    tracks = [t for t in open_recording(path).tracks if side is None or t.side in (None, side)]
    items = (i for track in tracks for i in track.items())
    found = [i.reference for i in items if isinstance(i, StreamInfo) and i.reference is not None]
    if not found:
        whose = f" of a {side} foot" if side else ""
        raise UsageError(f"{display(path)}: holds no wearing check{whose}; leave out --as-before")
    return found[-1]


def said(outcome: Outcome) -> list[str]:
    """What the check found, for a person."""
    if not outcome.reasons:
        return ["Nothing is amiss with how the sensor sits, as far as can be told. Go on."]
    return ["Wearing check:", *(f"{r.code}: {r.text}" for r in outcome.reasons)]
