"""`footsense verify`: was the routine completed, with evidence."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from footsense.cli.options import PLACEMENTS, SIDES
from footsense.cli.records import check, is_record, keep
from footsense.cli.sessions import Said, open_session, walk
from footsense.cli.wrapping import prose, wrapped
from footsense.errors import UsageError
from footsense.text import STATEMENT, display, json_text

if TYPE_CHECKING:
    from footsense.verify import ItemVerdict, Verdict

_NOT_OF_A_RECORD = ("side", "placement", "exercise", "routine", "record", "wearer")
_MARKS = {"complete": ("✓", "yes"), "incomplete": ("✗", "no "), "not-verifiable": ("?", "?  ")}


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
@click.option("--routine", metavar="R", help="A built-in routine's name, or a TOML file.")
@click.option("--record", is_flag=True, help="Keep the answer, signed, as the wearer's next completion record.")
@click.option("--wearer", metavar="NAME", help="Whose record (me); it holds a pseudonym of the name.")
@click.option("--signed-by", metavar="KEY", help="Of a record: the key that you were told, or its fingerprint.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Say whether a routine was completed in these recordings, which together are one session.

    --side, --placement and --exercise hold for the files after them, until given anew. Exit code 0 if the
    routine is complete, 1 if it is not, or cannot be verified.

    If the first file is a completion record (NAME.record.json), check that instead: its signature, its chain,
    and whether its recordings (beside it, or the other files) still give the same answer. Exit code 0 if
    signature and recordings are right, nothing else is wrong, and the routine is complete.
    """
    said: Sequence[Said] = ctx.meta["said"]
    routine, as_json = given["routine"], given["as_json"]
    if is_record(said[0].file):
        _refuse(given, _NOT_OF_A_RECORD, "a completion record says itself what was recorded and asked for;")
        files = [Path(s.file) for s in said[1:]]
        ctx.exit(check(Path(said[0].file), files, given["signed_by"], as_json=as_json))
    _refuse(given, ["signed_by"], "there is no completion record to be checked; give it as the first file, or")
    if not given["record"]:
        _refuse(given, ["wearer"], "no completion record is asked for; add --record, or")
    if routine is None:
        raise click.UsageError("say which routine with --routine R (ground-up, or a TOML file)", ctx)
    wearer = given["wearer"] if given["wearer"] is not None else "me"
    if not wearer.strip():
        raise UsageError("--wearer is empty; say whose record it is, or leave it out for your own")
    ctx.exit(_judge(said, routine, wearer if given["record"] else None, as_json=as_json))


def _refuse(given: dict[str, Any], options: Sequence[str], why: str) -> None:
    """Raises UsageError for those of the options that were given: they would mean nothing."""
    useless = [f"--{o.replace('_', '-')}" for o in options if given[o] not in (None, False, ())]
    if useless:
        raise UsageError(f"{why} leave out {' and '.join(useless)}")


def _judge(said: Sequence[Said], routine: str, wearer: str | None, *, as_json: bool) -> int:
    """Judges the session, and keeps a record of it for the wearer if one is named; the exit code."""
    from footsense.routine import load_routine  # noqa: PLC0415
    from footsense.verify import Answer, verify  # noqa: PLC0415

    asked = load_routine(routine)
    seen, errors = open_session(said)
    verdict = verify(asked, [a for s in seen for a in s.analyses])
    kept, before = keep(seen, routine, wearer) if wearer is not None and not errors else (None, [])
    click.echo(_json(verdict, errors, kept, before) if as_json else in_words(verdict) + _told(kept))
    if before:
        click.echo(f"footsense: {_again(before)}", err=True)
    if wearer is not None and errors:
        click.echo("footsense: no record was made, since not every recording could be read", err=True)
    return 0 if verdict.verdict is Answer.COMPLETE and not errors else 1


def _json(verdict: "Verdict", errors: dict[str, str], kept: Path | None, before: Sequence[Path]) -> str:
    from footsense.verify import as_json  # noqa: PLC0415

    out = as_json(verdict)
    if errors:
        out["errors"] = [{"file": file, "error": error} for file, error in errors.items()]
    if kept is not None:
        out["record"] = str(kept)
    if before:
        out["also_in"] = [str(path) for path in before]
    return json_text(out)


def in_words(verdict: "Verdict") -> str:
    """The verdict for a person: a line an item, what is missing below it, and what the answer is worth."""
    unreadable = [wrapped(text, "  ") for text in _unreadable(verdict.items)]
    lines = [f"{display(verdict.routine)}: {verdict.verdict}", *unreadable, ""]
    for item in verdict.items:
        lines += _item_lines(item)
    unseen = dict.fromkeys(what for item in verdict.items for what in item.not_seen)
    if unseen:
        lines += ["", wrapped(f"No sensor on the foot sees: {', '.join(unseen)}.")]
    return "\n".join([*lines, "", prose(STATEMENT)])


def _told(kept: Path | None) -> str:
    return "" if kept is None else f"\n\nKept as a completion record: {display(kept)}"


def _again(before: Sequence[Path]) -> str:
    """What to say of a session that was kept before; `before` are its records, the oldest first."""
    more = f" and {len(before) - 1} more" if len(before) > 1 else ""
    return (
        f"a recording of this session is in {display(before[0])}{more} already: "
        "it is one session, not several; hand on one of these records"
    )


def _unreadable(items: "Sequence[ItemVerdict]") -> list[str]:
    """Files that cannot be read: said once, since they would stand below every item of their side."""
    return list(dict.fromkeys(w.text for item in items for w in item.reasons if w.code == "unreadable"))


def _item_lines(item: "ItemVerdict") -> list[str]:
    name = f"{display(item.exercise, 30)}, {item.side}"
    head = wrapped(f"{name:<24} {_tally(item)}", f"  {_mark(item.verdict)} ", " " * 6)
    below = [reason.text for reason in item.reasons if reason.code != "unreadable"]
    return [head, *(wrapped(text, " " * 6, " " * 8) for text in below)]


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
