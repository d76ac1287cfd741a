"""`footsense simulate`: recordings of a simulated wearer, with known truth."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from footsense.cli.options import PLACEMENTS, SIDES, Output
from footsense.cli.outputs import refuse_existing
from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.simulate import Scenario, Simulated


CHECK = "wearing-check"
_HOLDS = ("band-flexes", "top-presses", "pencil-pickups")
_STEPS = ("toe-walk", "walking", "stairs")
_IN_TIME = ("ankle-circles", *_STEPS, "heel-raises", "pumps", "leg-swing", "tapping", "cycling", "other-foot")
# what changes some motions only, and which; all else that a routine does it says itself
MEANS_SOMETHING = {
    "reps": ("ankle-circles", *_HOLDS, *_STEPS),
    "tempo_hz": _IN_TIME,
    "hold_s": _HOLDS,
    "direction": ("ankle-circles",),
}


def _list(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from footsense.routine import routine_names  # noqa: PLC0415
    from footsense.simulate import EXERCISES, NEGATIVES  # noqa: PLC0415
    from footsense.simulate.scenario import SETTINGS  # noqa: PLC0415

    click.echo("exercises\n" + _table(EXERCISES) + "\nmotions that are none of them\n" + _table(NEGATIVES))
    click.echo(f"before them\n  {CHECK:15} standing flat, the toes lifted three times, one circle")
    click.echo("routines, all in one recording\n" + "\n".join(f"  {name}" for name in routine_names()))
    click.echo("for --set\n" + fill(", ".join(SETTINGS), initial_indent="  ", subsequent_indent="  "))
    ctx.exit(0)


def _table(motions: Any) -> str:
    return "\n".join(f"  {name:15} {what}" for name, what in motions.items())


@click.command(name="simulate")
@click.argument("motion", metavar="WHAT")
@click.option("-o", "--out", type=Output(path_type=Path), help="CSV to write [default: WHAT-SIDE-SEED.csv].")
@click.option("--placement", type=click.Choice(PLACEMENTS), help="Where the sensor sits [default: foot].")
@click.option(
    "--side", type=click.Choice(SIDES), help="Which foot wears it [default: right, or as the routine]."
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
@click.option("--tidy", is_flag=True, help="Leave out what a careful person would not do.")
@click.option("--no-gyro", is_flag=True, help="Acceleration only.")
@click.option("--acc-range-g", type=float, help="Acceleration is clipped at this [default: 8].")
@click.option("--loss", type=float, help="Share of samples lost, in packets [default: 0].")
@click.option(
    "--gap", type=(float, float), multiple=True, metavar="AT LENGTH", help="A hole, in s; may be given again."
)
@click.option(
    "--vary", is_flag=True, help="Draw side, device and restlessness from the seed too, unless given."
)
@click.option(
    "--set",
    "more",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other field of a scenario, such as jerky=0.5; may be given again. --list names them.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 100_000),
    default=1,
    show_default=True,
    help="Recordings to make, with seeds from --seed on, into the folder -o.",
)
@click.option(
    "--presses",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Give cues for N top presses while it goes on, and write an .mcap, which can hold them.",
)
@click.option("--overwrite", is_flag=True, help="Write over files that are there already.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Say what can be simulated."
)
def command(
    *,
    motion: str,
    out: Path | None,
    seed: int,
    count: int,
    vary: bool,
    no_gyro: bool,
    tidy: bool,
    gap: Any,
    more: tuple[str, ...],
    presses: int | None,
    overwrite: bool,
    **wish: Any,
) -> None:
    """Make a recording of a simulated wearer, and its truth beside it (NAME.truth.json).

    WHAT is an exercise, a motion that is none, or a routine (a name of --list, or a .toml file). For tests
    and for trying things out: what is counted right here is no evidence of accuracy on people.

    With --presses the wearer of top-presses follows most of the cues, with a reaction time; whoever does
    anything else does not heed them.
    """
    wish = {k: v for k, v in wish.items() if v is not None}
    wish |= (
        ({"gyro": False} if no_gyro else {})
        | ({"tidy": True} if tidy else {})
        | ({"gaps_s": gap} if gap else {})
        | dict(map(_setting, more))
    )
    with Progress(f"simulating {motion}") as progress:
        for i in range(count):
            progress.say(f"simulating {motion}: {i + 1} of {count}")
            if presses is not None:
                progress.echo(_cued(motion, seed + i, wish, presses, out, vary=vary, overwrite=overwrite))
                continue
            made = _make(motion, seed + i, wish, vary=vary)
            name = f"{Path(motion).stem}-{made.scenario.side}-{seed + i}.csv"
            progress.echo(_write(made, _path(out, name, many=count > 1), overwrite=overwrite))


def _cued(
    motion: str,
    seed: int,
    wish: dict[str, Any],
    presses: int,
    out: Path | None,
    *,
    vary: bool,
    overwrite: bool,
) -> str:
    """Make and write a recording with cues; what to say of it."""
    from footsense.cues import Plan  # noqa: PLC0415
    from footsense.simulate import MOTIONS, Scenario, sample, truth_path  # noqa: PLC0415
    from footsense.simulate.cued import following, ignoring, write_mcap  # noqa: PLC0415
    from footsense.simulate.files import write_truth  # noqa: PLC0415

    if motion not in MOTIONS:
        raise UsageError(f"cannot simulate '{display(motion)}' with --presses; known are: {', '.join(MOTIONS)}")
    if out is not None and not out.is_dir() and out.suffix != ".mcap":
        raise UsageError(f"-o {display(out)}: cues are kept in an .mcap; choose such a name, or a folder")
    _refuse_useless(motion, wish, lasts=True)
    scenario = sample(motion, seed, **wish) if vary else Scenario(motion=motion, seed=seed, **wish)
    cued = (following if motion == "top-presses" else ignoring)(scenario, Plan(presses))
    name = f"{motion}-{scenario.side}-{seed}-cued.mcap"
    path = out if out is not None and not out.is_dir() else (out or Path()) / name
    for there in (path, truth_path(path)):
        if overwrite:
            there.unlink(missing_ok=True)
        refuse_existing(there, "choose another with -o, or add --overwrite")
    truth = write_truth(cued.made, write_mcap(cued, path))
    return f"{display(path)}  {presses} cues, {_what(cued.made)}; truth in {display(truth.name)}"


def _setting(text: str) -> tuple[str, Any]:
    """A field of Scenario and its value, from NAME=VALUE."""
    from footsense.simulate.scenario import setting  # noqa: PLC0415

    return setting(text)


def _write(made: "Simulated", path: Path, *, overwrite: bool) -> str:
    """Write it; what to say of it."""
    from footsense.simulate import truth_path, write  # noqa: PLC0415

    if not overwrite:
        for there in (path, truth_path(path)):
            refuse_existing(there, "choose another with -o, or add --overwrite")
    truth = write(made, path)
    return f"{display(path)}  {len(made.t_s):,} samples, {_what(made)}; truth in {display(truth.name)}"


def _make(motion: str, seed: int, wish: dict[str, Any], *, vary: bool) -> "Simulated":
    from footsense.routine import load_routine, routine_names  # noqa: PLC0415
    from footsense.simulate import MOTIONS, NEGATIVES, Scenario, perform, sample, simulate  # noqa: PLC0415
    from footsense.simulate.wearing_check import simulate_check  # noqa: PLC0415

    def scenario(motion: str, **more: Any) -> "Scenario":
        more |= wish
        return sample(motion, seed, **more) if vary else Scenario(motion=motion, seed=seed, **more)

    if motion == CHECK:
        return simulate_check(scenario("standing")).made
    if motion not in routine_names() and not motion.endswith(".toml"):
        if motion not in MOTIONS:
            known = ", ".join([*MOTIONS, CHECK, *routine_names()])
            raise UsageError(f"cannot simulate '{display(motion)}'; known are: {known}, or a routine's .toml")
        _refuse_useless(motion, wish, lasts=motion in NEGATIVES)
        return simulate(scenario(motion))
    _refuse_useless(motion, wish, lasts=False)
    routine = load_routine(motion)
    sides = [s for item in routine.items for s in item.sides if s != "both"]
    return perform(routine, scenario("sitting", side=sides[0] if sides else "right"))


def _refuse_useless(motion: str, wish: dict[str, Any], *, lasts: bool) -> None:
    """Raises UsageError for what would change nothing; `lasts`: whether the motion is as long as asked for."""
    known = MEANS_SOMETHING if lasts else {**MEANS_SOMETHING, "duration_s": ()}
    for name in (name for name, motions in known.items() if name in wish and motion not in motions):
        raise UsageError(f"--{name.replace('_', '-')} changes nothing of {display(motion)}; leave it out")


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
    """Where the sensor sat, to be said again with a CSV, which does not hold it; and what there is to count."""
    kinds = [e.kind for e in made.events]
    counts = [
        f"{kinds.count(k)} {k}{'s' * (kinds.count(k) != 1)}" for k in ("circle", "hold", "step") if k in kinds
    ]
    worn = f"{made.scenario.side} {made.scenario.placement}"
    return ", ".join([worn, *(counts or ["nothing to count"])])
