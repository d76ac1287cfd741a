"""A disk that is full for half a minute while a sensor is recorded, in real time; as root one of its own.

python -m tests.recording.full SECONDS FOLDER     prints a JSON object
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from footsense.errors import RecordingError
from footsense.recording import Recorder
from footsense.recording.mcap import scan_mcap
from footsense.types import Tick
from tests.recording.source import META, PERIOD_NS, packet, read

AROUND_S = 4.0  # before and after the disk is full
SIZE = 24 << 20
DISK = "a disk of its own, filled"
LIMIT = "a limit on the size of files, since only root can have a disk of its own"


@dataclass(frozen=True, slots=True)
class Full:
    """`how` the disk was made full for `full_s`; what was `told` of it, after how long; how a recording was
    `refused` meanwhile, None where it was not (a LIMIT does not do that); how many of the `handed`
    notifications are `missing`."""

    how: str
    full_s: float
    told: str | None
    told_after_s: float
    refused: str | None
    handed: int
    missing: int
    closed: bool
    damaged: int


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mounts a disk of 24 MiB in memory there; whether that could be done."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = hasattr(os, "geteuid") and os.geteuid() == 0 and not _failed(command)
    try:
        yield mounted
    finally:
        if mounted:
            _failed(["umount", str(folder)])


def _failed(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode != 0
    except OSError:
        return True


@contextlib.contextmanager
def filled(folder: Path, *, mounted: bool) -> Iterator[None]:
    """No room, until the end of the block."""
    if not mounted:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        there = max(p.stat().st_size for p in folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (there + 700, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    ballast.unlink()


def run(full_s: float, folder: Path) -> Full:
    with small_disk(folder) as mounted:
        recorder = Recorder(folder / "a.mcap", [META])
        handed = _give(recorder, 0, AROUND_S)
        with filled(folder, mounted=mounted):
            began_s = time.monotonic()
            told, told_after_s = None, 0.0
            while (left_s := began_s + full_s - time.monotonic()) > 0:
                handed = _give(recorder, handed, min(0.1, left_s))
                if told is None and recorder.problem is not None:
                    told, told_after_s = recorder.problem, time.monotonic() - began_s
            refused = _refused(folder) if mounted else None
        handed = _give(recorder, handed, AROUND_S)
        path = recorder.close()
        there = {f.packet for f in read(path)[0] if f.packet}
        scan = scan_mcap(path)
        how = DISK if mounted else LIMIT
        missing = sum(packet(k) not in there for k in range(handed))
        return Full(how, full_s, told, told_after_s, refused, handed, missing, scan.closed, len(scan.damage))


def _give(recorder: Recorder, first: int, seconds: float) -> int:
    """Hand over notifications at their pace; the number of the next."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        recorder.packet(packet(first))
        recorder.tick(Tick(first * PERIOD_NS))
        first += 1
        time.sleep(PERIOD_NS * 1e-9)
    return first


def _refused(folder: Path) -> str | None:
    try:
        Recorder(folder / "b.mcap", [META]).close()
    except RecordingError as error:
        return str(error).replace(str(folder), "FOLDER")
    return None


def main(seconds: str, folder: str) -> None:
    print(json.dumps(asdict(run(float(seconds), Path(folder)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
