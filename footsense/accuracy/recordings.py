"""A person's own labelled recordings: found in folders, opened, scored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from footsense.accuracy.score import Outcome, score
from footsense.accuracy.truth import Labelled, read_truth
from footsense.devices import parse_profile
from footsense.errors import RecordingError, UsageError
from footsense.recording import Recording, open_recording
from footsense.recording.mcap import scan_mcap
from footsense.recording.model import ending
from footsense.routine import RoutineItem
from footsense.simulate import truth_path
from footsense.text import display


@dataclass(frozen=True, slots=True)
class File:
    """A recording to score."""

    path: Path
    items: tuple[RoutineItem, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording that could not be scored, and why, in one line."""

    name: str
    error: str


def labelled_files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The recordings with a truth beside them, and those without, of files and folders (and folders in them),
    each once, in the order given. Raises UsageError for a path that does not exist."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"{display(path)}: there is no such file or folder")
        for one in _within(path) if path.is_dir() else [path]:
            found.setdefault(one.resolve(), one)
    with_truth = [p for p in found.values() if truth_path(p).is_file()]
    return with_truth, [p for p in found.values() if p not in with_truth]


def _within(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if ending(path.name) and path.is_file():
            yield path


def score_file(file: File) -> Outcome | Failed:
    """Score one recording by the truth beside it."""
    name = str(file.path)
    try:
        truth = read_truth(truth_path(file.path))
        opened = open_recording(file.path, side=truth.side, placement=truth.placement)
        meant = _meant(opened, truth)
        device = truth.device or _device(file.path, meant)
        return score(replace(truth, name=name, device=device), meant, file.items)
    except RecordingError as error:
        return Failed(name, _placed(file.path, str(error)))


def _placed(path: Path, error: str) -> str:
    """The error with the whole path where it begins with the recording's name alone: there may be several."""
    name = display(path.name)
    return f"{display(path)}{error.removeprefix(name)}" if error.startswith(name) else error


def _device(path: Path, recording: Recording) -> str:
    """The name of the profile that decodes a recording; a CSV does not say it."""
    if ending(path.name) != ".mcap":
        return ""
    (track,) = recording.tracks
    profiles = [s.profile for s in scan_mcap(path).sensors if s.id == track.id]
    return parse_profile(profiles[0], display(path.name)).name


def _meant(recording: Recording, truth: Labelled) -> Recording:
    """The recording with the one sensor that the truth speaks of. Raises RecordingError where it is not clear
    which, and where the two disagree."""
    name, tracks = display(Path(recording.file).name), recording.tracks
    if len(tracks) > 1:
        tracks = tuple(t for t in tracks if t.side == truth.side)
    if len(tracks) != 1:
        raise RecordingError(f"{name}: holds several sensors; the side in its truth has to say which is meant")
    for what in ("side", "placement"):
        said, kept = getattr(truth, what), getattr(tracks[0], what)
        if said is not None and kept != said:
            raise RecordingError(f"{name}: recorded as {what} {kept}, but its truth says {said}")
    return replace(recording, tracks=tracks)
