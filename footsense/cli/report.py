"""`footsense report`: a page with pictures of a recording."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli import options
from footsense.cli.opened import opened
from footsense.cli.outputs import refuse_for_page, write_page
from footsense.cli.progress import Progress
from footsense.errors import RecordingError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.types import Placement, Side


@click.command(name="report")
@click.argument("file", metavar="FILE")
@click.option(
    "-o", "--output", type=options.Output(), metavar="OUT.html",
    help="The page; by default beside the recording.",
)  # fmt: skip
@click.option("--exercise", metavar="E", help="What was done in it; else it is recognised.")
@options.placement
@options.side
@click.option("--routine", metavar="R", help="Judge it against this routine: a built-in name or a TOML file.")
@click.pass_context
def command(
    ctx: click.Context, /, *, file: str, output: str | None, exercise: str | None,
    placement: "Placement | None", side: "Side | None", routine: str | None,
) -> None:  # fmt: skip
    """Make one HTML page with pictures of a recording (.csv, .csv.gz, .mcap).

    The page needs nothing else: no network, no script. Only an older page is written over. Exit code 1 if the
    recording cannot be read, or, with --routine, if the routine is not complete or cannot be verified.
    """
    from footsense.report.page import report_page  # noqa: PLC0415
    from footsense.routine import load_routine  # noqa: PLC0415
    from footsense.verify import Answer, verify  # noqa: PLC0415

    asked = load_routine(routine) if routine else None
    path = Path(output or beside(file))
    if output or Path(file).exists():  # else what is missing is the recording, not a place for its page
        refuse_for_page(path, Path(file))
    try:
        with Progress(f"report on {file}"):
            recording, analyses = opened(file, exercise=exercise, placement=placement, side=side)
            verdict = verify(asked, analyses) if asked else None
            page = report_page(recording, analyses, asked, verdict)
    except RecordingError as error:
        click.echo(f"footsense: {display(error, 500)}", err=True)
        ctx.exit(1)
    write_page(page, path)
    click.echo(display(path, 1000))
    ctx.exit(0 if verdict is None or verdict.verdict is Answer.COMPLETE else 1)


def beside(file: str) -> str:
    """Where the page goes unless told: the recording's name with another ending."""
    from footsense.recording.model import ending  # noqa: PLC0415

    return file[: len(file) - len(ending(file))] + ".html"
