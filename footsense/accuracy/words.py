"""Measures in words; a dash where nothing was measured."""

from footsense.accuracy.card import Counting, Row
from footsense.accuracy.measures import Agreement, Rate, Share

NOTHING = "–"


def of_all(share: Share) -> str:
    """A share with its interval, to 0.1 % of a hundred or more."""
    if not share.of:
        return NOTHING
    low, high = share.interval
    digits = 1 if share.of >= 100 else 0
    return f"{share.hits}/{share.of} ({100 * low:.{digits}f}–{100 * high:.{digits}f} %)"


def per_hour(rate: Rate) -> str:
    """A rate an hour with its upper bound."""
    return NOTHING if rate.bound is None else f"{short(rate.events / rate.hours)} (≤ {short(rate.bound)})"


def short(number: float) -> str:
    """Two digits, or all of a number above ten."""
    return f"{number:.0f}" if abs(number) >= 10 else f"{number:.2g}"


def sets(row: Row) -> str:
    """How many sets, and of how many people where that differs."""
    people = "one person" if row.people == 1 else f"{row.people} people"
    return f"{row.sets}" if row.people in (None, row.sets) else f"{row.sets}, {people}"


def error(counting: Counting) -> str:
    """Mean absolute error of a count."""
    return NOTHING if counting.off is None else f"{counting.off.mean_abs:.2f}"


def bias(a: Agreement | None, digits: int) -> str:
    """Bias with its 95 % limits."""
    if a is None:
        return NOTHING
    if a.limits is None:
        return f"{a.bias:+.{digits}f}"
    return f"{a.bias:+.{digits}f} ({a.limits[0]:+.{digits}f} to {a.limits[1]:+.{digits}f})"


def off(a: Agreement | None) -> str:
    """Mean absolute error, and what 95 % keep."""
    return NOTHING if a is None else f"{a.mean_abs:.2f}, 95 % ≤ {a.p95_abs:.2f}"


def label(row: Row) -> str:
    """How many labels were right of those told."""
    right, untold = row.events.label, row.events.untold
    if not right.of + untold:
        return NOTHING
    told = f"{right.hits}/{right.of}" if right.of else "none told"
    return f"{told}, {untold} not told" if untold else told
