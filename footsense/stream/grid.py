"""Numbers samples, fills short holes, announces long ones.

A hole is an interval of more than 1.5 sample periods. Up to 0.25 s it is filled on the grid by straight
lines and flagged; a longer one becomes a Gap and a jump of the index.
"""

import math
from itertools import pairwise

import numpy as np

from footsense.types import CLIPPED, INTERPOLATED, Flags, Floats, Gap, Samples

HOLE_PERIODS = 1.5
MAX_FILL_S = 0.25
CLIP_SHARE = 0.998  # of the range; 16-bit parts end 0.003 % short of it, 8-bit parts 0.8 %
_SLACK = 1e-9  # s; stamps such as 0.25 are not exact in binary


class Grid:
    """The last step of the stream stage: holds the last sample and its index, nothing else."""

    def __init__(self, period_s: float, acc_range_g: float | None = None) -> None:
        self.period_s = period_s
        self._clip_g = None if acc_range_g is None else CLIP_SHARE * acc_range_g
        self._next = 0
        self._last: tuple[float, Floats, Floats | None] | None = None  # its time; the arrays that it ends

    @property
    def last_s(self) -> float | None:
        """Time of the last sample."""
        return None if self._last is None else self._last[0]

    def push(
        self,
        t_s: Floats,
        acc_g: Floats,
        gyr_dps: Floats | None,
        steps: Floats | None = None,
        clipped: Flags | None = None,
        *,
        step_s: float = math.inf,
        peak_g: float = math.inf,
    ) -> list[Samples | Gap]:
        """Take samples (t_s (n,) strictly increasing, acc_g and gyr_dps (n, 3)) and put out what they complete.

        `steps` (n,) says how many periods each lies behind the one before it (1: next on the grid), by
        default told from the times; `clipped` (n,) which stand at the end of the range, by default told from
        the range. Where it is known that none lies more than `step_s` behind the one before it, or that no
        acceleration is larger than `peak_g`, that spares the look at each.
        """
        if not len(t_s):
            return []
        if steps is None and not self._is_even(t_s, step_s):
            steps = self._steps(t_s)
        flags = self._flags(acc_g, peak_g) if clipped is None else clipped
        out: list[Samples | Gap]
        if steps is not None and (steps > 1).any():
            out = self._split(t_s, acc_g, gyr_dps, flags, steps)
        else:
            out = [self._run(t_s, acc_g, gyr_dps, flags)]
        self._note_last(t_s, acc_g, gyr_dps)
        return out

    def _is_even(self, t_s: Floats, step_s: float) -> bool:
        """Whether it is known that no sample lies more than 1.5 periods behind the one before it."""
        longest_s = HOLE_PERIODS * self.period_s
        return step_s <= longest_s and (self._last is None or float(t_s[0]) - self._last[0] <= longest_s)

    def _steps(self, t_s: Floats) -> Floats:
        """Periods between each sample and the one before it: 1 up to 1.5 periods, else rounded."""
        before = t_s[0] - self.period_s if self._last is None else self._last[0]
        periods = np.diff(t_s, prepend=before) / self.period_s
        return np.where(periods > HOLE_PERIODS + _SLACK, np.rint(periods), 1.0)

    def _split(
        self, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None, flags: Flags, steps: Floats
    ) -> list[Samples | Gap]:
        dt = np.diff(t_s, prepend=t_s[0] if self._last is None else self._last[0])
        long = np.flatnonzero((steps > 1) & (dt > MAX_FILL_S + _SLACK)).tolist()
        out: list[Samples | Gap] = []
        for start, stop in pairwise(sorted({0, *long, len(t_s)})):
            if start in long:
                self._next += int(steps[start]) - 1
                out.append(Gap(float(t_s[start] - dt[start]), float(t_s[start])))
                self._last = None
            if stop > start:
                part = slice(start, stop)
                gyr = None if gyr_dps is None else gyr_dps[part]
                out.append(self._filled(t_s[part], acc_g[part], gyr, flags[part], steps[part]))
                self._note_last(t_s[part], acc_g[part], gyr)
        return out

    def _note_last(self, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None) -> None:
        self._last = float(t_s[-1]), acc_g, gyr_dps

    def _filled(
        self, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None, flags: Flags, steps: Floats
    ) -> Samples:
        place = np.cumsum(np.concatenate(([0.0], steps[1:])))
        knots = place
        if self._last is not None:  # the lines start at the sample before these
            place = place + steps[0]
            knots = np.concatenate(([0.0], place))
            before_s, acc_before, gyr_before = self._last
            t_s, acc_g = np.concatenate(([before_s], t_s)), np.concatenate((acc_before[-1:], acc_g))
            if gyr_dps is not None and gyr_before is not None:
                gyr_dps = np.concatenate((gyr_before[-1:], gyr_dps))
        at = np.arange(0.0 if self._last is None else 1.0, knots[-1] + 1)
        marks = np.full(len(at), INTERPOLATED, dtype=np.uint8)
        marks[(place - at[0]).astype(int)] = flags
        gyr = None if gyr_dps is None else lines(at, knots, gyr_dps)
        return self._run(np.interp(at, knots, t_s), lines(at, knots, acc_g), gyr, marks)

    def _run(self, t_s: Floats, acc_g: Floats, gyr_dps: Floats | None, flags: Flags) -> Samples:
        first = self._next
        self._next += len(t_s)
        gyr = None if gyr_dps is None else np.ascontiguousarray(gyr_dps)
        return Samples(first, t_s, np.ascontiguousarray(acc_g), gyr, flags)

    def _flags(self, acc_g: Floats, peak_g: float) -> Flags:
        if self._clip_g is None or peak_g < self._clip_g:
            return np.zeros(len(acc_g), dtype=np.uint8)
        at_end = (np.abs(acc_g) >= self._clip_g).any(axis=1)
        return np.where(at_end, np.uint8(CLIPPED), np.uint8(0))


def lines(at: Floats, knots: Floats, rows: Floats) -> Floats:
    """The straight lines through rows (n, 3) at the knots (n,), at these places."""
    out = np.empty((len(at), 3))
    for k in range(3):
        out[:, k] = np.interp(at, knots, rows[:, k])
    return out
