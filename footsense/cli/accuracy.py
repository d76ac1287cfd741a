"""`footsense accuracy`: how right the counts are, on labelled recordings and on simulated wearers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.options import PLACEMENTS, Number, Output
from footsense.cli.outputs import refuse_for_page, write_page
from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.text import display, json_text

if TYPE_CHECKING:
    from footsense.accuracy.population import Job, Population
    from footsense.accuracy.run import Scored

_MOST_NAMED = 5
_OPTIONS = {"seed_from": "seed-from", "exercises": "exercise", "placements": "placement"}
_SIMULATED = "SIMULATED WEARERS, no evidence of accuracy on people"


@click.command(name="accuracy")
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER]…", type=click.Path(path_type=Path))
@click.option("--simulated", is_flag=True, help="Score simulated wearers as well.")
@click.option("--sets", type=click.IntRange(1, 10_000), help="Simulated sets of each kind [default: 20].")
@click.option("--seed-from", type=click.IntRange(0, 2**31), help="First seed of these [default: 1000].")
@click.option("--hours", type=Number(0, 1000), help="Hours of each motion that is no exercise [0].")
@click.option("--live", type=click.IntRange(0, 10_000), help="Follow so many of the sets as if live, too [0].")
@click.option("--exercise", "exercises", multiple=True, metavar="E", help="Simulate this one only; may repeat.")
@click.option(
    "--placement", "placements", multiple=True, type=click.Choice(PLACEMENTS),
    help="Simulate the sensor there only; may repeat.",
)  # fmt: skip
@click.option(
    "--routine", default="ground-up", show_default=True, metavar="R",
    help="Says from how many seconds holds and walks count.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes [default: one a processor].")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("-o", "--output", type=Output(), metavar="OUT.html", help="Write a page with pictures.")
@click.pass_context
def command(
    ctx: click.Context, /, *, paths: tuple[Path, ...], simulated: bool, routine: str, jobs: int | None,
    as_json: bool, output: str | None, **drawn: object,
) -> None:  # fmt: skip
    """Say how right the counts and the completion checks are.

    Of recordings (.csv, .csv.gz, .mcap) with their truth beside them (NAME.truth.json, as `footsense simulate`
    writes it), and of simulated wearers. Real and simulated are never added up. Exit code 1 if some recording
    could not be scored, or nothing was.
    """
    from footsense.accuracy.recordings import File, labelled_files  # noqa: PLC0415
    from footsense.accuracy.run import run  # noqa: PLC0415
    from footsense.routine import load_routine  # noqa: PLC0415
    from footsense.spread import processors  # noqa: PLC0415

    if not paths and not simulated:
        raise UsageError("name recordings with a truth beside them, or folders of them, or add --simulated")
    if output:
        refuse_for_page(Path(output))
    items = load_routine(routine).items
    files, without = labelled_files(paths)
    population = _population(drawn, simulated=simulated)
    work: list[Job | File] = [File(path, items) for path in files]
    work += population.jobs(items) if population else []
    with Progress("accuracy") as progress:
        scored = run(work, jobs or processors(), progress.say)
    _complain(scored, without)
    click.echo(_json(scored, without, population) if as_json else _words(scored))
    if output:
        write_page(_page(scored, without, population), Path(output))
        click.echo(display(output, 1000), err=as_json)
    ctx.exit(1 if scored.failed or not (scored.real or scored.simulated) else 0)


def _population(drawn: dict[str, object], *, simulated: bool) -> "Population | None":
    from footsense.accuracy.population import Population  # noqa: PLC0415
    from footsense.simulate import EXERCISES  # noqa: PLC0415

    given = {k: v for k, v in drawn.items() if v not in (None, ())}
    if not simulated:
        for name in given:
            raise UsageError(f"--{_OPTIONS.get(name, name)} is for simulated wearers; add --simulated")
        return None
    for name in given.get("exercises", ()):  # type: ignore[attr-defined]
        if name not in EXERCISES:
            raise UsageError(f"unknown exercise '{display(name)}'; known are: {', '.join(EXERCISES)}")
    return Population(**given)  # type: ignore[arg-type]


def _complain(scored: "Scored", without: Sequence[Path]) -> None:
    """What was not scored, a line each, on stderr."""
    for failed in scored.failed:
        click.echo(f"footsense: {display(failed.error, 500)}", err=True)
    if without:
        click.echo(f"footsense: {_without(without)}", err=True)
    if not (scored.real or scored.simulated or without or scored.failed):
        click.echo("footsense: there is no recording (.csv, .csv.gz, .mcap) in there", err=True)


def _without(files: Sequence[Path]) -> str:
    names = ", ".join(display(f.name) for f in files[:_MOST_NAMED])
    names += ", …" if len(files) > _MOST_NAMED else ""
    one = len(files) == 1
    they = "one recording has" if one else f"{len(files)} recordings have"
    return f"{they} no truth (NAME.truth.json) beside {'it' if one else 'them'}, not scored: {names}"


def _words(scored: "Scored") -> str:
    from footsense.accuracy.columns import plain, tables  # noqa: PLC0415

    parts = []
    for title, card in zip(("LABELLED RECORDINGS", _SIMULATED), scored.cards(), strict=True):
        if card:
            parts += [title, *(plain(t) for t in tables(card))]
    return "\n\n".join(parts) or "nothing was scored"


def _json(scored: "Scored", without: Sequence[Path], population: "Population | None") -> str:
    from footsense.accuracy.form import to_json  # noqa: PLC0415

    real, simulated = scored.cards()
    drawn = population.as_json() if population else None
    answer = to_json(
        real, simulated, drawn=drawn, failed=scored.failed, without_truth=[str(f) for f in without]
    )
    return json_text(answer)


def _page(scored: "Scored", without: Sequence[Path], population: "Population | None") -> str:
    from footsense.accuracy.page import card_page  # noqa: PLC0415

    facts = [f"labelled recordings: {len(scored.real)}"] if scored.real else []
    if population:
        seeds = population.seeds
        facts.append(f"{len(seeds)} simulated sets of each kind, seeds {seeds.start} to {seeds.stop - 1}")
    drawn = population.number if population else 0
    if len(scored.simulated) > drawn:
        facts.append(f"simulated recordings: {len(scored.simulated) - drawn}")
    left_out = [f.error for f in scored.failed] + ([_without(without)] if without else [])
    return card_page(*scored.cards(), facts=facts, left_out=left_out)
