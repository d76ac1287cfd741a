"""A disk that is cut off, fails and fills up, in memory: what it has said to have is what has to be there.

Written blocks of 512 bytes lie in the system's memory until a sync. When the power goes each of them may have
come to the disk, or not, or in part, in any order; a sync that fails drops them, as Linux does.
"""

import errno
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from footsense.recording import Recorder
from footsense.recording import messages as m
from footsense.recording.container import Container
from tests.recording.source import META, give, inputs, read

BLOCK = 512


@dataclass
class Disk:
    """The file on it, for sure (`durable`), and as the system sees it (`seen`). `room` bytes are left;
    `sync_fails` so many times, `takes` at most so many bytes a write."""

    durable: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)
    room: float = float("inf")
    sync_fails: int = 0
    takes: int = 1 << 30
    dirty: set[int] = field(default_factory=set)

    def write(self, at: int, data: bytes) -> int:
        taken = min(len(data), self.takes, max(0, int(min(self.room, 1 << 40)) + len(self.seen) - at))
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        grown = max(0, at + taken - len(self.seen))
        self.room -= grown
        self.seen += bytes(grown)
        self.seen[at : at + taken] = data[:taken]
        self.dirty |= set(range(at // BLOCK, (at + taken - 1) // BLOCK + 1))
        return taken

    def sync(self) -> None:
        if self.sync_fails:
            self.sync_fails -= 1
            self.dirty.clear()  # and the next sync will not know of them
            raise OSError(errno.EIO, "Input/output error")
        self.durable += bytes(max(0, len(self.seen) - len(self.durable)))
        for block in self.dirty:
            self._settle(self.durable, block, BLOCK)
        self.dirty.clear()

    def after_power_cut(self, rng: random.Random) -> bytes:
        """The file as it may be found: unsynced blocks there, missing or torn; its length anywhere between."""
        found = bytearray(self.durable)
        found += bytes(rng.randint(0, max(0, len(self.seen) - len(found))))
        for block in sorted(self.dirty, key=lambda _: rng.random()):
            fate = rng.random()
            if fate < 0.4:
                self._settle(found, block, BLOCK)
            elif fate < 0.7:
                self._settle(found, block, rng.randrange(BLOCK))
        return bytes(found)

    def _settle(self, image: bytearray, block: int, length: int) -> None:
        start = block * BLOCK
        end = min(start + length, len(self.seen), len(image))
        image[start:end] = self.seen[start:end]

    def close(self) -> None:
        """A process that ends keeps nothing back."""


@contextmanager
def on(disk: Disk) -> Iterator[None]:
    """Recordings go to this disk; their files stay empty."""
    with mock.patch("footsense.recording.container.File", return_value=disk):
        yield


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut left: messages that were acknowledged, how many of them are lost, how many wrong."""

    acknowledged: int
    lost: int
    wrong: int


def power_cut(rng: random.Random, folder: Path) -> Cut:
    """Record a minute to a disk that also fails, with the power gone at any write or sync of it."""
    disk = Disk(takes=rng.choice([1 << 30, 4096, 700]))
    written, acknowledged = _until(rng.randrange(1, 900), disk, rng)
    path = folder / "cut.mcap"
    path.write_bytes(disk.after_power_cut(rng))
    found, _ = read(path)
    by_seq = dict(enumerate(written))
    wrong = sum(m.decode(by_seq[f.seq]) != f for f in found)
    there = {f.seq for f in found}
    return Cut(acknowledged, sum(seq not in there for seq in range(acknowledged)), wrong)


def _until(stop: int, disk: Disk, rng: random.Random) -> tuple[list[bytes], int]:
    """The messages written before the `stop`th step, and how many of them the disk has said to have."""
    acknowledged = 0
    bodies: list[bytes] = []
    with on(disk):
        container = Container(-1)
        for item in inputs(600):
            seq = len(bodies)
            if not hasattr(item, "payload"):
                continue
            bodies.append(m.encode_packet(seq, item))
            container.add(m.RAW, seq, item.host_ns, bodies[-1])
            if rng.random() < 0.1:
                disk.sync_fails = int(rng.random() < 0.2)
                disk.room = rng.choice([float("inf"), float("inf"), rng.randrange(3000)])
                acknowledged = len(bodies) if container.flush() is None else acknowledged
            if len(bodies) == stop:
                if rng.random() < 0.5:  # in the middle of a flush
                    disk.sync_fails, disk.takes = 1, rng.randrange(1, 4000)
                    disk.room = rng.randrange(6000)
                    container.flush()
                break
    return bodies, acknowledged


def cuts(runs: int, folder: Path) -> list[Cut]:
    return [power_cut(random.Random(seed), folder) for seed in range(runs)]


def recorded(disk: Disk, path: Path, count: int) -> Recorder:
    """A recorder that writes to this disk and has been given so many notifications."""
    with on(disk):
        recorder = Recorder(path, [META])
    for item in inputs(count):
        give(recorder, item)
    return recorder
