"""The strict MCAP reader: takes nothing that no CRC covers, and bounds every length before it acts on it.

Only messages inside chunks are taken. What a file says elsewhere (header, channels, index, summary) is passed
over, so damage there does no harm. Where a record cannot be right, reading goes on with the next whole
chunk, and the stretch is listed. A file that is made to keep a reader busy is given up: what is inflated, and
how often reading begins anew, is bounded by the file's size. Format: https://mcap.dev/spec.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

from footsense.recording.messages import END, REPAIR, Message, decode
from footsense.recording.model import Damage

MAGIC = b"\x89MCAP0\r\n"
MAX_CHUNK = 4 << 20  # the writer's end at 1 MiB and the message that goes beyond
MAX_RECORD = MAX_CHUNK + (1 << 20)
CUT = "the file ends in the middle of a record"
GIVEN_UP = "more is wrong than damage does; the rest was not read"
_CHUNK, _DATA_END, _LAST_KNOWN = 0x06, 0x0F, 0x0F
_SCHEMA, _CHANNEL, _MESSAGE = 0x03, 0x04, 0x05
_RECORD = struct.Struct("<BQ")
_CHUNK_HEAD = struct.Struct("<QQQII")  # start, end, size, crc, length of the compression's name
_MESSAGE_HEAD = struct.Struct("<HIQQ")
_LENGTH = struct.Struct("<Q")
_COMPRESSIONS = {b"zstd", b""}
# opcode, length of the record, times, sizes, and the name of the compression: how a chunk begins
_CHUNK_START = re.compile(rb"\x06.{8}.{28}\x04\x00\x00\x00zstd", re.DOTALL)
_CHUNK_START_SIZE = 1 + 8 + 28 + 8
_WINDOW = 1 << 16
_MOST_BETWEEN = 256  # records between two chunks; the writer makes one for each topic
_MOST_FAULTS = 10_000  # eight hours of recording have four times as many chunks
_EFFORT, _EFFORT_BYTES = 32, 4 << 20  # bytes read and inflated for each of the file's, and for any file


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """A record is not as it must be."""


class _Enough(Exception):  # noqa: N818 - never leaves this module
    """The file is not worth more work."""


@dataclass(slots=True)
class Reader:
    """Reads messages from an open file, in order; `damage` is complete when it has run to its end."""

    file: BinaryIO
    size: int
    damage: list[Damage]
    _effort: int
    _faults: int
    _ended: bool

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)
        self.damage = []
        self._effort = _EFFORT * self.size + _EFFORT_BYTES
        self._faults = 0
        self._ended = False

    def messages(self) -> Iterator[Message]:
        """Every message that is whole; numbers grow."""
        return (message for message, _ in self.entries())

    def entries(self) -> Iterator[tuple[Message, bytes]]:
        """Every message that is whole, and its bytes; numbers grow. After the end only what a repair noted."""
        last, at = -1, 0
        try:
            for at, end, bodies in self._chunks():
                for body in bodies:
                    message = decode(body)
                    if message is None or message.seq <= last or (self._ended and message.topic != REPAIR):
                        what = "a message's CRC is wrong" if message is None else "messages come again"
                        self._note(at, end, what)
                        continue
                    if message.seq > last + 1:
                        what = f"{message.seq - last - 1} messages are missing"
                        self._note(at, at, what, last + 1, message.seq - 1)
                    last = message.seq
                    self._ended |= message.topic == END
                    yield message, body
        except _Enough:
            self.damage.append(Damage(at, self.size, None, None, GIVEN_UP))

    def _note(self, start: int, end: int, what: str, first: int | None = None, last: int | None = None) -> None:
        """List damage; the same again in the same place says nothing new. Raises _Enough."""
        self._faults += 1
        if self._faults > _MOST_FAULTS:
            raise _Enough
        found = Damage(start, end, first, last, what)
        if not self.damage or self.damage[-1] != found:
            self.damage.append(found)

    def _chunks(self) -> Iterator[tuple[int, int, list[bytes]]]:
        """Where each chunk stands, and its messages. After the end of the recording damage is nothing."""
        at = len(MAGIC)
        between = 0
        if self._read(0, len(MAGIC)) != MAGIC:
            at = self._next_chunk(0, "does not begin as an MCAP file")
        while at < self.size:
            if self.size - at == len(MAGIC) and self._read(at, len(MAGIC)) == MAGIC:
                return
            try:
                end, bodies = self._record(at, between)
            except _Broken as broken:
                if self._ended:
                    return
                at, between = self._next_chunk(at, str(broken)), 0
                continue
            between = 0 if bodies is not None else between + 1
            if bodies is not None:
                yield at, end, bodies
            at = end

    def _record(self, at: int, between: int) -> tuple[int, list[bytes] | None]:
        """Where the record at a position ends, and its messages if it is a chunk. Raises _Broken, _Enough."""
        opcode, end = self._head(at)
        if opcode != _CHUNK:
            if self._ended and opcode == _DATA_END:
                raise _Broken("what follows is the index, which is not used")
            if between >= _MOST_BETWEEN:
                raise _Broken("there is no end of records that hold no message")
            if end + len(MAGIC) < self.size:
                self._head(end)  # a length that is wrong leads to where no record begins
            return end, None
        start = at + _RECORD.size
        self._spend(end - start)
        record = self._read(start, end - start)
        self._spend(_inflated_size(record))
        return end, _chunk_messages(record)

    def _spend(self, effort: int) -> None:
        self._effort -= effort
        if self._effort < 0:
            raise _Enough

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
        self._note(at, found, what)
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


def _inflated_size(record: bytes) -> int:
    """What a chunk record says it inflates to. Raises _Broken."""
    if len(record) < _CHUNK_HEAD.size:
        raise _Broken("a chunk is too short")
    size = int(_CHUNK_HEAD.unpack_from(record)[2])
    if size > MAX_CHUNK:
        raise _Broken("a chunk says that it is larger than any is")
    return size


def _chunk_messages(record: bytes) -> list[bytes]:
    """The message bodies of a chunk record whose CRC holds. Raises _Broken."""
    _, _, size, crc, name_length = _CHUNK_HEAD.unpack_from(record)
    at = _CHUNK_HEAD.size + name_length
    name = record[_CHUNK_HEAD.size : at]
    if name not in _COMPRESSIONS or len(record) < at + 8:
        raise _Broken("a chunk's compression is unknown")
    (packed,) = _LENGTH.unpack_from(record, at)
    if packed != len(record) - at - 8 or not crc:
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
        elif opcode not in (_SCHEMA, _CHANNEL):
            raise _Broken("a chunk holds what belongs elsewhere")
        at += length
