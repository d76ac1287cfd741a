"""Checks a completion record: its signature, its chain, its recordings, and what replaying them says.

Each finding is yes, no, or that it could not be checked; nothing that was not checked is passed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from footsense.completion.canonical import encoded, entry_in, sha256_of
from footsense.completion.keys import fingerprint, lead, verified
from footsense.completion.ledger import entries, name_of, read_entry
from footsense.completion.model import Completion, Correction, Entry, Recorded, Result
from footsense.completion.witness import software
from footsense.errors import FootsenseError, RecordError, RecordingError
from footsense.recording.model import ending, hashed
from footsense.routine import parse_routine
from footsense.text import display


class Answer(StrEnum):
    """Of a check."""

    YES = "yes"
    NO = "no"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, and what came of it."""

    what: str
    answer: Answer
    text: str


def check_signature(entry: Entry, expected: str | None) -> list[Finding]:
    """Whether the record is as it was signed, and whether its key is the one that was `expected` (a fingerprint
    or a whole key; None: nobody has said)."""
    name = fingerprint(entry.key)
    if not verified(entry):
        return [Finding("signature", Answer.NO, f"the record was changed after the key {name} signed it")]
    signed = Finding("signature", Answer.YES, f"unchanged since the key {name} signed it")
    if expected is None:
        text = f"nobody has confirmed the key {name}: ask its owner, then give it with --signed-by"
        return [signed, Finding("key", Answer.NOT_CHECKED, text)]
    if expected.lower() in (name, entry.key):
        return [signed, Finding("key", Answer.YES, f"signed by the key {name}, as you said")]
    return [signed, Finding("key", Answer.NO, f"signed by the key {name}, not by {display(expected)}")]


@dataclass(frozen=True, slots=True)
class Chain:
    """The entries of a wearer that could be read, by their number, as bytes."""

    entries: dict[int, bytes]
    broken: tuple[str, ...]

    def corrections(self, of: bytes) -> list[Correction]:
        """What the wearer says was counted wrong in a record: signed by its key, or one that it has led to."""
        first = entry_in(of)
        keys, told = {first.key}, []
        for entry in (entry_in(data) for seq, data in sorted(self.entries.items()) if seq > first.seq):
            if verified(entry) and any(lead(key, entry.key, entry.rotations) for key in keys):
                keys.add(entry.key)
                told += [entry.body] if isinstance(entry.body, Correction) else []
        return [c for c in told if c.of == sha256_of(of)]


def chain_of(folder: Path, subject: str) -> Chain:
    """The entries in a folder that are of this wearer."""
    found: dict[int, bytes] = {}
    broken = []
    for path in sorted(entries(folder)):
        try:
            data = read_entry(path)
            entry = entry_in(data)
        except (OSError, RecordError) as error:
            broken.append(f"{display(path.name)}: {error}")
            continue
        if entry.subject == subject and path.name == name_of(entry.seq):
            found[entry.seq] = data
    return Chain(found, tuple(broken))


def same_session(body: Completion, seq: int, chain: Chain) -> list[int]:
    """The numbers of the wearer's other records that rest on a recording of this one, which is number `seq`."""
    mine = {one.sha256 for one in body.result.recordings}
    others = [(n, entry_in(data).body) for n, data in sorted(chain.entries.items()) if n != seq]
    return [
        n for n, other in others
        if isinstance(other, Completion) and mine & {one.sha256 for one in other.result.recordings}
    ]  # fmt: skip


def check_chain(data: bytes, chain: Chain) -> Finding:
    """Whether every entry up to the last one here follows the one before it; holes and changes show."""
    entry = entry_in(data)
    if chain.broken:
        return Finding("chain", Answer.NO, chain.broken[0])
    if chain.entries.get(entry.seq, data) != data:
        text = f"the wearer's chain holds another record as number {entry.seq}"
        return Finding("chain", Answer.NO, text)
    known = {**chain.entries, entry.seq: data}
    if len(known) == 1 and entry.seq > 1:
        text = f"this is number {entry.seq} of its wearer, and the records before it are not beside it"
        return Finding("chain", Answer.NOT_CHECKED, text)
    for seq in range(1, max(known) + 1):
        wrong = _link(known, seq)
        if wrong:
            return Finding("chain", Answer.NO, wrong)
    return Finding("chain", Answer.YES, f"number {entry.seq} of {max(known)}, none missing before the last")


def _link(known: dict[int, bytes], seq: int) -> str:
    """What is wrong with an entry's place behind the one before it."""
    if seq not in known:
        return f"number {seq} of the wearer's records is missing"
    entry, before = entry_in(known[seq]), known.get(seq - 1)
    if not verified(entry):
        return f"number {seq} of the wearer's records was changed"
    if entry.previous != (None if before is None else sha256_of(before)):
        return f"number {seq} of the wearer's records does not follow number {seq - 1} as that is now"
    if before is not None and not lead(entry_in(before).key, entry.key, entry.rotations):
        return f"number {seq} is signed by a key that nothing links to that of number {seq - 1}"
    return ""


Replay = Callable[[Completion, Sequence[Path]], Result]


def check_routine(body: Completion) -> Finding:
    """Whether the routine's name and hash are those of its text."""
    asked = body.routine
    try:
        named = parse_routine(asked.toml, "the routine").name
    except FootsenseError as error:
        return Finding("routine", Answer.NO, str(error))
    if (named, sha256_of(asked.toml.encode())) != (asked.name, asked.sha256):
        return Finding("routine", Answer.NO, "its name or its hash is not that of the text in the record")
    return Finding("routine", Answer.YES, f"{display(asked.name)}, SHA-256 {asked.sha256[:16]}…")


def check_recordings(
    body: Completion, files: Sequence[Path], beside: Path, replay: Replay
) -> tuple[list[Finding], Result | None]:
    """Whether the recordings are the ones that were judged, and what `replay` makes of them now.

    `files` are looked through first, then those `beside` the record. The second value is the result where it
    is another than the record's.
    """
    paths, findings = _found(body.result.recordings, files, beside)
    if any(f.answer is not Answer.YES for f in findings):
        text = "not every recording is here as it was, so the counts could not be made again"
        return [*findings, Finding("replay", Answer.NOT_CHECKED, text)], None
    try:
        again = replay(body, paths)
    except FootsenseError as error:
        return [*findings, Finding("replay", Answer.NO, f"the recordings cannot be replayed: {error}")], None
    same = encoded(again) == encoded(body.result)
    if same:
        text = "replaying the recordings gives the same events and the same answer"
        return [*findings, Finding("replay", Answer.YES, text)], None
    if software().algorithm_sha256 != body.software.algorithm_sha256:
        text = f"made by footsense {display(body.software.version)}, another algorithm than this one's"
        return [*findings, Finding("replay", Answer.NOT_CHECKED, text)], again
    text = "replaying the recordings with the same algorithm gives another result"
    return [*findings, Finding("replay", Answer.NO, text)], again


def _found(wanted: Sequence[Recorded], files: Sequence[Path], beside: Path) -> tuple[list[Path], list[Finding]]:
    near = [p for p in sorted(beside.iterdir()) if ending(p.name) and p not in files] if beside.is_dir() else []
    paths, findings = [], []
    for n, one in enumerate(wanted, 1):
        path = next((p for p in [*files, *near] if _is(p, one)), None)
        paths += [] if path is None else [path]
        findings.append(_told(f"recording {n}", one, path, given=bool(files)))
    return paths, findings


def _is(path: Path, one: Recorded) -> bool:
    try:
        return path.stat().st_size == one.bytes and hashed(path) == (one.sha256, one.bytes)
    except (OSError, RecordingError):
        return False


def _told(what: str, one: Recorded, path: Path | None, *, given: bool) -> Finding:
    if path is not None:
        return Finding(what, Answer.YES, f"{display(path)}: unchanged, SHA-256 {one.sha256[:16]}…")
    if given:
        text = f"none of the recordings given has the SHA-256 {one.sha256[:16]}… and {one.bytes} bytes"
        return Finding(what, Answer.NO, text)
    text = f"a {one.kind} of {one.bytes} bytes is not beside the record; name it after the record"
    return Finding(what, Answer.NOT_CHECKED, text)


def corrected(body: Completion, corrections: Sequence[Correction]) -> list[dict[str, object]]:
    """Each item that the wearer corrected: what was counted, and what the wearer says it was."""
    out = []
    for item in body.result.items:
        mine = [c for c in corrections if (c.exercise, c.side) == (item.exercise, item.side)]
        if mine:
            total = {k: n + sum(c.by for c in mine if c.counted == k) for k, n in item.counted.items()}
            out.append({**msgspec.structs.asdict(item), "corrected": total, "why": [c.why for c in mine]})
    return out
