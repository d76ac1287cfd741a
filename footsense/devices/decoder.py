"""Bytes of a device to samples in units, by the profile's table."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.codecs import CODECS, Codec
from footsense.devices.framing import Splitter, elements
from footsense.devices.layout import MAX_SAMPLES, Channel, Item, Layout, layouts
from footsense.devices.lines import packed_line
from footsense.devices.model import Fragments, When
from footsense.devices.profile import Profile
from footsense.devices.settings import Value
from footsense.devices.uuids import full
from footsense.errors import PacketError
from footsense.types import Decoded, Floats, StreamTiming


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
        self._readers: dict[str, list[_Reader]] = {}
        for layout in self.layouts:
            self._readers.setdefault(layout.char, []).append(_Reader(layout))
        chars = {full(char.uuid): char for char in profile.data.chars.values()}
        self._splitters = {uuid: Splitter(char.frame) for uuid, char in chars.items() if char.frame}
        self._texts = {uuid: char.text for uuid, char in chars.items() if char.text}
        self._elements = {uuid: char.elements for uuid, char in chars.items() if char.elements}
        taken_apart = {*self._splitters, *self._texts, *self._elements}
        self._direct = set(chars) - taken_apart  # a notification is one packet

    def feed(self, char: str, payload: bytes) -> list[Decoded]:
        """The frames that this notification of `char` (UUID) completes, none where more bytes must come.

        Raises PacketError if bytes are not what the profile declares; they then give no sample, and the error
        holds the frames of the notification that are whole.
        """
        if char in self._direct:
            return self._read(char, payload)
        splitter = self._splitters.get(char)
        if splitter is None:
            return self._packet(char, payload)
        cut = splitter.feed(payload)
        return self._all(cut.frames, cut.faults, lambda frame: self._packet(char, frame))

    def _packet(self, char: str, payload: bytes) -> list[Decoded]:
        text = self._texts.get(char)
        if text is not None:
            packed = packed_line(text, payload)
            if packed is None:
                return []  # a line that is no data
            payload = packed
        rule = self._elements.get(char)
        if rule is None or not _holds(_rules(rule.when), payload):
            return self._read(char, payload)
        parts, faults = elements(rule, payload)
        known = [part for part in parts if self._reader(char, part)]
        if not known and not faults:
            raise PacketError(self._unexpected(char, payload))
        return self._all(known, faults, lambda part: self._read(char, part))

    @staticmethod
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

    def _read(self, char: str, payload: bytes) -> list[Decoded]:
        reader = self._reader(char, payload)
        if reader is None:
            raise PacketError(self._unexpected(char, payload))
        return reader.read(payload)

    def _reader(self, char: str, payload: bytes) -> "_Reader | None":
        for reader in self._readers.get(char, ()):
            if reader.takes(payload):
                return reader
        return None

    def _unexpected(self, char: str, payload: bytes) -> str:
        if char not in self._readers:
            return f"profile {self._name} has no stream on characteristic {char} with these settings"
        return f"{len(payload)} bytes ({payload[:4].hex(' ')} …) begin no packet of profile {self._name}"


Rules = tuple[tuple[int, int, int], ...]  # offset, mask, value


def _rules(when: list[When]) -> Rules:
    return tuple((rule.at, rule.mask, rule.eq) for rule in when)


def _holds(rules: Rules, payload: bytes) -> bool:
    for at, mask, eq in rules:  # noqa: SIM110  # a generator costs more than all the rest here
        if at >= len(payload) or payload[at] & mask != eq:
            return False
    return True


class _Block:
    """Samples of one number type and nothing else: one array for all channels, in half the time."""

    def __init__(self, channels: tuple[Channel, ...], interleaved: bool) -> None:
        kind = channels[0].kind
        self._dtype = np.dtype(kinds.dtype(kind, 1)[0])
        self._is_float = kinds.limits(kind) is None
        self._interleaved = interleaved
        self._channels = len(channels)
        self._names = [c.name for c in channels]
        scales = np.array([c.scale for c in channels])
        self._scales = scales[:, None] if interleaved else scales[:, None, None]

    def read(self, payload: bytes, count: int, at: int) -> dict[str, Floats] | None:
        """The channels' arrays (count, 3), None if a number is none."""
        raw = np.frombuffer(payload, self._dtype, count * self._channels * 3, at)
        if self._interleaved:
            values = self._scaled(raw.reshape(count, self._channels, 3))
            parts = [values[:, i] for i in range(self._channels)]
        else:
            values = self._scaled(raw.reshape(self._channels, count, 3))
            parts = list(values)
        if self._is_float and not np.isfinite(values).all():
            return None
        return dict(zip(self._names, parts, strict=True))

    def _scaled(self, raw: NDArray[Any]) -> Floats:
        values: Floats
        if not self._is_float:
            values = raw * self._scales
            return values
        with np.errstate(all="ignore"):
            values = raw * self._scales
        return values


def _block(layout: Layout) -> _Block | None:
    channels = layout.channels
    same = len({c.kind for c in channels}) == 1
    simple = all(c.is_motion and c.order is None and _is_native(c) for c in channels)
    return _Block(channels, layout.record is not None) if same and simple else None


def _is_native(channel: Channel) -> bool:
    """Whether numpy has the type, and each of its numbers means one."""
    return (
        "24" not in channel.kind
        and not kinds.is_digits(channel.kind)
        and channel.null is None
        and not channel.zero
    )


class _Head:
    """Reads time stamp, sequence and count in one go where one struct can, else one by one."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        found = [items[name] for name in ("ticks", "sequence", "count") if name in items]
        found.sort(key=lambda item: item.at)
        self._items = found
        self._names = [item.name for item in found]
        self._struct = kinds.header_struct([(item.at, item.kind) for item in found])

    def read(self, payload: bytes) -> dict[str, int]:
        if not self._items:
            return {}
        if self._struct is not None:
            return dict(zip(self._names, self._struct.unpack_from(payload), strict=True))
        return {item.name: int(item.read(payload, item.at)) for item in self._items}


class _Reader:
    """Reads one stream; holds the beginnings of messages whose rest is still to come."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._when = _rules(layout.stream.when)
        self._length = layout.stream.length
        self._fragments = layout.stream.fragments
        self._rest = _rules(self._fragments.rest) if self._fragments else ()
        samples = layout.stream.samples
        self._codec = CODECS[samples.codec] if samples and samples.codec else None
        self._block = None if self._codec else _block(layout)
        self._head = _Head(layout.items)
        self._begun: dict[int, bytes] = {}
        self._header_end = max((i.end for i in layout.items.values()), default=0)
        self._no_sequence = layout.items["sequence"].null if "sequence" in layout.items else None
        self._battery = layout.items.get("battery_percent")
        self._fields = [item for name, item in layout.items.items() if name.startswith("fields.")]

    def takes(self, payload: bytes) -> bool:
        """Whether the packet is of this stream."""
        if self._length is not None and len(payload) != self._length:
            return False
        return _holds(self._when, payload) or (self._fragments is not None and _holds(self._rest, payload))

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
            raise PacketError(f"{self._layout.name}: {len(payload)} bytes are no part of a message")
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
        if len(payload) < self._header_end:
            raise PacketError(f"{self._layout.name}: {len(payload)} bytes, the header has {self._header_end}")
        fields: dict[str, object] = {}
        for item in self._fields:
            value = self._scaled(item, payload)
            if value is not None:
                fields[item.name] = value
        head = self._head.read(payload)
        if self._no_sequence is not None and head.get("sequence") == self._no_sequence:
            del head["sequence"]
        if self._codec is not None:
            arrays = self._unpacked(self._codec, payload)
        elif self._layout.channels:
            arrays = self._samples(payload, self._count(payload, head.get("count")), fields)
        else:
            arrays = {}
            self._tail(payload, fields)
        return Decoded(
            self._layout.name,
            arrays.get("acc"),
            arrays.get("gyr"),
            arrays.get("mag"),
            head.get("ticks"),
            head.get("sequence"),
            None if self._battery is None else self._percent(self._battery, payload),
            fields,
        )

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
        end = layout.at + count * layout.sample_size + layout.tail
        if count < 1 or not self._ends_at(payload, end):
            raise PacketError(self._wrong_length(payload, count))
        return count

    def _ends_at(self, payload: bytes, end: int) -> bool:
        """Whether the packet has this length, or is padded with zeros from there where the device does that."""
        pad_to = self._layout.stream.pad_to
        if not pad_to:
            return len(payload) == end
        return len(payload) in pad_to and len(payload) >= end and not any(payload[end:])

    def _wrong_length(self, payload: bytes, count: int) -> str:
        layout = self._layout
        expected = layout.at + max(count, 1) * layout.sample_size + layout.tail
        if layout.stream.pad_to:
            sizes = " or ".join(str(p) for p in layout.stream.pad_to)
            return f"{layout.name}: {len(payload)} bytes, expected {sizes}, those after {expected} zero"
        return f"{layout.name}: {len(payload)} bytes, expected {expected}"

    def _tail(self, payload: bytes, fields: dict[str, object]) -> None:
        rest = payload[self._layout.at :]
        if self._layout.stream.rest is not None:
            if rest:
                fields[self._layout.stream.rest] = rest.hex()
        elif not self._ends_at(payload, self._layout.at):
            raise PacketError(f"{self._layout.name}: {len(payload)} bytes, expected {self._layout.at}")

    def _samples(self, payload: bytes, count: int, fields: dict[str, object]) -> dict[str, Floats]:
        layout = self._layout
        if self._block is not None:
            block = self._block.read(payload, count, layout.at)
            if block is None:
                raise PacketError(f"{layout.name}: a measured value is no number")
            return block
        arrays: dict[str, Floats] = {}
        record = layout.record
        records = None if record is None else np.frombuffer(payload, record, count, layout.at)
        at = layout.at
        for channel in layout.channels:
            raw = _plane(payload, channel, count, at) if records is None else records[channel.name]
            at += channel.size * count
            values = raw * channel.scale if channel.is_plain else self._converted(channel, raw)
            if values is None:
                continue
            if channel.is_motion:
                arrays[channel.name] = values
            else:
                fields[channel.name] = _listed(values, layout.count == 1, channel.n == 1)
        return arrays

    def _unpacked(self, codec: Codec, payload: bytes) -> dict[str, Floats]:
        (channel,) = self._layout.channels
        raw = codec.decode(payload[self._layout.at :], channel.n, 8 * kinds.size(channel.kind))
        if len(raw) > MAX_SAMPLES:
            raise PacketError(f"{self._layout.name}: {len(raw)} samples, at most {MAX_SAMPLES} are possible")
        values = self._converted(channel, raw)
        return {} if values is None else {channel.name: values}

    def _converted(self, channel: Channel, raw: NDArray[Any]) -> Floats | None:
        """The values in units, None where a number says that nothing was measured."""
        if channel.null is not None and (kinds.numbers(channel.kind, raw) == channel.null).any():
            return None
        with np.errstate(all="ignore"):
            values: Floats = (kinds.numbers(channel.kind, raw) - channel.zero) * channel.scale
        if not np.isfinite(values).all():
            raise PacketError(f"{self._layout.name}: {channel.name} is no number")
        if channel.order is not None:
            values = values[:, channel.order] * np.array(channel.sign)
        return values


def _plane(payload: bytes, channel: Channel, count: int, at: int) -> NDArray[Any]:
    base, shape = kinds.dtype(channel.kind, channel.n)
    return np.frombuffer(payload, np.dtype((base, shape)), count, at)


def _listed(values: Floats, is_single: bool, is_scalar: bool) -> object:
    """Of one sample its numbers, of several a list of them; a number alone where the channel has one."""
    rows = (values[:, 0] if is_scalar else values).tolist()
    return rows[0] if is_single else rows
