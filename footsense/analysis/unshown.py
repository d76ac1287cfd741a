"""What may have been done and is not shown by this data, in a recording of which no exercise was told.

`good` with nothing in it says that nothing was done. Where the wearer may have done an exercise that the
placement, the rate or the lack of a gyro hides, the grade says so, in the detector's own words.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from footsense.analysis.apart import reasons_within
from footsense.analysis.quality import exercise_reasons
from footsense.exercises import detector
from footsense.recognise import Segment, shows_circles, unnamed, walks
from footsense.types import Event, Grade, Item, Placement, Reason

THIN = "thin-loop-no-gyro"  # to and fro, alike and often: rarely anything but an exercise
CIRCLES, WALK = "ankle-circles", "toe-walk"
PIECE_S = 20.0  # a detector is asked about so much at a time: four strokes of an exercise take no longer
BESIDE_S, LEAST_S = 10.0, 5.0  # from a walk or another exercise, which a detector would see; of what is left
NEAR_S = 30.0  # around circles, where other movements may be circles too

Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Heard:
    """A stream: `items` of it, what the detectors found and what each of them says against all of it, the times
    of its first and last sample, its rate."""

    items: Iterator[Item]
    events: Sequence[Event]
    reasons: Mapping[str, Sequence[Reason]]
    within_s: tuple[float, float]
    rate_hz: float


def unshown(heard: Heard, segments: Sequence[Segment], placement: Placement | None) -> Iterator[Reason]:
    """Reasons for which something may be missing from `segments`."""
    maybe = unnamed(heard.events, placement, segments)
    if any(s.exercise == WALK for s in maybe):
        yield from (replace(r, exercise=WALK) for r in heard.reasons.get(WALK, ()))
        yield from exercise_reasons(detector(WALK).about, placement, heard.rate_hz)
    circles = [s for s in maybe if s.exercise == CIRCLES]
    if circles:
        span_s = (circles[0].start_s, circles[-1].end_s)
        found = exercise_reasons(detector(CIRCLES).about, placement, heard.rate_hz)
        yield from (replace(r, span_s=span_s) for r in found)
    elif shows_circles(placement) and any(r.code == THIN for r in heard.reasons.get(CIRCLES, ())):
        taken = [(s.start_s, s.end_s) for s in (*segments, *walks(heard.events))]
        for thin in _thin(heard.items, _free(taken, heard.within_s)):
            mild = bool(segments) or _stepped(heard.events, thin)
            yield replace(thin, grade=Grade.POOR) if mild else thin


def around(segments: Sequence[Segment], others: Iterable[Segment]) -> list[tuple[str, float, float]]:
    """Segments as stretches of which a detector is asked: circles with what is near them and neither in another
    segment nor in one of `others`, since its movements may be circles that could not be told."""
    joined = _joined(segments)
    taken = [*joined, *others]
    return [(s.exercise, *(_near(s, taken) if s.exercise == CIRCLES else (s.start_s, s.end_s))) for s in joined]


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Circles and the next circles soon after as one."""
    joined: list[Segment] = []
    for s in segments:
        last = joined[-1] if joined else None
        if last and last.exercise == s.exercise == CIRCLES and s.start_s - last.end_s <= 2 * NEAR_S:
            joined[-1] = replace(last, end_s=s.end_s)
        else:
            joined.append(s)
    return joined


def _near(segment: Segment, taken: Sequence[Segment]) -> tuple[float, float]:
    before_s = max((s.end_s for s in taken if s.end_s <= segment.start_s), default=-math.inf)
    after_s = min((s.start_s for s in taken if s.start_s >= segment.end_s), default=math.inf)
    return max(before_s, segment.start_s - NEAR_S), min(after_s, segment.end_s + NEAR_S)


def _stepped(events: Sequence[Event], reason: Reason) -> bool:
    """Whether the foot was lifted in a reason's span, which who circles does not do."""
    start_s, end_s = reason.span_s or (0.0, 0.0)
    return any(e.kind == "step" and start_s <= e.start_s <= end_s for e in events)


def _thin(items: Iterator[Item], free: Spans) -> Iterator[Reason]:
    """What the detector of circles says of these stretches, piece by piece: each span with one reason is whole
    pieces in a row."""
    pieces = [(n, *piece) for n, span in enumerate(free) for piece in _pieces(*span)]
    said = reasons_within(items, [(CIRCLES, a, b) for _, a, b in pieces])
    asked = [(n, a, b, _reason(found)) for (n, a, b), found in zip(pieces, said, strict=True)]
    for (_, seen), group in groupby(asked, key=lambda x: (x[0], x[3] is not None)):
        row = list(group)
        reason = row[0][3]
        if seen and reason is not None:
            yield replace(reason, span_s=(row[0][1], row[-1][2]))


def _reason(found: Iterable[Reason]) -> Reason | None:
    return next((r for r in found if r.code == THIN), None)


def _pieces(start_s: float, end_s: float) -> Spans:
    count = max(1, round((end_s - start_s) / PIECE_S))
    edges = [start_s + i * (end_s - start_s) / count for i in range(count)] + [end_s]
    return list(pairwise(edges))


def _free(taken: Iterable[tuple[float, float]], within_s: tuple[float, float]) -> Spans:
    """What is left between stretches that are taken."""
    free, at_s = [], within_s[0]
    for start_s, end_s in sorted(taken):
        free.append((at_s, start_s - BESIDE_S))
        at_s = max(at_s, end_s + BESIDE_S)
    free.append((at_s, within_s[1]))
    return [(a, b) for a, b in free if b - a >= LEAST_S]
