"""Files made to keep a reader busy, or to fill its memory: each refused, or read as far as it is worth.

python -m tests.recording.hostile FOLDER     prints a JSON object for each
"""

import gzip
import json
import os
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from footsense.errors import FootsenseError
from footsense.recording import messages as m
from footsense.recording import open_recording
from footsense.recording.reader import MAGIC, MAX_CHUNK
from tests.recording.source import META, packet, record

SECONDS, MEGABYTES = 1.0, 256
HEAD = b"t_s,ax_g,ay_g,az_g\n"


def record_of(opcode: int, body: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(body)) + body


def message(body: bytes) -> bytes:
    return record_of(5, struct.pack("<HIQQ", 1, 0, 0, 0) + body)


def chunk(data: bytes, *, packed: bytes | None = None, size: int | None = None) -> bytes:
    """A chunk record, lying where it is told to."""
    packed = zstandard.compress(data) if packed is None else packed
    head = struct.pack("<QQQII", 0, 0, len(data) if size is None else size, zlib.crc32(data) or 1, 4)
    return record_of(6, head + b"zstd" + struct.pack("<Q", len(packed)) + packed)


def to_size(unit: bytes, size: int) -> bytes:
    return MAGIC + unit * max(1, (size - len(MAGIC)) // len(unit))


def bomb() -> bytes:
    """Chunks of zeros that inflate ten thousand times."""
    return to_size(chunk(bytes(MAX_CHUNK)), 66_000)


def giant() -> bytes:
    """One chunk that says, truly, that it inflates to 10 GiB."""
    piece = zstandard.compress(bytes(1 << 20))
    return MAGIC + chunk(b"", packed=piece * 10, size=10 << 30)


def lying_lengths() -> bytes:
    return b"".join([MAGIC, *(struct.pack("<BQ", 1 + k % 15, 1 << (k % 64)) for k in range(7000))])


def empty_records() -> bytes:
    return to_size(record_of(1, b""), 4 << 20)


def messages_by_the_million() -> bytes:
    """Chunks full of messages that are none."""
    return to_size(chunk(message(b"") * (MAX_CHUNK // 31)), 1 << 20)


def the_same_message() -> bytes:
    return to_size(chunk(message(m.encode_packet(0, packet(0))) * 20_000), 1 << 20)


def nested_chunks() -> bytes:
    """Each chunk says that all the rest of the file is inside it, and none is whole."""
    count, step = 80_000, 53
    out = bytearray(MAGIC)
    for left in range(count - 1, -1, -1):
        inside = min(left * step, MAX_CHUNK)
        head = struct.pack("<QQQII", 0, 0, MAX_CHUNK, 1, 4) + b"zstd" + struct.pack("<Q", inside)
        out += struct.pack("<BQ", 6, len(head) + inside) + head
    return bytes(out)


def jumping_numbers() -> bytes:
    """Every message is whole, and a million are missing before each."""
    bodies = b"".join(message(m.encode_packet(k * 1_000_000, packet(0))) for k in range(4000))
    return to_size(chunk(bodies), 1 << 20)


def deep_json() -> bytes:
    text = b'{"topic":"/session","seq":0,"host_ns":0,"x":' + b"[" * 100_000 + b"]" * 100_000
    return MAGIC + chunk(message(text + b',"crc32":%d}' % zlib.crc32(text)))


def wide_json() -> bytes:
    text = b'{"topic":"/session","seq":0,"host_ns":0,"x":[' + b"{}," * 1_000_000 + b"0]"
    return MAGIC + chunk(message(text + b',"crc32":%d}' % zlib.crc32(text)))


def long_number() -> bytes:
    text = b'{"topic":"/session","seq":0,"host_ns":0,"x":' + b"9" * 1_000_000
    return MAGIC + chunk(message(text + b',"crc32":%d}' % zlib.crc32(text)))


def hostile_profile(toml: str) -> Callable[[], bytes]:
    """A whole session whose device profile is the hostile part."""

    def made() -> bytes:
        sensor = {"id": META.id, "profile": toml, "settings": {}, "side": None, "placement": None}
        session = m.encode_fields(m.SESSION, 0, 0, {"schema": m.SCHEMA, "sensors": [sensor]})
        return MAGIC + chunk(message(session))

    return made


def noise() -> bytes:
    return MAGIC + random.Random(1).randbytes(4 << 20)


def chunk_marks() -> bytes:
    """What a chunk begins with, over and over, in a file of noise."""
    return to_size(b"\x06" + bytes(36) + b"\x04\x00\x00\x00zstd", 4 << 20)


def gzip_bomb(unit: bytes, size: int) -> Callable[[], bytes]:
    return lambda: gzip.compress(HEAD + unit * (size // len(unit)), 9)


def gzip_members() -> bytes:
    return gzip.compress(HEAD) + gzip.compress(b"") * 20_000


FILES: dict[str, Callable[[], bytes]] = {
    "bomb-66-kB.mcap": bomb,
    "giant-chunk.mcap": giant,
    "lying-lengths.mcap": lying_lengths,
    "empty-records-4-MB.mcap": empty_records,
    "messages-that-are-none-1-MB.mcap": messages_by_the_million,
    "the-same-message-1-MB.mcap": the_same_message,
    "nested-chunks-4-MB.mcap": nested_chunks,
    "jumping-numbers-1-MB.mcap": jumping_numbers,
    "deep-json.mcap": deep_json,
    "wide-json.mcap": wide_json,
    "long-number.mcap": long_number,
    "deep-profile.mcap": hostile_profile("a = " + "[" * 60_000),
    "dotted-profile.mcap": hostile_profile("[" + ".".join("a" * 32_000) + "]\nb = 1\n"),
    "repeated-tables-profile.mcap": hostile_profile("[[a]]\n" * 10_000),
    "noise-4-MB.mcap": noise,
    "chunk-marks-4-MB.mcap": chunk_marks,
    "zeros-256-MB.csv.gz": gzip_bomb(b"0", 1 << 28),
    "blank-lines-256-MB.csv.gz": gzip_bomb(b"\n", 1 << 28),
    "same-row-256-MB.csv.gz": gzip_bomb(b"0,0,0,1\n", 1 << 28),
    "commas-256-MB.csv.gz": gzip_bomb(b",,,,,,,,,\n", 1 << 28),
    "gzip-of-20000-members.csv.gz": gzip_members,
    "zeros-4-MB.csv": lambda: HEAD + bytes(4 << 20),
}


def opened(path: Path) -> tuple[float, str]:
    """Seconds of the processor to open and read a file to its end, and what came of it in a line."""
    began_s = time.process_time()
    try:
        recording = open_recording(path)
        items = sum(1 for track in recording.tracks for _ in track.items())
        said = f"read: {items} items, {len(recording.damage)} places damaged"
    except FootsenseError as error:
        said = str(error)
    return time.process_time() - began_s, said


def in_a_child(path: Path) -> dict[str, object]:
    """Open a file in a process of its own: seconds, and the most memory in MB that it had."""
    read_end, write_end = os.pipe()
    process = os.fork()
    if not process:
        try:
            took_s, said = opened(path)
            os.write(write_end, json.dumps([took_s, said[:500]]).encode())
        except BaseException as error:
            os.write(write_end, json.dumps([0.0, f"CRASHED {type(error).__name__}"]).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as told:
        raw = told.read()
    usage = os.wait4(process, 0)[2]
    took_s, said = json.loads(raw or b'[0.0, "CRASHED without a word"]')
    return {"file": path.name, "bytes": path.stat().st_size, "seconds": took_s, "mb": usage.ru_maxrss / 1024,
            "said": said}  # fmt: skip


def main(folder: str) -> None:
    record(Path(folder) / "warm.mcap", 3)
    opened(Path(folder) / "warm.mcap")  # modules are loaded before anything is timed
    for name, made in FILES.items():
        path = Path(folder) / name
        path.write_bytes(made())
        print(json.dumps(in_a_child(path)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
