"""The strict MCAP reader: takes nothing that no CRC covers, and bounds every length before it acts on it.

Only messages inside chunks are taken. What a file says elsewhere (header, channels, index, summary) is passed
over, so damage there does no harm. Where a record cannot be right, reading goes on with the next whole
chunk, and the stretch is listed. Format: https://mcap.dev/spec.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

from footsense.recording.messages import END, Message, decode
from footsense.recording.model import Damage

MAGIC = b"\x89MCAP0\r\n"
MAX_RECORD = 16 << 20
MAX_CHUNK = 16 << 20
_CHUNK, _MESSAGE, _LAST_KNOWN = 0x06, 0x05, 0x0F
CUT = "the file ends in the middle of a record"
_RECORD = struct.Struct("<BQ")
_CHUNK_HEAD = struct.Struct("<QQQII")  # start, end, size, crc, length of the compression's name
_MESSAGE_HEAD = struct.Struct("<HIQQ")
_LENGTH = struct.Struct("<Q")
_COMPRESSIONS = {b"zstd", b""}
# opcode, length of the record, times, sizes, and the name of the compression: how a chunk begins
_CHUNK_START = re.compile(rb"\x06.{8}.{28}\x04\x00\x00\x00zstd", re.DOTALL)
_CHUNK_START_SIZE = 1 + 8 + 28 + 8
_WINDOW = 1 << 20


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """A record is not as it must be."""


@dataclass(slots=True)
class Reader:
    """Reads messages from an open file, in order; `damage` is complete when `messages` has run to its end."""

    file: BinaryIO
    size: int
    damage: list[Damage]

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.damage = []

    def messages(self) -> Iterator[Message]:
        """Every message that is whole; numbers grow."""
        last = -1
        for start, end, bodies in self._chunks():
            for body in bodies:
                message = decode(body)
                if message is None or message.seq <= last:
                    what = (
                        "a message's CRC is wrong" if message is None else f"message {message.seq} comes again"
                    )
                    self.damage.append(Damage(start, end, None, None, what))
                    continue
                if message.seq > last + 1:
                    what = f"{message.seq - last - 1} messages are missing"
                    self.damage.append(Damage(start, start, last + 1, message.seq - 1, what))
                last = message.seq
                yield message
                if message.topic == END:
                    return  # what follows is the index, which is not used

    def _chunks(self) -> Iterator[tuple[int, int, list[bytes]]]:
        at = len(MAGIC)
        if self._read(0, len(MAGIC)) != MAGIC:
            at = self._next_chunk(0, "does not begin as an MCAP file")
        while at < self.size:
            if self.size - at == len(MAGIC) and self._read(at, len(MAGIC)) == MAGIC:
                return
            try:
                end, bodies = self._record(at)
            except _Broken as broken:
                at = self._next_chunk(at, str(broken))
                continue
            if bodies is not None:
                yield at, end, bodies
            at = end

    def _record(self, at: int) -> tuple[int, list[bytes] | None]:
        """Where the record at a position ends, and its messages if it is a chunk."""
        opcode, end = self._head(at)
        if opcode != _CHUNK:
            if end + len(MAGIC) < self.size:
                self._head(end)  # a length that is wrong leads to where no record begins
            return end, None
        start = at + _RECORD.size
        return end, _chunk_messages(self._read(start, end - start))

    def _head(self, at: int) -> tuple[int, int]:
        """A record's opcode and end."""
        head = self._read(at, _RECORD.size)
        if len(head) < _RECORD.size:
            raise _Broken(CUT)
        opcode, length = _RECORD.unpack(head)
        if not 0 < opcode <= _LAST_KNOWN or length > MAX_RECORD:
            raise _Broken("not a record")
        end = at + _RECORD.size + int(length)
        if end > self.size:
            raise _Broken(CUT)
        return opcode, end

    def _read(self, at: int, length: int) -> bytes:
        self.file.seek(at)
        return self.file.read(length)

    def _next_chunk(self, at: int, what: str) -> int:
        """Note damage from a position on and find the next thing that begins as a chunk does."""
        found = self._search(at + 1)
        self.damage.append(Damage(at, found, None, None, what))
        return found

    def _search(self, at: int) -> int:
        while at < self.size:
            window = self._read(at, _WINDOW + _CHUNK_START_SIZE)
            for match in _CHUNK_START.finditer(window):
                (length,) = _LENGTH.unpack_from(window, match.start() + 1)
                (inside,) = _LENGTH.unpack_from(
                    self._read(at + match.start() + _CHUNK_START_SIZE, 8).ljust(8, b"\xff")
                )
                if length == 28 + 4 + 4 + 8 + inside:
                    return at + match.start()
            at += _WINDOW
        return self.size


def _chunk_messages(record: bytes) -> list[bytes]:
    """The message bodies of a chunk record whose CRC holds. Raises _Broken."""
    if len(record) < _CHUNK_HEAD.size:
        raise _Broken("a chunk is too short")
    _, _, size, crc, name_length = _CHUNK_HEAD.unpack_from(record)
    at = _CHUNK_HEAD.size + name_length
    name = record[_CHUNK_HEAD.size : at]
    if name not in _COMPRESSIONS or len(record) < at + 8:
        raise _Broken("a chunk's compression is unknown")
    (packed,) = _LENGTH.unpack_from(record, at)
    if packed != len(record) - at - 8 or size > MAX_CHUNK or not crc:
        raise _Broken("a chunk's lengths do not fit, or it has no CRC")
    data = _inflated(record[at + 8 :], size) if name else record[at + 8 :]
    if len(data) != size or zlib.crc32(data) != crc:
        raise _Broken("a chunk's CRC is wrong")
    return list(_bodies(data))


def _inflated(packed: bytes, size: int) -> bytes:
    try:
        if zstandard.frame_content_size(packed) != size:
            raise _Broken("a chunk inflates to another size than it says")
        return bytes(zstandard.ZstdDecompressor().decompress(packed, max_output_size=size))
    except zstandard.ZstdError:
        raise _Broken("a chunk cannot be inflated") from None


def _bodies(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if at + _RECORD.size > len(data):
            raise _Broken("a chunk ends in the middle of a record")
        opcode, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if length > len(data) - at:
            raise _Broken("a chunk ends in the middle of a record")
        if opcode == _MESSAGE and length >= _MESSAGE_HEAD.size:
            yield data[at + _MESSAGE_HEAD.size : at + length]
        at += length
