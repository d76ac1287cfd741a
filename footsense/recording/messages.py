"""The messages of an `.mcap` recording: each carries its own number and CRC-32, so that it can stand alone.

A notification (topic `/raw`): byte 0x01, then little-endian number u32, host clock in ns u64, length u8 and
sensor, length u8 and characteristic (UTF-8), the bytes as received, and the CRC-32 of all before it. Anything
else is a JSON object with `topic`, `seq` and `host_ns` whose last key `crc32` is that of the text before it:

    /session  what is recorded: its UUID, which segment of it this is, sensors with profile and settings, facts
    /tick     the source's clock, four a second
    /command  `kind` and `fields`: what was said to the session
    /clock    `monotonic_ns`, `boottime_ns` (null where there is none), `wall_ns`: the host's clocks, every 10 s
    /link     `sensor`, `event` (connected, or heard where it only advertises; lost, back, battery), and what
              is known then: `mtu`, `rssi_dbm`, `battery_percent`; or of all sensors `event` dropped: how many
              `packets` came while too many waited already
    /end      it was closed: `reason`, number of `messages`
    /repair   after all others, of a file that `footsense repair` wrote: from what, and what was dropped
"""

import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from footsense.types import RawPacket

RAW, SESSION, TICK, COMMAND, END = "/raw", "/session", "/tick", "/command", "/end"
CLOCK, LINK, REPAIR = "/clock", "/link", "/repair"
TOPICS = (RAW, SESSION, TICK, COMMAND, CLOCK, LINK, END, REPAIR)
STATUS: Mapping[Literal["clock", "link"], str] = {"clock": CLOCK, "link": LINK}
SCHEMA = "footsense.recording/1"
_RAW_MARK = 0x01
_HEAD = struct.Struct("<BIQ")
_CRC = struct.Struct("<I")
_CRC_KEY = b',"crc32":'


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `packet` of a notification, or `fields` of anything else."""

    topic: str
    seq: int
    host_ns: int
    packet: RawPacket | None = None
    fields: Mapping[str, Any] | None = None


def encode_packet(seq: int, packet: RawPacket) -> bytes:
    """A notification's message."""
    sensor, char = packet.sensor.encode(), packet.char.encode()
    head = _HEAD.pack(_RAW_MARK, seq, packet.host_ns)
    body = head + bytes([len(sensor)]) + sensor + bytes([len(char)]) + char + packet.payload
    return body + _CRC.pack(zlib.crc32(body))


def encode_fields(topic: str, seq: int, host_ns: int, fields: Mapping[str, object]) -> bytes:
    """Any other message."""
    whole = {"topic": topic, "seq": seq, "host_ns": host_ns, **fields}
    try:
        text = _json(whole)
    except ValueError:
        text = _json(_recordable(whole))
    return text + _CRC_KEY + str(zlib.crc32(text)).encode() + b"}"


def _json(whole: object) -> bytes:
    """The object as UTF-8 without its last brace. Raises ValueError for what JSON or UTF-8 cannot say."""
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()[:-1]


def _recordable(value: Any) -> Any:
    """The value with what JSON or UTF-8 cannot say left out: a session does not end for a note. No number
    that is none stays (it is null), and a lone surrogate, which a terminal makes of bytes that are no text, is
    U+FFFD."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_recordable(k): _recordable(v) for k, v in value.items()}
        case list() | tuple():
            return [_recordable(v) for v in value]
    return value


def decode(body: bytes) -> Message | None:
    """The message, or None where its CRC or its form is not right."""
    if body[:1] == b"{":
        return _decode_fields(body)
    return _decode_packet(body) if body[:1] == bytes([_RAW_MARK]) else None


def _decode_packet(body: bytes) -> Message | None:
    if len(body) < _HEAD.size + 2 + _CRC.size:
        return None
    (crc,) = _CRC.unpack_from(body, len(body) - _CRC.size)
    if zlib.crc32(body[: -_CRC.size]) != crc:
        return None
    _, seq, host_ns = _HEAD.unpack_from(body)
    end = len(body) - _CRC.size
    try:
        sensor, at = _text(body, _HEAD.size, end)
        char, at = _text(body, at, end)
    except ValueError:
        return None
    return Message(RAW, seq, host_ns, RawPacket(sensor, char, host_ns, body[at:end]))


def _text(body: bytes, at: int, end: int) -> tuple[str, int]:
    """Text with its length before it, and where it ends. Raises ValueError where it does not fit."""
    stop = at + 1 + body[at] if at < end else end + 1
    if stop > end:
        raise ValueError
    return body[at + 1 : stop].decode("utf-8"), stop


def _decode_fields(body: bytes) -> Message | None:
    cut = body.rfind(_CRC_KEY)
    crc = body[cut + len(_CRC_KEY) : -1]
    if body[-1:] != b"}" or cut < 0 or not crc.isdigit() or len(crc) > 10 or zlib.crc32(body[:cut]) != int(crc):
        return None
    try:
        whole = json.loads(body[:cut] + b"}")
        topic, seq, host_ns = whole.pop("topic"), whole.pop("seq"), whole.pop("host_ns")
    except (ValueError, KeyError, RecursionError):
        return None
    if not (isinstance(topic, str) and _is_count(seq) and _is_count(host_ns)):
        return None
    return Message(topic, seq, host_ns, fields=whole)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64
