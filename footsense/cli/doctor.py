"""`footsense doctor`: what is wrong with Bluetooth here."""

from typing import TYPE_CHECKING

import click

from footsense import __version__
from footsense.cli.progress import Progress
from footsense.cli.wrapping import prose, wrapped
from footsense.text import display, json_text

if TYPE_CHECKING:
    from footsense.sources.doctor import Finding
    from footsense.sources.machine import Machine

_INDENT = " " * 7


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool) -> None:
    """Say what is wrong with Bluetooth on this machine, and what to do.

    Listens for a moment, as a scan would, and connects to nothing. Exit code 1 if something is wrong.
    """
    from footsense.sources import attempt  # noqa: PLC0415
    from footsense.sources.doctor import findings  # noqa: PLC0415
    from footsense.sources.machine import this_machine  # noqa: PLC0415

    machine = this_machine()
    with Progress(_waiting(machine)):
        trouble, detail = attempt.attempt(machine.system)
    found = findings(machine, trouble, detail)
    click.echo(json_text(told(machine, found)) if as_json else shown(machine, found))
    ctx.exit(0 if all(f.ok for f in found) else 1)


def _waiting(machine: "Machine") -> str:
    if machine.system == "Darwin":
        return "asking macOS for Bluetooth (it may ask you to allow it)"
    return "asking the system for Bluetooth"


def told(machine: "Machine", found: "list[Finding]") -> dict[str, object]:
    """What `--json` prints."""
    return {
        "schema": "footsense.doctor/1",
        "ok": all(f.ok for f in found),
        "system": " ".join(filter(None, (machine.system, machine.release, machine.inside))),
        "footsense": __version__,
        "findings": [{"code": f.code, "ok": f.ok, "text": f.text, "advice": f.advice} for f in found],
    }


def shown(machine: "Machine", found: "list[Finding]") -> str:
    """What a person is told."""
    from footsense.sources.doctor import DEMO  # noqa: PLC0415

    inside = f" ({machine.inside})" if machine.inside else ""
    lines = [f"footsense {__version__} on {display(f'{machine.system} {machine.release}'.strip())}{inside}"]
    for finding in found:
        lines.append(wrapped(finding.text, "ok     " if finding.ok else "WRONG  ", _INDENT))
        lines += [wrapped(finding.advice, _INDENT)] if finding.advice else []
    return "\n".join([*lines, "" if all(f.ok for f in found) else prose(f"Meanwhile: {DEMO}.")]).rstrip()
