"""What the holes of a recording may hide: a repetition that a hole cuts is not counted, and a long hole may
hold several."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from footsense.analysis import Analysis
from footsense.routine import RoutineItem
from footsense.text import display
from footsense.types import Event, Side

_CUTS_S = 0.25  # shorter holes are bridged
_NEAR_S = 5.0  # beyond one and a half repetitions: between them one rests, or tries in vain
_QUICKEST_S = 1 / 1.4  # of a circle
_Hole = tuple[float, float]  # from, to, in s


@dataclass(frozen=True, slots=True)
class Why:
    """A stable code and a sentence for a person."""

    code: str
    text: str


def hidden_by_holes(
    item: RoutineItem, missing: Mapping[Side | None, int], analyses: Sequence[Analysis]
) -> Iterator[Why]:
    """For each recording with holes, what to say of them, if at one of the feet they may together hide all that
    is `missing` there."""
    mine = [a for a in analyses if a.exercise == item.exercise]
    for foot, short in missing.items():
        hidden = [(a, _most(item, a, foot)) for a in mine if foot in sides_of(a)]
        if not 0 < short <= sum(most for _, most in hidden):
            continue
        for analysis in (a for a, most in hidden if most):
            text = "the stream has holes or began anew; what is missing may have been done there"
            yield Why("gaps", f"{display(PurePath(analysis.file))}: {text}")


def sides_of(analysis: Analysis) -> set[Side | None]:
    """The sides that its sensors were worn on."""
    return {s.side for s in analysis.sensors} or {analysis.side}


def _most(item: RoutineItem, analysis: Analysis, foot: Side | None) -> int:
    """How many repetitions of that foot the holes of a recording can hide at most."""
    shortest_s = item.shortest_s or _QUICKEST_S
    facts = next((s.recording for s in analysis.sensors if s.side == foot), analysis.recording)
    holes = [g for g in facts.gaps if g[1] - g[0] > _CUTS_S]
    holes += [(t, t) for t in facts.breaks if all(t != begin_s for begin_s, _ in holes)]
    # of two sensors each has its own time, and its holes lie among its own events
    seen = [e for e in analysis.events if e.attributes.get("side", analysis.side) == foot]
    if seen:
        holes = _near(seen, holes, 1.5 * shortest_s + _NEAR_S, shortest_s)
    return sum(int((b - a) / shortest_s) + 1 for a, b in holes)  # where nothing was seen, all may be cut


def _near(events: Sequence[Event], holes: Sequence[_Hole], within_s: float, long_s: float) -> list[_Hole]:
    """The long holes, those that near something of the exercise, and those that near such a hole: what it may
    have cut is of the exercise too."""
    spans = sorted([(e.start_s, e.end_s, True) for e in events] + [(*h, False) for h in holes])
    kept: list[_Hole] = []
    waiting: list[_Hole] = []
    reach_s, found = -math.inf, False
    for start_s, end_s, is_event in spans:
        if start_s >= reach_s:
            waiting, found = [], False
        reach_s = max(reach_s, end_s + within_s)
        waiting += [] if is_event else [(start_s, end_s)]
        found = found or is_event or end_s - start_s >= long_s
        if found:
            kept += waiting
            waiting = []
    return kept
