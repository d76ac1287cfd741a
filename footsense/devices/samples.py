"""The numbers of a packet's samples, as arrays in units."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.codecs import CODECS, Codec
from footsense.devices.layout import MAX_SAMPLES, Channel, Layout
from footsense.errors import PacketError
from footsense.types import Floats

_LARGEST_SCALE = 1e200  # the largest f32 times this is a number

MOTION = ("acc", "gyr", "mag")
Motion = tuple[Floats | None, Floats | None, Floats | None]  # arrays (n, 3) in units, None where there is none


def all_finite(values: NDArray[Any]) -> bool:
    """Whether all are finite numbers. The sum of their squares mostly tells, at a third of the cost."""
    return math.isfinite(np.vdot(values, values)) or bool(np.isfinite(values).all())


class Block:
    """Samples of channels of three numbers, all of one type: one array for all, in a fraction of the time.

    What does not change from packet to packet is laid out once: a scale for each number, since numpy takes
    three times as long to stretch one over a small array as to multiply.
    """

    def __init__(self, layout: Layout) -> None:
        channels = layout.channels
        names = [c.name for c in channels]
        self._name = layout.name
        self._at = layout.at
        self._dtype = np.dtype(kinds.dtype(channels[0].kind, 1)[0])
        self._is_float = kinds.limits(channels[0].kind) is None
        self._is_planar = layout.record is None
        self._scale = np.array([c.scale for c in channels])
        self._acc, self._gyr, self._mag = (names.index(n) if n in names else None for n in MOTION)
        self._others = [(i, name) for i, name in enumerate(names) if name not in MOTION]
        self._is_single = layout.count == 1
        self._lay_out(max(1, layout.per_packet))

    def _lay_out(self, count: int) -> None:
        k, size = len(self._scale), self._dtype.itemsize
        self._count = count
        self._shape = k, count, 3
        plane, row = (3 * count, 3) if self._is_planar else (3, 3 * k)
        self._strides = plane * size, row * size, size
        self._scales = np.repeat(self._scale, 3 * count).reshape(self._shape)

    def read(self, payload: bytes, count: int, fields: dict[str, object]) -> Motion:
        """The arrays; what is no motion goes into `fields`. Raises PacketError if a number is none."""
        if count != self._count:
            self._lay_out(count)
        raw: NDArray[Any] = np.ndarray(self._shape, self._dtype, payload, self._at, self._strides)
        if self._is_float and not all_finite(raw):
            raise PacketError(f"{self._name}: a measured value is no number")
        values = raw.astype(np.float64, "C")
        values *= self._scales
        for i, name in self._others:
            fields[name] = _listed(values[i], self._is_single, is_scalar=False)
        return (
            None if self._acc is None else values[self._acc],
            None if self._gyr is None else values[self._gyr],
            None if self._mag is None else values[self._mag],
        )


class Mixed:
    """Samples of channels that differ in type, or of numbers that take more than a scale."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def read(self, payload: bytes, count: int, fields: dict[str, object]) -> Motion:
        """The arrays; what is no motion goes into `fields`. Raises PacketError if a number is none."""
        layout = self._layout
        arrays: dict[str, Floats | None] = {}
        record = layout.record
        records = None if record is None else np.frombuffer(payload, record, count, layout.at)
        at = layout.at
        for channel in layout.channels:
            raw = _plane(payload, channel, count, at) if records is None else records[channel.name]
            at += channel.size * count
            values = raw * channel.scale if channel.is_plain else _converted(layout.name, channel, raw)
            if values is None:
                continue
            if channel.is_motion:
                arrays[channel.name] = values
            else:
                fields[channel.name] = _listed(values, layout.count == 1, is_scalar=channel.n == 1)
        return _in_order(arrays)


class Packed:
    """Samples of one channel that a codec unpacks."""

    def __init__(self, layout: Layout, codec: Codec) -> None:
        self._name, self._at = layout.name, layout.at
        self._codec = codec
        (self._channel,) = layout.channels
        self._bits = 8 * kinds.size(self._channel.kind)
        self._is_plain = self._channel.is_plain and abs(self._channel.scale) < _LARGEST_SCALE

    def read(self, payload: bytes, _count: int, _fields: dict[str, object]) -> Motion:
        """The arrays. Raises PacketError for what the codec cannot have packed."""
        channel = self._channel
        raw = self._codec.decode(payload[self._at :], channel.n, self._bits)
        if len(raw) > MAX_SAMPLES:
            raise PacketError(f"{self._name}: {len(raw)} samples, at most {MAX_SAMPLES} are possible")
        values = raw * channel.scale if self._is_plain else _converted(self._name, channel, raw)
        return _in_order({channel.name: values})


def samples_reader(layout: Layout) -> Block | Mixed | Packed | None:
    """What reads this layout's samples; None where it has none."""
    samples = layout.stream.samples
    if samples is None:
        return None
    if samples.codec:
        return Packed(layout, CODECS[samples.codec])
    return Block(layout) if _is_block(layout.channels) else Mixed(layout)


def _in_order(arrays: Mapping[str, Floats | None]) -> Motion:
    return arrays.get("acc"), arrays.get("gyr"), arrays.get("mag")


def _is_block(channels: Sequence[Channel]) -> bool:
    same = len({c.kind for c in channels}) == 1
    return same and all(c.n == 3 and c.order is None and _is_native(c) for c in channels)


def _is_native(channel: Channel) -> bool:
    """Whether numpy has the type, each of its numbers means one, and none becomes infinite by its scale."""
    return (
        "24" not in channel.kind
        and "f64" not in channel.kind
        and not kinds.is_digits(channel.kind)
        and channel.null is None
        and not channel.zero
        and abs(float(channel.scale)) < _LARGEST_SCALE
    )


def _converted(stream: str, channel: Channel, raw: NDArray[Any]) -> Floats | None:
    """The values in units, None where a number says that nothing was measured."""
    if channel.null is not None and (kinds.numbers(channel.kind, raw) == channel.null).any():
        return None
    with np.errstate(all="ignore"):
        values: Floats = (kinds.numbers(channel.kind, raw) - channel.zero) * channel.scale
    if not np.isfinite(values).all():
        raise PacketError(f"{stream}: {channel.name} is no number")
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
