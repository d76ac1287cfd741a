"""The path of the up-direction in the sensor's frame, from the accelerometer and, if there is one, a gyro."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from footsense.signal.front import Slow, delay_at_zero
from footsense.types import Floats

RADIAN_DEG = 57.29577951308232
FUSION_S = 1.0  # below 1/(2π · this) Hz tilt is the accelerometer's, above it the gyro's
YAW_S = 6.0  # turning about the vertical has no reference and is forgotten with this time constant
SMOOTH_HZ = 4.0  # of the accelerometer alone
SMALLEST_G = 0.2  # shorter specific forces are not stretched to unit length any further


class LowPass:
    """A Butterworth low-pass over channels (k, n) with carried state, started in steady state at the first
    sample (at `start` instead, if given)."""

    def __init__(self, cutoff_hz: float, rate_hz: float, order: int = 1, start: float | None = None) -> None:
        self._sos = butter(order, cutoff_hz, fs=rate_hz, output="sos")
        self._zi: Floats | None = None
        self._start = start
        self.delay_s = delay_at_zero(self._sos) / rate_hz

    @classmethod
    def with_time_constant(cls, tau_s: float, rate_hz: float, start: float | None = None) -> "LowPass":
        """One pole: the exponential mean over `tau_s`."""
        return cls(min(1 / (2 * np.pi * tau_s), 0.4 * rate_hz), rate_hz, 1, start)

    def process(self, x: Floats, start: Floats | None = None) -> Floats:
        """`start` (k, 1) stands in for the first sample ever, and is not looked at later."""
        if self._zi is None:
            first = x[:, :1] if start is None else start
            first = first if self._start is None else np.full((len(x), 1), self._start)
            self._zi = sosfilt_zi(self._sos)[:, None, :] * first[None]
        low, self._zi = sosfilt(self._sos, x, axis=1, zi=self._zi)
        return np.asarray(low, dtype=np.float64)


def cross(a: Floats, b: Floats) -> Floats:
    """Cross product of vectors (3, …), element by element."""
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def square(a: Floats) -> Floats:
    """Squared length of vectors (3, …)."""
    return np.asarray(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


@dataclass(frozen=True, slots=True)
class Tilt:
    """`t_s` (n,); `path` (3, n): the unit vector up, lengthened by the angle turned about it in rad, so that
    all three angles of a small motion show; `linear_g` (n,): acceleration that is not gravity (without a gyro:
    only how far |a| is from its mean)."""

    t_s: Floats
    path: Floats
    linear_g: Floats


class TiltPath:
    """Slow samples to Tilt.

    With a gyro the up-direction u obeys u' = u × ω and a complementary filter joins it to the accelerometer:
    low-pass of a + τ·(u × ω), a first-order complement in closed form; u on the right is the estimate of the
    pass before. Linear acceleration at f Hz is damped by 1/(2πfτ).
    """

    def __init__(self, rate_hz: float, *, has_gyro: bool) -> None:
        self._has_gyro = has_gyro
        self._fusion = [LowPass.with_time_constant(FUSION_S, rate_hz) for _ in range(3)]
        self._yaw = LowPass.with_time_constant(YAW_S, rate_hz, start=0.0)
        self._centre = LowPass.with_time_constant(2 * FUSION_S, rate_hz)
        self._smooth = LowPass(min(SMOOTH_HZ, 0.3 * rate_hz), rate_hz, 2)
        self._mean = LowPass.with_time_constant(2 * FUSION_S, rate_hz)
        self.delay_s = 0.0 if has_gyro else self._smooth.delay_s

    def process(self, slow: Slow) -> Tilt:
        acc = np.ascontiguousarray(slow.acc_g.T)
        if self._has_gyro and slow.gyr_dps is not None:
            return self._fused(slow.t_s, acc, np.ascontiguousarray(slow.gyr_dps.T) / RADIAN_DEG)
        low = self._smooth.process(acc)
        length = np.sqrt(square(low))
        linear = length - self._mean.process(length[None])[0]
        return Tilt(slow.t_s - self.delay_s, low / np.maximum(length, SMALLEST_G), linear)

    def _fused(self, t_s: Floats, acc: Floats, rate: Floats) -> Tilt:
        up = self._fusion[0].process(acc)
        for low_pass in self._fusion[1:]:
            up = low_pass.process(acc + FUSION_S * cross(up, rate), start=acc[:, :1])
        rest = acc - up
        up /= np.maximum(np.sqrt(square(up)), SMALLEST_G)
        axis = 0.5 * (up + self._centre.process(up))  # circling would seem to turn about either alone
        about_up = axis[0] * rate[0] + axis[1] * rate[1] + axis[2] * rate[2]
        yaw = self._yaw.process(YAW_S * about_up[None])[0]
        return Tilt(t_s, up * (1 + yaw), np.sqrt(square(rest)))
