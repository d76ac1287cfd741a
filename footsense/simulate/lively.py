"""What a stride has beside the schematic one.

The foot rolls and turns in the air, its pitch does not go like a pendulum, and landings jolt it. Sizes are
assumed, so that amplitudes and spectra are of the order of those recorded of people walking with a sensor on
the foot: |a| up to 5 to 18 g, 300 to 600 deg/s across the main axis, a tenth of the power above 30 Hz.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from footsense.simulate.body import ANGLES, Angle
from footsense.simulate.curves import GRID_HZ, between, ease, times
from footsense.simulate.motion import Impact
from footsense.types import Floats

LATE, EVEN = 1, 2  # shapes of a move
_RAMP = 0.25
_COLUMNS = [Angle.INVERSION, Angle.YAW]
_ROLL_DEG = np.array([[9.0, -6.0], [-4.0, 8.0], [8.0, 0.0], [-5.0, 0.0]])  # toe-off, mid-swing, landing, flat
_SPREAD_DEG = np.array([[5.0, 5.0], [5.0, 5.0], [4.0, 3.0], [3.0, 1.0]])


@dataclass(frozen=True, slots=True)
class Stride:
    """Heel-off, toe-off, heel down, landing, flat, shifted and the next heel-off in s; whether on tiptoe; how
    hard it lands in g."""

    at_s: tuple[float, ...]
    toe: bool
    impact_g: float


def moved(knots_s: Floats, values: Floats, shapes: Floats, at_s: Floats, lively: float) -> Floats:
    """As curves.between, (n,), but LATE moves gather speed until their end, as the foot does in pushing off,
    and EVEN ones go at one speed, as in the swing; more so the livelier."""
    i = np.clip(np.searchsorted(knots_s, at_s, side="right") - 1, 0, len(knots_s) - 2)
    x = np.clip((at_s - knots_s[i]) / (knots_s[i + 1] - knots_s[i]), 0.0, 1.0)
    s, share = ease(x), min(1.0, lively)
    late = ease(x ** (1.0 + 0.9 * share))
    ends = np.minimum(np.minimum(x, 1.0 - x) / _RAMP, 1.0)
    even = (x - 0.5) / (1.0 - _RAMP) + 0.5 + np.sign(0.5 - x) * _RAMP / 2.0 / (1.0 - _RAMP) * (1.0 - ends) ** 2
    s = np.where(shapes[i] == LATE, late, s)
    s = np.where(shapes[i] == EVEN, s + share * (even - s), s)
    return np.asarray(values[i] + s * (values[i + 1] - values[i]))


def rolling(
    rng: np.random.Generator, strides: Sequence[Stride], count: int, lively: float, sign: float
) -> Floats:
    """What the foot rolls and turns in each stride, (n, 6) in degrees; `sign` mirrors the turns."""
    own = (_ROLL_DEG + _SPREAD_DEG * rng.standard_normal((4, 2))) * [1.0, sign] * lively
    knots, values = [0.0], [np.zeros(2)]
    for stride in strides:
        a = stride.at_s
        now = own * np.exp(0.2 * rng.standard_normal((4, 2)))
        knots += [max(a[0], knots[-1] + 1e-3), a[1], (a[1] + a[3]) / 2.0, a[3], a[4], a[6]]
        values += [np.zeros(2), *now, np.zeros(2)]
    extra = np.zeros((count, ANGLES))
    extra[:, _COLUMNS] = between(
        np.append(knots, knots[-1] + 1.0), np.stack([*values, values[-1]]), times(count)
    )
    return extra


def jolted(rng: np.random.Generator, strides: Sequence[Stride], count: int, lively: float) -> Floats:
    """Turns that ring after each landing, (n, 6) in degrees."""
    hz, decay_s = rng.uniform(10.0, 24.0), rng.uniform(0.02, 0.05)
    weights = rng.standard_normal(3) * [1.0, 0.7, 0.3]
    extra = np.zeros((count + round(GRID_HZ), ANGLES))
    for stride in strides:
        first = int(np.ceil(stride.at_s[3] * GRID_HZ))
        t = (first + np.arange(round(6.0 * decay_s * GRID_HZ))) / GRID_HZ - stride.at_s[3]
        size = 0.5 * lively * (0.6 if stride.toe else 1.0) * np.exp(0.4 * rng.standard_normal())
        wave = size * np.sin(2 * np.pi * hz * rng.uniform(0.85, 1.15) * t) * np.exp(-t / decay_s)
        part = extra[first : first + len(t)]
        part[:, [Angle.INVERSION, Angle.MIDFOOT, Angle.YAW]] += wave[: len(part), None] * weights
    return extra[:count]


def jolts(rng: np.random.Generator, strides: Sequence[Stride], lively: float) -> list[Impact]:
    """The sharp part of each landing, and the push before each toe-off."""
    heel_hz, toe_hz = rng.uniform(28.0, 60.0), rng.uniform(12.0, 35.0)
    harder, push = np.exp(0.5 * rng.standard_normal()), rng.uniform(0.1, 0.8)
    found = []
    for stride in strides:
        across = 0.5 * rng.standard_normal(3)
        size = lively * harder * stride.impact_g * np.exp(0.4 * rng.standard_normal())
        across[2] += 0.5 if stride.toe else 0.9
        peak = size * across
        hz, decay_s = (toe_hz, 0.03) if stride.toe else (heel_hz, 0.014)
        found.append(Impact(stride.at_s[3] + rng.uniform(0.0, 0.01), tuple(peak.tolist()), hz, decay_s))
        up = lively * push * np.array([0.6, 0.0, 1.0]) + 0.1 * rng.standard_normal(3)
        found.append(
            Impact(stride.at_s[1] - rng.uniform(0.0, 0.04), tuple(up.tolist()), rng.uniform(7, 14), 0.03)
        )
    return found
