"""Watches a stream go by and says what it was: length, rate, holes, and faults of the sensor."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from footsense.analysis.model import RecordingFacts
from footsense.signal.runs import Bools
from footsense.types import CLIPPED, INTERPOLATED, Floats, Gap, Item, Samples, StreamInfo

STUCK_S = 2.0
_EVEN = (0.5, 1.5)  # of a period
_AXES = ("ax", "ay", "az", "gx", "gy", "gz")
_MOVES_G, _MOVES_DPS = 0.1, 20.0  # peak to peak of another axis meanwhile, and so many counts of the device:
_MOVES_COUNTS = 100  # a coarse device may show one value of an axis that hardly moves
_FORCE_BINS = np.concatenate([np.arange(0.0, 4.0, 0.02), [4.0, np.inf]])  # g
_NOISY = (
    0.2  # share of steps that turn back on the one before: 2·f/rate in a smooth movement at f, 2/3 in noise
)


class Watcher:
    """Fed every item of one sensor's stream; keeps a few numbers, whatever the length."""

    def __init__(self) -> None:
        self.clipped = 0
        self.filled = 0
        self.lost_s = 0.0
        self.uneven = 0  # intervals that are not about a period
        self.stuck: list[tuple[str, float, float]] = []
        self.at_end_s = 0.0  # axes standing at their own extreme
        self.constant = True  # no acceleration was any other than the first one
        self._first_g: Floats | None = None
        self._force = np.zeros(len(_FORCE_BINS) - 1, np.int64)  # how often |a| was in which bin
        self._samples = 0
        self._rates: Counter[float] = Counter()
        self._gaps: list[tuple[float, float]] = []
        self._breaks: list[float] = []
        self._info: StreamInfo | None = None
        self._first_s = self._last_s = self._real_s = 0.0
        self._hole_open = False

    def watch(self, item: Item) -> None:
        """Take note of an item; Ticks and Commands are nothing to note."""
        if isinstance(item, StreamInfo):
            self._info = item
            if self._samples:
                self._breaks.append(self._last_s)
        elif isinstance(item, Gap):
            self.lost_s += item.end_s - item.start_s
            self._gaps.append((item.start_s, item.end_s))
        elif isinstance(item, Samples) and len(item):
            self._watch_samples(item)

    def facts(self) -> RecordingFacts:
        """What was seen so far. The rate is that of most samples, 0 with fewer than two."""
        rate = self._rates.most_common(1)[0][0] if self._samples > 1 else 0.0
        gyro = self._info is not None and self._info.has_gyro
        gaps, breaks = tuple(self._gaps), tuple(self._breaks)
        return RecordingFacts(self.duration_s, self._samples, rate, gyro, gaps, breaks)

    @property
    def force_g(self) -> float:
        """Median length of the specific force in g, to 0.02; inf above 4. About 1 for any wearer."""
        middle = int(np.searchsorted(np.cumsum(self._force), self._force.sum() / 2))
        return float(_FORCE_BINS[min(middle + 1, len(self._force))])

    @property
    def span_s(self) -> tuple[float, float]:
        """Times of the first and the last sample."""
        return self._first_s, self._last_s

    @property
    def duration_s(self) -> float:
        """From the first sample to the last."""
        return self._last_s - self._first_s

    def _watch_samples(self, item: Samples) -> None:
        assert self._info is not None
        if not self._rates:
            self._first_s = self._real_s = float(item.t_s[0])
        filled = (item.flags & INTERPOLATED).astype(bool)
        count = int(filled.sum())
        self._samples += len(item) - count
        self._rates[self._info.rate_hz] += len(item) - count
        self.filled += count
        if self.constant:
            self._first_g = item.acc_g[0].copy() if self._first_g is None else self._first_g
            self.constant = bool((item.acc_g == self._first_g).all())
        self.clipped += int(((item.flags & CLIPPED) != 0).sum())
        self._force += np.histogram(np.sqrt(np.einsum("ij,ij->i", item.acc_g, item.acc_g)), _FORCE_BINS)[0]
        if count or self._hole_open:
            self._short_holes(item.t_s, filled)
        self._last_s = float(item.t_s[-1])
        periods = np.diff(item.t_s) * self._info.rate_hz
        self.uneven += int(((periods < _EVEN[0]) | (periods > _EVEN[1])).sum())
        if not filled[-1]:
            self._real_s = self._last_s
        for axis, start_s, end_s, at_end in still_axes(item):
            if at_end:
                self.at_end_s += end_s - start_s
            else:
                self.stuck.append((axis, start_s, end_s))

    def _short_holes(self, t_s: Floats, filled: Floats) -> None:
        edges = np.diff(filled.astype(np.int8), prepend=np.int8(self._hole_open))
        for i in np.flatnonzero(edges).tolist():
            if edges[i] > 0:
                self._real_s = float(t_s[i - 1]) if i else self._real_s
            else:
                self._gaps.append((self._real_s, float(t_s[i])))
        self._hole_open = bool(filled[-1])


Still = tuple[str, float, float, bool]


def still_axes(item: Samples) -> list[Still]:
    """Stretches in which an axis keeps one value for two seconds or more while another axis of its kind
    moves, with the noise of a real sensor: (axis, start_s, end_s, at_end). An axis that stands at its own
    extreme (`at_end`) is clipped, any other is stuck; so is a whole kind while the other one moves. A sensor at
    rest, all axes still, is neither; nor is what stands at 0 in data that were computed without noise."""
    found: list[Still] = []
    if item.t_s[-1] - item.t_s[0] < STUCK_S:
        return found
    found += _still(item.t_s, item.acc_g, _AXES[:3], _MOVES_G)
    if item.gyr_dps is not None:
        found += _still(item.t_s, item.gyr_dps, _AXES[3:], _MOVES_DPS)
        found += _dead(item.t_s, item.acc_g, _AXES[:3], item.gyr_dps, _MOVES_DPS)
        found += _dead(item.t_s, item.gyr_dps, _AXES[3:], item.acc_g, _MOVES_G)
    return found


def _runs(t_s: Floats, changes: Bools) -> Iterator[tuple[int, int]]:
    """From where to where nothing changes from sample to sample for two seconds or more."""
    borders = np.concatenate(([0], np.flatnonzero(changes) + 1, [len(t_s)]))
    long = np.flatnonzero(t_s[borders[1:] - 1] - t_s[borders[:-1]] >= STUCK_S)
    return zip(borders[long].tolist(), borders[long + 1].tolist(), strict=True)


def _dead(t_s: Floats, rows: Floats, names: tuple[str, ...], others: Floats, moves: float) -> Iterator[Still]:
    """Stretches in which one half of the sensor keeps its values while the other one moves: no foot tilts
    without turning, and none turns without a trace of noise. A rate of 0 may have been computed; no force of
    0 is."""
    is_force = names == _AXES[:3]
    for a, b in _runs(t_s, (rows[1:] != rows[:-1]).any(axis=1)):
        if _moves(others[a:b], moves) and (is_force or rows[a].any() or _noise(others[a:b]) > _NOISY):
            yield "{}, {} and {}".format(*names), float(t_s[a]), float(t_s[b - 1]), False


def _still(t_s: Floats, rows: Floats, names: tuple[str, ...], moves: float) -> list[Still]:
    found = []
    for axis, name in enumerate(names):
        column = rows[:, axis]
        for a, b in _runs(t_s, column[1:] != column[:-1]):
            # what was computed without noise may stay at 0 while others move
            if _moves(rows[a:b], moves) and (column[a] != 0.0 or _noise(rows[a:b]) > _NOISY):
                at_end = b - a < len(column) and column[a] in (column.min(), column.max())
                found.append((name, float(t_s[a]), float(t_s[b - 1]), at_end))
    return found


def _moves(rows: Floats, moves: float) -> bool:
    """Whether an axis moves by more than `moves` and by a good many counts."""
    steps = np.abs(np.diff(rows, axis=0))
    count = float(np.min(steps, where=steps > 0, initial=np.inf))
    return float(np.ptp(rows, axis=0).max()) > max(moves, _MOVES_COUNTS * count)


def _noise(rows: Floats) -> float:
    """Share of the steps from sample to sample that turn back on the one before, on the axis with most."""
    steps = np.diff(rows, axis=0)
    return float((steps[1:] * steps[:-1] < 0).mean(axis=0).max()) if len(steps) > 1 else 0.0
