"""The report card: outcomes added up by exercise, placement, sensor and rate. Real and simulated stay apart."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from footsense.accuracy.measures import Agreement, Rate, Share, agreement, f1, quantile, share
from footsense.accuracy.score import Count, LiveScore, Nothing, Outcome, Pair, Recognition, SetScore, Stratum
from footsense.confidence import RATE_BANDS, rate_band
from footsense.exercises import exercise_names
from footsense.types import Grade

ORDER = ("ankle-circles", "band-flexes", "top-presses", "pencil-pickups", "toe-walk")
_PLACEMENTS = ("foot", "ankle", "shank", None)
T = TypeVar("T")


def place_of(exercise: str) -> int:
    """Where an exercise stands among others."""
    return [*ORDER, *(e for e in exercise_names() if e not in ORDER)].index(exercise)


@dataclass(frozen=True, slots=True)
class Key:
    """A row's place: exercise, placement, sensor and rate band, None for all."""

    exercise: str
    placement: str | None
    gyro: bool
    device: str
    rate_band: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """Verdicts of sets that were done as asked for and of sets that were not, by answer."""

    done: dict[str, int]
    not_done: dict[str, int]

    @property
    def false_complete(self) -> Share:
        """Called complete, of what was not done."""
        return Share(self.not_done["complete"], sum(self.not_done.values()))

    @property
    def sensitivity(self) -> Share:
        """Called complete, of what was done."""
        return Share(self.done["complete"], sum(self.done.values()))

    @property
    def specificity(self) -> Share:
        """Called incomplete, of what was not done."""
        return Share(self.not_done["incomplete"], sum(self.not_done.values()))

    @property
    def not_verifiable(self) -> Share:
        """Neither, of all."""
        both = [self.done, self.not_done]
        return Share(sum(c["not-verifiable"] for c in both), sum(sum(c.values()) for c in both))


@dataclass(frozen=True, slots=True)
class Counting:
    """The number of events of the sets that were not declined: exact, within one, graded good and yet wrong (of
    all sets), difference found − true, mean absolute difference."""

    exact: Share
    within_one: Share
    wrong_but_good: Share
    off: Agreement | None


@dataclass(frozen=True, slots=True)
class Eventwise:
    """The events themselves: F1, found beside none that is true, errors in s of start, end and length of those
    that are paired, labels that are right of those told, and how many were not told."""

    f1: float | None
    extra: Rate
    onset: Agreement | None
    end: Agreement | None
    length: Agreement | None
    label: Share
    untold: int


@dataclass(frozen=True, slots=True)
class Late:
    """How long after it happened an event was final, in s: `place` is what is measured (`circle` from the third
    of a bout on, `last circle` of a bout, `hold` after its release, `step` after landing)."""

    place: str
    n: int
    p95_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """All measures of one place. `people` is None where it is not said of every set whose it is."""

    key: Key
    sets: int
    people: int | None
    declined: Share
    completion: Completion
    counting: Counting
    toe: Counting | None
    events: Eventwise
    late: tuple[Late, ...]


@dataclass(frozen=True, slots=True)
class RecognitionRow:
    """What an exercise was taken for when none was told."""

    key: Key
    recognised: Share
    another: int
    doubted: int
    nothing: int


@dataclass(frozen=True, slots=True)
class FalseRow:
    """A motion that is none of the exercises: false events for each exercise told, and "" for none told; how
    many steps were counted at all, told that exercise."""

    motion: str
    recordings: int
    steps: int
    false: dict[str, Rate]


@dataclass(frozen=True, slots=True)
class LiveRow:
    """What was shown while it went on: of how many sets, how far it was off in s, and how many circles or steps
    did not show."""

    key: Key
    sets: int
    off: Agreement | None
    missed: int


@dataclass(frozen=True, slots=True)
class Card:
    """The report card of either simulated or real recordings, never of both. `rows` hold all rates together,
    `by_rate` each of them apart."""

    rows: tuple[Row, ...]
    by_rate: tuple[Row, ...]
    recognition: tuple[RecognitionRow, ...]
    live: tuple[LiveRow, ...]
    false: tuple[FalseRow, ...]
    sets: tuple[SetScore, ...]


def card(outcomes: Iterable[Outcome]) -> Card:
    """Add up outcomes, which have to be all real or all simulated (ValueError)."""
    every = list(outcomes)
    if len({o.simulated for o in every}) > 1:
        raise ValueError("real and simulated recordings are never added up together")
    sets = [s for o in every for s in o.sets]
    return Card(
        rows=_rows(sets, lambda s: _key(s.exercise, s.stratum)),
        by_rate=_rows(sets, lambda s: _key(s.exercise, s.stratum, banded=True)),
        recognition=_recognition([r for o in every for r in o.recognised]),
        live=_live([x for o in every for x in o.live]),
        false=_false([n for o in every for n in o.nothing]),
        sets=tuple(sets),
    )


def _key(exercise: str, s: Stratum, *, banded: bool = False) -> Key:
    return Key(exercise, s.placement, s.gyro, s.device, rate_band(s.rate_hz) if banded else None)


def _grouped(values: Iterable[T], key: Callable[[T], Key]) -> list[tuple[Key, list[T]]]:
    groups: dict[Key, list[T]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return sorted(groups.items(), key=lambda group: _place(group[0]))


def _place(key: Key) -> tuple[object, ...]:
    bands = [None, *(name for name, _ in RATE_BANDS)]
    at = _PLACEMENTS.index(key.placement)
    return place_of(key.exercise), at, key.device, not key.gyro, bands.index(key.rate_band)


def _rows(sets: Sequence[SetScore], key: Callable[[SetScore], Key]) -> tuple[Row, ...]:
    return tuple(_row(k, group) for k, group in _grouped(sets, key))


def _row(key: Key, sets: Sequence[SetScore]) -> Row:
    judged = [s for s in sets if not s.declined]
    toes = [s.toe for s in judged if s.toe is not None]
    return Row(
        key=key,
        sets=len(sets),
        people=len({s.person for s in sets}) if all(s.person for s in sets) else None,
        declined=share(s.declined for s in sets),
        completion=completion(sets),
        counting=_counting([s.count for s in judged], sets),
        toe=_counting(toes, ()) if any(s.toe is not None for s in sets) else None,
        events=_events(judged),
        late=_late([p for s in judged for p in s.pairs]),
    )


def completion(sets: Sequence[SetScore]) -> Completion:
    """The verdicts of some sets."""
    answers = ("complete", "incomplete", "not-verifiable")
    told = [c for s in sets for c in s.cases]
    done, not_done = (
        {a: sum(c.done is truly and c.answer == a for c in told) for a in answers} for truly in (True, False)
    )
    return Completion(done, not_done)


def _counting(counts: Sequence[Count], sets: Sequence[SetScore]) -> Counting:
    off = [c.off for c in counts]
    return Counting(
        exact=share(o == 0 for o in off),
        within_one=share(abs(o) <= 1 for o in off),
        wrong_but_good=share(s.grade is Grade.GOOD and s.count.off != 0 for s in sets),
        off=agreement(off),
    )


def _events(judged: Sequence[SetScore]) -> Eventwise:
    pairs = [p for s in judged for p in s.pairs]
    missed, extra = sum(s.missed for s in judged), sum(s.extra for s in judged)
    told = [p.label for p in pairs if p.label is not None]
    return Eventwise(
        f1=f1(len(pairs), missed, extra),
        extra=Rate(extra, sum(s.hours for s in judged)),
        onset=agreement([p.start_s for p in pairs]),
        end=agreement([p.end_s for p in pairs]),
        length=agreement([p.length_s for p in pairs]),
        label=share(label == "right" for label in told if label != "untold"),
        untold=told.count("untold"),
    )


def _late(pairs: Sequence[Pair]) -> tuple[Late, ...]:
    places = [p for p in ("circle", "last circle", "hold", "step") if any(x.place == p for x in pairs)]
    late = {p: [x.late_s for x in pairs if x.place == p] for p in places}
    return tuple(Late(p, len(s), quantile(s, 0.95) or 0.0) for p, s in late.items())


def _recognition(told: Sequence[Recognition]) -> tuple[RecognitionRow, ...]:
    def row(key: Key, group: Sequence[Recognition]) -> RecognitionRow:
        answers = [r.answer for r in group]
        right = share(a == "right" for a in answers)
        another, doubted = answers.count("another"), answers.count("doubted")
        return RecognitionRow(key, right, another, doubted, answers.count("nothing"))

    return tuple(row(k, group) for k, group in _grouped(told, lambda r: _key(r.exercise, r.stratum)))


def _live(followed: Sequence[LiveScore]) -> tuple[LiveRow, ...]:
    def row(key: Key, group: Sequence[LiveScore]) -> LiveRow:
        off = agreement([e for x in group for e in x.shown.errors_s])
        return LiveRow(key, len(group), off, sum(x.shown.missed for x in group))

    return tuple(row(k, group) for k, group in _grouped(followed, lambda x: _key(x.exercise, x.stratum)))


def _false(recordings: Sequence[Nothing]) -> tuple[FalseRow, ...]:
    motions: dict[Hashable, list[Nothing]] = defaultdict(list)
    for n in recordings:
        motions[n.motion].append(n)
    return tuple(_false_row(str(motion), group) for motion, group in motions.items())


def _false_row(motion: str, group: Sequence[Nothing]) -> FalseRow:
    asked = [a for n in group for a in n.asked]
    names = [*sorted({a[0] for a in asked} - {""}, key=place_of), ""]
    rates = {
        name: Rate(sum(a[1] for a in asked if a[0] == name), sum(a[2] for a in asked if a[0] == name))
        for name in names
    }
    return FalseRow(motion, len(group), sum(n.steps for n in group), rates)
