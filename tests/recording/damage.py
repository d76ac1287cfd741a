"""A closed recording of a minute, damaged in many ways: what comes back has to be true, what does not, told."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from footsense.errors import RecordingError
from footsense.recording import messages as m
from footsense.recording.mcap import scan_mcap
from tests.recording.source import read, record

SECTOR = 512
Harm = Callable[[bytes, random.Random], bytes]


def flip(raw: bytes, rng: random.Random) -> bytes:
    bit = rng.randrange(8 * len(raw))
    return raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]


def sector(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) // SECTOR) * SECTOR
    return raw[:at] + bytes(SECTOR) + raw[at + SECTOR :]


def cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def zeroed_tail(raw: bytes, rng: random.Random) -> bytes:
    length = rng.randrange(4096, 16385)
    return raw[:-length] + bytes(length)


HARMS: dict[str, tuple[Harm, int]] = {
    "one bit flipped": (flip, 400),
    "a sector of 512 bytes zeroed": (sector, 150),
    "cut short": (cut, 200),
    "the last 4 to 16 KiB zeroed": (zeroed_tail, 60),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `runs`: how many gave back anything that was never recorded (`wrong`), or lost something without
    saying so (`silent`); how many were refused, and the share of notifications lost."""

    runs: int
    wrong: int
    silent: int
    refused: int
    lost_share: float


def tally(raw: bytes, truth: list[m.Message], harm: Harm, runs: int, folder: Path) -> Tally:
    path = folder / "damaged.mcap"
    wrong = silent = refused = lost = 0
    packets = sum(t.packet is not None for t in truth)
    for seed in range(runs):
        path.write_bytes(harm(raw, random.Random(seed)))
        judged = _judged(path, truth)
        wrong += judged.wrong
        silent += judged.silent
        refused += judged.refused
        lost += packets - judged.packets
    return Tally(runs, wrong, silent, refused, lost / (packets * runs))


@dataclass(frozen=True, slots=True)
class _Judged:
    wrong: bool
    silent: bool
    refused: bool
    packets: int


def _judged(path: Path, truth: list[m.Message]) -> _Judged:
    found, _ = read(path)
    by_seq = {t.seq: t for t in truth}
    wrong = any(by_seq.get(f.seq) != f for f in found)
    try:
        scan = scan_mcap(path)
    except RecordingError:
        return _Judged(wrong, silent=False, refused=True, packets=0)
    told = bool(scan.damage) or not scan.closed
    packets = sum(f.packet is not None for f in found)
    return _Judged(wrong, len(found) < len(truth) and not told, refused=False, packets=packets)


def battery(folder: Path, share: float = 1.0, packets: int = 600) -> Iterator[tuple[str, Tally]]:
    """Each kind of harm, in a `share` of the full number of runs."""
    path = record(folder / "whole.mcap", packets)
    raw, (truth, _) = path.read_bytes(), read(path)
    for name, (harm, runs) in HARMS.items():
        yield name, tally(raw, truth, harm, max(1, round(runs * share)), folder)
