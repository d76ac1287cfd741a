"""Which event that was found is which that is true: one to one, in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from footsense.types import Event, Floats

STEP_S = 0.3  # between the landings of a pair of steps
_NEVER = 1e6  # a cost, in s, that no pair in time reaches


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs (true, found) in order of time, and what is left over on either side."""

    pairs: tuple[tuple[Event, Event], ...]
    missed: tuple[Event, ...]
    extra: tuple[Event, ...]


def match(true: Sequence[Event], found: Sequence[Event]) -> Matched:
    """As many pairs as can be made, and of all such pairings the one with the least time between the limits of
    its pairs.

    Steps can be a pair if they land within STEP_S; circles and holds if they share more than half of the
    shorter one, so that an event found at the right place with wrong limits is no miss, but an error of those.
    """
    pairs = [pair for part in _parts(true, found) for pair in _paired(*part)]
    pairs.sort(key=lambda p: (p[0].start_s, p[1].start_s))
    used = {id(e) for pair in pairs for e in pair}
    missed, extra = (tuple(e for e in events if id(e) not in used) for events in (true, found))
    return Matched(tuple(pairs), missed, extra)


def _parts(true: Sequence[Event], found: Sequence[Event]) -> Iterator[tuple[list[Event], list[Event]]]:
    """The events in groups between which no pair is possible."""
    sides: tuple[list[Event], list[Event]] = ([], [])
    until_s = -np.inf
    for event, side in sorted(
        [(e, 0) for e in true] + [(e, 1) for e in found], key=lambda x: (x[0].start_s, x[0].end_s)
    ):
        if event.start_s > until_s:
            yield sides
            sides = ([], [])
        sides[side].append(event)
        until_s = max(until_s, event.start_s + STEP_S, event.end_s)
    yield sides


def _paired(true: Sequence[Event], found: Sequence[Event]) -> Iterator[tuple[Event, Event]]:
    if not true or not found:
        return
    cost = _cost_s(true, found)
    for i, j in zip(*linear_sum_assignment(cost), strict=True):
        if cost[i, j] < _NEVER:
            yield true[i], found[j]


def _cost_s(true: Sequence[Event], found: Sequence[Event]) -> Floats:
    """Time between the limits of every pair (n, m), _NEVER where they can be none."""
    start, end = (np.array([[getattr(e, k) for e in true]]).T for k in ("start_s", "end_s"))
    other_start, other_end = (np.array([[getattr(e, k) for e in found]]) for k in ("start_s", "end_s"))
    apart = np.abs(other_start - start)
    if true[0].kind == "step":
        return np.where(apart <= STEP_S, apart, _NEVER)
    shared = np.minimum(end, other_end) - np.maximum(start, other_start)
    shorter = np.minimum(end - start, other_end - other_start)
    return np.where(shared > 0.5 * shorter, apart + np.abs(other_end - end), _NEVER)
