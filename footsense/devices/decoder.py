"""Bytes of a device to samples in units, by the profile's table."""

import math
from collections.abc import Callable, Mapping
from operator import itemgetter

from footsense.devices import kinds
from footsense.devices.framing import Splitter, elements
from footsense.devices.layout import Item, Layout, layouts
from footsense.devices.lines import packed_line
from footsense.devices.model import Char, Fragments, When
from footsense.devices.profile import Profile
from footsense.devices.samples import Packed, samples_reader
from footsense.devices.settings import Value
from footsense.devices.uuids import full
from footsense.errors import PacketError
from footsense.text import counted
from footsense.types import Decoded, StreamTiming


class Decoder:
    """Decodes what one sensor notifies, with `settings` as asked for and probed.

    `timings`: how each stream with samples tells time; `acc_range_g`: None where it is not known.
    Raises UsageError for settings that the profile does not have.
    """

    def __init__(self, profile: Profile, settings: Mapping[str, Value]) -> None:
        profile = profile.told(settings)
        self.settings = profile.settings_for(settings)
        self.layouts = tuple(layouts(profile.data, self.settings))
        self.timings: tuple[StreamTiming, ...] = tuple(x.timing for x in self.layouts if x.timing and x.asked)
        range_g = self.settings.get("acc_range_g")
        self.acc_range_g = None if range_g is None or isinstance(range_g, str) else float(range_g)
        self._name = profile.name
        readers: dict[str, list[_Reader]] = {}
        for layout in self.layouts:
            readers.setdefault(layout.char, []).append(_Reader(layout))
        chars = {full(char.uuid): char for char in profile.data.chars.values()}
        self._feed = {uuid: _Notified(chars[uuid], r, profile.name).shortest for uuid, r in readers.items()}

    def feed(self, char: str, payload: bytes) -> list[Decoded]:
        """The frames that this notification of `char` (UUID) completes, none where more bytes must come.

        Raises PacketError if bytes are not what the profile declares; they then give no sample, and the error
        holds the frames of the notification that are whole.
        """
        feed = self._feed.get(char)
        if feed is None:
            raise PacketError(
                f"profile {self._name} has no stream on characteristic {char} with these settings"
            )
        return feed(payload)


class _Notified:
    """What one characteristic notifies: cut into frames, each read by the first stream that takes it."""

    def __init__(self, char: Char, readers: "list[_Reader]", profile: str) -> None:
        self._readers = readers
        self._profile = profile
        self._splitter = Splitter(char.frame) if char.frame else None
        self._text = char.text
        self._elements = char.elements
        self._parted = _rules(char.elements.when) if char.elements else ()
        self._is_one_packet = not (char.frame or char.text or char.elements)

    @property
    def shortest(self) -> Callable[[bytes], list[Decoded]]:
        """What `feed` comes to for this characteristic."""
        return self._read if self._is_one_packet else self.feed

    def feed(self, payload: bytes) -> list[Decoded]:
        """The frames that this completes. Raises PacketError."""
        if self._splitter is None:
            return self._packet(payload)
        cut = self._splitter.feed(payload)
        return _all(cut.frames, cut.faults, self._packet)

    def _packet(self, payload: bytes) -> list[Decoded]:
        if self._text is not None:
            packed = packed_line(self._text, payload)
            if packed is None:
                return []  # a line that is no data
            payload = packed
        if self._elements is None or not _holds(self._parted, payload):
            return self._read(payload)
        parts, faults = elements(self._elements, payload)
        known = [part for part in parts if any(reader.takes(part) for reader in self._readers)]
        if not known and not faults:
            raise self._unexpected(payload)
        return _all(known, faults, self._read)

    def _read(self, payload: bytes) -> list[Decoded]:
        for reader in self._readers:
            if reader.takes(payload):
                return reader.read(payload)
        raise self._unexpected(payload)

    def _unexpected(self, payload: bytes) -> PacketError:
        got = f"{counted(len(payload), 'byte')} ({_begins(payload)})"
        return PacketError(f"no packet of profile {self._profile} begins so: {got}")


def _begins(payload: bytes) -> str:
    return f"{payload[:4].hex(' ')} …" if len(payload) > 4 else payload.hex(" ") or "empty"


def _all(frames: list[bytes], faults: list[str], read: Callable[[bytes], list[Decoded]]) -> list[Decoded]:
    """All that the frames hold; the first fault is raised with what is right."""
    decoded: list[Decoded] = []
    for frame in frames:
        try:
            decoded += read(frame)
        except PacketError as error:
            decoded += error.frames
            faults.append(str(error))
    if faults:
        raise PacketError(faults[0], decoded)
    return decoded


Rules = tuple[tuple[int, int, int], ...]  # offset, mask, value


def _rules(when: list[When]) -> Rules:
    return tuple((rule.at, rule.mask, rule.eq) for rule in when)


def _holds(rules: Rules, payload: bytes) -> bool:
    for at, mask, eq in rules:  # noqa: SIM110  # a generator costs more than all the rest here
        if at >= len(payload) or payload[at] & mask != eq:
            return False
    return True


class _Head:
    """Reads time stamp, sequence and count in one go where one struct can, else one by one."""

    _NAMES = ("ticks", "sequence", "count")

    def __init__(self, items: Mapping[str, Item]) -> None:
        found = sorted((items[name] for name in self._NAMES if name in items), key=lambda item: item.at)
        names = [item.name for item in found]
        self._items = found
        self._struct = kinds.header_struct([(item.at, item.kind) for item in found])
        # the last of what is read is None, for what the packet does not have
        self._in_order = itemgetter(*(names.index(n) if n in names else -1 for n in self._NAMES))
        self.end = max((item.end for item in items.values()), default=0)

    def read(self, payload: bytes) -> tuple[int | None, int | None, int | None]:
        """Ticks, sequence and count, None for those that there are not."""
        if self._struct is not None:
            numbers = self._struct.unpack_from(payload)
        else:
            numbers = tuple(int(item.read(payload, item.at)) for item in self._items)
        in_order: tuple[int | None, int | None, int | None] = self._in_order((*numbers, None))
        return in_order


class _Reader:
    """Reads one stream; holds the beginnings of messages whose rest is still to come."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._when = _rules(layout.stream.when)
        self._length = layout.stream.length
        self._fragments = layout.stream.fragments
        self._rest = _rules(self._fragments.rest) if self._fragments else ()
        self._pad_to = layout.stream.pad_to
        self._samples = samples_reader(layout)
        self._is_packed = isinstance(self._samples, Packed)
        self._head = _Head(layout.items)
        self._begun: dict[int, bytes] = {}
        self._no_sequence = layout.items["sequence"].null if "sequence" in layout.items else None
        self._battery = layout.items.get("battery_percent")
        self._fields = [item for name, item in layout.items.items() if name.startswith("fields.")]

    def takes(self, payload: bytes) -> bool:
        """Whether the packet is of this stream."""
        if self._length is not None and len(payload) != self._length:
            return False
        for at, mask, eq in self._when:  # as _holds, which would cost more than all else here
            if at >= len(payload) or payload[at] & mask != eq:
                return self._fragments is not None and _holds(self._rest, payload)
        return True

    def read(self, payload: bytes) -> list[Decoded]:
        """The frames completed. Raises PacketError."""
        if self._fragments is not None:
            whole = self._joined(self._fragments, payload)
            if whole is None:
                return []
            payload = whole
        return [self._frame(payload)]

    def _joined(self, rule: Fragments, payload: bytes) -> bytes | None:
        """The message that this part completes, None where more must come."""
        if len(payload) <= max(rule.key, rule.header):
            raise PacketError(f"{self._layout.name}: {counted(len(payload), 'byte')}, no part of a message")
        key = payload[rule.key]
        begun = self._begun.pop(key, b"")
        if _holds(self._when, payload):
            begun = payload
        elif begun:
            begun += payload[rule.header :]
        else:
            raise PacketError(f"{self._layout.name}: the beginning of this message did not come")
        if len(begun) < self._layout.length and self._layout.length - rule.header > rule.longest:
            self._begun[key] = begun
            return None
        return begun

    def _frame(self, payload: bytes) -> Decoded:
        if len(payload) < self._head.end:
            raise PacketError(
                f"{self._layout.name}: {counted(len(payload), 'byte')}, the header has {self._head.end}"
            )
        ticks, sequence, told = self._head.read(payload)
        if sequence == self._no_sequence:
            sequence = None
        fields: dict[str, object] = {}
        for item in self._fields:
            value = self._scaled(item, payload)
            if value is not None:
                fields[item.name] = value
        acc = gyr = mag = None
        if self._samples is not None:
            count = 0 if self._is_packed else self._count(payload, told)
            acc, gyr, mag = self._samples.read(payload, count, fields)
        else:
            self._tail(payload, fields)
        battery = None if self._battery is None else self._percent(self._battery, payload)
        return Decoded(self._layout.name, acc, gyr, mag, ticks, sequence, battery, fields)

    def _scaled(self, item: Item, payload: bytes) -> float | None:
        raw = item.read(payload, item.at)
        if item.mask is not None:
            raw = (int(raw) & item.mask) // (item.mask & -item.mask)
        if raw == item.null:
            return None
        value = raw * item.scale + item.add if item.scale != 1 or item.add else raw
        if not math.isfinite(value):
            raise PacketError(f"{self._layout.name}: {item.name} is no number")
        return value

    def _percent(self, item: Item, payload: bytes) -> float | None:
        value = self._scaled(item, payload)
        if value is not None and not 0 <= value <= 100:
            raise PacketError(f"{self._layout.name}: a battery of {value:g} %")
        return value

    def _count(self, payload: bytes, told: int | None) -> int:
        """Samples in the packet, of which the header has `told`; its length must be right."""
        layout = self._layout
        count = layout.count if layout.count is not None else told
        if count is None:
            count = (len(payload) - layout.at) // layout.sample_size
        end = layout.at + count * layout.sample_size + layout.tail + (layout.after if count > 1 else 0)
        if count < 1 or not self._ends_at(payload, end):
            raise PacketError(self._wrong_length(payload, count))
        return count

    def _ends_at(self, payload: bytes, end: int) -> bool:
        """Whether the packet has this length, or is padded with zeros from there where the device does that."""
        if not self._pad_to:
            return len(payload) == end
        return len(payload) in self._pad_to and len(payload) >= end and not any(payload[end:])

    def _wrong_length(self, payload: bytes, count: int) -> str:
        layout = self._layout
        expected = layout.at + max(count, 1) * layout.sample_size + layout.tail
        if layout.stream.pad_to:
            sizes = " or ".join(str(p) for p in layout.stream.pad_to)
            return (
                f"{layout.name}: {counted(len(payload), 'byte')}, expected {sizes}, those after {expected} zero"
            )
        return f"{layout.name}: {counted(len(payload), 'byte')}, expected {expected}"

    def _tail(self, payload: bytes, fields: dict[str, object]) -> None:
        rest = payload[self._layout.at :]
        if self._layout.stream.rest is not None:
            if rest:
                fields[self._layout.stream.rest] = rest.hex()
        elif not self._ends_at(payload, self._layout.at):
            raise PacketError(
                f"{self._layout.name}: {counted(len(payload), 'byte')}, expected {self._layout.at}"
            )
