"""One stream's packets to samples in units.

What a packet's length decides (how many samples it has, whether it may be so long, where each number lies) is
worked out once for each length, not with every packet.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from footsense.devices import kinds
from footsense.devices.layout import LARGEST_SCALE, Item, Layout
from footsense.devices.model import Fragments, When
from footsense.devices.samples import Fields, Motion, Read, samples_reader
from footsense.errors import PacketError
from footsense.text import counted
from footsense.types import Decoded

Test = Callable[[bytes], bool]
Reader = Callable[[bytes], list[Decoded]]
Numbers = tuple[int | None, int | None, int | None]  # ticks, sequence and count, None for those there are not
_NO_FIELDS: Fields = {}


def test_of(when: Sequence[When]) -> Test | None:
    """Whether a packet has these bytes; None where none are asked for."""
    rules = tuple((rule.at, rule.mask, rule.eq) for rule in when)
    if len(rules) in (1, 2):  # as most tests are: in half the time
        ((at, mask, eq), (at2, mask2, eq2)), end = (rules[0], rules[-1]), max(at for at, _, _ in rules)
        return lambda p: len(p) > end and p[at] & mask == eq and p[at2] & mask2 == eq2

    def holds(payload: bytes) -> bool:
        for at, mask, eq in rules:  # noqa: SIM110  # a generator costs more than all the rest here
            if at >= len(payload) or payload[at] & mask != eq:
                return False
        return True

    return holds if rules else None


def _prefix(when: Sequence[When]) -> tuple[bytes, list[When]]:
    """What packets begin with, and the rules that say more than that."""
    whole = {rule.at: rule.eq for rule in when if rule.mask == 255}
    n = 0
    while n in whole:
        n += 1
    return bytes(whole[i] for i in range(n)), [
        r for r in when if r.mask != 255 or r.at >= n or whole[r.at] != r.eq
    ]


class _Head:
    """Reads time stamp, sequence and count in one go where one struct can, else one by one."""

    _NAMES = ("ticks", "sequence", "count")

    def __init__(self, items: Mapping[str, Item]) -> None:
        found = sorted((items[name] for name in self._NAMES if name in items), key=lambda item: item.at)
        self.names = tuple(item.name for item in found)
        self.struct = kinds.header_struct([(item.at, item.kind) for item in found])
        self._items = found
        # the last of what is read is None, for what the packet does not have
        self.places = tuple(self.names.index(n) if n in self.names else -1 for n in self._NAMES)
        self._in_order = itemgetter(*self.places)
        self.end = max((item.end for item in items.values()), default=0)

    def read(self, payload: bytes) -> Numbers:
        """Ticks, sequence and count."""
        if self.struct is not None:
            numbers = self.struct.unpack_from(payload)
        else:
            numbers = tuple(int(item.read(payload, item.at)) for item in self._items)
        in_order: Numbers = self._in_order((*numbers, None))
        return in_order


def _number(stream: str, item: Item) -> Callable[[bytes], float | None]:
    """Of a packet the number in its unit, None where it says that there is none."""
    read, at, null, scale, add = item.read, item.at, item.null, item.scale, item.add
    mask, lowest = item.mask or 0, (item.mask or 0) & -(item.mask or 0)
    may_be_none = kinds.limits(item.kind) is None or kinds.is_digits(item.kind) or abs(scale) > LARGEST_SCALE
    is_raw = scale == 1 and not add

    def number(payload: bytes) -> float | None:
        raw = read(payload, at)
        if mask:
            raw = (int(raw) & mask) // lowest
        if raw == null:
            return None
        value = raw if is_raw else raw * scale + add
        if may_be_none and not math.isfinite(value):
            raise PacketError(f"{stream}: {item.name} is no number")
        return value

    return number


class Packets:
    """Reads the packets of one stream; holds the beginnings of messages whose rest is still to come.

    A packet is of this stream if it begins with `prefix` and passes `test`, where there is one.
    """

    def __init__(self, layout: Layout) -> None:
        stream = layout.stream
        self._layout = layout
        self._fragments = stream.fragments
        self._begins = test_of(stream.when)
        self._head = _Head(layout.items)
        self._packed = [(name, at, at + packing.size, packing.unpack) for name, at, packing in layout.packed]
        self._shortest = max([self._head.end, *(end for _, _, end, _ in self._packed)])
        self._readers: dict[int | tuple[int, int | None], Reader] = {}
        self._begun: dict[int, bytes] = {}
        self._no_sequence = layout.items["sequence"].null if "sequence" in layout.items else None
        told = {name: _number(layout.name, item) for name, item in layout.items.items()}
        self._battery = told.get("battery_percent")
        self._fields = [(layout.items[name].name, f) for name, f in told.items() if name.startswith("fields.")]
        self._has_more = bool(self._battery or self._fields or self._packed)
        self._is_told = layout.count is None and "count" in layout.items  # the header tells how many samples
        self.prefix, more = (b"", stream.when) if stream.fragments else _prefix(stream.when)
        self.test = self._test(more, stream.length)
        rest = stream.fragments.rest if stream.fragments else []
        self.looks_at = {rule.at for rule in (*stream.when, *rest)}  # bytes that decide, with the length

    def takes(self, payload: bytes) -> bool:
        """Whether the packet is of this stream."""
        return payload.startswith(self.prefix) and (self.test is None or self.test(payload))

    def read(self, payload: bytes) -> list[Decoded]:
        """The frames completed. Raises PacketError."""
        if self._fragments is not None:
            whole = self._joined(self._fragments, payload)
            if whole is None:
                return []
            payload = whole
        reader = self._readers.get(len(payload))
        return self._unmet(payload) if reader is None else reader(payload)

    def reader(self, payload: bytes) -> Reader:
        """What reads this packet, and all that are as long and have the same bytes at `looks_at`. Raises
        PacketError where no packet is so long."""
        if self._fragments is not None or self._is_told:
            return self.read
        if len(payload) not in self._readers:
            self.read(payload)
        return self._readers[len(payload)]

    def _test(self, when: Sequence[When], length: int | None) -> Test | None:
        begins, goes_on = test_of(when), test_of(self._fragments.rest) if self._fragments else None
        if goes_on is not None:
            return lambda payload: begins is None or begins(payload) or goes_on(payload)
        if length is None:
            return begins
        return lambda payload: len(payload) == length and (begins is None or begins(payload))

    def _joined(self, rule: Fragments, payload: bytes) -> bytes | None:
        """The message that this part completes, None where more must come."""
        if len(payload) <= max(rule.key, rule.header):
            raise PacketError(f"{self._layout.name}: {counted(len(payload), 'byte')}, no part of a message")
        key = payload[rule.key]
        begun = self._begun.pop(key, b"")
        if self._begins is None or self._begins(payload):
            begun = payload
        elif begun:
            begun += payload[rule.header :]
        else:
            raise PacketError(f"{self._layout.name}: the beginning of this message did not come")
        if len(begun) < self._layout.length and self._layout.length - rule.header > rule.longest:
            self._begun[key] = begun
            return None
        return begun

    def _unmet(self, payload: bytes) -> list[Decoded]:
        """A packet of a length that did not come before, or whose length alone does not tell its samples."""
        if len(payload) < self._shortest:
            raise PacketError(
                f"{self._layout.name}: {counted(len(payload), 'byte')}, the header has {self._shortest}"
            )
        told = self._head.read(payload)[2] if self._is_told else None
        key = (len(payload), told) if self._is_told and self._layout.stream.pad_to else len(payload)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = self._compiled(len(payload), told)
        return reader(payload)

    def _compiled(self, length: int, told: int | None) -> Reader:
        """What reads packets of this length. Raises PacketError where no packet has it."""
        layout, samples = self._layout, self._layout.stream.samples
        if samples is None and layout.stream.rest is not None:
            return self._reader(None, None)
        if samples is not None and samples.codec:
            return self._reader(samples_reader(layout, 0, length), None)
        count = layout.count if layout.count is not None else told
        if count is None:
            count = (length - layout.at) // layout.sample_size
        end = layout.at + count * layout.sample_size + layout.tail + (layout.after if count > 1 else 0)
        if (samples is not None and count < 1) or not self._may_end(length, end):
            raise PacketError(self._wrong_length(length, count))
        reader = self._reader(samples_reader(layout, count, length), told)
        return reader if length == end else self._padded(reader, length - end, count)

    def _may_end(self, length: int, end: int) -> bool:
        """Whether a packet may have this length, its last number ending there."""
        pad_to = self._layout.stream.pad_to
        return length in pad_to and length >= end if pad_to else length == end

    def _padded(self, reader: Reader, padding: int, count: int) -> Reader:
        zeros = bytes(padding)

        def padded(payload: bytes) -> list[Decoded]:
            if not payload.endswith(zeros):
                raise PacketError(self._wrong_length(len(payload), count))
            return reader(payload)

        return padded

    def _reader(self, read: Read | None, told: int | None) -> Reader:
        """What reads a packet's header and samples, where `told` is the count that its header must have."""
        others = [c for c in self._layout.channels if not c.is_motion]
        rest = self._layout.stream.rest if self._layout.stream.samples is None else None
        if read is None or others or self._has_more or self._no_sequence is not None:
            return self._full(read or _no_motion, rest, told)
        name, head = self._layout.name, self._head
        if not head.names:
            return lambda payload: [Decoded(name, *read(payload, _NO_FIELDS))]
        if head.struct is None:
            return self._full(read, rest, told)
        unpack = head.struct.unpack_from
        if head.names == ("ticks",):
            return _with_ticks(name, read, unpack)
        ticks, sequence, count = head.places
        is_told = self._is_told

        def with_numbers(payload: bytes) -> list[Decoded]:
            numbers = *unpack(payload), None
            if is_told and numbers[count] != told:
                raise PacketError(self._wrong_length(len(payload), numbers[count]))
            return [Decoded(name, *read(payload, _NO_FIELDS), numbers[ticks], numbers[sequence])]

        return with_numbers

    def _full(self, read: Read, rest: str | None, told: int | None) -> Reader:
        """A reader of all that packets may hold."""
        layout, numbers = self._layout, self._head.read

        def full(payload: bytes) -> list[Decoded]:
            ticks, sequence, count = numbers(payload)
            if self._is_told and count != told:
                raise PacketError(self._wrong_length(len(payload), count or 0))
            if sequence == self._no_sequence:
                sequence = None
            fields: Fields = {}
            for name, number in self._fields:
                value = number(payload)
                if value is not None:
                    fields[name] = value
            for name, begin, end, unpack in self._packed:
                unpacked = unpack(payload[begin:end])
                if unpacked is not None:
                    fields[name] = unpacked
            acc, gyr, mag = read(payload, fields)
            if rest is not None and len(payload) > layout.at:
                fields[rest] = payload[layout.at :].hex()
            battery = None if self._battery is None else self._percent(self._battery(payload))
            return [Decoded(layout.name, acc, gyr, mag, ticks, sequence, battery, fields)]

        return full

    def _percent(self, value: float | None) -> float | None:
        if value is not None and not 0 <= value <= 100:
            raise PacketError(f"{self._layout.name}: a battery of {value:g} %")
        return value

    def _wrong_length(self, length: int, count: int) -> str:
        layout = self._layout
        expected = layout.at + max(count, 1) * layout.sample_size + layout.tail
        said = f"{layout.name}: {counted(length, 'byte')}, expected "
        if layout.stream.pad_to:
            sizes = " or ".join(str(p) for p in layout.stream.pad_to)
            return f"{said}{sizes}, those after {expected} zero"
        return f"{said}{expected}"


def _with_ticks(name: str, read: Read, unpack: Callable[[bytes], tuple[int]]) -> Reader:
    """A reader of a time stamp and samples, as most packets have them."""

    def with_ticks(payload: bytes) -> list[Decoded]:
        acc, gyr, mag = read(payload, _NO_FIELDS)
        return [Decoded(name, acc, gyr, mag, unpack(payload)[0])]

    return with_ticks


def _no_motion(_payload: bytes, _fields: Fields) -> Motion:
    return None, None, None
