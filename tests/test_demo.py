"""`footsense demo`, and recording over the virtual radio, as a person uses them."""

import asyncio
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from footsense.cli import demo
from footsense.cli.live import Outcome
from footsense.cli.record import Wish, _Meter
from footsense.cli.record import command as record_command
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.devices import load_profile
from footsense.errors import FootsenseError, UsageError
from footsense.recording import open_recording
from footsense.recording.writer import Recorder
from footsense.routine import load_routine
from footsense.session import event_line, replay
from footsense.simulate import Scenario, simulate
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox
from footsense.types import Command, Event, Samples, SensorMeta, Tick

HERE = Path(__file__).parents[1]
QUICK = Patience(settle_s=0.05, attempts=1, reconnect_s=0.5)


@dataclass
class Played:
    play: demo.Play
    outcome: Outcome
    said: str
    complete: bool

    def events(self, exercise: str) -> list[Event]:
        """Live events of an exercise while it was on."""
        (span,) = [s for s in self.play.wearer.segments if s.exercise == exercise]
        events = [e.event for e in self.outcome.events if e.event.exercise == exercise]
        return [e for e in events if span.start_s < (e.start_s + e.end_s) / 2 < span.end_s]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    play = demo.prepare(tmp_path_factory.mktemp("demo"))
    out = io.StringIO()
    before = os.umask(0)
    try:
        outcome, interrupted = asyncio.run(demo.run(play, Screen(out), fast=True))
        assert not interrupted
        assert outcome.error is None
        complete = demo.conclude(outcome.path, play.routine, Screen(out))
    finally:
        os.umask(before)
    return Played(play, outcome, out.getvalue(), complete)


@pytest.mark.skipif(os.name != "posix", reason="not run: file modes are of POSIX")
def test_what_it_leaves_is_its_owners_whatever_the_umask(played: Played, tmp_path: Path) -> None:
    left = sorted(played.outcome.path.parent.iterdir())
    assert [p.name for p in left] == ["demo.mcap", "report.html", "verdict.json"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in left} == {0o600}
    before = os.umask(0)
    try:
        demo._made(str(tmp_path / "deep" / "er"))
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("deep", "deep/er")] == [0o700] * 2


def test_the_recording_has_every_sample_and_the_marks(played: Played) -> None:
    (track,) = open_recording(played.outcome.path).tracks
    items = list(track.items())
    assert (track.side, track.placement) == ("left", "foot")
    missing = len(played.play.wearer.t_s) - sum(len(i) for i in items if isinstance(i, Samples))
    assert 0 <= missing < 19  # the last packet is not full
    marks = [(c.kind, c.fields["exercise"]) for c in items if isinstance(c, Command)]
    asked = [i.exercise for i in played.play.routine.items]
    assert marks[:5] == [(k, e) for e in asked for k in ("exercise", "end")][:5]


def test_replay_gives_byte_identical_events(played: Played) -> None:
    live = [event_line(e) for e in played.outcome.events]
    again = [event_line(e) for _, events in replay(played.outcome.path) for e in events]
    assert live == again
    assert len(live) > 20


@pytest.mark.parametrize("exercise", [i.exercise for i in load_routine("demo").items])
def test_live_counts_are_those_of_the_truth(played: Played, exercise: str) -> None:
    truth = [e for e in played.play.wearer.events if e.exercise == exercise]
    found = played.events(exercise)
    labels = ("direction", "toe")
    assert [[e.attributes.get(k) for k in labels] for e in found] == [
        [e.attributes.get(k) for k in labels] for e in truth
    ]
    assert [e.start_s for e in found] == pytest.approx([e.start_s for e in truth], abs=0.4)
    assert len(truth) >= 3


def test_the_routine_is_complete(played: Played) -> None:
    assert played.complete
    assert "demo: complete" in played.said


def test_verdict_and_page_are_left_beside_the_recording(played: Played) -> None:
    folder = played.outcome.path.parent
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["routine"] == "demo"
    assert (folder / "report.html").stat().st_size > 10_000
    for name in ("demo.mcap", "verdict.json", "report.html"):
        assert str(folder / name) in played.said


def test_recording_page_and_text_call_the_wearer_simulated(played: Played, tmp_path: Path) -> None:
    assert open_recording(played.outcome.path).simulated
    page = (played.outcome.path.parent / "report.html").read_text(encoding="utf-8")
    assert "<span>a simulated wearer</span>" in page
    assert "By a simulated wearer." in played.said
    meta = SensorMeta("a", load_profile("generic").text)
    facts = [None, {"simulated": "yes"}, {"simulated": True}]
    paths = [Recorder(tmp_path / f"{i}.mcap", [meta], facts=fact).close() for i, fact in enumerate(facts)]
    assert [open_recording(path).simulated for path in paths] == [False, False, True]


def test_counts_are_told_while_it_plays(played: Played) -> None:
    assert "ankle circles, left: this way ●●●●● 5/5   the other way ●●●●● 5/5" in played.said


def command(*args: str, **env: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **env}
    whole = [sys.executable, "-W", "error", "-m", "footsense", *args]
    # what a shell starts in the background ignores Ctrl-C, and so would its children
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            whole,
            cwd=HERE,
            env=environ,
            text=True,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="not run: no SIGINT to one process on Windows")
def test_ctrl_c_ends_the_recording_in_order(tmp_path: Path) -> None:
    process = command("demo", "-o", str(tmp_path))
    sizes: set[int] = set()
    until = time.monotonic() + 60
    while len(sizes) < 4 and time.monotonic() < until:  # three chunks were written: it records
        sizes |= {part.stat().st_size for part in tmp_path.glob("*.part.mcap")}
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors == ""
    assert "what was recorded is kept" in said
    recording = open_recording(tmp_path / "demo.mcap")
    assert recording.closed
    assert sum(len(i) for i in recording.tracks[0].items() if isinstance(i, Samples)) > 20


@pytest.mark.skipif(sys.platform != "linux", reason="not run: the bus is looked for on Linux only")
@pytest.mark.parametrize("args", [["scan", "--seconds", "1"], ["record", "--duration-s", "1"]])
def test_without_bluetooth_one_line_points_to_the_demo(args: list[str], tmp_path: Path) -> None:
    process = command(*args, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={tmp_path / 'nothing'}")
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.count("\n")) == (2, 1), errors
    assert "footsense demo" in errors
    assert "no Bluetooth" in errors


def test_demo_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(demo.command, ["-o", str(tmp_path / "file" / "x")])
    assert "cannot make the folder" in str(done.exception)


@pytest.mark.parametrize("there", ["demo.mcap", "verdict.json", "report.html"])
def test_demo_keeps_the_results_that_are_there(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    done = CliRunner().invoke(demo.command, ["--fast", "-o", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("when", ["prepare", "run"])
def test_stopped_at_once_it_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, there: bool
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "prepare", lambda _: None)
    monkeypatch.setattr(demo, when, stop)
    if there:
        (tmp_path / "mine").mkdir()
    done = CliRunner().invoke(demo.command, ["-o", str(tmp_path / "mine")])
    assert done.exit_code == 130
    assert done.stdout.splitlines()[1:] == ["stopped before anything was recorded"]
    assert (tmp_path / "mine").exists() == there


def test_stopped_out_of_order_it_says_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(folder: Path) -> None:
        (folder / "demo.part.mcap").write_text("")
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "prepare", stop)
    done = CliRunner().invoke(demo.command, ["-o", str(tmp_path / "mine")])
    assert done.exit_code == 130
    assert f"what was recorded is kept: {tmp_path / 'mine' / 'demo.part.mcap'}" in done.stdout


def test_demos_of_the_same_second_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        @staticmethod
        def now() -> datetime:
            return datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001, as the demo does

    folders = []

    def stop(folder: Path) -> None:
        folders.append(folder.name)
        (folder / "demo.mcap").write_text("")
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "datetime", Clock)
    monkeypatch.setattr(demo, "prepare", stop)
    for _ in range(3):
        CliRunner().invoke(demo.command, [])
    name = "footsense-demo-20260102-030405"
    assert folders == [name, f"{name}-2", f"{name}-3"]


def test_record_over_the_virtual_radio(tmp_path: Path) -> None:
    profile = load_profile("generic")
    wearer = simulate(Scenario(motion="sitting", duration_s=20, seed=1))
    out = io.StringIO()

    async def recorded() -> Outcome:
        async with virtual_rig(profile, wearer, None) as rig:
            here = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            wish = Wish(tmp_path / "a.mcap", side="left", placement="foot", duration_s=3)
            outcome, _ = await record(here, wish, Screen(out))
            assert not rig.sensor.streaming
            assert not rig.sensor.finished.is_set()
            return outcome

    outcome = asyncio.run(recorded())
    (track,) = open_recording(outcome.path).tracks
    assert (track.side, track.placement) == ("left", "foot")
    assert sum(len(i) for i in track.items() if isinstance(i, Samples)) >= 300
    assert "0 gaps" in out.getvalue()


def test_record_says_at_once_that_the_disk_is_full_and_that_it_no_longer_is() -> None:
    out = io.StringIO()
    meter = _Meter(Screen(out), None, Inbox(lambda: 0), None)  # type: ignore[arg-type]
    for problem in (None, "No space left on device", "No space left on device", None):
        session = SimpleNamespace(recorder=SimpleNamespace(problem=problem))
        meter.seen(session, Tick(0), [])  # type: ignore[arg-type]
    assert [line.split("s  ")[1] for line in out.getvalue().splitlines()] == [
        "WARNING: the disk takes nothing: No space left on device. Make room; what comes is kept in memory.",
        "the disk takes what waited: nothing is lost",
    ]


def test_a_cancelled_record_ends_in_order(tmp_path: Path) -> None:
    profile = load_profile("generic")
    wearer = simulate(Scenario(motion="sitting", duration_s=60, seed=1))

    async def cancel() -> tuple[Outcome, bool, bytes]:
        async with virtual_rig(profile, wearer, 10.0) as rig:
            here = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            task = asyncio.create_task(record(here, Wish(tmp_path / "a.mcap"), Screen(io.StringIO())))
            while rig.sensor.now_s < 5:
                await asyncio.sleep(0.01)
            task.cancel()
            return *(await task), rig.sensor.writes[-1][1]

    outcome, interrupted, last_write = asyncio.run(cancel())
    assert interrupted
    assert outcome.error is None
    assert last_write == b"\x00"
    recording = open_recording(outcome.path)
    assert recording.closed
    assert 300 < sum(len(i) for i in recording.tracks[0].items() if isinstance(i, Samples)) < 5000


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-o", "x.csv"], "a recording is a .mcap file"),
        (["-o", "there.mcap"], "there is a file of that name"),
        (["--set", "rate"], "expected KEY=VALUE"),
        (["--profile", "nonesuch"], "no profile or file 'nonesuch'"),
    ],
)
def test_record_says_what_is_wrong_with_the_call(
    args: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.mcap").write_text("")
    done = CliRunner().invoke(record_command, args)
    assert isinstance(done.exception, FootsenseError)
    assert words in str(done.exception)


def test_a_lost_sensor_ends_the_recording_and_it_is_kept(tmp_path: Path) -> None:
    profile = load_profile("generic")
    wearer = simulate(Scenario(motion="sitting", duration_s=60, seed=1))

    async def lose() -> Outcome:
        async with virtual_rig(profile, wearer, 5.0) as rig:
            here = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            task = asyncio.create_task(record(here, Wish(tmp_path / "a.mcap"), Screen(io.StringIO())))
            while rig.sensor.now_s < 4:
                await asyncio.sleep(0.01)
            rig.sensor.go_silent()
            return (await task)[0]

    outcome = asyncio.run(lose())
    assert "did not come back" in str(outcome.error)
    recording = open_recording(outcome.path)
    assert recording.closed
    assert sum(len(i) for i in recording.tracks[0].items() if isinstance(i, Samples)) > 100
