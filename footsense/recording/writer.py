"""Writes a recording as MCAP so that a crash costs a second at most.

Chunks span at most a second; a thread of its own flushes and syncs each, so the caller never waits for the
disk. Until it is closed in order the file is called `NAME.part.mcap`. When the disk is full what cannot be
written is kept in memory and tried again. Everything that matters is a message inside a chunk.
"""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from footsense import __version__
from footsense.errors import RecordingError
from footsense.recording import messages as m
from footsense.text import display
from footsense.types import Command, RawPacket, SensorMeta, Tick

_CHUNK_NS = 900_000_000
_SESSION_EVERY_NS = 10_000_000_000  # the facts again, so that no single chunk is needed to read the rest
_IDLE_S = 0.5
_CHUNK_BYTES = 1 << 20
_MAX_UNWRITTEN = 1 << 26
_MIN_FREE = 20 << 20
_RAW_DOC = (m.__doc__ or "").encode()


class Recorder:
    """Records one session of one or more sensors to `path`, which ends in `.mcap`.

    Methods may be called from one thread; none waits for the disk but `close`. `problem` says what is wrong
    with the disk at the moment, None if nothing is. Raises RecordingError if the file exists, cannot be
    made, or the disk has less than 20 MB free.
    """

    def __init__(
        self,
        path: Path | str,
        sensors: Sequence[SensorMeta],
        *,
        created_utc: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.path = Path(path)
        self.problem: str | None = None
        self._part = part_path(self.path)
        self._session = {
            "schema": m.SCHEMA, "version": __version__, "created_utc": created_utc, "facts": dict(facts or {}),
            "sensors": [_sensor(s) for s in sensors],
        }  # fmt: skip
        self._seq = 0
        self._session_ns: int | None = None
        self._last_ns = 0
        self._closed = False
        self._outbox = _Outbox(_create(self.path, self._part))
        self._queue: queue.SimpleQueue[tuple[str, int, int, bytes] | None] = queue.SimpleQueue()
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

    def close(self, reason: str = "closed") -> Path:
        """Write the end record, wait for the disk and give the file its name. Returns the path. Raises
        RecordingError if the disk did not take everything, or the name was taken meanwhile; what was written
        stays as `.part.mcap`."""
        if self._closed:
            return self.path
        self._closed = True
        self._before(self._last_ns)
        end = m.encode_fields(m.END, self._seq, self._last_ns, {"reason": reason, "messages": self._seq + 1})
        self._put(m.END, self._last_ns, end)
        self._queue.put(None)
        self._thread.join()
        if self.problem is not None:
            raise RecordingError(f"{display(self._part)}: not all was written: {self.problem}")
        if self.path.exists():
            raise RecordingError(
                f"{display(self.path)}: has come into being meanwhile; all is in {display(self._part)}"
            )
        self._part.rename(self.path)
        _sync_folder(self.path.parent)
        return self.path

    def _before(self, host_ns: int) -> None:
        self._last_ns = max(self._last_ns, host_ns)
        if self._session_ns is None or host_ns - self._session_ns >= _SESSION_EVERY_NS:
            self._session_ns = host_ns
            self._put(m.SESSION, host_ns, m.encode_fields(m.SESSION, self._seq, host_ns, self._session))

    def _fields(self, topic: str, host_ns: int, fields: Mapping[str, object]) -> None:
        self._before(host_ns)
        self._put(topic, host_ns, m.encode_fields(topic, self._seq, host_ns, fields))

    def _put(self, topic: str, host_ns: int, body: bytes) -> None:
        self._queue.put((topic, self._seq, host_ns, body))
        self._seq += 1

    def _run(self) -> None:
        """The writer thread."""
        try:
            self._write_all()
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self._outbox.close()

    def _write_all(self) -> None:
        output: Any = self._outbox
        writer: Any = Writer(output, _CHUNK_BYTES, CompressionType.ZSTD, enable_data_crcs=True)
        writer.start(profile="footsense", library=f"footsense {__version__}")
        schema = writer.register_schema("footsense.recording/1", "text", _RAW_DOC)
        channels = {
            t: writer.register_channel(
                t, "x-footsense-raw" if t == m.RAW else "json", schema if t == m.RAW else 0
            )
            for t in m.TOPICS
        }
        chunk_ns: int | None = None
        while True:
            item = self._next()
            if item is None:
                break
            topic, seq, host_ns, body = item
            if topic:
                writer.add_message(channels[topic], host_ns, body, host_ns, seq)
                chunk_ns = host_ns if chunk_ns is None else chunk_ns
            if not topic or (chunk_ns is not None and host_ns - chunk_ns >= _CHUNK_NS):
                writer.flush()
                self.problem = self._outbox.drain()
                chunk_ns = None
        writer.finish()
        self.problem = self._outbox.drain()

    def _next(self) -> tuple[str, int, int, bytes] | None:
        """The next message; one without a topic when none has come for half a second."""
        try:
            return self._queue.get(timeout=_IDLE_S)
        except queue.Empty:
            return "", 0, 0, b""


class _Outbox:
    """A file for the MCAP writer that keeps what the disk does not take."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._position = 0
        self._unwritten = bytearray()

    def write(self, data: bytes) -> int:
        self._position += len(data)
        self._unwritten += data
        return len(data)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """The writer's own flush: nothing to do, `drain` follows."""

    def drain(self) -> str | None:
        """Write and sync; returns what is wrong, None if all is on the disk."""
        if len(self._unwritten) > _MAX_UNWRITTEN:
            raise OSError("the disk has taken nothing for too long")
        try:
            while self._unwritten:
                taken = os.write(self._file, self._unwritten)
                del self._unwritten[:taken]
            _sync(self._file)
        except OSError as error:
            return error.strerror or str(error)
        return None

    def close(self) -> None:
        os.close(self._file)


def part_path(path: Path) -> Path:
    """What a recording is called until it is closed: `NAME.part.mcap`."""
    return path.with_name(path.name.removesuffix(".mcap") + ".part.mcap")


def _create(path: Path, part: Path) -> int:
    if path.suffix != ".mcap":
        raise RecordingError(f"{display(path)}: a recording's name ends in .mcap")
    if path.exists():
        raise RecordingError(f"{display(path)}: is there already; choose another name")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_space(path.parent)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise RecordingError(f"{display(part)}: is there already; move it away first") from None
    except OSError as error:
        raise RecordingError(f"{display(part)}: cannot be made: {error.strerror or error}") from None
    _sync_folder(path.parent)
    return file


def _check_space(folder: Path) -> None:
    import shutil  # noqa: PLC0415

    if shutil.disk_usage(folder).free < _MIN_FREE:
        raise RecordingError(f"{display(folder)}: less than {_MIN_FREE >> 20} MB free; make room first")


def _sync(file: int) -> None:
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415

        with contextlib.suppress(OSError):
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
            return
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _sensor(meta: SensorMeta) -> dict[str, object]:
    return {
        "id": meta.id, "profile": meta.profile, "settings": dict(meta.settings), "side": meta.side,
        "placement": meta.placement,
    }  # fmt: skip
