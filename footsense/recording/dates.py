"""Dates of what was recorded: from stream time to the host's clock, and from that to the date it showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Self

from footsense.recording import messages as m
from footsense.stream.hostmap import HostMap

_SET_S, _SLEWED = 0.05, 0.001  # what is more than slewing of the date, at once and for each second gone by
_SLEPT_S = 0.1
_MAX_NS = 1 << 63


@dataclass(frozen=True, slots=True)
class Reading:
    """The host's clocks at one moment, ns: the recording's own, how far the one that goes on while the machine
    sleeps is ahead of that (0 where there is none), and the date since 1970."""

    host_ns: int
    slept_ns: int
    wall_ns: int


def reading_of(message: m.Message) -> Reading | None:
    """The reading that a `/clock` message holds, None where it cannot be understood."""
    said: Mapping[str, Any] = message.fields or {}
    monotonic, boottime, wall = (_time(said.get(k)) for k in ("monotonic_ns", "boottime_ns", "wall_ns"))
    if monotonic is None or wall is None:
        return None
    return Reading(message.host_ns, 0 if boottime is None else boottime - message.host_ns, wall)


def _time(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < _MAX_NS else None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The date at any moment of the host's clock.

    The date may have been set meanwhile: then all is dated by the last setting, since a clock is set to be
    right, and nothing runs backwards. `set_s` says by how much each time, s. That the machine slept is no
    setting: the date moves on then and in older recordings the host's clock does not; up to ten seconds after
    it woke are dated as before there.
    """

    readings: tuple[Reading, ...]
    set_s: tuple[float, ...]
    _lead_ns: tuple[int, ...]  # of the date over the host's clock, at each reading, the settings taken back

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Self | None:
        """From what was read, in any order; None from nothing."""
        if not readings:
            return None
        ordered = sorted(readings, key=lambda r: r.host_ns)
        jumps = [_set_ns(a, b) for a, b in pairwise(ordered)]
        lead_ns, ahead = [], 0
        for reading, jump in zip(reversed(ordered), [0, *reversed(jumps)], strict=True):
            ahead += jump
            lead_ns.append(reading.wall_ns - reading.host_ns + ahead)
        return cls(tuple(ordered), tuple(j * 1e-9 for j in jumps if j), tuple(reversed(lead_ns)))

    def utc(self, host_ns: int) -> datetime | None:
        """The date, UTC; None where it is none that a calendar has."""
        try:
            return datetime.fromtimestamp((host_ns + self._lead(host_ns)) / 1e9, UTC)
        except (OverflowError, OSError, ValueError):
            return None

    def _lead(self, host_ns: int) -> int:
        before = max((i for i, r in enumerate(self.readings) if r.host_ns <= host_ns), default=0)
        after = min(before + 1, len(self.readings) - 1)
        a, b = self.readings[before], self.readings[after]
        if host_ns <= a.host_ns or b.host_ns <= a.host_ns or b.slept_ns - a.slept_ns > _SLEPT_S * 1e9:
            return self._lead_ns[before]
        share = min(1.0, (host_ns - a.host_ns) / (b.host_ns - a.host_ns))
        return self._lead_ns[before] + round(share * (self._lead_ns[after] - self._lead_ns[before]))


def _set_ns(a: Reading, b: Reading) -> int:
    """By how much the date was set between two readings, 0 where it was not."""
    gone_ns = b.host_ns - a.host_ns + b.slept_ns - a.slept_ns
    jump_ns = b.wall_ns - a.wall_ns - gone_ns
    return jump_ns if abs(jump_ns) > _SET_S * 1e9 + _SLEWED * abs(gone_ns) else 0


@dataclass(frozen=True, slots=True)
class Dates:
    """When one sensor's stream was recorded: the date of its times, and what can be said of them."""

    host: HostMap
    calendar: Calendar

    def utc(self, t_s: float) -> datetime | None:
        """The date of a stream time, UTC, by the machine's own clock; late by the floor of the delay, which is
        some milliseconds (`footsense.stream.hostmap`)."""
        return self.calendar.utc(self.host.host_ns(t_s))
