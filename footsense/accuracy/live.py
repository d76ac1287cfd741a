"""What a screen shows while it goes on, against what is true at that moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from scipy.optimize import linear_sum_assignment

from footsense.engine import Engine
from footsense.signal.front import slice_samples
from footsense.types import Event, Floats, Item, Progress, Samples, StreamInfo

CHUNK_S = 0.02
SHOWN_WITHIN_S = 1.0  # a count that goes up further away from a true event is none of it
_SETTLED_S = 1.5  # after its start, a hold is long enough to be told from a movement


@dataclass(frozen=True, slots=True)
class Shown:
    """Errors of what was shown. Of circles and steps: by how much later than it happened (s) the count went up,
    and for how many it did not. Of holds: seconds shown − seconds held, at every chunk of samples."""

    errors_s: tuple[float, ...]
    missed: int


def shown(items: Iterable[Item], exercise: str, true: Sequence[Event], counted: Sequence[Event]) -> Shown:
    """Follow a stream as if it were live, in chunks of 20 ms. `counted` are those of the `true` events at which
    the count has to go up."""
    seen = list(_followed(items, exercise))
    if true and true[0].kind == "hold":
        return Shown(tuple(e for t_s, p in seen for e in _held_off(t_s, p, true)), 0)
    rises = [t_s for (_, a), (t_s, b) in pairwise(seen) for _ in range(b.count - a.count)]
    return _paired(np.array([e.start_s if e.kind == "step" else e.end_s for e in counted]), np.array(rises))


def _followed(items: Iterable[Item], exercise: str) -> Iterator[tuple[float, Progress]]:
    engine, samples = Engine([exercise]), 1
    for item in items:
        if isinstance(item, StreamInfo):
            samples = max(1, round(CHUNK_S * item.rate_hz))
        if not isinstance(item, Samples):
            engine.process(item)
            continue
        for i in range(ceil(len(item) / samples)):
            chunk = slice_samples(item, i * samples, min((i + 1) * samples, len(item)))
            engine.process(chunk)
            yield float(chunk.t_s[-1]), engine.progress()[0]


def _held_off(t_s: float, progress: Progress, true: Sequence[Event]) -> Iterator[float]:
    for hold in true:
        if hold.start_s + _SETTLED_S <= t_s <= hold.end_s:
            yield progress.held_s - (t_s - hold.start_s)


def _paired(at_s: Floats, rises_s: Floats) -> Shown:
    if not len(at_s) or not len(rises_s):
        return Shown((), len(at_s))
    apart = np.abs(rises_s[None, :] - at_s[:, None])
    cost = np.where(apart <= SHOWN_WITHIN_S, apart, 1e6)
    rows, columns = linear_sum_assignment(cost)
    errors = [float(rises_s[j] - at_s[i]) for i, j in zip(rows, columns, strict=True) if cost[i, j] < 1e6]
    return Shown(tuple(errors), len(at_s) - len(errors))
