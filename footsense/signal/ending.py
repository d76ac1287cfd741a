"""How far round a bout has come when it ends: about one loop, on a path from which nothing has leaked away.

While a bout is followed, each turn is wound about the loop before it. Where the path leaks, the loops wander at
first, and with them the angle at which a turn begins; over the whole bout that can be a third of a turn.
"""

import numpy as np

from footsense.signal.circling import Tape
from footsense.signal.winding import fit_loop, square2, summed, turned
from footsense.types import Floats

NEAR = 0.15  # half axes from the centre within which nothing goes around it
INNER = 0.7  # and within which nothing goes faster than the bout
RIM, CORE = 0.8, 0.2  # half axes between which a spiral shows
SPIRAL = 0.6  # of the bout's tempo: a path that turns so fast on its way in spirals
MOST_UNSEEN = 0.12  # turns
SAME = 0.25  # turns by which the whole may differ from what was followed

Span = tuple[int, int]  # slow indices, both included


def unleaked(tape: Tape, bout: Span, first: Span, last: Span, leak: float) -> Floats:
    """The path (3, n) of a bout that is on the tape, of which `first` and `last` are whole turns, with what
    leaked away put back. `leak`: share of the path lost from one slow sample to the next."""
    path = tape.path[:, bout[0] - tape.first : bout[1] - tape.first + 1]
    if not leak:
        return path
    return _level(path + np.cumsum(path, axis=1) * leak, within(first, bout), within(last, bout))


def turns_in_all(tape: Tape, bout: Span, first: Span, last: Span, leak: float) -> float:
    """Turns at most wound within `bout`, as `unleaked`, about the loop of its last turn; none where that has no
    area."""
    path = unleaked(tape, bout, first, last, leak)
    a, b = within(last, bout)
    loop = fit_loop(path[:, a : b + 1])
    if loop is None:
        return 0.0
    at = loop.unit(path)
    return float(summed(paced(at, float(b - a))).max()) + _unseen(at, float(b - a))


def within(span: Span, of: Span) -> Span:
    return max(span[0] - of[0], 0), span[1] - of[0]


def _level(path: Floats, first: Span, last: Span) -> Floats:
    """Without the steady drift by which the last loop's centre differs from the first's: what the mean of a
    leaking path becomes when it is summed."""
    here, there = fit_loop(path[:, first[0] : first[1] + 1]), fit_loop(path[:, last[0] : last[1] + 1])
    between = (last[0] + last[1] - first[0] - first[1]) / 2
    if here is None or there is None or between <= 0:
        return path
    drift = (np.array(there.centre) - np.array(here.centre)) / between
    return np.asarray(path - drift[:, None] * np.arange(path.shape[1]))


def paced(at: Floats, period: float) -> Floats:
    """Turns from each point to the next, none at the centre, and within INNER none faster than one in `period`
    samples: a stroke from the rim to the centre passes beside it."""
    steps = turned(at)
    radius = square2(at)
    radius = np.minimum(radius[:-1], radius[1:])
    slow = np.where(radius < INNER * INNER, np.clip(steps, -1 / period, 1 / period), steps)
    return np.where(radius < NEAR * NEAR, 0.0, slow)


def _unseen(at: Floats, period: float) -> float:
    """What a path that spirals in to rest at the centre turns there, too near to be seen: as much as on the way
    from the rim, where a straight stroke does not turn at all."""
    radius = square2(at)
    out = np.flatnonzero(radius > RIM * RIM)
    if not len(out):
        return 0.0
    b = int(out[-1])
    inside = np.flatnonzero(radius[b:] < CORE * CORE)
    n = int(inside[0]) if len(inside) else len(radius) - 1 - b
    if n < 2 or radius[b + n] > INNER * INNER:
        return 0.0
    wound = float(turned(at[:, b : b + n + 1]).sum())
    return min(wound, MOST_UNSEEN) if wound * period >= SPIRAL * n else 0.0
