"""OpenEarable v2: the device describes each sensor in a scheme, by type, group, name and unit of its numbers.

Layouts: OpenEarable/open_earable_flutter @3804d0d2dd1c (v2_sensor_scheme_reader, v2_sensor_value_parser) and
OpenEarable/open-earable-2 (ParseInfo/SensorScheme, SensorManager/IMU).
"""

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from footsense.devices import kinds
from footsense.devices.model import Field, Header, Number, ProfileData, Samples, Setting, Stamp, Stream, When
from footsense.devices.selfdescribed.telling import Telling
from footsense.devices.selfdescribed.units import motion_of, word
from footsense.errors import PacketError

_TYPES = ("i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64")
_STREAMED, _RATES = 0x01, 0x10  # options of a sensor: it can be streamed; it has rates to choose from
_HEADER = 10  # number, length, u64 of microseconds


@dataclass(frozen=True, slots=True)
class _Component:
    kind: str
    group: str
    name: str
    unit: str


@dataclass(slots=True)
class _Scheme:
    """One sensor: its number, components, and the rates at which it can be streamed."""

    sensor: int
    components: list[_Component] = field(default_factory=list)
    rates_hz: list[float] = field(default_factory=list)


class Scheme(Telling):
    """The scheme of the sensor that was asked for, in one notification."""

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        scheme = _taken_apart(said)
        fields = _fields(scheme.components)
        size = sum(f.n * kinds.size(f.type) for f in fields)
        stream = Stream(
            char="data",
            when=[When(at=0, eq=scheme.sensor)],
            header=Header(
                timestamp=Stamp(at=2, type="u64", unit="us"), sent=[Number(at=1, type="u8", value=f"{size}")]
            ),
            samples=Samples(at=_HEADER, count="fill", after_several=2, fields=fields),
        )
        return replace(data, streams={"motion": stream}, settings=_settings(data, scheme))


class _Reader:
    """Reads bytes one after the other; PacketError where they end before."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, n: int) -> bytes:
        if self.at + n > len(self.data):
            raise PacketError("a sensor scheme that is cut short")
        self.at += n
        return self.data[self.at - n : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        return self.take(self.byte()).decode("utf-8", "replace")


def _taken_apart(said: bytes) -> _Scheme:
    reader = _Reader(said)
    scheme = _Scheme(reader.byte())
    reader.text()
    scheme.components = [_component(reader) for _ in range(reader.byte())]
    options = reader.byte()
    if not options & _STREAMED:
        raise PacketError("a sensor that cannot be streamed")
    if options & _RATES:
        _read_rates(reader, scheme)
    if reader.at < len(said):
        raise PacketError(f"a sensor scheme with {len(said) - reader.at} bytes too many")
    return scheme


def _component(reader: _Reader) -> _Component:
    kind = reader.byte()
    if kind >= len(_TYPES):
        raise PacketError(f"a component of the unknown type {kind}")
    return _Component(_TYPES[kind], reader.text(), reader.text(), reader.text())


def _read_rates(reader: _Reader, scheme: _Scheme) -> None:
    count, _, most = reader.take(3)
    rates = struct.unpack(f"<{count}f", reader.take(4 * count))
    if not count or not all(math.isfinite(r) and r > 0 for r in rates):
        raise PacketError("rates that are none")
    scheme.rates_hz = list(rates[: most + 1])


def _fields(components: Sequence[_Component]) -> list[Field]:
    if not components:
        raise PacketError("a sensor without components")
    fields: list[Field] = []
    left = list(components)
    while left:
        motion = _vector(left[:3], {f.ch for f in fields})
        if motion is not None:
            fields.append(motion)
            left = left[3:]
            continue
        one = left.pop(0)
        fields.append(
            Field(ch=word(f"{one.group}_{one.name}_{one.unit}", f"c{len(fields)}"), type=one.kind, n=1)
        )
    return fields


def _vector(three: Sequence[_Component], taken: set[str]) -> Field | None:
    """The field of three components that are x, y and z of one quantity."""
    first = three[0]
    alike = all((c.kind, c.group, c.unit) == (first.kind, first.group, first.unit) for c in three)
    axes = [re.sub(r".*[^xyz]", "", c.name.strip().lower()) for c in three]
    motion = motion_of(first.unit)
    if not alike or axes != ["x", "y", "z"] or motion is None or motion[0] in taken:
        return None
    channel, unit = motion
    return Field(ch=channel, type=first.kind, unit=unit)


def _settings(data: ProfileData, scheme: _Scheme) -> dict[str, Setting]:
    """The rates that the device has; what is asked for by default is the nearest of them."""
    if not scheme.rates_hz:
        return data.settings
    rates = [float(f"{r:.6g}") for r in scheme.rates_hz]
    values: dict[str, str | int | float] = {f"{r:g}": i for i, r in enumerate(rates)}
    wanted = float(data.settings["rate_hz"].default or 0)
    usual = min(rates, key=lambda r: abs(r - wanted))
    return {**data.settings, "rate_hz": replace(data.settings["rate_hz"], values=values, default=usual)}
