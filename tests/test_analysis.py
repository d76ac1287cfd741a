"""What was done in a recording: the contract's object, the grade of the data, marked sessions, replay."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from click.testing import CliRunner, Result

import footsense.analysis.marked
import footsense.analysis.run
import footsense.cli.analyze
import footsense.engine
from footsense.analysis import analyse, analyse_marked, event_json, to_json
from footsense.cli import cli
from footsense.errors import PacketError
from footsense.exercises.base import About
from footsense.recording import Recorder, open_recording
from footsense.session import Session, SessionEvent, event_line, inputs_of, replay
from footsense.signal.front import Signals
from footsense.types import (
    Command,
    Decoded,
    Event,
    Floats,
    Gap,
    Grade,
    Progress,
    RawPacket,
    Reason,
    SensorMeta,
    StreamInfo,
    StreamTiming,
    Tick,
)


class Lifts:
    """A detector for tests: the x axis above 0.5 g is a hold."""

    about: ClassVar[About] = About(
        "lifts", "hold", "Lifts", "x up", 20, placements={"ankle": Grade.POOR, "shank": Grade.NOT_VERIFIABLE}
    )

    def __init__(self, info: StreamInfo) -> None:
        self._since: float | None = None
        self._last = 0.0

    def process(self, item: Signals | Gap) -> list[Event]:
        if isinstance(item, Gap):
            self._since = None
            return []
        out = []
        for t_s, x in zip(item.samples.t_s.tolist(), item.samples.acc_g[:, 0].tolist(), strict=True):
            if x > 0.5 and self._since is None:
                self._since = t_s
            elif x <= 0.5 and self._since is not None:
                out.append(Event("lifts", "hold", self._since, t_s, t_s, {"excursion_deg": 1 / 3}))
                self._since = None
            self._last = t_s
        return out

    def progress(self) -> Progress:
        return Progress("lifts", "hold", 0, 0.0, "rest")

    def flush(self) -> list[Event]:
        since, self._since = self._since, None
        return [] if since is None else [Event("lifts", "hold", since, self._last, self._last)]

    def reasons(self) -> tuple[Reason, ...]:
        return ()


@pytest.fixture(autouse=True)
def only_lifts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (footsense.engine, footsense.analysis.run, footsense.analysis.marked):
        monkeypatch.setattr(module, "exercise_names", lambda: ("lifts",))
        monkeypatch.setattr(module, "detector", lambda _: Lifts, raising=False)


def signal(t_s: Floats) -> Floats:
    """Up from 2 s to 3 s of every 5."""
    up = ((t_s % 5) >= 2) & ((t_s % 5) < 3)
    noise = 0.01 * np.sin(37 * t_s)
    return np.stack([up + noise, noise, np.cos(t_s / 9)], axis=1)


def csv(folder: Path, t_s: Floats, name: str = "a.csv", acc: Floats | None = None) -> str:
    rows = np.column_stack([t_s, signal(t_s) if acc is None else acc])
    path = folder / name
    np.savetxt(path, rows, delimiter=",", header="t_s,ax_g,ay_g,az_g", comments="", fmt="%.6f")
    return str(path)


def graded(folder: Path, t_s: Floats, acc: Floats | None = None, **worn: Any) -> tuple[Grade, list[str]]:
    found = analyse(open_recording(csv(folder, t_s, acc=acc)), "lifts", **worn)
    assert (found.counts["holds"] is None) == (found.grade is Grade.NOT_VERIFIABLE)
    assert not found.events or found.grade is not Grade.NOT_VERIFIABLE
    return found.grade, [r.code for r in found.reasons]


def test_the_object_is_the_contracts(tmp_path: Path) -> None:
    t_s = np.delete(np.arange(2000) / 100, range(1000, 1040))
    file = csv(tmp_path, t_s)
    whole = to_json(analyse(open_recording(file), "lifts", "foot", "left"))
    assert list(whole) == [
        "schema", "file", "exercise", "placement", "side", "recording", "events", "counts", "segments",
        "quality",
    ]  # fmt: skip
    assert whole["recording"] == {
        "duration_s": 19.99, "samples": 1960, "rate_hz": 100.0, "gyro": False, "gaps": [[9.99, 10.4]],
    }  # fmt: skip
    assert whole["counts"] == {"holds": 4}
    assert whole["events"][0] == {
        "kind": "hold", "exercise": "lifts", "start_s": 2.0, "end_s": 3.0, "decided_s": 3.0,
        "excursion_deg": 0.333333,
    }  # fmt: skip
    (reason,) = whole["quality"].pop("reasons")
    assert (whole["quality"], reason["code"]) == ({"grade": "poor"}, "gaps")
    assert list(reason) == ["code", "text"]
    assert (whole["placement"], whole["side"], whole["segments"]) == ("foot", "left", [])


@pytest.mark.parametrize("measured", [float("inf"), float("nan")])
def test_what_could_not_be_measured_is_null(measured: float) -> None:
    event = Event("ankle-circles", "circle", 1.0, 2.0, 2.5, {"roughness": measured, "tempo_hz": 1.0})
    assert event_json(event)["roughness"] is None
    assert json.loads(event_line(SessionEvent(SensorMeta("a", ""), event)))["roughness"] is None


def test_short_holes_are_told_and_not_counted_as_samples(tmp_path: Path) -> None:
    t_s = np.delete(np.arange(1000) / 100, [300, 301, 500])
    facts = analyse(open_recording(csv(tmp_path, t_s)), "lifts").recording
    assert facts.samples == 997
    assert facts.gaps == ((2.99, 3.02), (4.99, 5.01))


def test_too_short(tmp_path: Path) -> None:
    assert graded(tmp_path, np.arange(150) / 100) == (Grade.NOT_VERIFIABLE, ["too-short"])


@pytest.mark.parametrize("count", [1, 2])
def test_hardly_any_samples(tmp_path: Path, count: int) -> None:
    assert graded(tmp_path, np.arange(count) / 100.0) == (Grade.NOT_VERIFIABLE, ["too-short"])


@pytest.mark.parametrize(("rate", "expected"), [(5, Grade.NOT_VERIFIABLE), (15, Grade.POOR), (25, Grade.GOOD)])
def test_too_slow(tmp_path: Path, rate: int, expected: Grade) -> None:
    grade, codes = graded(tmp_path, np.arange(20 * rate) / rate)
    assert grade is expected
    assert codes == ([] if expected is Grade.GOOD else ["rate"])


@pytest.mark.parametrize(
    ("placement", "expected"), [("foot", Grade.GOOD), ("ankle", Grade.POOR), ("shank", Grade.NOT_VERIFIABLE)]
)
def test_placement(tmp_path: Path, placement: str, expected: Grade) -> None:
    grade, codes = graded(tmp_path, np.arange(2000) / 100, placement=placement)
    assert grade is expected
    assert codes == ([] if expected is Grade.GOOD else ["placement"])


@pytest.mark.parametrize(
    ("lost", "expected"), [(20, Grade.GOOD), (40, Grade.POOR), (300, Grade.POOR), (1200, Grade.NOT_VERIFIABLE)]
)
def test_gaps(tmp_path: Path, lost: int, expected: Grade) -> None:
    t_s = np.delete(np.arange(2000) / 100, range(400, 400 + lost))
    grade, codes = graded(tmp_path, t_s)
    assert grade is expected
    assert codes == ([] if expected is Grade.GOOD else ["gaps"])


@pytest.mark.parametrize("noise_g", [0.002, 0.02])
@pytest.mark.parametrize("rate_hz", [25, 100])
def test_a_stuck_axis(tmp_path: Path, rate_hz: int, noise_g: float) -> None:
    t_s = np.arange(20 * rate_hz) / rate_hz
    acc = np.round(signal(t_s) + np.random.default_rng(1).normal(0, noise_g, (len(t_s), 3)), 4)
    acc[5 * rate_hz : 12 * rate_hz, 2] = acc[5 * rate_hz, 2]
    assert graded(tmp_path, t_s, acc) == (Grade.POOR, ["stuck-axis"])


def test_an_axis_that_is_stuck_all_the_time_while_the_others_move_a_little(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    tilt = 0.1 * np.sin(t_s) + np.random.default_rng(1).normal(0, 0.003, 2000)
    acc = np.round(np.stack([np.sin(tilt), np.full(2000, 0.123), np.cos(tilt)], axis=1) * 2048) / 2048
    assert graded(tmp_path, t_s, acc) == (Grade.POOR, ["stuck-axis"])
    coarse = np.round(acc * 64) / 64  # may well show one value of an axis that hardly moves
    assert graded(tmp_path, t_s, coarse) == (Grade.GOOD, [])


def test_an_axis_at_the_end_of_its_range_is_not_stuck(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    noise = np.random.default_rng(1).normal(0, 0.02, (2000, 3))
    waves = 4 * np.stack([np.sin(t_s / 3), np.cos(t_s / 3), np.sin(t_s / 2)], axis=1)
    for end in (2.0, 1.2):
        codes = graded(tmp_path, t_s, np.clip(waves + noise, -end, end))[1]
        assert "range-clipped" in codes
        assert "stuck-axis" not in codes


def test_an_axis_that_sticks_twice_is_one_reason(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    acc = signal(t_s) + np.random.default_rng(1).normal(0, 0.01, (2000, 3))
    acc[200:600, 2] = acc[200, 2]
    acc[1200:1600, 2] = acc[1200, 2]
    found = analyse(open_recording(csv(tmp_path, t_s, acc=acc)), "lifts")
    assert [r.text for r in found.reasons] == ["axis az kept one value for 8.0 s while others moved"]


def test_a_change_of_rate_does_not_end_a_hold_that_goes_on(tmp_path: Path) -> None:
    t_s = np.concatenate([np.arange(0, 22.5, 0.01), np.arange(22.5, 40, 0.02)])
    found = analyse(open_recording(csv(tmp_path, t_s)), "lifts")
    ends = [round(e.end_s % 5, 1) for e in found.events]
    assert ends == [3.0] * 8


def test_an_axis_without_movement_in_data_without_noise_is_not_stuck(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    tilt = 0.4 * np.sin(2 * np.pi * t_s)
    acc = np.round(np.stack([np.sin(tilt), np.zeros(2000), np.cos(tilt)], axis=1), 4)
    assert graded(tmp_path, t_s, acc) == (Grade.GOOD, [])


def test_a_sensor_at_rest_is_not_stuck(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    acc = np.tile([0.0, 0.0, 1.0], (2000, 1))
    acc[700, 2] += 0.001  # of a coarse device a count now and then is all
    assert graded(tmp_path, t_s, acc) == (Grade.GOOD, [])


def test_a_sensor_that_says_the_same_for_ever_shows_nothing(tmp_path: Path) -> None:
    same = np.tile([0.0, 0.6, 0.8], (6000, 1))
    assert graded(tmp_path, np.arange(6000) / 100, same) == (Grade.NOT_VERIFIABLE, ["constant"])


def test_clipping(tmp_path: Path) -> None:
    t_s = np.arange(2000) / 100
    acc = np.clip(np.stack([3 * np.sin(t_s) ** 9, 0.3 * np.cos(t_s), 1 + 0.1 * np.cos(2 * t_s)], axis=1), -2, 2)
    assert graded(tmp_path, t_s, acc) == (Grade.POOR, ["range-clipped"])


def test_times_of_arrival(tmp_path: Path) -> None:
    t_s = (np.arange(200)[:, None] * 0.1 + np.arange(10) * 1e-4).ravel()
    assert graded(tmp_path, t_s) == (Grade.POOR, ["uneven-times"])


def test_without_an_exercise_all_counts_stand_and_nothing_is_claimed(tmp_path: Path) -> None:
    whole = to_json(analyse(open_recording(csv(tmp_path, np.arange(2000) / 100))))
    assert whole["exercise"] is None
    assert whole["counts"] == dict.fromkeys(
        ["circles", "circles_cw", "circles_ccw", "holds", "steps", "toe_steps"], 0
    )


def test_stamps_that_cannot_be_seconds_are_refused_as_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    fine = csv(tmp_path, np.arange(200) / 100)
    odd = tmp_path / "odd.csv"
    odd.write_text(Path(fine).read_text().replace("\n0.", "\n0.000000").replace("\n1.", "\n0.000001"))
    result = call("analyze", str(odd), fine, "--json")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert "t_s is in seconds" in first["error"]
    assert second["recording"]["samples"] == 200
    assert result.exit_code == 1


def test_the_rate_is_said_as_a_person_would(tmp_path: Path) -> None:
    assert " at 52 Hz" in call("analyze", csv(tmp_path, np.arange(500) / 51.9999)).stdout


# --- the command ------------------------------------------------------------------------------------------


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_analyze_goes_on_after_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    good, bad = csv(tmp_path, np.arange(2000) / 100), str(tmp_path / "bad.csv")
    Path(bad).write_text("t_s,ax_g,ay_g,az_g\n0,0,0,nan\n", encoding="utf-8")
    result = call("analyze", "--json", bad, good, str(tmp_path / "none.csv"))
    assert result.exit_code == 1
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert list(first) == ["schema", "file", "error"]
    assert "line 2, column 4 (az_g)" in first["error"]
    assert second["recording"]["samples"] == 2000
    assert "No such file" in third["error"]


def test_analyze_exit_codes(tmp_path: Path) -> None:
    good = csv(tmp_path, np.arange(2000) / 100)
    short = csv(tmp_path, np.arange(100) / 100, "short.csv")
    assert call("analyze", good).exit_code == 0
    assert call("analyze", good, short).exit_code == 1
    assert "too-short" in call("analyze", short).stdout


@pytest.mark.parametrize("file", ["a.txt", "none.csv", "none.mcap"])
def test_analyze_in_words_tells_errors_on_stderr(tmp_path: Path, file: str) -> None:
    result = call("analyze", str(tmp_path / file))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


# --- sessions ---------------------------------------------------------------------------------------------


class Plain:
    """A decoder for tests: packet number u8, then float32 triples."""

    timings = (StreamTiming("imu", carries_acc=True, carries_gyr=False, rate_hz=50, sequence_modulus=256),)
    others = ()
    acc_range_g = None

    def feed(self, char_uuid: str, payload: bytes) -> list[Decoded]:
        if len(payload) != 61:
            raise PacketError(f"{len(payload)} bytes where 61 are expected")
        rows = np.frombuffer(payload, "<f4", offset=1).reshape(-1, 3).astype(float)
        return [Decoded("imu", acc_g=rows, sequence=payload[0])]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footsense.stream.pipeline.decoder_for", lambda _: Plain())


LEFT = SensorMeta("L", "plain", side="left", placement="foot")
RIGHT = SensorMeta("R", "plain", side="right", placement="foot")


def packet(k: int, sensor: str = "L") -> RawPacket:
    t_s = (k * 5 + np.arange(5)) / 50
    rows = signal(t_s).astype("<f4").tobytes()
    return RawPacket(sensor, "c", round((t_s[-1] + 0.01) * 1e9), bytes([k % 256]) + rows)


def session_inputs(sensors: Sequence[str], seconds: int = 30) -> list[RawPacket | Tick | Command]:
    out: list[RawPacket | Tick | Command] = []
    for k in range(seconds * 10):
        out += [packet(k, s) for s in sensors]
        if k == 43:
            out.append(RawPacket("L", "c", packet(k).host_ns, b"torn"))
        if k in {50, 200}:
            side = "left" if k == 50 else None
            out.append(Command(packet(k).host_ns, "exercise", {"exercise": "lifts", "side": side}))
        if k in {150, 250}:
            out.append(Command(packet(k).host_ns, "end", {}))
        if k % 3 == 0:
            out.append(Tick(packet(k).host_ns))
    return out


def live(path: Path, sensors: Sequence[SensorMeta], seconds: int = 30) -> list[SessionEvent]:
    session = Session(sensors, recorder=Recorder(path, sensors))
    events = [e for i in session_inputs([s.id for s in sensors], seconds) for e in session.process(i)]
    assert session.bad_packets()["L"][0] == 1
    return events + session.close()


@pytest.mark.usefixtures("plain")
def test_replay_is_the_live_run_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    told = [event_line(e) for e in live(path, [LEFT, RIGHT])]
    assert len(told) == 12
    assert [event_line(e) for _, events in replay(path) for e in events] == told
    again = Session([LEFT, RIGHT])
    assert [event_line(e) for i in inputs_of(path) for e in again.process(i)] == told[: len(told)]


@pytest.mark.usefixtures("plain")
def test_analysis_of_two_sensors(tmp_path: Path) -> None:
    live(tmp_path / "a.mcap", [LEFT, RIGHT])
    found = to_json(analyse(open_recording(tmp_path / "a.mcap"), "lifts"))
    assert [s["side"] for s in found["sensors"]] == ["left", "right"]
    assert [e["side"] for e in found["events"]].count("right") == 6
    assert found["counts"] == {"holds": 12}
    assert found["side"] is None
    assert found["recording"]["samples"] == 1500


@pytest.mark.usefixtures("plain")
def test_a_sensor_that_fell_silent_does_not_take_the_other_along(tmp_path: Path) -> None:
    session = Session([LEFT, RIGHT], recorder=Recorder(tmp_path / "a.mcap", [LEFT, RIGHT]))
    for i in session_inputs(["L", "R"]):
        if not (isinstance(i, RawPacket) and i.sensor == "R" and i.host_ns > 1e9):
            session.process(i)
    session.close()
    found = analyse(open_recording(tmp_path / "a.mcap"), "lifts")
    assert found.grade is Grade.POOR
    assert [r.code for r in found.reasons] == ["too-short"]
    assert found.counts == {"holds": 6}


@pytest.mark.usefixtures("plain")
def test_a_damaged_recording_is_poor(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    live(path, [LEFT])
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"zstd", len(raw) // 3) + 40] ^= 0x10
    path.write_bytes(raw)
    found = analyse(open_recording(path), "lifts")
    assert found.grade is Grade.POOR
    (why,) = [r for r in found.reasons if r.code == "damaged"]
    assert "damaged in one place (" in why.text
    assert found.lost == {"left"}


def cut(path: Path, share: float) -> Path:
    """The file without its end, cut in the middle of a record."""
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"zstd", int(share * len(raw))) + 60])
    return path


@pytest.mark.usefixtures("plain")
def test_a_recording_that_was_never_closed_is_good_up_to_its_end_and_says_so(tmp_path: Path) -> None:
    live(tmp_path / "a.mcap", [LEFT])
    assert not analyse(open_recording(tmp_path / "a.mcap"), "lifts").lost
    path = cut(tmp_path / "a.mcap", 0.7)
    found = analyse(open_recording(path), "lifts")
    assert (found.grade, [r.code for r in found.reasons]) == (Grade.GOOD, ["not-closed"])
    assert 0 < len(found.events) < 6
    assert found.lost == {"left"}
    assert [r["code"] for r in to_json(found)["quality"]["reasons"]] == ["not-closed"]
    assert "not-closed: the recording was never closed" in footsense.cli.analyze.in_words("a.mcap", found)


@pytest.mark.usefixtures("plain")
def test_what_is_too_short_is_the_marked_part_not_the_recording(tmp_path: Path) -> None:
    live(tmp_path / "a.mcap", [LEFT], seconds=21)
    first, second = analyse_marked(open_recording(tmp_path / "a.mcap"))
    assert first.grade is Grade.GOOD
    (why,) = second.reasons
    assert why.text.startswith("the part marked lifts lasts ")


@pytest.mark.usefixtures("plain")
def test_marked_stretches(tmp_path: Path) -> None:
    live(tmp_path / "a.mcap", [LEFT])
    first, second = analyse_marked(open_recording(tmp_path / "a.mcap"))
    assert [(round(e.start_s), round(e.end_s)) for e in first.events] == [(7, 8), (12, 13)]
    assert [(round(e.start_s), round(e.end_s)) for e in second.events] == [(22, 23)]
    assert (first.exercise, first.side, second.side) == ("lifts", "left", "left")
    assert first.recording.duration_s == pytest.approx(10, abs=0.1)
    assert second.recording.samples == pytest.approx(250, abs=5)


@pytest.mark.usefixtures("plain")
def test_a_marked_part_before_the_cut_is_good_and_says_that_more_may_have_come(tmp_path: Path) -> None:
    unsided = SensorMeta("L", "plain", placement="foot")
    live(tmp_path / "a.mcap", [unsided])
    (first,) = analyse_marked(open_recording(cut(tmp_path / "a.mcap", 0.5)))
    assert (first.grade, len(first.events)) == (Grade.GOOD, 2)
    assert first.lost == {None}  # the first mark named the left foot; a later one might name the other


def test_replay_of_what_cannot_be_read(tmp_path: Path) -> None:
    result = call("replay", str(tmp_path / "none.mcap"))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)


@pytest.mark.usefixtures("plain")
def test_replay_command(tmp_path: Path) -> None:
    live(tmp_path / "a.mcap", [LEFT])
    result = call("replay", str(tmp_path / "a.mcap"), "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["side"] for line in result.stdout.splitlines()] == ["left"] * 6
    assert "6 lifts holds" in call("replay", str(tmp_path / "a.mcap")).stdout
    assert "4 lifts holds" in call("replay", csv(tmp_path, np.arange(2000) / 100)).stdout


def test_a_hole_in_the_exercise_is_a_reason_and_one_elsewhere_is_none(tmp_path: Path) -> None:
    t_s = np.arange(6000) / 100
    lifted = signal(t_s)
    lifted[t_s > 30, 0] = lifted[t_s > 30, 1]
    for at, grade, codes in ((1550, Grade.POOR, ["gaps"]), (5000, Grade.GOOD, [])):
        keep = np.delete(np.arange(6000), range(at, at + 60))
        assert graded(tmp_path, t_s[keep], lifted[keep]) == (grade, codes)


@pytest.mark.parametrize("factor", [9.80665, 1000.0, 0.102])
def test_a_force_that_is_not_gravitys_is_told(factor: float, tmp_path: Path) -> None:
    t_s = np.arange(1500) / 100
    standing = np.array([0.0, 0.0, 1.0]) + 0.01 * np.sin(37 * t_s)[:, None]
    assert graded(tmp_path, t_s, standing) == (Grade.GOOD, [])
    assert graded(tmp_path, t_s, factor * standing) == (Grade.NOT_VERIFIABLE, ["scale"])
