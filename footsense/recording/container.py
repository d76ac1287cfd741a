"""The MCAP file under a recording: messages into chunks, chunks to the disk."""

import contextlib
import os
import sys
from typing import Any

from mcap.writer import CompressionType, Writer

from footsense import __version__
from footsense.recording import messages as m

_CHUNK_BYTES = 1 << 20
_RAW_DOC = (m.__doc__ or "").encode()
_OTHER = "/other"  # the channel of messages that a later version wrote


class Container:
    """Writes messages to an open, empty file, of which it is the only writer.

    `flush` closes a chunk, so the messages since the last one are lost or kept together. It returns what is
    wrong with the disk, None if everything so far is on it for sure; what it has not taken is kept (`waiting`,
    in bytes) and tried again with the next.
    """

    def __init__(self, descriptor: int) -> None:
        self._outbox = _Outbox(File(descriptor))
        output: Any = self._outbox
        self._writer: Any = Writer(output, _CHUNK_BYTES, CompressionType.ZSTD, enable_data_crcs=True)
        self._writer.start(profile="footsense", library=f"footsense {__version__}")
        schema = self._writer.register_schema(m.SCHEMA, "text", _RAW_DOC)
        self._channels = {
            topic: self._writer.register_channel(
                topic, "x-footsense-raw" if topic == m.RAW else "json", schema if topic == m.RAW else 0
            )
            for topic in (*m.TOPICS, _OTHER)
        }

    @property
    def waiting(self) -> int:
        return len(self._outbox.kept)

    def add(self, topic: str, seq: int, host_ns: int, body: bytes) -> None:
        """Take an encoded message."""
        channel = self._channels.get(topic, self._channels[_OTHER])
        self._writer.add_message(channel, host_ns, body, host_ns, seq % (1 << 32))

    def flush(self) -> str | None:
        self._writer.flush()
        return self._outbox.drain()

    def finish(self) -> None:
        """Write the index; `drain` brings it to the disk. Nothing may be added after it."""
        self._writer.finish()

    def drain(self) -> str | None:
        """Try again to write what waits; returns as `flush` does."""
        return self._outbox.drain()

    def close(self) -> None:
        self._outbox.close()


class File:
    """An open file, written to at any place. Every method raises OSError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, at: int, data: memoryview) -> int:
        """How many bytes the system has taken."""
        os.lseek(self._descriptor, at, os.SEEK_SET)
        return os.write(self._descriptor, data)

    def sync(self) -> None:
        """Bring it to the disk itself."""
        if sys.platform == "darwin":
            import fcntl  # noqa: PLC0415

            with contextlib.suppress(OSError):
                fcntl.fcntl(self._descriptor, fcntl.F_FULLFSYNC)
                return
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class _Outbox:
    """A file for the MCAP writer that keeps everything until a sync has said that it is on the disk.

    A sync that fails may have dropped what was written before it, and the next one does not know of that
    (https://wiki.postgresql.org/wiki/Fsync_Errors), so it is all written again.
    """

    def __init__(self, file: File) -> None:
        self.kept = bytearray()
        self._file = file
        self._synced = 0  # bytes of the file that are on the disk
        self._written = 0  # bytes of `kept` that the system has taken

    def write(self, data: bytes) -> int:
        self.kept += data
        return len(data)

    def tell(self) -> int:
        return self._synced + len(self.kept)

    def flush(self) -> None:
        """The writer's own flush: nothing to do, `drain` follows."""

    def drain(self) -> str | None:
        """Write and sync; returns what is wrong, None if all is on the disk."""
        if not self.kept:
            return None
        try:
            self._write_kept()
        except OSError as error:
            return error.strerror or str(error)
        try:
            self._file.sync()
        except OSError as error:
            self._written = 0
            return error.strerror or str(error)
        self._synced += len(self.kept)
        self._written = 0
        self.kept.clear()
        return None

    def _write_kept(self) -> None:
        # of a copy: while anything holds a view of the array itself (a list of all objects), it cannot grow
        kept = memoryview(bytes(self.kept))
        while self._written < len(kept):
            self._written += self._file.write(self._synced + self._written, kept[self._written :])

    def close(self) -> None:
        self._file.close()
