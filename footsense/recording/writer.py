"""Writes a recording so that a crash costs a second at most.

Chunks span three quarters of a second; a thread of its own flushes and syncs each, so the caller never waits
for the disk. Until it is closed in order the file is called `NAME.part.mcap`. When the disk is full what cannot
be written is kept in memory and tried again.
"""

import queue
import shutil
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from footsense import __version__
from footsense.errors import RecordingError
from footsense.private import new_private, private_folder, sync_folder
from footsense.recording import messages as m
from footsense.recording.container import Container
from footsense.recording.model import Segment
from footsense.text import display
from footsense.types import Command, RawPacket, SensorMeta, Status, Tick

_CHUNK_S = 0.75
_SESSION_EVERY_NS = 10_000_000_000  # the facts again, so that no single chunk is needed to read the rest
_MAX_WAITING = 1 << 26  # bytes; hours of two sensors
_MIN_FREE = 20 << 20  # bytes; an hour of two sensors that send 400 times a second
_AGAIN_S, _CLOSE_S, _HUNG_S = 0.2, 10.0, 60.0


@dataclass(frozen=True, slots=True)
class _Queued:
    topic: str
    seq: int
    host_ns: int
    body: bytes


class Recorder:
    """Records one session of one or more sensors to `path`, which ends in `.mcap`.

    Methods may be called from one thread; none waits for the disk but `close`. `problem` says what is wrong
    with the disk at the moment, None if nothing is. The messages numbered below `durable` are on the disk for
    sure, but for the `lost` ones, which were given up because it has taken nothing for hours. Raises
    RecordingError if the file exists, cannot be made, or the disk has less than 20 MB free.
    """

    def __init__(
        self,
        path: Path | str,
        sensors: Sequence[SensorMeta],
        *,
        created_utc: str | None = None,
        facts: Mapping[str, object] | None = None,
        segment: Segment | None = None,
    ) -> None:
        self.path = Path(path)
        self.segment = segment or Segment(str(uuid.uuid4()))
        self.problem: str | None = None
        self.durable = self.lost = 0
        self._part = part_path(self.path)
        self._session = {
            "schema": m.SCHEMA, "version": __version__, "session": self.segment.session,
            "segment": self.segment.number, "after_sha256": self.segment.after_sha256,
            "created_utc": created_utc, "facts": dict(facts or {}), "sensors": [_sensor(s) for s in sensors],
        }  # fmt: skip
        self._seq = 0
        self._session_ns: int | None = None
        self._last_ns = 0
        self._closed = self._over = False
        self._failure: str | None = None
        self._container = Container(_create(self.path, self._part))
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def packet(self, packet: RawPacket) -> None:
        """Record a notification as received."""
        self._before(packet.host_ns)
        self._put(m.RAW, packet.host_ns, m.encode_packet(self._seq, packet))

    def tick(self, tick: Tick) -> None:
        """Record a tick of the source's clock."""
        self._fields(m.TICK, tick.host_ns, {})

    def command(self, command: Command) -> None:
        """Record a command."""
        self._fields(m.COMMAND, command.host_ns, {"kind": command.kind, "fields": dict(command.fields)})

    def status(self, status: Status) -> None:
        """Record what machine or link said of itself."""
        self._fields(m.STATUS[status.about], status.host_ns, dict(status.fields))

    def close(self, reason: str = "closed") -> Path:
        """Write the end record, wait for the disk and give the file its name. Returns the path.

        A disk that is full is tried for ten seconds more. Raises RecordingError if it did not take everything,
        or the name was taken meanwhile; what was written stays as `.part.mcap`. Raises it too if some
        were `lost`; then the file has its name, and the numbers of the others tell what it lacks. Closed
        again, it says the same again.
        """
        if not self._closed:
            self._closed = True
            self._failure = f"{display(self._part)}: not all was written: closing it was broken off"
            self._failure = self._ended(reason)
        if self._failure is not None:
            raise RecordingError(self._failure)
        return self.path

    def _ended(self, reason: str) -> str | None:
        """What went wrong with the whole recording, None if nothing did."""
        self._before(self._last_ns)
        end = m.encode_fields(m.END, self._seq, self._last_ns, {"reason": reason, "messages": self._seq + 1})
        self._put(m.END, self._last_ns, end)
        self._queue.put(None)
        self._thread.join(_HUNG_S)
        if self._thread.is_alive():
            self.problem = f"it has not answered for {_HUNG_S:g} s"
        if self.problem is not None:
            return f"{display(self._part)}: not all was written: {self.problem}"
        if self.path.exists():
            return f"{display(self.path)}: has come into being meanwhile; all is in {display(self._part)}"
        self._part.rename(self.path)
        sync_folder(self.path.parent)
        if self.lost:
            return (
                f"{display(self.path)}: {self.lost} messages of {self._seq} are missing: the disk took nothing "
                "for too long; the others are in it"
            )
        return None

    def _before(self, host_ns: int) -> None:
        self._last_ns = max(self._last_ns, host_ns)
        if self._session_ns is None or host_ns - self._session_ns >= _SESSION_EVERY_NS:
            self._session_ns = host_ns
            self._put(m.SESSION, host_ns, m.encode_fields(m.SESSION, self._seq, host_ns, self._session))

    def _fields(self, topic: str, host_ns: int, fields: Mapping[str, object]) -> None:
        self._before(host_ns)
        self._put(topic, host_ns, m.encode_fields(topic, self._seq, host_ns, fields))

    def _put(self, topic: str, host_ns: int, body: bytes) -> None:
        if self._over:
            self.lost += 1
        else:
            self._queue.put(_Queued(topic, self._seq, host_ns, body))
        self._seq += 1

    # the writer thread

    def _run(self) -> None:
        try:
            self._write_all()
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self._over = True
            self._container.close()

    def _write_all(self) -> None:
        chunk = _Chunk()
        while True:
            item = self._next(chunk.due_in_s)
            if item is None:
                break
            if isinstance(item, _Queued):
                self._take(item)
                chunk.add(item)
            # the first message is the session: without it nothing else can be read
            if chunk.is_due or (chunk.messages and not self.durable):
                self._flushed(chunk)
        self._finish(chunk)

    def _take(self, item: _Queued) -> None:
        if self._container.waiting > _MAX_WAITING and item.topic != m.END:
            self.lost += 1  # the number that is missing tells it
            return
        self._container.add(item.topic, item.seq, item.host_ns, item.body)

    def _flushed(self, chunk: "_Chunk") -> None:
        self.problem = self._container.flush()
        if self.problem is None:
            self.durable = chunk.last_seq + 1
        chunk.begin_anew()

    def _finish(self, chunk: "_Chunk") -> None:
        self._flushed(chunk)
        self._container.finish()
        until_s = time.monotonic() + _CLOSE_S
        while (problem := self._container.drain()) is not None and time.monotonic() < until_s:
            self.problem = problem
            time.sleep(_AGAIN_S)
        self.problem = problem
        if problem is None:
            self.durable = chunk.last_seq + 1

    def _next(self, wait_s: float) -> "_Queued | _Waited | None":
        try:
            return self._queue.get(timeout=wait_s)
        except queue.Empty:
            return _Waited()


class _Waited:
    """Nothing came in time."""


class _Chunk:
    """The chunk under way: due when it spans so much of the recording's time, or of real time."""

    def __init__(self) -> None:
        self.last_seq = -1
        self.begin_anew()

    def begin_anew(self) -> None:
        self.messages = 0
        self._first_ns = self._span_ns = 0
        self._due_s = time.monotonic() + _CHUNK_S

    def add(self, item: _Queued) -> None:
        if not self.messages:
            self._first_ns, self._due_s = item.host_ns, time.monotonic() + _CHUNK_S
        self.messages += 1
        self.last_seq = item.seq
        self._span_ns = item.host_ns - self._first_ns

    @property
    def due_in_s(self) -> float:
        return max(0.0, self._due_s - time.monotonic())

    @property
    def is_due(self) -> bool:
        return self._span_ns >= _CHUNK_S * 1e9 or time.monotonic() >= self._due_s


def part_path(path: Path) -> Path:
    """What a recording is called until it is closed: `NAME.part.mcap`."""
    return path.with_name(path.name.removesuffix(".mcap") + ".part.mcap")


def _create(path: Path, part: Path) -> int:
    if path.suffix != ".mcap":
        raise RecordingError(f"{display(path)}: a recording's name ends in .mcap")
    if path.exists():
        raise RecordingError(f"{display(path)}: is there already; choose another name")
    try:
        private_folder(path.parent)
        _check_space(path.parent)
        file = new_private(part)
    except FileExistsError:
        raise RecordingError(f"{display(part)}: is there already; move it away first") from None
    except OSError as error:
        raise RecordingError(f"{display(part)}: cannot be made: {error.strerror or error}") from None
    sync_folder(path.parent)
    return file


def _check_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _MIN_FREE:
        raise RecordingError(f"{display(folder)}: less than {_MIN_FREE >> 20} MB free; make room first")


def _sensor(meta: SensorMeta) -> dict[str, object]:
    return {
        "id": meta.id, "profile": meta.profile, "settings": dict(meta.settings), "side": meta.side,
        "placement": meta.placement,
    }  # fmt: skip
