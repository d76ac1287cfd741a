"""Stream time for frames in order: from the device's time stamps, or without them from counting and arrivals.

Both clocks are causal and put samples on an even grid: each frame begins one period after the last sample,
corrected a little at a time. `place` gives the time of a frame's first sample and the period; times grow by at
least 0.6 periods from sample to sample.

With time stamps (`TickClock`) a second-order loop (time constant 0.5 s) follows them: their jitter is smoothed,
their rate is kept exactly. Without (`ArrivalClock`) the lower envelope of the arrivals gives the period: an
arrival is late by the radio's delay, never early.

A clock that is set back never squeezes samples. Where numbers show that none is missing, or it is by less than
half a frame, the samples go on at their pace; by stamps alone a new segment begins where counting says, or
the arrival if that is later. Back by less than 2 samples (of a frame over 8: a quarter) is taken for jitter.

With stamps the loop begins as a line fitted to all of them, so that it holds from the first samples on. Frames
that nobody saw being lost (no numbers, no stamps) are told by their length: for a second nothing comes as early
as before.

Error of a length of 30 s, simulated (`tests/links.py`: 3 minutes; oscillator off by 1.5 %, crystal by 50 ppm,
connection events every 30 ms, repeats, stalls to 1.5 s, 0.3 % lost; and a bad link with blackouts and 1 %
lost; 30 to 40 seeds each): with stamps of 1 ms at most 2.2 ms from the first sample on, on any link; by numbers
13 ms after the first 20 s, before it 81 ms (bad link: 110 ms); with neither 102 ms after 20 s, because what is
lost is counted a second late (bad link: 0.5 s; a blackout before it is the length of the blackout).
"""

import math
from collections import deque
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import NamedTuple, Protocol

from footsense.stream.order import Frame, WindowMin
from footsense.types import StreamTiming

_LOOP_S = 0.5
_MAX_SHIFT = 0.4  # of a period, by which a frame is moved at once
_MIN_SQUEEZE, _MAX_STRETCH = 0.3, 1.4  # of a period, in a frame that is further off
_PULL = 0.15  # how far the period may move from the segment's
_JUMP_S = 0.25
_RATE_CHANGE = 0.1
_RATE_AGREES = 0.05
_LIKE = 0.55
_ALIKE_SHARE = 0.7
_FIRST_WINDOW_S, _RATE_WINDOW_S = 0.5, 2.0
_FUTURE_S, _LATE_S, _DELAY_WINDOW_S = 1.0, 10.0, 30.0
_ANEW_S = 0.5
_EARLY_PERIODS = 2  # by which a stamp lies back, or a quarter of its frame
_HELD_S, _HELD_FRAMES = 0.5, 3
_BLOCK_S, _BLOCKS = 2.0, 30
_SLEW = 0.03
_AHEAD_S = 0.1
_LATE_FOR_GOOD_S = 0.5
_UNSEEN_S, _UNSEEN_FRAMES, _UNSEEN_SHARE = 1.0, 12, 0.6  # of a notification, by which all came late
_SETTLED, _NEAR = 5, 3  # blocks
_ODR_ERROR, _ARRIVAL_NOISE_S = 0.015, 0.015


class Placed(NamedTuple):
    """A frame in time: its first sample at `start_s`, one every `period_s`."""

    start_s: float
    period_s: float


class Clock(Protocol):
    """Times for the frames of one stream."""

    changed: float | None  # the new period, where with the last frame the rate was seen to have changed
    restarted: bool  # whether with the last frame the device's count was seen to have begun anew

    @property
    def counted_s(self) -> float | None:
        """How long the device says by counting that it has sampled, to the last sample of the last frame: its
        count times the period asked for; None where it stamps instead. Begins anew with `restarted` or after
        `changed`."""
        ...

    def place(self, frame: Frame) -> Placed:
        """Where the frame lies; frames come in order."""
        ...


class RateWatch:
    """Notices that the period has changed and stays changed: two windows of 2 s (at the start, 0.5 s) agree,
    and lie more than 10 % from the period in force."""

    def __init__(self, period_s: float, min_steps: int = 4) -> None:
        self.period_s = period_s
        self._min_steps = min_steps
        self._steps: list[float] = []
        self._elapsed_s = 0.0
        self._candidate: float | None = None
        self._window_s = _FIRST_WINDOW_S

    @property
    def settled(self) -> bool:
        """Whether a window has confirmed the period."""
        return self._window_s > _FIRST_WINDOW_S

    def push(self, step_s: float, samples: int) -> float | None:
        """Take the time that a number of samples took; return the new period when it has changed."""
        self._steps.append(step_s / samples)
        self._elapsed_s += step_s
        if self._elapsed_s < self._window_s or len(self._steps) < self._min_steps:
            return None
        measured = _typical(self._steps)
        self._steps, self._elapsed_s = [], 0.0
        before, self._candidate = self._candidate, measured
        if measured is None:
            return None
        if abs(measured / self.period_s - 1) <= _RATE_CHANGE:
            self._candidate, self._window_s = None, _RATE_WINDOW_S
        elif before is not None and abs(measured / before - 1) <= _RATE_AGREES:
            self.period_s, self._candidate, self._window_s = measured, None, _RATE_WINDOW_S
            return measured
        return None


def _typical(steps: list[float]) -> float | None:
    """Mean of the steps that are like the middle one: exact where steps are rounded to ticks, such as 2 and 3
    for 2.5. None where too few are alike: with many holes, which make steps twice as long and more, a change of
    rate cannot be told."""
    middle = median(steps)
    like = [s for s in steps if abs(s - middle) <= _LIKE * middle]
    return sum(like) / len(like) if len(like) >= _ALIKE_SHARE * len(steps) else None


class Epoch:
    """What all streams of a device share: where on the time axis its ticks lie, and how late frames arrive."""

    def __init__(self) -> None:
        self._origin_s: float | None = None  # tick 0, on the time axis
        self._newest_s = 0.0  # newest stamp, by the device
        self._host_s = 0.0
        self._delay = WindowMin(_DELAY_WINDOW_S)
        self.restarted = False  # with the last stamp

    def expected_s(self, host_s: float) -> float:
        """What the device's clock shows about now."""
        return self._newest_s + host_s - self._host_s

    def late_s(self, time_s: float, host_s: float) -> float:
        """By how much later than the quickest something of that time has come."""
        return host_s - time_s - self._delay.value

    def time_s(self, device_s: float, host_s: float, *, ahead_s: float = 0.0, restart: bool = False) -> float:
        """The device's time, which lies so much further ahead than its clock says, on the time axis. Where that
        cannot be (in the future, or more than 10 s late; half a second where its count is known to have begun
        anew) it is laid to where the arrival says."""
        if self._origin_s is None:
            self._origin_s = host_s - device_s
        time_s = device_s + self._origin_s + ahead_s
        delay_s = self._delay.value
        latest_s = _ANEW_S if restart else _LATE_S
        self.restarted = delay_s < math.inf and not -_FUTURE_S <= host_s - time_s - delay_s <= latest_s
        if self.restarted:
            time_s = host_s - delay_s
            self._origin_s = time_s - device_s
        self._newest_s, self._host_s = device_s, host_s
        self._delay.push(host_s, host_s - time_s)
        return time_s

    def lies_s(self, device_s: float) -> float:
        """Where the device's clock lies on the time axis, as far as is known."""
        return device_s + (self._origin_s or 0.0)

    def set_back(self, by_s: float) -> None:
        """The device's clock was set back by so much."""
        assert self._origin_s is not None
        self._origin_s += by_s

    def lay(self, device_s: float, host_s: float, counted_s: float) -> None:
        """From here on the device's clock goes on from another time: from where counting says, or from the
        arrival if that is later, as nobody knows what was lost."""
        self._origin_s = max(host_s - self._delay.value, counted_s) - device_s


@dataclass(slots=True)
class _Held:
    """A stamp that lay back: by how much, the device's time then, and the frames since."""

    ahead_s: float
    since_s: float
    frames: int = 1


class TickClock:
    """Follows the device's time stamps."""

    def __init__(self, timing: StreamTiming, epoch: Epoch) -> None:
        assert timing.tick_s is not None
        self._timing, self._tick_s, self._epoch = timing, timing.tick_s, epoch
        self._watch = RateWatch(1 / timing.rate_hz)
        self.period_s = 1 / timing.rate_hz
        self.changed: float | None = None
        self.restarted = False
        self._end_s: float | None = None  # of the last sample
        self._stamp_s: float | None = None  # on the time axis, of the last frame
        self._tick = 0  # unwrapped, of the last frame
        self._last_n = 0
        self._followed = 0  # frames since the count began
        self._device_at_s = 0.0  # the last stamp, by the device
        self._was_short = False  # whether it followed the one before it too soon
        self._held: _Held | None = None

    @property
    def counted_s(self) -> None:
        """It follows stamps."""
        return

    def place(self, frame: Frame) -> Placed:
        """Where the frame lies."""
        anchor = 0 if self._timing.anchor == "first" else frame.n - 1
        device_s = self._device_s(frame)
        anew = self._look_back(frame, device_s, anchor) or frame.restart
        ahead_s = 0.0 if self._held is None else self._held.ahead_s
        stamp_s = self._epoch.time_s(device_s, frame.host_s, ahead_s=ahead_s, restart=frame.restart)
        self.changed, self.restarted = None, anew or self._epoch.restarted
        if self._end_s is None or self._stamp_s is None:
            placed = Placed(stamp_s - anchor * self.period_s, self.period_s)
        elif self.restarted or stamp_s <= self._stamp_s:
            start_s = stamp_s - anchor * self.period_s
            placed = Placed(max(start_s, self._end_s + self.period_s), self.period_s)
            self._followed, self._held = 0, None
        else:
            self._measure(frame, stamp_s - self._stamp_s)
            placed = self._follow(frame, stamp_s - anchor * self.period_s)
        self._stamp_s, self._device_at_s = stamp_s, device_s
        self._end_s = placed.start_s + (frame.n - 1) * placed.period_s
        self._last_n = frame.n
        return placed

    def _look_back(self, frame: Frame, device_s: float, anchor: int) -> bool:
        """Look whether the device's clock was set back: a stamp lies among samples that are placed, and comes
        too soon after the last. It may be wild: frames go on where they are counted, and when all stamps of
        half a second lie back it was the clock. True where all begins anew."""
        if self._end_s is None or self._stamp_s is None:
            return False
        lies_s = self._epoch.lies_s(device_s)
        early_s = self._end_s + (1 + anchor) * self.period_s - lies_s
        least_s = max(_EARLY_PERIODS, frame.n / 4) * self.period_s
        step_s = (self._last_n if self._timing.anchor == "first" else frame.n) * self.period_s
        short = step_s - (device_s - self._device_at_s) > least_s
        was_short, self._was_short = self._was_short, short
        counted_s = self._stamp_s + step_s + (frame.lost or 0) * self.period_s
        ahead = frame.sequence is None and self._epoch.late_s(lies_s, frame.host_s) < -_JUMP_S
        if frame.restart and (ahead or early_s > least_s):  # else another stream has laid it already
            self._epoch.lay(device_s, frame.host_s, counted_s)
            return True
        if self._held is not None:
            self._hold_on(device_s, early=early_s > least_s, rate=short and was_short)
        elif early_s > least_s and short and not was_short:
            if self._epoch.late_s(counted_s, frame.host_s) > _ANEW_S:
                self._epoch.lay(device_s, frame.host_s, counted_s)
                return True
            self._held = _Held(counted_s - lies_s, device_s)
        return False

    def _hold_on(self, device_s: float, *, early: bool, rate: bool) -> None:
        """One frame more since a stamp lay back: it was wild, or all come faster than they did, or the clock
        was set."""
        held = self._held
        assert held is not None
        assert self._stamp_s is not None
        held.frames += 1
        if rate:
            self._stamp_s -= held.ahead_s
        if rate or not early:
            self._held = None
        elif held.frames >= _HELD_FRAMES and device_s - held.since_s >= _HELD_S:
            self._epoch.set_back(held.ahead_s)
            self._held = None

    def _device_s(self, frame: Frame) -> float:
        assert frame.tick is not None
        modulus, tick = self._timing.tick_modulus, frame.tick
        if modulus is not None:
            expected = self._epoch.expected_s(frame.host_s) / self._tick_s
            if self._stamp_s is not None and not frame.restart:
                ahead = self._last_n + (frame.lost or 0)
                near = self._tick + ahead * self.period_s / self._tick_s
                expected = near if abs(expected - near) < modulus / 4 else expected
            tick += modulus * round((expected - tick) / modulus)
        self._tick = tick
        return tick * self._tick_s

    def _measure(self, frame: Frame, step_s: float) -> None:
        between = self._last_n if self._timing.anchor == "first" else frame.n
        self.changed = self._watch.push(step_s, between + (frame.lost or 0))
        if self.changed is not None:
            self.period_s = self.changed

    def _follow(self, frame: Frame, measured_s: float) -> Placed:
        """Place the frame, whose start `measured_s` says with jitter."""
        assert self._end_s is not None
        period = self.period_s
        expected_s = self._end_s + period
        missing = self._missing(frame, measured_s - expected_s)
        expected_s += missing * period
        error = measured_s - expected_s
        if missing * period > _JUMP_S or error > _JUMP_S + frame.n * period:
            return Placed(max(measured_s, self._end_s + period), period)
        samples = frame.n + missing
        gain, rate_gain = self._gains(samples)
        nominal = self._watch.period_s
        pulled = period + rate_gain * error / samples
        self.period_s = min(max(pulled, (1 - _PULL) * nominal), (1 + _PULL) * nominal)
        if abs(gain * error) <= _MAX_SHIFT * period:
            return Placed(expected_s + gain * error, self.period_s)
        squeezed = _squeezed(period, error, frame.n)
        return Placed(expected_s + squeezed - period, squeezed)

    def _gains(self, samples: int) -> tuple[float, float]:
        """How much of an error goes into the place and into the period: at first what a line fitted to all
        stamps so far would take (recursive least squares), later those of the loop."""
        self._followed += 1
        k, gain = self._followed + 1, min(0.5, samples * self.period_s / _LOOP_S)
        return max(gain, 2 * (2 * k - 1) / (k * (k + 1))), max(gain * gain / 4, 6 / (k * (k + 1)))

    def _missing(self, frame: Frame, error: float) -> int:
        """Samples missing before the frame: by its number, else by its stamp, in whole frames."""
        n = frame.n
        if frame.lost is not None and abs(error - frame.lost * self.period_s) <= _JUMP_S:
            return frame.lost
        unit = n if n == self._last_n else 1
        return max(0, unit * round(error / (unit * self.period_s)))


def _squeezed(period_s: float, error_s: float, samples: int) -> float:
    """A period for one frame that takes up as much of an error as leaves neither a hole nor a crowd."""
    return period_s * min(max(1 + error_s / (samples * period_s), _MIN_SQUEEZE), _MAX_STRETCH)


class LateStreak:
    """Frames in a row that were each late by most of a frame's length or more: after a second of them, a pause
    of the radio is over, and what is missing were whole frames."""

    def __init__(self) -> None:
        self._count, self._from_s, self._least_s = 0, 0.0, math.inf

    def push(self, host_s: float, late_s: float, span_s: float) -> int:
        """How many frames of `span_s` were lost, as is seen with this one."""
        if late_s < _UNSEEN_SHARE * span_s:
            self._count, self._least_s = 0, math.inf
            return 0
        self._from_s = host_s if self._count == 0 else self._from_s
        self._count, self._least_s = self._count + 1, min(self._least_s, late_s)
        if self._count < _UNSEEN_FRAMES or host_s - self._from_s < _UNSEEN_S:
            return 0
        lost = round(self._least_s / span_s)
        self._count, self._least_s = 0, math.inf
        return lost


class _Quickest(NamedTuple):
    """The quickest frame of a block: its last sample's number, its arrival, and how many samples had come
    by then or are known by their numbers to be lost."""

    position: int
    host_s: float
    counted: int


class ArrivalClock:
    """Counts samples (what the sequence number says is lost included) along the lower envelope of arrivals."""

    def __init__(self, timing: StreamTiming) -> None:
        self._nominal_s = self._asked_s = 1 / timing.rate_hz
        self._watch = RateWatch(self._nominal_s, min_steps=1)
        self.period_s = self._nominal_s
        self.changed: float | None = None
        self.restarted = False
        self._end_s: float | None = None
        self._position = 0  # of the last sample
        self._anew = self._late_for_good = False
        self._least_s = self._least_before_s = math.inf  # delay, in this block and in those before
        self._blocks: deque[_Quickest] = deque(maxlen=_BLOCKS)
        self._quickest_s: float | None = (
            None  # arrival of sample 0, had it come as quickly as any; None: to tell
        )
        self._block_ends_s = 0.0
        self._counted, self._ended = 0, (0.0, 0)  # samples, and what they were when the last block ended
        self._is_numbered = timing.sequence_modulus is not None
        self._streak = LateStreak()

    @property
    def counted_s(self) -> float:
        """By its count."""
        return self._position * self._asked_s

    def place(self, frame: Frame) -> Placed:
        """Where the frame lies."""
        n, lost = frame.n, frame.lost or 0
        self.changed, self.restarted = None, frame.restart or self._late_for_good
        if self._end_s is None:
            self._position = n - 1
            placed = Placed(frame.host_s - (n - 1) * self.period_s, self.period_s)
        elif self.restarted or self._anew:
            self._begin_anew()
            start_s = max(frame.host_s - (n - 1) * self.period_s, self._end_s + self.period_s)
            placed = Placed(start_s, self.period_s)
        else:
            self._position += n + lost
            unseen = 0 if frame.sequence is not None else self._unseen(frame)
            self._position += unseen
            placed = self._pulled(frame, self._end_s + (1 + lost + unseen) * self.period_s)
        self._end_s = placed.start_s + (n - 1) * placed.period_s
        self._note(frame)
        return placed

    def _begin_anew(self) -> None:
        self._blocks.clear()
        self._position, self._anew, self._late_for_good = 0, False, False
        self._least_s = self._least_before_s = math.inf

    def _unseen(self, frame: Frame) -> int:
        """Samples of notifications that nobody saw being lost: for a second none came as early as those before,
        by whole notifications."""
        if len(self._blocks) < _SETTLED:
            return 0
        near = (b.host_s - b.position * self.period_s for b in islice(reversed(self._blocks), _NEAR))
        late_s = frame.host_s - self._position * self.period_s - min(near)
        return frame.n * self._streak.push(frame.host_s, late_s, frame.n * self.period_s)

    def _pulled(self, frame: Frame, start_s: float) -> Placed:
        """The frame, a small step nearer to the envelope; a large one where it would lie in the future."""
        end_s = start_s + (frame.n - 1) * self.period_s
        if self._quickest_s is None:
            self._quickest_s = min(
                (b.host_s - b.position * self.period_s for b in self._blocks), default=frame.host_s
            )
        error = min(self._quickest_s + self._position * self.period_s, frame.host_s) - end_s
        if error < -_AHEAD_S:
            squeezed = _squeezed(self.period_s, error, frame.n)
            return Placed(start_s + squeezed - self.period_s, squeezed)
        limit = _SLEW * frame.n * self.period_s
        return Placed(start_s + min(max(error, -limit), limit), self.period_s)

    def _note(self, frame: Frame) -> None:
        assert self._end_s is not None
        self._least_s = min(self._least_s, frame.host_s - self._end_s)
        self._counted += frame.n + (0 if frame.sequence is None else frame.lost or 0)
        if not self._blocks:
            self._block_ends_s, self._ended = frame.host_s + _BLOCK_S, (frame.host_s, self._counted)
        elif frame.host_s >= self._block_ends_s:
            self._end_block(frame.host_s)
        elif self._is_quicker(frame):
            self._blocks.pop()
        else:
            return
        self._blocks.append(_Quickest(self._position, frame.host_s, self._counted))
        self._quickest_s = None

    def _is_quicker(self, frame: Frame) -> bool:
        last = self._blocks[-1]
        return frame.host_s - last.host_s < (self._position - last.position) * self.period_s

    def _end_block(self, host_s: float) -> None:
        self._block_ends_s = host_s + _BLOCK_S
        self._late_for_good = self._least_s > self._least_before_s + _LATE_FOR_GOOD_S
        self._least_before_s, self._least_s = min(self._least_s, self._least_before_s + _BLOCK_S / 10), math.inf
        before, self._ended = self._ended, (host_s, self._counted)
        last = self._ended
        if self._is_numbered and len(self._blocks) > 1:
            # from the quickest to the quickest: a block may end in a pause of the radio
            before, last = self._blocks[-2][1:], self._blocks[-1][1:]
        if last[1] > before[1]:
            self.changed = self._watch.push(last[0] - before[0], last[1] - before[1])
        if self.changed is not None:
            self.period_s = self._nominal_s = self.changed
            self._anew, self._late_for_good = True, False
        elif len(self._blocks) >= 3:
            self._fit()

    def _fit(self) -> None:
        """The period from the envelope's first and last third, drawn to the nominal one while both are near."""
        third = len(self._blocks) // 3
        blocks = list(self._blocks)
        (p0, h0), (p1, h1) = (
            # by the period so far: by the nominal one, off by 1 %, the first of a third seems the quickest
            min(part, key=lambda b: b.host_s - b.position * self.period_s)[:2]
            for part in (blocks[:third], blocks[-third:])
        )
        if p1 > p0:
            trust = (_ODR_ERROR * (h1 - h0)) ** 2
            trust /= trust + _ARRIVAL_NOISE_S**2
            period = self._nominal_s + trust * ((h1 - h0) / (p1 - p0) - self._nominal_s)
            self.period_s = min(max(period, (1 - _PULL) * self._nominal_s), (1 + _PULL) * self._nominal_s)
