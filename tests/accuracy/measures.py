"""Measures of agreement, small and pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from footsense.types import Event


@dataclass(frozen=True, slots=True)
class Matched:
    """Events found beside those that are true, paired in time: pairs (true, found), and what is left over."""

    pairs: tuple[tuple[Event, Event], ...]
    missed: int
    extra: int


def match(true: Sequence[Event], found: Sequence[Event], within_s: float = 1.0) -> Matched:
    """Pairs in order of time those whose starts differ by at most `within_s`; each serves once."""
    pairs, k = [], 0
    for t in true:
        while k < len(found) and found[k].start_s < t.start_s - within_s:
            k += 1
        if k < len(found) and found[k].start_s <= t.start_s + within_s:
            pairs.append((t, found[k]))
            k += 1
    return Matched(tuple(pairs), len(true) - len(pairs), len(found) - len(pairs))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, without continuity correction)."""
    if not of:
        return 0.0, 1.0
    z, p = 1.959964, hits / of
    middle, spread = p + z * z / (2 * of), z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return float((middle - spread) / scale), float((middle + spread) / scale)


def rate_bound(events: int, hours: float) -> float:
    """Upper 95 % bound of a rate an hour (exact Poisson, by chi² with 2(n+1) degrees of freedom)."""
    return float(chi2.ppf(0.95, 2 * (events + 1)) / 2 / hours)


def share(hits: int, of: int) -> str:
    """A share with its interval, for a table."""
    low, high = wilson(hits, of)
    return f"{hits}/{of} ({100 * low:.0f}–{100 * high:.0f} %)" if of else "–"
