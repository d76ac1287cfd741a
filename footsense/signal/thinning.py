"""A low-pass of which only every so-manieth sample is wanted, at the cost of those.

With H(z) = B(z)/A(z) and A(z)·P(z) = E(z^M), H is the FIR filter B·P, needed at every M-th sample only, and
then 1/E on these: the decimating form of a recursive filter (Bellanger, Bonnerot, Coudreuse 1976, IEEE Trans.
ASSP 24:109). For a section 1 + a1/z + a2/z² with poles p, q, E(w) is 1 − (p^M + q^M)·w + (p·q)^M·w².
"""

from collections.abc import Sequence

import numpy as np

from footsense.signal.butterworth import product
from footsense.signal.sections import Sections
from footsense.types import Floats

BLOCK = 8192  # samples at a time, which stay in the cache
FEW = 2  # thinned samples up to which they are made one by one


def thinning(sos: Floats, factor: int) -> tuple[list[float], Floats]:
    """Taps of the FIR filter, that of the oldest sample first, and the sections for every `factor`-th sample of
    its output. Both have gain 1 at 0 Hz, as `sos` must."""
    taps, sections = [1.0], []
    for b0, b1, b2, _, a1, a2 in sos.tolist():
        before, power, last = 2.0, -a1, a2  # p^k + q^k for k − 1 and k, (p·q)^k
        for _ in range(factor - 1):
            before, power, last = power, -a1 * power - a2 * before, last * a2
        gain = 1.0 - power + last
        sections.append([gain, 0.0, 0.0, 1.0, -power, last])
        taps = product(product(taps, [b0, b1, b2]), _quotient(power, last, a1, a2, factor))
        taps = [tap / gain for tap in taps]
    return taps[::-1], np.array(sections)


def _quotient(power: float, last: float, a1: float, a2: float, factor: int) -> list[float]:
    """P of one section."""
    found = [0.0, 0.0]
    for k in range(2 * factor - 1):
        wanted = 1.0 if k == 0 else -power if k == factor else 0.0
        found.append(wanted - a1 * found[-1] - a2 * found[-2])
    return found[2:]


class Thinner:
    """A low-pass over channels with carried state, thinned to the samples whose index divides by `factor`.

    Starts in steady state at the first sample.
    """

    def __init__(self, sos: Floats, factor: int) -> None:
        self._factor = factor
        self._taps, slow = thinning(sos, factor) if factor > 1 else ([1.0], sos)
        self._row = np.array(self._taps)
        self._sections = Sections(slow)
        self._reach = len(self._taps) - 1  # samples before the one that is made
        self._held = np.empty((0, 0))  # the last samples, and room for more
        self._used = 0

    def process(self, first: int, parts: Sequence[Floats]) -> Floats:
        """(k, m): of the channels of all `parts` (n, …), which start at index `first` of the stream."""
        n = len(parts[0])
        if n and not self._sections.started:
            self._start(np.concatenate([part[0] for part in parts]))
        made = [self._block(first + a, [part[a : a + BLOCK] for part in parts]) for a in range(0, n, BLOCK)]
        if not made:
            return np.empty((sum(part.shape[1] for part in parts), 0))
        thinned = made[0] if len(made) == 1 else np.concatenate(made, axis=1)
        return self._sections.process(thinned) if thinned.shape[1] else thinned

    def _start(self, at: Floats) -> None:
        self._held = np.empty((len(at), self._reach + 2 * BLOCK))
        self._held[:, : self._reach] = at[:, None]
        self._used = self._reach
        self._sections.start(at)

    def _block(self, first: int, parts: Sequence[Floats]) -> Floats:
        start = self._take_up(parts) + -first % self._factor
        m = max(-((start - self._used) // self._factor), 0)
        return self._many(start, m) if m > FEW else self._few(start, m)

    def _take_up(self, parts: Sequence[Floats]) -> int:
        """Where the samples are held, the first of them."""
        n = len(parts[0])
        if self._used + n > self._held.shape[1]:
            self._held[:, : self._reach] = self._held[:, self._used - self._reach : self._used].copy()
            self._used = self._reach
        row, start = 0, self._used
        self._used += n
        for part in parts:
            self._held[row : row + part.shape[1], start : self._used] = part.T
            row += part.shape[1]
        return start

    def _few(self, start: int, m: int) -> Floats:
        made = np.empty((len(self._held), m))
        for k in range(m):
            at = start + k * self._factor
            # a sum over cumsum adds in order, as `_many` does
            made[:, k] = (self._held[:, at - self._reach : at + 1] * self._row).cumsum(axis=1)[:, -1]
        return made

    def _many(self, start: int, m: int) -> Floats:
        """The same, tap by tap over all."""
        factor, oldest = self._factor, start - self._reach
        if factor == 1:
            return self._held[:, oldest : oldest + m].copy()  # the next block may move what is held
        phases = [self._held[:, oldest + k : self._used : factor].copy() for k in range(factor)]
        made = phases[0][:, :m] * self._taps[0]
        part = np.empty_like(made)
        for k, tap in enumerate(self._taps[1:], start=1):
            at = k // factor
            made += np.multiply(phases[k % factor][:, at : at + m], tap, out=part)
        return made
