"""Sessions in which the wearer was told what to do: one analysis for each stretch between its marks."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from footsense.analysis.apart import reasons_within
from footsense.analysis.checks import LastCheck
from footsense.analysis.facts import Watcher
from footsense.analysis.model import Analysis
from footsense.analysis.run import Seen, cues_in, judge, together, worth_running
from footsense.cues import Cue
from footsense.engine import Engine
from footsense.exercises import exercise_names
from footsense.recording.model import Recording, Track
from footsense.signal.front import slice_samples
from footsense.types import Command, Event, Gap, Item, Reason, Samples, Side, StreamInfo


@dataclass(slots=True)
class _Stretch:
    """From a mark to the next: `exercise` None is what lies between exercises."""

    start_s: float
    exercise: str | None
    side: Side | None
    watcher: Watcher = field(default_factory=Watcher)


def analyse_marked(recording: Recording) -> list[Analysis]:
    """One analysis for each stretch that is marked with an exercise, in order; none in a recording without
    marks.

    The detectors run over the whole stream, as live; a stretch has the events of its exercise whose middle lies
    in it, and the facts and grade of its own samples. A mark that names a side speaks of the sensors
    worn there.
    """
    tracks = [_reasoned(_run(track)) for track in recording.tracks]
    return [
        _analysis(recording, number, tracks)
        for number, stretch in enumerate(tracks[0].stretches)
        if stretch.exercise is not None
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    track: Track
    stretches: list[_Stretch]
    events: list[Event]
    reasons: list[tuple[Reason, ...]]  # of each stretch
    check: LastCheck
    cues: list[Cue]


def _reasoned(run: _Run) -> _Run:
    """The run with what the detectors say against the data of each stretch."""
    ends = [s.start_s for s in run.stretches[1:]] + [np.inf]
    told = [(s.exercise, s.start_s, end) for s, end in zip(run.stretches, ends, strict=True) if s.exercise]
    said = iter(reasons_within(run.track.items(), told))
    return replace(run, reasons=[next(said) if s.exercise else () for s in run.stretches])


def _run(track: Track) -> _Run:
    names = exercise_names()
    engine = Engine(names)
    run = _Run(track, [_Stretch(-np.inf, None, None)], [], [], LastCheck(), [])
    info: StreamInfo | None = None
    for item in track.items():
        run.check.watch(item)
        if isinstance(item, StreamInfo):
            info = item
        run.cues.extend(cues_in(item))
        if isinstance(item, Command):
            _mark(run.stretches, item, info)
            continue
        _watch(run.stretches, item)
        if info is not None and worth_running(item, info):
            run.events.extend(engine.process(item))
    run.events.extend(engine.flush())
    return run


def _mark(stretches: list[_Stretch], command: Command, info: StreamInfo | None) -> None:
    """Begin a stretch where a command says so. An exercise that nobody knows begins one without."""
    if command.kind not in {"exercise", "end"}:
        return
    t_s, said, side = (command.fields.get(k) for k in ("t_s", "exercise", "side"))
    start_s = max(float(t_s), stretches[-1].start_s) if isinstance(t_s, int | float) else stretches[-1].start_s
    told = said if command.kind == "exercise" and said in exercise_names() else None
    worn: Side | None = "left" if side == "left" else "right" if side == "right" else None
    stretches.append(_Stretch(start_s, None if told is None else str(told), worn))
    if info is not None:
        stretches[-1].watcher.watch(info)


def _watch(stretches: Sequence[_Stretch], item: Item) -> None:
    """Show an item to the stretch that it lies in; samples across a mark are divided."""
    starts = [s.start_s for s in stretches]
    if isinstance(item, Samples):
        cuts = np.searchsorted(item.t_s, starts).tolist()
        for stretch, a, b in zip(stretches, cuts, [*cuts[1:], len(item)], strict=True):
            if b > a:
                stretch.watcher.watch(slice_samples(item, a, b))
        return
    at = bisect_right(starts, item.start_s) - 1 if isinstance(item, Gap) else -1
    stretches[at].watcher.watch(item)


def _analysis(recording: Recording, number: int, runs: Sequence[_Run]) -> Analysis:
    told = runs[0].stretches[number]
    mine = [r for r in runs if told.side in (None, r.track.side) or r.track.side is None] or list(runs)
    seen = [_seen(r, number) for r in mine]
    assert told.exercise is not None
    what = f"the part marked {told.exercise}"
    parts = [judge(s, told.exercise, s.track.placement, what) for s in seen]
    return together(recording, told.exercise, seen, parts, (None, told.side))


def _seen(run: _Run, number: int) -> Seen:
    """What one sensor's stream holds of a stretch."""
    stretch = run.stretches[number]
    later = run.stretches[number + 1 :]
    end_s = later[0].start_s if later else np.inf
    name = str(stretch.exercise)
    events = [
        e for e in run.events if e.exercise == name and stretch.start_s <= (e.start_s + e.end_s) / 2 < end_s
    ]
    reasons = {name: list(run.reasons[number])}
    cues = tuple(c for c in run.cues if c.exercise == name and stretch.start_s <= c.t_s < end_s)
    return Seen(run.track, stretch.watcher, events, reasons, run.track.items, run.check.reasons(), cues)
