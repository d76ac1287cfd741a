"""`footsense demo`: everything without hardware."""

import asyncio
import contextlib
import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.options import Output
from footsense.cli.outputs import refuse_existing
from footsense.cli.progress import Progress
from footsense.cli.screen import Screen
from footsense.errors import UsageError
from footsense.private import private_folder, write_private
from footsense.text import display, json_text

if TYPE_CHECKING:
    from footsense.cli.live import Outcome
    from footsense.routine import Routine
    from footsense.session import Session, SessionEvent
    from footsense.simulate import Simulated
    from footsense.sources.inbox import Received
    from footsense.types import Item, SensorMeta

PROFILE, ROUTINE = "generic", "demo"
_BESIDE_BAR = 20  # signs of its line
_RECORDING, _VERDICT, _PAGE = "demo.mcap", "verdict.json", "report.html"


@click.command(name="demo")
@click.option("--fast", is_flag=True, help="As fast as this machine goes: a few seconds instead of 80.")
@click.option(
    "-o",
    "--output",
    type=Output(),
    metavar="DIR",
    help="Folder for the results; by default named by date and time.",
)
@click.pass_context
def command(ctx: click.Context, /, *, fast: bool, output: str | None) -> None:
    """Try everything without hardware: a virtual sensor on a virtual foot does a short routine.

    The sensor talks real Bluetooth over a virtual radio to the same client as a real one. It leaves a
    recording, a verdict and a page with pictures. Ctrl-C ends it early; the recording is kept (exit code 130).
    """
    screen = Screen()
    with _folder(output) as folder:
        try:
            play, outcome, interrupted = _played(folder, screen, fast=fast)
        except KeyboardInterrupt:
            screen.say(_stopped(folder))
            ctx.exit(130)
    if interrupted or outcome.error:
        why = "stopped" if interrupted else display(outcome.error, 300)
        screen.say(f"{why}; what was recorded is kept: {display(outcome.path, 1000)}")
        ctx.exit(130 if interrupted else 1)
    ctx.exit(0 if conclude(outcome.path, play.routine, screen) else 1)


def _played(folder: Path, screen: Screen, *, fast: bool) -> tuple["Play", "Outcome", bool]:
    screen.say("A simulated wearer does a short routine, with a virtual sensor on the left foot.")
    with Progress("simulating the wearer"):
        play = prepare(folder)
    return play, *asyncio.run(run(play, screen, fast=fast))


def _stopped(folder: Path) -> str:
    """What to say of a demo that did not end in order."""
    kept = next(folder.glob("*.mcap"), None)
    if kept is None:
        return "stopped before anything was recorded"
    return f"stopped; what was recorded is kept: {display(kept, 1000)}"


@contextlib.contextmanager
def _folder(output: str | None) -> Iterator[Path]:
    """The folder for the results; if it is made here and nothing comes into it, it is taken away again."""
    try:
        folder, made = _made(output)
    except OSError as error:
        where = display(error.filename)
        raise UsageError(f"{where}: cannot make the folder: {error.strerror}; choose with -o") from error
    for name in (_RECORDING, _VERDICT, _PAGE):
        refuse_existing(folder / name, "choose another folder with -o")
    try:
        yield folder
    finally:
        if made:
            with contextlib.suppress(OSError):  # there is something in it
                folder.rmdir()


def _made(output: str | None) -> tuple[Path, bool]:
    """The folder, and whether it is new; without a name one of this second that nobody else has."""
    if output is not None:
        there = Path(output).exists()
        return private_folder(Path(output)), not there
    name = f"footsense-demo-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005, the wearer's own day
    for folder in (Path(n) for n in chain([name], (f"{name}-{i}" for i in count(2)))):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            break
    return folder, True


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: the simulated wearer, the routine it follows, where the recording goes."""

    wearer: "Simulated"
    routine: "Routine"
    path: Path


def prepare(folder: Path) -> Play:
    """The demo's wearer and routine."""
    from footsense.routine import load_routine  # noqa: PLC0415
    from footsense.simulate import demo_routine  # noqa: PLC0415

    return Play(demo_routine(), load_routine(ROUTINE), folder / _RECORDING)


async def run(play: Play, screen: Screen, *, fast: bool) -> tuple["Outcome", bool]:
    """Play and record over the virtual radio; how it ended, and whether Ctrl-C ended it."""
    from footsense.cli.live import record, until_interrupted  # noqa: PLC0415
    from footsense.devices import load_profile  # noqa: PLC0415
    from footsense.simulate.rig import virtual_rig  # noqa: PLC0415
    from footsense.sources.ble import Link  # noqa: PLC0415
    from footsense.sources.central import Central, Patience  # noqa: PLC0415
    from footsense.sources.inbox import Inbox, clock_readings, steady_clock  # noqa: PLC0415
    from footsense.sources.plan import plan_for  # noqa: PLC0415
    from footsense.types import SensorMeta  # noqa: PLC0415

    profile, worn = load_profile(PROFILE), play.wearer.scenario
    settings = profile.settings_for({"rate_hz": worn.rate_hz, "samples_per_packet": 19 if fast else 5})
    async with virtual_rig(profile, play.wearer, None if fast else 1.0, settings=settings) as rig:
        central = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw,
                          patience=Patience(settle_s=0.2))  # fmt: skip
        found = await central.find()
        screen.say(f"found {found.label} ({found.rssi_dbm} dBm), connecting …")
        inbox = Inbox(rig.clock) if fast else Inbox(steady_clock(), readings=clock_readings)
        plan = plan_for(profile, settings)
        link = Link(central, found.device, found.label, plan, inbox, rssi_dbm=found.rssi_dbm)
        meta = SensorMeta(link.id, profile.text, settings, worn.side, worn.placement)
        guide = Guide(play, screen, link.id)
        end = asyncio.create_task(rig.when_over(inbox.close))
        if not fast:  # there is time now, and none to wait for pictures afterwards
            asyncio.get_running_loop().run_in_executor(None, _load_pictures)
        try:
            recorded = record(link, meta, inbox, play.path, guide, simulated=True)
            return await until_interrupted(recorded, link, inbox)
        finally:
            end.cancel()


def _load_pictures() -> None:
    with contextlib.suppress(Exception):  # what is wrong is said when they are made
        importlib.import_module("footsense.report.page")


class Guide:
    """Marks which exercise is on, as a coach would, and shows the counts."""

    def __init__(self, play: Play, screen: Screen, sensor: str) -> None:
        from footsense.cli.tally import Tally  # noqa: PLC0415

        self._screen, self._sensor = screen, sensor
        self._tally = Tally(play.routine)
        self._total_s = float(play.wearer.t_s[-1])
        self._due = _markers(play)
        self._now_s = 0.0

    def on_item(self, _sensor: "SensorMeta", _item: "Item", /) -> None:
        """Nothing: the counts are all that is shown."""

    def seen(self, session: "Session", item: "Received | None", events: Sequence["SessionEvent"]) -> None:
        """Count, mark, show."""
        for line in self._tally.add(e.event for e in events):
            if not self._screen.live:
                self._screen.say(f"{self._now_s:6.1f} s  {line.title}: {line.counts()}")
        if item is not None:
            self._mark(session, item.host_ns)
        if item is None or self._screen.due:
            self._show(session)

    def _mark(self, session: "Session", host_ns: int) -> None:
        from footsense.types import Command  # noqa: PLC0415

        self._now_s = session.stream_time(self._sensor, host_ns)
        while self._due and self._now_s >= self._due[0][0]:
            _, kind, exercise, side = self._due.pop(0)
            session.process(Command(host_ns, kind, {"exercise": exercise, "side": side}))
            if kind == "exercise":
                self._tally.begin(exercise, side, self._now_s)
            else:
                self._tally.end(self._now_s)

    def _show(self, session: "Session") -> None:
        self._tally.progress(session.progress()[self._sensor])
        done = min(1.0, self._now_s / self._total_s)
        columns = self._screen.columns
        length = max(0, min(40, columns - _BESIDE_BAR))
        bar = "━" * round(length * done) + " " * (length - round(length * done))
        self._screen.update(
            ["", *self._tally.shown(columns), "", f"   {bar} {self._now_s:3.0f} of {self._total_s:.0f} s"]
        )


def _markers(play: Play) -> list[tuple[float, str, str, str]]:
    """(when in s, kind of command, exercise, side), in order."""
    sides = {item.exercise: item.sides[0] for item in play.routine.items}
    marks: list[tuple[float, str, str, str]] = []
    for segment in play.wearer.segments:
        what = (segment.exercise, sides[segment.exercise])
        marks += [(segment.start_s, "exercise", *what), (segment.end_s, "end", *what)]
    return marks


def conclude(path: Path, routine: "Routine", screen: Screen) -> bool:
    """Judge the recording, write verdict and page beside it, say where they are; whether it is complete."""
    from footsense.cli.opened import opened  # noqa: PLC0415
    from footsense.cli.verify import in_words  # noqa: PLC0415
    from footsense.report.page import report_page  # noqa: PLC0415
    from footsense.verify import Answer, as_json, verify  # noqa: PLC0415

    page = path.with_name(_PAGE)
    with Progress("judging the recording"):
        recording, analyses = opened(str(path), exercise=None, placement=None, side=None)
        verdict = verify(routine, analyses)
        write_private(page, report_page(recording, analyses, routine, verdict).encode())
    answer = path.with_name(_VERDICT)
    write_private(answer, (json_text(as_json(verdict), indent=1) + "\n").encode())
    screen.close()
    whose = ("", "By a simulated wearer. This says nothing about people.") if recording.simulated else ()
    for line in ("", in_words(verdict), *whose, "", f"recording  {display(path, 1000)}",
                 f"verdict    {display(answer, 1000)}", f"page       {display(page, 1000)}"):  # fmt: skip
        screen.say(line)
    return verdict.verdict is Answer.COMPLETE
