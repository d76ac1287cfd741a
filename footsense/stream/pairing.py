"""Lays the gyro's samples onto the accelerometer's grid, where each comes in its own characteristic."""

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from footsense.stream.grid import lines
from footsense.types import Floats

WAIT_S = 0.1
NEIGHBOUR_PERIODS = 1.5
_LOST_S = 2.0  # without gyro for so long, the stream goes on without
_BACK_S = 1.0
_KEEP = 8192  # gyro samples kept while no accelerometer sample comes
_MANY = 64  # so few are not worth letting go of


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one rate and one count of the device."""

    period_s: float
    number: int


class Block(NamedTuple):
    """Samples in time: t_s (n,), acc_g (n, 3), gyr_dps (n, 3) or None.

    None lies more than `step_s` behind the one before it, and no acceleration is larger than `peak_g`; infinite
    where nobody has looked.
    """

    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None
    segment: Segment
    step_s: float = math.inf
    peak_g: float = math.inf


class Pairing:
    """Holds accelerometer samples until the gyro has reached them, or until it should have.

    A sample waits at most 0.1 s of stream time beyond `patience_s`, which is what putting the gyro in order may
    take; then, and where the gyro's neighbours are more than 1.5 of its periods apart, it has no gyro and is
    left out: a hole.
    """

    def __init__(self, gyro_period_s: float) -> None:
        self.has_gyro = True
        self._t = np.empty(0)
        self._gyr = np.empty((0, 3))
        self._newest_s: float | None = None  # of the gyro
        self._near_s = NEIGHBOUR_PERIODS * gyro_period_s  # a line is drawn between samples no further apart
        self._even_since_s = np.inf  # from there on none are
        self._back_since_s: float | None = None
        self._waiting: deque[Block] = deque()
        self._acc_s = -np.inf  # how far the accelerometer has come
        self._began_s: float | None = None

    def add_gyro(self, t_s: Floats, gyr_dps: Floats, period_s: float, step_s: float = np.inf) -> None:
        """Take gyro samples, in order, none more than `step_s` behind the one before it."""
        last_s, first_s = self._newest_s, float(t_s[0])
        near_s = NEIGHBOUR_PERIODS * period_s
        follows = last_s is not None and first_s - last_s <= near_s
        if not follows or self._back_since_s is None:
            self._back_since_s = first_s
        if not follows or near_s != self._near_s:
            self._even_since_s = first_s if last_s is None else max(first_s, last_s)
        if last_s is not None and first_s <= last_s:
            fresh = t_s > last_s
            t_s, gyr_dps = t_s[fresh], gyr_dps[fresh]
        self._near_s = near_s
        if not len(t_s):
            return
        self._newest_s = float(t_s[-1])
        if step_s > near_s:
            self._even_since_s = self._newest_s
        self._t = np.concatenate((self._t, t_s))
        self._gyr = np.concatenate((self._gyr, gyr_dps))

    def add_acc(self, block: Block) -> None:
        """Take accelerometer samples, in order."""
        if self._began_s is None:
            self._began_s = float(block.t_s[0])
        self._waiting.append(block)
        self._acc_s = float(block.t_s[-1])

    def ready(self, patience_s: float) -> list[Block]:
        """What is decided now."""
        out: list[Block] = []
        while self._waiting:
            block = self._waiting[0]
            t_s = block.t_s
            if self.has_gyro and self._gyro_lost(t_s):
                self.has_gyro = False
            elif not self.has_gyro and self._gyro_back(t_s):
                self.has_gyro = True
            if not self.has_gyro:
                self._waiting.popleft()
                out.append(block)
                continue
            newest_s, last_s = self._newest_s, float(t_s[-1])
            if newest_s is None or (newest_s < last_s and self._acc_s <= last_s + WAIT_S + patience_s):
                break
            self._waiting.popleft()
            out += self._laid(block)
        self._forget()
        return out

    def flush(self) -> list[Block]:
        """The rest, as far as the gyro goes."""
        out: list[Block] = []
        for block in self._waiting:
            out += self._laid(block) if self.has_gyro and len(self._t) else [block]
        if not len(self._t):
            self.has_gyro = False
        self._waiting.clear()
        return out

    def _gyro_lost(self, t_s: Floats) -> bool:
        if self._newest_s is not None:
            return float(t_s[0]) - self._newest_s > _LOST_S
        assert self._began_s is not None
        return self._acc_s - self._began_s > _LOST_S

    def _gyro_back(self, t_s: Floats) -> bool:
        since, newest_s = self._back_since_s, self._newest_s
        if since is None or newest_s is None:
            return False
        return newest_s - since >= _BACK_S and float(t_s[0]) - newest_s < _BACK_S

    def _laid(self, block: Block) -> list[Block]:
        """The block with the gyro of its times, on straight lines between the gyro's samples."""
        t_s = block.t_s
        assert self._newest_s is not None
        if float(t_s[0]) >= self._even_since_s and float(t_s[-1]) <= self._newest_s:  # as nearly always
            return [block._replace(gyr_dps=lines(t_s, self._t, self._gyr))]
        keep = self._between(t_s)
        if not keep.any():
            return []
        t_s, gyr = t_s[keep], lines(t_s[keep], self._t, self._gyr)
        return [Block(t_s, block.acc_g[keep], gyr, block.segment, peak_g=block.peak_g)]

    def _between(self, t_s: Floats) -> NDArray[np.bool_]:
        """Which times lie on a sample of the gyro, or between two that are near each other."""
        after = np.searchsorted(self._t, t_s)
        high = np.minimum(after, len(self._t) - 1)
        apart = self._t[high] - self._t[np.maximum(high - 1, 0)]
        is_between = (after > 0) & (after < len(self._t)) & (apart <= self._near_s)
        found: NDArray[np.bool_] = is_between | (self._t[high] == t_s)
        return found

    def _forget(self) -> None:
        """Let go of gyro samples that nothing will ask for."""
        if len(self._t) < _MANY:
            return
        needed = self._waiting[0].t_s[0] if self._waiting else self._acc_s
        start = int(self._t.searchsorted(needed)) - 2
        start = max(start, len(self._t) - _KEEP)
        if start > 0:
            self._t, self._gyr = self._t[start:], self._gyr[start:]
