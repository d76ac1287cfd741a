"""Recordings: what is written comes back, a crash costs a second, and damage never goes unseen."""

import math
import os
import re
import stat
import struct
import uuid
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader

from footsense.errors import RecordingError
from footsense.recording import Recorder, open_recording, part_path
from footsense.recording import messages as m
from footsense.recording.mcap import Scan, command_of, scan_mcap
from footsense.recording.reader import MAGIC, MAX_CHUNK, Reader
from footsense.types import Command, RawPacket, SensorMeta, Tick

META = SensorMeta("a1b2", "name = 'x'", {"rate_hz": 100, "acc_range_g": 4.0}, "left", "foot")
SECOND = 1_000_000_000


def packets(count: int, sensor: str = "a1b2") -> list[RawPacket]:
    return [
        RawPacket(sensor, "6e400003-b5a3-f393-e0a9-e50e24dcca9e", k * SECOND // 10, bytes([k % 256] * 40))
        for k in range(count)
    ]


def record(path: Path, count: int = 100) -> Path:
    recorder = Recorder(path, [META], created_utc="2026-01-02T03:04:05Z")
    for k, packet in enumerate(packets(count)):
        if k == 30:
            recorder.command(Command(packet.host_ns, "exercise", {"exercise": "top-presses", "side": None}))
        recorder.packet(packet)
        if k % 3 == 0:
            recorder.tick(Tick(packet.host_ns))
    return recorder.close()


def read(path: Path) -> tuple[list[m.Message], list[str]]:
    with path.open("rb") as file:
        reader = Reader(file)
        return list(reader.messages()), [d.what for d in reader.damage]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("rec") / "a.mcap")


def test_what_is_written_comes_back(whole: Path) -> None:
    found, damage = read(whole)
    assert damage == []
    assert [f.packet for f in found if f.packet] == packets(100)
    assert [f.seq for f in found] == list(range(len(found)))
    scan = scan_mcap(whole)
    assert scan == Scan((META,), closed=True, damage=(), packets=100, segment=scan.segment)
    assert uuid.UUID(scan.segment.session).version == 4
    (said,) = [f for f in found if f.topic == m.COMMAND]
    assert said.fields == {"kind": "exercise", "fields": {"exercise": "top-presses", "side": None}}


def test_others_can_open_it(whole: Path) -> None:
    with whole.open("rb") as file:
        topics = {channel.topic for _, channel, _ in make_reader(file, validate_crcs=True).iter_messages()}
    assert {m.RAW, m.SESSION, m.TICK, m.COMMAND, m.END} <= topics


@pytest.mark.skipif(os.name != "posix", reason="not run: file modes are of POSIX")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = record(tmp_path / "deep" / "er" / "a.mcap", 3)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_its_name_says_whether_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    recorder = Recorder(path, [META])
    recorder.packet(packets(1)[0])
    assert part_path(path).exists()
    assert not path.exists()
    recorder.close()
    assert path.exists()
    assert not part_path(path).exists()
    with pytest.raises(RecordingError, match="already"):
        Recorder(path, [META])


def test_a_name_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"ends in \.mcap"):
        Recorder(tmp_path / "a.csv", [META])


def check_damaged(path: Path, truth: list[m.Message]) -> None:
    """Whatever comes back is true; what is missing is listed or the file is known not to be closed."""
    found, damage = read(path)
    by_seq = {t.seq: t for t in truth}
    assert all(by_seq[f.seq] == f for f in found)
    if len(found) < len(truth):
        closed = bool(found) and found[-1].topic == m.END
        assert damage or not closed
    try:
        scan_mcap(path)
    except RecordingError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_flipped_bits_are_never_silently_wrong(whole: Path, data: st.DataObject) -> None:
    truth, _ = read(whole)
    raw = bytearray(whole.read_bytes())
    for bit in data.draw(st.lists(st.integers(0, 8 * len(raw) - 1), min_size=1, max_size=3)):
        raw[bit // 8] ^= 1 << bit % 8
    damaged = whole.with_name("flipped.mcap")
    damaged.write_bytes(raw)
    check_damaged(damaged, truth)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_cuts_and_zeroed_and_repeated_stretches(whole: Path, data: st.DataObject) -> None:
    truth, _ = read(whole)
    raw = whole.read_bytes()
    a, b = sorted(data.draw(st.tuples(st.integers(0, len(raw)), st.integers(0, len(raw)))))
    how = data.draw(st.sampled_from(["cut", "zero", "repeat", "drop"]))
    changed = {
        "cut": raw[:a],
        "zero": raw[:a] + bytes(b - a) + raw[b:],
        "repeat": raw[:b] + raw[a:],
        "drop": raw[:a] + raw[b:],
    }
    damaged = whole.with_name("changed.mcap")
    damaged.write_bytes(changed[how])
    check_damaged(damaged, truth)


def test_a_recording_cut_by_a_crash_is_not_closed_and_not_damaged(whole: Path) -> None:
    cut = whole.with_name("crash.mcap")
    raw = whole.read_bytes()
    middle = raw.index(b"zstd", len(raw) // 2)
    cut.write_bytes(raw[: middle + 10])
    scan = scan_mcap(cut)
    assert not scan.closed
    assert scan.damage == ()
    assert scan.packets >= 40


def test_a_cut_anywhere_in_the_last_chunk_is_not_closed_and_not_damaged(whole: Path) -> None:
    cut = whole.with_name("cut.mcap")
    raw = whole.read_bytes()
    start = raw.index(b"zstd", len(raw) // 2) - 41
    for size in (start + 1, start + 9, start + 45, start + 100):
        cut.write_bytes(raw[:size])
        scan = scan_mcap(cut)
        assert (scan.closed, scan.damage) == (False, ())


def test_damage_before_the_cut_is_told(whole: Path) -> None:
    cut = whole.with_name("both.mcap")
    raw = bytearray(whole.read_bytes())
    first = raw.index(b"zstd", len(raw) // 8)
    raw[first + 40] ^= 0x10
    cut.write_bytes(raw[: raw.index(b"zstd", len(raw) // 2) + 20])
    scan = scan_mcap(cut)
    assert not scan.closed
    assert scan.damage[0].start_byte < first < scan.damage[0].end_byte


def test_a_flip_costs_one_chunk_at_most(whole: Path) -> None:
    truth, _ = read(whole)
    raw = bytearray(whole.read_bytes())
    raw[raw.index(b"zstd", len(raw) // 3) + 40] ^= 0x10
    damaged = whole.with_name("one.mcap")
    damaged.write_bytes(raw)
    found, damage = read(damaged)
    assert damage
    assert len(truth) - len(found) <= 20  # a second holds ten packets, four ticks and a session


def test_a_chunk_whose_crc_does_not_fit_is_not_taken(whole: Path) -> None:
    truth, _ = read(whole)
    raw = bytearray(whole.read_bytes())
    raw[raw.index(b"zstd", len(raw) // 3) - 5] ^= 0x01
    damaged = whole.with_name("crc.mcap")
    damaged.write_bytes(raw)
    found, damage = read(damaged)
    assert "a chunk's CRC is wrong" in damage
    assert len(found) < len(truth)


def test_the_same_chunk_twice_is_taken_once(whole: Path) -> None:
    truth, _ = read(whole)
    raw = whole.read_bytes()
    damaged = whole.with_name("twice.mcap")
    starts = [match.start() - 41 for match in re.finditer(b"zstd", raw)][:2]
    damaged.write_bytes(raw[: starts[1]] + raw[starts[0] :])
    found, damage = read(damaged)
    assert found == truth
    assert damage


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(max_size=300), magic=st.booleans())
def test_any_bytes_end_in_one_line(tmp_path_factory: pytest.TempPathFactory, junk: bytes, magic: bool) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.mcap"
    path.write_bytes((MAGIC if magic else b"") + junk)
    with pytest.raises(RecordingError) as refused:
        open_recording(path)
    assert "\n" not in str(refused.value)


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    size = 4 * MAX_CHUNK
    packed = zstandard.compress(bytes(size))
    body = (
        struct.pack("<QQQII", 0, 0, size, zlib.crc32(b""), 4)
        + b"zstd"
        + struct.pack("<Q", len(packed))
        + packed
    )
    lying = struct.pack("<QQQII", 0, 0, 10, 1, 4) + b"zstd" + struct.pack("<Q", len(packed)) + packed
    path = tmp_path / "bomb.mcap"
    path.write_bytes(MAGIC + b"".join(b"\x06" + struct.pack("<Q", len(b)) + b for b in (body, lying)))
    found, damage = read(path)
    assert found == []
    assert ["larger than" in d or "another size" in d for d in damage] == [True, True]


def test_a_file_that_took_the_name_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    recorder = Recorder(path, [META])
    recorder.packet(packets(1)[0])
    path.write_text("mine")
    with pytest.raises(RecordingError, match=r"a\.part\.mcap"):
        recorder.close()
    assert path.read_text() == "mine"
    assert scan_mcap(part_path(path)).closed


def test_a_command_with_a_number_that_is_none_is_left_out() -> None:
    fields = {"exercise": "top-presses", "asks": "press", "hold_s": 3}
    for hold_s, understood in ((3, True), (10**400, False), (-(10**400), False)):
        message = m.Message(m.COMMAND, 0, 0, fields={"kind": "cue", "fields": fields | {"hold_s": hold_s}})
        assert (command_of(message) is not None) == understood


said = st.text(st.characters(codec=None)) | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.none()


@given(kind=st.text(), fields=st.dictionaries(st.text(st.characters(codec=None)), said, max_size=3))
def test_whatever_a_command_holds_it_is_recorded(
    kind: str, fields: dict[str, str | float | int | None]
) -> None:
    message = m.decode(m.encode_fields(m.COMMAND, 7, 8, {"kind": kind, "fields": fields}))
    assert message is not None
    kept = command_of(message)
    assert kept is not None
    assert {k: v for k, v in kept.fields.items() if k.isprintable() and k in fields} == {
        key: said_of(value) for key, value in fields.items() if key.isprintable()
    }


def said_of(value: str | float | int | None) -> str | float | int | None:
    if isinstance(value, str):
        return re.sub(r"[\ud800-\udfff]", "\ufffd", value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@pytest.mark.parametrize("text", ["a\udc80", "\ud800", "\x00\udfff"])
def test_a_note_of_bytes_that_are_no_text_does_not_end_the_recording(tmp_path: Path, text: str) -> None:
    recorder = Recorder(tmp_path / "a.mcap", [META], facts={"note": text})
    recorder.command(Command(1, "note", {"text": text, text: 1, "x": math.nan}))
    (command,) = [f for f in read(recorder.close())[0] if f.topic == m.COMMAND]
    assert command.fields is not None
    replaced = text[:-1] + "\ufffd"
    assert command.fields["fields"] == {"text": replaced, replaced: 1, "x": None}


def test_another_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(m, "SCHEMA", "footsense.recording/9")
    path = record(tmp_path / "a.mcap", 3)
    monkeypatch.undo()
    with pytest.raises(RecordingError, match=r"footsense\.recording/9"):
        scan_mcap(path)


@pytest.mark.parametrize("content", [b"", b"no mcap at all" * 300])
def test_a_file_without_a_session_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.mcap: holds no footsense session .*; get the file again"):
        scan_mcap(path)


def test_a_message_of_which_a_bit_is_other_is_none() -> None:
    """Its own checksum tells, whatever the chunk's says."""
    packet = m.encode_packet(7, RawPacket("s", "c", 5, b"payload"))
    fields = m.encode_fields(m.COMMAND, 7, 5, {"kind": "note"})
    for body in (packet, fields):
        assert m.decode(body) is not None
        for bit in range(8 * len(body)):
            other = bytearray(body)
            other[bit // 8] ^= 1 << bit % 8
            assert m.decode(bytes(other)) is None
