"""The benchmarks run; and how much memory the engine takes, which does not depend on the machine's speed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from footsense.exercises import exercise_names
from tests.benchmarks import decode, live, memory, peers, replay, sensors

TINY = ["--minutes", "0.2", "--rate-hz", "50"]


def test_replay_is_timed_beside_other_ways(capsys: pytest.CaptureFixture[str]) -> None:
    replay.main([*TINY, "--repeats", "1"])
    shown = capsys.readouterr().out
    for name in ("five detectors", *exercise_names(), "sosfiltfilt", "one read over the array"):
        assert name in shown
    assert all(package in shown.splitlines()[-1] for package in peers.absent())


def test_chunks_are_timed_beside_other_ways(capsys: pytest.CaptureFixture[str]) -> None:
    live.main(TINY)
    shown = capsys.readouterr().out
    for name in ("600 chunks of 1 sample", "five detectors", "carried state", "goal for 20 ms"):
        assert name in shown


def test_sensors_are_timed_from_notification_to_sample(capsys: pytest.CaptureFixture[str]) -> None:
    sensors.main(["--sensors", "2", "--seconds", "1.5", "--repeats", "1"])
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.startswith(name) for row, name in zip(rows, sensors.PACKINGS, strict=True)] == [True] * 8
    assert all(0 < float(row[32:44]) < 1e5 for row in rows)


def test_packets_are_timed_beside_struct_and_construct(capsys: pytest.CaptureFixture[str]) -> None:
    decode.main(["--packets", "20", "--repeats", "1"])
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == list(decode.LAYOUTS)
    assert all(float(cost) >= 0 for row in rows for cost in row.split()[1:4])
    has_construct = importlib.util.find_spec("construct") is not None
    assert all((row.split()[4] != "-") == has_construct for row in rows)


def test_what_is_timed_is_the_profiles_own_packets() -> None:
    for name in decode.LAYOUTS:
        decoder, char, sent = decode.packets(name, 5)
        assert len(sent) == 5
        frames = [f for p in sent for f in decoder.feed(char, p)]  # some messages take two packets
        assert len(frames) >= 2
        assert all(f.acc_g is not None or f.gyr_dps is not None for f in frames)


def test_the_goal_can_be_missed() -> None:
    assert live.goal({"median": 200.0, "99 %": 900.0}).endswith(": met")
    assert live.goal({"median": 200.0, "99 %": 1100.0}).endswith("not met")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="not run: no current memory is told")
def test_an_hour_takes_little_memory(tmp_path: Path) -> None:
    _, part = replay.recording(2.0, 100.0)
    rows = np.column_stack([part.t_s, part.acc_g, part.gyr_dps])  # type: ignore[list-item]
    hour = np.tile(rows, (30, 1))
    hour[:, 0] = np.arange(len(hour)) / 100.0
    hour.tofile(tmp_path / "hour.f64")
    names = ("imports", "engine over it whole")
    (_, _, ground), (events, _, peak) = (memory.measure(n, tmp_path / "hour.mcap", 100.0) for n in names)
    assert events > 100
    assert (peak - ground) / 2**20 <= memory.GOAL_MIB / 3, "the samples alone are 19 MiB: something keeps them"


def test_memory_that_is_kept_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grows(name: str, _path: Path, _rate_hz: float) -> tuple[int, int, int]:
        return 1, 0, (100 if name == "imports" else 200) << 20

    monkeypatch.setattr(memory, "measure", grows)
    lines = list(memory.table(tmp_path, {"short": 1.0, "long": 1.0}, 100.0))
    assert ["over the goal" in line for line in lines] == [False, *[True] * (len(lines) - 2), False]
