"""What a recording keeps of the session around the samples: its segments, the machine's clocks, the link."""

import asyncio
import io
import shutil
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from footsense.analysis import analyse
from footsense.cli.copies import check_repairs
from footsense.cli.record import Wish, _going_on, _of_link
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.cli.verify import command as verify
from footsense.devices import load_profile
from footsense.errors import RecordingError, UsageError
from footsense.recording import Recorder, open_recording, part_path, resumed
from footsense.recording.mcap import scan_mcap
from footsense.recording.model import Segment
from footsense.recording.repair import repair
from footsense.session import Session, inputs_of
from footsense.simulate import Scenario, simulate
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox, clock_readings, steady_clock
from footsense.types import RawPacket, SensorMeta, Status, Tick
from tests.recording.source import META, packet
from tests.recording.source import record as recorded

FIRST = Path(__file__).parent / "fixtures" / "recordings" / "1b-segments-clocks-links.mcap"


def over_the_virtual_radio(wish: Wish) -> Path:
    profile = load_profile("generic")
    wearer = simulate(Scenario(motion="sitting", duration_s=20, seed=1))

    async def done() -> Path:
        async with virtual_rig(profile, wearer, None) as rig:
            patience = Patience(settle_s=0.1)
            central = Central(
                [profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=patience
            )
            outcome, _ = await record(central, wish, Screen(io.StringIO()))
            return outcome.path

    return asyncio.run(done())


def test_a_recording_keeps_the_clocks_and_what_the_link_said(tmp_path: Path) -> None:
    path = over_the_virtual_radio(Wish(tmp_path / "a.mcap", side="left", duration_s=3))
    said = [i for i in inputs_of(path) if isinstance(i, Status)]
    clocks = [i.fields for i in said if i.about == "clock"]
    assert clocks
    assert set(clocks[0]) == {"monotonic_ns", "boottime_ns", "wall_ns"}
    began = analyse(open_recording(path)).began
    assert began is not None
    assert abs(datetime.now(UTC) - began) < timedelta(minutes=5)
    links = [i.fields for i in said if i.about == "link"]
    (sensor,) = scan_mcap(path).sensors
    assert {f["sensor"] for f in links} == {sensor.id}
    connected, battery = links[:2]
    assert (connected["event"], connected["mtu"], connected["rssi_dbm"]) == ("connected", 247, -55)
    assert battery["event"] == "battery"
    assert 0 <= int(battery["battery_percent"] or 0) <= 100


def test_clock_readings_are_of_this_machine() -> None:
    first, second = clock_readings(), clock_readings()
    assert 0 <= (second["monotonic_ns"] or 0) - (first["monotonic_ns"] or 0) < 10_000_000_000
    assert 0 <= (second["wall_ns"] or 0) - (first["wall_ns"] or 0) < 10_000_000_000


def test_the_clock_goes_on_while_the_machine_sleeps_and_whatever_the_date_is_set_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:
        pytest.skip("not run: this system has no CLOCK_BOOTTIME")
    since_boot_s, date_s, read = 100, 10**9, time.clock_gettime_ns
    monkeypatch.setattr(
        time, "clock_gettime_ns", lambda which: since_boot_s * 10**9 if which == boottime else read(which)
    )
    monkeypatch.setattr(time, "time_ns", lambda: date_s * 10**9)
    clock = steady_clock()
    assert clock() == 10**18
    since_boot_s, date_s = 100 + 3600, 5
    assert clock() == 10**18 + 3600 * 10**9


def test_an_inbox_reads_the_clocks_at_once_and_every_ten_seconds() -> None:
    async def test() -> None:
        inbox = Inbox(
            iter(range(0, 10**12, 100_000_000)).__next__, tick_s=0.05, readings=lambda: {"wall_ns": 5}
        )
        read = []
        async for item in inbox:
            if isinstance(item, Status):
                read.append(item)
            if len(read) == 4:
                break
        assert [i.about for i in read] == ["clock"] * 4
        steps = [(b.host_ns - a.host_ns) * 1e-9 for a, b in pairwise(read)]
        assert all(10 <= s <= 10.5 for s in steps)

    asyncio.run(asyncio.wait_for(test(), 60))


def test_status_changes_no_event_and_no_sample(tmp_path: Path) -> None:
    packets = [i for i in inputs_of(FIRST) if isinstance(i, RawPacket | Tick)]
    meta = scan_mcap(FIRST).sensors
    plain, told = Session(meta, exercises=["ankle-circles"]), Session(meta, exercises=["ankle-circles"])
    seen = 0
    for item in packets:
        assert told.process(Status(item.host_ns, "clock", {"wall_ns": 1})) == []
        events = plain.process(item)
        assert told.process(item) == events
        seen += len(events)
    assert told.close() == plain.close()
    assert seen


def test_the_wearer_is_told_of_the_link() -> None:
    told = [({"event": "lost"}, "link lost: trying again (Ctrl-C ends the recording)"),
            ({"event": "back", "mtu": 23}, "link back"),
            ({"event": "connected", "mtu": 23}, ""), ({"event": "battery", "battery_percent": 21}, ""),
            ({"event": "battery", "battery_percent": 20}, "the sensor's battery is at 20 %"),
            ({"event": "dropped", "packets": 2}, "this machine was too busy: 2 packets dropped")]  # fmt: skip
    assert [_of_link(Status(0, "link", fields)) for fields, _ in told] == [text for _, text in told]


def test_a_session_that_was_broken_off_is_recorded_on(tmp_path: Path) -> None:
    broken = recorded(tmp_path / "mine.mcap", 30).rename(part_path(tmp_path / "mine.mcap"))
    for number in (2, 3):
        on = _going_on(broken, None, "foot")
        assert (on.side, on.placement) == ("left", "foot")
        assert on.path == tmp_path / f"mine-{number}.mcap"
        broken = over_the_virtual_radio(Wish(on.path, side=on.side, duration_s=1, segment=on.segment))
        assert scan_mcap(broken).segment == on.segment
        assert on.segment.number == number
    with pytest.raises(UsageError, match="recorded as side left, not right"):
        _going_on(broken, "right", None)


@pytest.mark.parametrize(("name", "error"), [("a.csv", UsageError), ("none.mcap", RecordingError)])
def test_what_cannot_be_gone_on_with(tmp_path: Path, name: str, error: type[Exception]) -> None:
    (tmp_path / "a.csv").write_text("t_s,ax_g,ay_g,az_g\n0,0,0,1\n1,0,0,1\n")
    with pytest.raises(error):
        _going_on(tmp_path / name, None, None)


def test_two_sensors_cannot_be_gone_on_with_as_one(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", [META, SensorMeta("other", META.profile)])
    recorder.packet(packet(0))
    with pytest.raises((UsageError, RecordingError)):
        _going_on(recorder.close(), None, None)


def test_a_recording_and_its_copy_are_not_counted_twice(tmp_path: Path) -> None:
    mine, copy = tmp_path / "a.mcap", tmp_path / "b.mcap"
    shutil.copy(FIRST, mine)
    for make in (shutil.copy, repair):
        copy.unlink(missing_ok=True)
        make(mine, copy)
        done = CliRunner().invoke(verify, ["--routine", "ground-up", str(mine), str(copy)])
        assert isinstance(done.exception, UsageError)
        assert "a.mcap and " in str(done.exception)
        assert "are the same recording" in str(done.exception)
    kept = [str(FIRST), str(FIRST.with_name("1a-first.mcap"))]
    done = CliRunner().invoke(verify, ["--routine", "ground-up", *kept])
    assert done.exit_code == 1  # two recordings, and a routine that is not done


def test_a_session_gone_on_with_twice_gives_two_recordings(tmp_path: Path) -> None:
    broken = recorded(tmp_path / "a.mcap", 30)
    parts = []
    for n in (1, 2):
        recorder = Recorder(tmp_path / f"b{n}.mcap", [META], segment=resumed(broken))
        recorder.packet(packet(1000 * n))
        parts.append(recorder.close())
    first, second = (open_recording(str(part)) for part in parts)
    assert first.segment == second.segment
    check_repairs({parts[0]: first, parts[1]: second})


@pytest.mark.parametrize("session", ["", "0b7f7f4e-3a4c-4b6e-9d0a-2f1f6d0c5a11"])
def test_a_repair_is_known_where_either_has_lost_its_beginning(tmp_path: Path, session: str) -> None:
    parts = []
    for name, begin in (("a", 0), ("b", 3)):
        recorder = Recorder(tmp_path / f"{name}.mcap", [META], segment=Segment(session))
        for n in range(begin, 10):
            recorder.packet(packet(n))
        parts.append(recorder.close())
    for order in (parts, parts[::-1]):
        with pytest.raises(UsageError, match="are the same recording"):
            check_repairs({part: open_recording(str(part)) for part in order})
