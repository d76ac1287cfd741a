"""When the sensor was held still, seen in the bytes before anybody knows what they mean.

Whatever a byte means: where a column of numbers is quiet for a while and lively for another, and many columns
are so at the same times, the sensor was still and was moved. Counters, clocks and noise have no such times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.devices.learning.columns import Block, columns
from footsense.types import Floats

WINDOW_S = 0.3
SHORTEST_S = 0.8  # of a spell
MOST_COLUMNS = 120
ITERATIONS = 30
READ_AS = ("i8", "i16", ">i16", "u16", ">u16", "f16", ">f16", "f32", ">f32", "f64", ">f64", "digits4")
FEWEST = 4  # spells
TINY = 1e-9  # a column that spreads less is no reading


@dataclass(frozen=True, slots=True)
class Spells:
    """The spells of stillness, (start, end) in s each, and how clearly they differ from motion (in powers of
    e)."""

    still: tuple[tuple[float, float], ...]
    clearness: float

    @property
    def lasting_s(self) -> float:
        """How long it was still in all."""
        return sum(end - start for start, end in self.still)

    def within(self, at_s: Floats, margin_s: float = 0.0) -> NDArray[np.intp]:
        """For each time the number of its spell, -1 outside of all."""
        number = np.full(len(at_s), -1)
        for i, (start, end) in enumerate(self.still):
            number[(at_s >= start - margin_s) & (at_s <= end + margin_s)] = i
        return number


def spells(block: Block) -> list[Spells]:
    """What the columns agree on, once for each type that they may be read as, the clearest first.

    Numbers read as what they are not may be quiet when the sensor is moved (the exponent of a float does not
    flicker then), so that only what is made of them tells which one is right.
    """
    first = _window_starts(block.at_s, max(WINDOW_S, 2.5 * block.period_s))
    if len(first) < 8:
        return []
    ends = np.append(first[1:], len(block.at_s)) - 1
    found = []
    for kind in READ_AS:
        lively = _agreed(_liveliness(block, kind, first))
        if lively is not None:
            limit, gap = _limit(lively)
            runs = _runs(lively < limit, block.at_s[first], block.at_s[ends])
            found.append(Spells(tuple(s for s in runs if s[1] - s[0] >= SHORTEST_S), gap))
    return sorted((f for f in found if len(f.still) >= FEWEST), key=lambda f: -f.clearness)


def _window_starts(at_s: Floats, window_s: float) -> NDArray[np.intp]:
    """Indices at which windows begin; windows of a single packet belong to the one before."""
    number = np.floor((at_s - at_s[0]) / window_s).astype(int)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    sizes = np.diff(np.append(first, len(at_s)))
    kept = first[sizes > 1]
    return kept if len(kept) and kept[0] == 0 else np.insert(kept, 0, 0)


def _liveliness(block: Block, kind: str, first: NDArray[np.intp]) -> Floats:
    """Log of how much each column spreads within each window, over what it does at its quietest: (windows,
    columns)."""
    values = columns(block, kind)
    values = values[:, np.isfinite(values).all(axis=0)]
    if not values.size:
        return np.empty((len(first), 0))
    low, high = np.quantile(values, (0.03, 0.97), axis=0)
    moves = high - low > TINY
    values, spread = values[:, moves], (high - low)[moves]
    inside = window_spread(values, first)
    floor = np.quantile(inside, 0.25, axis=0) + 0.002 * spread
    lively = np.log(inside / floor + 0.3)
    return np.asarray(lively[:, np.argsort(-np.quantile(lively, 0.8, axis=0), kind="stable")[:MOST_COLUMNS]])


def window_spread(values: Floats, first: NDArray[np.intp]) -> Floats:
    """Standard deviation of each column (n, k) within each window."""
    if not values.size:
        return np.empty((len(first), 0))
    sizes = np.diff(np.append(first, len(values)))[:, None]
    centred = values - np.median(values, axis=0)
    mean = np.add.reduceat(centred, first, axis=0) / sizes
    square = np.add.reduceat(centred * centred, first, axis=0) / sizes
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0.0)))


def _agreed(lively: Floats) -> Floats | None:
    """The course that most of the columns share, as their mean, weighted by how much they follow it."""
    if lively.shape[1] < 1:
        return None
    centred = lively - lively.mean(axis=0)
    shared = centred.T @ centred
    weight = shared.sum(axis=0)
    for _ in range(ITERATIONS):  # to the first principal component, by the power method
        weight = shared @ weight
        weight = weight / max(float(np.abs(weight).max()), TINY)
    weight = weight * np.sign(weight.sum())
    if not weight.max() > 0:
        return None
    weight = np.where(weight > 0.25 * weight.max(), weight, 0.0)
    return np.asarray(lively @ weight / weight.sum())


def _limit(lively: Floats) -> tuple[float, float]:
    """The limit between still and moved, and how clearly they differ. What is below the first limit may again
    be two: a shake makes gentle turns look like rest."""
    limit, gap, share = _two_classes(lively)
    lower = lively[lively < limit]
    if len(lower) >= 8:
        within, smaller, explained = _two_classes(lower)
        if smaller > 0.8 and explained > 0.72:  # of one normal distribution, cut in two, it is 0.64
            limit, gap, share = within, smaller, explained
    return limit, gap * share


def _two_classes(lively: Floats) -> tuple[float, float, float]:
    """The limit between two classes (Otsu 1979: the largest variance between them), how far their means are
    apart, and the share of the variance that this explains."""
    ordered = np.sort(lively)
    n = len(ordered)
    below = np.cumsum(ordered)[:-1]
    k = np.arange(1, n)
    means = below / k, (ordered.sum() - below) / (n - k)
    between = k * (n - k) / n**2 * (means[1] - means[0]) ** 2
    best = int(np.argmax(between))
    gap = float(means[1][best] - means[0][best])
    limit = float(ordered[best] + ordered[best + 1]) / 2
    return limit, gap, float(between[best] / max(ordered.var(), 1e-12))


def _runs(still: NDArray[np.bool_], start_s: Floats, end_s: Floats) -> list[tuple[float, float]]:
    """Each run of still windows, without its first and last where it has enough: a turn may reach into them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still, [0]])))
    runs = []
    for a, b in edges.reshape(-1, 2).tolist():
        cut = 1 if b - a >= 5 else 0
        runs.append((float(start_s[a + cut]), float(end_s[b - 1 - cut])))
    return runs
