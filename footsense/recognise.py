"""Which exercises were done, and when: sliding evidence over the events that all detectors found.

Each event is looked at together with its neighbours of the same kind, and is taken for an exercise or for
nothing (`other`: walking, lifting the leg, restless feet). A run of events taken for the same exercise is a
segment. A run of steps, on tiptoe or not, and a run of circles leave no room for holds in between.

The borders between the exercises of holding are drawn from what is asked for (seconds held) and from the
simulated wearer (how far and how slowly the sensor tilts, how hard it is lifted); no recording of people doing
them is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    two events of a run; `fewest` events of a run; `odd_ends` lets in one event before and after it that is not
    like the others; `like` says whether a window of events is the exercise.
    """

    exercise: str
    neighbours: int
    pause_s: float
    fewest: int
    odd_ends: bool
    like: Callable[[Sequence[Event], Placement | None], bool]


def recognise(events: Sequence[Event], placement: Placement | None) -> tuple[Segment, ...]:
    """Segments, in order of time and not overlapping, from the events of all detectors over one stream."""
    found = _segments(CIRCLES, events, placement, ())
    walks = _segments(STEPS, events, placement, found)
    found += _segments(TIPTOE, events, placement, found)
    for rule in HOLDS:
        found += _segments(rule, events, placement, [*found, *walks])
    return tuple(sorted(found, key=lambda s: s.start_s))


def _segments(
    rule: Rule, events: Sequence[Event], placement: Placement | None, taken: Sequence[Segment]
) -> list[Segment]:
    """Runs of events of the exercise, where nothing else has taken the place; an odd event breaks no run."""
    own = sorted((e for e in events if e.exercise == rule.exercise), key=lambda e: e.start_s)
    like = [i for i in range(len(own)) if rule.like(_window(own, i, rule), placement)]
    runs: list[list[int]] = []
    for i in like:
        if runs and i - runs[-1][-1] <= 2 and _close(own, runs[-1][-1], i, rule.pause_s):
            runs[-1].append(i)
        else:
            runs.append([i])
    long = [(r[0], r[-1]) for r in runs if len(r) >= rule.fewest]
    return [_segment(rule, own, run, taken) for run in long if _free(_span(rule, own, *run), taken)]


def _segment(rule: Rule, own: Sequence[Event], run: tuple[int, int], taken: Sequence[Segment]) -> Segment:
    """From the run's first event to its last, with an odd one at either end where the rule lets it in."""
    first, last = run
    if rule.odd_ends and first and _close(own, first - 1, first, rule.pause_s):
        first -= _free(_span(rule, own, first - 1, last), taken)
    if rule.odd_ends and last + 1 < len(own) and _close(own, last, last + 1, rule.pause_s):
        last += _free(_span(rule, own, first, last + 1), taken)
    return _span(rule, own, first, last)


def _span(rule: Rule, own: Sequence[Event], first: int, last: int) -> Segment:
    return Segment(rule.exercise, own[first].start_s, own[last].end_s)


def _close(own: Sequence[Event], first: int, last: int, pause_s: float) -> bool:
    return all(_between(own[k], own[k + 1]) <= pause_s for k in range(first, last))


def _free(segment: Segment, taken: Sequence[Segment]) -> bool:
    return not any(segment.start_s < t.end_s and t.start_s < segment.end_s for t in taken)


def _window(own: Sequence[Event], i: int, rule: Rule) -> list[Event]:
    """Event i, first, and its neighbours that are no further than a pause from the next."""
    window = [own[i]]
    for step in (-1, 1):
        for k in range(1, rule.neighbours + 1):
            j = i + step * k
            if not 0 <= j < len(own) or _between(own[j - step], own[j]) > rule.pause_s:
                break
            window.append(own[j])
    return window


def _between(a: Event, b: Event) -> float:
    return max(a.start_s, b.start_s) - min(a.end_s, b.end_s)


# -- what the windows have to look like

_SAME_LENGTH, _SAME_SIZE = (
    2.1,
    1.8,
)  # longest over shortest, widest over narrowest, of holds that belong together
_TOP_DEG, _TOP_S = 5.0, (2.0, 6.5)
_BAND_DEG = {"foot": 45.0, "ankle": 20.0, "shank": 0.0}  # at the shank a flex is too small to be one
_BAND_S, _BAND_G = (4.9, 12.5), 0.13
_PENCIL_S = (7.0, 16.0)


def _always(window: Sequence[Event], placement: Placement | None) -> bool:
    return True


def _tiptoe(window: Sequence[Event], placement: Placement | None) -> bool:
    labels = [e.attributes["toe"] for e in window if e.attributes["toe"] is not None]
    return 2 * sum(label is True for label in labels) > len(labels) and 2 * len(labels) >= len(window)


def _top(window: Sequence[Event], placement: Placement | None) -> bool:
    small = _middle(window, "excursion_deg") <= _TOP_DEG and placement in (None, "foot")
    return _alike(window) and small and _within(_held(window), _TOP_S)


def _band(window: Sequence[Event], placement: Placement | None) -> bool:
    fits = (
        _within(_held(window), _BAND_S) and _middle(window, "excursion_deg") <= _BAND_DEG[placement or "foot"]
    )
    calm = _middle(window, "lift_g") <= _BAND_G
    return _alike(window) and fits and calm and not _lifted(window, placement)


def _pencil(window: Sequence[Event], placement: Placement | None) -> bool:
    return _alike(window) and _within(_held(window), _PENCIL_S) and _lifted(window, placement)


def _lifted(window: Sequence[Event], placement: Placement | None) -> bool:
    """Whether the leg was lifted for about ten seconds: slowly, for long, and with some force on the way up."""
    slow = _limited((_middle(window, "rise_s") - 0.42) / 0.12, 2.0)
    long = _limited(_held(window) - 9.0, 2.0)
    force = _limited((_middle(window, "lift_g") - 0.085) / 0.04, 1.0)
    return placement == "shank" or slow + long + force > 0.0


def _limited(value: float, most: float) -> float:
    return min(max(value, -most), most)


def _alike(window: Sequence[Event]) -> bool:
    """Whether the first of the window, the one judged, is as long and as wide as most of its neighbours."""
    one, others = window[0], window[1:]
    same = [
        _ratio(_length(one), _length(e)) <= _SAME_LENGTH
        and _ratio(_number(one, "excursion_deg"), _number(e, "excursion_deg")) <= _SAME_SIZE
        for e in others
    ]
    return 2 * sum(same) > len(same)


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


CIRCLES = Rule("ankle-circles", 0, 4.0, 3, False, _always)
STEPS = Rule("toe-walk", 0, 2.5, 4, False, _always)
TIPTOE = Rule("toe-walk", 2, 2.5, 4, False, _tiptoe)
HOLDS = (
    Rule("top-presses", 2, 15.0, 3, True, _top),
    Rule("band-flexes", 2, 20.0, 3, True, _band),
    Rule("pencil-pickups", 2, 20.0, 3, True, _pencil),
)
