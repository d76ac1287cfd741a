"""A repair copies what is whole, makes nothing up, and says what was dropped."""

import hashlib
import os
import re
import stat
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner
from mcap.reader import make_reader

from footsense.cli.repair import command
from footsense.errors import RecordingError, UsageError
from footsense.recording import messages as m
from footsense.recording import part_path, resumed
from footsense.recording.mcap import replayed, scan_mcap
from footsense.recording.reader import GIVEN_UP, MAGIC
from footsense.recording.repair import lost_messages, repair
from footsense.recording.writer import Recorder
from tests.recording.disk import Disk, on
from tests.recording.hostile import jumping_numbers
from tests.recording.source import META, packet, read, record


def chunk_starts(raw: bytes) -> list[int]:
    return [match.start() for match in re.finditer(rb"\x06.{36}\x04\x00\x00\x00zstd", raw, re.DOTALL)]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return record(tmp_path / "a.mcap", 60)


def damaged(whole: Path, *chunks: int, cut: bool = False) -> Path:
    """The recording with these chunks hit, and its last quarter cut off."""
    raw = bytearray(whole.read_bytes())
    starts = chunk_starts(raw)
    for k in chunks:
        raw[starts[k] + 60] ^= 0xFF
    path = whole.with_name("b.mcap")
    path.write_bytes(raw[: starts[len(starts) * 3 // 4] + 70] if cut else raw)
    return path


def test_what_is_whole_is_kept_byte_for_byte(whole: Path) -> None:
    path = damaged(whole, 2, 5)
    before, (kept, _) = path.read_bytes(), read(path)
    done = repair(path, whole.with_name("c.mcap"))
    found, wrong = read(done.path)
    assert found[:-1] == kept
    assert found[-1].topic == m.REPAIR
    assert wrong == [w for w in read(path)[1] if "missing" in w]
    assert path.read_bytes() == before
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600 or os.name != "posix"


def test_the_new_file_says_what_it_was_made_from_and_what_was_dropped(whole: Path) -> None:
    path = damaged(whole, 3)
    done = repair(path, whole.with_name("c.mcap"))
    (note,) = [f.fields for f in replayed(done.path) if f.topic == m.REPAIR]
    assert note is not None
    assert note["source_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() == done.source_sha256
    assert note["source_bytes"] == path.stat().st_size
    assert note["source_closed"] is True
    dropped = scan_mcap(path).damage
    assert [d["what"] for d in note["dropped"]] == [d.what for d in dropped]
    assert note["dropped_stretches"] == len(dropped)
    assert lost_messages(dropped) == len(read(whole)[0]) - done.messages


@pytest.mark.parametrize("cut", [False, True])
def test_a_repair_does_not_close_what_was_not_closed(whole: Path, cut: bool) -> None:
    done = repair(damaged(whole, 2, cut=cut), whole.with_name("c.mcap"))
    scan = scan_mcap(done.path)
    assert scan.closed is not cut
    assert scan.damage
    assert scan.segment == scan_mcap(whole).segment


def test_a_repaired_file_repaired_again_is_the_same(whole: Path) -> None:
    once = repair(damaged(whole, 2, cut=True), whole.with_name("c.mcap"))
    twice = repair(once.path, whole.with_name("d.mcap"))
    assert read(twice.path)[0][:-1] == read(once.path)[0]
    assert scan_mcap(twice.path).closed is False


def test_others_can_open_a_repaired_file(whole: Path) -> None:
    done = repair(damaged(whole, 2, cut=True), whole.with_name("c.mcap"))
    with done.path.open("rb") as file:
        count = sum(1 for _ in make_reader(file, validate_crcs=True).iter_messages())
    assert count == done.messages + 1


def test_a_message_of_a_later_version_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap", [META])
    recorder.packet(packet(0))
    recorder._fields("/yet-unknown", 5, {"what": "is new"})
    done = repair(recorder.close(), tmp_path / "b.mcap")
    assert [f.fields for f in replayed(done.path) if f.topic == "/yet-unknown"] == [{"what": "is new"}]


def test_nothing_is_written_over_and_nothing_left_behind(whole: Path) -> None:
    mine = whole.with_name("mine.mcap")
    mine.write_text("mine")
    with pytest.raises(RecordingError, match="already"):
        repair(whole, mine)
    assert mine.read_text() == "mine"
    with on(Disk(room=0)), pytest.raises(RecordingError, match="No space left"):
        repair(whole, whole.with_name("c.mcap"))
    assert not whole.with_name("c.mcap").exists()


def test_a_repair_that_is_broken_off_is_not_in_the_way_of_the_next(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_path: Path) -> None:
        raise RecordingError("it has gone")

    output = whole.with_name("c.mcap")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("footsense.recording.repair.hashed", gone)
        with pytest.raises(RecordingError, match="it has gone"):
            repair(whole, output)
    assert repair(whole, output).path == output


def test_a_file_without_a_session_cannot_be_repaired(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(MAGIC + bytes(100))
    with pytest.raises(RecordingError, match="holds no footsense session"):
        repair(tmp_path / "a.mcap", tmp_path / "b.mcap")
    assert not (tmp_path / "b.mcap").exists()


def test_nothing_is_taken_that_follows_the_end(whole: Path, tmp_path: Path) -> None:
    raw, longer = whole.read_bytes(), record(tmp_path / "longer.mcap", 200).read_bytes()
    index = chunk_starts(raw)[-1]
    _, length = struct.unpack_from("<BQ", raw, index)
    end = index + 9 + length
    path = tmp_path / "b.mcap"
    path.write_bytes(raw[:end] + longer[chunk_starts(longer)[-10] :])
    assert read(path)[0] == read(whole)[0]


def test_a_file_that_is_given_up_says_so(tmp_path: Path) -> None:
    raw = record(tmp_path / "a.mcap", 3).read_bytes()
    starts = chunk_starts(raw)
    (tmp_path / "b.mcap").write_bytes(raw[: starts[-1]] + jumping_numbers()[len(MAGIC) :])
    scan = scan_mcap(tmp_path / "b.mcap")
    assert scan.damage[-1].what == GIVEN_UP
    assert scan.damage[-1].end_byte == (tmp_path / "b.mcap").stat().st_size


def test_the_command_says_what_was_dropped(whole: Path, tmp_path: Path) -> None:
    path = damaged(whole, 2, 5)
    done = CliRunner().invoke(command, [str(path)])
    assert done.exit_code == 0
    assert "messages kept, " in done.output
    assert done.output.count("  dropped: bytes ") == len(scan_mcap(path).damage) == 4
    assert "b-repaired.mcap" in done.output
    assert scan_mcap(tmp_path / "b-repaired.mcap").closed
    again = CliRunner().invoke(command, [str(path)])
    assert isinstance(again.exception, RecordingError)


def test_what_is_no_mcap_is_told_what_a_repair_is_for(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.gz", "none.txt"):
        refused = CliRunner().invoke(command, [str(tmp_path / name)])
        assert isinstance(refused.exception, UsageError)
        assert f"{name}: repair is for recordings as footsense makes them (.mcap); " in str(refused.exception)


def test_a_session_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    first = Recorder(tmp_path / "a.mcap", [META])
    first.packet(packet(0))
    first.close("killed")
    broken = (tmp_path / "a.mcap").rename(part_path(tmp_path / "a.mcap"))
    for number in (2, 3):
        segment = resumed(broken)
        assert segment.after_sha256 == hashlib.sha256(broken.read_bytes()).hexdigest()
        again = Recorder(tmp_path / f"a-{number}.mcap", [META], segment=segment)
        again.packet(packet(0))
        broken = again.close()
        kept = scan_mcap(broken).segment
        assert kept == segment
        assert (kept.session, kept.number) == (first.segment.session, number)


def test_a_recording_without_a_session_id_goes_on_as_a_new_session() -> None:
    kept = Path(__file__).parent / "fixtures" / "recordings" / "1a-first.mcap"
    segment = resumed(kept)
    assert (len(segment.session), segment.number) == (36, 2)
