"""Ankle circles: the foot's tilt goes round, whole turns are counted, each with its direction."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from statistics import median
from typing import ClassVar

import numpy as np

from footsense.exercises._circle_doubts import Counted, doubts_of, within
from footsense.exercises.base import About
from footsense.signal.belief import believed, gone_on, likely, resembles, turn_limits
from footsense.signal.bout import PAUSE_S, STALL_S, STALL_TURNS, Bout, spans
from footsense.signal.circling import LAG_S, Moment, Scout, Tape
from footsense.signal.front import Signals, Slow, SlowGrid
from footsense.signal.sections import same_bits
from footsense.signal.settling import Run, settle
from footsense.signal.strokes import Span, Strokes
from footsense.signal.tilt import FIRST_S, LEAK_S, RADIAN_DEG, TiltPath, square
from footsense.signal.turns import Limits, Shape, Turn
from footsense.signal.whole import Row, middle
from footsense.signal.winding import dot
from footsense.types import Event, Floats, Gap, Grade, Progress, Reason, Samples, StreamInfo

MOST_DOUBTED = 5  # turns, of which none is regular
ENOUGH_SEEN = 3  # circles
SWAY = 0.4  # of their size: a single turn that is smaller is none
LATELY_S = 30.0  # after which what was seen of the wearer's circles no longer tells of the next bout
MEMORY_S = 28.0  # how far back a bout may begin: three turns of the slowest
ROW_S = 90.0  # and how far back it is known as a whole
MOST_TURNS = 256  # more are not made in that time
DIRECTED = 0.2  # width to length of the gravity loop below which it shows no direction
SLOW_G = 0.013  # where gravity and a car's acceleration are one
SHORT_REST_S = 0.6  # at least, to show what the gyro turns at rest
MOST_BIAS_RAD_S = 0.009  # that a gyro still has once its slow part is off: what turns faster is the foot
BACKDATE_S = 0.5  # the chord needs so long to notice that movement has begun
JOINED = 0.25  # turns after a bout within which another goes on from it
SPARE = 0.1  # turns that may have been turned besides those that were seen
AGAIN = 0.4  # turns until another look at what was not believed
ON = 0.2  # turns by which a foot has gone on
LATE = 64  # single slow samples that are kept before they are taken to the tape together
BLOCK = 8192  # slow samples at a time, which stay in the cache


class AnkleCircles:
    """Counts turns of the up-direction in the sensor's frame (with a gyro, of the foot's rotation).

    The first two turns of a bout are credited together, once they have shown their shape; then each as it is
    completed. When the foot rests, a last turn that is at least three quarters done counts.
    """

    about: ClassVar[About] = About(
        exercise="ankle-circles",
        kind="circle",
        title="Ankle circles",
        sentence="Circle the foot at the ankle, one way and the other.",
        min_rate_hz=10.0,
        placements={"shank": Grade.NOT_VERIFIABLE},
    )

    def __init__(self, info: StreamInfo, shape: Shape | None = None) -> None:
        self._info = info
        self._grid = SlowGrid.at(info.rate_hz)
        self._shape = shape or (
            Shape(pair_s=0.65, pair_ratio=0.28, linear_even=2.5, swing_ratio=0.45, swing_s=1.9, gyro=True)
            if info.has_gyro
            else Shape(slow_g=SLOW_G)
        )
        self._again = replace(
            self._shape,
            pair_ratio=0.25,
            swing_ratio=0.28,
            bout_rough=0.28,
            bout_uneven=0.9,
            alone_rough=0.18,
            alone_ratio=0.3,
            by_one=True,
        )
        self._memory = round(MEMORY_S * self._grid.rate_hz)
        self._leak = 1 / (LEAK_S * self._grid.rate_hz) if info.has_gyro else 0.0  # of the path, a slow sample
        self._whole = round(ROW_S * self._grid.rate_hz)
        self._kept = self._whole + round(2 * LAG_S * self._grid.rate_hz)  # slow samples on the tape
        self._count = 0
        self._last_s = 0.0
        self._seen: list[tuple[float, float]] = []  # circles
        self._sizes: list[float] = []  # their longer half axes
        self._known: Turn | None = None  # the last of them
        self._doubts: list[tuple[float, float, bool]] = []  # as of Bout
        self._loose: list[tuple[float, float]] = []  # as of Row
        self._before: dict[str, list[Span]] = {"strokes": [], "hidden": [], "faint": []}  # the last gap
        self._restart()

    def _restart(self) -> None:
        self._tilt = TiltPath(self._grid.rate_hz, has_gyro=self._info.has_gyro)
        self._scout = Scout(self._grid.rate_hz, gyro=self._info.has_gyro, linear=self._shape.linear_even)
        self._tape: Tape | None = None
        self._late: list[tuple[float, ...]] = []  # single slow samples that are not on the tape yet
        self._end = 0  # slow index after the last
        self._bout: Bout | None = None
        self._from_s: float | None = None
        self._biased = 0  # slow index from which the gyro's bias is known
        self._floor = -1  # slow index before which everything has been dealt with
        self._busy = -1  # slow index up to which a bout was followed: at moments before nobody looks
        self._doubted: list[list[Turn]] = []  # runs that may have been circles, if others like them follow
        self._left: Bout | None = None  # the last, if it was followed no further as the path left its loop
        self._due = (-1, 0.0)  # slow index where movement began; turns of its phase at the next look
        self._row: deque[Turn] = deque(maxlen=MOST_TURNS)  # credited since the last rest
        self._closed = -1  # slow index up to which the row before went
        self._ended = -1  # slow index up to which the last bout went; a single turn has to begin later

    def process(self, item: Signals | Gap) -> list[Event]:
        if isinstance(item, Gap):
            events = self._close(self._last_s)
            self._before = {of: self._spans(of) for of in self._before}
            self._restart()
            return events
        if len(item.samples):
            self._last_s = float(item.samples.t_s[-1])
            self._from_s = float(item.samples.t_s[0]) if self._from_s is None else self._from_s
        if len(item.slow):
            self._end = item.slow.first + len(item.slow)
        if len(item.slow) == 1 and same_bits():
            return self._single(item.slow, item.samples)
        starts = range(0, len(item.slow), BLOCK)
        return [e for a in starts for e in self._slow(item.slow.part(a, a + BLOCK), item.samples)]

    def _single(self, slow: Slow, samples: Samples) -> list[Event]:
        """What `_slow` does, for one slow sample; taken to the tape only when that is looked at."""
        gyr = None if slow.gyr_dps is None else slow.gyr_dps[0].tolist()
        path, low, linear = self._tilt.step(slow.acc_g[0].tolist(), gyr)
        t_s = float(slow.t_s[0]) - self._tilt.delay_s
        moment = self._scout.step(slow.first, t_s, path, linear)
        if self._tape is None and not self._late:
            self._biased = slow.first + round(FIRST_S * self._grid.rate_hz)
        self._late.append((t_s, *path, *low, linear))
        if self._bout is None and moment is None and len(self._late) < LATE:
            return []
        tape = self._caught_up(slow.first + 1)
        assert tape is not None
        events = self._work(tape, [] if moment is None else [moment], samples)
        self._tape = tape.kept(tape.end - self._kept)
        return events

    def _caught_up(self, end: int) -> Tape | None:
        """The tape up to slow index `end` (excluded), with the single samples that are not on it yet."""
        if self._late:
            rows = np.array(self._late).T.copy()
            tape = Tape(end - len(self._late), rows[0], rows[1:4], rows[4:7], rows[7])
            self._tape = tape if self._tape is None else self._tape.joined(tape)
            self._late = []
        return self._tape

    def _slow(self, slow: Slow, samples: Samples) -> list[Event]:
        self._caught_up(slow.first)
        tilt = self._tilt.process(slow)
        moments = self._scout.process(slow.first, tilt)
        tape = Tape(slow.first, tilt.t_s, tilt.path, tilt.acc_g, tilt.linear_g)
        if self._tape is None:
            self._biased = tape.first + round(FIRST_S * self._grid.rate_hz)
        self._tape = tape if self._tape is None else self._tape.joined(tape)
        events = self._work(self._tape, moments, samples)
        self._tape = self._tape.kept(self._tape.end - self._kept)
        return events

    def _work(self, tape: Tape, moments: list[Moment], samples: Samples) -> list[Event]:
        found = self._followed(tape)
        for moment in moments:
            if self._bout is not None or moment.at < self._busy:
                continue
            if moment.at > self._floor:
                found += self._noted(tape, [(moment.at, turn) for turn in self._look(tape, moment)])
            if moment.rest and self._bout is None:
                found += self._noted(
                    tape, [(moment.at, t) for t in self._left_out(tape, moment.at, moment.until)]
                )
            found += self._followed(tape)
        return [self._event(turn, self._time(at, samples)) for at, turn in found]

    def _followed(self, tape: Tape) -> list[tuple[int, Turn]]:
        bout = self._bout
        found = self._noted(tape, self._follow(tape))
        if bout is not None and bout.over and not (bout.left or bout.unlike):
            followed = max(bout.peak - bout.done, 0.0)
            turns = self._left_out(tape, bout.at, bout.peak_at, followed)
            found += self._noted(tape, [(bout.at, turn) for turn in turns])
        return found

    def _left_out(self, tape: Tape, at: int, end: int, followed: float | None = None) -> list[Turn]:
        """Turns that were missed in the row that ended with a rest at slow index `end`, as is known at `at`."""
        row = list(self._row)
        if not row:
            return []
        self._row.clear()
        begin = max(self._closed + 1, tape.first, at - self._whole + 1)
        self._closed = max(end, self._closed)
        on_tape = [turn for turn in row if turn.limits.start >= begin]
        if len(on_tape) < min(len(row), 2):
            return []
        if len(on_tape) < len(row):
            begin = on_tape[0].limits.start
        end = max(end, on_tape[-1].limits.end)
        whole = Row(on_tape, begin, end, self._leak, self._scout.lag, followed)
        turns = [t for t in whole.left_out(tape) if not within(self._seen, *middle(t.limits))]
        if whole.unsure:
            last = (turns or on_tape)[-1].limits
            self._doubts.append((last.start_s, last.end_s, True))
        self._loose += [(turn.limits.start_s, turn.limits.end_s) for turn in whole.loose]
        return turns

    def _noted(self, tape: Tape, found: Iterable[tuple[int, Turn]]) -> list[tuple[int, Turn]]:
        """These turns, each after what it shows to have been circles too."""
        noted = []
        for at, turn in found:
            if self._row and dot(self._row[-1].loop.normal, turn.loop.normal) < 0:
                # a leg that sways shows no rest between two ways round
                left_out = self._left_out(tape, at, turn.limits.start - 1)
                noted += self._noted(tape, [(at, other) for other in left_out])
                self._row.clear()
            self._doubted = self._apart(turn)
            for shown in (*self._shown_by(turn), turn):
                self._seen.append((shown.limits.start_s, shown.limits.end_s))
                self._sizes.append(shown.loop.length)
                self._known = shown
                noted.append((at, shown))
            self._row.append(turn)
        return noted

    def _apart(self, turn: Turn) -> list[list[Turn]]:
        """What was doubted and ended before this turn: else it has been looked at again."""
        return [run for run in self._doubted if run[-1].limits.end <= turn.limits.start]

    def _shown_by(self, turn: Turn) -> list[Turn]:
        """What was doubted not long ago, once enough like it have followed."""
        start_s = turn.limits.start_s
        self._doubted = [run for run in self._doubted if start_s - run[-1].limits.end_s < LATELY_S]
        kin = [run for run in self._doubted if resembles(run, turn)]
        if not kin or len(self._seen) + 1 < ENOUGH_SEEN:
            return []
        if sum(a >= kin[-1][-1].limits.end_s for a, _ in self._seen[1 - ENOUGH_SEEN :]) + 1 < ENOUGH_SEEN:
            return []
        self._doubted = []
        return [t for run in kin for t in run]

    def _time(self, at: int, samples: Samples) -> float:
        """Stream time of the sample with which slow sample `at` became known."""
        return float(samples.t_s[at * self._grid.factor - samples.first])

    def _follow(self, tape: Tape) -> list[tuple[int, Turn]]:
        if self._bout is None:
            return []
        found = list(self._bout.follow(tape))
        if self._bout.over:
            self._busy = self._bout.at
            self._ended = max(self._bout.peak_at, self._bout.mark)
            self._floor = self._bout.mark if self._bout.left or self._bout.unlike else self._ended
            self._left = self._bout if self._bout.left else None
            self._doubts += self._bout.doubts
            self._bout = None
        return found

    def _look(self, tape: Tape, moment: Moment) -> list[Turn]:
        """Turns that stand once the path up to this moment has been looked at. Starts a bout under way."""
        begin = max(moment.since - round(BACKDATE_S * self._grid.rate_hz), self._floor, tape.first)
        begin = max(begin, moment.at - self._memory + 1)
        end = moment.until
        if end - begin < self._shape.quickest_s * self._shape.last * self._grid.rate_hz or not (
            moment.rest or self._is_due(moment, begin)
        ):
            return []
        path = self._unleaked(tape, begin, end, moment)
        moved = tape.moved(begin, end, self._scout.lag)
        run = settle(path, moved, begin, moment.period, self._scout.lag)
        if run is None:
            return []
        more = self._needed(begin) - float(run.turns[-1])
        self._due = (begin, moment.turned + (more if more > 0 else AGAIN))
        backward = run.wavering if moment.rest else run.backward
        if backward > self._shape.backward * max(float(run.turns[-1]), 1.0):
            return []
        ended = moment.rest or run.stalled(round(STALL_S * self._grid.rate_hz), moment.period)
        marks = turn_limits(tape, run, self._shape.last if ended else 1.0)
        turns = self._gone_on(tape, marks, run)
        if len(marks) < (1 if moment.rest or turns else self._shape.turns):
            return []
        if len(marks) == 1 and marks[0].start < self._ended and not turns:
            return []
        shape = self._expected(marks[0].start_s)
        turns = turns or self._of_a_size(believed(tape, marks, shape))
        if moment.rest and not turns:
            turns = self._likely(tape, marks, shape)
        if turns:
            self._bout = self._start(run, turns, len(marks))
        elif len(marks) > MOST_DOUBTED:
            self._floor = marks[0].end  # what is not regular by then is left behind
        return turns

    def _of_a_size(self, turns: list[Turn]) -> list[Turn]:
        """These turns; but not a single one that is small beside the circles seen lately: a leg that stands
        sways so."""
        if len(turns) != 1 or not self._is_lately(turns[0].limits.start_s):
            return turns
        return turns if turns[0].loop.length > SWAY * median(self._sizes[-ENOUGH_SEEN:]) else []

    def _likely(self, tape: Tape, marks: list[Limits], shape: Shape) -> list[Turn]:
        """Turns that are not regular enough on their own, if they resemble those that were seen lately. If none
        were, they are kept: such may follow."""
        run = believed(tape, marks, self._again) or likely(tape, marks, self._again)
        if shape is not self._again:
            if run:
                self._doubted = [*self._apart(run[0]), run]
            return []
        return run if run and self._known is not None and resembles(run, self._known) else []

    def _is_due(self, moment: Moment, begin: int) -> bool:
        """Whether there may be enough turns by now."""
        since, turned = self._due
        if since == begin:
            return moment.turned >= turned
        return moment.until - begin >= (self._shape.turns - SPARE) * moment.period or self._joins(begin)

    def _needed(self, begin: int) -> float:
        """Turns from slow index `begin` on that can be believed while the foot goes on."""
        return 1 + ON if self._joins(begin) else self._shape.turns

    def _joins(self, start: int) -> bool:
        """Whether what starts at this slow index may go on from the bout before."""
        if self._left is None or self._left.before is None:
            return False
        last = self._left.before.limits
        return start - self._left.mark <= JOINED * (last.end - last.start)

    def _gone_on(self, tape: Tape, marks: list[Limits], run: Run) -> list[Turn]:
        """These turns, if they go on where a bout was followed no further and the foot goes on after them: a
        part of a turn and the way to rest may look like a whole one."""
        if not marks or float(run.turns[-1]) < len(marks) + ON or not self._joins(marks[0].start):
            return []
        left = self._left
        return (
            []
            if left is None or left.before is None
            else gone_on(tape, marks, left.before, left.steady, self._shape)
        )

    def _expected(self, start_s: float) -> Shape:
        """What a bout has to look like; less regular ones will do soon after the wearer has circled."""
        return self._again if self._is_lately(start_s) else self._shape

    def _is_lately(self, start_s: float) -> bool:
        """Whether the wearer has circled not long before."""
        lately = [end for _, end in self._seen[-ENOUGH_SEEN:] if start_s - end < LATELY_S]
        return len(lately) == ENOUGH_SEEN

    def _unleaked(self, tape: Tape, begin: int, end: int, moment: Moment) -> Floats:
        """The path between two slow indices (both included) with what has leaked away put back, but for the
        gyro's bias: what it turned in the rest before, or else what a path loses that stands at its mean."""
        path = tape.path[:, begin - tape.first : end - tape.first + 1]
        if not self._info.has_gyro:
            return path
        leak = 1 / (LEAK_S * self._grid.rate_hz)
        oldest = max(moment.at - self._memory + 1 - tape.first, 0)  # a long chunk's tape goes back further
        drift = self._drift(tape, oldest, moment, leak)
        if drift is None:
            known = tape.path[:, oldest : moment.at + 1 - tape.first]
            drift = known.mean(axis=1) * leak
        return np.asarray(path + np.cumsum(path * leak - drift[:, None], axis=1))

    def _drift(self, tape: Tape, oldest: int, moment: Moment, leak: float) -> Floats | None:
        """What the gyro turns a sample in the rest before a moment; None after a short one. `oldest`: the
        position on the tape from which it is known to the moment."""
        until = moment.since - self._scout.lag - tape.first
        since = max(oldest, moment.still + self._scout.every - tape.first, self._biased - tape.first)
        if until - since < SHORT_REST_S * self._grid.rate_hz:
            return None
        rest = tape.path[:, since : until + 1]
        drift = np.asarray((rest[:, -1] - rest[:, 0] + rest[:, 1:].sum(axis=1) * leak) / (until - since))
        return drift if float(square(drift)) < (MOST_BIAS_RAD_S / self._grid.rate_hz) ** 2 else None

    def _start(self, run: Run, turns: list[Turn], done: int) -> Bout:
        last = turns[-1]
        top = int(np.argmax(run.turns))
        period = float(last.limits.end - last.limits.start)
        window = max(round(STALL_S * self._grid.rate_hz), round(STALL_TURNS * period))
        return Bout(
            shape=self._shape,
            loop=last.loop,
            at=run.start + len(run.turns) - 1,
            turns=float(run.turns[-1]),
            done=done,
            mark=last.limits.end,
            mark_s=last.limits.end_s,
            period=period,
            lately=np.concatenate([np.full(window, -np.inf), run.turns])[-window:],
            spans=spans(run.start, turns, done),
            leak=self._leak,
            memory=self._memory,
            peak=float(run.turns[top]),
            peak_at=run.start + top,
            moved_at=run.start + len(run.turns) - 1,
            patience=round(PAUSE_S * self._grid.rate_hz),
            before=last,
            ahead=self._delay(),
        )

    def _event(self, turn: Turn, decided_s: float) -> Event:
        self._count += 1
        way = "ccw" if turn.ccw else "cw"
        attributes: dict[str, str | float | bool | None] = {
            "direction": way if turn.gravity_ratio >= DIRECTED else None,
            "range_deg": round(2 * turn.loop.length * RADIAN_DEG, 2),
            "tempo_hz": round(1 / turn.period_s, 3),
            "width_ratio": round(turn.loop.ratio, 3),
            "gravity_ratio": round(turn.gravity_ratio, 3),
            "roughness": round(turn.rough, 3),
            "linear_g": round(turn.linear_g, 3),
        }
        start_s = turn.limits.start_s  # slow samples are dated back, the first to before the stream
        start_s = start_s if self._from_s is None else max(start_s, self._from_s)
        return Event("ankle-circles", "circle", start_s, turn.limits.end_s, decided_s, attributes)

    def _close(self, decided_s: float) -> list[Event]:
        """What stands when nothing more comes of this stretch."""
        tape = self._caught_up(self._end)
        if tape is None or not len(tape.t_s):
            return []
        if self._bout is not None:
            last = self._bout.judge(tape)
            self._doubts += self._bout.doubts
            turns = [] if last is None else [last]
        else:
            moment = self._scout.ending(tape.end - 1)
            turns = [] if moment is None else self._look(tape, moment)
        noted = self._noted(tape, [(tape.end - 1, turn) for turn in turns])
        at = tape.end - 1
        noted += self._noted(tape, [(at, turn) for turn in self._left_out(tape, at, at)])
        self._bout = None
        self._floor = tape.end
        return [self._event(turn, decided_s) for _, turn in noted]

    def progress(self) -> Progress:
        phase = "rest" if self._bout is None else "moving"
        return Progress(self.about.exercise, self.about.kind, self._count, 0.0, phase)

    def _delay(self) -> float:
        """Slow samples by which the path lags behind the foot."""
        return (self._grid.delay_s + self._tilt.delay_s) * self._grid.rate_hz

    def flush(self) -> list[Event]:
        return self._close(self._last_s)

    def reasons(self) -> tuple[Reason, ...]:
        """What without a gyro cannot be told from circles, or may hide them."""
        spans = {of: self._spans(of) for of in self._before}
        counted = Counted(self._count, self._seen, self._sizes)
        return doubts_of(counted, spans, self._doubts, self._loose, has_gyro=self._info.has_gyro)

    def _spans(self, of: str) -> list[Span]:
        """Stretches before the last gap, and since."""
        trackers: list[Strokes] = getattr(self._scout, of)
        return self._before[of] + [span for tracker in trackers for span in tracker.all()]
