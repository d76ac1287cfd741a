"""Is a set called complete when it was, and only then: each labelled set is judged against prescriptions that
ask for exactly what was done, and for a little more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from footsense.analysis import Analysis
from footsense.routine import Direction, Routine, RoutineItem
from footsense.types import Event, Side
from footsense.verify import verify
from footsense.verify.bouts import find_bouts

LONGER_S = 0.5  # asked for beyond the shortest hold or bout of a set

Asked = Literal["as done", "one more", "longer"]


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked for, whether the truth meets it, and the verdict."""

    asked: Asked
    done: bool
    answer: str


def cases(item: RoutineItem, true: Sequence[Event], analysis: Analysis) -> tuple[Case, ...]:
    """The verdicts of one set.

    `item` says from how many seconds a hold or a bout counts; how many are asked for follows from what is true:
    all that was done; one more of it (of circles, one more each way); and, for holds and bouts, all of it, each
    half a second longer than the shortest was.
    """
    return tuple(Case(asked, done, _verdict(want, analysis)) for asked, done, want in _asked(item, true))


def _asked(item: RoutineItem, true: Sequence[Event]) -> Iterator[tuple[Asked, bool, RoutineItem]]:
    if item.kind == "circle":
        yield from _asked_circles(item, true)
        return
    lasted = [s for s in _lasted(item, true) if s >= item.shortest_s]
    if lasted:
        yield "as done", True, _of(item, len(lasted), item.shortest_s)
        yield "longer", False, _of(item, len(lasted), min(lasted) + LONGER_S)
    yield "one more", False, _of(item, len(lasted) + 1, item.shortest_s)


def _asked_circles(item: RoutineItem, true: Sequence[Event]) -> Iterator[tuple[Asked, bool, RoutineItem]]:
    ways = [e.attributes.get("direction") for e in true]
    if None in ways:  # what was asked for cannot be said of circles without a direction
        return
    both: tuple[Direction, ...] = ("cw", "ccw")
    done = tuple(d for d in both if d in ways)
    fewest = min((ways.count(d) for d in done), default=0)
    item = replace_item(item, directions=done or both)
    if fewest:
        yield "as done", True, replace_item(item, reps=fewest)
    yield "one more", False, replace_item(item, reps=fewest + 1)


def _lasted(item: RoutineItem, true: Sequence[Event]) -> list[float]:
    """Seconds of each hold, or of each bout on tiptoe."""
    if item.kind == "hold":
        return [e.end_s - e.start_s for e in true]
    return [b.duration_s for b in find_bouts(true, item) if b.state == "counts"]


def _of(item: RoutineItem, number: int, least_s: float) -> RoutineItem:
    if item.kind == "hold":
        return replace_item(item, reps=number, hold_s=(least_s, least_s), min_hold_s=None)
    return replace_item(item, sets=number, bout_s=least_s, min_bout_s=None)


def replace_item(item: RoutineItem, **changes: object) -> RoutineItem:
    """The item with other values."""
    return msgspec.structs.replace(item, **changes)


def _verdict(item: RoutineItem, analysis: Analysis) -> str:
    side: Side | Literal["both"] = analysis.side or "both"
    routine = Routine(schema="footsense.routine/1", name="accuracy", item=(replace_item(item, sides=(side,)),))
    return str(verify(routine, [replace(analysis, file="")]).verdict)
