"""What a page says in words: verdict, tallies, quality.

Foreign text passes through `display` here; the template escapes everything once more, for HTML."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from footsense.analysis import Analysis
from footsense.report.theme import exercise_role
from footsense.text import display
from footsense.types import Event, Grade
from footsense.verify import Answer, Evidence, ItemVerdict, Verdict

MARKS = {Answer.COMPLETE: "✓", Answer.INCOMPLETE: "✗", Answer.NOT_VERIFIABLE: "?"}
_ANSWERS = {
    Answer.COMPLETE: "Complete",
    Answer.INCOMPLETE: "Incomplete",
    Answer.NOT_VERIFIABLE: "Cannot be verified",
}
_SIDES = {"left": "left foot", "right": "right foot", "both": "both feet"}
_GRADES = {
    Grade.GOOD: (Answer.COMPLETE, "The data are as good as the count needs."),
    Grade.POOR: (Answer.NOT_VERIFIABLE, "Counted, but the counts may be off; never enough for “complete”."),
    Grade.NOT_VERIFIABLE: (Answer.INCOMPLETE, "These data cannot show it, so nothing was counted."),
}
_MOST_DOTS = 20
Words = dict[str, Any]


def title_case(exercise: str) -> str:
    """An exercise's name for a heading."""
    return display(exercise.replace("-", " ")).capitalize()


def verdict_words(verdict: Verdict, file: str) -> Words:
    """The verdict on the recording `file` for the template. Reasons name no file: the page is of one, and where
    it lay concerns nobody else."""
    return {
        "verdict": str(verdict.verdict),
        "mark": MARKS[verdict.verdict],
        "words": _ANSWERS[verdict.verdict],
        "routine": display(verdict.routine),
        "rows": [_item_words(item, f"{display(PurePath(file))}: ") for item in verdict.items],
    }


def _item_words(item: ItemVerdict, prefix: str) -> Words:
    return {
        "verdict": str(item.verdict),
        "mark": MARKS[item.verdict],
        "words": _ANSWERS[item.verdict].lower(),
        "role": exercise_role(item.exercise),
        "name": title_case(item.exercise),
        "side": _SIDES[item.side] + (f", seen at the {item.seen_at} foot" if item.seen_at else ""),
        "tallies": [_tally(item, key, n) for key, n in item.counted.items()],
        "reasons": [display(r.text.removeprefix(prefix), 400) for r in item.reasons],
        "seen": item.seen,
        "not_seen": [display(what) for what in item.not_seen],
        "evidence": [_span(e) for e in item.evidence],
    }


def _tally(item: ItemVerdict, key: str, counted: int) -> Words:
    required = int(item.required[key])
    shortest = next((f" of {v:g} s or more" for k, v in item.required.items() if k.startswith("min_")), "")
    name = {"cw": "circles one way (cw)", "ccw": "circles the other way (ccw)"}.get(key, key + shortest)
    few = required <= _MOST_DOTS
    return {
        "role": key if key in ("cw", "ccw") else exercise_role(item.exercise),
        "dots": "●" * min(counted, required) if few else "",
        "empty": "○" * max(0, required - counted) if few else "",
        "text": f"{counted} of {required} {name}",
    }


def _span(evidence: Evidence) -> str:
    return f"{evidence.start_s:.1f}–{evidence.end_s:.1f} s"


def tiles(events: Sequence[Event]) -> list[Words]:
    """A tile for each exercise that was counted: the number, and what it is made of."""
    exercises = dict.fromkeys(e.exercise for e in sorted(events, key=lambda e: e.start_s))
    return [_tile(name, [e for e in events if e.exercise == name]) for name in exercises]


def _tile(exercise: str, events: Sequence[Event]) -> Words:
    kind = events[0].kind
    detail = {"circle": _circle_detail, "hold": _hold_detail, "step": _step_detail}[kind](events)
    role = "ccw" if kind == "circle" else exercise_role(exercise)
    label = f"{kind}{'' if len(events) == 1 else 's'}: {title_case(exercise).lower()}"
    return {"number": len(events), "label": label, "detail": detail, "role": role}


def _circle_detail(events: Sequence[Event]) -> str:
    ways = [e.attributes.get("direction") for e in events]
    rest = f", {ways.count(None)} not told" if None in ways else ""
    return f"{ways.count('cw')} one way (cw), {ways.count('ccw')} the other way (ccw){rest}"


def _hold_detail(events: Sequence[Event]) -> str:
    lengths = [e.end_s - e.start_s for e in events]
    return f"{min(lengths):.1f} to {max(lengths):.1f} s, {sum(lengths):.0f} s in all"


def _step_detail(events: Sequence[Event]) -> str:
    labels = [e.attributes.get("toe") for e in events]
    rest = f", {labels.count(None)} not told" if None in labels else ""
    return f"{labels.count(True)} on tiptoe, {labels.count(False)} on heel or flat{rest}"


def quality_words(analyses: Sequence[Analysis]) -> list[Words]:
    """For each analysis: what was asked, the grade, and the reasons for it."""
    found = []
    for analysis in analyses:
        answer, words = _GRADES[analysis.grade]
        found.append(
            {
                "name": title_case(analysis.exercise) if analysis.exercise else "All exercises",
                "grade": str(analysis.grade),
                "mark": MARKS[answer],
                "role": str(answer),
                "words": words,
                "reasons": [display(r.text, 400) for r in analysis.reasons],
            }
        )
    return found


def nothing_words(analyses: Sequence[Analysis]) -> str:
    """Why nothing was counted, as far as the data alone are why; else that the exercises were not seen."""
    unable = [r.text for a in analyses for r in a.reasons if r.grade is Grade.NOT_VERIFIABLE]
    why = "; ".join(display(text, 400) for text in dict.fromkeys(unable))
    return f"These data cannot be counted: {why}." if why else "Nothing was counted in this recording."


def gap_words(gaps: Sequence[tuple[float, float]]) -> str:
    """How much of the recording is missing; empty if nothing is."""
    if not gaps:
        return ""
    lost_s = sum(end - start for start, end in gaps)
    holes = "One hole" if len(gaps) == 1 else f"{len(gaps)} holes"
    return f"{holes} in the data, {lost_s:.1f} s in all. Nothing is counted across a hole of more than 0.25 s."


def date_words(analyses: Sequence[Analysis]) -> list[str]:
    """When the recording began, by the clock of the machine that made it, and that this was set meanwhile."""
    dated = next((a for a in analyses if a.began is not None), None)
    if dated is None or dated.began is None:
        return []
    said = f"began on {dated.began.day} {dated.began:%B %Y at %H:%M:%S} UTC"
    return [f"{said} (the machine's date was set meanwhile)" if dated.date_set_s else said]


def event_rows(events: Sequence[Event]) -> list[tuple[str, str, str, str, str]]:
    """Every event for a table: exercise, what, from, to, how long."""
    return [
        (title_case(e.exercise), _what(e), f"{e.start_s:.2f}", f"{e.end_s:.2f}", f"{e.end_s - e.start_s:.2f}")
        for e in sorted(events, key=lambda e: (e.start_s, e.exercise))
    ]


def _what(event: Event) -> str:
    if event.kind == "circle":
        way = {"cw": "one way (cw)", "ccw": "the other way (ccw)"}
        return f"circle, {way.get(str(event.attributes.get('direction')), 'direction not told')}"
    if event.kind == "step":
        toe = event.attributes.get("toe")
        return f"step, {'not told' if toe is None else 'on tiptoe' if toe else 'heel or flat'}"
    return event.kind
