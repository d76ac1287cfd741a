"""Opens a recording as it was called for, and says what was done in it."""

from typing import TYPE_CHECKING

from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.analysis import Analysis
    from footsense.recording.model import Recording, Track
    from footsense.types import Placement, Side


def opened(
    file: str, *, exercise: str | None, placement: "Placement | None", side: "Side | None"
) -> tuple["Recording", list["Analysis"]]:
    """The recording and its analyses: one, or one for each exercise that is marked in it.

    Raises RecordingError for a file that cannot be read, and UsageError for an unknown exercise and for a side
    or placement that is not what the recording says of itself.
    """
    from footsense.analysis import analyse, analyse_marked  # noqa: PLC0415

    recording = opened_recording(file, side=side, placement=placement)
    if exercise is None and recording.has_commands and (marked := analyse_marked(recording)):
        return recording, marked
    return recording, [analyse(recording, exercise)]


def opened_recording(file: str, *, placement: "Placement | None", side: "Side | None") -> "Recording":
    """The recording. Raises as `opened` does."""
    from footsense.recording import open_recording  # noqa: PLC0415

    recording = open_recording(file, side=side, placement=placement)
    _agree(file, recording.tracks, "side", side)
    _agree(file, recording.tracks, "placement", placement)
    return recording


def _agree(file: str, tracks: "tuple[Track, ...]", what: str, said: str | None) -> None:
    known = {getattr(track, what) for track in tracks} - {None}
    if said is not None and known and said not in known:
        kept = " and ".join(sorted(map(str, known)))
        raise UsageError(f"{display(file)}: recorded as {what} {kept}, not {said}; leave out --{what}")
