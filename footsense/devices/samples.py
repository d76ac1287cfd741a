"""The numbers of a packet's samples, as arrays in units."""

import math
from collections.abc import Callable, Mapping, Sequence
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.codecs import CODECS, Codec
from footsense.devices.layout import LARGEST_SCALE, MAX_SAMPLES, Channel, Layout
from footsense.errors import PacketError
from footsense.types import Floats

_FEW = 24  # so many numbers are converted one by one in less time than an array of each channel takes

MOTION = ("acc", "gyr", "mag")
Motion = tuple[Floats | None, Floats | None, Floats | None]  # arrays (n, 3) in units, None where there is none
Fields = dict[str, object]
Read = Callable[[bytes, Fields], Motion]
"""Of a packet the motion; what else its samples hold goes into the fields. Raises PacketError for no number."""


def all_finite(values: NDArray[Any]) -> bool:
    """Whether all are finite numbers. The sum of their squares mostly tells, at a third of the cost."""
    return math.isfinite(np.vdot(values, values)) or bool(np.isfinite(values).all())


def samples_reader(layout: Layout, count: int, length: int) -> Read | None:
    """What reads the samples of packets of `length` bytes that hold `count` of them (a codec finds that out);
    None where the layout has none. It works in memory of its own: one packet at a time."""
    samples = layout.stream.samples
    if samples is None:
        return None
    if samples.codec:
        return _packed(layout, CODECS[samples.codec], length)
    if _is_block(layout.channels):
        return _block(layout, count, length)
    are_few = count * sum(c.n for c in layout.channels) <= _FEW
    has_bytes = not any(kinds.is_12_bit(c.kind) for c in layout.channels)
    return _few(layout, count) if are_few and has_bytes else _mixed(layout, count)


def _block(layout: Layout, count: int, length: int) -> Read:
    """Channels of three numbers, all of one type: one array for all, in a fraction of the time.

    What does not change from packet to packet is laid out once: an array on bytes that each packet is copied
    into, in a tenth of the time that an array on the packet takes; and a scale for each number, since numpy
    takes three times as long to stretch one over a small array as to multiply.
    """
    channels, name, at = layout.channels, layout.name, layout.at
    names = [c.name for c in channels]
    wire = np.dtype(kinds.dtype(channels[0].kind, 1)[0])
    is_float, is_single = kinds.limits(channels[0].kind) is None, layout.count == 1
    k, size = len(channels), wire.itemsize
    shape = k, count, 3
    plane, row = (3 * count, 3) if layout.record is None else (3, 3 * k)
    strides = plane * size, row * size, size
    scales = np.repeat(np.array([c.scale for c in channels]), 3 * count).reshape(shape)
    acc, gyr, mag = (names.index(n) if n in names else None for n in MOTION)
    others = [(i, n) for i, n in enumerate(names) if n not in MOTION]
    total = 3 * k * count
    of_few = kinds.row_reader(channels[0].kind, range(at, at + total * size, size)) if total <= _FEW else None
    copy, packet, doubles = memoryview(bytearray(length)), slice(length), np.dtype(np.float64)
    raw: NDArray[Any] = np.ndarray(shape, wire, copy, at, strides)

    def read(payload: bytes, fields: Fields) -> Motion:
        copy[packet] = payload
        if is_float and not (all_finite(raw) if of_few is None else _are_finite(of_few(payload))):
            raise PacketError(f"{name}: a measured value is no number")
        values = raw.astype(doubles, "C")
        values *= scales
        for i, other in others:
            fields[other] = _listed(values[i], is_single, is_scalar=False)
        return (
            None if acc is None else values[acc],
            None if gyr is None else values[gyr],
            None if mag is None else values[mag],
        )

    return read


def _are_finite(few: Sequence[float]) -> bool:
    """A sum is quick, and finite only if all are; but all may be where it is not."""
    return math.isfinite(sum(few)) or all(map(math.isfinite, few))


def _few(layout: Layout, count: int) -> Read:
    """Few numbers, of several types or that take more than a scale: one by one."""
    parts, at = [], layout.at
    for channel in layout.channels:
        parts.append((channel, _numbers(layout, channel, count, at)))
        at += channel.size * (count if layout.record is None else 1)
    is_single = layout.count == 1

    def read(payload: bytes, fields: Fields) -> Motion:
        found: dict[str, Floats] = {}
        for channel, numbers in parts:
            values = numbers(payload)
            if values is None:
                continue
            if channel.is_motion:
                found[channel.name] = np.array(values).reshape(count, 3)
            else:
                rows = [values[i : i + channel.n] for i in range(0, len(values), channel.n)]
                told = [row[0] for row in rows] if channel.n == 1 else rows
                fields[channel.name] = told[0] if is_single else told
        return found.get("acc"), found.get("gyr"), found.get("mag")

    return read


def _numbers(layout: Layout, channel: Channel, count: int, at: int) -> Callable[[bytes], list[float] | None]:
    """Of a packet the channel's numbers in units, sample by sample; None where one says that nothing was
    measured."""
    kind, name = channel.kind, f"{layout.name}: {channel.name}"
    order = channel.order or tuple(range(channel.n))
    signs = channel.sign or (1.0,) * channel.n
    stride = channel.size if layout.record is None else layout.sample_size
    size, null, zero, affine = kinds.size(kind), channel.null, channel.zero, channel.affine
    raw = kinds.row_reader(kind, [at + i * stride + j * size for i in range(count) for j in range(channel.n)])
    places = [i * channel.n + j for i in range(count) for j in order]
    scales = [float(channel.scale) * sign for sign in signs] * count
    turns = list(zip(places, scales, strict=True))
    is_in_order = affine is None and not zero and places == sorted(places)
    may_be_none = kinds.limits(kind) is None or kinds.is_digits(kind) or abs(channel.scale) > LARGEST_SCALE

    def read(payload: bytes) -> list[float] | None:
        numbers = raw(payload)
        if null is not None and null in numbers:
            return None
        if is_in_order:
            values = list(map(mul, numbers, scales))
        elif affine is None:
            values = [(numbers[i] - zero) * scale for i, scale in turns]
        else:
            values = [x for i in range(0, len(numbers), 3) for x in _moved(numbers[i : i + 3], affine)]
        if may_be_none and not math.isfinite(sum(values)) and not all(map(math.isfinite, values)):
            raise PacketError(f"{name} is no number")
        return values

    return read


def _moved(numbers: Sequence[Any], affine: tuple[Sequence[float], Sequence[float]]) -> list[Any]:
    """Three numbers, or arrays of them, in units; written out, since `@` rounds otherwise with other shapes."""
    (a, b, c), m = (x - offset for x, offset in zip(numbers, affine[0], strict=True)), affine[1]
    return [m[i] * a + m[i + 1] * b + m[i + 2] * c for i in (0, 3, 6)]


def _mixed(layout: Layout, count: int) -> Read:
    """Many samples of channels that differ in type, or of numbers that take more than a scale."""

    def read(payload: bytes, fields: Fields) -> Motion:
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

    return read


def _packed(layout: Layout, codec: Codec, length: int) -> Read:
    """Samples that a codec unpacks."""
    if len(layout.channels) > 1:
        return _packed_channels(layout, codec, length)
    name = layout.name
    (channel,) = layout.channels
    n, is_plain = channel.n, channel.is_plain
    decode = codec.reader(n, 8 * kinds.size(channel.kind), layout.at, length, MAX_SAMPLES)
    if channel.is_motion and is_plain:
        return _scaled(channel, decode)

    def read(payload: bytes, fields: Fields) -> Motion:
        raw = decode(payload)
        values = _converted(name, channel, _as_measured(channel, raw))
        if values is not None and not channel.is_motion:
            fields[channel.name] = _listed(values, is_single=False, is_scalar=n == 1)
        return _in_order({channel.name: values})

    return read


def _scaled(channel: Channel, decode: Callable[[bytes], Floats]) -> Read:
    """Motion that takes no more than a scale."""
    scale, multiply = np.array(channel.scale), np.multiply
    is_acc, is_gyr = channel.name == "acc", channel.name == "gyr"

    def read(payload: bytes, _fields: Fields) -> Motion:
        values = decode(payload)
        multiply(values, scale, values)
        return (values, None, None) if is_acc else (None, values, None) if is_gyr else (None, None, values)

    return read


def _packed_channels(layout: Layout, codec: Codec, length: int) -> Read:
    """Samples of several channels, all of one type, that a codec unpacks together."""
    channels, kind = layout.channels, layout.channels[0].kind
    ends = np.cumsum([channel.n for channel in channels]).tolist()
    decode = codec.reader(ends[-1], 8 * kinds.size(kind), layout.at, length, MAX_SAMPLES)

    def read(payload: bytes, fields: Fields) -> Motion:
        raw = decode(payload)
        found: dict[str, Floats | None] = {}
        for channel, end in zip(channels, ends, strict=True):
            own = _as_measured(channel, raw[:, end - channel.n : end])
            values = found[channel.name] = _converted(layout.name, channel, own)
            if values is not None and not channel.is_motion:
                fields[channel.name] = _listed(values, is_single=False, is_scalar=channel.n == 1)
        return _in_order(found)

    return read


def _as_measured(channel: Channel, raw: Floats) -> NDArray[Any]:
    """What the whole numbers of a codec stand for: for a float they are its bits, and go round as they do."""
    return raw.astype(np.int64).astype(np.int32).view(np.float32) if channel.kind == "f32" else raw


def _in_order(arrays: Mapping[str, Floats | None]) -> Motion:
    return arrays.get("acc"), arrays.get("gyr"), arrays.get("mag")


def _is_block(channels: Sequence[Channel]) -> bool:
    same = len({c.kind for c in channels}) == 1
    return same and all(c.n == 3 and c.order is None and _is_native(c) for c in channels)


def _is_native(channel: Channel) -> bool:
    """Whether numpy has the type, each of its numbers means one, and none becomes infinite by its scale."""
    return (
        "24" not in channel.kind
        and not kinds.is_12_bit(channel.kind)
        and "f64" not in channel.kind
        and not kinds.is_digits(channel.kind)
        and channel.null is None
        and not channel.zero
        and channel.affine is None
        and abs(float(channel.scale)) < LARGEST_SCALE
    )


def _converted(stream: str, channel: Channel, raw: NDArray[Any]) -> Floats | None:
    """The values in units, None where a number says that nothing was measured."""
    if channel.null is not None and (kinds.numbers(channel.kind, raw) == channel.null).any():
        return None
    with np.errstate(all="ignore"):
        if channel.affine is None:
            values: Floats = (kinds.numbers(channel.kind, raw) - channel.zero) * channel.scale
        else:
            values = np.stack(_moved(list(kinds.numbers(channel.kind, raw).T), channel.affine), axis=-1)
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
