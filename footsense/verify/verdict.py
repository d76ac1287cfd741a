"""Events and a prescription make a verdict. Pure: no clock, no file, no order of files matters.

Each item of the routine is judged for each side in three values. What speaks for it is *sure*; what might (a
hold within its error bound of the minimum, a circle whose direction cannot be told, a bout with too many steps
that cannot be labelled) is *undecided*; and a recording in which more may lie hidden (its data cannot show the
exercise, its side is unknown, a part of the file is missing) leaves the item *open*. Complete: the sure alone
suffice. Incomplete: nothing is open, and all the undecided together would not suffice. Otherwise it cannot be
verified.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Literal

from footsense.analysis import Analysis, by_exercise
from footsense.exercises import detector, exercise_names
from footsense.routine import ItemSide, Kind, Routine, RoutineItem
from footsense.text import display
from footsense.types import Event, Grade, Side
from footsense.verify.bouts import Bout, find_bouts
from footsense.verify.cues import answers, given, presses
from footsense.verify.holes import Why, hidden_by_holes, sides_of

SCHEMA = "footsense.verdict/1"

# Error bound of a hold's length, s. Entry and exit are each found at a threshold of a 2 Hz low-pass (about
# 0.1 s of rise) in steps of at most 0.1 s (10 Hz); twice their sum covers both ends. Of 108 simulated holds at
# the foot, 100 Hz, 105 kept it; the other three were top presses (the worst 0.88 s). Not measured on people.
HOLD_ERROR_S = 0.4

_FEET: tuple[Side | None, ...] = ("left", "right", None)
_LOST = {"damaged", "not-closed", "link-lost"}  # reasons why a part of the file is missing


class Answer(StrEnum):
    """Of an item and of a routine."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    NOT_VERIFIABLE = "not-verifiable"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A counted circle, hold or bout: where in which file (s, that file's own time)."""

    file: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """The answer for one item and side; `required` and `counted` have the contract's keys. `seen_at`: the one
    foot at which an item of both feet was seen. `cues` were given for it, `answered` of them by a counted hold;
    with cues, `basis` says what the answer rests on: holds that each answered one, or holds alone."""

    exercise: str
    side: ItemSide
    required: Mapping[str, float]
    counted: Mapping[str, int]
    verdict: Answer
    evidence: tuple[Evidence, ...]
    undecided: tuple[Evidence, ...]
    seen: str
    not_seen: tuple[str, ...]
    reasons: tuple[Why, ...]
    seen_at: Side | None = None
    cues: int = 0
    answered: int = 0

    @property
    def basis(self) -> Literal["cue-matched", "counted"] | None:
        """None where no cue was given."""
        if not self.cues:
            return None
        enough = {self.counted.get("holds", 0), int(self.required.get("holds", 0))}
        return "cue-matched" if self.answered and self.answered >= min(enough) else "counted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one session of a routine."""

    routine: str
    verdict: Answer
    items: tuple[ItemVerdict, ...]


def verify(routine: Routine, analyses: Sequence[Analysis]) -> Verdict:
    """Judge one session: all `analyses` together against `routine`, in any order."""
    parts = [part for a in analyses for part in by_exercise(a)]
    ordered = sorted(parts, key=lambda a: (a.file, a.exercise or "", a.side or ""))
    items = tuple(_judge(item, side, ordered) for item in routine.items for side in item.sides)
    return Verdict(routine.name, _overall([i.verdict for i in items]), items)


def _overall(answers: Sequence[Answer]) -> Answer:
    for answer in (Answer.INCOMPLETE, Answer.NOT_VERIFIABLE):
        if answer in answers:
            return answer
    return Answer.COMPLETE


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something that was seen. `keys`: what it counts towards; none: it does not count; two: it cannot be
    told which. `group` is the side of the sensor that saw it, `trusted` says that the data are good."""

    evidence: Evidence
    keys: tuple[str, ...]
    group: Side | None
    trusted: bool
    sure: bool = True
    doubt: str = ""  # why it does not count, or not surely
    cued: bool = False  # it answered a cue

    @property
    def undecided(self) -> bool:
        return bool(self.keys) and not self.sure


def _judge(item: RoutineItem, side: ItemSide, analyses: Sequence[Analysis]) -> ItemVerdict:
    needed = _needed(item)
    found = [c for a in analyses if _about(a, item.exercise) for c in _candidates(item, a)]
    candidates = [c for c in found if side in ("both", c.group)]
    openings = _openings(item, side, analyses)
    shown = _best(candidates)
    answer = _answer(needed, candidates, is_open=bool(openings))
    if answer is Answer.INCOMPLETE:
        feet = _FEET if side == "both" else (side,)
        lacking = {g: _lacking(needed, [c for c in candidates if c.group == g]) for g in feet}
        openings = tuple(dict.fromkeys(hidden_by_holes(item, lacking, analyses)))
        answer = Answer.NOT_VERIFIABLE if openings else answer
    sure = [c for c in shown if c.keys and c.sure]
    seen_at = _seen_at(candidates) if side == "both" else None
    counted = {key: sum(c.keys == (key,) for c in sure) for key in needed}
    group = shown[0].group if shown else None
    about = [a for a in analyses if _about(a, item.exercise) and (group is None or group in sides_of(a))]
    cues, answered = given(about, item.exercise, group), sum(c.cued for c in sure)
    return ItemVerdict(
        exercise=item.exercise,
        side=side,
        required={**needed, **_minimum(item)},
        counted=counted,
        verdict=answer,
        evidence=tuple(c.evidence for c in sure),
        undecided=tuple(c.evidence for c in shown if c.undecided),
        cues=cues,
        answered=answered,
        seen=_seen(item, len(sure))
        + (f", {answered} of them after a cue" if cues else "")
        + (f", at the {seen_at} foot" if seen_at else ""),
        not_seen=_not_seen(item.exercise),
        reasons=()
        if answer is Answer.COMPLETE
        else (*openings, *_shortfall(item, shown, answer, _unseen(side, analyses)), *_twofold(candidates)),
        seen_at=seen_at,
    )


def _about(analysis: Analysis, exercise: str) -> bool:
    """Whether the analysis is of this exercise: told, or recognised."""
    return analysis.exercise == exercise


def _answer(needed: Mapping[str, int], candidates: Sequence[_Candidate], *, is_open: bool) -> Answer:
    trusted = [c for c in candidates if c.sure and c.trusted]
    # two sensors may have seen the same repetition, so what one of them saw has to suffice
    if any(not _missing(needed, [c for c in trusted if c.group == g]) for g in {c.group for c in trusted}):
        return Answer.COMPLETE
    if is_open or _lacking(needed, candidates) <= 0:
        return Answer.NOT_VERIFIABLE
    return Answer.INCOMPLETE


def _best(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """What one sensor saw, of the sensor that saw most: those of two feet are not added up."""
    groups = [[c for c in candidates if c.group == g] for g in _FEET]
    return max(groups, key=lambda group: (sum(c.sure and bool(c.keys) for c in group), len(group)))


def _seen_at(candidates: Sequence[_Candidate]) -> Side | None:
    """The one foot at which most was seen; None where two saw as much, or the side is not known."""
    sure = [c.group for c in candidates if c.sure and c.keys]
    most = [g for g in _FEET if g in sure and sure.count(g) == max(map(sure.count, sure))]
    return most[0] if len(most) == 1 else None


def _missing(needed: Mapping[str, int], candidates: Iterable[_Candidate]) -> dict[str, int]:
    """How many are missing, by key, if all of these count."""
    have = [c.keys[0] for c in candidates if len(c.keys) == 1]
    missing = {key: n - have.count(key) for key, n in needed.items()}
    return {key: n for key, n in missing.items() if n > 0}


def _lacking(needed: Mapping[str, int], candidates: Sequence[_Candidate]) -> int:
    """How many are missing at least, if all of these count."""
    # each circle without a direction can make up for one that is missing, of either direction
    free = sum(len(c.keys) > 1 for c in candidates)
    return sum(_missing(needed, candidates).values()) - free


def _needed(item: RoutineItem) -> dict[str, int]:
    if item.kind == "circle":
        return dict.fromkeys(item.directions, item.reps or 0)
    return {"holds": item.reps or 0} if item.kind == "hold" else {"bouts": item.sets or 0}


def _minimum(item: RoutineItem) -> dict[str, float]:
    return {} if item.kind == "circle" else {f"min_{_ONE[item.kind]}_s": item.shortest_s}


def _candidates(item: RoutineItem, analysis: Analysis) -> Iterator[_Candidate]:
    events = [e for e in analysis.events if e.exercise == item.exercise and e.kind == item.kind]
    for group in dict.fromkeys(_side_of(e, analysis) for e in events):
        weighed = list(_weigh(item, [e for e in events if _side_of(e, analysis) == group]))
        holds = [span for span, keys, _ in weighed if keys]
        answered = answers(holds, presses(analysis.cues, item.exercise, group))
        trusted = _trusted(analysis)
        for span, keys, doubt in weighed:
            evidence, cued = Evidence(analysis.file, *span), span in answered
            yield _Candidate(evidence, keys, group, trusted, sure=not doubt, doubt=doubt, cued=cued)


def _trusted(analysis: Analysis) -> bool:
    """Whether what was counted is a fact. A damaged file makes a hole, which lowers the grade where it is in or
    near the exercise; what was counted elsewhere was taken whole, under its checksum."""
    others = [r.grade for r in analysis.reasons if r.code != "damaged"]
    only_damaged = analysis.grade is Grade.POOR and len(others) < len(analysis.reasons)
    return analysis.grade is Grade.GOOD or (only_damaged and all(g is Grade.GOOD for g in others))


def _side_of(event: Event, analysis: Analysis) -> Side | None:
    # a recording of two sensors says it with each event
    said = event.attributes.get("side")
    return "left" if said == "left" else "right" if said == "right" else analysis.side


_Weighed = tuple[tuple[float, float], tuple[str, ...], str]


def _weigh(item: RoutineItem, events: Sequence[Event]) -> Iterator[_Weighed]:
    """For each thing seen: its span, what it counts towards, and what speaks against it."""
    if item.kind == "step":
        yield from (_weigh_bout(item, bout) for bout in find_bouts(events, item))
    else:
        weigh = _weigh_circle if item.kind == "circle" else _weigh_hold
        yield from (weigh(item, e) for e in sorted(events, key=lambda e: (e.start_s, e.end_s)))


def _weigh_circle(item: RoutineItem, event: Event) -> _Weighed:
    span, way = (event.start_s, event.end_s), event.attributes.get("direction")
    if way in ("cw", "ccw"):
        return span, (str(way),) if way in item.directions else (), ""
    return span, item.directions, "the direction of {n} circle{s} cannot be told"


def _weigh_hold(item: RoutineItem, event: Event) -> _Weighed:
    span, over_s = (event.start_s, event.end_s), event.end_s - event.start_s - item.shortest_s
    if over_s >= HOLD_ERROR_S:
        return span, ("holds",), ""
    if over_s > -HOLD_ERROR_S:
        return (
            span,
            ("holds",),
            f"{{n}} hold{{s}} within {HOLD_ERROR_S:g} s of the {item.shortest_s:g} s asked for",
        )
    return span, (), f"{{n}} hold{{s}} shorter than {item.shortest_s:g} s"


def _weigh_bout(item: RoutineItem, bout: Bout) -> _Weighed:
    span = (bout.start_s, bout.end_s)
    if bout.state == "counts":
        return span, ("bouts",), ""
    if bout.state == "undecided":
        return span, ("bouts",), "{n} walk{s} in which too many steps could not be told to be on tiptoe or not"
    if bout.state == "short":
        return span, (), f"{{n}} walk{{s}} shorter than {item.shortest_s:g} s"
    return span, (), f"{{n}} walk{{s}} with less than {item.min_toe_share:.0%} of the steps on tiptoe"


def _openings(item: RoutineItem, side: ItemSide, analyses: Sequence[Analysis]) -> tuple[Why, ...]:
    """Why more may have been done than was counted."""
    mine = [a for a in analyses if side == "both" or sides_of(a) & {side, None}]
    known = any(_about(a, item.exercise) for a in mine)
    whys = [why for a in mine for why in _opening(item, side, a, known=known)]
    # a part that is missing may hold any exercise, also one that is marked nowhere else
    whys += [why for a in analyses if a.lost and (side == "both" or a.lost & {side, None}) for why in _lost(a)]
    return tuple(dict.fromkeys(whys))


def _opening(item: RoutineItem, side: ItemSide, analysis: Analysis, *, known: bool) -> Iterator[Why]:
    about = _about(analysis, item.exercise)
    if not about and analysis.exercise is not None:
        return
    file = display(PurePath(analysis.file))
    if analysis.grade is Grade.NOT_VERIFIABLE or (about and analysis.grade is Grade.POOR):
        yield from _quality(analysis, file)
    elif not known:
        name = display(item.exercise)
        text = f"{file}: {name} was neither said to be in it nor recognised; say it with --exercise"
        yield Why("not-recognised", text)
    if about and side != "both" and _has_unknown_side(analysis, item):
        yield Why("side-unknown", f"{file}: which foot was it? say it with --side {side}")


def _quality(analysis: Analysis, file: str) -> Iterator[Why]:
    yield from (
        Why(r.code, f"{file}: {display(r.text, 300)}") for r in analysis.reasons if r.grade != Grade.GOOD
    )
    if not analysis.reasons:
        yield Why("quality", f"{file}: the quality of the data is {analysis.grade}")


def _lost(analysis: Analysis) -> Iterator[Why]:
    """What is missing of the file itself."""
    for reason in analysis.reasons:
        if reason.code in _LOST:
            yield Why(reason.code, f"{display(PurePath(analysis.file))}: {display(reason.text, 300)}")


def _has_unknown_side(analysis: Analysis, item: RoutineItem) -> bool:
    sides = {_side_of(e, analysis) for e in analysis.events if e.exercise == item.exercise}
    return None in (sides or sides_of(analysis))


def _unseen(side: ItemSide, analyses: Sequence[Analysis]) -> str:
    """Why nothing of that foot can have been seen, empty if it can."""
    known = [sides_of(a) | a.lost for a in analyses]
    given = side == "both" or any(sides & {side, None} for sides in known)
    return "" if given else f": no readable recording of the {side} foot was given"


def _shortfall(
    item: RoutineItem, candidates: Sequence[_Candidate], answer: Answer, unseen: str
) -> Iterator[Why]:
    """What is missing, and why if it is `unseen`; what is undecided, and what was seen and does not count."""
    if answer is Answer.INCOMPLETE:
        missing = _missing(_needed(item), candidates)
        text = ", ".join(_phrase(n, key, item) for key, n in missing.items())
        yield Why("missing", f"{text} missing{unseen}")
    for code, which in (("undecided", True), ("not-counted", False)):
        doubts = [c.doubt for c in candidates if c.doubt and c.undecided is which]
        for doubt in dict.fromkeys(doubts):
            n = doubts.count(doubt)
            yield Why(code, doubt.format(n=n, s="" if n == 1 else "s"))


def _twofold(candidates: Sequence[_Candidate]) -> Iterator[Why]:
    if len({c.group for c in candidates if c.keys}) > 1:
        text = "sensors of both feet saw repetitions; they may be the same, so they are not added up"
        yield Why("undecided", text)


_ONE: dict[Kind, str] = {"circle": "circle", "hold": "hold", "step": "bout"}


def _phrase(n: int, key: str, item: RoutineItem) -> str:
    way = f"{key} " if item.kind == "circle" else ""
    at_least = f" of at least {item.shortest_s:g} s" if item.kind != "circle" else ""
    return f"{n} {way}{_ONE[item.kind]}{'' if n == 1 else 's'}{at_least}"


def _seen(item: RoutineItem, n: int) -> str:
    s = "" if n == 1 else "s"
    if item.kind == "circle":
        return f"{n} circle{s} of the foot"
    if item.kind == "hold":
        return f"{n} posture{s} of the foot kept for {item.shortest_s:g} s or longer"
    return f"{n} walk{s} of {item.shortest_s:g} s or longer, landing on the forefoot"


def _not_seen(exercise: str) -> tuple[str, ...]:
    return detector(exercise).about.not_seen if exercise in exercise_names() else ()


def as_json(verdict: Verdict) -> dict[str, object]:
    """The verdict as the contract's JSON object (made of plain values)."""
    items = [_item_json(i) for i in verdict.items]
    return {"schema": SCHEMA, "routine": verdict.routine, "verdict": str(verdict.verdict), "items": items}


def _item_json(item: ItemVerdict) -> dict[str, object]:
    return {
        "exercise": item.exercise,
        "side": item.side,
        "required": dict(item.required),
        "counted": dict(item.counted),
        "verdict": str(item.verdict),
        "evidence": [_span(e) for e in item.evidence],
        "evidence_files": [e.file for e in item.evidence],
        "undecided": [_span(e) for e in item.undecided],
        "seen": item.seen,
        "not_seen": list(item.not_seen),
        "reasons": [{"code": r.code, "text": r.text} for r in item.reasons],
        **({"basis": item.basis, "cues": {"given": item.cues, "answered": item.answered}} if item.cues else {}),
    }


def _span(evidence: Evidence) -> list[float]:
    return [round(evidence.start_s, 6), round(evidence.end_s, 6)]
