"""How far the sensor itself went on the way from one posture to another: its acceleration, integrated twice.

A foot that is flexed stays nearly where it is, a leg that is lifted does not. Both ways have rest at either
end, which makes the integral good for the second or two that it takes: what the force is at rest is taken off,
on the way in proportion to the turn that is done, and so is the speed that is left over at the end. The force
is low-passed at 2 Hz, so that tremor adds nothing.
"""

import math

import numpy as np

from footsense.signal.posture import TURN, UP, WEIGHT, Posture, sorted_up_to
from footsense.signal.runs import last_met
from footsense.types import Floats

STANDARD_G = 9.80665  # m/s², of 1 g
LEFT_SHARE, EARLY_S = 0.1, 0.4  # of the turn, and so long before, rest is left
SETTLES_S = 0.4  # a plateau is entered while the leg still comes to rest
BEFORE_S, AFTER_S = 0.5, 1.0  # at rest, and on the plateau


class Travel:
    """A way from rest, not left before row `rest`, to a plateau that was entered at row `entry` and kept up to
    row `last`."""

    def __init__(self, rows: Posture, rest: int, entry: int, last: int, rate_hz: float) -> None:
        self._rows, self._rate_hz = rows, rate_hz
        self._end = min(entry + self._count(SETTLES_S), last)
        self._begin = self._left(rest, entry)
        self._before = min(self.before(rate_hz), self._begin - rows.first)
        self._stop = min(self._end + self._count(AFTER_S), last) + 1

    @staticmethod
    def before(rate_hz: float) -> int:
        """So many rows before the way are looked at."""
        return round(BEFORE_S * rate_hz)

    def metres(self, bias: list[float] | None) -> tuple[float, float | None]:
        """By how many m the sensor is higher on the plateau, and how many it has gone in any direction, by the
        gyro, whose axes' `bias` is in rad a row; None without one.

        The length of the force tells the vertical however it is mounted; acceleration forwards and sideways
        changes it only to the second order. For the other the force is turned back into the frame of the
        beginning, in which gravity is still.
        """
        weight = self._cut(slice(WEIGHT, WEIGHT + 1))
        if bias is None:
            return self._gone(weight)[0], None
        turn = self._cut(TURN)
        since = np.arange(-self._before, turn.shape[1] - self._before)
        turn = turn - turn[:, self._before, None]
        turn -= np.multiply.outer(bias, since)
        force = _turned(self._cut(UP) * weight, turn)
        x, y, z, up = self._gone(np.concatenate([force, weight]))
        return up, math.sqrt(x * x + y * y + z * z)

    def _left(self, rest: int, entry: int) -> int:
        """The row shortly before rest was left for good: the shorter the way, the better its integral."""
        off = self._rows.distance(rest, entry + 1, self._rows.middle(rest - self.before(self._rate_hz), rest))
        left = rest + (last_met(off < LEFT_SHARE * off[-1]) or 0)
        return max(left - self._count(EARLY_S), rest)

    def _count(self, seconds: float) -> int:
        return round(seconds * self._rate_hz)

    def _cut(self, what: int | slice) -> Floats:
        return self._rows.cut(what, self._begin - self._before, self._stop)

    def _gone(self, force_g: Floats) -> list[float]:
        """The way gone, (k,) in m, by forces (k, m) at rest, on the way, and on the plateau.

        Summed up to the speed, what is left of that at the end taken off in proportion to the time, and summed
        up to the way, n forces count by n / 2, n / 2 - 1 … 1 - n / 2. Of what the posture changes in the force,
        by the axes' scales and offsets, as much is taken off as the turn is done.
        """
        a, n = self._before, self._end - self._begin + 1
        start, stop = _middle(force_g[:, : a + 1]), _middle(force_g[:, a + n - 1 :])
        moved = force_g[:, a : a + n] - start
        moved -= (stop - start) * self._turned_share()
        moved *= np.arange(0.5 * n, -0.5 * n, -1.0)
        way: list[float] = moved.cumsum(axis=1)[:, -1].tolist()
        return [x * STANDARD_G / (self._rate_hz * self._rate_hz) for x in way]

    def _turned_share(self) -> Floats:
        """How much of the turn from rest to plateau is done, 0 to 1: what the axes' scales and offsets add to
        the force goes with it."""
        rest = self._rows.middle(self._begin - self._before, self._begin)
        done = self._rows.distance(self._begin, self._end + 1, rest)
        return np.asarray(np.minimum(done / max(float(done[-1]), 1e-9), 1.0))


def _middle(x: Floats) -> Floats:
    """Medians (k, 1) of the rows of (k, m), of an even number the upper one."""
    n = x.shape[1] // 2
    return sorted_up_to(x, n)[:, n : n + 1]


def _turned(x: Floats, by: Floats) -> Floats:
    """Vectors (3, m) turned by rotation vectors (3, m) in rad, exact to a thousandth up to 90°."""
    square = by[0] * by[0] + by[1] * by[1] + by[2] * by[2]
    once = _crossed(by, x)
    sine = 1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0))
    cosine = 0.5 - square / 24.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0))
    return np.asarray(x + sine * once + cosine * _crossed(by, once))


def _crossed(a: Floats, b: Floats) -> Floats:
    a, b = (np.concatenate([v, v[:2]]) for v in (a, b))  # x, y, z, x, y
    crossed = a[1:4] * b[2:5]
    crossed -= a[2:5] * b[1:4]
    return crossed
