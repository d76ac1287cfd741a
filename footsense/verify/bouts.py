"""Walks on tiptoe among steps: runs of consecutive steps, long enough, with enough of them on the forefoot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from footsense.routine import RoutineItem
from footsense.types import Event

_ROUNDING = 1e-9  # shares are compared as sums of counts; 18 of 20 is 90 %

State = Literal["counts", "undecided", "short", "heel"]


@dataclass(frozen=True, slots=True)
class Bout:
    """A run of steps from the first landing to the end of the last (s); how many were on tiptoe, how many
    could be labelled. `short` and `heel` (too few on tiptoe) do not count."""

    start_s: float
    end_s: float
    steps: int
    toe: int
    labelled: int
    state: State

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def find_bouts(steps: Sequence[Event], item: RoutineItem) -> list[Bout]:
    """The walks among one sensor's steps, in order of time.

    Within a run of steps at most `max_step_interval_s` apart, the longest stretch that meets the item's
    shares counts, then the longest of what is left before and after it, and so on: walking to the place on
    the whole foot spoils nothing, and one long walk is one bout. What then remains is looked through in the
    same way for stretches of which too many steps could not be labelled. A stretch begins and ends with a
    step that is not a heel strike.
    """
    ordered = sorted(steps, key=lambda e: (e.start_s, e.end_s))
    return [bout for run in _runs(ordered, item.max_step_interval_s) for bout in _of_run(run, item)]


def _runs(steps: Sequence[Event], longest_s: float) -> Iterator[Sequence[Event]]:
    begin = 0
    for i in range(1, len(steps) + 1):
        if i == len(steps) or steps[i].start_s - steps[i - 1].start_s > longest_s:
            yield steps[begin:i]
            begin = i


def _of_run(run: Sequence[Event], item: RoutineItem) -> list[Bout]:
    found: list[Bout] = []
    pending = [(run, False)]
    while pending:
        part, undecided = pending.pop()
        window = _longest(part, item, undecided=undecided)
        if window is not None:
            begin, end = window
            found.append(_bout(part[begin:end], "undecided" if undecided else "counts"))
            pending += [(part[:begin], undecided), (part[end:], undecided)]
        elif part and not undecided:
            pending.append((part, True))
    # beside a bout, steps that do not count are the way there and back, no walk of their own
    return sorted(found, key=lambda b: b.start_s) or [_rejected(run, item)]


def _longest(run: Sequence[Event], item: RoutineItem, *, undecided: bool) -> tuple[int, int] | None:
    """The longest [begin, end) of `run` that counts, or (with `undecided`) that might."""
    toe = _running([e.attributes.get("toe") is True for e in run])
    heel = _running([e.attributes.get("toe") is False for e in run])
    may_end = np.diff(heel) == 0
    start_s = np.array([e.start_s for e in run])
    end_s = np.array([e.end_s for e in run])
    for n in range(len(run), 0, -1):
        toes, heels = toe[n:] - toe[:-n], heel[n:] - heel[:-n]
        unlabelled = n - toes - heels
        few = unlabelled <= item.max_unlabelled_share * n + _ROUNDING
        on_toes = toes >= item.min_toe_share * (toes + heels) - _ROUNDING
        could = toes + unlabelled >= item.min_toe_share * n - _ROUNDING
        good = could & ~few if undecided else on_toes & few & (toes > 0)
        good &= may_end[: len(run) - n + 1] & may_end[n - 1 :]
        long = end_s[n - 1 :] - start_s[: len(run) - n + 1] >= item.shortest_s - _ROUNDING
        if not long.any():
            return None
        good &= long
        if good.any():
            begin = int(np.argmax(good))
            return begin, begin + n
    return None


def _running(flags: Sequence[bool]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])


def _rejected(run: Sequence[Event], item: RoutineItem) -> Bout:
    short = run[-1].end_s - run[0].start_s < item.shortest_s
    return _bout(run, "short" if short else "heel")


def _bout(run: Sequence[Event], state: State) -> Bout:
    labels = [e.attributes.get("toe") for e in run]
    toe = sum(label is True for label in labels)
    labelled = sum(label is not None for label in labels)
    return Bout(run[0].start_s, run[-1].end_s, len(run), toe, labelled, state)
