"""What was done in one recording: the engine run over it, with the grade of the data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from footsense.analysis.apart import reasons_within
from footsense.analysis.checks import LastCheck
from footsense.analysis.facts import Watcher
from footsense.analysis.model import Analysis, SensorFacts
from footsense.analysis.quality import (
    MIN_RATE_HZ,
    common_reasons,
    cut_reasons,
    exercise_reasons,
    file_reasons,
    grade_of,
)
from footsense.analysis.unshown import Heard, around, unshown
from footsense.cues import Cue, cue_of
from footsense.engine import Engine
from footsense.exercises import detector, exercise_names
from footsense.recognise import Segment, recognise, walks
from footsense.recording.dates import Dates
from footsense.recording.model import Recording, Track
from footsense.types import Command, Event, Grade, Item, Placement, Reason, Side, StreamInfo, Tick

_KEYS = {
    "circle": ("circles", "circles_cw", "circles_ccw"),
    "hold": ("holds",),
    "step": ("steps", "toe_steps"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one track holds: watched stream, events and reasons of the detectors that ran, the stream again."""

    track: Track
    watcher: Watcher
    events: list[Event]
    reasons: dict[str, list[Reason]]
    items: Callable[[], Iterator[Item]]
    worn: tuple[Reason, ...] = ()  # what the last wearing check in it found
    cues: tuple[Cue, ...] = ()


def analyse(
    recording: Recording,
    exercise: str | None = None,
    placement: Placement | None = None,
    side: Side | None = None,
) -> Analysis:
    """Run the engine over a recording.

    With `exercise`: events of that one, over the whole recording. Without: exercises are recognised and only
    what lies in a segment is reported. `placement` and `side` stand in where the recording does not say them.
    Raises UsageError for an unknown exercise.
    """
    return analyse_each(recording, [exercise], placement, side)[0]


def analyse_each(
    recording: Recording,
    exercises: Sequence[str | None],
    placement: Placement | None = None,
    side: Side | None = None,
) -> list[Analysis]:
    """What `analyse` says for each of `exercises`, from one run of the engine. Raises as it does."""
    told = tuple(dict.fromkeys(detector(e).about.exercise for e in exercises if e is not None))
    names = exercise_names() if None in exercises else told
    seen = [_run(track, names, placement, side) for track in recording.tracks]
    return [_analysis(recording, e, seen, (placement, side)) for e in exercises]


def _analysis(
    recording: Recording,
    exercise: str | None,
    seen: Sequence[Seen],
    worn: tuple[Placement | None, Side | None],
) -> Analysis:
    about = [s if exercise is None else _only(s, exercise) for s in seen]
    parts = [judge(s, exercise, s.track.placement or worn[0]) for s in about]
    return together(recording, exercise, about, parts, worn)


def _only(seen: Seen, exercise: str) -> Seen:
    """What the detector of one exercise saw."""
    return replace(seen, events=[e for e in seen.events if e.exercise == exercise])


@dataclass(frozen=True, slots=True)
class Part:
    """What may be said of one track."""

    events: tuple[Event, ...]
    segments: tuple[Segment, ...]
    reasons: tuple[Reason, ...]
    grade: Grade


def _run(track: Track, names: Sequence[str], placement: Placement | None, side: Side | None) -> Seen:
    watcher, check, engine = Watcher(), LastCheck(), Engine(names)
    events: list[Event] = []
    cues: list[Cue] = []
    reasons: dict[str, list[Reason]] = {name: [] for name in names}
    info: StreamInfo | None = None

    def items() -> Iterator[Item]:
        return (_worn(i, placement, side) for i in track.items())

    for item in items():
        watcher.watch(item)
        check.watch(item)
        if isinstance(item, StreamInfo):
            collect(engine, reasons)
            info = item
        cues += cues_in(item)
        if info is not None and worth_running(item, info):
            events += engine.process(item)
    events += engine.flush()
    collect(engine, reasons)
    return Seen(track, watcher, events, reasons, items, check.reasons(), tuple(cues))


def cues_in(item: Item) -> list[Cue]:
    """The cue that an item of a stream is, if it is one."""
    cue = cue_of(item) if isinstance(item, Command) else None
    return [] if cue is None else [cue]


def _worn(item: Item, placement: Placement | None, side: Side | None) -> Item:
    """The item, told placement and side where the recording does not say them."""
    if not isinstance(item, StreamInfo):
        return item
    return replace(item, placement=item.placement or placement, side=item.side or side)


def worth_running(item: Item, info: StreamInfo) -> bool:
    """Whether the engine is to see an item: not at a rate at which nothing can be told."""
    return info.rate_hz >= MIN_RATE_HZ and not isinstance(item, Tick | Command)


def collect(engine: Engine, reasons: dict[str, list[Reason]]) -> None:
    """Add what the detectors have found so far, each reason once."""
    for name, found in engine.reasons().items():
        reasons[name] += [r for r in found if r not in reasons[name]]


def judge(seen: Seen, exercise: str | None, placement: Placement | None, what: str = "the recording") -> Part:
    """Grade one sensor's part, and keep the events that may be reported; `what` is a person's word for it."""
    reasons = common_reasons(seen.watcher, what) + list(seen.worn)
    facts = seen.watcher.facts()
    segments = recognise(seen.events, placement) if exercise is None else ()
    spans = [(s.exercise, s.start_s, s.end_s) for s in segments] if exercise is None else _span(seen, exercise)
    for name in dict.fromkeys([exercise] if exercise is not None else [s.exercise for s in segments]):
        reasons += exercise_reasons(detector(name).about, placement, facts.rate_hz)
    reasons += seen.reasons[exercise] if exercise is not None else _untold(seen, segments, placement)
    if all(r.code != "gaps" for r in reasons):
        reasons += cut_reasons(facts.gaps, spans)
    events = seen.events if exercise is not None else _inside(seen.events, segments)
    grade = grade_of(reasons, facts.duration_s)
    if grade is Grade.NOT_VERIFIABLE:
        return Part((), (), tuple(reasons), grade)
    return Part(tuple(events), segments, tuple(reasons), grade)


def _untold(seen: Seen, segments: Sequence[Segment], placement: Placement | None) -> Iterator[Reason]:
    """What the detectors say of what was recognised, and of what may have been done besides.

    One that begins in the middle knows less of the wearer: it is believed in what one that saw all says too.
    """
    found = chain(*reasons_within(seen.items(), around(segments, walks(seen.events))))
    yield from (r for r in found if r.exercise and r.code in {x.code for x in seen.reasons[r.exercise]})
    facts, within_s = seen.watcher.facts(), seen.watcher.span_s
    heard = Heard(seen.items(), seen.events, seen.reasons, within_s, facts.rate_hz)
    yield from unshown(heard, segments, placement)


def _span(seen: Seen, exercise: str) -> list[tuple[str, float, float]]:
    """When the exercise was done that was told: from its first event to its last."""
    if not seen.events:
        return []
    return [(exercise, min(e.start_s for e in seen.events), max(e.end_s for e in seen.events))]


Axis = Callable[[float], float]


def _as_is(t_s: float) -> float:
    return t_s


def _axis(main: Dates | None, own: Dates | None) -> Axis:
    """Where times of one sensor lie in those of the main one: by the host's clock, if that is known of both."""
    if main is None or own is None or main is own:
        return _as_is
    return lambda t_s: main.host.stream_time(own.host.host_ns(t_s))


def _laid(segment: Segment, axis: Axis) -> Segment:
    return replace(segment, start_s=axis(segment.start_s), end_s=axis(segment.end_s))


def _inside(events: Iterable[Event], segments: Sequence[Segment], axis: Axis = _as_is) -> list[Event]:
    """Events of a segment's exercise that lie, by their middle, in it; `axis` lays their times to its own."""
    middles = [(e, axis((e.start_s + e.end_s) / 2)) for e in events]
    return [
        e
        for e, t_s in middles
        if any(s.exercise == e.exercise and s.start_s <= t_s <= s.end_s for s in segments)
    ]


def together(
    recording: Recording,
    exercise: str | None,
    seen: Sequence[Seen],
    parts: Sequence[Part],
    worn: tuple[Placement | None, Side | None],
) -> Analysis:
    """The answer for all sensors; `worn` is placement and side where a track does not say them."""
    several = len(seen) > 1
    main = max(range(len(seen)), key=lambda i: seen[i].watcher.facts().samples)
    dates = [s.track.dates() for s in seen]
    axes = [_axis(dates[main], d) for d in dates]
    laid = [[_laid(x, axis) for x in p.segments] for p, axis in zip(parts, axes, strict=True)]
    segments = _apart(chain(*laid))
    events = sorted(
        (
            _sided(e, s) if several else e
            for s, p, axis in zip(seen, parts, axes, strict=True)
            for e in (p.events if exercise is not None else _inside(p.events, segments, axis))
        ),
        key=lambda e: (e.decided_s, e.start_s, e.exercise),
    )
    reasons = dict.fromkeys([r for p in parts for r in p.reasons] + file_reasons(recording))
    grade = _overall([p.grade for p in parts], damaged=bool(recording.damage))
    kind = None if exercise is None else detector(exercise).about.kind
    known = [d for d in dates if d is not None]
    return Analysis(
        file=recording.file,
        exercise=exercise,
        placement=seen[main].track.placement or worn[0],
        side=None if several else seen[main].track.side or worn[1],
        recording=seen[main].watcher.facts(),
        events=tuple(events),
        counts=count(events, kind, grade),
        segments=segments,
        grade=grade,
        reasons=tuple(reasons),
        sensors=_sensors(seen, dates, dates[main]) if several else (),
        lost=frozenset(t.side for t in recording.tracks if _is_cut(recording, t)),
        cues=tuple(replace(c, side=s.track.side) if several else c for s in seen for c in s.cues),
        began=None if (own := dates[main]) is None else own.utc(0.0),
        date_set_s=known[0].calendar.set_s if known else (),
    )


def _sensors(
    seen: Sequence[Seen], dates: Sequence[Dates | None], main: Dates | None
) -> tuple[SensorFacts, ...]:
    """What is said of each sensor; `main` is that whose time 0 the recording's date is of."""
    began_ns = None if main is None else main.host.host_ns(0.0)
    return tuple(
        SensorFacts(
            s.track.id, s.track.side, s.track.placement, s.watcher.facts(),
            () if d is None or began_ns is None else _on_host(d, began_ns, s.watcher.duration_s),
            None if d is None or began_ns is None else d.host.within_s,
        )
        for s, d in zip(seen, dates, strict=True)
    )  # fmt: skip


def _on_host(dates: Dates, began_ns: int, duration_s: float) -> tuple[tuple[float, float], ...]:
    return tuple((t_s, (dates.host.host_ns(t_s) - began_ns) * 1e-9) for t_s in (0.0, duration_s))


def _is_cut(recording: Recording, track: Track) -> bool:
    """Whether the track may be longer than what is in the file."""
    return bool(recording.damage) or not recording.closed or track.id in recording.gone


def _overall(grades: Sequence[Grade], *, damaged: bool) -> Grade:
    """The grade of all sensors together: where one of them can show it, no worse than poor."""
    worst = max(grades, key=list(Grade).index)
    if worst is Grade.NOT_VERIFIABLE and any(g is not worst for g in grades):
        worst = Grade.POOR
    return Grade.POOR if damaged and worst is Grade.GOOD else worst


def _apart(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments of all sensors, on one axis, without overlap: the same exercise on both feet is one, another
    begins after."""
    out: list[Segment] = []
    for one in sorted(segments, key=lambda s: (s.start_s, s.end_s)):
        last = out[-1] if out else None
        if last is None or one.start_s >= last.end_s:
            out.append(one)
        elif one.exercise == last.exercise:
            out[-1] = replace(last, end_s=max(last.end_s, one.end_s))
        elif one.end_s > last.end_s:
            out.append(replace(one, start_s=last.end_s))
    return tuple(out)


def _sided(event: Event, seen: Seen) -> Event:
    return replace(event, attributes={**event.attributes, "side": seen.track.side})


def count(events: Iterable[Event], kind: str | None, grade: Grade) -> dict[str, int | None]:
    """The contract's counts: the keys of one kind of event, or of all; None where not verifiable."""
    keys = [k for name, names in _KEYS.items() if kind in (None, name) for k in names]
    if grade is Grade.NOT_VERIFIABLE:
        return dict.fromkeys(keys)
    events = list(events)
    found = {
        "circles": sum(e.kind == "circle" for e in events),
        "circles_cw": sum(e.attributes.get("direction") == "cw" for e in events),
        "circles_ccw": sum(e.attributes.get("direction") == "ccw" for e in events),
        "holds": sum(e.kind == "hold" for e in events),
        "steps": sum(e.kind == "step" for e in events),
        "toe_steps": sum(e.attributes.get("toe") is True for e in events),
    }
    return {k: found[k] for k in keys}
