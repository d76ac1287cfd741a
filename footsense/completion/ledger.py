"""The records of each wearer: a folder a wearer, a file an entry, each bound to the one before."""

import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from footsense.completion.canonical import encoded, entry_in, sha256_of
from footsense.completion.keys import Keys
from footsense.completion.model import Completion, Correction, Entry
from footsense.errors import RecordError
from footsense.private import create_private, private_folder
from footsense.text import display

ENDING = ".record.json"
_TRIES = 100  # others may be writing to the same chain


def name_of(seq: int) -> str:
    """The file of a chain's entry."""
    return f"{seq:06}{ENDING}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The chains of all wearers below `folder`, signed with `keys`."""

    folder: Path
    keys: Keys

    def append(self, subject: str, body: Completion | Correction, now: datetime) -> Path:
        """Signs the body as the next entry of a wearer (a pseudonym of `keys`); the file it is in.

        Raises RecordError where the entry before cannot be read: a chain is not begun anew behind one's back.
        """
        folder = private_folder(self.folder / subject)
        for _ in range(_TRIES):
            entry = self._next(folder, subject, body, now)
            path = folder / name_of(entry.seq)
            try:
                create_private(path, encoded(entry))
            except FileExistsError:
                continue
            return path
        raise RecordError(f"{display(folder)}: others keep writing here; try again")

    def purge(self, subject: str) -> int:
        """Removes all entries of a wearer; how many there were. No other chain leads through them."""
        folder = self.folder / subject
        count = len(list(entries(folder)))
        shutil.rmtree(folder, ignore_errors=not folder.exists())
        return count

    def _next(self, folder: Path, subject: str, body: Completion | Correction, now: datetime) -> Entry:
        path = max(entries(folder), default=None, key=lambda p: p.name)
        before = None if path is None else path.read_bytes()
        last = None if before is None else entry_in(before)
        return self.keys.signed(
            Entry(
                id=str(uuid.uuid4()),
                created_utc=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                subject=subject,
                seq=1 if last is None else last.seq + 1,
                previous=None if before is None else sha256_of(before),
                body=body,
                rotations=[] if last is None else self.keys.rotations(last.key),
                key=self.keys.public,
            )
        )


def entries(folder: Path) -> Iterator[Path]:
    """The files of a chain, in any order."""
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if re.fullmatch(rf"\d{{6}}{re.escape(ENDING)}", p.name))
