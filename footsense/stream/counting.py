"""Order for a device with neither numbers nor stamps: arrivals are all there is.

A repeated frame is told by what cannot be: the same content, and earlier than its samples could have been
taken. A silence is either a pause of the radio, after which everything comes in a burst, or a loss: frames
after it wait (0.3 s) until the burst has been seen or not.
"""

from footsense.stream.clock import RateWatch
from footsense.stream.order import Frame, WindowMin
from footsense.types import StreamTiming

_SILENCE_S, _SILENCE_FRAMES = 0.5, 3
_WAIT_S, _LONGEST_S = 0.3, 2.0
_WINDOW_S = 4.0
_LOST_S = 0.25
_MEASURE_S = 0.5
_PACED = 0.5
_PAIRS = 10
_FRESH, _AGAIN_SHARE, _RUN, _FROZEN_S = 100, 0.05, 20, 2.0


class Counter:
    """Takes frames in order of arrival; says how many samples are missing before each."""

    def __init__(self, timing: StreamTiming) -> None:
        self._period_s = 1 / timing.rate_hz
        self._end_s: float | None = None  # of the last frame, by counting
        self._delay = WindowMin(_WINDOW_S)
        self._held: list[Frame] = []
        self._wait_from_s = 0.0
        self._was_same, self._pairs = False, 0
        self._fresh = self._again = self._run = 0  # frames that differ from the one before, and that do not
        self._run_from_s = 0.0
        self._last: Frame | None = None
        self.bound_s = _WAIT_S
        self._watch = RateWatch(self._period_s, min_steps=1)
        self._window = (0.0, 0)  # where it began, samples since

    def push(self, frame: Frame) -> list[Frame]:
        """Take a frame; return those that are decided."""
        if self._held:
            if not self._over(frame):
                self._held.append(frame)
                return []
            return self._decide() + self.push(frame)
        if self._end_s is None:
            return [self._take(frame)]
        late_s = self._late_s(frame, self._end_s)
        last, self._last = self._last, frame
        span_s = frame.n * self._period_s
        same = last is not None and frame.content == last.content
        if self._doubled(same) or (same and late_s < -0.5 * span_s) or self._frozen(same, frame):
            return []
        if self._watch.settled and late_s > max(_SILENCE_S, _SILENCE_FRAMES * span_s):
            self._held, self._wait_from_s = [frame], frame.host_s
            return []
        return [self._take(frame)]

    def _doubled(self, same: bool) -> bool:
        """Whether a frame is the second of two, in a row of pairs: a link that tells everything twice. A still
        sensor with coarse steps repeats itself more often, or less."""
        if same == self._was_same:
            self._pairs = 0
        self._was_same, self._pairs = same, self._pairs + same
        return same and self._pairs > _PAIRS

    def _frozen(self, same: bool, frame: Frame) -> bool:
        """Whether a sensor that hardly ever repeats itself, because of its noise, has done nothing else for two
        seconds: it tells nothing any more."""
        if not same:
            self._fresh += 1
            self._run_from_s, self._again, self._run = frame.host_s, self._again + self._run, 0
            return False
        self._run += 1
        rare = self._fresh >= _FRESH and self._again < _AGAIN_SHARE * self._fresh
        return rare and self._run >= _RUN and frame.host_s - self._run_from_s >= _FROZEN_S

    def flush(self) -> list[Frame]:
        """The frames that are held back: a burst of which the end was not seen shows no loss; frames that came
        no faster than they were taken are none."""
        taken_s = sum(f.n for f in self._held[1:]) * self._period_s
        if taken_s and self._held[-1].host_s - self._held[0].host_s > _PACED * taken_s:
            return self._decide()
        held, self._held = self._held, []
        return [self._take(f) for f in held]

    def _over(self, frame: Frame) -> bool:
        """Whether enough was seen before this frame. A burst that stops for another pause was not over."""
        if frame.host_s - self._wait_from_s < _WAIT_S:
            return False
        paused = frame.host_s - self._held[-1].host_s >= _WAIT_S
        if paused and frame.host_s - self._held[0].host_s < _LONGEST_S:
            self._wait_from_s = frame.host_s
            return False
        return True

    def _decide(self) -> list[Frame]:
        assert self._end_s is not None
        held, self._held = self._held, []
        end_s, late = self._end_s, []
        for frame in held:
            late.append(self._late_s(frame, end_s))
            end_s += frame.n * self._period_s
        lost_s = min(late)
        if lost_s > max(_LOST_S, 0.75 * held[0].n * self._period_s):
            held[0].lost = round(lost_s / self._period_s)
            self._end_s += held[0].lost * self._period_s
        return [self._take(f) for f in held]

    def _late_s(self, frame: Frame, end_s: float) -> float:
        return frame.host_s - (end_s + frame.n * self._period_s) - self._delay.value

    def _take(self, frame: Frame) -> Frame:
        before = frame.host_s if self._end_s is None else self._end_s
        self._end_s = before + frame.n * self._period_s
        self._delay.push(frame.host_s, frame.host_s - self._end_s)
        self._last = frame
        self._measure(frame)
        return frame

    def _measure(self, frame: Frame) -> None:
        began_s, samples = self._window
        samples += frame.n
        if frame.host_s - began_s < _MEASURE_S:
            self._window = began_s, samples
            return
        period_s = self._watch.push(frame.host_s - began_s, samples) if began_s else None
        self._window = frame.host_s, 0
        if period_s is not None:
            self._period_s, self._end_s, self._delay = period_s, frame.host_s, WindowMin(_WINDOW_S)
            self._delay.push(frame.host_s, 0.0)
