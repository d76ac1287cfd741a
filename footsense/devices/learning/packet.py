"""Where everything lies in a packet, in the words of a profile: channels in records or planes, what stands
before, between and behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from footsense.devices.learning.clocks import Clocks
from footsense.devices.learning.rows import Row
from footsense.types import Floats

MOST_BYTES = 16  # of a field whose meaning nobody knows
PLAIN = np.eye(3)


@dataclass(frozen=True, eq=False)
class Channel:
    """A channel as a profile says it: its name, where its numbers lie, the number that means 0, scale, unit,
    and how its numbers turn into x, y, z (3, 3)."""

    ch: str
    row: Row
    zero: float
    scale: str
    unit: str
    axes: Floats

    def field(self) -> str:
        """Its line of the profile."""
        said = f'ch = "{self.ch}", type = "{self.row.kind}"'
        said += f', zero = "{self.zero:.6g}"' if self.zero else ""
        said += f', scale = "{self.scale}"' if self.scale != "1" else ""
        said += f', unit = "{self.unit}"'
        if not (self.axes == PLAIN).all():
            said += f", axes = [{', '.join(axis_names(self.axes))}]"
        return f"{{ {said} }}"


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of packet: characteristic, length, the bytes that set it apart, its channels and clocks."""

    char: str
    length: int
    when: tuple[tuple[int, int], ...]
    channels: tuple[Channel, ...]
    clocks: Clocks
    rate_hz: float

    @property
    def count(self) -> int:
        """Samples in a packet."""
        return self.channels[0].row.count


@dataclass(frozen=True, slots=True)
class Body:
    """The samples' part: where they begin and end, whether in planes, and their fields."""

    at: int
    end: int
    planar: bool
    fields: tuple[str, ...]


def axis_names(axes: Floats) -> list[str]:
    """What each number of the packet is, quoted: the columns of a signed permutation."""
    names = []
    for column in axes.T:
        j = int(np.argmax(np.abs(column)))
        names.append(f'"{"-" if column[j] < 0 else ""}{"xyz"[j]}"')
    return names


def body(kind: Kind) -> Body | None:
    """The samples of a kind, None where a profile cannot say how they lie."""
    channels = sorted(kind.channels, key=lambda c: c.row.at)
    first = channels[0].row
    if kind.count == 1:
        end = max(c.row.at + c.row.size for c in channels)
        return Body(first.at, end, False, tuple(_record(channels, first.at, end)))
    if len(channels) > 1 and abs(channels[1].row.at - first.at) >= first.step:
        return _planes(channels, kind.count)
    at = min(first.at, kind.length - kind.count * first.step)
    fields = tuple(_record(channels, at, at + first.step))
    return Body(at, at + kind.count * first.step, False, fields)


def _record(channels: Sequence[Channel], at: int, end: int) -> list[str]:
    """The fields of one sample from byte `at` to `end`."""
    fields: list[str] = []
    for channel in channels:
        fields += _unknown(channel.row.at - at, len(fields))
        fields.append(channel.field())
        at = channel.row.at + channel.row.size
    return fields + _unknown(end - at, len(fields))


def _planes(channels: Sequence[Channel], count: int) -> Body | None:
    fields: list[str] = []
    at = channels[0].row.at
    for channel in channels:
        between, left = divmod(channel.row.at - at, count)
        if left:
            return None
        fields += _unknown(between, len(fields))
        fields.append(channel.field())
        at = channel.row.at + channel.row.size * count
    return Body(channels[0].row.at, at, True, tuple(fields))


def _unknown(size: int, number: int) -> list[str]:
    parts = [min(MOST_BYTES, size - i) for i in range(0, size, MOST_BYTES)]
    return [f'{{ ch = "unknown_{number + i}", type = "u8", n = {n} }}' for i, n in enumerate(parts)]
