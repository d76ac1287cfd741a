"""Which exercises were done, and when: sliding evidence over the events that all detectors found.

Each event is looked at together with its neighbours of the same kind, and is taken for an exercise or for
nothing (`other`: walking, lifting the leg, restless feet). A run of events taken for the same exercise is a
segment. A run of steps, on tiptoe or not, and a run of circles leave no room for holds; but who keeps a posture
takes no steps.

What tells the exercises of holding apart is what they are: a toe grip tilts the instep by a few degrees and is
kept for a count of three; a flex turns the foot about an ankle that lies still; for a pencil the leg goes up.
The borders are drawn from what is asked for (seconds held), from the lengths of legs and feet, and from two
simulators; no recording of people doing these exercises is known.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from footsense.types import Event, Placement


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in which an exercise was recognised, from its first event to its last."""

    exercise: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How a run of events becomes a segment.

    `neighbours` on either side that an event is judged with; `pause_s` longest time between
    two events of a run; `fewest` events of a run; `like` says whether a window of events is the exercise,
    `whole` whether a run of them is.
    """

    exercise: str
    neighbours: int
    pause_s: float
    fewest: int
    like: Callable[[Sequence[Event], Placement | None], bool]
    whole: Callable[[Sequence[Event]], bool] = bool


def recognise(events: Sequence[Event], placement: Placement | None) -> tuple[Segment, ...]:
    """Segments, in order of time and not overlapping, from the events of all detectors over one stream."""
    events = sorted(_on_foot(events), key=lambda e: e.start_s)
    found = _segments(CIRCLES, events, placement, ())
    walks = _segments(STEPS, events, placement, found)
    found += _segments(TIPTOE, events, placement, found)
    for rule in HOLDS:
        found += _segments(rule, events, placement, [*found, *walks])
    return tuple(sorted(found, key=lambda s: s.start_s))


def unnamed(
    events: Sequence[Event], placement: Placement | None, segments: Sequence[Segment]
) -> tuple[Segment, ...]:
    """Stretches apart from `segments` that may be an exercise which this data does not show: walks of which too
    few steps are known to be on tiptoe or not, and circles seen at a placement that shows them too rarely."""
    events = sorted(_on_foot(events), key=lambda e: e.start_s)
    unclear = [s for s, run in _walks(events, segments) if not _is_told(run)]
    circles = [] if shows_circles(placement) else _segments(CIRCLES, events, None, segments)
    return tuple(sorted([*unclear, *circles], key=lambda s: s.start_s))


def shows_circles(placement: Placement | None) -> bool:
    """Whether circles are recognised there."""
    return placement != "shank"


def walks(events: Sequence[Event]) -> tuple[Segment, ...]:
    """Stretches in which the wearer walked, on tiptoe or not."""
    return tuple(s for s, _ in _walks(sorted(_on_foot(events), key=lambda e: e.start_s), ()))


def _walks(events: Sequence[Event], others: Iterable[Segment]) -> Iterator[tuple[Segment, list[Event]]]:
    for walk in _segments(WALKS, events, None, others):
        yield walk, [e for e in events if e.kind == "step" and walk.start_s <= e.start_s <= walk.end_s]


def _on_foot(events: Sequence[Event]) -> list[Event]:
    """The events without the steps that a posture kept shows to be none: a tremor, a slip."""
    kept = _Taken((e.start_s, e.end_s) for e in events if e.kind == "hold" and _length(e) >= KEPT_S)
    return [e for e in events if e.kind != "step" or kept.over(e.start_s, e.start_s) is not None]


def _segments(
    rule: Rule, events: Sequence[Event], placement: Placement | None, others: Iterable[Segment]
) -> list[Segment]:
    """Runs of the exercise's events, where nothing else has taken the place; an odd event breaks no run."""
    taken = _Taken((s.start_s, s.end_s) for s in others)
    places = ((taken.over(e.start_s, e.end_s), e) for e in events if e.exercise == rule.exercise)
    free = ((place, e) for place, e in places if place is not None)
    stretches = ([e for _, e in group] for _, group in groupby(free, key=lambda x: x[0]))
    return [s for stretch in stretches for s in _runs(rule, _mended(stretch), placement)]


def _mended(own: Sequence[Event]) -> list[Event]:
    """Holds that were broken off for a moment made whole, if they are then no longer than their neighbours."""
    mended: list[Event] = []
    for i, event in enumerate(own):
        near = event.kind == "hold" and mended and event.start_s - mended[-1].end_s <= BREAK_S
        if near and event.end_s - mended[-1].start_s <= LONGER * _usual(own, i):
            mended[-1] = replace(mended[-1], end_s=event.end_s)
        else:
            mended.append(event)
    return mended


def _usual(own: Sequence[Event], i: int) -> float:
    """How long the longer holds around event i are."""
    lengths = sorted(map(_length, own[max(i - 4, 0) : i + 4]))
    return lengths[3 * len(lengths) // 4]


class _Taken:
    """Stretches of time that are taken."""

    def __init__(self, spans: Iterable[tuple[float, float]]) -> None:
        ordered = sorted(spans)
        self._starts = [start_s for start_s, _ in ordered]
        self._ends = [-math.inf, *accumulate((end_s for _, end_s in ordered), max)]

    def over(self, start_s: float, end_s: float) -> int | None:
        """Over how many of them a span is, None where it is in one."""
        before = bisect_left(self._starts, end_s)
        return before if self._ends[before] <= start_s else None


def _runs(rule: Rule, own: Sequence[Event], placement: Placement | None) -> list[Segment]:
    near = [b.start_s - a.end_s <= rule.pause_s for a, b in pairwise(own)]
    runs: list[list[int]] = []
    for i in range(len(own)):
        if not rule.like(_window(own, i, rule.neighbours, near), placement):
            continue
        if runs and i - runs[-1][-1] <= 2 and all(near[runs[-1][-1] : i]):
            runs[-1].append(i)
        else:
            runs.append([i])
    spans = [own[r[0] : r[-1] + 1] for r in runs if len(r) >= rule.fewest]
    return [Segment(rule.exercise, s[0].start_s, s[-1].end_s) for s in spans if rule.whole(s)]


def _window(own: Sequence[Event], i: int, neighbours: int, near: Sequence[bool]) -> list[Event]:
    """Event i, first, and its neighbours as far as each is near the next."""
    first = last = i
    while first > 0 and i - first < neighbours and near[first - 1]:
        first -= 1
    while last + 1 < len(own) and last - i < neighbours and near[last]:
        last += 1
    return [own[i], *own[first:i], *own[i + 1 : last + 1]]


# -- what the windows have to look like

KEPT_S = 3.0  # a posture kept that long is no stance of a walk
BREAK_S, LONGER = 1.5, 1.4  # between the parts of a broken hold; the whole against others
_SAME_LENGTH = 2.1  # longest over shortest, and
_SAME_SIZE = 1.8  # widest over narrowest, of holds that belong together
_LIFTED_SIZE = 2.6  # of a leg in the air, which does not turn about anything that lies still
_TOP_DEG = 5.5
_BAND_DEG = {"foot": (_TOP_DEG, 70.0), "ankle": (0.0, 30.0)}
_TOP_S, _BAND_S, _PENCIL_S = (2.6, 8.0), (4.5, 12.5), (6.5, 16.0)
_TOP_M, _TOP_LENGTH = 0.03, 1.7  # a grip moves the instep by no more; a count of three is even
_COUNTED_S, _TOP_EVEN = 2.8, 1.6  # a count of three, and as even as it is
_TOP_TURN = 1.35  # a grip turns the instep no way but one
_LEVER_M = 0.1  # from the ankle joint to the sensor, at most
_LEVEL_M = 0.03
_UNSURE = 0.25
_FEW, _CLEAR_S, _CLEAR_M = 2, 8.0, 0.08
_TIPTOE_S, _EVEN = 6.0, 1.5
# by `_reach_m`, of walks from 0.2, on tiptoe up to 0.85; of circles to 0.1, on stairs 1.2
_STRIDE_M = (0.15, 1.0)
_MOST_ON_TIPTOE, _TOLD = 0.8, 0.65  # of the steps that are labelled; the labelled ones, of all
_STANDARD_G_MS2 = 9.80665


def _always(window: Sequence[Event], placement: Placement | None) -> bool:
    return True


def _tiptoe(window: Sequence[Event], placement: Placement | None) -> bool:
    return _share_on_tiptoe(window) > 0.5


def _walk_on_tiptoe(run: Sequence[Event]) -> bool:
    """Nobody takes great strides on tiptoe: who seems to climbs stairs, where the forefoot lands first too."""
    little = _reach_m(run) <= _STRIDE_M[1]
    return little and _walk(run) and _is_told(run) and _share_on_tiptoe(run) >= _MOST_ON_TIPTOE


def _walk(run: Sequence[Event]) -> bool:
    """Steps of a walk come at one pace, and each goes some way: feet that fidget or circle do not.

    How hard they land says nothing: a forefoot may land softly, and of that a slow sensor sees little."""
    paces_s = [b.start_s - a.start_s for a, b in pairwise(run)]
    lasts, even = run[-1].end_s - run[0].start_s >= _TIPTOE_S, _spread(paces_s) <= _EVEN
    return lasts and even and _reach_m(run) >= _STRIDE_M[0]


def _is_told(run: Sequence[Event]) -> bool:
    return sum(e.attributes["toe"] is not None for e in run) >= _TOLD * len(run)


def _reach_m(run: Sequence[Event]) -> float:
    """How far the acceleration of a swing goes if to and fro at the run's pace, as an amplitude."""
    pace_s = _median([b.start_s - a.start_s for a, b in pairwise(run)])
    return _middle(run, "swing_g") * _STANDARD_G_MS2 * (pace_s / math.tau) ** 2


def _spread(values: list[float]) -> float:
    """The upper quartile over the lower one."""
    ordered, n = sorted(values), len(values)
    return ordered[3 * n // 4] / max(ordered[n // 4], 1e-9)


def _share_on_tiptoe(steps: Sequence[Event]) -> float:
    """Of the steps that are labelled, 0 where most are not."""
    labels = [e.attributes["toe"] for e in steps if e.attributes["toe"] is not None]
    return sum(label is True for label in labels) / len(labels) if 2 * len(labels) >= len(steps) else 0.0


def _circling(window: Sequence[Event], placement: Placement | None) -> bool:
    return shows_circles(placement)


def _top(window: Sequence[Event], placement: Placement | None) -> bool:
    if placement not in (None, "foot") or not _within(_held(window), _TOP_S):
        return False
    still = _middle(window, "travel_m") <= _TOP_M
    return still and _middle(window, "excursion_deg") <= _TOP_DEG and _alike(window, _TOP_LENGTH)


def _counted(run: Sequence[Event]) -> bool:
    """Presses are held for one and the same count; what shifts the weight about is not."""
    lengths = [_length(e) for e in run]
    turned = _middle(run, "turn_deg") <= _TOP_TURN * _middle(run, "excursion_deg")
    return _spread(lengths) <= _TOP_EVEN and _median(lengths) >= _COUNTED_S and turned


def _band(window: Sequence[Event], placement: Placement | None) -> bool:
    if placement == "shank" or not _within(_held(window), _BAND_S):
        return False
    wide = _within(_middle(window, "excursion_deg"), _BAND_DEG[placement or "foot"])
    return wide and _alike(window) and _lifted(window) < -_UNSURE and _raised(window) <= 0.0


def _as_long(run: Sequence[Event]) -> bool:
    """Flexes are held as long as each other; a foot that is kept up now and then is not."""
    return _spread([_length(e) for e in run]) <= _SAME_LENGTH


def _pencil(window: Sequence[Event], placement: Placement | None) -> bool:
    if not _within(_held(window), _PENCIL_S) or not _alike(window, size=_LIFTED_SIZE):
        return False
    lowered = _middle(window, "height_m") < -_LEVEL_M
    return placement == "shank" or (_lifted(window) > _UNSURE and not lowered)


def _clear(run: Sequence[Event]) -> bool:
    """Of two lifts, both have to be as long and as high as anything that is asked for."""
    least_s, least_m = min(map(_length, run)), min(_number(e, "height_m") for e in run)
    return len(run) > _FEW or (least_s >= _CLEAR_S and least_m >= _CLEAR_M)


def _lifted(window: Sequence[Event]) -> float:
    """What speaks for a leg that was lifted (above 0) and what for a foot that was flexed (below).

    A flex turns the foot about an ankle that lies still: the sensor goes no further than its lever. Lifted, it
    goes up, and without a gyro a posture that leans back while the leg speeds up tells as well. Put down, from
    a rest in the air, it goes as far. Flexes are held for 5 to 10 s, a pencil for about 10. Holds of which the
    way was not seen tell nothing.
    """
    long = _limited((_held(window) - 9.0) / 0.8, -1.0, 1.0)
    return _raised(window) + long if _seen(window) else 0.0


def _seen(window: Sequence[Event]) -> list[Event]:
    """The holds of which the way was seen."""
    return [e for e in window if _number(e, "rise_s") > 0.0]


def _raised(window: Sequence[Event]) -> float:
    """What the way tells of it; how long it was held tells a flex from a pencil, not from other lifts."""
    seen = _seen(window)
    if not seen:
        return 0.0
    high = _limited((abs(_middle(seen, "height_m")) - 0.04) / 0.015, -2.0, 2.0)
    travels = [_number(e, "travel_m") for e in seen if "travel_m" in e.attributes]
    if travels:
        turned = math.radians(_middle(seen, "excursion_deg"))
        lever_m = _LEVER_M * turned * (1.0 + turned)
        return high + _limited((_median(travels) - 0.045 - lever_m) / 0.015, -2.0, 2.0)
    return high + _limited((_middle(seen, "rise_s") - 0.55) / 0.1, -0.5, 1.0)


def _limited(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _alike(window: Sequence[Event], length: float = _SAME_LENGTH, size: float = _SAME_SIZE) -> bool:
    """Whether the first of the window, the one judged, is as long and as wide as half of its neighbours."""
    one_s, one_deg = _length(window[0]), _number(window[0], "excursion_deg")
    same = [
        _ratio(one_s, _length(e)) <= length and _ratio(one_deg, _number(e, "excursion_deg")) <= size
        for e in window[1:]
    ]
    return 2 * sum(same) >= len(same) > 0


def _ratio(a: float, b: float) -> float:
    return max(a, b) / max(min(a, b), 1e-9)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _held(window: Sequence[Event]) -> float:
    return _median([_length(e) for e in window])


def _length(event: Event) -> float:
    return event.end_s - event.start_s


def _middle(window: Sequence[Event], name: str) -> float:
    return _median([_number(e, name) for e in window])


def _number(event: Event, name: str) -> float:
    value = event.attributes.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


CIRCLES = Rule("ankle-circles", 0, 10.0, 3, _circling)
STEPS = Rule("toe-walk", 0, 2.5, 4, _always)
WALKS = replace(STEPS, fewest=6, whole=_walk)
TIPTOE = Rule("toe-walk", 2, 2.5, 6, _tiptoe, _walk_on_tiptoe)
HOLDS = (
    Rule("top-presses", 3, 20.0, 3, _top, _counted),
    Rule("band-flexes", 3, 25.0, 3, _band, _as_long),
    Rule("pencil-pickups", 3, 35.0, 2, _pencil, _clear),  # a lift of ten seconds may be lost in between
)
