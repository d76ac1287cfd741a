"""Where stream time lies on the host's clock, found afterwards: for dates and for two sensors side by side.

It never moves an event: durations and counts are by stream time alone. Live, `Stage.stream_time` answers by the
quickest packets lately. Afterwards everything that arrived is known, and the map is the lower convex hull of
the delays: an arrival is late by what the radio and the host add, never early, so the line below all of them is
the clock's, and blackouts, stalls and repeats do not bend it. Of a sensor that stamps its packets one line
holds for 20 minutes (windows of 120 s in longer ones, for a crystal that warms up); of one that only numbers
them its oscillator wanders, and the window is 25 s of what was counted: in 45 s it wanders by more than the
arrivals leave open (simulated by 300 ppm in minutes: off by 0.7 ms rms in the median, over 25 s by 0.3 ms).

Where packets come nearly as often as each so many connection events (each 60 ms, and events each 30 ms) they
wait for nearly as long for minutes, and no window of 25 s need hold one that hardly waited. So the line is kept
within 2 ms of the one over 50 s, which is about as far as such an oscillator bends in that time.

How near the line lies can be seen in what it is made of: no arrival is early, so the clock lies between the
line and the quickest arrival about that time, and where for ten seconds (of a crystal: for a minute) nothing
came near the line nobody knows better. `within_s` is the furthest of these, and what a stamp is cut by.

Both maps contain the floor of the delay: the shortest way from sample to host that was seen, which is what the
host's system and the quickest wait for a connection event add, and whatever the sensor itself adds always (its
FIFO, its filter); no clock can tell that from lateness. How near they come: `tests/test_host_map.py`.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from footsense.types import Floats

_LONG_S, _STAMPED_WINDOW_S = 1200.0, 120.0
_COUNTED_WINDOW_S, _BENT_S = 25.0, 0.002
_STAMPED_SEEN_S, _COUNTED_SEEN_S = 60.0, 10.0  # in which something should come as quickly as the line says
_APART_S = 10.0  # packets further apart than this share no line: nobody knows what was counted meanwhile
_FEW = 8  # arrivals, below which a window says nothing
_SHORT_S = 10.0  # less than this has no rate of its own
_STAMPED_PPM, _COUNTED_PPM = 500.0, 40_000.0  # by which a clock may be off: of a crystal, of an oscillator


@dataclass(slots=True)
class Arrivals:
    """What the map is made of: for each frame the stream time of its last sample, what the sensor had counted
    by then (None: its stamps are what stream time follows), its arrival, and a number that changes
    where the stream began anew. Times in s; arrivals since `host0_ns`, stream times since `stream0_s`; `tick_s`
    is what stamps are whole multiples of."""

    host0_ns: int = 0
    stream0_s: float = 0.0
    tick_s: float = 0.0
    stamped: bool = True
    _rows: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, stream_s: float, counted_s: float | None, host_s: float, segment: int) -> None:
        """Take a frame, in the order of the stream."""
        self.stamped = counted_s is None
        self._rows.extend((stream_s, stream_s if counted_s is None else counted_s, host_s, segment))

    def fitted(self) -> "HostMap | None":
        """The map; None where nothing arrived."""
        if not self._rows:
            return None
        stream_s, counted_s, host_s, segment = np.array(self._rows).reshape(-1, 4).T
        on_line = np.concatenate(
            [
                counted_s[part] + _delays(counted_s[part], (host_s - counted_s)[part], stamped=self.stamped)
                for part in _pieces(counted_s, host_s, segment)
            ]
        )
        seen_s = _STAMPED_SEEN_S if self.stamped else _COUNTED_SEEN_S
        within_s = _furthest(host_s, host_s - on_line, seen_s)
        within_s = None if within_s is None else within_s + self.tick_s / math.sqrt(12)
        return HostMap(self.host0_ns, stream_s - self.stream0_s, np.maximum.accumulate(on_line), within_s)


@dataclass(frozen=True, slots=True)
class HostMap:
    """Stream times (n,), s, growing, and where each lies on the host's clock: `host_s` (n,) since `host0_ns`,
    not falling. In between straight; beyond, both clocks go at the same rate. `within_s`: what it may be off by
    (rms, beside the floor of the delay); None where too little arrived to tell."""

    host0_ns: int
    stream_s: Floats
    host_s: Floats
    within_s: float | None

    def host_ns(self, t_s: float) -> int:
        """A stream time, s, on the host's clock, ns; the floor of the delay is in it."""
        return self.host0_ns + round(float(_along(t_s, self.stream_s, self.host_s)) * 1e9)

    def stream_time(self, host_ns: int) -> float:
        """The same the other way: the stream time, s, at a moment of the host's clock, ns."""
        return float(_along((host_ns - self.host0_ns) * 1e-9, self.host_s, self.stream_s))


def _furthest(host_s: Floats, late_s: Floats, seen_s: float) -> float | None:
    """Of the quickest arrivals of all stretches of about `seen_s`, all as long, by how much the latest came
    behind the line: a shorter one at the end, in which nothing was quick, would say nothing."""
    lasted_s = float(np.ptp(host_s))
    count = max(round(lasted_s / seen_s), 1)
    stretch = np.minimum((host_s - host_s.min()) * count // (lasted_s or 1.0), count - 1)
    _, which = np.unique(stretch, return_inverse=True)
    least_s = np.full(which.max() + 1, np.inf)
    np.minimum.at(least_s, which, late_s)
    enough = np.bincount(which) >= _FEW
    return float(least_s[enough].max()) if enough.any() else None


def _along(at: float, x: Floats, y: Floats) -> float:
    return float(np.interp(at, x, y)) + min(at - float(x[0]), 0.0) + max(at - float(x[-1]), 0.0)


def _pieces(counted_s: Floats, host_s: Floats, segment: Floats) -> Iterator[slice]:
    """Stretches in which the sensor's count went on undisturbed."""
    anew = (np.diff(segment) != 0) | (np.diff(counted_s) <= 0) | (np.diff(host_s) > _APART_S)
    bounds = [0, *(np.flatnonzero(anew) + 1).tolist(), len(counted_s)]
    return (slice(a, b) for a, b in pairwise(bounds))


def _delays(x: Floats, delay_s: Floats, *, stamped: bool) -> Floats:
    """The least delay at each x (n,), s, growing: by one line, or by lines that windows share."""
    if stamped:
        window_s = _STAMPED_WINDOW_S if x[-1] - x[0] > _LONG_S else _LONG_S
        return _by_windows(x, delay_s, window_s, _STAMPED_PPM)
    near, far = (_by_windows(x, delay_s, w * _COUNTED_WINDOW_S, _COUNTED_PPM) for w in (1, 2))
    return np.minimum(near, far + _BENT_S)


def _by_windows(x: Floats, delay_s: Floats, window_s: float, ppm: float) -> Floats:
    span_s = float(x[-1] - x[0])
    if span_s <= window_s:
        level, slope = _line(x, delay_s, ppm)
        return level + slope * (x - float(x.mean()))
    count = round(2 * span_s / window_s) - 1
    knots = []
    for middle in np.linspace(x[0], x[-1], count + 2)[1:-1]:
        inside = slice(*np.searchsorted(x, [middle - window_s / 2, middle + window_s / 2]).tolist())
        if inside.stop - inside.start >= _FEW:
            level, slope = _line(x[inside], delay_s[inside], ppm)
            knots.append((middle, level + slope * (middle - x[inside].mean()), slope))
    return _through(np.array(knots), x) if knots else np.full(len(x), delay_s.min())


def _through(knots: Floats, x: Floats) -> Floats:
    """Straight from knot to knot (x, delay, slope), and before and after them as the outermost lines go."""
    at, delay_s, slope = knots.T
    before, after = np.minimum(x - at[0], 0.0), np.maximum(x - at[-1], 0.0)
    delays: Floats = np.interp(x, at, delay_s) + slope[0] * before + slope[-1] * after
    return delays


def _line(x: Floats, delay_s: Floats, ppm: float) -> tuple[float, float]:
    """The highest line below all delays at the mean of x: its height there, and its slope, kept to what a clock
    may be off by."""
    most = 1e-6 * ppm
    middle = float(x.mean())
    if x[-1] - x[0] < _SHORT_S:
        return float(delay_s.min()), 0.0
    hull = _lower_hull(x, delay_s)
    right = min(max(int(np.searchsorted(x[hull], middle)), 1), len(hull) - 1)
    a, b = hull[right - 1], hull[right]
    slope = min(max(float((delay_s[b] - delay_s[a]) / (x[b] - x[a])), -most), most)
    return float((delay_s - slope * (x - middle)).min()), slope


def _lower_hull(x: Floats, y: Floats) -> list[int]:
    """Indices of the corners of the convex hull's lower side (A. M. Andrew 1979, monotone chain)."""
    xs, ys = x.tolist(), y.tolist()
    hull: list[int] = []
    for i, (xi, yi) in enumerate(zip(xs, ys, strict=True)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (ys[b] - ys[a]) * (xi - xs[a]) < (yi - ys[a]) * (xs[b] - xs[a]):
                break
            hull.pop()
        hull.append(i)
    return hull
