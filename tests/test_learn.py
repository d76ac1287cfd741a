"""Profiles that are learned from notifications: from devices whose profile is hidden, and from invented
ones."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.cli import cli
from footsense.devices import Decoder, load_profile, profile_names
from footsense.devices.learning import (
    Capture,
    Declined,
    Learned,
    Packet,
    Place,
    Written,
    learn,
    read_capture,
    written_capture,
)
from footsense.devices.learning.clocks import clocks
from footsense.devices.learning.columns import block_of
from footsense.devices.learning.rows import Row, belonging
from footsense.devices.learning.scales import acc_scale, gyr_scale
from footsense.devices.reading import golden_faults
from footsense.errors import UsageError
from footsense.recording import Recorder
from footsense.resources import data_folder
from footsense.types import RawPacket, SensorMeta
from tests.learning.__main__ import BEGIN, END, device
from tests.learning.devices import NOT_FIXED, lesson
from tests.learning.invented import invented
from tests.learning.score import decoded_with, score

CHAR = "0000ff08-0000-1000-8000-00805f9b34fb"
# one packet for both, a byte that tells kinds apart, axes in a left-handed order
DEVICES = ["activ5", "metawear", "pocketlab"]


@pytest.fixture(scope="module")
def muse() -> Capture:
    return lesson(load_profile("muse"), 3)[0]


@pytest.fixture(scope="module")
def learned(muse: Capture) -> Learned:
    made = learn(replace(muse, device="A Ring"))
    assert isinstance(made, Learned)
    return made


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_whose_profile_is_hidden_comes_back(name: str) -> None:
    found = device(name, seed=2)
    assert (found.verdict, found.sure) == ("right", True), found.why


@pytest.mark.parametrize("seed", [3, 9])
def test_a_layout_that_nobody_has_made_is_found_or_not_called_sure(seed: int) -> None:
    made = invented(seed)
    found = score(made.capture, (made.acc_g, made.gyr_dps), made.own)
    assert found.verdict == "right", (made.words, found.why)


def test_compressed_packets_are_declined() -> None:
    found = device("polar-pmd")
    assert (found.verdict, found.sure) == ("declined", False)


def test_the_profile_is_valid_and_its_golden_packets_are_captured(learned: Learned, muse: Capture) -> None:
    assert learned.sure, learned.doubts
    assert golden_faults(learned.profile) == []
    sent = {p.payload.hex() for p in muse.packets}
    assert len(learned.profile.data.golden) == 4
    assert all(h in sent for golden in learned.profile.data.golden for h in golden.hex)
    assert learned.profile.data.match[0].name == "A Ring"
    assert learned.profile.name == "a-ring"
    truth = decoded_with(Decoder(load_profile("muse"), {}), muse)
    assert score(muse, truth).verdict == "right"


def test_without_a_shake_nobody_knows_gravity_from_north(muse: Capture) -> None:
    end_s = muse.packets[-1].at_s - 4.5
    made = learn(replace(muse, packets=[p for p in muse.packets if p.at_s < end_s]))
    assert isinstance(made, Declined)
    assert "shake" in made.reason


def test_without_positions_there_is_nothing_to_learn() -> None:
    rng = np.random.default_rng(1)
    packets = [Packet(i / 50, CHAR, rng.bytes(12)) for i in range(2000)]
    assert isinstance(learn(Capture(packets)), Declined)
    assert isinstance(learn(Capture(packets[:10])), Declined)


def _ticking(*columns: tuple[np.ndarray, str]) -> list[Packet]:
    parts = [values.astype(kind).view(np.uint8).reshape(len(values), -1) for values, kind in columns]
    raw = np.concatenate(parts, axis=1)
    return [Packet(i / 100, CHAR, row.tobytes()) for i, row in enumerate(raw)]


@pytest.mark.parametrize(
    ("numbers", "kind", "tick", "wrap"),
    [
        (np.arange(3000) * 10 + 60_000, "<u2", "ms", None),
        (np.arange(3000) * 10 % 1000, "<u2", "ms", 1000),
        (np.arange(3000) * 10_000 + 10**9, ">u4", "us", None),
        (np.arange(3000) * 10_000_000 + 10**18, "<u8", "ns", None),
        (np.rint(np.arange(3000) * 327.68), "<u4", "1 / 32768", None),
    ],
)
def test_a_clock_is_known_by_its_tick(numbers: np.ndarray, kind: str, tick: str, wrap: int | None) -> None:
    noise = np.random.default_rng(1).integers(0, 256, len(numbers))
    found = clocks(block_of(_ticking((noise, "u1"), (numbers, kind), (noise[::-1], "u1"))), set()).stamp
    assert found is not None
    assert (found.tick, found.wrap) == (tick, wrap)
    place = 1 if kind[0] == "<" else 1 + np.dtype(kind).itemsize - len(found.bytes)
    assert found.at == place


def test_a_counter_counts_packets_and_lost_ones_are_seen() -> None:
    number = np.delete(np.arange(1200), [50, 51, 700]) % 256
    found = clocks(block_of(_ticking((number, "u1"), (number * 0 + 7, "u1"))), set()).sequence
    assert found is not None
    assert (found.at, found.kind, found.step) == (0, "u8", 1)
    assert found.count[-1] == 1199


def test_the_carry_tells_which_low_byte_belongs_to_a_number() -> None:
    numbers = np.random.default_rng(1).normal(0, 350, (1500, 3))  # noise that hides the steps of the upper byte
    block = block_of(_ticking((numbers[:, :1] * 0, "u1"), (numbers, ">i2")))
    calm = np.ones(len(numbers), bool)
    assert belonging(Row(">i16", 1, 6, 1), block, calm) > 5
    assert abs(belonging(Row("i16", 0, 6, 1), block, calm)) < 3


def test_scales_are_those_that_were_meant_or_what_was_measured() -> None:
    assert acc_scale(4110.0, "i16", 0.002).scale == "1 / 4096"
    assert acc_scale(9.75, "f32", 0.002).unit == "m/s2"
    between = acc_scale(1012.0, "i16", 0.002)
    assert between.measured
    assert len(between.others) == 2
    assert gyr_scale(0.0611, "i16", 0.002).scale == "2000 / 32768"
    assert gyr_scale(1.02, "f32", 0.03).scale == "1"


PLACES = st.sampled_from([CHAR, "d3a10002-7c41-4d2e-9b36-2ee1d0a4c853", "manufacturer:0x0499"])


@given(st.lists(st.tuples(st.integers(0, 10**9), PLACES, st.binary(max_size=20)), min_size=1))
@settings(max_examples=60, deadline=None)
def test_a_capture_that_is_written_is_read_again(rows: list[tuple[int, str, bytes]]) -> None:
    packets = [Packet(us / 1e6, char, payload) for us, char, payload in sorted(rows)]
    places = {CHAR: Place("0000ff06-0000-1000-8000-00805f9b34fb", ("read", "notify"))}
    whole = Capture(packets, "Ring 7", places, (Written(CHAR, "", b"\x01"),))
    assert read_capture(written_capture(whole), "a.csv") == replace(whole, written=[*whole.written])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no notification in it"),
        ("0.1,ff08", "line 1: expected three things"),
        ("t_s,characteristic,hex\nx,ff08,00", "line 2: 'x' is no time"),
        ("nan,ff08,00", "'nan' is no time"),
        ("0.2,ff08,00\n0.1,ff08,00", "line 2: the time goes back from 0.2 to 0.1 s"),
        ("0.1,heart,00", "'heart' is no characteristic"),
        ("0.1,ff08,0g", "'0g' is not hexadecimal"),
        (f"0.1,ff08,{'00' * 512}\n0.1,ff08,{'00' * 513}", "line 2: 513 bytes; a notification has 512 at most"),
        ("# characteristic: ff08", "line 1: expected three things"),
    ],
)
def test_a_capture_that_is_none_is_refused_in_one_line(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=r"^a\.csv") as raised:
        read_capture(text, "a.csv")
    assert what in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.fixture
def file(tmp_path: Path, muse: Capture) -> Path:
    path = tmp_path / "muse.csv"
    path.write_text(written_capture(muse))
    return path


@pytest.fixture
def recording(tmp_path: Path, muse: Capture) -> Path:
    recorder = Recorder(tmp_path / "muse.mcap", [SensorMeta("a1", "name = 'x'")])
    for packet in muse.packets:
        recorder.packet(RawPacket("a1", packet.char, round((packet.at_s + 5) * 1e9), packet.payload))
    return recorder.close()


def test_of_a_recording_the_command_writes_a_profile_that_check_takes(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.toml"
    run = CliRunner()
    told = run.invoke(cli, ["profiles", "learn", str(recording), "-o", str(out), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["sure"] is True
    assert os.name == "nt" or stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run.invoke(cli, ["profiles", "check", str(out)]).exit_code == 0
    again = run.invoke(cli, ["profiles", "learn", str(recording), "-o", str(out)])
    assert "there is a file of that name" in str(again.exception)


def test_a_recording_of_packets_that_no_notification_can_have_is_refused(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", [SensorMeta("a1", "name = 'x'")])
    recorder.packet(RawPacket("a1", CHAR, 1, bytes(513)))
    told = CliRunner().invoke(cli, ["profiles", "learn", str(recorder.close())])
    assert "a packet of 513 bytes; a notification has 512 at most" in str(told.exception)


@pytest.mark.parametrize("option", ["--save", "-o"])
def test_a_name_that_is_taken_is_refused_before_the_lesson(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lesson(*_: Any, **__: Any) -> None:
        pytest.fail("the lesson was begun")

    monkeypatch.setattr("footsense.cli.learn._live", lesson)
    (taken := tmp_path / "mine.toml").write_text("mine")
    told = CliRunner().invoke(cli, ["profiles", "learn", "--device", "Ring", option, str(taken)])
    assert f"choose another with {option}" in str(told.exception)
    assert taken.read_text() == "mine"


def test_the_command_declines_with_exit_code_1(file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.csv"
    short.write_text("\n".join(file.read_text().splitlines()[:12]))
    told = CliRunner().invoke(cli, ["profiles", "learn", str(short)])
    assert told.exit_code == 1
    assert told.stdout.startswith("no profile: ")


@pytest.mark.parametrize(
    ("args", "what"),
    [
        ([], "name either a FILE"),
        (["a.csv", "--device", "Ring"], "name either a FILE"),
        (["missing.csv"], "missing.csv: No such file"),
        (["missing.mcap"], "missing.mcap: cannot be read"),
    ],
)
def test_calls_that_are_wrong_say_what_is_expected(args: list[str], what: str) -> None:
    told = CliRunner().invoke(cli, ["profiles", "learn", *args])
    assert told.exit_code != 0
    assert what in str(told.exception)


def _named() -> Iterator[str]:
    page = (data_folder("firmware_profiles") / "README.md").read_text(encoding="utf-8")
    for line in page.split(BEGIN)[1].split(END)[0].splitlines():
        if line.startswith("| `"):
            yield line.split("`")[1]


def test_the_table_names_devices_with_acceleration() -> None:
    named = list(_named())
    assert set(NOT_FIXED) < set(named) <= set(profile_names())
    assert all(any(t.carries_acc for t in Decoder(load_profile(n), {}).timings) for n in named)
