"""`footsense correct`: the wearer says what was counted wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from footsense.cli.records import own_ledger, read_record
from footsense.errors import RecordError, UsageError
from footsense.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from footsense.completion import Correction, Entry, Item


_LONGEST = 100  # characters: each may be shown by ten


@click.command(name="correct")
@click.argument("record", type=click.Path(path_type=Path), metavar="RECORD")
@click.option("--exercise", required=True, metavar="E", help="Which item of the record.")
@click.option("--side", type=click.Choice(["left", "right", "both"]), required=True, help="Of which foot.")
@click.option("--counted", metavar="KEY", help="Which count (cw, ccw) where the item has several.")
@click.option("--by", type=click.IntRange(-10_000, 10_000), required=True, help="How many more, or less (-1).")
@click.option("--why", required=True, metavar="TEXT", help="In your own words.")
def command(record: Path, **given: Any) -> None:
    """Add to a completion record what the wearer says was counted wrong.

    The record stays as it is, and so do its counts and its verdict; the correction is an entry of its own,
    which `footsense verify RECORD` shows beside them.
    """
    from footsense.completion import Correction, chain_of, sha256_of, verified  # noqa: PLC0415

    data = read_record(record)
    entry, ledger = _entry(record, data), own_ledger()
    if record.resolve().parent != (ledger.folder / entry.subject).resolve():
        raise UsageError(f"{display(record)}: was not made here; correct it where it was made")
    if not verified(entry):
        raise UsageError(f"{display(record)}: was changed after it was signed; there is nothing to correct")
    if not given["by"] or not given["why"].strip() or len(given["why"]) > _LONGEST:
        raise UsageError(f"expected --by other than 0, and a --why of 1 to {_LONGEST} characters")
    item = _item(record, entry, given["exercise"], given["side"])
    body = Correction(
        of=sha256_of(data), exercise=item.exercise, side=item.side, counted=_key(item, given["counted"]),
        by=given["by"], why=display(given["why"], 1000),
    )  # fmt: skip
    _refuse_below_zero(item, body, chain_of(record.resolve().parent, entry.subject).corrections(data))
    click.echo(f"Kept: {display(ledger.append(entry.subject, body, datetime.now(UTC)))}")


def _refuse_below_zero(item: "Item", new: "Correction", told: "Sequence[Correction]") -> None:
    """Raises UsageError where less than nothing would have been done, with what was corrected before."""
    same = (item.exercise, item.side, new.counted)
    now = item.counted[new.counted] + sum(c.by for c in told if (c.exercise, c.side, c.counted) == same)
    if now + new.by < 0:
        hint = f"give --by -{now} at most" if now else "there is nothing to take away"
        raise UsageError(f"--by {new.by} of {now} {new.counted} leaves less than none; {hint}")


def _entry(record: Path, data: bytes) -> "Entry":
    from footsense.completion import entry_in  # noqa: PLC0415

    try:
        return entry_in(data)
    except RecordError as error:
        raise UsageError(f"{display(record)}: {error}; give a completion record (NAME.record.json)") from None


def _item(record: Path, entry: "Entry", exercise: str, side: str) -> "Item":
    from footsense.completion import Completion  # noqa: PLC0415

    if not isinstance(entry.body, Completion):
        raise UsageError(f"{display(record)}: is a correction itself; name the record that it corrects")
    items = {(i.exercise, i.side): i for i in entry.body.result.items}
    if (exercise, side) not in items:
        known = display(", ".join(" ".join(key) for key in items), 300)
        raise UsageError(f"{display(exercise)} {side} is not in the record; in it are: {known}")
    return items[exercise, side]  # type: ignore[index]


def _key(item: "Item", counted: str | None) -> str:
    keys = list(item.counted)
    if counted not in keys and (counted is not None or len(keys) > 1):
        raise UsageError(f"say which count with --counted: {', '.join(keys)}")
    return counted or keys[0]
