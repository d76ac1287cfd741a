"""Conditions that last, row by row."""

import numpy as np
from numpy.typing import NDArray

from footsense.types import Floats

Bools = NDArray[np.bool_]


def first_met(met: Bools) -> int | None:
    """The first row at which a condition is met."""
    if not len(met):
        return None
    k = int(met.argmax())
    return k if met[k] else None


def run_length(met: Bools) -> NDArray[np.int64]:
    """For each row, for how many rows up to it the condition has held without a break."""
    index = np.arange(len(met))
    return np.asarray(index - np.maximum.accumulate(np.where(met, -1, index)))


def elsewhere(off: Floats, nearer: Floats, far: tuple[float, int], step: tuple[float, int]) -> Bools:
    """Rows at which it is known that the posture is another than the plateau, by its distance `off` from it and
    how much `nearer` to rest it is: `far` off (distance, for how many rows), or a `step` (likewise) not towards
    rest. What rarely is the case is asked for once before it is looked at row by row."""
    if np.count_nonzero(off > min(far[0], step[0])) < min(far[1], step[1]):
        return np.zeros(len(off), dtype=np.bool_)
    aside = (off > step[0]) & (nearer < 0.3 * off)
    return np.asarray((run_length(off > far[0]) >= far[1]) | (run_length(aside) >= step[1]))


def delayed(x: Floats, rows: int) -> Floats:
    """`x` so many rows earlier; its first value where there is none."""
    late = np.empty_like(x)
    late[:rows] = x[:1]
    late[rows:] = x[:-rows]
    return late
