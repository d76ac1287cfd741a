"""The front end that all detectors share: one low-pass over all axes, thinned to 25–50 Hz.

Posture and winding live below 3 Hz, so their trackers work on a quarter of the samples and less;
impacts are looked for in the full-rate samples, which travel beside.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from footsense.signal.butterworth import low_pass
from footsense.signal.sections import delay_at_zero
from footsense.signal.thinning import Thinner
from footsense.types import Floats, Gap, Samples

SLOW_RATE_HZ = 25.0
CUTOFF_HZ = 6.0
ORDER = 4


@dataclass(frozen=True, slots=True)
class SlowGrid:
    """Coefficients of the front end for one sampling rate.

    Every `factor`-th low-passed sample is kept (those whose index in the stream divides by it), which gives
    `rate_hz`; `delay_s` is the filter's delay at 0 Hz, already taken off `Slow.t_s`.
    """

    factor: int
    rate_hz: float
    delay_s: float
    sos: Floats

    @classmethod
    def at(cls, rate_hz: float) -> "SlowGrid":
        factor = max(1, int(rate_hz // SLOW_RATE_HZ))
        cutoff_hz = min(CUTOFF_HZ, 0.3 * rate_hz)
        sos = low_pass(ORDER, cutoff_hz, rate_hz)
        return cls(factor, rate_hz / factor, delay_at_zero(sos) / rate_hz, sos)


@dataclass(frozen=True, slots=True)
class Slow:
    """Low-passed samples on the slow grid.

    `first` is the index on the slow grid of the first of them (stream index // factor); `t_s` (m,) the time
    of their content; `acc_g` (m, 3); `gyr_dps` (m, 3) or None. They are known `SlowGrid.delay_s` after `t_s`.
    """

    first: int
    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None

    def __len__(self) -> int:
        return len(self.t_s)

    def part(self, start: int, stop: int) -> "Slow":
        """Those at positions start:stop."""
        gyr = self.gyr_dps
        return Slow(
            self.first + start,
            self.t_s[start:stop],
            self.acc_g[start:stop],
            None if gyr is None else gyr[start:stop],
        )


@dataclass(frozen=True, slots=True)
class Signals:
    """What a detector is given: the samples as they are, and the slow ones that became known with them.

    `shared` holds what more than one detector makes of them, put there by the first that needs it.
    """

    samples: Samples
    slow: Slow
    shared: dict[Hashable, Any] = field(default_factory=dict, compare=False)


class Front:
    """Turns Samples into Signals. Starts in steady state at the first sample, and anew after a Gap."""

    def __init__(self, rate_hz: float) -> None:
        self.grid = SlowGrid.at(rate_hz)
        self._filter = Thinner(self.grid.sos, self.grid.factor)

    def process(self, item: Samples | Gap) -> Signals | Gap:
        if isinstance(item, Gap):
            self._filter = Thinner(self.grid.sos, self.grid.factor)
            return item
        skip = -item.first % self.grid.factor
        parts = [item.acc_g] if item.gyr_dps is None else [item.acc_g, item.gyr_dps]
        low = self._filter.process(item.first, parts)
        slow = Slow(
            first=-(-item.first // self.grid.factor),
            t_s=item.t_s[skip :: self.grid.factor] - self.grid.delay_s,
            acc_g=low[:3].T,
            gyr_dps=low[3:].T if item.gyr_dps is not None else None,
        )
        return Signals(item, slow)


def slice_samples(samples: Samples, start: int, stop: int) -> Samples:
    """The samples at positions start:stop, as a Samples of their own."""
    gyr = samples.gyr_dps
    return replace(
        samples,
        first=samples.first + start,
        t_s=samples.t_s[start:stop],
        acc_g=samples.acc_g[start:stop],
        gyr_dps=None if gyr is None else gyr[start:stop],
        flags=samples.flags[start:stop],
    )
