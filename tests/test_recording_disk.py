"""Disks that fill up, fail or lose their power: nothing that was acknowledged is lost."""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from footsense.errors import RecordingError
from footsense.recording import Recorder, part_path
from footsense.recording.mcap import scan_mcap
from tests.recording import disk
from tests.recording.source import META, give, inputs, packet, read


def until(holds: Callable[[], bool]) -> None:
    for _ in range(1500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize("seed", range(12))
def test_a_power_cut_loses_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    """Unsynced blocks dropped, torn and reordered; syncs that fail; disks that are full."""
    cut = disk.power_cut(random.Random(seed), tmp_path)
    assert (cut.lost, cut.wrong) == (0, 0)
    assert cut.acknowledged > 0 or seed not in range(3)


def test_what_the_recorder_calls_durable_outlives_a_power_cut(tmp_path: Path) -> None:
    flaky = disk.Disk(takes=500)
    recorder = disk.recorded(flaky, tmp_path / "a.mcap", 300)
    until(lambda: recorder.durable > 100)
    acknowledged, found = recorder.durable, tmp_path / "found.mcap"
    found.write_bytes(flaky.after_power_cut(random.Random(5)))
    recorder.close()
    assert [f.seq for f in read(found)[0]][:acknowledged] == list(range(acknowledged))


def test_a_sync_that_fails_is_not_trusted_the_next_time(tmp_path: Path) -> None:
    flaky = disk.Disk(sync_fails=2)
    recorder = disk.recorded(flaky, tmp_path / "a.mcap", 50)
    until(lambda: recorder.durable > 50)
    recorder.close()
    (tmp_path / "a.mcap").write_bytes(flaky.durable)
    assert scan_mcap(tmp_path / "a.mcap").packets == 50


def test_who_holds_on_to_what_was_written_stops_no_recording(tmp_path: Path) -> None:
    """A list of all objects (a debugger's) does so for a moment, and a view forbids its array to grow."""

    class Clinging(disk.Disk):
        def write(self, at: int, data: bytes) -> int:
            held.append(data)
            return super().write(at, data)

    held: list[bytes] = []
    recorder = disk.recorded(Clinging(takes=500), tmp_path / "a.mcap", 300)
    until(lambda: recorder.durable > 100)
    recorder.packet(packet(300))
    assert recorder.close().exists()
    assert len(held) > 1


def test_a_full_disk_loses_nothing_once_it_is_freed(tmp_path: Path) -> None:
    full = disk.Disk(room=2000)
    recorder = disk.recorded(full, tmp_path / "a.mcap", 100)
    until(lambda: recorder.problem is not None)
    assert recorder.problem == "No space left on device"
    full.room, full.takes = 1e9, 100  # and it takes little at a time
    recorder.packet(packet(100))
    until(lambda: recorder.problem is None)
    path = recorder.close()
    path.write_bytes(full.durable)
    assert [f.packet for f in read(path)[0] if f.packet] == [packet(k) for k in range(101)]
    assert scan_mcap(path).closed


def test_closing_waits_for_a_disk_that_is_being_freed(tmp_path: Path) -> None:
    full = disk.Disk(room=2000)
    recorder = disk.recorded(full, tmp_path / "a.mcap", 100)
    until(lambda: recorder.problem is not None)
    started = time.monotonic()

    def write(at: int, data: bytes) -> int:
        if time.monotonic() > started + 0.5:
            full.room = 1e9
        return disk.Disk.write(full, at, data)

    full.write = write  # type: ignore[method-assign]
    path = recorder.close()
    path.write_bytes(full.durable)
    assert scan_mcap(path).packets == 100


def test_a_disk_that_stays_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footsense.recording.writer._CLOSE_S", 0.1)
    recorder = disk.recorded(disk.Disk(room=0), tmp_path / "a.mcap", 3)
    for _ in "once", "again":
        with pytest.raises(RecordingError, match="No space left"):
            recorder.close()
    assert not (tmp_path / "a.mcap").exists()
    assert part_path(tmp_path / "a.mcap").exists()


def test_what_memory_cannot_keep_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footsense.recording.writer._MAX_WAITING", 3000)
    full = disk.Disk(room=0)
    recorder = disk.recorded(full, tmp_path / "a.mcap", 200)
    until(lambda: recorder.lost > 0 and recorder._queue.empty())
    full.room = 1e9
    until(lambda: recorder.problem is None)
    give(recorder, packet(200))
    for _ in "once", "again":
        with pytest.raises(RecordingError, match=rf"a\.mcap: {recorder.lost} messages of \d+ are missing"):
            recorder.close()
    path = tmp_path / "a.mcap"
    assert not part_path(path).exists()
    path.write_bytes(full.durable)
    scan = scan_mcap(path)
    missing = sum(d.last_seq - d.first_seq + 1 for d in scan.damage if d.last_seq and d.first_seq)
    assert recorder.lost == missing > 0
    assert scan.closed


def test_a_disk_that_hangs_does_not_hang_whoever_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("footsense.recording.writer._HUNG_S", 0.2)
    hung = disk.Disk()
    hung.sync = lambda: time.sleep(0.5)  # type: ignore[method-assign]
    recorder = disk.recorded(hung, tmp_path / "a.mcap", 3)
    with pytest.raises(RecordingError, match=r"has not answered for 0\.2 s"):
        recorder.close()
    recorder._thread.join()


def test_a_writer_that_has_died_takes_no_more_memory(tmp_path: Path) -> None:
    broken = disk.Disk()
    broken.write = lambda at, data: 1 // 0  # type: ignore[method-assign]
    recorder = disk.recorded(broken, tmp_path / "a.mcap", 30)
    until(lambda: recorder.problem is not None)
    recorder._thread.join()
    waiting = recorder._queue.qsize()
    for item in inputs(30):
        give(recorder, item)
    assert recorder._queue.qsize() == waiting
    assert recorder.lost > 30
    with pytest.raises(RecordingError, match="ZeroDivisionError"):
        recorder.close()


def test_without_room_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 19 << 20

    monkeypatch.setattr("footsense.recording.writer.shutil.disk_usage", lambda folder: Usage)
    with pytest.raises(RecordingError, match="less than 20 MB free; make room first"):
        Recorder(tmp_path / "a.mcap", [META])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "darwin", reason="not run: macOS has another call for it")
def test_the_file_itself_is_synced_before_it_is_called_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, int]] = []
    recorder = Recorder(tmp_path / "a.mcap", [META])
    monkeypatch.setattr(os, "fsync", lambda file: synced.append((os.fstat(file).st_ino, recorder.durable)))
    recorder.packet(packet(0))
    part = part_path(tmp_path / "a.mcap").stat().st_ino
    recorder.close()
    assert (part, 0) in synced
    assert recorder.durable == 3  # the session, the packet and the end
