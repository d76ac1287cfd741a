"""What is known to have happened in a recording: the contract's truth files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from footsense.errors import RecordingError
from footsense.exercises import detector, exercise_names
from footsense.recognise import Segment
from footsense.tables import explained
from footsense.text import display
from footsense.types import Event, Placement, Side

MAX_FILE_BYTES = 20_000_000

_Seconds = Annotated[float, Meta(ge=-1e12, le=1e12)]
_Name = Annotated[str, Meta(max_length=200)]


class _Event(msgspec.Struct):
    kind: Literal["circle", "hold", "step"]
    exercise: _Name
    start_s: _Seconds
    end_s: _Seconds
    direction: Literal["cw", "ccw"] | None = None
    toe: bool | None = None


class _Segment(msgspec.Struct, forbid_unknown_fields=True):
    exercise: _Name
    start_s: _Seconds
    end_s: _Seconds


class _Truth(msgspec.Struct, forbid_unknown_fields=True):  # events may carry more, as those of `analyze`
    schema: Literal["footsense.truth/1"]
    exercise: str | None
    placement: Placement | None
    side: Side | None
    events: list[_Event]
    segments: list[_Segment] = []
    simulated: dict[str, object] | None = None
    person: _Name | None = None
    device: _Name | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is known of one recording.

    `exercise` is the one that was done, None for several (`segments`) or none. `name` and `person` tell it from
    others; `device` is empty where it was not said; `motion` what a simulated wearer did;
    `acc_range_g` None where not known.
    """

    name: str
    simulated: bool
    exercise: str | None
    placement: Placement | None
    side: Side | None
    events: tuple[Event, ...]
    segments: tuple[Segment, ...] = ()
    person: str = ""
    device: str = ""
    motion: str = ""
    acc_range_g: float | None = None


def read_truth(path: Path) -> Labelled:
    """Raises RecordingError, in one line, for a file that cannot be read or is no truth."""
    where = display(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise RecordingError(f"{where}: too large for a truth (more than {MAX_FILE_BYTES} bytes)")
        truth = msgspec.json.decode(path.read_bytes(), type=_Truth)
    except OSError as error:
        raise RecordingError(f"{where}: cannot be read: {error.strerror or error}") from None
    except msgspec.ValidationError as error:
        key, expected = explained(error, _Truth, {})
        raise RecordingError(f"{where}: {key or 'the file'}: {expected}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordingError(f"{where}: not valid JSON: {display(error, 200)}") from None
    _check(where, truth)
    return _labelled(path, truth)


def _labelled(path: Path, truth: _Truth) -> Labelled:
    events = tuple(sorted((_event(e) for e in truth.events), key=lambda e: (e.start_s, e.end_s)))
    said = truth.simulated or {}
    return Labelled(
        name=str(path),
        simulated=truth.simulated is not None,
        exercise=truth.exercise,
        placement=truth.placement,
        side=truth.side,
        events=events,
        segments=tuple(Segment(s.exercise, s.start_s, s.end_s) for s in truth.segments)
        or spans(() if truth.exercise else events),
        person=truth.person or (f"seed {said['seed']}" if "seed" in said else ""),
        device=truth.device or "",
        motion=str(said.get("motion", "")),
    )


def spans(events: Sequence[Event]) -> tuple[Segment, ...]:
    """For each exercise, from its first event to its last. Steps that are not on tiptoe are none."""
    events = [e for e in events if e.kind != "step" or e.attributes["toe"] is True]
    names = dict.fromkeys(e.exercise for e in events)
    own = ([e for e in events if e.exercise == name] for name in names)
    return tuple(Segment(e[0].exercise, e[0].start_s, max(x.end_s for x in e)) for e in own)


def _event(event: _Event) -> Event:
    told: dict[str, str | float | bool | None] = {}
    if event.kind != "hold":
        told = {"direction": event.direction} if event.kind == "circle" else {"toe": event.toe}
    return Event(event.exercise, event.kind, event.start_s, event.end_s, event.end_s, told)


def _check(where: str, truth: _Truth) -> None:
    for key, name in [("exercise", truth.exercise), *_names(truth)]:
        if name is not None and name not in exercise_names():
            known = ", ".join(exercise_names())
            raise RecordingError(f"{where}: {key}: '{display(name)}' is no exercise; known are: {known}")
    for i, event in enumerate(truth.events):
        if event.end_s < event.start_s:
            raise RecordingError(f"{where}: events[{i}]: ends before it starts")
        kind = detector(event.exercise).about.kind
        if event.kind != kind:
            raise RecordingError(f"{where}: events[{i}].kind: {event.exercise} are of kind {kind}")


def _names(truth: _Truth) -> list[tuple[str, str]]:
    found = [(f"events[{i}].exercise", e.exercise) for i, e in enumerate(truth.events)]
    return found + [(f"segments[{i}].exercise", s.exercise) for i, s in enumerate(truth.segments)]
