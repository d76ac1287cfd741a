"""One door for both kinds of recording."""

from collections.abc import Iterator
from pathlib import Path

from footsense.errors import RecordingError, StreamError
from footsense.recording.csv import read_csv
from footsense.recording.mcap import open_mcap
from footsense.recording.model import Recording, Track, ending
from footsense.stream.arrays import iter_arrays
from footsense.text import display
from footsense.types import Item, Placement, Side, StreamInfo


def open_recording(
    path: Path | str, *, side: Side | None = None, placement: Placement | None = None
) -> Recording:
    """Open `.csv`, `.csv.gz` or `.mcap`. `side` and `placement` are what the wearer says of it.

    Raises RecordingError, in one line, for a file that is missing, of another kind or not valid.
    """
    file, path = str(path), Path(path)
    if _is_folder(path):
        name = display(path if path.name else path.resolve())  # `.` says little
        raise RecordingError(f"{name}: is a folder; name the recordings in it (.csv, .csv.gz, .mcap)")
    kind = ending(path.name)
    if not kind:
        raise RecordingError(f"{display(path)}: not a recording; expected .csv, .csv.gz or .mcap")
    return (open_mcap if kind == ".mcap" else _open_csv)(file, path, side, placement)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # of a folder that may not be entered, or a name too long
        raise RecordingError(f"{display(path)}: cannot be read: {error.strerror}") from None


def _open_csv(file: str, path: Path, side: Side | None, placement: Placement | None) -> Recording:
    table = read_csv(path)
    said = StreamInfo(0.0, table.gyr_dps is not None, side=side, placement=placement)

    def items() -> Iterator[Item]:
        try:
            yield from iter_arrays(table.t_s, table.acc_g, table.gyr_dps, said)
        except StreamError as error:
            raise RecordingError(f"{display(path)}: {error}") from None

    return Recording(file, (Track("", side, placement, items),))
