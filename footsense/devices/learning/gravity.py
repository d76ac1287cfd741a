"""Three numbers in a row that could be an accelerometer: where the sensor is still they are of one size, in
many directions; where it is shaken they are not.

A magnetometer is of one size in every position as well, but in the shake too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.learning.columns import TYPES, Block, columns
from footsense.devices.learning.stillness import Spells
from footsense.types import Floats

BIAS, UNEVEN, SEEN = 0.06, 0.025, 0.006  # as shares of 1 g, rms: of an axis' offset, scale, and of what is seen
WORST = 0.02  # misfit
APART_COS = np.cos(np.radians(30.0))
FEWEST = 4  # positions that differ
UNSTEADY = 0.12  # of 1 g, rms within a position
ONE_SIDED = 0.6  # length of the mean direction
ZEROS = {1: (128.0,), 2: (32768.0, 2048.0, 512.0, 8192.0)}  # of numbers without sign, by their bytes
SMALL, OFTEN = 0.35, 0.1  # an axis shows less than 0.35 g that often, whatever the positions
STEPS = 12.0  # least counts in 1 g
SHAKEN = 0.3  # of 1 g: how far the size reaches in a shake
UNKNOWN_ZERO = 7  # positions that it takes to find the number that means 0


@dataclass(frozen=True, eq=False)
class Sphere:
    """Gravity as three numbers show it: its size in `counts`, the number that means 0 (`zero`), what the axes
    seem to be off by (`offset` (3,) in g, `gain` (3,)), the `misfit` of its size as a share of it, and how many
    `positions` differ."""

    counts: float
    zero: float
    offset: Floats
    gain: Floats
    misfit: float
    positions: int


@dataclass(frozen=True, eq=False)
class Triple:
    """Numbers of a type, three in a row from byte `at` on, that could be an accelerometer; `reach` of their
    size in the shake, in g."""

    kind: str
    at: int
    gravity: Sphere
    reach: float

    @property
    def is_shaken(self) -> bool:
        """Whether its size changes in the shake, as an accelerometer's does and a magnetometer's does not."""
        return self.reach > SHAKEN


def candidates(block: Block, spells: Spells) -> list[Triple]:
    """All that could be an accelerometer or another field of constant size, in the order of types and
    offsets."""
    number = spells.within(block.at_s)
    held = [np.flatnonzero(number == i) for i in range(len(spells.still))]
    held = [rows for rows in held if len(rows) >= 2]
    if len(held) < FEWEST:
        return []
    return [found for kind in TYPES for found in _of_type(block, kind, held, number < 0)]


def _of_type(block: Block, kind: str, held: list[NDArray[np.intp]], moved: NDArray[np.bool_]) -> list[Triple]:
    values = columns(block, kind)
    width = kinds.size(kind)
    if values.shape[1] <= 2 * width:
        return []
    with np.errstate(all="ignore"):
        means = np.array([values[rows].mean(axis=0) for rows in held])
    three = np.stack([means[:, : -2 * width], means[:, width:-width], means[:, 2 * width :]], axis=2)
    found = []
    for at in np.flatnonzero(_worth_a_look(three, signed="u" not in kind)).tolist():
        sphere = _sphere(three[:, at], kind)
        picked = values[:, [at, at + width, at + 2 * width]]
        if sphere is not None and np.isfinite(picked).all():
            reach = _reach((picked - sphere.zero) / sphere.counts, held, moved)
            found += [Triple(kind, at, sphere, reach)] if reach is not None else []
    return found


def _worth_a_look(three: Floats, *, signed: bool) -> NDArray[np.bool_]:
    """Which of the triples (positions, k, 3) are of one size; of numbers without sign, whose 0 is somewhere in
    their middle, all."""
    size = np.sqrt((three * three).sum(axis=2))
    whole = np.isfinite(size).all(axis=0)
    if not signed:
        return np.asarray(whole)
    middle = np.median(size, axis=0)
    return np.asarray(whole & (np.abs(size - middle).max(axis=0) < 0.3 * middle))


def _sphere(means: Floats, kind: str) -> Sphere | None:
    """The sphere on which these (positions, 3) lie, about 0 or, without sign, about another number."""
    if "u" not in kind:
        found = _about(means, 0.0)
        return found if found is not None and not (_is_whole(kind) and found.counts < STEPS) else None
    usual = [sphere for zero in ZEROS[kinds.size(kind)] if (sphere := _about(means - zero, zero)) is not None]
    if usual or len(means) < UNKNOWN_ZERO:
        return min(usual, key=lambda sphere: sphere.misfit, default=None)
    zero = _centre(means)
    found = None if zero is None else _about(means - zero, zero)
    return found if found is not None and found.misfit < WORST / 2 else None


def _is_whole(kind: str) -> bool:
    return kinds.limits(kind) is not None


def _about(means: Floats, zero: float) -> Sphere | None:
    size = np.sqrt((means * means).sum(axis=1))
    counts = float(np.median(size))
    if counts < 1e-9 or np.abs(size / counts - 1).max() > 0.3:
        return None
    toward = means / size[:, None]
    positions = _apart(toward)
    if positions < FEWEST:
        return None
    found, misfit = _fitted(size, toward)
    if misfit > WORST:
        return None
    mean = float(np.mean(size)) * (1 + float(found[0]))
    return Sphere(mean, zero, found[1:4], 1 + found[4:], misfit, positions)


def _apart(toward: Floats) -> int:
    """How many of the directions are no two alike; 0 where all lie in one half."""
    chosen: list[Floats] = []
    for one in toward:
        if all(one @ other < APART_COS for other in chosen):
            chosen.append(one)
    spread = np.linalg.eigvalsh(toward.T @ toward / len(toward))
    return len(chosen) if spread[0] > 0.02 and np.linalg.norm(toward.mean(axis=0)) < ONE_SIDED else 0


def _fitted(size: Floats, toward: Floats) -> tuple[Floats, float]:
    """What the size of gravity is off by, and the misfit: least squares with what offsets and scales of axes
    can be as prior, size = mean (1 + a + u·b + Σ eᵢ(uᵢ² - 1/3)). The numbers are a, b (3), e (3)."""
    ones = np.ones((len(size), 1))
    model = np.concatenate([ones, toward, toward * toward - 1 / 3], axis=1)
    prior = np.diag([0.0, *[SEEN / BIAS] * 3, *[SEEN / UNEVEN] * 3])
    seen = np.concatenate([size / np.mean(size) - 1, np.zeros(7)])
    whole = np.concatenate([model, prior])
    found, *_ = np.linalg.lstsq(whole, seen, rcond=None)
    left = whole @ found - seen
    return found, float(np.sqrt((left * left).sum() / len(size)))


def _centre(means: Floats) -> float | None:
    """The one number, for all three axes, about which these lie on a sphere."""
    model = np.column_stack([2 * means, np.ones(len(means))])
    found, *_ = np.linalg.lstsq(model, (means * means).sum(axis=1), rcond=None)
    radius = np.sqrt(max(found[3] + (found[:3] ** 2).sum(), 0.0))
    centre = float(found[:3].mean())
    if radius < STEPS or np.abs(found[:3] - centre).max() > 0.2 * radius:
        return None
    power = 2.0 ** np.round(np.log2(abs(centre))) if centre else 0.0
    return float(power) if abs(power - abs(centre)) < 0.1 * radius and centre > 0 else float(np.round(centre))


def _reach(v: Floats, held: list[NDArray[np.intp]], moved: NDArray[np.bool_]) -> float | None:
    """How far the size of (n, 3) in g reaches while it is moved, None where it is not steady at rest."""
    if np.sqrt(np.mean([v[rows].var(axis=0).sum() for rows in held])) > UNSTEADY:
        return None
    if (np.abs(v) < SMALL).mean() < OFTEN:  # numbers that wrap at their zero never are small
        return None
    size = np.sqrt((v * v).sum(axis=1))
    low, high = np.quantile(size[moved], (0.03, 0.97)) if moved.any() else (1.0, 1.0)
    return float(high - low)
