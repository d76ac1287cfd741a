"""Smooth curves on the simulator's own time grid: minimum-jerk moves between knots and band-limited noise."""

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, sosfiltfilt

from footsense.errors import UsageError
from footsense.types import Floats

GRID_HZ = 200.0  # of motion, whatever the device's rate, so that truth does not depend on it
MAX_DURATION_S = 2 * 3600.0


def times(count: int) -> Floats:
    """The grid's first `count` times in s."""
    return np.arange(count) / GRID_HZ


def grid(duration_s: float) -> Floats:
    """The grid's times up to a duration. Raises UsageError for one that would not fit into memory."""
    if not duration_s <= MAX_DURATION_S:
        raise UsageError(
            f"this would last {duration_s:.0f} s, and at most {MAX_DURATION_S:.0f} s are simulated in one go; "
            "ask for fewer or shorter repetitions"
        )
    return times(round(duration_s * GRID_HZ))


def ease(x: Floats) -> Floats:
    """Minimum-jerk step (Flash and Hogan 1985): 0 for x ≤ 0, 1 for x ≥ 1, with two continuous derivatives."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * x * (10.0 - x * (15.0 - 6.0 * x)))


def between(knots_s: Floats, values: Floats, at_s: Floats) -> Floats:
    """Minimum-jerk moves between knots, at rest at each of them.

    `knots_s` (k,) increasing, `values` (k,) or (k, c); returns (n,) or (n, c) at the times `at_s` (n,).
    """
    i = np.clip(np.searchsorted(knots_s, at_s, side="right") - 1, 0, len(knots_s) - 2)
    s = ease((at_s - knots_s[i]) / (knots_s[i + 1] - knots_s[i]))
    if values.ndim > 1:
        s = s[:, None]
    return np.asarray(values[i] + s * (values[i + 1] - values[i]))


def band_noise(rng: np.random.Generator, count: int, low_hz: float, high_hz: float, columns: int = 1) -> Floats:
    """Gaussian noise of unit rms between two frequencies, (count, columns)."""
    padding = int(GRID_HZ)
    white = rng.standard_normal((count + 2 * padding, columns))
    sos = butter(2, (low_hz, high_hz), btype="band", fs=GRID_HZ, output="sos")
    noise = sosfiltfilt(sos, white, axis=0)[padding : padding + count]
    gain = np.sqrt((high_hz - low_hz) / (GRID_HZ / 2.0))
    return np.asarray(noise / gain)


def smooth_noise(rng: np.random.Generator, count: int, period_s: float, columns: int = 1) -> Floats:
    """Slow wandering of about unit rms, (count, columns): minimum-jerk moves between random points."""
    knots_s = np.arange(0.0, count / GRID_HZ + 2.0 * period_s, period_s)
    return between(knots_s, 1.2 * rng.standard_normal((len(knots_s), columns)), times(count))


def taper(count: int, edge_s: float = 0.4) -> Floats:
    """(count,) window that eases in and out, for motion that has to start and end at rest."""
    t = times(count)
    return ease(t / edge_s) * ease((times(count)[::-1]) / edge_s)


def envelope(count: int, spans_s: Sequence[tuple[float, float]], edge_s: float = 0.3) -> Floats:
    """(count,) 1 inside the spans and 0 outside, eased over `edge_s` within them."""
    t, level = times(count), np.zeros(count)
    for start, end in spans_s:
        a, b = int(start * GRID_HZ), int(end * GRID_HZ) + 1
        part = t[a:b]
        level[a:b] = np.maximum(level[a:b], ease((part - start) / edge_s) * ease((end - part) / edge_s))
    return level
