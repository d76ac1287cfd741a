"""Wearing checks in recordings: what the last one found, and one that no guide has marked."""

from collections.abc import Iterator
from dataclasses import replace

from footsense.recording.model import Recording, Track
from footsense.types import Item, Reason
from footsense.wearing import Outcome, WearingCheck, commands_of, found_in, referred, with_commands


class LastCheck:
    """The reasons of the last wearing check that a stream holds."""

    def __init__(self) -> None:
        self._check = WearingCheck()
        self._reasons: tuple[Reason, ...] = ()

    def watch(self, item: Item) -> None:
        """Take note of an item."""
        self._take(self._check.process(item))

    def reasons(self) -> tuple[Reason, ...]:
        """At the end of the stream: what the last check found wrong."""
        self._take(self._check.flush())
        return self._reasons

    def _take(self, outcome: Outcome | None) -> None:
        self._reasons = self._reasons if outcome is None else outcome.reasons


def with_check(recording: Recording) -> Recording | None:
    """The recording with the wearing check that it begins with marked, as if a guide had asked for it, and its
    reference set from there on; None where no sensor's samples show a check."""
    tracks = [_marked(t, found_in(t.items())) for t in recording.tracks]
    found = any(new is not old for new, old in zip(tracks, recording.tracks, strict=True))
    return replace(recording, tracks=tuple(tracks)) if found else None


def _marked(track: Track, outcome: Outcome | None) -> Track:
    if outcome is None:
        return track
    commands = commands_of(outcome.asked_s, track.side)

    def items() -> Iterator[Item]:
        return referred(with_commands(track.items(), commands), WearingCheck())

    return replace(track, source=items)
