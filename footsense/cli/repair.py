"""`footsense repair`: what is whole of a damaged recording, in a new file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.options import Output
from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from footsense.recording.repair import Repair

_SHOWN = 20  # stretches of damage, one a line


@click.command(name="repair")
@click.argument("file", metavar="FILE.mcap", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", metavar="NEW.mcap", type=Output(path_type=Path),
    help="The new file; by default FILE-repaired.mcap beside it.",
)  # fmt: skip
def command(*, file: Path, output: Path | None) -> None:
    """Copy what is whole of a damaged or unclosed recording to a new file, and say what was dropped.

    FILE itself stays as it is: it is the evidence. Nothing is made up: what is missing stays missing, and the
    new file says so to whoever reads it.
    """
    from footsense.recording.repair import repair  # noqa: PLC0415

    if not file.name:
        raise UsageError(f"{display(file)}: is a folder; name the .mcap in it")
    if file.suffix != ".mcap":
        what = "repair is for recordings as footsense makes them (.mcap)"
        raise UsageError(f"{display(file)}: {what}; where a CSV is wrong, and why, `footsense analyze` says")
    stem = file.name.removesuffix(".mcap").removesuffix(".part")
    for line in _lines(repair(file, output or file.with_name(f"{stem}-repaired.mcap"))):
        click.echo(line)


def _lines(done: "Repair") -> "Iterator[str]":
    from footsense.recording.repair import lost_messages  # noqa: PLC0415

    damage = done.source.damage
    yield f"{done.messages:,} messages kept, {done.source.packets:,} of them packets of sensors"
    yield f"{lost_messages(damage):,} messages known to be missing" if damage else "nothing is damaged"
    for d in damage[:_SHOWN]:
        yield f"  dropped: bytes {d.start_byte:,} to {d.end_byte:,}: {d.what}"
    if len(damage) > _SHOWN:
        yield f"  and {len(damage) - _SHOWN:,} places more, which the new file names"
    if not done.source.closed:
        yield "it was never closed, or its end was cut off: what came after is not in it"
    yield f"repaired: {display(done.path)} (the file it was made from is unchanged)"
