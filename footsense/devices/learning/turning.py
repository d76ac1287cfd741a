"""Three numbers in a row that are a gyroscope: nothing at rest, and what turns gravity when the sensor is
turned.

For what is fixed in the world and seen in the turning sensor's frame du/dt = -ω × u (Titterton and Weston,
Strapdown Inertial Navigation Technology, 2004, 3.5.1). u is gravity's direction; ω is linear in the numbers, so
the matrix that makes ω of them follows by least squares, and it must be a scale times a signed permutation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from footsense.devices import kinds
from footsense.devices.learning.columns import TYPES, Block, columns
from footsense.devices.learning.rows import Row
from footsense.devices.learning.stillness import Spells
from footsense.types import Floats

RESTS = 0.12  # of what it is when moved: how far it may stray in the positions
LIVELY = 3.0  # times as much when moved as at rest
STEP_S = 0.15
WILD = 0.35  # of 1 g: where gravity cannot be seen for what the sensor does
EXPLAINED = 0.05  # of the turning; the way from one position to the next tells more
ROUGH_SCALES = np.geomspace(0.15, 2.2, 14)  # of the first guess, which is too large where gravity hardly shows
COARSE = 12  # steps in which a turn is gone through at first
LONGEST_TURN_S = 6.0
TURNED_COS = np.cos(np.radians(25.0))  # from one position to the next, to be of use
WORST_DEG = 14.0  # rms, from one position to the next


@dataclass(frozen=True, eq=False)
class Track:
    """The accelerometer as far as it is known: t_s (n,), in g (n, 3)."""

    t_s: Floats
    acc_g: Floats

    def toward(self, at_s: Floats, half_s: float = 0.06) -> tuple[Floats, Floats]:
        """The mean about each time, as a direction (k, 3), and how far its size is from 1 g (k,)."""
        first = np.searchsorted(self.t_s, at_s - half_s)
        last = np.maximum(np.searchsorted(self.t_s, at_s + half_s), first + 1)
        total = np.concatenate([np.zeros((1, 3)), np.cumsum(self.acc_g, axis=0)])
        first = np.minimum(first, len(self.t_s) - 1)
        last = np.clip(last, first + 1, len(self.t_s))
        mean = (total[last] - total[first]) / (last - first)[:, None]
        size = np.sqrt((mean * mean).sum(axis=1))
        return mean / np.maximum(size, 0.05)[:, None], np.abs(size - 1)


@dataclass(frozen=True, eq=False)
class Gyro:
    """A gyroscope that agrees with gravity: where its numbers lie, how they turn into the accelerometer's axes
    (`axes` (3, 3), a signed permutation, in a frame that may be left-handed), deg/s a count, the number that
    means 0, how much of gravity's turning it explains, and by how much in degrees the positions disagree,
    over so many `turns`."""

    row: Row
    axes: Floats
    dps: float
    zero: float
    explained: float
    misfit_deg: float
    turns: int

    @property
    def spread(self) -> float:
        """How far the scale may be off, as a share of it."""
        return float(self.misfit_deg / 90.0 / np.sqrt(self.turns))


def resting(block: Block, spells: Spells) -> Iterator[tuple[str, list[int], Floats]]:
    """Triples that could be a gyroscope: of each type, the offsets, and what each strays at rest by, (k,)."""
    number = spells.within(block.at_s)
    held = [rows for i in range(len(spells.still)) if len(rows := np.flatnonzero(number == i)) >= 2]
    moved = number < 0
    if len(held) < 3 or moved.sum() < 8:
        return
    for kind in TYPES:
        offsets, strays = _resting(columns(block, kind), kind, held, moved)
        if offsets:
            yield kind, offsets, strays


def _resting(
    values: Floats, kind: str, held: Sequence[NDArray[np.intp]], moved: NDArray[np.bool_]
) -> tuple[list[int], Floats]:
    width = kinds.size(kind)
    usable = np.isfinite(values).all(axis=0)
    with np.errstate(all="ignore"):
        means = np.array([values[rows].mean(axis=0) for rows in held])
        noise = np.array([values[rows].std(axis=0) for rows in held])
        centre = np.median(means, axis=0)
        strays = np.sqrt(((means - centre) ** 2).mean(axis=0) + np.median(noise, axis=0) ** 2)
        swing = np.sqrt(((values[moved] - centre) ** 2).mean(axis=0))
        fits = usable & (swing > LIVELY * np.median(noise, axis=0)) & (swing > 0)
        fits &= np.sqrt(((means - centre) ** 2).mean(axis=0)) < RESTS * swing
    at = np.arange(max(values.shape[1] - 2 * width, 0))
    whole = fits[at] & fits[at + width] & fits[at + 2 * width]
    share = (strays / np.where(swing > 0, swing, 1.0))[: len(at)]
    return at[whole].tolist(), share[whole]


def gyro_of(row: Row, t_s: Floats, values: Floats, track: Track, spells: Spells) -> Gyro | None:
    """Whether these numbers (n, 3) at times t_s turn gravity as it is seen to turn, and how."""
    still = spells.within(t_s) >= 0
    if still.sum() < 8:
        return None
    centre = np.median(values[still], axis=0)
    rates = values - centre
    matrix, explained = _matrix(t_s, rates, track)
    if matrix is None or explained < EXPLAINED:
        return None
    paths = _paths(t_s, rates, track, spells)
    if not paths:
        return None
    axes, about_dps = _way_round(paths, float(np.degrees(np.sqrt((matrix * matrix).sum() / 3))))
    dps, misfit = _scale([(ends, path @ axes.T) for ends, path in paths], about_dps)
    if misfit > WORST_DEG:
        return None
    return Gyro(row, axes, dps, float(centre.mean()), explained, misfit, len(paths))


def _matrix(t_s: Floats, rates: Floats, track: Track) -> tuple[Floats | None, float]:
    """The matrix that makes rad/s of the numbers, and how much of gravity's turning it explains."""
    edges = np.arange(max(t_s[0], track.t_s[0]) + 0.1, min(t_s[-1], track.t_s[-1]) - 0.1, STEP_S)
    if len(edges) < 20:
        return None, 0.0
    u, off = track.toward(edges)
    scale = float(np.sqrt((rates * rates).mean())) or 1.0
    turned = _turned(t_s, rates / scale, edges)
    middle = (u[1:] + u[:-1]) / 2
    # column 3 j + k: what number k does to u if it is the rate about axis j: -e_j × u
    crossed = -np.stack([np.cross(e, middle) for e in np.eye(3)], axis=1)
    model = np.einsum("nji,nk->nijk", crossed, turned).reshape(-1, 9)
    seen = (u[1:] - u[:-1]).ravel()
    off = np.maximum(off[1:], off[:-1])
    weight = np.repeat(np.where(off < WILD, 1 / (0.1 + off), 0.0), 3)
    found, *_ = np.linalg.lstsq(model * weight[:, None], seen * weight, rcond=None)
    left = (seen - model @ found) * weight
    explained = 1 - float((left @ left) / ((seen * weight) @ (seen * weight)))
    return found.reshape(3, 3) / scale, explained


def _turned(t_s: Floats, rates: Floats, edges: Floats) -> Floats:
    """The integrals of (n, 3) between the edges, (k - 1, 3)."""
    step = np.diff(t_s)[:, None]
    whole = np.concatenate([np.zeros((1, 3)), np.cumsum((rates[1:] + rates[:-1]) / 2 * step, axis=0)])
    at = np.column_stack([np.interp(edges, t_s, column) for column in whole.T])
    return np.diff(at, axis=0)


Path = tuple[
    Floats, Floats
]  # gravity's direction before and after (2, 3), the numbers' integrals between (k, 3)


def _paths(t_s: Floats, rates: Floats, track: Track, spells: Spells) -> list[Path]:
    """From each position to the next, where they differ enough."""
    pairs = zip(spells.still, spells.still[1:], strict=False)
    turns = [(_late(a), _early(b)) for a, b in pairs if b[0] - a[1] < LONGEST_TURN_S]
    paths = [(track.toward(np.array(turn), 0.2)[0], _between(t_s, rates, *turn)) for turn in turns]
    return [(ends, path) for ends, path in paths if ends[0] @ ends[1] < TURNED_COS]


def _way_round(paths: Sequence[Path], about_dps: float) -> tuple[Floats, float]:
    """The signed permutation (3, 3) and roughly the deg/s a count that take gravity from one position to the
    next."""
    turns = np.zeros((48, 3, 3))
    ways = [(order, signs) for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)]
    for turn, (order, signs) in zip(turns, ways, strict=True):
        turn[range(3), order] = signs
    tried = (about_dps * ROUGH_SCALES[:, None, None, None] * turns).reshape(-1, 3, 3)
    best = int(np.argmin(_disagreements([(ends, _coarse(path)) for ends, path in paths], tried)))
    return turns[best % 48], about_dps * float(ROUGH_SCALES[best // 48])


def _coarse(path: Floats) -> Floats:
    """The same path in few steps."""
    whole = np.concatenate([np.zeros((1, 3)), np.cumsum(path, axis=0)])
    at = np.linspace(0, len(path), min(COARSE, len(path)) + 1)
    return np.diff(np.column_stack([np.interp(at, np.arange(len(whole)), c) for c in whole.T]), axis=0)


def _scale(paths: Sequence[Path], about_dps: float) -> tuple[float, float]:
    """deg/s a count that take gravity best from each position to the next, and the rms angle left in
    degrees."""
    best, width, left = about_dps, 0.35, 0.0
    for _ in range(4):
        tried = best * np.linspace(1 - width, 1 + width, 15)
        costs = _disagreements(paths, tried[:, None, None] * np.eye(3))
        best, width, left = float(tried[int(np.argmin(costs))]), width / 5, float(costs.min())
    return best, float(np.sqrt(left))


def _late(spell: tuple[float, float]) -> float:
    """A moment near the end of a spell at which the sensor is at rest for sure."""
    return max(spell[1] - 0.5, sum(spell) / 2)


def _early(spell: tuple[float, float]) -> float:
    return min(spell[0] + 0.5, sum(spell) / 2)


def _between(t_s: Floats, rates: Floats, start_s: float, end_s: float) -> Floats:
    """Integrals of the numbers over each step between two times, (k, 3) in count-seconds."""
    inside = t_s[(t_s > start_s) & (t_s < end_s)]
    return _turned(t_s, rates, np.concatenate([[start_s], inside, [end_s]]))


def _disagreements(paths: Sequence[Path], dps: Floats) -> Floats:
    """Mean square of the angles left in degrees with each matrix (m, 3, 3) of deg/s; a turn gone wrong counts
    little."""
    total = np.zeros(len(dps))
    for ends, path in paths:
        gone = ends[0] @ _whole_turns(np.radians(path @ dps.transpose(0, 2, 1)))
        angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(gone, ends[1]), axis=1), gone @ ends[1]))
        total += np.minimum(angle * angle, 30.0**2)
    return np.asarray(total / len(paths))


def _whole_turns(steps: Floats) -> Floats:
    """The products of small turns (m, k, 3) in rad, in order, as matrices (m, 3, 3): body at the end to body at
    the beginning."""
    angle = np.sqrt((steps * steps).sum(axis=2))[..., None, None]
    safe = np.maximum(angle, 1e-12)
    x, y, z = np.moveaxis(steps, 2, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=2).reshape(*steps.shape, 3)
    turns = np.eye(3) + np.sin(angle) / safe * cross + (1 - np.cos(angle)) / safe**2 * (cross @ cross)
    while turns.shape[1] > 1:
        odd = turns[:, turns.shape[1] // 2 * 2 :]
        turns = np.concatenate([turns[:, 0:-1:2] @ turns[:, 1::2], odd], axis=1)
    return np.asarray(turns[:, 0])
