"""Completion records on the command line: kept, checked, in words and as JSON."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from footsense.cli.sessions import Opened, Said, open_session
from footsense.errors import RecordError, UsageError
from footsense.text import STATEMENT, display, json_text

if TYPE_CHECKING:
    from footsense.completion import Completion, Entry, Finding, Keys, Ledger, Result, Seen

_ENDING = ".record.json"  # as footsense.completion.ENDING, which is not loaded to look at a name
SCHEMA = "footsense.check/1"


def is_record(file: str) -> bool:
    """Whether a file is named as completion records are."""
    return file.lower().endswith(_ENDING)


def own_keys() -> "Keys":
    """The keys of this installation."""
    from footsense.completion import Keys  # noqa: PLC0415
    from footsense.private import data_folder  # noqa: PLC0415

    return Keys(data_folder() / "keys")


def own_ledger() -> "Ledger":
    """The records of this installation."""
    from footsense.completion import Ledger  # noqa: PLC0415
    from footsense.private import data_folder  # noqa: PLC0415

    return Ledger(data_folder() / "records", own_keys())


def keep(opened: Sequence[Opened], routine: str, wearer: str) -> tuple[Path, list[Path]]:
    """Signs and keeps what these recordings say of a routine: the file it is in, and the records that rest on
    one of these recordings already. Raises UsageError, RecordingError, OSError."""
    from footsense.completion import Completion, software, witnessed  # noqa: PLC0415
    from footsense.routine import routine_text  # noqa: PLC0415

    asked, result = witnessed(routine_text(routine), [_seen(o) for o in opened])
    ledger = own_ledger()
    body = Completion(software=software(), routine=asked, result=result)
    before = ledger.holding(body)
    return ledger.append(ledger.keys.pseudonym(wearer), body, datetime.now(UTC)), before


def _seen(one: Opened) -> "Seen":
    from footsense.completion import Seen  # noqa: PLC0415

    assert one.recording is not None, "only recordings that could be read get into a record"
    said = one.said
    return Seen(Path(said.file), one.recording, one.analyses, said.side, said.placement, said.exercise)


def read_record(path: Path) -> bytes:
    """The bytes of a record. Raises UsageError where they cannot be read."""
    from footsense.completion import read_entry  # noqa: PLC0415

    try:
        return read_entry(path)
    except RecordError as error:
        raise UsageError(f"{display(path)}: {error}; give a completion record") from None
    except OSError as error:
        why = f"cannot read the record: {error.strerror}; give another path"
        raise UsageError(f"{display(path)}: {why}") from None


def check(path: Path, files: Sequence[Path], signed_by: str | None, *, as_json: bool) -> int:
    """Checks a record and shows what was found; the exit code."""
    import msgspec  # noqa: PLC0415

    from footsense.completion import (  # noqa: PLC0415
        Completion,
        chain_of,
        check_chain,
        check_recordings,
        check_routine,
        check_signature,
        corrected,
        entry_in,
        same_session,
    )  # fmt: skip

    data = read_record(path)
    try:
        entry = entry_in(data)
    except RecordError as error:
        return _refused(path, str(error), as_json=as_json)
    if not isinstance(entry.body, Completion):
        raise UsageError(f"{display(path)}: is a correction of another record; give that one")
    folder = path.resolve().parent
    chain = chain_of(folder, entry.subject)
    found, again = check_recordings(entry.body, files, folder, _replayed)
    findings = [*check_signature(entry, signed_by), check_chain(data, chain)]
    findings += [check_routine(entry.body), *found]
    shown = _shown(path, entry, entry.body, findings, again)
    shown["same_session"] = same_session(entry.body, entry.seq, chain)
    shown["corrected"] = msgspec.to_builtins(corrected(entry.body, chain.corrections(data)))
    click.echo(json_text(shown) if as_json else _in_words(shown))
    return 0 if shown["holds"] and entry.body.result.verdict == "complete" else 1


def _replayed(body: "Completion", paths: Sequence[Path]) -> "Result":
    """What the recordings of a record say now, told the same of them."""
    from footsense.completion import witnessed  # noqa: PLC0415

    said = [
        Said(str(path), one.side, one.placement, one.exercise)
        for path, one in zip(paths, body.result.recordings, strict=True)
    ]
    opened, errors = open_session(said)
    if errors:
        raise RecordError(next(iter(errors.values())))
    return witnessed(body.routine.toml, [_seen(o) for o in opened])[1]


def _refused(path: Path, why: str, *, as_json: bool) -> int:
    if as_json:
        click.echo(json_text({"schema": SCHEMA, "record": str(path), "error": why}))
    else:
        click.echo(f"footsense: {display(path)}: {why}", err=True)
    return 1


def _shown(
    path: Path, entry: "Entry", body: "Completion", findings: Sequence["Finding"], again: "Result | None"
) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415

    from footsense.completion import PROVES, fingerprint  # noqa: PLC0415

    unchecked = [f.what for f in findings if f.answer == "not-checked"]
    failed = [f.what for f in findings if f.answer == "no"]
    return {
        "schema": SCHEMA,
        "record": str(path),
        "created_utc": entry.created_utc,
        "key": fingerprint(entry.key),
        "routine": body.routine.name,
        "verdict": body.result.verdict,
        "items": [msgspec.to_builtins(i) for i in body.result.items],
        "checks": [{"what": f.what, "answer": str(f.answer), "text": f.text} for f in findings],
        "holds": not failed and not set(unchecked) - {"key", "chain"},
        "now": None if again is None else {"verdict": again.verdict, "items": msgspec.to_builtins(again.items)},
        "proves": PROVES,  # not what the record says of itself
    }


_MARKS = {"yes": "yes", "no": "NO", "not-checked": "not checked"}


def _in_words(shown: dict[str, Any]) -> str:
    """For a person: what the record says, then line by line what was checked, and what that proves."""
    head = f"{display(shown['routine'])}: {shown['verdict']}, by the record of {shown['created_utc']}"
    lines = [head, ""]
    lines += [f"  {_MARKS[c['answer']]:<12} {c['what']:<12} {display(c['text'], 300)}" for c in shown["checks"]]
    if shown["now"]:
        lines += ["", f"Judged again by the program that is installed here: {shown['now']['verdict']}"]
        lines += [f"  {_counts(was)}; now {_tally(now)}" for was, now in _differing(shown)]
    lines += [
        f"  {_counts(c)}; the wearer says {_tally(c, 'corrected')}: {_whys(c)}" for c in shown["corrected"]
    ]
    if numbers := ", ".join(map(str, shown["same_session"])):
        text = f"The same recording is in number {numbers} of the wearer's records: one session, not several."
        lines += ["", text]
    for text in (shown["proves"], STATEMENT):
        lines += ["", textwrap.fill(display(text, 1000), 96)]
    return "\n".join(lines)


def _differing(shown: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    was = {(i["exercise"], i["side"]): i for i in shown["items"]}
    pairs = [(was[key], i) for i in shown["now"]["items"] if (key := (i["exercise"], i["side"])) in was]
    return [(a, b) for a, b in pairs if (a["counted"], a["verdict"]) != (b["counted"], b["verdict"])]


def _counts(item: dict[str, Any]) -> str:
    return f"{display(item['exercise'], 30)}, {item['side']}: counted {_tally(item)}"


def _tally(item: dict[str, Any], key: str = "counted") -> str:
    return ", ".join(f"{n} {display(what, 20)}" for what, n in item[key].items())


def _whys(item: dict[str, Any]) -> str:
    return "; ".join(display(why, 100) for why in item["why"])
