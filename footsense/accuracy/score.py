"""One labelled recording against what is counted in it: small values that can be added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from footsense.accuracy.completion import Case, cases
from footsense.accuracy.live import Shown, shown
from footsense.accuracy.matching import Matched, match
from footsense.accuracy.truth import Labelled
from footsense.analysis import Analysis, Segment, analyse_each
from footsense.exercises import exercise_names
from footsense.recording import Recording
from footsense.routine import RoutineItem
from footsense.types import Event, Grade

HOLE_S = 0.25  # what a longer one takes a part of cannot be counted
BOUT_S = 0.3  # circles further apart are of two bouts

Label = Literal["right", "wrong", "untold"]
Recognised = Literal["right", "another", "doubted", "nothing"]


@dataclass(frozen=True, slots=True)
class Stratum:
    """What differs between recordings: placement, rate in Hz, gyro or not, device (empty where not said), range
    of the accelerometer (None where not known)."""

    placement: str | None
    rate_hz: float
    gyro: bool
    device: str = ""
    acc_range_g: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A true event that was found: differences found − true in s of start, end and length; whether its label
    (direction, tiptoe) is right, None where the truth has none; how long after it happened it was final, and
    which event it was."""

    start_s: float
    end_s: float
    length_s: float
    label: Label | None
    late_s: float
    place: str


@dataclass(frozen=True, slots=True)
class Count:
    """Events of one kind in a set: `true`, of which `cut` by a hole, which may be counted or not; `found`."""

    true: int
    cut: int
    found: int

    @property
    def off(self) -> int:
        """By how much the count is too high (> 0) or too low."""
        least = self.true - self.cut
        return self.found - min(max(self.found, least), self.true)


@dataclass(frozen=True, slots=True)
class SetScore:
    """One set of a told exercise. `lasted_s` is the median length of its true events, `toe` the count of steps
    on tiptoe. Where the data were declined (`grade` not-verifiable) nothing was found, and nothing is compared.
    """

    name: str
    exercise: str
    stratum: Stratum
    person: str
    hours: float
    lasted_s: float
    grade: Grade
    count: Count
    toe: Count | None
    pairs: tuple[Pair, ...]
    missed: int
    extra: int
    cases: tuple[Case, ...]

    @property
    def declined(self) -> bool:
        return self.grade is Grade.NOT_VERIFIABLE


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an exercise was taken for when none was told; `doubted` where nothing was recognised and the grade
    says that the data may hide it, `nothing` where they are called good."""

    exercise: str
    stratum: Stratum
    answer: Recognised


@dataclass(frozen=True, slots=True)
class Nothing:
    """A recording of none of the exercises: for each exercise told, and "" for none told, false events and the
    hours in which there could be some (0 where the data were declined). A step is a false one only if it is
    said to be on tiptoe; `steps` are those that were counted at all."""

    motion: str
    stratum: Stratum
    steps: int
    asked: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class LiveScore:
    """What was shown of a told exercise while it went on."""

    exercise: str
    stratum: Stratum
    shown: Shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one recording contributes."""

    name: str
    simulated: bool
    sets: tuple[SetScore, ...] = ()
    recognised: tuple[Recognition, ...] = ()
    nothing: tuple[Nothing, ...] = ()
    live: tuple[LiveScore, ...] = ()


def score(
    labelled: Labelled, recording: Recording, items: Sequence[RoutineItem], *, live: bool = False
) -> Outcome:
    """Analyse a recording, told its exercise and not, and compare with what is known of it; with `live` follow
    it as well as a screen would.

    `items` say from how many seconds holds and bouts count, for those exercises that are among them. Raises
    RecordingError for a recording that cannot be read.
    """
    empty = labelled.exercise is None and not labelled.segments
    told = [labelled.exercise] if labelled.exercise else list(exercise_names()) if empty else []
    *found, untold = analyse_each(recording, [*told, None], labelled.placement, labelled.side)
    stratum = Stratum(
        labelled.placement or untold.placement,
        untold.recording.rate_hz,
        untold.recording.gyro,
        labelled.device,
        labelled.acc_range_g,
    )
    simulated = labelled.simulated or recording.simulated
    if empty:
        asked = tuple(_false(a) for a in [*found, untold])
        steps = sum(e.kind == "step" for a in found for e in a.events)
        return Outcome(labelled.name, simulated, nothing=(Nothing(labelled.motion, stratum, steps, asked),))
    sets = tuple(set_score(labelled, a, stratum, items) for a in found)
    followed = [_live(labelled, recording, stratum) for s in sets if live and not s.declined]
    return Outcome(
        labelled.name, simulated, sets, tuple(_recognised(labelled, untold, stratum)), live=tuple(followed)
    )


def _live(labelled: Labelled, recording: Recording, stratum: Stratum) -> LiveScore:
    """Circles: from the third of a bout on, with which the first two are credited; not the last, which is known
    when the foot comes to rest."""
    exercise = str(labelled.exercise)
    true = [e for e in labelled.events if e.exercise == exercise]
    counted = [e for e, place in zip(true, _places(true), strict=True) if place in ("circle", "step")]
    (track,) = recording.tracks
    return LiveScore(exercise, stratum, shown(track.items(), exercise, true, counted))


def _false(found: Analysis) -> tuple[str, int, float]:
    events = sum(e.kind != "step" or e.attributes.get("toe") is True for e in found.events)
    declined = found.grade is Grade.NOT_VERIFIABLE
    return found.exercise or "", events, 0.0 if declined else found.recording.duration_s / 3600


def set_score(labelled: Labelled, found: Analysis, stratum: Stratum, items: Sequence[RoutineItem]) -> SetScore:
    """What was found of the exercise that it was told, against what is known of it."""
    exercise = str(found.exercise)
    true = [e for e in labelled.events if e.exercise == exercise]
    cut = {id(e) for e in true if _cut(e, found)}
    matched = match(true, found.events)
    toes = [e for e in true if e.attributes.get("toe") is True]
    item = next((i for i in items if i.exercise == exercise), None)
    return SetScore(
        name=labelled.name,
        exercise=exercise,
        stratum=stratum,
        person=labelled.person,
        hours=found.recording.duration_s / 3600,
        lasted_s=median(e.end_s - e.start_s for e in true) if true else 0.0,
        grade=found.grade,
        count=Count(len(true), len(cut), len(found.events)),
        toe=_toes(toes, cut, found.events) if any(e.kind == "step" for e in true) else None,
        pairs=tuple(_pairs(true, matched, cut)),
        missed=sum(id(e) not in cut for e in matched.missed),
        extra=len(matched.extra),
        cases=cases(item, true, found) if item else (),
    )


def _toes(true: Sequence[Event], cut: set[int], found: Iterable[Event]) -> Count:
    told = sum(e.attributes.get("toe") is True for e in found)
    return Count(len(true), sum(id(e) in cut for e in true), told)


def _cut(event: Event, found: Analysis) -> bool:
    holes = (g for g in found.recording.gaps if g[1] - g[0] > HOLE_S)
    return any(event.start_s < end and start < event.end_s for start, end in holes)


def _pairs(true: Sequence[Event], matched: Matched, cut: set[int]) -> Iterable[Pair]:
    places = {id(e): place for e, place in zip(true, _places(true), strict=True)}
    for t, f in matched.pairs:
        if id(t) not in cut:
            since_s = t.start_s if t.kind == "step" else t.end_s
            start_s, end_s = f.start_s - t.start_s, f.end_s - t.end_s
            yield Pair(start_s, end_s, end_s - start_s, _label(t, f), f.decided_s - since_s, places[id(t)])


def _label(true: Event, found: Event) -> Label | None:
    key = {"circle": "direction", "step": "toe"}.get(true.kind, "")
    truly, said = true.attributes.get(key), found.attributes.get(key)
    if truly is None:
        return None
    return "untold" if said is None else "right" if said == truly else "wrong"


def _places(true: Sequence[Event]) -> Iterable[str]:
    """Which event it is, as far as it matters to how soon it can be known: of circles the first two of a bout,
    those from the third on, and the last."""
    number = 0
    for i, event in enumerate(true):
        if event.kind != "circle":
            yield event.kind
            continue
        number = number + 1 if i and _same_bout(true[i - 1], event) else 1
        last = i + 1 == len(true) or not _same_bout(event, true[i + 1])
        yield "last circle" if last else "circle" if number > 2 else "early circle"


def _same_bout(one: Event, following: Event) -> bool:
    ways = {one.attributes.get("direction"), following.attributes.get("direction")}
    return following.start_s - one.end_s <= BOUT_S and ways != {"cw", "ccw"}


def _recognised(labelled: Labelled, found: Analysis, stratum: Stratum) -> Iterable[Recognition]:
    """Of one exercise the whole recording has to be that; of several, what lies where each was done."""
    if labelled.exercise is not None:
        yield Recognition(labelled.exercise, stratum, _answer(labelled.exercise, found.segments, found.grade))
        return
    for part in labelled.segments:
        there = [s for s in found.segments if _share_half(s, part)]
        yield Recognition(part.exercise, stratum, _answer(part.exercise, there, found.grade))


def _share_half(one: Segment, other: Segment) -> bool:
    """Whether two stretches have more than half of the shorter one in common."""
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return shared > 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)


def _answer(exercise: str, segments: Sequence[Segment], grade: Grade) -> Recognised:
    names = {s.exercise for s in segments}
    if names:
        return "right" if names == {exercise} else "another"
    return "nothing" if grade is Grade.GOOD else "doubted"
