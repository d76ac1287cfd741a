"""Recursive filters with carried state: scipy's over long chunks, the same arithmetic in Python over short.

A call of scipy's filters costs as much as filtering some hundred samples. Multiplication and addition are the
same everywhere, so that a chunk of a few samples may as well be filtered number by number, to the same bits;
where a compiler has fused scipy's into one operation, which rounds once less, that is found out and not done.
"""

from functools import lru_cache

import numpy as np
from scipy.signal import lfilter, sosfilt

from footsense.signal.butterworth import low_pass, settled
from footsense.types import Floats

FEW = 72  # channels × samples × sections up to which Python is quicker


def delay_at_zero(sos: Floats) -> float:
    """Group delay at 0 Hz in samples: Σ k·b_k / Σ b_k − Σ k·a_k / Σ a_k, summed over the sections B(z)/A(z)."""
    k = np.arange(3)
    return float(sum((k * s[:3]).sum() / s[:3].sum() - (k * s[3:]).sum() / s[3:].sum() for s in sos))


Row = tuple[float, float, float, float, float]


class Sections:
    """Second-order sections (s, 6) over channels (k, n), with carried state (s, k, 2).

    `process` is bit for bit scipy.signal.sosfilt (lfilter for a single section of first order), and `step` is
    `process` for one sample.
    """

    def __init__(self, sos: Floats) -> None:
        self.sos = sos
        self._rows: list[Row] = [(b0, b1, b2, a1, a2) for b0, b1, b2, _, a1, a2 in sos.tolist()]
        self._one_pole = len(sos) == 1 and self._rows[0][2] == self._rows[0][4] == 0.0
        self._far: Floats | None = None  # the state, either as an array
        self._near: list[tuple[list[float], list[float]]] | None = None  # or as numbers

    @property
    def started(self) -> bool:
        return self._far is not None or self._near is not None

    def start(self, at: Floats) -> None:
        """Steady state for channels that have always been `at` (k,)."""
        self._far, self._near = settled(self.sos)[:, None, :] * at[None, :, None], None

    def process(self, x: Floats) -> Floats:
        """(k, n) filtered. Has to be started."""
        channels, n = x.shape
        if channels * n * len(self._rows) <= FEW and same_bits():
            done = [self.step(at) for at in x.T.tolist()]
            return np.array(done).T.copy() if n else np.empty((channels, 0))  # rows stay rows in memory
        return self.scipy(x)

    def scipy(self, x: Floats) -> Floats:
        """`process` by scipy, however short x is."""
        zi = self._as_array()
        if self._one_pole:
            row = self.sos[0]
            low, last = lfilter(row[:2], row[3:5], x, axis=1, zi=zi[0, :, :1])
            zi = np.concatenate([last, np.zeros_like(last)], axis=1)[None]
        else:
            low, zi = sosfilt(self.sos, x, axis=1, zi=zi)
        self._far = zi
        return np.asarray(low, dtype=np.float64)

    def step(self, x: list[float]) -> list[float]:
        """One sample of every channel filtered, where `same_bits`."""
        for (b0, b1, b2, a1, a2), (first, second) in zip(self._rows, self._as_numbers(), strict=True):
            y = [b0 * v + z for v, z in zip(x, first, strict=True)]
            if self._one_pole:
                first[:] = [b1 * v - a1 * w for v, w in zip(x, y, strict=True)]
                return y
            first[:] = [b1 * v - a1 * w + z for v, w, z in zip(x, y, second, strict=True)]
            second[:] = [b2 * v - a2 * w for v, w in zip(x, y, strict=True)]
            x = y
        return x

    def _as_array(self) -> Floats:
        if self._far is None:
            assert self._near is not None, "filters have to be started"
            self._far = np.array(self._near).transpose(0, 2, 1)
        self._near = None
        return self._far

    def _as_numbers(self) -> list[tuple[list[float], list[float]]]:
        if self._near is None:
            assert self._far is not None, "filters have to be started"
            self._near = [(z[:, 0].tolist(), z[:, 1].tolist()) for z in self._far]
            self._far = None
        return self._near


@lru_cache(maxsize=1)
def same_bits() -> bool:
    """Whether Python's arithmetic gives the bits of scipy's filters on this machine."""
    x = np.random.default_rng(1).standard_normal((2, 60))
    return all(_agrees(low_pass(order, 3.0, 25.0), x) for order in (1, 4))


def _agrees(sos: Floats, x: Floats) -> bool:
    by_python, by_scipy = Sections(sos), Sections(sos)
    by_python.start(x[:, 0])
    by_scipy.start(x[:, 0])
    return bool(np.array_equal([by_python.step(at) for at in x.T.tolist()], by_scipy.scipy(x).T))


class LowPass:
    """A Butterworth low-pass over channels (k, n) with carried state, started in steady state at the first
    sample (at `start` instead, a number or (k,), if given)."""

    def __init__(
        self, cutoff_hz: float, rate_hz: float, order: int = 1, start: float | Floats | None = None
    ) -> None:
        self._sections = Sections(low_pass(order, cutoff_hz, rate_hz))
        self._start = start
        self.delay_s = delay_at_zero(self._sections.sos) / rate_hz

    @classmethod
    def with_time_constant(cls, tau_s: float, rate_hz: float, start: float | Floats | None = None) -> "LowPass":
        """One pole: the exponential mean over `tau_s`."""
        return cls(min(1 / (2 * np.pi * tau_s), 0.4 * rate_hz), rate_hz, 1, start)

    def process(self, x: Floats) -> Floats:
        if not self._sections.started:
            self._sections.start(x[:, 0] if self._start is None else np.broadcast_to(self._start, len(x)))
        return self._sections.process(x)

    def step(self, x: list[float]) -> list[float]:
        """`process` for one sample of every channel, where `same_bits`."""
        if not self._sections.started:
            self._sections.start(np.array(x) if self._start is None else np.broadcast_to(self._start, len(x)))
        return self._sections.step(x)
