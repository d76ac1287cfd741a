"""The report card as one self-contained HTML page. No script, nothing loaded."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from footsense.accuracy.card import Card, completion
from footsense.accuracy.columns import Table, tables, told_tables
from footsense.accuracy.figures import (
    completion_figure,
    count_figure,
    difference_figure,
    error_figure,
    late_figure,
)
from footsense.accuracy.measures import Share, share
from footsense.accuracy.words import NOTHING, of_all
from footsense.report.drawing import Theme, style, to_svg
from footsense.report.html import rendered
from footsense.report.pictures import Picture
from footsense.report.theme import PLACEHOLDER
from footsense.text import display

STATEMENT = (
    "Simulated wearers are no evidence of accuracy on people. footsense is a completion check, not a medical "
    "device."
)
_SIMULATED = (
    "Movements as we imagine them, drawn wide. What is right here shows only that nothing is broken under "
    "them: it is no evidence of accuracy on people."
)
_REAL = (
    "Recordings with a truth beside them. The figures are as right as that truth, and speak of these people "
    "only. Sets of one person are alike: with few people the intervals are narrower than they should be."
)


def card_page(
    real: Card | None, simulated: Card | None, *, facts: Sequence[str] = (), left_out: Sequence[str] = ()
) -> str:
    """The page as HTML text. `facts` say what was scored, `left_out` what was not and why. The same input gives
    the same bytes."""
    page = {
        "title": "How right the counts are",
        "facts": [display(f, 200) for f in facts],
        "left_out": [display(f, 300) for f in left_out],
        "parts": [
            *([_part("Labelled recordings", _REAL, real, "r")] if real else []),
            *([_part("Simulated wearers", _SIMULATED, simulated, "s")] if simulated else []),
        ],
    }
    return rendered(Path(__file__).with_name("card.html.j2"), page, STATEMENT)


def _part(title: str, lead: str, card: Card, prefix: str) -> dict[str, Any]:
    return {
        "title": title,
        "lead": lead,
        "id": prefix,
        "tiles": _tiles(card),
        "pictures": list(_pictures(card, prefix)),
        "tables": tables(card),
        "by_rate": _by_rate(card),
    }


def _by_rate(card: Card) -> list[Table]:
    several = len({r.key.rate_band for r in card.by_rate}) > 1
    return told_tables(card.by_rate) if several else []


def _tiles(card: Card) -> list[dict[str, str]]:
    """The figures that matter most, over all sets that were not declined; false complete first."""
    judged = [s for s in card.sets if not s.declined]
    if not judged:
        return []
    verdicts = completion(judged)
    exact, near = share(s.count.off == 0 for s in judged), share(abs(s.count.off) <= 1 for s in judged)
    declined = share(s.declined for s in card.sets)
    return [
        _tile("false complete", verdicts.false_complete, "of sets not done", "incomplete"),
        _tile("sensitivity", verdicts.sensitivity, "called complete, of sets done", "complete"),
        _tile("exact", exact, "of sets counted", "trace"),
        _tile("within one", near, "of sets counted", "trace"),
        _tile("declined", declined, "of sets, which the data cannot show", "not-verifiable"),
    ]


def _tile(label: str, of: Share, what: str, role: str) -> dict[str, str]:
    number = f"{100 * of.hits / of.of:.1f}".removesuffix(".0") + " %" if of.of else NOTHING
    return {
        "number": number,
        "label": label,
        "detail": f"{what}: {of_all(of)}".replace(" %", "\u00a0%"),
        "role": role,
    }


Draw = Callable[[Theme, bool], Figure]


def _pictures(card: Card, prefix: str) -> Iterator[Picture]:
    """None of rows in which every set was declined: there is nothing to see."""
    judged = [s for s in card.sets if not s.declined]
    rows = [r for r in card.rows if r.declined.hits < r.declined.of]
    if not judged:
        return
    without = len(card.rows) - len(rows)
    said = f" Not shown: {without} rows of which every set was declined." if without else ""
    n = f"{len(judged)} sets of {len(rows)} kinds of exercise, placement and sensor."
    yield _picture(
        "Called complete, and was it", f"Verdicts on {n}",
        "Each set is judged against prescriptions that it meets and that it misses by little. Red on the right "
        f"is the worst error: called complete without having been.{said}", f"{prefix}a",
        lambda theme, narrow: completion_figure(rows, theme, narrow=narrow),
    )  # fmt: skip
    yield _picture(
        "Counts", f"Share of sets counted exactly and within one, of {n}",
        "Points: share of the sets that were not declined. Bars: 95 % intervals (Wilson).", f"{prefix}b",
        lambda theme, narrow: count_figure(rows, theme, narrow=narrow),
    )  # fmt: skip
    yield _picture(
        "Differences", f"Count found minus true against their mean, for {n}",
        "The larger a point, the more sets. Line: bias. Dashed: 95 % limits of agreement.", f"{prefix}c",
        lambda theme, narrow: difference_figure(judged, theme, narrow=narrow),
    )  # fmt: skip
    yield _picture(
        "Errors in time", f"Error of onset and length of the events in {n}",
        "Found − true, of the events that are paired with true ones. Points: bias. Bars: 95 % limits.",
        f"{prefix}d", lambda theme, narrow: error_figure(rows, theme, narrow=narrow),
    )  # fmt: skip
    yield _picture(
        "When it is known", f"Time after which 95 % of the events were final, in {n}",
        "From the end of a circle (from the third of a bout on; open diamond: the last of a bout), the release "
        "of a hold, the landing of a step, until the event is final.", f"{prefix}e",
        lambda theme, narrow: late_figure(rows, theme, narrow=narrow),
    )  # fmt: skip


def _picture(title: str, alt: str, caption: str, prefix: str, draw: Draw) -> Picture:
    with style():
        wide = to_svg(draw(PLACEHOLDER, False), f"{prefix}w")
        narrow = to_svg(draw(PLACEHOLDER, True), f"{prefix}n")
    return Picture(title, alt, caption, wide, narrow)
