"""Lays the gyro's samples onto the accelerometer's grid, where each comes in its own characteristic."""

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

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
        self.gyro_period_s = gyro_period_s
        self.has_gyro = True
        self._t = np.empty(0)
        self._gyr = np.empty((0, 3))
        self._newest_s: float | None = None  # of the gyro
        self._back_since_s: float | None = None
        self._waiting: deque[Block] = deque()
        self._acc_s = -np.inf  # how far the accelerometer has come
        self._began_s: float | None = None

    def add_gyro(self, t_s: Floats, gyr_dps: Floats, period_s: float) -> None:
        """Take gyro samples, in order."""
        self.gyro_period_s = period_s
        last_s = self._newest_s
        if last_s is not None and t_s[0] - last_s > self._near_s:
            self._back_since_s = None
        if self._back_since_s is None:
            self._back_since_s = float(t_s[0])
        if last_s is not None and t_s[0] <= last_s:
            fresh = t_s > last_s
            t_s, gyr_dps = t_s[fresh], gyr_dps[fresh]
        if len(t_s):
            self._newest_s = float(t_s[-1])
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
        after = self._t.searchsorted(t_s, "right")
        low = np.maximum(after - 1, 0)
        high = np.minimum(after, len(self._t) - 1)
        low_s, low_dps = self._t[low], self._gyr[low]
        apart, since = self._t[high] - low_s, t_s - low_s
        keep = (since == 0) | ((after > 0) & (after < len(self._t)) & (apart <= self._near_s))
        slope = (self._gyr[high] - low_dps) / np.where(apart > 0, apart, 1.0)[:, None]
        gyr = slope * since[:, None] + low_dps
        if keep.all():
            return [block._replace(gyr_dps=gyr)]
        if not keep.any():
            return []
        return [Block(t_s[keep], block.acc_g[keep], gyr[keep], block.segment, peak_g=block.peak_g)]

    @property
    def _near_s(self) -> float:
        """How far apart the gyro's samples may be between which a line is drawn."""
        return NEIGHBOUR_PERIODS * self.gyro_period_s

    def _forget(self) -> None:
        """Let go of gyro samples that nothing will ask for."""
        if len(self._t) < _MANY:
            return
        needed = self._waiting[0].t_s[0] if self._waiting else self._acc_s
        start = int(self._t.searchsorted(needed)) - 2
        start = max(start, len(self._t) - _KEEP)
        if start > 0:
            self._t, self._gyr = self._t[start:], self._gyr[start:]
