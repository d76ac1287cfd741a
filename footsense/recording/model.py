"""What a recording is to the rest of the program, whichever file it comes from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from footsense.types import Item, Placement, Side

_ENDINGS = (".csv.gz", ".csv", ".mcap")


def ending(name: str) -> str:
    """Which kind of recording a name stands for: `.csv.gz`, `.csv` or `.mcap`, "" for none. Case is nothing."""
    return next((e for e in _ENDINGS if name.lower().endswith(e)), "")


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
    in `fields["t_s"]`.
    """

    id: str
    side: Side | None
    placement: Placement | None
    source: Callable[[], Iterator[Item]] = field(repr=False)

    def items(self) -> Iterator[Item]:
        """The stream from its beginning: StreamInfo, Samples, Gap, Command."""
        return self.source()


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording opened: its sensors, whether it was closed in order, what of it is damaged, and whether it
    says that its wearer was simulated."""

    file: str  # as given
    tracks: tuple[Track, ...]
    closed: bool = True
    damage: tuple[Damage, ...] = ()
    simulated: bool = False

    @property
    def has_commands(self) -> bool:
        """Whether it can hold commands at all: a CSV cannot."""
        return ending(self.file) == ".mcap"
