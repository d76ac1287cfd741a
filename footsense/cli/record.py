"""`footsense record`: a sensor's packets to a file."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli import options
from footsense.cli.options import Number, Output
from footsense.cli.outputs import refuse_for_recording
from footsense.cli.permission import ask_for_bluetooth
from footsense.cli.screen import Screen
from footsense.errors import UsageError
from footsense.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from footsense.cli.arriving import Arriving
    from footsense.cli.live import Outcome
    from footsense.cli.presses import PressGuide
    from footsense.cli.wearing import WearingGuide
    from footsense.devices import Profile
    from footsense.recording import Segment
    from footsense.session import Session, SessionEvent
    from footsense.sources.central import Central, Found
    from footsense.sources.inbox import Inbox, Received
    from footsense.sources.source import Source
    from footsense.types import Item, Placement, Reference, SensorMeta, Side, Status

_BATTERY_LOW = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What `record` was asked for."""

    path: Path
    device: str | None = None
    side: "Side | None" = None
    placement: "Placement | None" = None
    settings: dict[str, str] = field(default_factory=dict)
    duration_s: float | None = None
    check_wearing: bool = False
    presses: int | None = None
    worn_before: "Reference | None" = None
    segment: "Segment | None" = None


@click.command(name="record")
@click.option("--device", metavar="NAME", help="Name or address of the sensor: of several, or of a tag.")
@click.option("--profile", metavar="P", help="Use this profile only: a built-in name or a TOML file.")
@click.option(
    "--set", "pairs", metavar="KEY=VALUE", multiple=True, help="A setting of the profile, such as rate_hz=100."
)
@options.side
@options.placement
@click.option(
    "-o",
    "--output",
    type=Output(),
    metavar="FILE.mcap",
    help="The recording; by default named by date and time.",
)
@click.option("--check-wearing", is_flag=True, help="Begin with a check of how the sensor sits: 20 s, guided.")
@click.option(
    "--presses", type=click.IntRange(1, 100), metavar="N",
    help="Ask for N top presses, record the cues, and end.",
)  # fmt: skip
@click.option(
    "--as-before",
    metavar="FILE.mcap",
    type=click.Path(path_type=Path),
    help="With --check-wearing: say so if the sensor sits otherwise than in this recording.",
)
@click.option(
    "--resume",
    metavar="FILE.mcap",
    type=click.Path(path_type=Path),
    help="Go on with the session of this recording, which was broken off, in a new file.",
)
@click.option("--duration-s", type=Number(min=1), help="How long; by default until Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context, /, *, device: str | None, profile: str | None, pairs: tuple[str, ...],
    side: "Side | None", placement: "Placement | None", output: str | None, duration_s: float | None,
    check_wearing: bool, as_before: Path | None, presses: int | None, resume: Path | None,
) -> None:  # fmt: skip
    """Record a sensor until Ctrl-C, which ends the recording in order (exit code 0).

    If the link is lost for good, what was received is kept and the exit code is 1. A recording that was broken
    off goes on with --resume, for the same foot and place; `verify` takes both files.
    """
    from footsense.devices import load_profile, profile_names  # noqa: PLC0415
    from footsense.sources.central import Central  # noqa: PLC0415

    goes_on = _going_on(resume, side, placement) if resume else None
    side, placement = (goes_on.side, goes_on.placement) if goes_on else (side, placement)
    path = Path(output or (goes_on.path if goes_on else _by_date()))
    if path.suffix != ".mcap":
        raise UsageError(f"{display(path)}: a recording is a .mcap file; choose such a name with -o")
    refuse_for_recording(path)
    settings = dict(options.key_values(pairs, "rate_hz=100"))
    before = _before(as_before, check_wearing, side)
    segment = goes_on.segment if goes_on else None
    wish = Wish(path, device, side, placement, settings, duration_s, check_wearing, presses, before, segment)
    profiles = [load_profile(n) for n in ([profile] if profile else profile_names())]
    check_settings(profiles, settings)
    ask_for_bluetooth()
    central = Central(profiles)
    screen = Screen()
    outcome, _ = asyncio.run(run(central, wish, screen))
    screen.say(f"recorded: {display(outcome.path, 1000)}")
    if outcome.error:
        click.echo(f"footsense: {display(outcome.error, 500)}", err=True)
        ctx.exit(1)


def check_settings(profiles: "Sequence[Profile]", asked: "Mapping[str, str]") -> None:
    """Raises UsageError where none of the profiles has what is asked for: before a sensor is looked for."""
    faults = []
    for profile in profiles:
        try:
            profile.refuse_others(asked, is_probed=True)
        except UsageError as error:
            faults.append(error)
        else:
            return
    if len(faults) == 1:
        raise faults[0]
    pairs = ", ".join(f"--set {display(key)}={display(value, 40)}" for key, value in asked.items())
    raise UsageError(
        f"{pairs}: no profile has this; `footsense profiles show P` lists settings, and with --profile P it "
        "is said what there is"
    )


@dataclass(frozen=True, slots=True)
class _GoingOn:
    """What a recording that was broken off says of the one that goes on."""

    segment: "Segment"
    side: "Side | None"
    placement: "Placement | None"
    path: Path


def _going_on(broken: Path, side: "Side | None", placement: "Placement | None") -> _GoingOn:
    """Raises RecordingError where it cannot be read, UsageError where the options say otherwise."""
    from footsense.cli.opened import opened_recording  # noqa: PLC0415
    from footsense.recording import resumed  # noqa: PLC0415

    recording = opened_recording(str(broken), side=side, placement=placement)
    if not recording.has_commands or len(recording.tracks) != 1:
        raise UsageError(f"{display(broken)}: --resume goes on with an .mcap of one sensor")
    (track,) = recording.tracks
    segment = resumed(broken)
    stem = broken.name.removesuffix(".mcap").removesuffix(".part").removesuffix(f"-{segment.number - 1}")
    return _GoingOn(segment, track.side, track.placement, broken.with_name(f"{stem}-{segment.number}.mcap"))


def _by_date() -> Path:
    return Path(f"footsense-{datetime.now():%Y%m%d-%H%M%S}.mcap")  # noqa: DTZ005, the wearer's own day


async def run(central: "Central", wish: Wish, screen: Screen) -> tuple["Outcome", bool]:
    """Find the sensor and record it; whether Ctrl-C ended it."""
    from footsense.cli.arriving import Arriving  # noqa: PLC0415
    from footsense.cli.live import record, until_interrupted  # noqa: PLC0415
    from footsense.sources.inbox import Inbox, clock_readings, steady_clock  # noqa: PLC0415
    from footsense.sources.plan import plan_for  # noqa: PLC0415
    from footsense.sources.source import source_of  # noqa: PLC0415
    from footsense.types import SensorMeta  # noqa: PLC0415

    found = await _found(central, wish.device, screen)
    assert found.profile is not None
    found.profile.refuse_others(wish.settings, is_probed=True)
    settings = found.profile.settings_for(wish.settings)
    inbox = Inbox(steady_clock(), readings=clock_readings)
    plan = plan_for(found.profile, wish.settings)
    source = source_of(central, found, plan, inbox)
    meta = SensorMeta(source.id, found.profile.text, settings, wish.side, wish.placement)
    screen.say(f"{found.label}: {'listening' if plan.said else 'connecting'} …")
    meter = _Meter(
        screen, source, inbox, wish.duration_s,
        _guide(screen, meta, wish),
        presses=_paced(screen, wish.presses, wish.side) if wish.presses else None,
    )  # fmt: skip
    judge = _judge(found, wish, screen)

    def begun(settings: "Mapping[str, str | int | float]") -> None:
        # a device may tell what it is set to: nobody knows it before
        meter.arriving = Arriving(judge(settings))

    recorded = record(source, meta, inbox, wish.path, meter, segment=wish.segment, begun=begun)
    return await until_interrupted(recorded, source, inbox)


def _judge(found: "Found", wish: Wish, screen: Screen) -> "Callable[[Mapping[str, str | int | float]], float]":
    """What says, of a sensor with the settings that it has begun to send with, what is not as it was asked for,
    and what its rate, which it returns, cannot show. Raises UsageError where it is too low for what was asked.
    What takes time, such as loading what this needs, is done before the sensor sends."""
    from footsense.analysis.quality import slowness  # noqa: PLC0415
    from footsense.devices import Decoder  # noqa: PLC0415
    from footsense.devices.settings import number  # noqa: PLC0415
    from footsense.exercises import detector, exercise_names  # noqa: PLC0415

    profile, exercises = found.profile, [detector(name).about for name in exercise_names()]
    assert profile is not None

    def judge(settings: "Mapping[str, str | int | float]") -> float:
        for name, asked in wish.settings.items():
            setting = profile.data.settings.get(name)
            if setting is not None and setting.said:
                continue  # what the device is taken to say, spelt as a person likes
            taken = settings.get(name, asked)
            if number(taken) != number(asked):
                other = f"{name} is {display(taken)}, not {display(asked)}: it has no other like it"
                screen.say(f"{found.label}: {other}")
        rate_hz = next(t.rate_hz for t in Decoder(profile, settings).timings if t.carries_acc)
        _refuse_slow(found, rate_hz, wish)
        slow = slowness(exercises, rate_hz)
        if slow:
            screen.say(f"{found.label}: {slow}")
        return rate_hz

    return judge


def _refuse_slow(found: "Found", rate_hz: float, wish: Wish) -> None:
    from footsense.analysis.quality import MIN_RATE_HZ  # noqa: PLC0415

    if rate_hz < MIN_RATE_HZ and (wish.presses or wish.check_wearing):
        option = "--presses" if wish.presses else "--check-wearing"
        raise UsageError(
            f"{option} takes a sensor of {MIN_RATE_HZ:g} Hz or more; {found.label} sends at {rate_hz:.3g} Hz"
        )


async def _found(central: "Central", device: str | None, screen: Screen) -> "Found":
    """The sensor that was asked for, else the one that is remembered, else the only one there is."""
    from footsense.errors import NotHeardError  # noqa: PLC0415
    from footsense.sources.remembered import remembered  # noqa: PLC0415

    mine = None if device else remembered()
    if mine is None:
        screen.say("looking for the sensor …")
        return await central.find(device)
    screen.say(f"looking for your sensor {mine.label}, as remembered; another one: --device NAME …")
    try:
        return await central.find(address=mine.address)
    except NotHeardError as error:
        raise NotHeardError(
            f"your sensor {mine.label} was not heard: switch it on and bring it near, or take another with "
            "--device NAME; `footsense scan --remember NAME` chooses anew, `footsense scan --forget` forgets it"
        ) from error


def _before(path: Path | None, check_wearing: bool, side: str | None) -> "Reference | None":
    from footsense.cli.wearing import worn_before  # noqa: PLC0415

    if path is None:
        return None
    if not check_wearing:
        raise UsageError("--as-before is for the wearing check; add --check-wearing")
    return worn_before(path, side)


def _guide(screen: Screen, meta: "SensorMeta", wish: Wish) -> "WearingGuide | None":
    from footsense.cli.wearing import WearingGuide  # noqa: PLC0415

    return WearingGuide(screen, meta, wish.worn_before) if wish.check_wearing else None


def _paced(screen: Screen, presses: int, side: "Side | None") -> "PressGuide":
    from footsense.cli.presses import PressGuide  # noqa: PLC0415

    return PressGuide(screen, presses, side)


def _of_link(status: "Status") -> str:
    """What is worth a line of what the link tells."""
    percent = status.fields.get("battery_percent")
    if isinstance(percent, int):
        return f"the sensor's battery is at {percent} %" if percent <= _BATTERY_LOW else ""
    packets = status.fields.get("packets")
    if isinstance(packets, int):
        return f"this machine was too busy: {counted(packets, 'packet')} dropped"
    said = {"lost": "link lost: trying again (Ctrl-C ends the recording)", "back": "link back"}
    return said.get(str(status.fields.get("event")), "")


def _of_disk(problem: str | None) -> str:
    if problem is None:
        return "the disk takes what waited: nothing is lost"
    return f"WARNING: the disk takes nothing: {display(problem, 80)}. Make room; what comes is kept in memory."


class _Meter:
    """Shows how the recording goes, and ends it after `duration_s` of stream time; `guide` leads through the
    wearing check, `presses` asks for top presses after it, and ends it where no duration was said."""

    def __init__(
        self, screen: Screen, source: "Source", inbox: "Inbox", duration_s: float | None,
        guide: "WearingGuide | None" = None, *, presses: "PressGuide | None" = None,
    ) -> None:  # fmt: skip
        self._screen, self._source, self._inbox = screen, source, inbox
        self._duration_s, self._guide, self._presses = duration_s, guide, presses
        self.arriving: Arriving | None = None  # once the sensor sends
        self._samples = self._gaps = 0
        self._first_s: float | None = None
        self._last_s = 0.0
        self._problem: str | None = None

    def on_item(self, _sensor: "SensorMeta", item: "Item", /) -> None:
        """Count samples and gaps."""
        from footsense.types import Gap, Samples  # noqa: PLC0415

        if isinstance(item, Samples) and len(item):
            self._samples += len(item)
            self._first_s = float(item.t_s[0]) if self._first_s is None else self._first_s
            self._last_s = float(item.t_s[-1]) - self._first_s
            if self.arriving is not None and (text := self.arriving.add(item)):
                self._screen.say(f"{self._last_s:7.1f} s  {text}")
        self._gaps += isinstance(item, Gap)
        if self._guide is not None:
            self._guide.on_item(item)

    def seen(self, session: "Session", item: "Received | None", _events: "Sequence[SessionEvent]") -> None:
        """Refresh the line; say what lasts."""
        from footsense.types import Status  # noqa: PLC0415

        if isinstance(item, Status) and (text := _of_link(item)):
            self._screen.say(f"{self._last_s:7.1f} s  {text}")
        if isinstance(item, Status) and item.fields.get("event") == "back" and self.arriving is not None:
            self.arriving.begin_anew()
        if item is not None and self._samples:
            self._lead(session, item.host_ns)
        if self._duration_s is not None and self._last_s >= self._duration_s:
            self._inbox.close()
        problem = session.recorder.problem if session.recorder else None
        if problem != self._problem:
            self._problem = problem
            self._screen.say(f"{self._last_s:7.1f} s  {_of_disk(problem)}")
        self._screen.update([self._line()], now=item is None)
        if item is None:
            self._end()

    def _lead(self, session: "Session", host_ns: int) -> None:
        if self._guide is None and self._presses is None:
            return
        now_s = session.stream_time(self._source.id, host_ns)
        if self._guide is not None:
            self._guide.seen(session, host_ns, now_s)
        if self._presses is not None and (self._guide is None or self._guide.over):
            self._presses.seen(session, host_ns, now_s)
            if self._presses.over and self._duration_s is None:
                self._inbox.close()

    def _line(self) -> str:
        rate = self._samples / self._last_s if self._last_s else 0.0
        dropped = f"   {self._inbox.dropped} packets dropped" if self._inbox.dropped else ""
        samples = f"{self._samples:,} samples   {rate:.1f} a second"
        return f"{self._last_s:7.1f} s   {samples}   {self._gaps} gaps{dropped}"

    def _end(self) -> None:
        if not self._screen.live:
            self._screen.say(self._line().strip())
        self._screen.close()
