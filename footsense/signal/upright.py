"""Which way is up in the sensor's frame, by gyro and accelerometer, where the leg is moved to and fro."""

import math

import numpy as np

from footsense.signal.sections import Sections
from footsense.types import Floats

W = 0.5  # 1/s, of the filter below
ROUNDS = 2  # how often up is estimated anew
STILL_RADS = (
    5.0 * math.pi / 180.0
)  # what turns less at first is taken for still, and its rate for the gyro's error


class Upright:
    """Which way is up by both sensors: by the gyro at once, by the accelerometer in the long run.

    While the sensor turns by ω (rad/s), up moves in its frame by u × ω. Integrated, that drifts; the specific
    force f does not, but tells as well of every acceleration. With the integral v, u = v + F(f - v) where
    F = (2·w·s + w²) / (s + w)²: a constant error of the gyro adds nothing in the end (the complementary filter
    of Mahony, Hamel, Pflimlin 2008, IEEE Trans. Autom. Control 53:1203, with its product taken from an
    estimate before instead of from its own output, so that it is a linear filter). The first such estimate is
    the direction of f itself.
    """

    def __init__(self, rate_hz: float) -> None:
        self._dt = 1.0 / rate_hz
        k, w = 2.0 * rate_hz, W
        whole = (k + w) * (k + w)
        low = [(2 * k * w + w * w) / whole, 2 * w * w / whole, (w * w - 2 * k * w) / whole]
        self._sos = np.array([[*low, 1.0, 2.0 * (w * w - k * k) / whole, (k - w) * (k - w) / whole]])
        self._bias: Floats | None = None
        self._rounds = [(Sections(self._sos), np.zeros((3, 1))) for _ in range(ROUNDS)]

    def process(self, force_g: Floats, rate: Floats) -> Floats:
        """About (3, m) unit vectors, of specific force (3, m) in g and rate (3, m) in rad/s."""
        if self._bias is None:
            self._bias = _bias(rate[:, :1])
        up, rate = force_g, rate - self._bias
        for low, gone in self._rounds:
            moved = self._integral(_crossed(up, rate), gone)
            rest = force_g - moved
            if not low.started:
                low.start(rest[:, 0])
            up = moved + low.process(rest)
        return up

    def _integral(self, moves: Floats, gone: Floats) -> Floats:
        """By the trapezoidal rule, from `gone` (3, 1) on, which goes on."""
        moves *= self._dt
        half = 0.5 * moves
        moves[:, :1] += gone
        np.cumsum(moves, axis=1, out=moves)
        gone[:] = moves[:, -1:]
        moves -= half
        return moves


def _bias(first: Floats) -> Floats:
    """The rate (3, 1) at the start, if it can be that of a sensor lying still."""
    square = float((first * first).cumsum()[-1])
    return first.copy() if square < STILL_RADS * STILL_RADS else np.zeros((3, 1))


def _crossed(a: Floats, b: Floats) -> Floats:
    out = np.empty_like(a)
    for k in range(3):
        np.multiply(a[k - 2], b[k - 1], out=out[k])
        out[k] -= a[k - 1] * b[k - 2]
    return out
