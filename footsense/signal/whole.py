"""How far round a whole bout went: about one centre, as the contract says it, on a path from which nothing has
leaked away.

While it goes on, each turn is wound about the loop before it, from where that was found. A way back before the
loop was known, a turn unlike the others, and a last one that is off the loop before it are missed then.
"""

from dataclasses import dataclass, field, replace
from math import inf
from statistics import median

import numpy as np

from footsense.signal.circling import Tape
from footsense.signal.ending import paced, unleaked
from footsense.signal.settling import OUTSIDE, rest_chord, rests
from footsense.signal.tilt import square
from footsense.signal.turns import EDGE, Limits, Turn, make_turn
from footsense.signal.winding import Loop, dot, fit_loop, square2, summed, turned
from footsense.types import Floats

ENOUGH = 0.7  # turns besides those that were seen: a last one of three quarters, less what is unseen of it
BENT = 0.05  # and more where the foot's own acceleration bends the path
UNSURE = 0.1  # turns about that, in which it is not certain
LAG_PARTS = 4  # steps in which the way is measured
MORE = 1.5  # times the way of the others: more than one turn
ROUGH = 0.2  # as of a bout, which rougher is not believed: it was not about one centre
LEAST = 0.3  # of a turn, that a part of it left out has to be
SAME_PLANE = 0.7  # cosine between the planes of what was left out and the others
THIN = 0.5  # of the others' width to length, that it has at least: to and fro is no turn
SAME_SIZE = 4.0  # and how much their sizes differ at most


@dataclass(slots=True)
class Row:
    """Turns of one way that follow each other without a rest, on the tape from slow index `begin` on, and up to
    `end`; `leak`: share of the path lost from one slow sample to the next; `lag` as of the Scout; `followed`:
    turns after the last of them by the loop before, where it was followed to the rest; `unsure`: it is not
    certain whether one more was made; `loose`: which of those left out are not certain to be one.
    """

    turns: list[Turn]
    begin: int
    end: int
    leak: float
    lag: int
    followed: float | None = None
    unsure: bool = field(default=False, init=False)
    loose: list[Turn] = field(default_factory=list, init=False)

    def left_out(self, tape: Tape) -> list[Turn]:
        """Turns that the row as a whole shows to have been made besides."""
        if len(self.turns) < 2:
            return []
        spans = [(t.limits.start, t.limits.end) for t in self.turns]
        path = unleaked(tape, (self.begin, self.end), spans[0], spans[-1], self.leak)
        loop = fit_loop(path[:, spans[0][0] - self.begin : spans[-1][1] - self.begin + 1])
        if loop is None:
            return []
        phase, start = self._wound(tape, loop, loop.unit(path))
        free = _free(phase, [(a - start, b - start) for a, b in spans])
        enough = ENOUGH if self.leak else ENOUGH + BENT
        more = float(phase[-1]) - self._doubted(free[-1]) - len(self.turns)
        missing = int(more + 1 - enough)
        parts = [
            make_turn(tape, self._clear(_limits(tape, start, phase, part)))
            for part in _parts(free, max(missing, 1))
        ]
        found = [turn for turn in parts if turn is not None and self._holds(turn)]
        self.unsure = bool(found) and abs(more - enough - max(missing - 1, 0)) < UNSURE
        if missing <= 0:
            return []
        most = MORE * median(self._way(tape, turn) for turn in self.turns)
        self.loose = [turn for turn in found if turn.rough > ROUGH or self._way(tape, turn) > most]
        return found

    def _way(self, tape: Tape, turn: Turn) -> float:
        """How far the foot went in a turn, in rad, but for what trembles."""
        path = tape.path[:, turn.limits.start - tape.first : turn.limits.end - tape.first + 1]
        path = path[:, :: max(1, self.lag // LAG_PARTS)]
        return float(np.sqrt(square(path[:, 1:] - path[:, :-1])).sum())

    def _clear(self, limits: Limits) -> Limits:
        """These limits, but in none of the turns: theirs lie between samples."""
        middle_s = (limits.start_s + limits.end_s) / 2
        before = max((t.limits.end_s for t in self.turns if t.limits.end_s < middle_s), default=-inf)
        after = min((t.limits.start_s for t in self.turns if t.limits.start_s > middle_s), default=inf)
        return replace(limits, start_s=max(limits.start_s, before), end_s=min(limits.end_s, after))

    def _holds(self, turn: Turn) -> bool:
        """Whether a turn may be one of the row."""
        ratio = THIN * median(t.loop.ratio for t in self.turns)
        return turn.loop.ratio > ratio and _akin(turn, self.turns[-1])

    def _doubted(self, last: tuple[float, float]) -> float:
        """Half of what the whole shows after the last turn and the loop before does not: a stroke to where the
        foot rests passes beside the centre."""
        wound = last[1] - last[0]
        return 0.0 if self.followed is None else max(wound - self.followed, 0.0) / 2

    def _wound(self, tape: Tape, loop: Loop, at: Floats) -> tuple[Floats, int]:
        """Turns up to each sample, at most, from where the winding began; and its slow index."""
        first, last = self.turns[0].limits, self.turns[-1].limits
        period = median(t.limits.end - t.limits.start for t in self.turns)
        steps = paced(at, period)
        for turn in self.turns:
            a, b = turn.limits.start - self.begin, turn.limits.end - self.begin
            steps[a:b] = turned(at[:, a : b + 1])
        wound = summed(steps)
        chord = tape.moved(self.begin, self.end, self.lag)
        lost = rests(chord < rest_chord(loop, period, self.lag), self.lag)
        lost |= square2(at) > OUTSIDE * OUTSIDE
        before = np.flatnonzero(lost[: max(first.start - self.begin, 0)])
        low = int(before[-1]) + 1 if len(before) else 0
        after = np.flatnonzero(lost[last.end - self.begin :])
        high = last.end - self.begin + int(after[0]) if len(after) else len(lost)
        middle = max((first.start + first.end) // 2 - self.begin, low + 1)
        low += int(np.argmin(wound[low:middle]))
        phase = np.maximum.accumulate(wound[low : max(high, low + 2)])
        return phase - phase[0], self.begin + low


def _free(phase: Floats, spans: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """The parts of the phase that none of the spans covers."""
    n = len(phase) - 1
    at = [(float(phase[min(max(a, 0), n)]), float(phase[min(max(b, 0), n)])) for a, b in spans]
    ends = [0.0, *(b for _, b in at)]
    starts = [*(a for a, _ in at), float(phase[-1])]
    return [(a, max(a, b)) for a, b in zip(ends, starts, strict=True)]


def _parts(free: list[tuple[float, float]], missing: int) -> list[tuple[float, float]]:
    """So many parts, a turn at most each, the largest first."""
    parts = []
    for _ in range(missing):
        a, b = max(free, key=lambda part: part[1] - part[0], default=(0.0, 0.0))
        if b - a < LEAST:
            break
        free.remove((a, b))
        until = min(a + 1.0, b)
        parts.append((a, until))
        if b > until:
            free.append((until, b))
    return sorted(parts)


def _limits(tape: Tape, start: int, phase: Floats, part: tuple[float, float]) -> Limits:
    a = int(np.searchsorted(phase, part[0] + EDGE))
    b = min(int(np.searchsorted(phase, part[1] - EDGE)), len(phase) - 1)
    t = tape.t_s[start - tape.first :]
    return Limits(start + a, start + b, float(t[a]), float(t[b]), min(part[1] - part[0], 1.0))


def _akin(turn: Turn, other: Turn) -> bool:
    same = dot(turn.loop.normal, other.loop.normal) > SAME_PLANE
    return same and 1 / SAME_SIZE < turn.loop.length / other.loop.length < SAME_SIZE


def middle(limits: Limits) -> tuple[float, float]:
    """The middle half of a turn."""
    quarter_s = (limits.end_s - limits.start_s) / 4
    return limits.start_s + quarter_s, limits.end_s - quarter_s
