"""Puts one stream's frames in order: counters unwrapped, duplicates dropped, late frames waited for.

A frame's key is its sequence number, or without one its time stamp, unwrapped; a device that has neither
is taken in order of arrival. What arrives within the bound (0.25 s of stream time, at least two frames) is put
where it belongs; what comes later is dropped. A device that started its counter anew is noticed by three
frames in a row that follow each other and cannot belong to the old count. Where stamps alone tell the order,
such are also frames that lie among those that are there already: the clock was set back.
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
    """One frame on its way: `n` samples, acc_g and gyr_dps (n, 3), None where the stream has none of them;
    `host_s` its arrival, `sequence` and `tick` as sent.

    `key` is the unwrapped counter that orders it; `lost` how many samples its sequence number says are
    missing before it, None where there is no number; `restart` marks the first frame of a new count.
    """

    n: int
    acc_g: Floats | None
    gyr_dps: Floats | None
    host_s: float
    sequence: int | None = None
    tick: int | None = None
    key: int = 0
    lost: int | None = None
    restart: bool = False

    @property
    def content(self) -> tuple[bytes | None, bytes | None]:
        """What it says, to be compared with another."""
        acc, gyr = self.acc_g, self.gyr_dps
        return None if acc is None else acc.tobytes(), None if gyr is None else gyr.tobytes()

    def __lt__(self, other: "Frame") -> bool:
        return self.key < other.key


class Sequencer:
    """Order for one stream. `push` takes frames as they arrive and returns those whose turn it is."""

    def __init__(self, timing: StreamTiming) -> None:
        self._timing = timing
        self._by_sequence = timing.sequence_modulus is not None
        self._by_tick = not self._by_sequence and timing.tick_s is not None
        self._counts_packets = timing.sequence_counts == "packets"
        self._modulus = timing.sequence_modulus if self._by_sequence else timing.tick_modulus
        self._measure(1)
        self._steps: list[float] = []
        self._step = 1 / (timing.rate_hz * self._unit_s)  # what a sample adds to the stamp, as seen lately
        self._strays: list[Frame] = []
        self._count = _Count()

    def push(self, frame: Frame) -> list[Frame]:
        """Take a frame in order of arrival; return frames in their own order."""
        if not (self._by_sequence or self._by_tick):
            return [frame]
        if frame.n != self._frame_n:
            self._measure(frame.n)
        count = self._count
        frame.key = self._unwrapped(frame)
        opens = count.empty
        if opens:
            count.open(frame)
        time_s = count.time_s(frame.key, self._unit_s)
        if not opens and self._is_stray(frame, time_s):
            return self._stray(frame)
        if not opens and self._is_old(frame):
            return []
        if self._strays:
            if self._by_tick and self._goes_on_behind(frame):
                return self._stray(frame, enough=True)
            self._strays = []
        count.note(frame, time_s)
        if not count.waiting and self._is_due(frame):  # as nearly all are
            return [self._release(frame)]
        insort(count.waiting, frame)
        return self._due()

    def flush(self) -> list[Frame]:
        """The frames that still wait for one that is missing."""
        waiting, self._count.waiting = self._count.waiting, []
        return [self._release(f) for f in waiting]

    def _measure(self, n: int) -> None:
        """What follows from the samples of a frame."""
        timing, self._frame_n = self._timing, n
        self.bound_s = max(REORDER_S, _MIN_FRAMES * n / timing.rate_hz)  # how long a missing one is waited for
        if self._by_tick:
            assert timing.tick_s is not None
            self._unit_s = timing.tick_s  # what one step of the key lasts, nominally
        else:
            self._unit_s = (n if self._counts_packets else 1) / timing.rate_hz
        self._bound = self.bound_s / self._unit_s

    def _unwrapped(self, frame: Frame) -> int:
        raw = frame.sequence if self._by_sequence else frame.tick
        modulus, count = self._modulus, self._count
        assert raw is not None
        if modulus is None or count.empty:
            return raw
        near = count.newest
        elapsed = (frame.host_s - count.host_s) / self._unit_s
        if elapsed > modulus / 4:
            near += int(elapsed)
        return raw + modulus * round((near - raw) / modulus)

    def _is_stray(self, frame: Frame, time_s: float) -> bool:
        """Whether the frame, of that time by its key, cannot belong to the count so far."""
        count = self._count
        seen = count.released.get(frame.key)
        if seen is not None:
            return seen.content != frame.content
        # what was waited for in vain comes no more: such keys are of a count that begins within the old one
        oldest = (count.newest if count.last_key is None else count.last_key) - self._bound
        behind = frame.host_s - time_s - count.delay.value  # later than the quickest of late
        slack = _FUTURE_S + _FUTURE_SHARE * (frame.host_s - count.host_s)
        if frame.key < oldest or behind < -slack or behind > _LATE_S:
            return True
        is_behind = self._by_tick and count.last_key is not None and frame.key <= count.last_key
        return is_behind and self._overlaps(frame)

    def _overlaps(self, frame: Frame) -> bool:
        """Whether a frame whose stamp lies back is of samples that are there already."""
        apart = 0.75 * frame.n * self._step  # a late one fills a hole, and lies a whole frame from the next
        return any(abs(frame.key - key) < apart for key in self._count.released)

    def _goes_on_behind(self, frame: Frame) -> bool:
        """Whether a frame that would belong follows the strays, and comes too soon after those that do."""
        last, advance = self._strays[-1], frame.n * self._step
        follows = abs(frame.key - last.key - advance) < 0.25 * advance
        return follows and frame.key < self._count.newest + (len(self._strays) + 0.5) * advance

    def _is_old(self, frame: Frame) -> bool:
        """Whether it is there already, or comes too late."""
        last = self._count.last_key
        if last is not None and frame.key <= last:
            return True
        return bool(self._count.waiting) and any(w.key == frame.key for w in self._count.waiting)

    def _stray(self, frame: Frame, *, enough: bool = False) -> list[Frame]:
        strays = self._strays
        if strays and not 0 < frame.key - strays[-1].key <= 2 * max(1.0, self._advance(strays[-1], frame)):
            strays.clear()
        strays.append(frame)
        if len(strays) < _RESTART_FRAMES and not enough:
            return []
        out = self.flush()
        strays[0].restart = self._count.last_key is not None
        self._count, self._strays = _Count(), []
        return out + [f for s in strays for f in self.push(s)]

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
        slack = 0.5 if self._by_sequence else 0.5 * frame.n * self._step
        return frame.key <= expected + slack or count.newest - expected > self._bound

    def _advance(self, a: Frame, b: Frame) -> float:
        """What lies between the keys of two frames that follow each other."""
        if self._by_sequence:
            return 1.0 if self._counts_packets else float(a.n)
        return (a if self._timing.anchor == "first" else b).n * self._step

    def _advance_to(self, frame: Frame) -> float:
        if self._by_sequence:
            return 1.0 if self._counts_packets else float(self._count.last_n)
        return (self._count.last_n if self._timing.anchor == "first" else frame.n) * self._step

    def _release(self, frame: Frame) -> Frame:
        count = self._count
        if count.last_key is not None:
            if self._by_sequence:
                missing = max(0, round(frame.key - count.last_key - self._advance_to(frame)))
                frame.lost = missing * (frame.n if self._counts_packets else 1)
            else:
                between = count.last_n if self._timing.anchor == "first" else frame.n
                self._steps = [*self._steps[1 - _STEPS :], (frame.key - count.last_key) / max(1, between)]
                self._step = median(self._steps)
        count.release(frame)
        return frame


class _Count:
    """What is known since the counter began."""

    def __init__(self) -> None:
        self.empty = True
        self.newest = 0  # highest key seen
        self.host_s = 0.0  # arrival of the last frame taken
        self.waiting: list[Frame] = []
        self.released: OrderedDict[int, Frame] = OrderedDict()  # the last ones, to tell repeats by
        self.last_key: int | None = None  # of the last frame released
        self.last_n = 0
        self._newest_s = 0.0  # time of the newest key since the count began
        self.delay = WindowMin(_WINDOW_S)

    def open(self, frame: Frame) -> None:
        self.empty = False
        self.newest = frame.key
        self.host_s = frame.host_s

    def note(self, frame: Frame, time_s: float) -> None:
        self.delay.push(frame.host_s, frame.host_s - time_s)
        self.host_s = frame.host_s
        if frame.key > self.newest:
            self.newest, self._newest_s = frame.key, time_s

    def release(self, frame: Frame) -> None:
        self.last_key, self.last_n = frame.key, frame.n
        self.released[frame.key] = frame
        if len(self.released) > _HISTORY:
            self.released.popitem(last=False)

    def time_s(self, key: int, unit_s: float) -> float:
        """When that key's time is, since the count began."""
        return self._newest_s + (key - self.newest) * unit_s


class WindowMin:
    """The smallest value of the last one to two windows of time; infinite before the first."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._began: float | None = None
        self._before = self._now = float("inf")
        self.value = float("inf")

    def push(self, t_s: float, value: float) -> None:
        """Take a value at a time that does not run backwards."""
        if self._began is None:
            self._began = t_s
        elif t_s - self._began > self._window_s:
            self._before, self._now, self._began = self._now, float("inf"), t_s
        if value <= self._now:
            self._now = value
            self.value = min(self._before, value)
