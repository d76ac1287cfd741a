"""What a figure needs of a recording: the posture, the strength of the movement, and the holes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from footsense.signal.front import Front
from footsense.types import Floats, Gap, Item, Samples, StreamInfo


@dataclass(frozen=True, slots=True)
class Series:
    """One sensor's signal over time.

    `t_s` (n,), `force_g` (n,): the samples' times and the length of their specific force; `slow_t_s` (m,),
    `up` (m, 3): the low-passed direction of the specific force, which is "up" where the sensor does not
    accelerate. NaN rows stand in gaps. `gaps`: the holes, (start_s, end_s).
    """

    t_s: Floats
    force_g: Floats
    slow_t_s: Floats
    up: Floats
    gaps: tuple[tuple[float, float], ...]

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time, (0, 0) without samples."""
        known = self.t_s[np.isfinite(self.t_s)]
        return (float(known[0]), float(known[-1])) if len(known) else (0.0, 0.0)


def collect(items: Iterable[Item]) -> Series:
    """Read one sensor's stream through the front end that the detectors use."""
    front, collected = Front(100.0), _Collected()
    for item in items:
        if isinstance(item, StreamInfo):
            front = Front(item.rate_hz)
            collected.interrupt()
        elif isinstance(item, Gap):
            front.process(item)
            collected.interrupt()
            collected.gaps.append((item.start_s, item.end_s))
        elif isinstance(item, Samples) and len(item):
            signals = front.process(item)
            assert not isinstance(signals, Gap)
            collected.add(item, signals.slow.t_s, signals.slow.acc_g)
    return collected.series()


class _Collected:
    def __init__(self) -> None:
        self.gaps: list[tuple[float, float]] = []
        self._fast: list[Floats] = [np.empty((0, 2))]
        self._slow: list[Floats] = [np.empty((0, 4))]

    def interrupt(self) -> None:
        """The next samples do not join those before: a line through both must break."""
        self._fast.append(np.full((1, 2), np.nan))
        self._slow.append(np.full((1, 4), np.nan))

    def add(self, samples: Samples, slow_t_s: Floats, slow_acc_g: Floats) -> None:
        force = np.sqrt(np.einsum("ij,ij->i", samples.acc_g, samples.acc_g))
        self._fast.append(np.column_stack((samples.t_s, force)))
        self._slow.append(np.column_stack((slow_t_s, slow_acc_g)))

    def series(self) -> Series:
        fast, slow = np.concatenate(self._fast), np.concatenate(self._slow)
        return Series(fast[:, 0], fast[:, 1], slow[:, 0], unit(slow[:, 1:]), tuple(self.gaps))


def unit(vectors: Floats) -> Floats:
    """Each row (n, 3) divided by its length; NaN for a row of zeros."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return np.asarray(vectors / np.where(length > 0, length, np.nan))


def tilt_deg(up: Floats, centre: Floats) -> Floats:
    """Tilt (n, 2) in degrees of the directions `up` (n, 3) from `centre` (3,), seen with `centre` towards the
    viewer: what goes right-handed around `centre` goes counter-clockwise in the plane.

    Azimuthal equidistant, so that the distance from the origin is the angle. The first axis lies where the
    directions spread most, which makes the picture independent of how the sensor is mounted.
    """
    first, second = _plane(centre)
    x, y, z = up @ first, up @ second, up @ centre
    across = np.hypot(x, y)
    angle = np.degrees(np.arctan2(across, z))
    flat = np.column_stack((x, y)) * (angle / np.where(across > 0, across, 1.0))[:, None]
    return np.asarray(flat @ _main_axes(flat))


def _plane(centre: Floats) -> tuple[Floats, Floats]:
    helper = np.eye(3)[np.argmin(np.abs(centre))]
    first = np.cross(helper, centre)
    first = first / np.linalg.norm(first)
    return first, np.cross(centre, first)


def _main_axes(flat: Floats) -> Floats:
    known = flat[np.isfinite(flat).all(axis=1)]
    if len(known) < 3:
        return np.eye(2)
    main = np.linalg.eigh(np.cov(known.T))[1][:, 1]
    main = main * (1.0 if main[np.argmax(np.abs(main))] > 0 else -1.0)
    return np.array([[main[0], -main[1]], [main[1], main[0]]])


def mean_direction(up: Floats) -> Floats:
    """The mean of directions (n, 3), a unit vector (3,); straight up where there is none."""
    known = up[np.isfinite(up).all(axis=1)]
    mean = known.mean(axis=0) if len(known) else np.array([0.0, 0.0, 1.0])
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length) if length > 1e-9 else np.array([0.0, 0.0, 1.0])


def envelope(t_s: Floats, values: Floats, columns: int) -> tuple[Floats, Floats, Floats]:
    """Least and greatest of `values` in each of at most `columns` stretches of time: (t_s, low, high).

    A recording of any length becomes a drawing of bounded size, and no extremum is lost. A stretch without
    samples is NaN.
    """
    known = np.isfinite(t_s) & np.isfinite(values)
    t, v = t_s[known], values[known]
    if not len(t):
        return np.empty(0), np.empty(0), np.empty(0)
    columns = max(1, min(columns, len(t)))
    edges = np.linspace(t[0], t[-1], columns + 1)
    column = np.clip(np.searchsorted(edges, t, side="right") - 1, 0, columns - 1)
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    np.minimum.at(low, column, v)
    np.maximum.at(high, column, v)
    empty = np.isinf(low)
    low[empty] = high[empty] = np.nan
    return (edges[:-1] + edges[1:]) / 2, low, high
