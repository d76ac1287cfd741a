"""`footsense replay`: a recording played as if it were live."""

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.progress import Progress
from footsense.errors import RecordingError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.recording.mcap import Scan
    from footsense.session import SessionEvent


@click.command(name="replay")
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, one line an event.")
@click.option("--pace", is_flag=True, help="As fast as it was recorded; otherwise as fast as possible.")
@click.pass_context
def command(ctx: click.Context, /, *, file: str, as_json: bool, pace: bool) -> None:
    """Play a recording by the same path as live and print its events.

    Every detector runs, and nothing is selected: what they find in a movement that is none of theirs is shown
    too. `footsense analyze` tells which exercises were done.
    """
    try:
        counts = _play(file, as_json=as_json, pace=pace)
    except RecordingError as error:
        click.echo(f"footsense: {display(error, 500)}", err=True)
        ctx.exit(1)
    if not as_json:
        click.echo(", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "no events")


def _play(file: str, *, as_json: bool, pace: bool) -> Counter[str]:
    """Print the events; return how many there were of each."""
    from footsense.analysis.quality import file_reasons  # noqa: PLC0415
    from footsense.session import event_line, replay  # noqa: PLC0415

    counts: Counter[str] = Counter()
    began = time.monotonic()
    with Progress(f"replaying {file}") as progress:

        def on_scan(scan: "Scan") -> None:
            for reason in file_reasons(scan):
                progress.echo(f"footsense: {display(Path(file))}: {reason.text}", err=True)

        for elapsed_s, events in replay(Path(file), paced=pace, on_scan=on_scan):
            if pace:
                time.sleep(max(0.0, elapsed_s - (time.monotonic() - began)))
            for event in events:
                counts[f"{event.event.exercise} {event.event.kind}s"] += 1
                progress.echo(event_line(event) if as_json else in_words(event))
    return counts


def in_words(event: "SessionEvent") -> str:
    """An event on one line."""
    e = event.event
    more = [str(e.attributes[k]) for k in ("direction",) if e.attributes.get(k)]
    more += ["on tiptoe"] * (e.attributes.get("toe") is True)
    side = f"  {event.sensor.side}" if event.sensor.side else ""
    return f"{e.start_s:8.2f} to {e.end_s:7.2f} s  {e.exercise}  {e.kind} {' '.join(more)}{side}".rstrip()
