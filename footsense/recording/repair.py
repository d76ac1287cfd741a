"""Writes what is whole of a damaged or unclosed recording to a new file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from footsense.errors import RecordingError
from footsense.private import new_private, sync_folder
from footsense.recording import messages as m
from footsense.recording.container import Container
from footsense.recording.mcap import Scan, scan_mcap
from footsense.recording.model import Damage, hashed, reading
from footsense.recording.reader import Reader
from footsense.text import display

_CHUNK_NS = 750_000_000
_LISTED = 1000  # stretches of damage that the new file names; it counts the others


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did: the file it read (hash and bytes), what is wrong there, what the new file has."""

    source_sha256: str
    source_bytes: int
    source: Scan
    messages: int
    path: Path


def repair(path: Path, output: Path) -> Repair:
    """Copy every message that is whole, byte for byte and with its number, to the new file `output`.

    Nothing is made up: numbers that are missing in the new file were missing in the old one, and one that was
    never closed stays not closed. A last message says from what it was made and what was dropped. Raises
    RecordingError where there is no session in it, or the new file cannot be written.
    """
    scan = scan_mcap(path)
    container = Container(_created(output))
    try:
        done = _written(path, container, scan, output)
    except BaseException:
        output.unlink()  # it would be in the way of the next try
        raise
    sync_folder(output.parent)
    return done


def _written(path: Path, container: Container, scan: Scan, output: Path) -> Repair:
    try:
        digest, size = hashed(path)
        messages = _copied(path, container, {
            "source_sha256": digest, "source_bytes": size, "source_closed": scan.closed,
            "dropped": [asdict(d) for d in scan.damage[:_LISTED]], "dropped_stretches": len(scan.damage),
        })  # fmt: skip
        problem = container.drain()
    finally:
        container.close()
    if problem is not None:
        raise RecordingError(f"{display(output)}: cannot be written: {problem}")
    return Repair(digest, size, scan, messages, output)


def _copied(path: Path, container: Container, note: dict[str, object]) -> int:
    """How many messages were copied; the note comes after them."""
    count, chunk_ns, last = 0, None, None
    with reading(path) as opened:
        for last, body in Reader(opened).entries():
            container.add(last.topic, last.seq, last.host_ns, body)
            count += 1
            chunk_ns = last.host_ns if chunk_ns is None else chunk_ns
            if last.host_ns - chunk_ns >= _CHUNK_NS:
                container.flush()
                chunk_ns = None
    assert last is not None
    said = m.encode_fields(m.REPAIR, last.seq + 1, last.host_ns, note)
    container.add(m.REPAIR, last.seq + 1, last.host_ns, said)
    container.finish()
    return count


def lost_messages(damage: Sequence[Damage]) -> int:
    """How many messages are known to be missing, from the numbers of those around them."""
    return sum(
        d.last_seq - d.first_seq + 1 for d in damage if d.first_seq is not None and d.last_seq is not None
    )


def _created(output: Path) -> int:
    if output.suffix != ".mcap":
        raise RecordingError(f"{display(output)}: a recording's name ends in .mcap")
    try:
        return new_private(output)
    except FileExistsError:
        raise RecordingError(f"{display(output)}: is there already; choose another name with -o") from None
    except OSError as error:
        raise RecordingError(f"{display(output)}: cannot be made: {error.strerror or error}") from None
