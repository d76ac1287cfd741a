"""Where the frames begin and end in what a characteristic notifies, and whether they came whole.

Without a frame table a notification is one frame. A table says how frames begin, how long they are or how they
end, and what guards them; `straddles` makes one byte stream of all notifications.
"""

import binascii
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import NamedTuple

from footsense.devices import kinds
from footsense.devices.model import Check, Elements, Frame, LengthField
from footsense.errors import PacketError, ProfileError
from footsense.text import counted

_SUMS: Mapping[str, Callable[[bytes], int]] = {
    "sum8": lambda data: sum(data) & 0xFF,
    "xor8": lambda data: reduce(xor, data, 0),
    "crc32": binascii.crc32,
}


class Cut(NamedTuple):
    """The whole frames of a notification, and what was wrong with the rest."""

    frames: list[bytes]
    faults: list[str]


class Splitter:
    """Cuts what one characteristic notifies into frames; keeps what is not whole yet where frames may straddle
    notifications. `longest` bytes at most are kept."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._begin = bytes.fromhex(frame.begin)
        self._end = bytes.fromhex(frame.end)
        self._before = len(bytes.fromhex(frame.before))
        self._none_ahead = int(frame.before[:2], 16) if frame.ahead else 0
        lengths = frame.length or []
        self._lengths = sorted(lengths if isinstance(lengths, list) else [lengths])
        self._passed = [(bytes.fromhex(rule.begin), rule.length) for rule in frame.passed]
        self._shortest = _shortest(frame)
        self._kept = b""
        self._told = frame.length_field
        self._told_size = kinds.size(self._told.type) if self._told else 0
        self._told_by = kinds.reader(self._told.type if self._told else "u8")

    def feed(self, payload: bytes) -> Cut:
        """The frames that these bytes complete."""
        cut = Cut([], [])
        body = self._after_whole(payload, cut) if self._frame.ahead else payload[self._before :]
        data = (self._kept if self._frame.straddles else b"") + body
        at = self._end_of_last(data, cut)
        self._kept = data[at:]
        if not self._frame.straddles and (self._kept or not data):
            cut.faults.append(f"{counted(len(self._kept), 'byte')}, no whole frame")
        return cut

    def whole(self, payload: bytes) -> bytes | None:
        """The frame, where these bytes are one and nothing else, as most notifications are; else None, and they
        have to be cut."""
        frame = payload[self._before :] if self._before else payload
        if self._kept or self._end or not frame.startswith(self._begin):
            return None
        if self._told is not None:
            ends = self._told.at + self._told_size
            size = int(self._told_by(frame, self._told.at)) + self._told.add if ends <= len(frame) else 0
            if not self._shortest <= size <= self._frame.longest:
                return None
        else:
            size = self._lengths[0]
        return frame if size == len(frame) and not self._fault(frame) else None

    def _after_whole(self, payload: bytes, cut: Cut) -> bytes:
        """Takes off the frames that stand whole in front of what goes on from the notification before."""
        at = self._before
        for _ in range(self._none_ahead - payload[0] if payload else 0):
            size = self._size(payload, at) if payload.startswith(self._begin, at) else None
            fault = self._fault(payload[at : at + size]) if size else "a frame ahead of the others is cut short"
            if fault or not size:
                cut.faults.append(fault)
                break
            cut.frames.append(payload[at : at + size])
            at += size
        return payload[at:]

    def _end_of_last(self, data: bytes, cut: Cut) -> int:
        """Takes the frames off; where the rest begins that is not whole yet."""
        at = 0
        while at < len(data):
            passed = self._to_pass(data, at)
            if passed is None:
                return at
            if passed:
                at += passed
                continue
            begun = self._begun(data, at)
            if begun > at:
                cut.faults.append(f"{counted(begun - at, 'byte')} of no frame")
            at = begun
            size = self._size(data, at)
            if size is None:
                return at
            fault = self._fault(data[at : at + size]) if size else "a length that no frame has"
            if fault:
                cut.faults.append(fault)
                at += max(len(self._begin), 1) if not self._end else max(size, 1)
            else:
                cut.frames.append(data[at : at + size - len(self._end)])
                at += size
        return at

    def _to_pass(self, data: bytes, at: int) -> int | None:
        """How many bytes from there on belong to no frame and may do so; None: they are not whole yet."""
        for begin, length in self._passed:
            if begin.startswith(data[at : at + len(begin)]):
                return length if at + length <= len(data) else None
        return 0

    def _begun(self, data: bytes, at: int) -> int:
        """Where the next frame begins, as far as can be seen."""
        if not self._begin:
            return at
        found = data.find(self._begin, at)
        if found >= 0:
            return found
        tail = next((n for n in range(len(self._begin) - 1, 0, -1) if data.endswith(self._begin[:n])), 0)
        return max(at, len(data) - tail)

    def _size(self, data: bytes, at: int) -> int | None:
        """Bytes of the frame that begins there; None: it is not whole yet; 0: no frame is like that."""
        frame = self._frame
        if self._end:
            return self._to_delimiter(data, at)
        if frame.length_field:
            told = told_length(frame.length_field, data, at)
            if told is None:
                return None
            size = told if self._shortest <= told <= frame.longest else 0
        else:
            size = self._fixed(data, at)
        return size if at + size <= len(data) else None

    def _fixed(self, data: bytes, at: int) -> int:
        """The length after which the bytes end or the next frame begins, 0 where none is like that."""
        if self._frame.straddles or len(data) <= at + self._lengths[0]:
            return self._lengths[0]
        ends = (at + size for size in self._lengths if at + size <= len(data))
        return next((end - at for end in ends if self._begin.startswith(data[end : end + len(self._begin)])), 0)

    def _to_delimiter(self, data: bytes, at: int) -> int | None:
        found = data.find(self._end, at, at + self._frame.longest)
        if found >= 0:
            return found - at + len(self._end)
        return self._frame.longest if len(data) - at >= self._frame.longest else None

    def _fault(self, frame: bytes) -> str:
        if self._end and not frame.endswith(self._end):
            return f"{counted(len(frame), 'byte')} without an end"
        check = self._frame.check
        if check is None or told_check(check, frame) == value_of(check, frame):
            return ""
        return f"a frame of {counted(len(frame), 'byte')} has a wrong {check.kind}"


def _shortest(frame: Frame) -> int:
    """Bytes that a frame has at least: its beginning, its length and its checksum."""
    ends = [len(bytes.fromhex(frame.begin)), 1]
    ends += [rule.at + kinds.size(rule.type) for rule in (frame.length_field, frame.check) if rule]
    return max(ends)


def told_length(rule: LengthField, data: bytes, at: int = 0) -> int | None:
    """The length of the frame that begins at `at`, None where its bytes have not come."""
    if at + rule.at + kinds.size(rule.type) > len(data):
        return None
    return int(kinds.reader(rule.type)(data, at + rule.at)) + rule.add


def told_check(check: Check, frame: bytes) -> int:
    """The checksum that the frame brings."""
    return int(kinds.reader(check.type)(frame, check.at))


def value_of(check: Check, frame: bytes) -> int:
    """The checksum that it should have."""
    return _SUMS[check.kind](frame[check.start :])


def sealed(frame: Frame, body: bytes) -> bytes:
    """What a device notifies: the frame with its beginning, length, checksum and end put in. Raises
    ProfileError where the length does not fit."""
    out = bytearray(body)
    begin = bytes.fromhex(frame.begin)
    out[: len(begin)] = begin
    if frame.length_field:
        _put(out, frame.length_field.at, frame.length_field.type, len(out) - frame.length_field.add)
    whole = with_check(frame.check, bytes(out)) if frame.check else bytes(out)
    return bytes.fromhex(frame.before) + whole + bytes.fromhex(frame.end)


def with_check(check: Check, frame: bytes) -> bytes:
    """The frame with its checksum put in."""
    out = bytearray(frame)
    _put(out, check.at, check.type, value_of(check, frame))
    return bytes(out)


def as_element(rule: Elements, message: bytes) -> bytes:
    """A frame of one element, its length put in."""
    if rule.sizes is not None:
        return message
    out = bytearray(message)
    told = rule.at + kinds.size(rule.type)
    _put(out, told, rule.length, len(out) - told - kinds.size(rule.length))
    return bytes(out)


def _put(out: bytearray, at: int, kind: str, value: int) -> None:
    packed = kinds.packed(kind, value)
    out[at : at + len(packed)] = packed


def elements(rule: Elements, frame: bytes) -> list[bytes]:
    """Each element of a frame, with what precedes the first in front; one of a type without a size ends them,
    since nobody can tell where the next one begins. Raises PacketError where one is cut short."""
    parts: list[bytes] = []
    head, at = frame[: rule.at], rule.at
    size_of = kinds.size(rule.type)
    while at < len(frame):
        end = _element_end(rule, frame, at, at + size_of)
        if end is None:
            break
        if end > len(frame):
            raise PacketError(f"an element at byte {at} is cut short")
        part = head + frame[at:end]
        inside = rule.inside
        if inside is not None and all(w.at < len(part) and part[w.at] & w.mask == w.eq for w in inside.when):
            parts += elements(inside, part)
        else:
            parts.append(part)
        at = end
    return parts


def _element_end(rule: Elements, frame: bytes, at: int, told: int) -> int | None:
    """Where the element ends that begins at `at` and has its type before `told`; beyond the frame where that is
    cut short; None where its type has no size."""
    if rule.sizes is not None:
        size = rule.sizes.get(frame[at:told].hex())
        return None if size is None else told + size
    begin = told + kinds.size(rule.length)
    return begin if begin > len(frame) else begin + int(kinds.reader(rule.length)(frame, told))


def check_frame(frame: Frame, where: str) -> None:
    """Raises ProfileError where the keys of a frame table do not agree."""
    ways: Mapping[str, object] = {"length": frame.length, "length_field": frame.length_field, "end": frame.end}
    if sum(bool(way) for way in ways.values()) != 1:
        raise ProfileError(f"{where}: expected exactly one of {', '.join(ways)}")
    for name, kind in (("length_field", frame.length_field), ("check", frame.check)):
        if kind is not None and "u" not in kind.type:
            raise ProfileError(f"{where}.{name}.type: expected a whole number without sign (u8…)")
    if frame.straddles and frame.length and not (frame.begin or frame.check):
        raise ProfileError(
            f"{where}.straddles: expected `begin` or `check`: a lost byte would shift all that follow"
        )
    if frame.ahead and not (len(bytes.fromhex(frame.before)) == 1 and frame.length_field and frame.straddles):
        raise ProfileError(f"{where}.ahead: expected one byte in `before`, `length_field` and `straddles`")
    if frame.passed and not (frame.straddles and frame.begin):
        raise ProfileError(f"{where}.passed: expected a `begin` of frames, and that they straddle")
    if any(rule.begin[:2].lower() == frame.begin[:2].lower() for rule in frame.passed):
        raise ProfileError(f"{where}.passed: begins as frames do")
    if isinstance(frame.length, list) and (frame.straddles or not frame.begin):
        raise ProfileError(f"{where}.length: several are possible only with `begin` and without `straddles`")
    shortest = min(frame.length) if isinstance(frame.length, list) else frame.length or frame.longest
    if frame.check and frame.check.at + kinds.size(frame.check.type) > shortest:
        raise ProfileError(f"{where}.check.at: lies behind the frame's end")
