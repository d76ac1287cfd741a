"""What of a stream may be circles that were not counted, and when that casts a doubt on those that were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from footsense.exercises._circle_texts import (
    FAINT_LOOP,
    FLAT_LOOP,
    HIDDEN_LOOP,
    HIDDEN_PART,
    LAST_TURN,
    LOOSE_TURN,
    ROUGH_LOOP,
    THIN_LOOP,
    THIN_PART,
)
from footsense.signal.circling import FAINT_RAD
from footsense.signal.strokes import Span
from footsense.types import Grade, Reason

FEW_STROKES, FEW_DOUBTED = 4.0, 3.0  # turns, and
STROKES_SHARE = 0.5  # of the circles counted, that may go unexplained
ROUGH_SHARE = 0.3  # of the circles counted, that may go round besides
HIDDEN_SHARE = 0.5  # of the circles counted, that may go unexplained
THIN_DOUBT, HIDDEN_DOUBT = 0.2, 0.25  # of the circles counted, which if they go unexplained may have been more
LIKE_SEEN = 0.28  # of the longer half axis of circles: the least size (rms) of others like them

Spans = Mapping[str, list[Span]]
Unsure = tuple[float, float, bool]


def within(circles: Sequence[tuple[float, float]], start_s: float, end_s: float) -> int:
    """How many of the circles share some of the time between."""
    return sum(a < end_s and b > start_s for a, b in circles)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many circles were counted, from when to when in s, and their longer half axes."""

    count: int
    circles: Sequence[tuple[float, float]]
    sizes: Sequence[float]

    def like(self) -> float:
        """The least size of others like them, 0 if there are none."""
        return median(self.sizes) * LIKE_SEEN if self.sizes else 0.0

    def unexplained(self, spans: Sequence[Span]) -> float:
        """Turns in these stretches that are not among the circles."""
        return sum(max(turns - within(self.circles, a, b), 0.0) for a, b, turns, _ in spans)


def doubts_of(
    counted: Counted,
    spans: Spans,
    last: Sequence[Unsure],
    loose: Sequence[tuple[float, float]],
    *,
    has_gyro: bool,
) -> tuple[Reason, ...]:
    """The reasons why the count may not be right. `spans`: of `strokes` that cannot be told from thin circles,
    of what goes round but is `hidden`, or too `faint`; `last`: as the doubts of Bout;
    `loose`: of turns that may have been more than one."""
    hidden = _like_seen(counted, spans["hidden"])
    thin = _like_seen(counted, spans["strokes"])
    lost = [span for span in thin if 2 * within(counted.circles, *span[:2]) < span[2]]
    strokes = sum(turns for _, _, turns, _ in lost)
    many = strokes >= max(FEW_STROKES, STROKES_SHARE * counted.count)
    if many and not has_gyro:
        return (_declined(counted, "thin-loop-no-gyro", THIN_LOOP, lost, strokes),)
    turns = counted.unexplained(hidden)
    others = _faint(counted, spans["faint"]) or _loose(loose) or _unsure(counted, last)
    if has_gyro:
        flat = (Reason("thin-loop", FLAT_LOOP, Grade.POOR, (lost[0][0], lost[-1][1])),) if many else ()
        return _rough(counted, turns) or flat or others
    if turns >= max(FEW_STROKES, HIDDEN_SHARE * counted.count):
        return (_declined(counted, "hidden-loop-no-gyro", HIDDEN_LOOP, hidden, turns),)
    if strokes >= max(FEW_DOUBTED, THIN_DOUBT * counted.count):
        return (Reason("thin-loop-no-gyro", THIN_PART, Grade.POOR),)
    if turns >= max(FEW_DOUBTED, HIDDEN_DOUBT * counted.count):
        return (Reason("hidden-loop-no-gyro", HIDDEN_PART, Grade.POOR),)
    return others


def _loose(spans: Sequence[tuple[float, float]]) -> tuple[Reason, ...]:
    if not spans:
        return ()
    where = min(a for a, _ in spans), max(b for _, b in spans)
    return (Reason("loose-turn", LOOSE_TURN, Grade.POOR, where),)


def _unsure(counted: Counted, last: Sequence[Unsure]) -> tuple[Reason, ...]:
    """Last turns of which it is not certain whether they were enough to count."""
    unsure = [(a, b) for a, b, taken in last if taken or not within(counted.circles, a, b)]
    if not unsure:
        return ()
    return (Reason("last-turn", LAST_TURN, Grade.POOR, (unsure[0][0], max(b for _, b in unsure))),)


def _faint(counted: Counted, spans: Sequence[Span]) -> tuple[Reason, ...]:
    """Too little to be counted, unless circles were that it is little beside."""
    if counted.like() > FAINT_RAD:
        return ()
    if counted.unexplained(spans) < max(FEW_STROKES, STROKES_SHARE * counted.count):
        return ()
    return (Reason("faint-loop", FAINT_LOOP, Grade.POOR),)


def _rough(counted: Counted, turns: float) -> tuple[Reason, ...]:
    if turns < max(FEW_STROKES, ROUGH_SHARE * counted.count):
        return ()
    grade = Grade.POOR if turns < STROKES_SHARE * counted.count else Grade.NOT_VERIFIABLE
    return (Reason("rough-loop", ROUGH_LOOP, grade),)


def _declined(counted: Counted, code: str, text: str, spans: Sequence[Span], turns: float) -> Reason:
    """Of a stretch, or where it is not small beside what was counted, of everything."""
    where = (spans[0][0], spans[-1][1]) if turns < STROKES_SHARE * counted.count else None
    return Reason(code, text, Grade.NOT_VERIFIABLE, where)


def _like_seen(counted: Counted, spans: Sequence[Span]) -> list[Span]:
    """Those of a movement that is large enough to be like the circles that were counted."""
    sizes = {least for *_, least in spans}
    least = max((size for size in sizes if size <= counted.like()), default=min(sizes, default=0.0))
    return [span for span in spans if span[3] == least]
