"""Measures of agreement, small and pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

_Z = 1.959964  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval (Wilson 1927, without continuity correction); all of 0 to 1 where nothing was seen."""
        return wilson(self.hits, self.of)


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in a time."""

    events: int
    hours: float

    @property
    def bound(self) -> float | None:
        """Upper 95 % bound an hour, exact for Poisson; None without time."""
        return rate_bound(self.events, self.hours) if self.hours > 0 else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Differences found − true: how many, mean of the absolute ones, their 95 % quantile, and the bias (mean)
    with its 95 % limits of agreement, mean ± 1.96 standard deviations (Bland and Altman 1986); the limits are
    None for fewer than two differences."""

    n: int
    mean_abs: float
    p95_abs: float
    bias: float
    limits: tuple[float, float] | None


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, without continuity correction)."""
    if not of:
        return 0.0, 1.0
    p = hits / of
    middle, spread = p + _Z * _Z / (2 * of), _Z * float(np.sqrt(p * (1 - p) / of + _Z * _Z / (4 * of * of)))
    scale = 1 + _Z * _Z / of
    # rounding would leave a share of 0 or 1 outside
    return min(p, max(0.0, (middle - spread) / scale)), max(p, min(1.0, (middle + spread) / scale))


def rate_bound(events: int, hours: float) -> float:
    """Upper 95 % bound of a rate an hour (exact Poisson, by chi² with 2(n+1) degrees of freedom)."""
    return float(chi2.ppf(0.95, 2 * (events + 1)) / 2 / hours)


def agreement(differences: Sequence[float]) -> Agreement | None:
    """The agreement of some differences (n,); None where there are none."""
    if not len(differences):
        return None
    d = np.asarray(differences, np.float64)
    bias, limits = float(d.mean()), None
    if len(d) > 1:
        half = _Z * float(d.std(ddof=1))
        limits = (bias - half, bias + half)
    return Agreement(len(d), float(np.abs(d).mean()), float(np.quantile(np.abs(d), 0.95)), bias, limits)


def share(of: Iterable[bool]) -> Share:
    """How many of some answers are true."""
    answers = list(of)
    return Share(sum(answers), len(answers))


def f1(matched: int, missed: int, extra: int) -> float | None:
    """F1 of events: 2·matched / (2·matched + missed + extra); None where there is nothing to find or found."""
    whole = 2 * matched + missed + extra
    return 2 * matched / whole if whole else None


def quantile(values: Sequence[float], q: float) -> float | None:
    """The q-quantile of some values (n,); None where there are none."""
    return float(np.quantile(np.asarray(values, np.float64), q)) if len(values) else None
