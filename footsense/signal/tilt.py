"""The path of the up-direction in the sensor's frame, from the accelerometer and, if there is one, a gyro."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from footsense.signal.butterworth import low_pass, product
from footsense.signal.front import Slow
from footsense.signal.sections import LowPass, Sections
from footsense.types import Floats

RADIAN_DEG = 57.29577951308232
LEAK_S = 6.0  # time constant with which the angles turned are forgotten
BIAS_S = 30.0  # and that with which the gyro's bias is found
FIRST_S = 1.0  # from the mean of so long, if that is slower than
SLOW_RAD_S = 0.1  # as badly biased as a gyro may be
MEAN_S = 2.0  # of the mean that they are taken about
SMOOTH_HZ = 4.0  # of the accelerometer alone
SMALLEST_G = 0.2  # shorter specific forces are not stretched to unit length any further


class Bias:
    """The slow part of angular rates (3, n) in rad/s: none at first, then from the mean of the first FIRST_S
    on, unless that is so fast that the foot was moving."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._left = max(1, round(FIRST_S * rate_hz))
        self._sum = np.zeros(3)
        self._seen = self._left
        self._low: LowPass | None = None

    def process(self, rate: Floats) -> Floats:
        slow = np.zeros_like(rate)
        head = min(self._left, rate.shape[1])
        if head:
            self._sum = np.cumsum(np.concatenate([self._sum[:, None], rate[:, :head]], axis=1), axis=1)[:, -1]
            self._left -= head
        if head < rate.shape[1]:
            slow[:, head:] = self._after(rate[:, head:])
        return slow

    def step(self, rate: list[float]) -> list[float]:
        """`process` for one sample."""
        if not self._left:
            return self._follow().step(rate)
        self._left -= 1
        self._sum = self._sum + np.array(rate)
        return [0.0, 0.0, 0.0]

    def _after(self, rate: Floats) -> Floats:
        return self._follow().process(rate)

    def _follow(self) -> LowPass:
        if self._low is None:
            mean = self._sum * (1 / self._seen)
            start = mean if float(square(mean)) < SLOW_RAD_S * SLOW_RAD_S else np.zeros(3)
            self._low = LowPass.with_time_constant(BIAS_S, self._rate_hz, start)
        return self._low


def cross(a: Floats, b: Floats, out: Floats | None = None) -> Floats:
    """Cross product of vectors (3, …), element by element."""
    product = np.empty_like(a) if out is None else out
    spare = np.empty_like(a[0])
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        np.multiply(a[i], b[j], out=product[k])
        product[k] -= np.multiply(a[j], b[i], out=spare)
    return product


def square(a: Floats, out: Floats | None = None) -> Floats:
    """Squared length of vectors (3, …)."""
    squares = a * a
    total = np.add(squares[0], squares[1], out=out)
    total += squares[2]
    return np.asarray(total)


@dataclass(frozen=True, slots=True)
class Tilt:
    """`t_s` (n,); `path` (3, n) in rad: with a gyro the angles turned about the sensor's axes, leaking away
    over LEAK_S, without one the unit vector up; `acc_g` (3, n): specific force; `linear_g` (n,): how far
    |a| is from its mean."""

    t_s: Floats
    path: Floats
    acc_g: Floats
    linear_g: Floats


Point = tuple[float, float, float]
Step = tuple[Point, Point, float]  # of a Tilt with one sample: path, acc_g, linear_g


class TiltPath:
    """Slow samples to Tilt.

    Both paths wind alike: the up-direction obeys u' = u × ω, so that for a small motion about a mean c it moves
    by c × (angles turned), a linear map. The angles know no linear acceleration and see turning about the
    vertical. Their rate is ω + ½ φ × ω to second order in the angles φ about the mean (Bortz 1971); without the
    second term circling would seem to drift across its plane.
    """

    def __init__(self, rate_hz: float, *, has_gyro: bool) -> None:
        self._has_gyro = has_gyro
        self._bias = Bias(rate_hz)
        self._about = Sections(_about_mean(rate_hz))
        self._about.start(np.zeros(3))
        self._fine = LowPass.with_time_constant(LEAK_S, rate_hz, start=0.0)
        self._slow = LowPass.with_time_constant(LEAK_S, rate_hz)
        self._smooth = LowPass(min(SMOOTH_HZ, 0.3 * rate_hz), rate_hz, 2)
        self.delay_s = 0.0 if has_gyro else self._smooth.delay_s

    def process(self, slow: Slow) -> Tilt:
        acc = np.ascontiguousarray(slow.acc_g.T)
        turned = self._has_gyro and slow.gyr_dps is not None
        low = acc if turned else self._smooth.process(acc)
        length = np.sqrt(square(low))
        linear = length - self._slow.process(length[None])[0]
        if not turned:
            return Tilt(slow.t_s - self.delay_s, low / np.maximum(length, SMALLEST_G), low, linear)
        assert slow.gyr_dps is not None
        rate = np.ascontiguousarray(slow.gyr_dps.T) * (1 / RADIAN_DEG)
        return Tilt(slow.t_s, self._angles(rate), low, linear)

    def step(self, acc_g: list[float], gyr_dps: list[float] | None) -> Step:
        """`process` for one slow sample, number by number; where `same_bits`."""
        turned = self._has_gyro and gyr_dps is not None
        low = acc_g if turned else self._smooth.step(acc_g)
        x, y, z = low
        length = sqrt(x * x + y * y + z * z)
        linear = length - self._slow.step([length])[0]
        if not turned or gyr_dps is None:
            stretched = max(length, SMALLEST_G)
            return (x / stretched, y / stretched, z / stretched), (x, y, z), linear
        rate = [v * (1 / RADIAN_DEG) for v in gyr_dps]
        rate = [v - b for v, b in zip(rate, self._bias.step(rate), strict=True)]
        (a, b, c), (p, q, r) = self._about.step(rate), rate
        px, py, pz = self._fine.step(
            [LEAK_S * (p + (b * r - c * q)), LEAK_S * (q + (c * p - a * r)), LEAK_S * (r + (a * q - b * p))]
        )
        return (px, py, pz), (x, y, z), linear

    def _angles(self, rate: Floats) -> Floats:
        # the integral of ω without its slow part is a low-pass of τω
        rate = rate - self._bias.process(rate)
        turned = cross(self._about.process(rate), rate)
        turned += rate
        turned *= LEAK_S
        return self._fine.process(turned)


def _about_mean(rate_hz: float) -> Floats:
    """The section (1, 6) that makes of a rate half the angles turned about their mean: ½ LEAK_S times a
    low-pass with the time constant LEAK_S, without its own mean over MEAN_S."""
    cutoffs_hz = (min(1 / (2 * np.pi * tau), 0.4 * rate_hz) for tau in (LEAK_S, MEAN_S))
    (leak,), (mean,) = (low_pass(1, cutoff_hz, rate_hz).tolist() for cutoff_hz in cutoffs_hz)
    b = product(leak[:2], [1.0 - mean[0], mean[4] - mean[1]])
    return np.array([[*(0.5 * LEAK_S * x for x in b), *product([1.0, leak[4]], [1.0, mean[4]])]])
