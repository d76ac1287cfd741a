"""A stream's table compiled for one set of settings: offsets, lengths, scales as numbers, numpy record types.

Decoder and encoder walk the same compiled layout in opposite directions.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from footsense.devices import kinds
from footsense.devices.codecs import PACKINGS, Packed
from footsense.devices.expression import evaluate
from footsense.devices.model import (
    Counter,
    Elements,
    Field,
    Frame,
    Number,
    ProfileData,
    Samples,
    Stamp,
    Stream,
    Text,
)
from footsense.devices.settings import Value, applies, names_for
from footsense.devices.uuids import full
from footsense.errors import ProfileError
from footsense.types import StreamTiming

MAX_SAMPLES = 512
MAX_MESSAGE = 8192  # bytes of a message in fragments
LARGEST_SCALE = 1e200  # the largest f32 times this is a number

STANDARD_GRAVITY = 9.80665  # m/s2 in a g

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_UNITS = {
    "acc": {"g": 1.0, "mg": 1e-3, "m/s2": 1 / STANDARD_GRAVITY},
    "gyr": {"dps": 1.0, "mdps": 1e-3, "rad/s": 180 / math.pi},
    "mag": {"uT": 1.0, "mG": 0.1},
}


@dataclass(frozen=True, slots=True)
class Item:
    """A number of the header: where it lies, how it is read, its bits, its factor, what is added, the number
    that means none, and what is sent there: that number, or the size of a channel."""

    name: str
    at: int
    kind: str
    read: kinds.Reader
    scale: float
    sent: float = 0.0
    mask: int | None = None
    add: float = 0.0
    null: int | None = None
    size_of: Literal["acc", "gyr"] | None = None

    @property
    def end(self) -> int:
        """Offset of the byte after it."""
        return self.at + kinds.size(self.kind)

    @property
    def raw(self) -> float:
        """The number that is sent, its bits where the mask has them."""
        return self.raw_of(self.sent)

    def raw_of(self, value: float) -> float:
        """The number that means this value."""
        raw = (value - self.add) / self.scale
        return raw if self.mask is None else round(raw) * (self.mask & -self.mask)


@dataclass(frozen=True, slots=True)
class Channel:
    """Numbers of one channel in a sample; `scale` makes units of them, `order` and `sign` x, y, z.

    `affine`: offsets, and nine numbers that make units of what is left, in place of scale, order and sign;
    `scale` is then the largest of them. `size`: bytes in one sample; `is_plain`: raw times scale is the answer;
    `is_motion`: acc, gyr or mag.
    """

    name: str
    kind: str
    n: int
    scale: np.float64
    order: tuple[int, ...] | None
    sign: tuple[float, ...] | None
    size: int
    is_plain: bool
    is_motion: bool
    null: int | None = None
    zero: float = 0.0
    affine: tuple[tuple[float, ...], tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One stream, ready to run. `count` is the samples of a packet, None where the packet says it; `at` where
    they begin; `packed` what of the header takes code: name, offset and packing; `tail` the bytes of header
    numbers that lie behind the samples, `after` those behind several; `record` the numpy type of an interleaved
    sample, None for planes."""

    name: str
    char: str
    frame: Frame | None
    text: Text | None
    elements: Elements | None
    stream: Stream
    timing: StreamTiming | None
    items: Mapping[str, Item]
    packed: tuple[tuple[str, int, Packed], ...]
    channels: tuple[Channel, ...]
    at: int
    sample_size: int
    tail: int
    after: int
    count: int | None
    per_packet: int
    asked: bool
    record: np.dtype[Any] | None

    @property
    def length(self) -> int:
        """Bytes of a whole packet (a message, for fragments) without padding, with `per_packet` samples."""
        return self.at + self.sample_size * self.per_packet + self.tail

    @property
    def sequence_modulus(self) -> int | None:
        """What the counter of its packets begins anew after, None where it has none."""
        counter = self.stream.header.sequence
        return None if counter is None else _modulus(counter.wrap, counter.type)


def layouts(data: ProfileData, settings: Mapping[str, Value]) -> list[Layout]:
    """The streams there are under these (complete) settings. Raises ProfileError with the key path."""
    names = names_for(data, settings)
    active = {name: stream for name, stream in data.streams.items() if applies(stream.only, settings)}
    if not active:
        raise ProfileError("streams: none is there with some of the settings")
    return [
        replace(_layout(data, name, stream, names), asked=_asked(stream, settings))
        for name, stream in active.items()
    ]


def _asked(stream: Stream, settings: Mapping[str, Value]) -> bool:
    return stream.asked if isinstance(stream.asked, bool) else applies(stream.asked, settings)


def _layout(data: ProfileData, name: str, stream: Stream, names: Mapping[str, float]) -> Layout:
    where = f"streams.{name}"
    if stream.char not in data.chars:
        raise ProfileError(f"{where}.char: no characteristic '{stream.char}' in [chars]")
    channels = _channels(stream.samples, f"{where}.samples", names)
    items = _items(stream, where, names)
    packed = tuple((name, p.at, PACKINGS[p.codec]) for name, p in stream.header.packed.items())
    ends = [i.end for i in items.values()] + [at + packing.size for _, at, packing in packed]
    end = max(ends + [w.at + 1 for w in stream.when], default=0)
    samples = stream.samples
    count, per_packet = _counts(samples, f"{where}.samples", names)
    layout = Layout(
        name=name,
        char=full(data.chars[stream.char].uuid),
        frame=data.chars[stream.char].frame,
        text=data.chars[stream.char].text,
        elements=data.chars[stream.char].elements,
        stream=stream,
        timing=_timing(name, stream, where, channels, names) if samples else None,
        items=items,
        packed=packed,
        channels=channels,
        at=samples.at if samples else end,
        sample_size=(size := sum(c.size for c in channels)),
        tail=max(0, end - samples.at - size * count) if samples and count and end > samples.at else 0,
        after=samples.after_several if samples else 0,
        count=count,
        per_packet=per_packet,
        asked=True,
        record=_record(samples, channels),
    )
    _check(layout, where, end)
    return layout


def _check(layout: Layout, where: str, header_end: int) -> None:
    stream = layout.stream
    if stream.samples and _overlaps(layout, header_end):
        raise ProfileError(f"{where}.samples.at: the header ends at {header_end}, samples begin before it")
    if stream.samples and stream.samples.codec and not _is_packed(stream.samples, layout.channels):
        raise ProfileError(f"{where}.samples.codec: expected fields of i16, i32 or f32, and count = 'fill'")
    if stream.samples and stream.samples.count == "count" and stream.header.count is None:
        raise ProfileError(f"{where}.samples.count: expected header.count, which is missing")
    if layout.after and (layout.count is not None or layout.after >= layout.sample_size):
        raise ProfileError(f"{where}.samples.after_several: expected count = 'fill', and less than a sample")
    told = layout.items.get("count")
    if told is not None and layout.per_packet > (kinds.limits(told.kind) or (0, 0))[1]:
        raise ProfileError(f"{where}.header.count: {told.kind} cannot count {layout.per_packet} samples")
    if stream.fragments and (layout.count is None or not stream.when):
        raise ProfileError(f"{where}.fragments: expected a fixed count and a `when`")
    if stream.pad_to and layout.length > max(stream.pad_to):
        raise ProfileError(f"{where}.pad_to: the packet is longer, {layout.length} bytes")
    limit = MAX_MESSAGE if stream.fragments else 512
    if layout.length > limit:
        raise ProfileError(f"{where}: packets of {layout.length} bytes, at most {limit} are possible")


def _is_packed(samples: Samples, channels: tuple[Channel, ...]) -> bool:
    kinds_ = {channel.kind for channel in channels}
    fits = len(kinds_) == 1 and kinds_ <= {"i16", "i32", "f32"} and sum(c.n for c in channels) <= 16
    return samples.count == "fill" and fits


def _overlaps(layout: Layout, header_end: int) -> bool:
    """Whether a number of the header lies in the samples; behind them it may, where their count is fixed."""
    if header_end <= layout.at:
        return False
    end = layout.at + layout.sample_size * layout.per_packet
    parts = [(i.at, i.end) for i in layout.items.values()] + [(w.at, w.at + 1) for w in layout.stream.when]
    parts += [(at, at + packing.size) for _, at, packing in layout.packed]
    return layout.count is None or any(at < end and layout.at < to for at, to in parts)


def _channels(samples: Samples | None, where: str, names: Mapping[str, float]) -> tuple[Channel, ...]:
    fields = samples.fields if samples else []
    if len({f.ch for f in fields}) < len(fields):
        raise ProfileError(f"{where}.fields: two of them have the same ch")
    return tuple(_channel(f, f"{where}.fields[{i}]", names) for i, f in enumerate(fields))


def _channel(field: Field, where: str, names: Mapping[str, float]) -> Channel:
    units = _UNITS.get(field.ch)
    if units is None and (field.unit or field.axes):
        raise ProfileError(f"{where}: unit and axes are for acc, gyr and mag; '{field.ch}' holds its own")
    if units is not None and (field.unit not in units or field.n != 3):
        raise ProfileError(f"{where}: expected n = 3 and a unit of {', '.join(units)}")
    unit = (units or {}).get(field.unit or "", 1.0)
    affine = None if field.affine is None else _affine(field, unit, f"{where}.affine")
    scale = _number(field.scale, f"{where}.scale", names) * unit
    if affine is not None:
        scale = max(map(abs, affine[1]))
    if scale == 0:
        raise ProfileError(f"{where}.scale: is 0")
    order, sign = _turn(field.axes, f"{where}.axes")
    zero = _number(field.zero, f"{where}.zero", names)
    kind = field.type.lstrip(">")
    is_whole = not kinds.is_digits(kind) and kind not in ("i12", "u12", "i24", "u24", "f16", "f32", "f64")
    is_scaled = order is None and affine is None and field.null is None and not zero
    return Channel(
        field.ch,
        field.type,
        field.n,
        np.float64(scale),
        order,
        sign,
        kinds.width(field.type, field.n),
        is_scaled and is_whole and abs(scale) < LARGEST_SCALE,
        units is not None,
        field.null,
        zero,
        affine,
    )


def _affine(field: Field, unit: float, where: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Offset and matrix in the unit of the channel."""
    assert field.affine is not None
    if field.ch not in _UNITS or field.axes or field.scale != "1" or field.zero != "0":
        raise ProfileError(f"{where}: is for acc, gyr and mag, in place of scale, zero and axes")
    offset, matrix = tuple(field.affine.offset), tuple(unit * x for x in field.affine.matrix)
    if not all(map(math.isfinite, offset + matrix)) or max(map(abs, offset + matrix)) > LARGEST_SCALE:
        raise ProfileError(f"{where}: has numbers that are none")
    if np.linalg.matrix_rank(np.array(matrix).reshape(3, 3)) < 3:
        raise ProfileError(f"{where}.matrix: leaves an axis out")
    return offset, matrix


def _turn(axes: list[Any] | None, where: str) -> tuple[tuple[int, ...] | None, tuple[float, ...] | None]:
    """For x, y and z: which number of the packet it is, and its sign."""
    if axes is None:
        return None, None
    on_wire = [axis.lstrip("-") for axis in axes]
    if sorted(on_wire) != ["x", "y", "z"]:
        raise ProfileError(f"{where}: expected each of x, y, z once")
    order = tuple(on_wire.index(axis) for axis in "xyz")
    return order, tuple(-1.0 if axes[i].startswith("-") else 1.0 for i in order)


def _items(stream: Stream, where: str, names: Mapping[str, float]) -> dict[str, Item]:
    """The numbers of the header by what they are: `ticks`, `sequence`, `count`, `battery_percent`, `fields.…`,
    `sent[…]`."""
    header = stream.header
    numbers: dict[str, Number | Stamp | Counter | None] = {
        "ticks": header.timestamp,
        "sequence": header.sequence,
        "count": header.count,
        "battery_percent": header.battery_percent,
    }
    numbers |= {f"fields.{name}": number for name, number in header.fields.items()}
    numbers |= {f"sent[{i}]": number for i, number in enumerate(header.sent)}
    return {name: _item(name, n, f"{where}.header.{name}", names) for name, n in numbers.items() if n}


def _item(name: str, number: Number | Stamp | Counter, where: str, names: Mapping[str, float]) -> Item:
    name, read = name.removeprefix("fields."), kinds.reader(number.type)
    if not isinstance(number, Number):
        null = number.null if isinstance(number, Counter) else None
        return Item(name, number.at, number.type, read, 1.0, null=null)
    scale = _number(number.scale, f"{where}.scale", names)
    add = _number(number.add, f"{where}.add", names)
    sent = _number(number.value, f"{where}.value", names) if number.value is not None else add
    if scale == 0:
        raise ProfileError(f"{where}.scale: is 0")
    item = Item(name, number.at, number.type, read, scale, sent, number.mask, add, number.null, number.size_of)
    _fits(number.type, item.raw, where)
    return item


def _counts(samples: Samples | None, where: str, names: Mapping[str, float]) -> tuple[int | None, int]:
    """Samples in a packet (None: the packet says it), and how many a virtual device sends."""
    if samples is None:
        return 0, 0
    if samples.count in ("count", "fill"):
        per_packet = round(_number(samples.per_packet, f"{where}.per_packet", names))
        fixed = None
    else:
        fixed = per_packet = round(_number(samples.count, f"{where}.count", names))
    if not 1 <= per_packet <= MAX_SAMPLES:
        raise ProfileError(f"{where}: {per_packet} samples in a packet, expected 1 to {MAX_SAMPLES}")
    return fixed, per_packet


def _record(samples: Samples | None, channels: tuple[Channel, ...]) -> np.dtype[Any] | None:
    if samples is None or samples.layout == "planar" or samples.codec:
        return None
    return np.dtype([(c.name, *kinds.dtype(c.kind, c.n)) for c in channels])


def _timing(
    name: str, stream: Stream, where: str, channels: tuple[Channel, ...], names: Mapping[str, float]
) -> StreamTiming | None:
    carried = {c.name for c in channels}
    if not carried & {"acc", "gyr"}:
        return None
    stamp, counter = stream.header.timestamp, stream.header.sequence
    rate_hz = _number(stream.rate, f"{where}.rate", names)
    if not 0 < rate_hz <= 10_000:
        raise ProfileError(f"{where}.rate: {rate_hz:g} Hz, expected above 0 and up to 10000")
    anchor: Literal["first", "last"] = stamp.anchor if stamp else "first"
    return StreamTiming(
        stream=name,
        carries_acc="acc" in carried,
        carries_gyr="gyr" in carried,
        rate_hz=rate_hz,
        tick_s=tick_s(stream, where, names),
        tick_modulus=_modulus(stamp.wrap, stamp.type) if stamp else None,
        anchor=anchor,
        sequence_modulus=_modulus(counter.wrap, counter.type) if counter else None,
        sequence_counts=counter.counts if counter else "packets",
    )


def tick_s(stream: Stream, where: str, names: Mapping[str, float]) -> float | None:
    """Length of a tick of the time stamp in s, None without one."""
    stamp = stream.header.timestamp
    if stamp is None:
        return None
    if (stamp.unit is None) == (stamp.tick_s is None):
        raise ProfileError(f"{where}.header.timestamp: expected either unit or tick_s")
    value = (
        _SECONDS[stamp.unit] if stamp.unit else _number(stamp.tick_s or "", f"{where}.header.timestamp", names)
    )
    if value <= 0:
        raise ProfileError(f"{where}.header.timestamp.tick_s: expected more than 0")
    return value


def _modulus(wrap: int | None, kind: str) -> int:
    return wrap or 2 ** (8 * kinds.size(kind))


def _fits(kind: str, value: float, where: str) -> None:
    try:
        kinds.packed(kind, value)
    except ProfileError as error:
        raise ProfileError(f"{where}.value: {error}") from error


def _number(expression: str | float, where: str, names: Mapping[str, float]) -> float:
    try:
        return evaluate(expression, names)
    except ProfileError as error:
        raise ProfileError(f"{where}: {error}") from error
