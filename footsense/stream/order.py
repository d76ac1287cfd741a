"""Puts one stream's frames in order: counters unwrapped, duplicates dropped, late frames waited for.

A frame's key is its sequence number, or without one its time stamp, unwrapped; a device that has neither
is taken in order of arrival. What arrives within the bound (0.25 s of stream time, at least two frames) is put
where it belongs; what comes later is dropped. A device that started its counter anew is noticed by three
frames in a row that follow each other and cannot belong to the old count.
"""

from bisect import insort
from collections import OrderedDict
from dataclasses import dataclass
from statistics import median

from footsense.types import Floats, StreamTiming

REORDER_S = 0.25
_MIN_FRAMES = 2
_HISTORY = 256
_RESTART_FRAMES = 3
_FUTURE_S, _FUTURE_SHARE = 0.5, 0.03  # a sample cannot come from the future; clocks differ by up to 3 %
_LATE_S = 10.0  # no device keeps samples longer than this before it sends them
_WINDOW_S = 4.0
_STEPS = 15


@dataclass(slots=True)
class Frame:
    """One frame on its way: `rows` (n, 3 or 6), `host_s` its arrival, `sequence` and `tick` as sent.

    `key` is the unwrapped counter that orders it; `lost` how many samples its sequence number says are
    missing before it, None where there is no number; `restart` marks the first frame of a new count.
    """

    rows: Floats
    host_s: float
    sequence: int | None = None
    tick: int | None = None
    key: int = 0
    lost: int | None = None
    restart: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __lt__(self, other: "Frame") -> bool:
        return self.key < other.key


class Sequencer:
    """Order for one stream. `push` takes frames as they arrive and returns those whose turn it is."""

    def __init__(self, timing: StreamTiming) -> None:
        self._timing = timing
        self._by_sequence = timing.sequence_modulus is not None
        self._by_tick = not self._by_sequence and timing.tick_s is not None
        self._frame_n = 1
        self._steps: list[float] = []
        self._strays: list[Frame] = []
        self._count = _Count()

    def push(self, frame: Frame) -> list[Frame]:
        """Take a frame in order of arrival; return frames in their own order."""
        if not (self._by_sequence or self._by_tick):
            return [frame]
        self._frame_n = max(1, len(frame))
        count = self._count
        frame.key = self._unwrapped(frame)
        if count.empty:
            count.open(frame)
        elif self._is_stray(frame):
            return self._stray(frame)
        elif self._is_old(frame):
            return []
        self._strays = []
        count.note(frame, self._unit_s)
        insort(count.waiting, frame)
        return self._due()

    def flush(self) -> list[Frame]:
        """The frames that still wait for one that is missing."""
        waiting, self._count.waiting = self._count.waiting, []
        return [self._release(f) for f in waiting]

    @property
    def bound_s(self) -> float:
        """How long a missing frame is waited for, in stream time."""
        return max(REORDER_S, _MIN_FRAMES * self._frame_n / self._timing.rate_hz)

    @property
    def _unit_s(self) -> float:
        """What one step of the key lasts, nominally."""
        timing = self._timing
        if self._by_tick:
            assert timing.tick_s is not None
            return timing.tick_s
        samples = self._frame_n if timing.sequence_counts == "packets" else 1
        return samples / timing.rate_hz

    def _unwrapped(self, frame: Frame) -> int:
        raw = frame.sequence if self._by_sequence else frame.tick
        modulus = self._timing.sequence_modulus if self._by_sequence else self._timing.tick_modulus
        assert raw is not None
        if modulus is None or self._count.empty:
            return raw
        near = self._count.newest
        elapsed = (frame.host_s - self._count.host_s) / self._unit_s
        if elapsed > modulus / 4:
            near += int(elapsed)
        return raw + modulus * round((near - raw) / modulus)

    def _is_stray(self, frame: Frame) -> bool:
        """Whether the frame cannot belong to the count so far."""
        count = self._count
        seen = count.released.get(frame.key)
        if seen is not None:
            return seen != _mark(frame)
        oldest = next(iter(count.released), count.newest - self._bound)
        behind = count.behind_s(frame, self._unit_s)
        slack = _FUTURE_S + _FUTURE_SHARE * (frame.host_s - count.host_s)
        return frame.key < oldest or behind < -slack or behind > _LATE_S

    def _is_old(self, frame: Frame) -> bool:
        """Whether it is there already, or comes too late."""
        last = self._count.last_key
        return (last is not None and frame.key <= last) or any(w.key == frame.key for w in self._count.waiting)

    def _stray(self, frame: Frame) -> list[Frame]:
        strays = self._strays
        if strays and not 0 < frame.key - strays[-1].key <= 2 * max(1.0, self._advance(strays[-1], frame)):
            strays.clear()
        strays.append(frame)
        if len(strays) < _RESTART_FRAMES:
            return []
        out = self.flush()
        strays[0].restart = self._count.last_key is not None
        self._count, self._strays = _Count(), []
        return out + [f for s in strays for f in self.push(s)]

    @property
    def _bound(self) -> float:
        return self.bound_s / self._unit_s

    def _due(self) -> list[Frame]:
        out: list[Frame] = []
        while self._count.waiting and self._is_due(self._count.waiting[0]):
            out.append(self._release(self._count.waiting.pop(0)))
        return out

    def _is_due(self, frame: Frame) -> bool:
        count = self._count
        if count.last_key is None:
            return count.newest - frame.key > self._bound
        expected = count.last_key + self._advance_to(frame)
        slack = 0.5 if self._by_sequence else 0.5 * len(frame) * self._step
        return frame.key <= expected + slack or count.newest - expected > self._bound

    @property
    def _step(self) -> float:
        """What a sample adds to the time stamp, as seen lately."""
        return median(self._steps) if self._steps else 1 / (self._timing.rate_hz * self._unit_s)

    def _advance(self, a: Frame, b: Frame) -> float:
        """What lies between the keys of two frames that follow each other."""
        if self._by_sequence:
            return 1.0 if self._timing.sequence_counts == "packets" else float(len(a))
        return len(a if self._timing.anchor == "first" else b) * self._step

    def _advance_to(self, frame: Frame) -> float:
        if self._by_sequence:
            return 1.0 if self._timing.sequence_counts == "packets" else float(self._count.last_n)
        return (self._count.last_n if self._timing.anchor == "first" else len(frame)) * self._step

    def _release(self, frame: Frame) -> Frame:
        count = self._count
        if count.last_key is not None:
            if self._by_sequence:
                missing = max(0, round(frame.key - count.last_key - self._advance_to(frame)))
                frame.lost = missing * (len(frame) if self._timing.sequence_counts == "packets" else 1)
            else:
                between = count.last_n if self._timing.anchor == "first" else len(frame)
                self._steps = [*self._steps[1 - _STEPS :], (frame.key - count.last_key) / max(1, between)]
        count.release(frame)
        return frame


class _Count:
    """What is known since the counter began."""

    def __init__(self) -> None:
        self.empty = True
        self.newest = 0  # highest key seen
        self.host_s = 0.0  # arrival of the last frame taken
        self.waiting: list[Frame] = []
        self.released: OrderedDict[int, int] = OrderedDict()
        self.last_key: int | None = None  # of the last frame released
        self.last_n = 0
        self._newest_s = 0.0  # time of the newest key since the count began
        self._delay = WindowMin(_WINDOW_S)

    def open(self, frame: Frame) -> None:
        self.empty = False
        self.newest = frame.key
        self.host_s = frame.host_s

    def note(self, frame: Frame, unit_s: float) -> None:
        time_s = self._time_s(frame, unit_s)
        self._delay.push(frame.host_s, frame.host_s - time_s)
        self.host_s = frame.host_s
        if frame.key > self.newest:
            self.newest, self._newest_s = frame.key, time_s

    def behind_s(self, frame: Frame, unit_s: float) -> float:
        """How much later than the quickest of late it arrives, by its key."""
        return frame.host_s - self._time_s(frame, unit_s) - self._delay.value

    def release(self, frame: Frame) -> None:
        self.last_key, self.last_n = frame.key, len(frame)
        self.released[frame.key] = _mark(frame)
        if len(self.released) > _HISTORY:
            self.released.popitem(last=False)

    def _time_s(self, frame: Frame, unit_s: float) -> float:
        return self._newest_s + (frame.key - self.newest) * unit_s


def _mark(frame: Frame) -> int:
    return hash(frame.rows.tobytes())


class WindowMin:
    """The smallest value of the last one to two windows of time; infinite before the first."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._began: float | None = None
        self._before = self._now = float("inf")

    def push(self, t_s: float, value: float) -> None:
        """Take a value at a time that does not run backwards."""
        if self._began is None:
            self._began = t_s
        elif t_s - self._began > self._window_s:
            self._before, self._now, self._began = self._now, value, t_s
        self._now = min(self._now, value)

    @property
    def value(self) -> float:
        """The minimum."""
        return min(self._before, self._now)
