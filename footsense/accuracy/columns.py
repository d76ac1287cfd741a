"""The report card as tables of words: for the terminal, for Markdown and for the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from footsense.accuracy import words
from footsense.accuracy.card import Card, FalseRow, Key, LiveRow, RecognitionRow, Row
from footsense.accuracy.measures import Rate
from footsense.accuracy.score import SetScore
from footsense.text import display

MOST_NAMED = 40


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of words; `note` says how to read it."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_Columns = Sequence[tuple[str, Callable[[Row], str]]]

_COMPLETION: _Columns = (
    ("sets", words.sets),
    ("false complete", lambda r: words.of_all(r.completion.false_complete)),
    ("complete when done", lambda r: words.of_all(r.completion.sensitivity)),
    ("incomplete when not", lambda r: words.of_all(r.completion.specificity)),
    ("not verifiable", lambda r: words.of_all(r.completion.not_verifiable)),
)
_COUNTS: _Columns = (
    ("sets", words.sets),
    ("declined", lambda r: words.of_all(r.declined)),
    ("exact", lambda r: words.of_all(r.counting.exact)),
    ("within one", lambda r: words.of_all(r.counting.within_one)),
    ("wrong, graded good", lambda r: words.of_all(r.counting.wrong_but_good)),
    ("mean error", lambda r: words.error(r.counting)),
    ("bias (95 % limits)", lambda r: words.bias(r.counting.off, 2)),
    ("tiptoe within one", lambda r: words.of_all(r.toe.within_one) if r.toe else words.NOTHING),
)
_EVENTS: _Columns = (
    ("F1", lambda r: words.NOTHING if r.events.f1 is None else f"{r.events.f1:.3f}"),
    ("extra an hour", lambda r: words.per_hour(r.events.extra)),
    ("onset off, s", lambda r: words.off(r.events.onset)),
    ("end off, s", lambda r: words.off(r.events.end)),
    ("length off, s", lambda r: words.off(r.events.length)),
    ("length bias, s", lambda r: words.bias(r.events.length, 2)),
    ("label right", words.label),
    ("known after, 95 %, s", lambda r: ", ".join(f"{x.place} {x.p95_s:.2f}" for x in r.late) or words.NOTHING),
)


def told_tables(rows: Sequence[Row]) -> list[Table]:
    """Completion first, then counts, then events."""
    return [
        _table(
            "Completion",
            "Each set is judged against prescriptions that it meets (as many as were done) and that it does "
            "not (one more; each hold or bout half a second longer than the shortest was). False complete: "
            "called complete, of those it does not meet.",
            _COMPLETION,
            rows,
        ),
        _table(
            "Counts",
            "Declined: the data cannot show it and nothing is counted; all else is of the other sets, but "
            "“wrong, graded good”, which is of all. An event of which a hole of more than 0.25 s takes a part "
            "may be counted or not.",
            _COUNTS,
            rows,
        ),
        _table(
            "Events",
            "True events and those found, paired one to one in time. Off: mean of the absolute error, and what "
            "95 % keep. Label: the direction of a circle, or whether a step is on tiptoe. Known after: from "
            "the end of a circle (the third of a bout and later; the last), the release of a hold, the "
            "landing of a step.",
            _EVENTS,
            rows,
        ),
    ]  # fmt: skip


def _table(title: str, note: str, columns: _Columns, rows: Sequence[Row]) -> Table:
    names, places = _places([r.key for r in rows])
    head = (*names, *(name for name, _ in columns))
    cells = tuple(
        (*place, *(cell(row) for _, cell in columns)) for place, row in zip(places, rows, strict=True)
    )
    return Table(title, note, head, cells)


def _places(keys: Sequence[Key]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The names of the columns that tell rows apart, and their cells."""
    device, band = any(k.device for k in keys), any(k.rate_band for k in keys)
    names = ("exercise", "placement", *(("device",) if device else ()), "sensor", *(("rate",) if band else ()))
    cells = [
        (
            display(k.exercise, 30), k.placement or "not said",
            *((display(k.device, 40) or words.NOTHING,) if device else ()),
            sensor(gyro=k.gyro), *((k.rate_band or "",) if band else ()),
        )
        for k in keys
    ]  # fmt: skip
    return names, cells


def sensor(*, gyro: bool) -> str:
    """What the device measured."""
    return "with gyro" if gyro else "no gyro"


def recognition_table(rows: Sequence[RecognitionRow]) -> Table:
    """Not told the exercise."""
    names, places = _places([r.key for r in rows])
    cells = [
        (*place, words.of_all(r.recognised), str(r.another), str(r.doubted), str(r.nothing))
        for place, r in zip(places, rows, strict=True)
    ]
    note = (
        "What an exercise is taken for when none is told. Doubted: nothing was recognised, and the grade says "
        "that the data may hide something."
    )
    head = (*names, "recognised", "taken for another", "doubted", "for nothing")
    return Table("Not told the exercise", note, head, tuple(cells))


def live_table(rows: Sequence[LiveRow]) -> Table:
    """While it goes on."""
    names, places = _places([r.key for r in rows])
    cells = [
        (*place, str(r.sets), words.off(r.off), words.bias(r.off, 2), str(r.missed))
        for place, r in zip(places, rows, strict=True)
    ]
    note = (
        "What a screen shows, followed in chunks of 20 ms. Circles (from the third of a bout on, but the last) "
        "and steps: when the count goes up, against the end of the circle or the landing. Holds: seconds shown "
        "against seconds held."
    )
    head = (*names, "sets", "shown off, s", "bias (95 % limits), s", "not shown")
    return Table("While it goes on", note, head, tuple(cells))


def false_table(rows: Sequence[FalseRow]) -> Table:
    """False events where none of the exercises was done."""
    names = list(dict.fromkeys(name for r in rows for name in r.false))
    cells = [
        (display(r.motion, 40) or "none of them", _hours(r), *(_false(r.false.get(n)) for n in names))
        for r in rows
    ]
    note = (
        "Events found where the exercise was not done, told each exercise and not told any; in brackets the "
        "upper 95 % bound an hour. A step is a false one if it is said to be on tiptoe. Where the data are "
        "declined there can be none, so those hours do not count."
    )
    head = ("what was done", "hours", *(n or "not told" for n in names))
    return Table("False events", note, head, tuple(cells))


def _hours(row: FalseRow) -> str:
    return words.short(max(r.hours for r in row.false.values()))


def _false(rate: Rate | None) -> str:
    if rate is None or rate.bound is None:
        return "declined"
    return f"{rate.events} (≤ {words.short(rate.bound)}/h)"


def wrong_table(sets: Sequence[SetScore]) -> Table:
    """The sets that were counted, but not exactly."""
    wrong = [s for s in sets if not s.declined and s.count.off]
    cells = [
        (display(s.name, 60), *_worn(s), str(s.count.true), str(s.count.found), str(s.grade))
        for s in wrong[:MOST_NAMED]
    ]
    more = f" The first {MOST_NAMED} of {len(wrong)}." if len(wrong) > MOST_NAMED else ""
    head = ("recording", "exercise", "placement", "sensor", "rate", "true", "found", "grade")
    return Table("Not exact", f"The sets that were counted, but not exactly.{more}", head, tuple(cells))


def _worn(s: SetScore) -> tuple[str, str, str, str]:
    worn = s.stratum
    rate = f"{worn.rate_hz:.3g} Hz"
    return display(s.exercise, 30), worn.placement or "not said", sensor(gyro=worn.gyro), rate


def tables(card: Card) -> list[Table]:
    """All tables of a card; none for what was not measured."""
    found = told_tables(card.rows) if card.rows else []
    found += [recognition_table(card.recognition)] if card.recognition else []
    found += [live_table(card.live)] if card.live else []
    found += [false_table(card.false)] if card.false else []
    wrong = wrong_table(card.sets)
    return found + ([wrong] if wrong.rows else [])


def markdown(table: Table) -> str:
    """The table as Markdown, without its title."""
    lines = [table.head, tuple("---" for _ in table.head), *table.rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '∣') for c in line)} |" for line in lines)


def plain(table: Table) -> str:
    """The table for a terminal: columns side by side, under its title."""
    widths = [max(len(line[i]) for line in (table.head, *table.rows)) for i in range(len(table.head))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in (table.head, *table.rows)
    ]
    return "\n".join([table.title, *(f"  {line}" for line in lines)])
