"""Whether as many samples arrive as the sensor was asked for: what a link cannot carry is told at once."""

import numpy as np

from footsense.types import INTERPOLATED, Samples

_TRIAL_S = 10.0
_ENOUGH = 0.9  # oscillators are off by a few percent, and a poor link that is counted well loses as much
_MIN_RATE_HZ = 10.0  # what is slower is told to be too slow anyway


class Arriving:
    """Counts the samples of the first ten seconds of a link, of which there are to be `asked_hz` in each."""

    def __init__(self, asked_hz: float) -> None:
        self._asked_hz = asked_hz
        self._over = asked_hz < _MIN_RATE_HZ
        self._count = 0
        self._first_s: float | None = None

    def begin_anew(self) -> None:
        """The link was lost meanwhile, which is told as such."""
        self._count, self._first_s = 0, None

    def add(self, samples: Samples) -> str:
        """Count what was measured; a line where that is too little, once, else nothing."""
        if self._over or not len(samples):
            return ""
        self._first_s = float(samples.t_s[0]) if self._first_s is None else self._first_s
        self._count += int(np.count_nonzero((samples.flags & INTERPOLATED) == 0))
        lasted_s = float(samples.t_s[-1]) - self._first_s
        if lasted_s < _TRIAL_S:
            return ""
        self._over = True
        rate_hz = self._count / lasted_s
        if rate_hz >= _ENOUGH * self._asked_hz:
            return ""
        return (
            f"of {self._asked_hz:.3g} samples a second {rate_hz:.3g} arrive: bring the sensor nearer, or ask "
            "for fewer (`footsense profiles show P` lists the rates, --set rate_hz=N)"
        )
