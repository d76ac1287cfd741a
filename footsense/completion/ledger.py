"""The records of each wearer: a folder a wearer, a file an entry, each bound to the one before."""

import contextlib
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from footsense.completion.canonical import MAX_BYTES, encoded, entry_in, sha256_of
from footsense.completion.keys import Keys, fingerprint, lead
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

        Raises RecordError where the entry before cannot be read or was signed by a key that nothing leads from,
        and for more than a record can hold: no chain is begun anew, or broken, behind one's back.
        """
        folder = private_folder(self.folder / subject)
        for _ in range(_TRIES):
            entry = self._next(folder, subject, body, now)
            path, data = folder / name_of(entry.seq), encoded(entry)
            entry_in(data)
            try:
                create_private(path, data)
            except FileExistsError:
                continue
            return path
        raise RecordError(f"{display(folder)}: others keep writing here; try again")

    def purge(self, subject: str) -> int:
        """Removes all entries of a wearer; how many there were. No other chain leads through them."""
        count = self.count(subject)
        if count:
            shutil.rmtree(self.folder / subject)
        return count

    def count(self, subject: str) -> int:
        """How many entries a wearer has."""
        return len(list(entries(self.folder / subject)))

    def holding(self, body: Completion) -> list[Path]:
        """The records of any wearer that rest on one of the same recordings, as far as they can be read."""
        wanted, found = _digests(body), []
        written = [digest.encode() for digest in wanted]
        for path in sorted(p for wearer in self.folder.glob("*") for p in entries(wearer)):
            with contextlib.suppress(OSError, RecordError):
                data = read_entry(path)
                # decoding all of them takes far longer than reading them
                if any(digest in data for digest in written) and wanted & _digests(entry_in(data).body):
                    found.append(path)
        return found

    def _next(self, folder: Path, subject: str, body: Completion | Correction, now: datetime) -> Entry:
        path = max(entries(folder), default=None, key=lambda p: p.name)
        before = None if path is None else read_entry(path)
        last = None if before is None else entry_in(before)
        rotations = [] if last is None else self.keys.rotations(last.key)
        if last is not None and not lead(last.key, self.keys.public, rotations):
            gone = f"signed by the key {fingerprint(last.key)}, which is not here any more"
            mend = f"put it back in {display(self.keys.folder)}, or keep records under another --wearer"
            raise RecordError(f"{display(folder)}: {gone}; {mend}")
        return self.keys.signed(
            Entry(
                id=str(uuid.uuid4()),
                created_utc=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                subject=subject,
                seq=1 if last is None else last.seq + 1,
                previous=None if before is None else sha256_of(before),
                body=body,
                rotations=rotations,
                key=self.keys.public,
            )
        )


def _digests(body: Completion | Correction) -> set[str]:
    return {one.sha256 for one in body.result.recordings} if isinstance(body, Completion) else set()


def read_entry(path: Path) -> bytes:
    """The bytes of an entry, no more than an entry may have. Raises RecordError, OSError."""
    if not path.is_file():
        raise RecordError("no file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise RecordError(f"more than {MAX_BYTES} bytes are no completion record")
    return data


def entries(folder: Path) -> Iterator[Path]:
    """The files of a chain, in any order."""
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if re.fullmatch(rf"\d{{6}}{re.escape(ENDING)}", p.name))
