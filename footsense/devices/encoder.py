"""A profile's table run backwards: samples to the bytes that the device would notify."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.codecs import CODECS
from footsense.devices.framing import as_element, sealed
from footsense.devices.layout import STANDARD_GRAVITY, Channel, Item, Layout, layouts
from footsense.devices.lines import as_line
from footsense.devices.profile import Profile
from footsense.devices.settings import Value
from footsense.types import Floats

Sent = tuple[int, str, bytes]  # index of the last sample inside, characteristic, payload


class Encoder:
    """Makes the notifications of a virtual device; samples wait until they fill a packet."""

    def __init__(self, profile: Profile, settings: Mapping[str, Value]) -> None:
        profile = profile.told(settings)
        self.settings = profile.settings_for(settings)
        found = layouts(profile.data, self.settings)
        timed = [x for x in found if x.timing and x.asked]
        self._writers: list[_Writer | _Elements] = [_Writer(x) for x in timed]
        if profile.broadcasts:  # one packet tells all, of the first kind
            self._writers = self._writers[:1] or [_Elements(found)]

    def encode(self, first: int, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None) -> list[tuple[str, bytes]]:
        """(characteristic UUID, payload) in the order of sending, of the packets that these samples complete.

        `first`: index of the first sample; t_s (n,) the device's own times in s; acc_g and gyr_dps (n, 3).
        A jump of `first` throws away what waits, as a device that lost samples does.
        """
        packets: list[Sent] = []
        for writer in self._writers:
            packets += writer.take(first, t_s, acc_g, gyr_dps)
        return _ordered(packets)

    def flush(self) -> list[tuple[str, bytes]]:
        """What still waits, where the layout has short packets; the rest is thrown away."""
        return _ordered([p for writer in self._writers for p in writer.flush()])


def _ordered(packets: list[Sent]) -> list[tuple[str, bytes]]:
    return [(char, payload) for _, char, payload in sorted(packets, key=lambda p: p[0])]


class _Writer:
    """Writes one stream; rows that wait are t_s, acc, gyr."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._rows: NDArray[np.float64] = np.empty((0, 7))
        self._next = 0  # index after the last row
        self._packets = 0

    def take(self, first: int, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None) -> list[Sent]:
        rows = _rows(t_s, acc_g, gyr_dps)
        kept = self._rows if first == self._next else self._rows[:0]
        self._rows = np.concatenate((kept, rows))
        self._next = first + len(rows)
        packets: list[Sent] = []
        n = self._layout.per_packet
        while len(self._rows) >= n:
            packets += self._packet(n)
        return packets

    def flush(self) -> list[Sent]:
        left = len(self._rows)
        if left and self._layout.count is None:
            return self._packet(left)
        self._rows = self._rows[:0]
        return []

    def _packet(self, n: int) -> list[Sent]:
        index = self._next - len(self._rows)
        rows, self._rows = self._rows[:n], self._rows[n:]
        message = self.whole(rows, index)
        return [(index + n - 1, self._layout.char, part) for part in self._parts(message)]

    def whole(self, rows: Floats, index: int) -> bytes:
        """The message of these rows, of which the first has this index."""
        layout, stream, timing = self._layout, self._layout.stream, self._layout.timing
        after = layout.after if len(rows) > 1 else 0
        out = bytearray(layout.at) + self._body(rows) + bytes(layout.tail + after)
        for rule in stream.when:
            out[rule.at] = rule.eq
        values: dict[str, float] = {"count": len(rows)}
        if timing and timing.tick_s and timing.tick_modulus:
            t_s = rows[0 if timing.anchor == "first" else -1, 0]
            values["ticks"] = round(t_s / timing.tick_s) % timing.tick_modulus
        if stream.header.sequence and layout.sequence_modulus:
            number = self._packets if stream.header.sequence.counts == "packets" else index
            values["sequence"] = number % layout.sequence_modulus
        self._packets += 1
        for name, item in layout.items.items():
            raw = values.get(name, item.raw if item.size_of is None else _size(item, rows))
            if item.mask is not None:  # others share its bytes
                raw = round(raw) | int(item.read(bytes(out), item.at))
            packed = kinds.packed(item.kind, raw)
            out[item.at : item.at + len(packed)] = packed
        return bytes(out)

    def _body(self, rows: Floats) -> bytes:
        raw = {c.name: _raw(c, rows) for c in self._layout.channels}
        samples = self._layout.stream.samples
        if samples and samples.codec:
            rows_ = np.concatenate([_as_bits(values) for values in raw.values()], axis=1)
            return CODECS[samples.codec].encode(rows_, 8 * kinds.size(self._layout.channels[0].kind))
        if self._layout.record is None:
            return b"".join(raw[c.name].tobytes() for c in self._layout.channels)
        records = np.zeros(len(rows), self._layout.record)
        for name, values in raw.items():
            records[name] = values
        return records.tobytes()

    def _parts(self, message: bytes) -> list[bytes]:
        """The packets of a message: padded, or cut into fragments where it is too long for one."""
        stream = self._layout.stream
        if self._layout.elements:
            message = as_element(self._layout.elements, message)
        if self._layout.text and self._layout.frame:
            line = sealed(self._layout.frame, as_line(self._layout.text, message))
            return [line[i : i + 20] for i in range(0, len(line), 20)]  # as a serial service without a long MTU
        if self._layout.frame:
            return [sealed(self._layout.frame, message)]
        if stream.pad_to:
            return [message.ljust(min(p for p in stream.pad_to if p >= len(message)), b"\0")]
        rule = stream.fragments
        if rule is None or len(message) - rule.header <= rule.longest:
            return [message]
        rest_header = bytearray(message[: rule.header])
        for part in rule.rest:
            rest_header[part.at] = part.eq
        bodies = [message[i : i + rule.longest] for i in range(rule.header, len(message), rule.longest)]
        return [(message[: rule.header] if i == 0 else bytes(rest_header)) + b for i, b in enumerate(bodies)]


def _as_bits(values: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers for a codec: those of a float are its bits."""
    return (values.view(np.int32) if values.dtype.kind == "f" else values).astype(np.int64)


class _Elements:
    """Writes the packets of a device that has no samples: one for each row, with all that its streams read."""

    def __init__(self, found: Sequence[Layout]) -> None:
        self._char, self._rule = found[0].char, found[0].elements
        here = [x for x in found if x.char == self._char]
        self._writers = [_Writer(x) for x in (here if self._rule else here[:1])]

    def take(self, first: int, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None) -> list[Sent]:
        rows = _rows(t_s, acc_g, gyr_dps)
        return [(first + i, self._char, self._packet(rows[i : i + 1], first + i)) for i in range(len(rows))]

    def flush(self) -> list[Sent]:
        return []

    def _packet(self, row: Floats, index: int) -> bytes:
        parts = [writer.whole(row, index) for writer in self._writers]
        if self._rule is None:
            return parts[0]
        at = self._rule.at
        return parts[0][:at] + b"".join(sorted(as_element(self._rule, part)[at:] for part in parts))


def _rows(t_s: Floats, acc_g: Floats, gyr_dps: Floats | None) -> Floats:
    gyr = np.zeros_like(acc_g) if gyr_dps is None else gyr_dps
    return np.column_stack((t_s, acc_g, gyr))


def _size(item: Item, rows: Floats) -> float:
    """How large the first row's acceleration is in m/s2, or its rate in deg/s, as far as the number can say."""
    x, y, z = rows[0, 1:4] * STANDARD_GRAVITY if item.size_of == "acc" else rows[0, 4:7]
    raw, span = item.raw_of(math.sqrt(x * x + y * y + z * z)), kinds.limits(item.kind)
    return raw if span is None else min(max(raw, span[0]), span[1])


def _raw(channel: Channel, rows: Floats) -> NDArray[Any]:
    """The channel's numbers as the device has them: (n, k), with a last axis of 3 bytes for 24-bit ones.

    Channels that nobody simulates are 0."""
    if channel.name not in ("acc", "gyr"):
        return kinds.written(channel.kind, np.zeros((len(rows), channel.n)))
    values = rows[:, 1:4] if channel.name == "acc" else rows[:, 4:7]
    if channel.affine is not None:
        offset, matrix = (np.array(part) for part in channel.affine)
        return kinds.written(channel.kind, np.linalg.solve(matrix.reshape(3, 3), values.T).T + offset)
    if channel.order is not None and channel.sign is not None:
        turned = np.empty_like(values)
        turned[:, channel.order] = values * np.array(channel.sign)
        values = turned
    return kinds.written(channel.kind, values / channel.scale + channel.zero)
