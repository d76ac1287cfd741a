"""Processes that record are killed with SIGKILL at random moments: what is left of what they were given.

    python -m tests.recording.crashes RUNS FOLDER     prints a JSON object for each

Each child records in real time, ten notifications and four ticks a second, and tells through a pipe what it has
handed over; one that lives long enough closes its recording. Children are forked, several at a time.
"""

import json
import os
import random
import signal
import struct
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from footsense.errors import RecordingError
from footsense.recording import Recorder, part_path, resumed
from footsense.recording.mcap import Scan, scan_mcap
from footsense.types import Tick
from tests.recording.source import META, PERIOD_NS, number, packet, read

AT_ONCE = 12
LIVES_S = 4.0  # then a child closes its recording, if it still can
_HANDED = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Killed:
    """One run. `handed` notifications; `lost_s`: from the last that is there to the last that was handed over;
    `holes`: missing before that; `wrong`: not what was recorded; `closed`: what the file says of itself;
    `named`: it has its final name; `resumed`: it could be gone on with, in a new segment of the session."""

    seed: int
    after_s: float
    handed: int
    lost_s: float
    holes: int
    wrong: int
    closed: bool
    named: bool
    resumed: bool


def child(path: Path, pipe: int, seed: int) -> None:
    """Record until killed."""
    recorder = Recorder(path, [META])
    start_ns = time.monotonic_ns()
    rng = random.Random(seed)
    for k in range(round(LIVES_S * 10)):
        due_ns = start_ns + k * PERIOD_NS + rng.randrange(PERIOD_NS // 2)
        time.sleep(max(0, due_ns - time.monotonic_ns()) * 1e-9)
        host_ns = time.monotonic_ns()
        if k % 5 in (0, 2):
            recorder.tick(Tick(host_ns))
        recorder.packet(packet(k, host_ns))
        os.write(pipe, _HANDED.pack(k, host_ns))
    recorder.close()
    time.sleep(60)


def runs(seeds: range, folder: Path) -> Iterator[Killed]:
    """Kill one child for each seed."""
    for first in range(seeds.start, seeds.stop, AT_ONCE):
        group = [_begin(seed, folder) for seed in range(first, min(first + AT_ONCE, seeds.stop))]
        for at_s, seed, process, pipe in sorted(group):
            time.sleep(max(0.0, at_s - time.monotonic()))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            yield _judged(seed, _handed(pipe), folder)


def _path(seed: int, folder: Path) -> Path:
    return folder / f"{seed}.mcap"


def _life_s(seed: int) -> float:
    return random.Random(seed).uniform(0.0, LIVES_S + 0.3)


def _begin(seed: int, folder: Path) -> tuple[float, int, int, int]:
    """(when to kill, seed, process, pipe); the life begins with the child."""
    read_end, write_end = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(read_end)
            child(_path(seed, folder), write_end, seed)
        finally:
            os._exit(1)  # nothing of the parent's may run here
    os.close(write_end)
    return time.monotonic() + _life_s(seed), seed, process, read_end


def _handed(pipe: int) -> list[tuple[int, int]]:
    """(number, host clock) of the notifications that a dead child had handed over."""
    with os.fdopen(pipe, "rb") as told:
        raw = told.read()
    return list(_HANDED.iter_unpack(raw[: len(raw) // _HANDED.size * _HANDED.size]))


def _judged(seed: int, handed: list[tuple[int, int]], folder: Path) -> Killed:
    path, part = _path(seed, folder), part_path(_path(seed, folder))
    named = path.exists()
    there = path if named else part
    found = [] if not there.exists() else [f.packet for f in read(there)[0] if f.packet]
    numbers = [number(f) for f in found]
    wrong = sum(f != packet(number(f), f.host_ns) for f in found)
    wrong += sum(f.host_ns != dict(handed).get(number(f), f.host_ns) for f in found)
    last = max(numbers, default=-1)
    missing = [host_ns for k, host_ns in handed if k > last]
    lost_s = (handed[-1][1] - (found[-1].host_ns if found else handed[0][1])) * 1e-9 if missing else 0.0
    scan = _scan(there)
    return Killed(
        seed, _life_s(seed), len(handed), lost_s, len(set(range(last + 1)) - set(numbers)), wrong,
        closed=scan is not None and scan.closed, named=named, resumed=scan is not None and _goes_on(there),
    )  # fmt: skip


def _scan(path: Path) -> Scan | None:
    """None where nothing was on the disk yet."""
    try:
        return scan_mcap(path)
    except RecordingError:
        return None


def _goes_on(path: Path) -> bool:
    """Whether the session goes on in another file, and both say so."""
    before = scan_mcap(path)
    segment = resumed(path)
    recorder = Recorder(path.with_name(f"{path.stem}-again.mcap"), before.sensors, segment=segment)
    recorder.packet(packet(0))
    after = scan_mcap(recorder.close())
    return (after.segment.session, after.segment.number) == (before.segment.session, before.segment.number + 1)


def main(count: str, folder: str) -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
    for killed in runs(range(int(count)), Path(folder)):
        print(json.dumps(asdict(killed)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
