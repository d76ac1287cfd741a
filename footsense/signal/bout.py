"""A bout of circling that has been believed, followed sample by sample."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from footsense.signal.circling import Tape
from footsense.signal.ending import SAME, turns_in_all
from footsense.signal.settling import HASTE, STALL, off_rim, wind_wide
from footsense.signal.turns import EDGE, Limits, Shape, Turn, alike, between, crossing, fits, going, make_turn
from footsense.signal.winding import Loop, summed, turned
from footsense.types import Floats

BLOCK = 64  # samples followed at a time
STALL_S = 0.55  # without progress for so long, the foot has come to rest
STALL_TURNS = 0.2  # and for so much of the time that a turn takes
PAUSE_S = 0.9  # a longer stall is a rest
BACK = 0.3  # turns wound back after which the last turn is judged
LOST = 0.9  # and that end a bout
NEWS = 0.1  # turns further, the last turn is judged again
EVEN = 0.5  # times the tempo of the bout, at least, while it is foretold when a turn ends
SLOWER = 1.6  # times the turn before, a turn has been held up
UNSEEN = 0.05  # turns of the last one that are too slow to be seen
DOUBTFUL = 0.6, 0.75  # turns of the last one, of which it is not certain whether they are enough
WHOLE = 2 / 3  # of what is believed of the last one, that is by the whole bout; the rest by what was followed
FAR = 3.5  # half axes from the centre at which the foot has left the loop


@dataclass(slots=True)
class Bout:
    """Follows a run that has been believed.

    `at`: slow index up to which it was followed, with `turns` wound there; `done` turns are credited, the last
    of which ended at `mark` (slow index) and `mark_s`; `peak`: the most turns, first reached at slow index
    `peak_at`; `lately` (w,): the turns at the last samples up to `at`; `period`: samples that a turn takes;
    `spans`: slow indices of its turns, the first from where its winding began, with the turns before; `leak`:
    share of the path lost from one slow sample to the next; `memory`: slow samples that every tape holds;
    `moved_at`: slow index of the last movement along the loop, `patience` samples after which without one the
    bout ends; `judged`: turns at which the last was judged; `over`: it has ended, `left`: as the path left the
    loop, `unlike`: with a turn that was none of it; `doubts`: starts and ends in s of last turns that may have
    been enough of one or not, and whether they were taken for it; `before`: the turn before, `steady`: the last
    that was not held up; `told`: the turn under way, if it was told before it was whole; `ahead`: slow samples
    by which the path lags behind the foot; `kin`: what is asked of its turns.
    """

    shape: Shape
    loop: Loop
    at: int
    turns: float
    done: int
    mark: int
    mark_s: float
    period: float
    lately: Floats
    spans: list[tuple[int, int, int]]
    leak: float
    memory: int
    peak: float = 0.0
    peak_at: int = 0
    moved_at: int = 0
    patience: int = 0
    judged: float = -1.0
    over: bool = False
    left: bool = False
    unlike: bool = False
    doubts: list[tuple[float, float, bool]] = field(default_factory=list)
    before: Turn | None = field(default=None)
    steady: Turn | None = field(default=None)
    told: Turn | None = field(default=None)
    ahead: float = 0.0
    kin: Shape = field(init=False)

    def __post_init__(self) -> None:
        self.kin = going(self.shape)

    def follow(self, tape: Tape) -> Iterator[tuple[int, Turn]]:
        """Turns completed on the tape, each with the slow index at which it was known; stops where the bout is
        over."""
        while not self.over and self.at + 1 < tape.end:
            at, turn = self._block(tape, min(tape.end, self.at + 1 + BLOCK))
            if self.over and self.told is not None:
                self._credit(self.told)
            if turn is not None:
                yield at, turn

    def _block(self, tape: Tape, end: int) -> tuple[int, Turn | None]:
        """Follows up to slow index `end` (excluded) or the first thing that happens. When it did, and the turn
        that became known."""
        cut = slice(self.at - tape.first, end - tape.first)
        seen = self.loop.unit(tape.path[:, cut])
        steps = turned(seen)
        turns, window = summed(steps, self.turns)[1:], len(self.lately)
        earlier = np.concatenate((self.lately, turns))
        gained, slow = turns - earlier[: len(turns)], STALL * window / self.period
        peak = np.maximum(np.maximum.accumulate(turns), self.peak)
        full, left = turns >= self.done + 1, off_rim(seen[:, 1:], steps, HASTE / self.period, FAR)
        odd = left | (gained < slow) | (turns < peak - BACK)
        near = self._closing(earlier, window)
        k = _first(full | odd | near)
        over, judge = False, False
        if odd[: k + 1].any():
            index = np.arange(self.at + 1, end)
            moved = np.maximum.accumulate(np.where(np.abs(gained) >= slow, index, self.moved_at))
            ends = left | (index - moved > self.patience) | (turns < peak - LOST)
            judged = odd & (peak > self.judged + NEWS)
            near &= ~odd
            k = _first(full | ends | judged | near)
            self.moved_at, over, judge = int(moved[k]), bool(ends[k]), bool(judged[k])
            self.left = over and bool(left[k])
        else:
            self.moved_at = self.at + 1 + k
        before = float(turns[k - 1]) if k else self.turns
        self._advance(self.at + 1 + k, float(turns[k]), turns[: k + 1], earlier[k + 1 : k + 1 + window])
        if not full[k]:
            self.over = over
            if judge or over or not near[k]:
                return self.at, self.judge(tape) if judge or over else None
            at, told = self.at, self._foretold(tape)
            if told is None or k + 1 == len(turns):
                return at, told
            j = k + 1 + _first((full | odd)[k + 1 :])
            if full[j] and not odd[j]:
                after = slice(k + 1, j + 1)
                self._advance(at + j - k, float(turns[j]), turns[after], earlier[j + 1 : j + 1 + window])
                self.moved_at = self.at
                self._whole(told)
            return at, told
        self.left = False
        if self.told is not None:
            return self.at, self._whole(self.told)
        t = tape.t_s[cut]
        end_s = between(float(t[k]), float(t[k + 1]), before, float(turns[k]), self.done + 1.0)
        if self._creeps():
            end_s = self._arrival(tape, self._wound(tape, self.at))[1]
        return self.at, self._complete(tape, end_s)

    def judge(self, tape: Tape) -> Turn | None:
        """The foot stands or goes back: the turn under way if enough of it is done. Should the foot go on from
        there, it goes on from this turn."""
        if not self.over and self.peak <= self.judged + NEWS:
            return None
        self.judged = self.peak
        turn = self.last_turn(tape)
        return None if turn is None else self._credit(turn)

    def _credit(self, turn: Turn) -> Turn | None:
        """The turn is done; it is returned if it has not been told yet."""
        known, self.told = self.told, None
        self.spans.append((turn.limits.start, turn.limits.end, self.done))
        self.done += 1
        self.mark, self.mark_s, self.before = turn.limits.end, turn.limits.end_s, turn
        return turn if known is None else None

    def _advance(self, at: int, turns: float, seen: Floats, lately: Floats) -> None:
        top = int(np.argmax(seen))
        if float(seen[top]) > self.peak:
            self.peak, self.peak_at = float(seen[top]), self.at + 1 + top
        self.at, self.turns, self.lately = at, turns, lately

    def _complete(self, tape: Tape, end_s: float) -> Turn | None:
        turn = make_turn(tape, Limits(self.mark, self.at, self.mark_s, end_s))
        if turn is None or not self._accepts(turn):
            self.over = self.unlike = True
            return None
        return self._whole(turn)

    def _whole(self, turn: Turn) -> Turn | None:
        """The turn, whose end has come; it is returned if it has not been told yet."""
        untold = self._credit(replace(turn, limits=replace(turn.limits, end=self.at)))
        self.loop = turn.loop
        self.period = min(max(float(self.at - turn.limits.start), 1.0), SLOWER * self.period)
        return untold

    def _closing(self, earlier: Floats, window: int) -> NDArray[np.bool_]:
        """Where the turn under way is whole by now, at the pace of the last samples: the path lags behind."""
        few = self._few()
        turns, before = earlier[window:], earlier[window - few : len(earlier) - few]
        if self.told is not None:
            return np.zeros(len(turns), dtype=np.bool_)
        left = self.done + 1 - turns
        gained = turns - before
        even = (gained > EVEN * few / self.period) & (gained < HASTE * few / self.period)
        return np.asarray(even & (left * few <= gained * self.ahead))

    def _few(self) -> int:
        """Samples back over which the pace is taken: a fifth of a second or more."""
        return min(max(2, len(self.lately) // 3), len(self.lately) - 1)

    def _foretold(self, tape: Tape) -> Turn | None:
        """The turn under way, which ends by now."""
        few = self._few()
        t_s = float(tape.t_s[self.at - tape.first])
        step_s = (t_s - float(tape.t_s[self.at - few - tape.first])) / few
        pace = float(self.lately[-1] - self.lately[-1 - few]) / few
        end_s = t_s + step_s * min((self.done + 1 - self.turns) / pace, self.ahead)
        turn = make_turn(tape, Limits(self.mark, self.at, self.mark_s, end_s))
        self.told = turn if turn is not None and self._accepts(turn) else None
        return self.told

    def _accepts(self, turn: Turn) -> bool:
        if not fits(turn, self.kin, self.steady or self.before):
            return False
        if self.before is not None and not alike(self.before, turn, self.kin):
            return False
        self.steady = turn if fits(turn, self.shape) else self.steady
        return True

    def _creeps(self) -> bool:
        """Whether the last fifth of a second brought next to no progress."""
        few = max(2, len(self.lately) // 3)
        return float(self.lately[-1] - self.lately[-few]) < STALL * few / self.period

    def _wound(self, tape: Tape, end: int) -> Floats:
        """Turns since the last mark, up to each sample to slow index `end`."""
        cut = slice(self.mark - tape.first, end - tape.first + 1)
        return summed(wind_wide(self.loop, tape.path[:, cut], self.period))

    def _arrival(self, tape: Tape, wound: Floats) -> tuple[int, float]:
        """When the foot had come, but for EDGE, as far round as it is at the end: it may creep on."""
        return crossing(tape, self.mark, wound, float(wound[-1]) - EDGE)

    def last_turn(self, tape: Tape) -> Turn | None:
        """The turn that was not finished when the bout ended, if enough of it was done."""
        if self.peak_at <= self.mark:
            return None
        wound = self._wound(tape, self.peak_at)
        share = float(wound[-1])
        # what cuts through the middle is in the peak, and not in the share: it may have turned, or not
        done = (share + self.peak - self.done) / 2
        whole = self._nearly_whole(tape, done)
        if DOUBTFUL[0] < done < DOUBTFUL[1] and (whole or self.over):
            self.doubts.append((self.mark_s, float(tape.t_s[self.peak_at - tape.first]), whole))
        if not whole:
            return None
        end, end_s = self._arrival(tape, wound)
        turn = make_turn(tape, Limits(self.mark, end, self.mark_s, end_s, min(max(share, EDGE), 1.0)))
        return turn if turn is not None and self._accepts(turn) else None

    def _nearly_whole(self, tape: Tape, share: float) -> bool:
        """Whether enough of the last turn was done: by the `share` followed, and by the whole bout if that is
        near it. Where the foot only stalls, it may go on."""
        least = self.shape.last - (UNSEEN if self.over else 0.0)
        clear = abs(share - least) > WHOLE * SAME  # whatever the whole says
        # a long chunk's tape goes back further than others
        known = [span for span in self.spans if self.at - span[0] < self.memory]
        if clear or self.before is None or len(known) < 2:
            return share >= least
        begin, end, done = known[0]
        last = (self.before.limits.start, self.before.limits.end)
        whole = turns_in_all(tape, (begin, self.at), (begin, end), last, self.leak) + done - self.done
        return share + (WHOLE * (whole - share) if abs(whole - share) <= SAME else 0.0) >= least


def _first(happens: NDArray[np.bool_]) -> int:
    """Position of the first, or the last position where there is none."""
    k = int(happens.argmax())
    return k if happens[k] else len(happens) - 1


def spans(begin: int, turns: list[Turn], done: int) -> list[tuple[int, int, int]]:
    """Slow indices of the turns of a bout, and how many there were before each; its winding began at `begin`,
    and went round `done` times."""
    ends = [turn.limits.end for turn in turns]
    before = done - len(turns)
    starts = [turn.limits.start for turn in turns] if before else [begin, *ends[:-1]]
    return [(a, b, before + k) for k, (a, b) in enumerate(zip(starts, ends, strict=True))]
