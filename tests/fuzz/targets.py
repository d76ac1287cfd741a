"""What is fuzzed: for each reader a way to hand it any bytes, and some that it reads, to begin from.

A reader takes the bytes, or refuses them with an error of ours in one line that is safe to print; within a
second of the processor, and within bounds of memory. Anything else is `Wrong`.
"""

import gzip
import json
import math
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from footsense.analysis import analyse
from footsense.completion import (
    Completion,
    Correction,
    Keys,
    Ledger,
    Seen,
    entry_in,
    sha256_of,
    software,
    witnessed,
)
from footsense.devices import Decoder, Encoder, Profile, commands, load_profile, parse_profile, profile_names
from footsense.errors import FootsenseError, PacketError
from footsense.private import new_private
from footsense.recording import messages as m
from footsense.recording import open_recording
from footsense.recording.container import Container
from footsense.recording.reader import Reader
from footsense.resources import data_folder
from footsense.routine import parse_routine, routine_names, routine_text
from footsense.session import inputs_of
from footsense.stream import Stage
from footsense.types import Item, RawPacket, Samples, StreamInfo
from tests.recording.source import record
from tests.shown import is_safe

SLOW_S = 1.0
_BETWEEN = b"\n\x00\n"  # messages, in what is fuzzed of a recording's inside
_HEAD = struct.Struct("<BB")
_MOST_PACKETS = 200


class Wrong(Exception):  # noqa: N818 - it is what is looked for
    """A reader did what none may do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A reader: `read` takes any bytes or raises FootsenseError; `seeds` are bytes that it reads."""

    name: str
    read: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]


def attempt(target: Target, data: bytes, slow_s: float = math.inf) -> bool:
    """Whether the reader took the bytes; False where it refused them as it may. Raises Wrong, also for what
    takes more than `slow_s` of CPU time."""
    began_s = time.process_time()
    try:
        target.read(data)
        taken = True
    except FootsenseError as error:
        if not is_safe(str(error)):
            raise Wrong(f"what it says is not safe to print: {error!r}") from error
        taken = False
    except Wrong:
        raise
    except Exception as error:
        raise Wrong(f"{type(error).__name__}: {error}") from error
    if time.process_time() - began_s > slow_s:
        raise Wrong(f"took {time.process_time() - began_s:.1f} s")
    return taken


# packets


@cache
def _profiles() -> list[Profile]:
    return [load_profile(name) for name in profile_names()]


def _pieces(data: bytes) -> Iterator[bytes]:
    """Each with its length before it; what is left over is one more."""
    at = 0
    for _ in range(_MOST_PACKETS):
        if at >= len(data):
            return
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]


def read_packets(data: bytes) -> None:
    """First byte: which profile; second: which of its characteristics; then packets, a length before each."""
    if len(data) < _HEAD.size:
        return
    which, char = _HEAD.unpack_from(data)
    profile = _profiles()[which % len(_profiles())]
    decoder, items = Decoder(profile, {}), list[Item]()
    stage = Stage(decoder.timings, others=decoder.others)
    for k, payload in enumerate(_pieces(data[_HEAD.size :])):
        uuid = decoder.layouts[(char + k * (char >> 7)) % len(decoder.layouts)].char
        try:
            frames = decoder.feed(uuid, payload)
        except PacketError as error:
            if not is_safe(str(error)):
                raise
            frames = error.frames
        items += stage.process(RawPacket("s", uuid, k * 50_000_000, payload), frames)
    _check(items + stage.flush())


def _check(items: Sequence[Item]) -> None:
    """The rules of a stream: times grow, indices do not fall, numbers are finite."""
    last_s, last = -np.inf, -1
    for item in items:
        if isinstance(item, StreamInfo):
            last = -1  # a stream begins
        if not isinstance(item, Samples):
            continue
        grows = bool((np.diff(np.r_[last_s, item.t_s]) > 0).all())
        if not (grows and item.first > last and np.isfinite(item.acc_g).all()):
            raise Wrong("a stream whose times or numbers are not in order")
        last_s, last = float(item.t_s[-1]), item.first + len(item) - 1


def _packets() -> list[bytes]:
    seeds = []
    for which, profile in enumerate(_profiles()):
        rng = np.random.default_rng(which)
        n = 60
        encoder = Encoder(profile, {})
        acc, gyr = rng.normal([0, 0, 1], 0.1, (n, 3)), rng.normal(0, 10, (n, 3))
        sent = encoder.encode(0, np.arange(n) / 50, acc, gyr)
        body = b"".join(bytes([len(p)]) + p for _, p in sent[:20] if len(p) < 256)
        seeds.append(_HEAD.pack(which, 0) + body)
    return seeds


# texts


def read_profile(data: bytes) -> None:
    """A profile; one that is valid decodes, and says what it writes."""
    profile = parse_profile(data, "p.toml")
    decoder = Decoder(profile, {})
    commands(profile, {})
    profile.mtu_min({})
    for layout in decoder.layouts:
        for payload in (b"", bytes(20), b"\xff" * 64):
            try:
                decoder.feed(layout.char, payload)
            except FootsenseError:
                continue


def _profile_texts() -> list[bytes]:
    return [p.text.encode() for p in _profiles()]


def read_routine(data: bytes) -> None:
    """A routine."""
    parse_routine(data.decode("utf-8", "surrogateescape"), "r.toml")


def _routine_texts() -> list[bytes]:
    return [routine_text(name).encode() for name in routine_names()]


def read_record(data: bytes) -> None:
    """A completion record's entry."""
    entry_in(data)


def _records() -> list[bytes]:
    """Of a session of which nothing could be counted, and a correction of it."""
    table = b"t_s,ax_g,ay_g,az_g\n" + b"".join(b"%.2f,0,0,1\n" % (k / 50) for k in range(200))
    with _file("a.csv", table) as path:
        recording = open_recording(path, side="left", placement="foot")
        seen = Seen(path, recording, [analyse(recording)], "left", "foot", None)
        asked, result = witnessed(routine_text("ground-up"), [seen])
        ledger = Ledger(path.parent / "records", Keys(path.parent / "keys"))
        whole = Completion(software=software(), routine=asked, result=result)
        now = datetime(2026, 1, 2, tzinfo=UTC)
        first = ledger.append("0" * 32, whole, now).read_bytes()
        why = Correction(
            of=sha256_of(first), exercise="top-presses", side="both", counted="holds", by=1, why="one more"
        )
        return [first, ledger.append("0" * 32, why, now).read_bytes()]


# files


@contextmanager
def _file(name: str, data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def _read_file(name: str, data: bytes) -> None:
    with _file(name, data) as path:
        for track in open_recording(path).tracks:
            _check(list(track.items()))
            track.dates()


def read_csv(data: bytes) -> None:
    """A table."""
    _read_file("a.csv", data)


def read_csv_gz(data: bytes) -> None:
    """A packed table."""
    _read_file("a.csv.gz", data)


def read_mcap(data: bytes) -> None:
    """A recording, as a file."""
    _read_file("a.mcap", data)


def read_messages(data: bytes) -> None:
    """A recording whose frame is whole and whose messages are anything, their CRCs made right."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mcap"
        container = Container(new_private(path))
        for k, text in enumerate(data.split(_BETWEEN)[:_MOST_PACKETS]):
            container.add(m.RAW, k, k, _signed(text))
        container.finish()
        container.drain()
        container.close()
        for track in open_recording(path).tracks:
            _check(list(track.items()))
            track.dates()
        for _ in inputs_of(path):
            pass


def _signed(text: bytes) -> bytes:
    crc = zlib.crc32(text)
    if text[:1] == b"{":
        return text + b',"crc32":' + str(crc).encode() + b"}"
    return text + struct.pack("<I", crc)


def _recorded() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return record(Path(folder) / "a.mcap", 40).read_bytes()


def _messages() -> list[bytes]:
    with _file("a.mcap", _recorded()) as path, path.open("rb") as opened:
        bodies = [body for _, body in Reader(opened).entries()]
    clock = json.dumps({"topic": m.CLOCK, "seq": 1, "host_ns": 5, "monotonic_ns": 1, "wall_ns": 2})
    bare = [b[: b.rfind(b',"crc32":')] if b[:1] == b"{" else b[:-4] for b in bodies]
    return [_BETWEEN.join(bare), _BETWEEN.join([*bare[:12], clock[:-1].encode()])]


def _table() -> bytes:
    whole = gzip.decompress((data_folder("sample_data") / "band-flexes-left.csv.gz").read_bytes())
    return b"".join(whole.splitlines(keepends=True)[:300])


TARGETS = {
    t.name: t
    for t in (
        Target("packets", read_packets, _packets),
        Target("profile", read_profile, _profile_texts),
        Target("routine", read_routine, _routine_texts),
        Target("csv", read_csv, lambda: [_table(), b"t_s,ax_ms2,ay_ms2,az_ms2\n0,0,0,9.8\n1,0,0,9.8\n"]),
        Target("csv.gz", read_csv_gz, lambda: [gzip.compress(_table())]),
        Target("mcap", read_mcap, lambda: [_recorded()]),
        Target("messages", read_messages, _messages),
        Target("record", read_record, _records),
    )
}
