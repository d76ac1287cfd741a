"""When a plateau of the posture is known to be over: given up towards rest, for elsewhere, for moving about."""

from dataclasses import dataclass

import numpy as np

from footsense.signal.plateau import Params, Plateau, Rest
from footsense.signal.posture import CHANGE, PATH, RAD, Posture, chord
from footsense.signal.runs import Bools, delayed, elsewhere, first_met
from footsense.types import Floats


@dataclass(frozen=True, slots=True)
class Release:
    """What ends a plateau: for how many rows something is so (a second, an interruption, a dip, elsewhere),
    and as chords the `smallest` excursion, `drift` in a second, and `slack`, what it makes of `change`."""

    params: Params
    lasting: list[int]
    smallest: float
    drift: float
    slack: float

    @property
    def second(self) -> int:
        return self.lasting[0]

    def first(self, rows: Posture, p: Plateau, rest: Rest, span: tuple[int, int]) -> int | None:
        """First of the rows `span` (first, after the last) at which it is known that the plateau is over."""
        lo, hi = span
        begin = max(lo - 3 * self.second, p.centred)
        off = rows.distance(begin, hi, p.up)
        roams = rows.at(PATH, hi - 1) - rows.at(PATH, begin) > self._roam(p)
        if not roams:  # nothing that ends a plateau can come before it has been left that far
            left_at = first_met(off > self._quiet(p))
            if left_at is None:
                return None
            lo = max(begin + left_at, lo)
            begin, off = self._later(begin, lo, off)
        left = rows.distance(begin, hi, rest.up)
        known = self._given_up(p, left, lo - begin)
        if known is not None:  # the first row is what matters: what comes after it need not be looked at
            hi = begin + known + 1
        over = self._elsewhere(p, off[: hi - begin], left[: hi - begin])
        if roams:
            roaming = self._roams(rows.cut(PATH, begin, hi), p)
            over = roaming if over is None else over | roaming
        other = None if over is None else first_met(over[lo - begin :])
        return lo + other if other is not None else hi - 1 if known is not None else None

    def only_drifted(self, rows: Posture, p: Plateau, rest: Rest, row: int) -> bool:
        """Whether the posture has only drifted: slow by the contract's measure, and not back at rest."""
        if rows.chord(row, rest.up) <= 0.5 * p.excursion:
            return False
        before = max(row - 2 * self.second, p.centred)
        fastest = float(rows.cut(CHANGE, before, row + 1).max())
        if fastest < self.slack + 0.02 * p.excursion:
            return True
        wide = rows.chord(row, rest.up) > 1.5 * p.climb
        if wide or fastest > self.slack + self.params.settle_share * p.excursion:
            return False
        by = chord(rows.middle(row - self.second, row), rows.middle(before, max(row - self.second, before)))
        return by < min(self.params.slow_share * self.drift + 0.02 * p.excursion, 0.6 * self.step(p))

    def _later(self, begin: int, lo: int, off: Floats) -> tuple[int, Floats]:
        cut = max(lo - 3 * self.second - begin, 0)
        return begin + cut, off[cut:]

    def _far(self, p: Plateau) -> float:
        """A fall that gives it up."""
        return max(self.params.release_share * p.excursion, p.band + 0.5 * self.drift)

    def _roam(self, p: Plateau) -> float:
        return max(self.params.roam_share * p.excursion, self.params.roam_deg * RAD)

    def step(self, p: Plateau) -> float:
        """So far from the plateau is elsewhere."""
        return max(self.params.step_share * p.excursion, self.smallest)

    def _quiet(self, p: Plateau) -> float:
        """No further from the plateau than this, nothing has happened that ends it but roaming."""
        return min(0.5 * self._far(p), self.params.elsewhere_share * p.excursion, self.step(p))

    def _given_up(self, p: Plateau, left: Floats, start: int) -> int | None:
        """First index from `start` on of the distances `left` to rest at which it has been given up.

        What counts is how far the posture has come towards rest within the last second: a slow drift is none
        of it, what is on its way back again is an interruption, and so is coming back from further out.
        """
        _, interruption, dip, _ = self.lasting
        fall = self._fallen(left)
        near = left < (1.0 - self.params.return_share) * p.excursion
        far = fall > self._far(p)
        met = (far | near)[start:].nonzero()[0]
        if not len(met):
            return None
        steep = (fall > p.band + 0.25 * self.drift).tobytes()
        for k in (met + start).tolist():
            since = k - steep.rfind(0, 0, k + 1)
            if near[k] and (since >= interruption // 2 or not since):
                return int(k)
            falling = left[k] < left[max(k - 2, 0)] - 0.02 * p.excursion
            if far[k] and since >= (interruption if falling else dip):
                return int(k)
        return None

    def _fallen(self, left: Floats) -> Floats:
        """How much nearer to rest than a second and two ago; than at first, where that is not so long ago."""
        early = np.empty(2 * self.second + len(left))
        early[: 2 * self.second] = left[0]
        early[2 * self.second :] = left
        fall = np.minimum(early[self.second : -self.second], early[: -2 * self.second])
        fall -= left
        return fall

    def _elsewhere(self, p: Plateau, off: Floats, left: Floats) -> Bools | None:
        far = self.params.elsewhere_share * p.excursion, self.lasting[3]
        return elsewhere(off, left, p.excursion, far, (self.step(p), self.second))

    def _roams(self, path: Floats, p: Plateau) -> Bools:
        return np.asarray(path - delayed(path, 2 * self.second) > self._roam(p))
