"""Kills, damage and hostile files, in small numbers; `python -m tests.recording` does them all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import load_profile
from footsense.errors import FootsenseError, RecordingError
from footsense.recording import Recorder, open_recording
from footsense.recording.csv import read_csv
from footsense.types import RawPacket, SensorMeta
from tests.recording import damage, hostile
from tests.recording.source import read, record

ROOT = Path(__file__).parent.parent


def run(module: str, *arguments: str) -> list[dict[str, object]]:
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-m", f"tests.recording.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(os.name != "posix", reason="not run: SIGKILL is of POSIX")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    killed = run("crashes", "8", str(tmp_path))
    assert len(killed) == 8
    assert max(k["lost_s"] for k in killed) <= 1.5  # 1.0 on a machine that does nothing else
    assert [k for k in killed if k["holes"] or k["wrong"]] == []
    assert [k for k in killed if k["handed"] and not k["resumed"]] == []
    assert [k for k in killed if k["closed"] and k["handed"] != 40] == []


def test_damage_of_every_kind(tmp_path: Path) -> None:
    for name, tally in damage.battery(tmp_path, share=0.04, packets=200):
        assert (name, tally.wrong, tally.silent) == (name, 0, 0)
        assert tally.lost_share < (0.8 if name == "cut short" else 0.2)


@pytest.mark.parametrize("name", hostile.FILES)
def test_hostile_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(hostile.FILES[name]() if "256-MB" not in name else small(name))
    took_s, said = hostile.opened(path)
    assert took_s < hostile.SECONDS
    assert "\n" not in said
    assert said.startswith(str(path))


def small(name: str) -> bytes:
    """The same with a tenth of the content, since making it takes longer than refusing it."""
    unit = {"zeros": b"0", "blank": b"\n", "same": b"0,0,0,1\n", "commas": b",,,,,,,,,\n"}[
        name.split("-", maxsplit=1)[0]
    ]
    return hostile.gzip_bomb(unit, 12 << 20)()


@pytest.mark.skipif(os.name != "posix", reason="not run: pipes with a name are of POSIX")
@pytest.mark.parametrize("name", ["a.mcap", "a.csv"])
def test_a_pipe_is_no_recording(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(RecordingError, match="is no file"):
        open_recording(tmp_path / name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("whole") / "whole.mcap", 30)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_recordings(whole: Path, data: st.DataObject) -> None:
    """Pieces of a recording moved, doubled, left out and overwritten."""
    raw, truth = whole.read_bytes(), {t.seq: t for t in read(whole)[0]}
    for _ in range(data.draw(st.integers(1, 4))):
        a, b, c = sorted(data.draw(st.integers(0, len(raw))) for _ in range(3))
        raw = data.draw(st.sampled_from([
            raw[:a] + raw[b:c] + raw[a:b] + raw[c:], raw[:b] + raw[a:], raw[:a] + raw[b:],
            raw[:a] + data.draw(st.binary(max_size=64)) + raw[a:],
        ]))  # fmt: skip
    mutated = whole.with_name("mutated.mcap")
    mutated.write_bytes(raw)
    assert all(truth.get(f.seq) == f for f in read(mutated)[0])


u64 = st.integers(0, 2**64 - 1)


@settings(max_examples=25, deadline=None)
@given(packets=st.lists(st.tuples(u64, st.binary(max_size=80)), max_size=8), whole=st.booleans())
def test_whole_messages_with_any_content(
    tmp_path_factory: pytest.TempPathFactory, packets: list[tuple[int, bytes]], whole: bool
) -> None:
    """Any clock and any bytes from the sensor, under right checksums: a stream, or nothing."""
    path = tmp_path_factory.mktemp("any") / "a.mcap"
    char = load_profile("generic").subscribe({})[0]
    recorder = Recorder(path, [SensorMeta("s", load_profile("generic").text, {"rate_hz": 100})])
    for host_ns, payload in packets:
        recorder.packet(RawPacket("s", char, host_ns, bytes(120 - len(payload)) * whole + payload))
    recorder.close()
    if packets:
        items = [item for track in open_recording(path).tracks for item in track.items()]
        assert len(items) < 100


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.booleans(), st.sampled_from([b"", hostile.HEAD, b"\x1f\x8b\x08\x00"]))
def test_any_bytes_as_csv(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, packed: bool, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(head + body)
    try:
        read_csv(path)
    except FootsenseError as error:
        assert "\n" not in str(error)  # noqa: PT017
