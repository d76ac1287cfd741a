"""Unit quaternions as (n, 4) arrays, scalar first; rotations are right-handed and active."""

import numpy as np

from footsense.types import Floats


def about(axis: Floats, angle_deg: Floats) -> Floats:
    """Rotation about a unit axis (3,) by angles (n,) in degrees: (n, 4)."""
    half = np.radians(angle_deg) / 2.0
    return np.column_stack([np.cos(half), np.sin(half)[:, None] * axis])


def times(a: Floats, b: Floats) -> Floats:
    """Product of rotations, `b` first, (n, 4) each."""
    aw, ax, ay, az = a.T
    bw, bx, by, bz = b.T
    return np.column_stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ]
    )


def inverse(q: Floats) -> Floats:
    """The rotation back, (n, 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0]))


def apply(q: Floats, v: Floats) -> Floats:
    """Vectors (n, 3) or (3,) turned by rotations (n, 4): v + 2 w (r × v) + 2 r × (r × v)."""
    w, r = q[:, :1], q[:, 1:]
    twice = 2.0 * np.cross(r, np.broadcast_to(v, r.shape))
    return np.asarray(v + w * twice + np.cross(r, twice))


def rate_dps(q: Floats, rate_hz: float) -> Floats:
    """Angular rate in the turned frame, (n, 3) in deg/s, by central differences of (n, 4) at `rate_hz`."""
    padded = np.concatenate([q[:1], q, q[-1:]])
    step = times(inverse(padded[:-2]), padded[2:])
    step = np.where(step[:, :1] < 0.0, -step, step)
    size = np.sqrt(np.einsum("ij,ij->i", step[:, 1:], step[:, 1:]))
    angle = 2.0 * np.arctan2(size, step[:, 0])
    scale = np.where(size > 1e-12, angle / np.maximum(size, 1e-12), 2.0)
    return np.asarray(np.degrees(step[:, 1:] * scale[:, None]) * (rate_hz / 2.0))


def random(rng: np.random.Generator) -> Floats:
    """A rotation drawn uniformly, (1, 4)."""
    q = rng.standard_normal(4)
    return np.asarray((q / np.sqrt((q * q).sum()))[None, :])
