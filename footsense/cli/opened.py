"""Opens a recording as it was called for, and says what was done in it."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from footsense.errors import RecordingError, UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.analysis import Analysis
    from footsense.recording.model import Recording, Track
    from footsense.types import Placement, Side


def opened(
    file: str, *, exercise: str | None, placement: "Placement | None", side: "Side | None"
) -> tuple["Recording", list["Analysis"]]:
    """The recording and its analyses: one, or one for each exercise that is marked in it.

    Raises RecordingError for a file that cannot be read, and UsageError for an unknown exercise and for a side,
    placement or exercise that is not what the recording says of itself.
    """
    from footsense.analysis import analyse, analyse_marked  # noqa: PLC0415

    recording = opened_recording(file, side=side, placement=placement)
    marked = analyse_marked(recording) if recording.has_commands else []
    if not marked:
        return recording, [analyse(recording, exercise)]
    kept = [a for a in marked if exercise in (None, a.exercise)]
    if not kept and not any(a.lost for a in marked):
        _disagree(file, "exercise", {a.exercise for a in marked}, exercise)
    return recording, kept or marked  # what is missing of the file may hold the exercise


def opened_recording(
    file: str, *, placement: "Placement | None", side: "Side | None", check_wearing: bool = False
) -> "Recording":
    """The recording; with `check_wearing` the check that it begins with is looked for and marked. Raises as
    `opened` does, and RecordingError where there is no such check."""
    from footsense.recording import open_recording  # noqa: PLC0415

    recording = open_recording(file, side=side, placement=placement)
    _agree(file, recording.tracks, "side", side)
    _agree(file, recording.tracks, "placement", placement)
    return _with_check(file, recording) if check_wearing else recording


def _with_check(file: str, recording: "Recording") -> "Recording":
    from footsense.analysis import with_check  # noqa: PLC0415

    marked = with_check(recording)
    if marked is None:
        raise RecordingError(
            f"{display(Path(file))}: no wearing check is found in its first minute; leave out --check-wearing"
        )
    return marked


def _agree(file: str, tracks: "tuple[Track, ...]", what: str, said: str | None) -> None:
    known = {getattr(track, what) for track in tracks} - {None}
    if said is not None and known and said not in known:
        _disagree(file, what, known, said)


def _disagree(file: str, what: str, known: set[str | None], said: str | None) -> NoReturn:
    kept = " and ".join(sorted(map(str, known)))
    raise UsageError(
        f"{display(Path(file))}: recorded as {what} {kept}, not {display(said)}; leave out --{what}"
    )
