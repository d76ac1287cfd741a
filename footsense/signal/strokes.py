"""Counts turns of a phase while a condition holds, chunk by chunk or number by number."""

import numpy as np
from numpy.typing import NDArray

from footsense.types import Floats

Indices = NDArray[np.int64]
FEW = 3.0  # turns, fewer of which say nothing

Span = tuple[float, float, float, float]  # start and end in s, turns, least size


class Since:
    """Counts the turns of a phase since a condition last did not hold."""

    def __init__(self) -> None:
        self.base = 0.0

    def process(self, holds: NDArray[np.bool_], total: Floats) -> Floats:
        """`total` (n,) turns of the phase since it began."""
        base = np.where(holds, 0.0, total)
        base[0] = max(self.base, float(base[0]))
        np.maximum.accumulate(base, out=base)
        self.base = float(base[-1])
        return np.subtract(total, base, out=base)

    def step(self, holds: bool, total: float) -> float:
        """`process` for one sample."""
        self.base = max(self.base, 0.0 if holds else total)
        return total - self.base


class Strokes:
    """Spans of a movement that may be circles, of at least this size: `found` holds their start and end in s,
    how many turns that would be, and the size."""

    def __init__(self, least: float) -> None:
        self.least = least
        self.found: list[Span] = []
        self._turns = Since()
        self._began_s = self._last_s = 0.0
        self._last = 0.0

    def process(self, t_s: Floats, at: Indices, total: Floats) -> None:
        """`at`: positions where it holds; `total` (n,) turns of the phase since the beginning."""
        cuts = np.flatnonzero(np.diff(at) > 1)
        starts = at[np.concatenate(([0], cuts + 1))] if len(at) else at
        stops = at[np.concatenate((cuts, [-1]))] + 1 if len(at) else at
        if self._last > 0 and not (len(starts) and starts[0] == 0):
            self._turns_to(none=True)
            self._last = 0.0
        base = total[starts - 1]
        if len(starts) and starts[0] == 0:
            base[0] = self._turns.base
        turns = total[stops - 1] - base
        last = len(total) if len(stops) and stops[-1] == len(total) else -1
        for k in np.flatnonzero((turns >= FEW) | (stops == last) | (starts == 0)).tolist():
            a, b = int(starts[k]), int(stops[k])
            if a or self._last == 0:
                self._began_s = float(t_s[a - 1]) if a else self._last_s
            self._last, self._last_s = float(turns[k]), float(t_s[b - 1])
            if b < len(total):
                self._turns_to(none=True)
                self._last = 0.0
        self._turns.base = float(total[-1] if last < 0 else base[-1])
        self._last_s = float(t_s[-1])

    def step(self, t_s: float, holds: bool, total: float) -> None:
        """`process` for one sample."""
        turns = self._turns.step(holds, total)
        self._turns_to(turns == 0)
        self._last, self._last_s = turns, t_s

    def _turns_to(self, none: bool) -> None:
        """What begins or ends with the sample after the last."""
        if self._last == 0 and not none:
            self._began_s = self._last_s
        elif self._last >= FEW and none:
            self.found.append((self._began_s, self._last_s, self._last, self.least))

    def all(self) -> list[Span]:
        """With the one under way."""
        under_way = [(self._began_s, self._last_s, self._last, self.least)] if self._last >= FEW else []
        return self.found + under_way
