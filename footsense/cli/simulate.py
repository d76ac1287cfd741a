"""`footsense simulate`: recordings of a simulated wearer, with known truth."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.simulate import Scenario, Simulated

PLACEMENTS = ("foot", "ankle", "shank")
SIDES = ("left", "right")


def _list(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from footsense.simulate import EXERCISES, NEGATIVES  # noqa: PLC0415

    click.echo("exercises\n" + _table(EXERCISES) + "\nmotions that are none of them\n" + _table(NEGATIVES))
    click.echo("several in one go\n" + _table({"routine": "circles both ways, band flexes, a bout on tiptoe"}))
    ctx.exit(0)


def _table(motions: Any) -> str:
    return "\n".join(f"  {name:15} {what}" for name, what in motions.items())


@click.command(name="simulate")
@click.argument("exercise", metavar="EXERCISE")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="CSV to write [default: EXERCISE-SIDE-SEED.csv]."
)
@click.option(
    "--placement",
    type=click.Choice(PLACEMENTS),
    default="foot",
    show_default=True,
    help="Where the sensor sits.",
)
@click.option(
    "--side", type=click.Choice(SIDES), default="right", show_default=True, help="Which foot wears it."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same recording.")
@click.option("--rate-hz", type=float, help="Samples a second, 10 to 400 [default: 100].")
@click.option(
    "--reps", type=int, help="Turns each way, holds, or steps of this foot in a bout [default: drawn]."
)
@click.option("--tempo-hz", type=float, help="Turns, pumps or strides a second [default: drawn].")
@click.option("--hold-s", type=float, help="Length of the holds [default: drawn].")
@click.option("--duration-s", type=float, help="Length of a motion that is no exercise [default: drawn].")
@click.option("--direction", type=click.Choice(("cw", "ccw", "both")), help="Of circles [default: both].")
@click.option("--no-gyro", is_flag=True, help="Acceleration only.")
@click.option("--acc-range-g", type=float, help="Acceleration is clipped at this [default: 8].")
@click.option("--loss", type=float, help="Share of samples lost, in packets [default: 0].")
@click.option(
    "--vary", is_flag=True, help="Draw side, device and restlessness from the seed too, unless given."
)
@click.option(
    "--count",
    type=click.IntRange(1, 100_000),
    default=1,
    show_default=True,
    help="Recordings to make, with seeds from --seed on, into the folder -o.",
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Say what can be simulated."
)
@click.pass_context
def command(
    ctx: click.Context, /, *, exercise: str, out: Path | None, seed: int, count: int, vary: bool, **wish: Any
) -> None:
    """Make a recording of a simulated wearer, and its truth beside it (NAME.truth.json).

    EXERCISE is one of `--list`. For tests and for trying things out: what is counted right here is no
    evidence of accuracy on people.
    """
    wish = {k: v for k, v in wish.items() if v is not None and _given(ctx, k, keep=not vary)}
    if wish.pop("no_gyro", False):
        wish["gyro"] = False
    with Progress(f"simulating {exercise}") as progress:
        for i in range(count):
            progress.say(f"simulating {exercise}: {i + 1} of {count}")
            _one(exercise, seed + i, out, wish, vary=vary, many=count > 1)


def _given(ctx: click.Context, name: str, *, keep: bool) -> bool:
    return keep or ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def _one(exercise: str, seed: int, out: Path | None, wish: dict[str, Any], *, vary: bool, many: bool) -> None:
    from footsense.simulate import write  # noqa: PLC0415

    made = _make(exercise, _scenario("sitting" if exercise == "routine" else exercise, seed, wish, vary=vary))
    path = _path(out, f"{exercise}-{made.scenario.side}-{seed}.csv", many=many)
    truth = write(made, path)
    click.echo(f"{display(path)}  {len(made.t_s):,} samples, {_what(made)}; truth in {display(truth.name)}")


def _scenario(motion: str, seed: int, wish: dict[str, Any], *, vary: bool) -> "Scenario":
    from footsense.simulate import Scenario, sample  # noqa: PLC0415

    return sample(motion, seed, **wish) if vary else Scenario(motion=motion, seed=seed, **wish)


def _make(exercise: str, scenario: "Scenario") -> "Simulated":
    from footsense.simulate import demo_routine, simulate  # noqa: PLC0415

    return demo_routine(scenario) if exercise == "routine" else simulate(scenario)


def _path(out: Path | None, name: str, *, many: bool) -> Path:
    if out is None:
        return Path(name)
    if many or out.is_dir():
        _folder(out)
        return out / (name + ".gz" if many else name)
    if not out.name.endswith((".csv", ".csv.gz")):
        raise UsageError(f"-o {display(out)}: expected a name that ends in .csv or .csv.gz, or a folder")
    return out


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"-o {display(out)}: no folder can be made there ({error.strerror}); choose another"
        ) from None


def _what(made: "Simulated") -> str:
    kinds = [e.kind for e in made.events]
    counts = [
        f"{kinds.count(k)} {k}{'s' * (kinds.count(k) != 1)}" for k in ("circle", "hold", "step") if k in kinds
    ]
    return ", ".join(counts) or "nothing to count"
