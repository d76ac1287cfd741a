"""Starting postures as poses (9,): six angles in degrees, the ankle joint's place in m. Ranges are assumed."""

import numpy as np

from footsense.simulate.body import ANGLES, Person, ankle_below
from footsense.types import Floats

KNEE_M = np.array([0.0, 0.0, 1.0])


def pose(
    shank_pitch: float,
    dorsi: float,
    *,
    roll: float = 0.0,
    yaw: float = 0.0,
    inversion: float = 0.0,
    ankle_m: Floats | None = None,
) -> Floats:
    """A pose with a relaxed midfoot."""
    place = np.zeros(3) if ankle_m is None else ankle_m
    return np.concatenate([[shank_pitch, roll, yaw, dorsi, inversion, 0.0], place])


def from_knee(person: Person, angles: Floats, knee_m: Floats = KNEE_M) -> Floats:
    """The pose of a leg that hangs or lies from a knee in place, for angles (6,)."""
    return np.concatenate([angles, ankle_below(knee_m, person.shank_m, angles[None, :])[0]])


def moved(person: Person, start: Floats, **change: float) -> Floats:
    """The pose with angles changed by degrees, the knee where it was."""
    columns = {"shank_pitch": 0, "roll": 1, "yaw": 2, "dorsi": 3, "inversion": 4, "midfoot": 5}
    angles = start[:ANGLES].copy()
    for name, by in change.items():
        angles[columns[name]] += by
    at = ankle_below(np.zeros(3), person.shank_m, np.stack([start[:ANGLES], angles]))
    return np.concatenate([angles, start[ANGLES:] + at[1] - at[0]])


def hanging(rng: np.random.Generator, person: Person) -> Floats:
    """Sitting high, the leg hanging."""
    start = pose(
        rng.uniform(-10, 25), rng.uniform(-30, -12), roll=rng.normal(0, 3), inversion=rng.uniform(0, 6)
    )
    return from_knee(person, start[:ANGLES])


def stretched(rng: np.random.Generator, person: Person) -> Floats:
    """Legs stretched out, sitting or lying, toes up."""
    start = pose(rng.uniform(80, 95), rng.uniform(-38, -14), roll=rng.normal(0, 8), inversion=rng.uniform(0, 6))
    return from_knee(person, start[:ANGLES])


def is_stretched(start: Floats) -> bool:
    """Whether the leg lies, the foot relaxed."""
    return bool(75.0 < start[0] < 100.0 and -40.0 < start[3] < -8.0)


def crossed(rng: np.random.Generator, person: Person) -> Floats:
    """One leg over the other knee."""
    start = pose(
        rng.uniform(15, 60), rng.uniform(-30, -12), roll=rng.normal(0, 12), inversion=rng.uniform(0, 6)
    )
    return from_knee(person, start[:ANGLES])


def sitting(rng: np.random.Generator, person: Person) -> Floats:
    """Sitting, the foot flat on the floor."""
    return _flat(person, rng.uniform(-8, 15))


def standing(rng: np.random.Generator, person: Person, bent_deg: float = 0.0) -> Floats:
    """Standing flat, the shank leaning forward by a few degrees and by `bent_deg` for bent knees."""
    return _flat(person, -rng.uniform(1, 6) - bent_deg)


def _flat(person: Person, shank_pitch: float) -> Floats:
    return pose(shank_pitch, -shank_pitch, ankle_m=np.array([0.0, 0.0, person.ankle_height_m]))
