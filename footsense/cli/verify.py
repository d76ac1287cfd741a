"""`footsense verify`: was the routine completed, with evidence."""

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.opened import opened
from footsense.cli.options import PLACEMENTS, SIDES
from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.text import STATEMENT, display

if TYPE_CHECKING:
    from footsense.analysis import Analysis
    from footsense.types import Placement, Side
    from footsense.verify import ItemVerdict, Verdict

_HOLD_FOR_FILES = ("--side", "--placement", "--exercise")
_VALUED = (*_HOLD_FOR_FILES, "--routine")
_MARKS = {"complete": ("✓", "yes"), "incomplete": ("✗", "no "), "not-verifiable": ("?", "?  ")}


@dataclass(frozen=True, slots=True)
class Said:
    """A file, and what was said of it before it on the command line."""

    file: str = ""
    side: "Side | None" = None
    placement: "Placement | None" = None
    exercise: str | None = None

    def but(self, what: str, value: str) -> "Said":
        """The same with `side`, `placement` or `exercise` said anew."""
        return replace(self, **{what: value})  # type: ignore[arg-type]


def walk(args: Sequence[str]) -> Iterator[Said]:
    """The files of a command line, each with the options that stand before it.

    Raises UsageError for an option that stands after the last file, where it would mean nothing.
    """
    said, rest, behind = Said(), list(args), ""
    while rest:
        arg = rest.pop(0)
        if arg == "--":
            yield from (replace(said, file=file) for file in rest)
            return
        name, equals, value = arg.partition("=")
        if name in _VALUED:
            value = value if equals else rest.pop(0)
            if name in _HOLD_FOR_FILES:
                said, behind = said.but(name[2:], value), f"{name} {value}"
        elif not arg.startswith("-") or arg == "-":
            yield replace(said, file=arg)
            behind = ""
    if behind:
        raise UsageError(f"{display(behind)} has no file after it; options hold for the files that follow them")


def check_repeats(said: Sequence[Said]) -> None:
    """Refuse a file that would be counted twice. It may be given again for another exercise."""
    seen: dict[Path, list[Said]] = {}
    for one in said:
        before = seen.setdefault(Path(one.file).resolve(), [])
        if any(one.exercise == b.exercise or None in (one.exercise, b.exercise) for b in before):
            raise UsageError(f"{display(one.file)} is given twice; what is in it would count twice")
        if any(one.side != b.side for b in before):
            raise UsageError(f"{display(one.file)} is given for both sides; a sensor sits on one foot")
        before.append(one)


class _InOrder(click.Command):
    """Lets click check the options, and keeps in `ctx.meta` which of them stand before which file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        rest = super().parse_args(ctx, args)
        ctx.meta["said"] = tuple(walk(given))
        return rest


@click.command(name="verify", cls=_InOrder)
@click.option("--side", type=click.Choice(SIDES), multiple=True, help="Which foot wore the sensor.")
@click.option("--placement", type=click.Choice(PLACEMENTS), multiple=True, help="Where the sensor sat.")
@click.option("--exercise", metavar="E", multiple=True, help="What was done in it; else it is recognised.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--routine", metavar="R", required=True, help="A built-in routine's name, or a TOML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def command(ctx: click.Context, /, routine: str, as_json: bool, **_: object) -> None:
    """Say whether a routine was completed in these recordings, which together are one session.

    --side, --placement and --exercise hold for the files after them, until given anew. Exit code 0 if the
    routine is complete, 1 if it is not, or cannot be verified.
    """
    from footsense.routine import load_routine  # noqa: PLC0415
    from footsense.verify import Answer, verify  # noqa: PLC0415

    asked = load_routine(routine)
    analyses, errors = _session(ctx.meta["said"])
    verdict = verify(asked, analyses)
    click.echo(_json(verdict, errors) if as_json else in_words(verdict))
    ctx.exit(0 if verdict.verdict is Answer.COMPLETE and not errors else 1)


def _session(said: Sequence[Said]) -> tuple[list["Analysis"], dict[str, str]]:
    """What was done in each file; a file that cannot be read stands as one that can show nothing."""
    from footsense.errors import RecordingError  # noqa: PLC0415
    from footsense.exercises import detector  # noqa: PLC0415

    check_repeats(said)
    for one in said:
        if one.exercise is not None:
            detector(one.exercise)
    analyses: list[Analysis] = []
    errors: dict[str, str] = {}
    for one in said:
        try:
            analyses += _analyses(one)
        except RecordingError as error:
            errors[one.file] = str(error)
            click.echo(f"footsense: {display(error, 500)}", err=True)
            analyses.append(_unreadable(one))
    return analyses, errors


def _analyses(said: Said) -> list["Analysis"]:
    with Progress(said.file):
        return opened(said.file, exercise=said.exercise, placement=said.placement, side=said.side)[1]


def _unreadable(said: Said) -> "Analysis":
    from footsense.analysis import Analysis, RecordingFacts  # noqa: PLC0415
    from footsense.types import Grade, Reason  # noqa: PLC0415

    why = Reason("unreadable", "the file cannot be read", Grade.NOT_VERIFIABLE)
    nothing = RecordingFacts(0.0, 0, 0.0, gyro=False)
    return Analysis(
        said.file, said.exercise, said.placement, said.side, nothing, (), {},
        grade=Grade.NOT_VERIFIABLE, reasons=(why,),
    )  # fmt: skip


def _json(verdict: "Verdict", errors: dict[str, str]) -> str:
    from footsense.verify import as_json  # noqa: PLC0415

    failed = [{"file": file, "error": error} for file, error in errors.items()]
    return json.dumps(as_json(verdict) | ({"errors": failed} if failed else {}), ensure_ascii=False)


def in_words(verdict: "Verdict") -> str:
    """The verdict for a person: a line an item, what is missing below it, and what the answer is worth."""
    lines = [f"{display(verdict.routine)}: {verdict.verdict}", ""]
    for item in verdict.items:
        lines += _item_lines(item)
    unseen = dict.fromkeys(what for item in verdict.items for what in item.not_seen)
    if unseen:
        lines += ["", f"No sensor on the foot sees: {', '.join(unseen)}."]
    return "\n".join([*lines, "", textwrap.fill(STATEMENT, 96)])


def _item_lines(item: "ItemVerdict") -> list[str]:
    name = f"{display(item.exercise, 30)}, {item.side}"
    head = f"  {_mark(item.verdict)} {name:<24} {_tally(item)}"
    return [head, *(f"      {reason.text}" for reason in item.reasons)]


def _mark(verdict: str) -> str:
    fancy, plain = _MARKS[verdict]
    try:
        fancy.encode(getattr(sys.stdout, "encoding", None) or "ascii")  # a closed stdout is None
    except UnicodeEncodeError:
        return plain
    return fancy


def _tally(item: "ItemVerdict") -> str:
    ways = {"cw": "circles one way (cw)", "ccw": "the other way (ccw)"}
    shortest = next((f" of {v:g} s or more" for k, v in item.required.items() if k.startswith("min_")), "")
    parts = [
        f"{n} of {item.required[key]:g} {ways.get(key, key + shortest)}" for key, n in item.counted.items()
    ]
    cued = f", {item.answered} of {item.cues} cues answered" if item.cues else ""
    return ", ".join(parts) + cued + (f" (seen at the {item.seen_at} foot)" if item.seen_at else "")
