"""A person who teaches: holds a sensor still in several positions, turning it in between, and then shakes it.

Times, angles and how a hand trembles are assumed, and drawn wide.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footsense.simulate import rotation

Floats = NDArray[np.float64]
GRID_HZ = 1000.0
GRAVITY = 9.80665


@dataclass(frozen=True)
class Session:
    """What an ideal sensor measures: t_s (n,), acc_g (n, 3), gyr_dps (n, 3) at its rate; `field` (n, 3), the
    direction of magnetic north, and `attitude` (n, 4)."""

    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats
    field: Floats
    attitude: Floats


def session(
    rng: np.random.Generator, rate_hz: float, *, positions: int = 7, hold_s: float = 4.0, shake_s: float = 4.0
) -> Session:
    """A whole lesson, sampled at `rate_hz`."""
    attitudes = [_face(rng, i) for i in range(positions)]
    parts, place = [], []
    for i, attitude in enumerate(attitudes):
        held = round(GRID_HZ * hold_s * rng.uniform(0.9, 1.2))
        parts.append(np.repeat(attitude, held, axis=0))
        place.append(np.zeros((held, 3)))
        if i + 1 < positions:
            turn = _turn(rng, attitude, attitudes[i + 1])
            parts.append(turn)
            place.append(np.zeros((len(turn), 3)))
    shaken, moved = _shake(rng, attitudes[-1], round(GRID_HZ * shake_s))
    q = np.concatenate([*parts, shaken])
    q = rotation.times(q, _tremor(rng, len(q)))
    lever = rotation.apply(q, rng.normal(0.0, 0.08, 3))
    moved_m = np.concatenate([*place, moved]) + lever
    force = np.gradient(np.gradient(moved_m, axis=0), axis=0) * GRID_HZ**2 / GRAVITY + [0.0, 0.0, 1.0]
    back = rotation.inverse(q)
    at = np.arange(0, len(q) - 1, GRID_HZ / rate_hz)
    acc, gyr = rotation.apply(back, force), rotation.rate_dps(q, GRID_HZ)
    north = rotation.apply(back, np.array([0.45, 0.0, -0.89]))
    picked = [_at(values, at) for values in (acc, gyr, north, q)]
    return Session(at / GRID_HZ, *picked)


def _at(values: Floats, at: Floats) -> Floats:
    grid = np.arange(len(values))
    return np.column_stack([np.interp(at, grid, column) for column in values.T])


def _face(rng: np.random.Generator, i: int) -> Floats:
    """Lying on one of its six faces after the other, by eye, turned about the vertical in any way."""
    axis, angle = [((1, 0, 0), 0), ((1, 0, 0), 90), ((0, 1, 0), 90), ((1, 0, 0), 180), ((0, 1, 0), -90),
                   ((1, 0, 0), -90)][i % 6]  # fmt: skip
    lying = rotation.about(np.array(axis, float), np.array([float(angle)]))
    heading = rotation.about(np.array([0.0, 0.0, 1.0]), rng.uniform(-180, 180, 1))
    return rotation.times(heading, rotation.times(_small(rng, 12.0), lying))


def _small(rng: np.random.Generator, deg: float) -> Floats:
    axis = rng.standard_normal(3)
    return rotation.about(axis / np.linalg.norm(axis), np.abs(rng.normal(0.0, deg, 1)))


def _turn(rng: np.random.Generator, a: Floats, b: Floats) -> Floats:
    """From one attitude to the other, the short way round but not quite straight, gently."""
    step = rotation.times(rotation.inverse(a), b)
    step = np.where(step[:, :1] < 0, -step, step)
    size = np.linalg.norm(step[0, 1:])
    angle, axis = 2 * np.degrees(np.arctan2(size, step[0, 0])), step[0, 1:] / max(size, 1e-9)
    n = round(GRID_HZ * max(0.8, abs(angle) / rng.uniform(70, 130)))
    s = np.linspace(0, 1, n)
    ease = s**3 * (10 - 15 * s + 6 * s * s)
    detour = rng.uniform(-25, 25) * np.sin(np.pi * ease) ** 2
    sideways = np.cross(axis, rng.standard_normal(3))
    sideways /= np.linalg.norm(sideways)
    way = rotation.times(rotation.about(axis, ease * angle), rotation.about(sideways, detour))
    return rotation.times(np.repeat(a, n, axis=0), way)


def _shake(rng: np.random.Generator, a: Floats, n: int) -> tuple[Floats, Floats]:
    t = np.arange(n) / GRID_HZ
    grows = np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.4)
    hz = rng.uniform(2.5, 4.0)
    moved = np.zeros((n, 3))
    for factor in (1.0, 0.73):
        way = rng.standard_normal(3)
        way *= rng.uniform(1.0, 2.2) * GRAVITY / np.linalg.norm(way) / (2 * np.pi * hz * factor) ** 2
        moved += way * (grows * np.sin(2 * np.pi * hz * factor * t + rng.uniform(0, 6)))[:, None]
    axis = rng.standard_normal(3)
    wobble = rotation.about(
        axis / np.linalg.norm(axis), grows * rng.uniform(10, 30) * np.sin(2 * np.pi * hz * t)
    )
    return rotation.times(np.repeat(a, n, axis=0), wobble), moved


def _tremor(rng: np.random.Generator, n: int) -> Floats:
    """A hand that is never quite still: a few tenths of a degree, slowly, and a tremor of 8 to 11 Hz."""
    t = np.arange(n) / GRID_HZ
    slow = sum(
        rng.normal(0, 0.2, 3) * np.sin(2 * np.pi * f * t[:, None] + rng.uniform(0, 6, 3)) for f in (0.3, 0.7)
    )
    fast = rng.normal(0, 0.03, 3) * np.sin(2 * np.pi * rng.uniform(8, 11) * t[:, None])
    half = np.radians(slow + fast) / 2
    return np.column_stack([np.sqrt(1 - (half * half).sum(axis=1)), half])
