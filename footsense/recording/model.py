"""What a recording is to the rest of the program, whichever file it comes from."""

import contextlib
import hashlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from footsense.errors import RecordingError
from footsense.recording.dates import Dates
from footsense.text import display
from footsense.types import Item, Placement, Side

_ENDINGS = (".csv.gz", ".csv", ".mcap")


def ending(name: str) -> str:
    """Which kind of recording a name stands for: `.csv.gz`, `.csv` or `.mcap`, "" for none. Case is nothing."""
    return next((e for e in _ENDINGS if name.lower().endswith(e)), "")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[BufferedReader]:
    """The file, open to be read. Raises RecordingError where it cannot be, or is no file that has an end."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe may never answer, a device never end
            raise RecordingError(f"{display(path)}: is no file; copy what it gives to one")
        with path.open("rb") as opened:
            yield opened
    except OSError as error:
        raise RecordingError(f"{display(path)}: cannot be read: {error.strerror or error}") from None


def hashed(path: Path) -> tuple[str, int]:
    """SHA-256 of a file's bytes, and how many they are. Raises RecordingError as `reading` does."""
    with reading(path) as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return digest, opened.tell()


@dataclass(frozen=True, slots=True)
class Segment:
    """Which part of a session a file is. A session that was broken off goes on in another file, with the next
    `number`; `after_sha256` is the hash of the file before it. Versions that knew no segments said nothing:
    `session` is empty there, otherwise a UUID."""

    session: str = ""
    number: int = 1
    after_sha256: str | None = None


ALONE = Segment()  # what a file says that says nothing


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of the file that was not taken: byte range, numbers of the messages lost in it (None where
    not known), and what was wrong."""

    start_byte: int
    end_byte: int
    first_seq: int | None
    last_seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Track:
    """One sensor's part of a recording.

    `source` opens the stream anew, from the beginning, at every call. A Command in it carries its stream time
    in `fields["t_s"]`. `dates` says when its times were, by the host's clocks; None where the recording does
    not hold them.
    """

    id: str
    side: Side | None
    placement: Placement | None
    source: Callable[[], Iterator[Item]] = field(repr=False)
    dates: Callable[[], Dates | None] = field(default=lambda: None, repr=False)

    def items(self) -> Iterator[Item]:
        """The stream from its beginning: StreamInfo, Samples, Gap, Command."""
        return self.source()


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording opened: its sensors, whether it was closed in order, what of it is damaged, whether it says
    that its wearer was simulated, which part of a session it is, and the sensors (ids) whose link was lost and
    did not come back."""

    file: str  # as given
    tracks: tuple[Track, ...]
    closed: bool = True
    damage: tuple[Damage, ...] = ()
    simulated: bool = False
    segment: Segment = ALONE
    gone: frozenset[str] = frozenset()

    @property
    def has_commands(self) -> bool:
        """Whether it can hold commands at all: a CSV cannot."""
        return ending(self.file) == ".mcap"
