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


def last_met(met: Bools) -> int | None:
    """The last row at which a condition is met."""
    if not len(met):
        return None
    k = len(met) - 1 - int(met[::-1].argmax())
    return k if met[k] else None


def last_below(values: list[float], level: float) -> int | None:
    """The last of some numbers that is below a level; for the few that are not worth an array."""
    return next((k for k in range(len(values) - 1, -1, -1) if values[k] < level), None)


def run_length(met: Bools) -> NDArray[np.int64]:
    """For each row, for how many rows up to it the condition has held without a break."""
    index = np.arange(len(met))
    return np.asarray(index - np.maximum.accumulate(np.where(met, -1, index)))


def elsewhere(
    off: Floats, left: Floats, excursion: float, far: tuple[float, int], step: tuple[float, int]
) -> Bools | None:
    """Rows at which it is known that the posture is another than the plateau, by its distance `off` from it and
    how far it is `left` to rest, from which the plateau is by `excursion`: `far` off (distance, for how many
    rows), or a `step` (likewise) not towards rest. None where no row can be: what rarely is the case is asked
    for once before it is looked at row by row."""
    if np.count_nonzero(off > min(far[0], step[0])) < min(far[1], step[1]):
        return None
    over = _lasting(off > far[0], far[1])
    aside = _lasting((off > step[0]) & (excursion - left < 0.3 * off), step[1])
    return over if aside is None else aside if over is None else over | aside


def _lasting(met: Bools, rows: int) -> Bools | None:
    """Where a condition has been met for so many rows; None for nowhere."""
    return np.asarray(run_length(met) >= rows) if np.count_nonzero(met) >= rows else None


def delayed(x: Floats, rows: int) -> Floats:
    """`x` so many rows earlier; its first value where there is none."""
    late = np.empty_like(x)
    late[:rows] = x[0]
    late[rows:] = x[:-rows]
    return late
