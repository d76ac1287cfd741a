"""How often counts like these were right for simulated wearers: a table, looked up by exercise, placement, gyro
and rate.

It is no evidence of accuracy on people, and neither a grade nor a verdict depends on it.
"""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from footsense.analysis import Analysis
from footsense.types import Event, Grade

TABLE = Path(__file__).with_name("confidence.csv")
RATE_BANDS = (("below 40 Hz", 40.0), ("40 to 80 Hz", 80.0), ("80 to 150 Hz", 150.0), ("150 Hz and more", 1e9))
FEWEST_SETS = 10  # fewer of one band of rates say less than all rates together

Key = tuple[str, str, bool, str]  # exercise, placement, gyro, band of rates ("": all)


@dataclass(frozen=True, slots=True)
class Entry:
    """Sets that were not declined, how many of them were counted exactly; events that were found in them, how
    many of those were true, with the right label where they had one."""

    sets: int
    exact: int
    found: int
    true: int

    @property
    def count(self) -> float:
        """That a count is exact: (exact + 1) / (sets + 2), Laplace's rule of succession."""
        return (self.exact + 1) / (self.sets + 2)

    @property
    def event(self) -> float:
        """That an event is true, by the same rule."""
        return (self.true + 1) / (self.found + 2)


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured, and what on."""

    calibrated_on: str
    entries: dict[Key, Entry]

    def entry(self, exercise: str, placement: str | None, *, gyro: bool, rate_hz: float) -> Entry | None:
        """The entry of a band of rates, or of all rates where the band has few sets; None without either."""
        if placement is None:
            return None
        found = (self.entries.get((exercise, placement, gyro, band)) for band in (rate_band(rate_hz), ""))
        return next((e for e in found if e and e.sets >= FEWEST_SETS), None)


def rate_band(rate_hz: float) -> str:
    """The band of rates that a rate belongs to."""
    return next(name for name, below in RATE_BANDS if rate_hz < below)


@cache
def shipped() -> Table:
    """The table that comes with this version."""
    return read_table(TABLE)


def read_table(path: Path) -> Table:
    """A table from a CSV, whose first line says what it was calibrated on."""
    with path.open(encoding="utf-8", newline="") as file:
        calibrated_on = file.readline().removeprefix("#").strip()
        rows = list(csv.DictReader(file))
    return Table(
        calibrated_on,
        {
            (r["exercise"], r["placement"], r["gyro"] == "yes", r["rate_band"]): Entry(
                int(r["sets"]), int(r["exact"]), int(r["found"]), int(r["true"])
            )
            for r in rows
        },
    )


def with_confidence(analysis: Analysis, table: Table | None = None) -> Analysis:
    """The analysis, each event with its `confidence` among the attributes where the table has one."""
    table = table or shipped()
    return replace(analysis, events=tuple(_told(e, analysis, table) for e in analysis.events))


def count_confidence(analysis: Analysis, table: Table | None = None) -> float | None:
    """That the count of a told exercise is exact; None where it was not told, or declined, or not measured."""
    if analysis.exercise is None or analysis.grade is Grade.NOT_VERIFIABLE:
        return None
    entry = _entry(analysis.exercise, analysis, table or shipped())
    return None if entry is None else round(entry.count, 3)


def _told(event: Event, analysis: Analysis, table: Table) -> Event:
    entry = _entry(event.exercise, analysis, table)
    if entry is None:
        return event
    return replace(event, attributes={**event.attributes, "confidence": round(entry.event, 3)})


def _entry(exercise: str, analysis: Analysis, table: Table) -> Entry | None:
    facts = analysis.recording
    return table.entry(exercise, analysis.placement, gyro=facts.gyro, rate_hz=facts.rate_hz)
