"""Files of every kind that is read, with anything in them changed: each read, or refused in a line.

    python -m tests.recording.fuzz SECONDS FOLDER     prints a JSON object for each kind

What the suite does with hypothesis in a second goes on here for longer, without shrinking.
"""

import gzip
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from footsense.errors import FootsenseError
from footsense.recording import open_recording
from footsense.resources import data_folder
from footsense.routine import load_routine, routine_text
from tests.recording.source import record

SLOW_S = 1.0
_PIECES = [
    b"", b"\x00", b"\xff" * 8, b"\n", b",", b"-", b"1e999", b"nan", b"[", b"'", b"zstd", b"\x06", b"\x05", b"{",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """Of a `kind`: files tried, how many of them could be read, and what should not have been: errors that are
    not ours, messages of more than a line, more than a second of the processor."""

    kind: str
    seconds: float
    tried: int
    read: int
    wrong: list[str]


def mutated(raw: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        a = rng.randrange(len(raw) + 1)
        b = min(len(raw), a + rng.choice([0, 1, 4, 64, 4096]))
        piece = rng.choice([*_PIECES, rng.randbytes(rng.randrange(1, 40)), raw[b : b + rng.randrange(200)]])
        raw = raw[:a] + piece + raw[b:]
    return raw


def _recording(path: Path) -> None:
    for track in open_recording(path).tracks:
        for _ in track.items():
            pass


def kinds(folder: Path) -> dict[str, tuple[bytes, Callable[[Path], object]]]:
    """What is changed, and how it is read, by the name of the file."""
    table = gzip.decompress((data_folder("sample_data") / "band-flexes-left.csv.gz").read_bytes())
    text = b"".join(table.splitlines(keepends=True)[:300])
    return {
        "a.mcap": (record(folder / "whole.mcap", 100).read_bytes(), _recording),
        "a.csv": (text, _recording),
        "a.csv.gz": (gzip.compress(text), _recording),
        "a.toml": (routine_text("ground-up").encode(), load_routine),
    }


def fuzz(kind: str, raw: bytes, reader: Callable[[Path], object], seconds: float, folder: Path) -> Fuzzed:
    rng = random.Random(kind)
    until_s = time.monotonic() + seconds
    tried = good = 0
    wrong: list[str] = []
    path = folder / kind
    path.write_bytes(raw)
    reader(path)  # whatever is loaded at first is loaded
    while time.monotonic() < until_s:
        path.write_bytes(mutated(raw, rng))
        tried += 1
        began_s = time.process_time()
        try:
            reader(path)
            good += 1
        except FootsenseError as error:
            wrong += [f"more than a line: {error}"] * ("\n" in str(error))
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
            path.replace(folder / f"wrong-{len(wrong)}-{kind}")
        if time.process_time() - began_s > SLOW_S:
            wrong.append(f"took {time.process_time() - began_s:.1f} s")
    return Fuzzed(kind, seconds, tried, good, wrong[:20])


def main(seconds: str, folder: str) -> None:
    for kind, (raw, reader) in kinds(Path(folder)).items():
        print(json.dumps(asdict(fuzz(kind, raw, reader, float(seconds), Path(folder)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
