"""The samples of a check as whole arrays: posture, turning, and what shakes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from footsense.signal.sections import LowPass
from footsense.signal.tilt import RADIAN_DEG, cross, square
from footsense.types import Floats, Samples, Vector

POSTURE_HZ = 2.0
FAST_HZ = 4.0  # what is above is shaking and impact
TURN_HZ = 8.0


@dataclass(frozen=True, slots=True)
class Path:
    """`t_s` (n,); `up` (3, n): unit specific force below 2 Hz; `turn` (3, n) or None: angles in degrees turned
    about the sensor's axes since the first sample, bias not taken off; `fast_g` (3, n): specific force above
    4 Hz. Delays of the filters are taken off, to a sample."""

    rate_hz: float
    t_s: Floats
    up: Floats
    turn: Floats | None
    fast_g: Floats

    def at(self, t_s: float) -> int:
        """Index of the first sample at or after a time."""
        return int(np.searchsorted(self.t_s, t_s))


def path_of(parts: Sequence[Samples], rate_hz: float) -> Path:
    """The path of consecutive samples at one rate."""
    acc = np.ascontiguousarray(np.concatenate([p.acc_g for p in parts]).T)
    slow = _low_passed(acc, min(POSTURE_HZ, 0.3 * rate_hz), rate_hz)
    fast = acc - _low_passed(acc, min(FAST_HZ, 0.3 * rate_hz), rate_hz)
    length = np.sqrt(square(slow))
    turn = None
    if all(p.gyr_dps is not None for p in parts):
        gyr = np.concatenate([p.gyr_dps for p in parts if p.gyr_dps is not None]).T
        turn = np.cumsum(_low_passed(np.ascontiguousarray(gyr), min(TURN_HZ, 0.3 * rate_hz), rate_hz), axis=1)
        turn *= 1 / rate_hz
    t_s = np.concatenate([p.t_s for p in parts])
    return Path(rate_hz, t_s, slow / np.maximum(length, 0.2), turn, fast)


def _low_passed(x: Floats, cutoff_hz: float, rate_hz: float) -> Floats:
    """Channels (k, n) below a frequency, the delay taken off to the nearest sample, the end held."""
    low = LowPass(cutoff_hz, rate_hz, 2)
    delay = round(low.delay_s * rate_hz)
    late = np.concatenate([x, np.repeat(x[:, -1:], delay, axis=1)], axis=1)
    return low.process(late)[:, delay:]


def angle_deg(a: Floats, b: Floats) -> Floats:
    """Angle between unit vectors (3, …) in degrees, by the chord and the next term of its arc: to 1 % up to
    90°, without functions whose last bits differ between processors."""
    chord = square(a - b)
    root = np.sqrt(chord)
    return np.asarray(root * (1 + chord * (1 / 24 + chord * (3 / 640))) * RADIAN_DEG)


def middle(x: Floats) -> Floats:
    """Mean of each channel (k, n), as (k, 1): it turns with the sensor's axes, which medians do not."""
    return np.asarray(x.mean(axis=1, keepdims=True))


def column(v: Vector) -> Floats:
    """A vector as (3, 1)."""
    return np.array([v]).T


def vector(v: Floats) -> Vector:
    """(3, 1) as a vector."""
    x, y, z = v[:, 0].tolist()
    return x, y, z


def unit(v: Floats) -> Floats:
    """A vector (3, …) at unit length; none stays none."""
    return np.asarray(v / np.maximum(np.sqrt(square(v)), 1e-12))


def wound(flat: Floats, normal: Floats) -> Floats:
    """Twice the area that a path (3, n) sweeps about the origin around `normal` (3, 1), step by step (n-1,)."""
    swept = cross(flat[:, :-1], flat[:, 1:])
    return np.asarray(swept[0] * normal[0] + swept[1] * normal[1] + swept[2] * normal[2])
