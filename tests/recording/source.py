"""What is recorded here: one sensor, six axes 100 times a second, ten samples a notification, all known."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from footsense.devices import load_profile
from footsense.recording import Recorder
from footsense.recording import messages as m
from footsense.recording.reader import Reader
from footsense.types import Command, RawPacket, SensorMeta, Status, Tick

SENSOR = "5b0f6f0a1f0e4a55a3c9a1e2d4c6b8f0"
CHAR = "f0070002-1000-4000-8000-00805f9b34fb"
META = SensorMeta(SENSOR, load_profile("generic").text, {"rate_hz": 100, "acc_range_g": 4}, "left", "foot")
PERIOD_NS = 100_000_000
SAMPLES = 10


def packet(k: int, host_ns: int | None = None) -> RawPacket:
    """Notification `k`: its number, then ten samples as noisy as a sensor's."""
    noise = random.Random(k).randbytes(SAMPLES * 12)
    return RawPacket(SENSOR, CHAR, k * PERIOD_NS if host_ns is None else host_ns, struct.pack("<I", k) + noise)


def number(found: RawPacket) -> int:
    """The `k` of a notification."""
    return int(struct.unpack_from("<I", found.payload)[0])


def inputs(count: int) -> Iterator[RawPacket | Tick | Command | Status]:
    """So many notifications, and what comes between them."""
    for k in range(count):
        if k % 100 == 0:
            yield Status(k * PERIOD_NS, "clock", {"monotonic_ns": k, "boottime_ns": k, "wall_ns": k})
        if k == count // 2:
            yield Command(k * PERIOD_NS, "exercise", {"exercise": "top-presses", "side": None})
        yield packet(k)
        if k % 3 == 0:
            yield Tick(k * PERIOD_NS)


def give(recorder: Recorder, item: RawPacket | Tick | Command | Status) -> None:
    if isinstance(item, RawPacket):
        recorder.packet(item)
    elif isinstance(item, Tick):
        recorder.tick(item)
    elif isinstance(item, Command):
        recorder.command(item)
    else:
        recorder.status(item)


def record(path: Path, count: int) -> Path:
    recorder = Recorder(path, [META], created_utc="2026-01-02T03:04:05Z")
    for item in inputs(count):
        give(recorder, item)
    return recorder.close()


def read(path: Path) -> tuple[list[m.Message], list[str]]:
    """What is whole, and what was wrong."""
    with path.open("rb") as file:
        reader = Reader(file)
        return list(reader.messages()), [d.what for d in reader.damage]
