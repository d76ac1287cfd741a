"""From a table of samples with time stamps, as a CSV holds them, to a stream."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import minimum_filter1d

from footsense.errors import StreamError
from footsense.stream.grid import HOLE_PERIODS, MAX_FILL_S, Grid
from footsense.types import CLIPPED, Flags, Floats, Gap, Item, Placement, Samples, Side, StreamInfo

CHUNK = 1 << 14  # samples an item; larger ones take more memory and are no faster
RATE_CHANGE = 1.25  # factor between two rates
LASTING_S = 2.0
_MIN_RATE_HZ, _MAX_RATE_HZ = 1e-4, 2e4  # nothing worn on a body samples faster
_BURST = 3.0
_REGULAR = 0.5  # intervals within 0.5 to 1.5 of the median are one grid
_MIN_CLIP_G, _MIN_CLIP_RUN, _MIN_CLIPPED = 1.5, 3, 6


def items_from_arrays(
    t_s: Floats,
    acc_g: Floats,
    gyr_dps: Floats | None = None,
    *,
    sensor: str = "",
    side: Side | None = None,
    placement: Placement | None = None,
    acc_range_g: float | None = None,
) -> list[Item]:
    """The stream of samples with their own stamps: t_s (n,) s strictly increasing from any start, acc_g (n, 3),
    gyr_dps (n, 3) or None.

    Intervals within 0.5 to 1.5 of the median are one grid and keep their stamps; holes up to 0.25 s are filled
    and flagged, longer ones are a Gap; a lasting change of rate starts a new segment. Stamps that come in
    bursts (most intervals tiny: times of arrival) stay too; only holes longer than 0.25 s are told from them.
    One sample alone has no rate and is given the lowest, 1e-4 Hz. Raises StreamError for stamps that cannot be
    seconds.
    """
    said = StreamInfo(0.0, gyr_dps is not None, sensor, side, placement, acc_range_g)
    return list(iter_arrays(t_s, acc_g, gyr_dps, said))


def iter_arrays(t_s: Floats, acc_g: Floats, gyr_dps: Floats | None, said: StreamInfo) -> Iterator[Item]:
    """As `items_from_arrays`, an item at a time; `said` is what is known of the stream but its rate."""
    if len(t_s) < 2:
        if len(t_s):
            yield replace(said, rate_hz=_MIN_RATE_HZ)
            yield Samples(0, t_s, acc_g, gyr_dps, np.zeros(1, np.uint8))
        return
    clipped = clipped_flags(acc_g) if said.acc_range_g is None else None
    period_before = 0.0
    for start, stop, period_s in rate_segments(t_s):
        if start and t_s[start] - t_s[start - 1] > HOLE_PERIODS * max(period_s, period_before):
            yield Gap(float(t_s[start - 1]), float(t_s[start]))
        period_before = period_s
        if period_s < 1 / _MAX_RATE_HZ:
            raise StreamError(f"samples {period_s:.3g} s apart are none of a sensor; t_s is in seconds")
        # four decimals: a shift of t_s by a constant moves the last bits of the period
        yield replace(said, rate_hz=max(round(1 / period_s, 4), _MIN_RATE_HZ))
        grid = Grid(period_s, said.acc_range_g)
        steps = steps_on_grid(t_s[start:stop], period_s)
        for a in range(start, stop, CHUNK):
            part = slice(a, min(a + CHUNK, stop))
            on_grid = steps[part.start - start : part.stop - start]
            gyr = None if gyr_dps is None else gyr_dps[part]
            yield from grid.push(
                t_s[part], acc_g[part], gyr, on_grid, None if clipped is None else clipped[part]
            )


def steps_on_grid(t_s: Floats, period_s: float) -> Floats:
    """How many periods each stamp lies behind the one before it, at least 1 (the first: 1).

    Early and late neighbours make up for each other: 0.3 and then 1.7 periods are no hole.
    """
    dt = np.diff(t_s, prepend=t_s[0] - period_s)
    periods = dt / period_s
    if len(dt) > 1 and _is_bursty(dt[1:]):
        return np.where(dt > MAX_FILL_S, np.maximum(np.rint(periods), 2.0), 1.0)
    steps = np.ones(len(t_s))
    odd = np.flatnonzero((periods < _REGULAR) | (periods > HOLE_PERIODS + 1e-9))
    behind, last = 0.0, -2
    for i in odd.tolist():
        ahead = behind if i == last + 1 else 0.0
        step = max(1.0, float(np.rint(periods[i] + ahead)))
        behind, last = min(0.0, max(-1.0, ahead + periods[i] - step)), i
        steps[i] = step
    return steps


def rate_segments(t_s: Floats) -> list[tuple[int, int, float]]:
    """Stretches of one rate as (start, stop, period in s)."""
    dt = np.diff(t_s)
    starts = [0, *_changes(dt), len(t_s)]
    return [(a, b, _period(dt[a : b - 1])) for a, b in pairwise(starts)]


def _period(dt: Floats) -> float:
    middle = np.median(dt)
    if _is_bursty(dt):
        return float(dt[dt <= MAX_FILL_S].mean())
    regular = dt[(dt >= _REGULAR * middle) & (dt <= HOLE_PERIODS * middle)]
    return float(regular.mean())


def _is_bursty(dt: Floats) -> bool:
    """Whether most intervals are tiny against the mean one, as where samples are stamped when they arrive."""
    near = dt[dt <= MAX_FILL_S]
    return len(near) > 0 and float(near.mean()) > _BURST * float(np.median(dt))


def _changes(dt: Floats) -> list[int]:
    """Indices of intervals with which another rate begins and lasts for 2 s or more."""
    block = int(np.clip(round(1 / np.median(dt)), 8, 256))
    count = len(dt) // block
    if count < 4:
        return []
    medians = np.median(dt[: count * block].reshape(count, block), axis=1)
    now = float(np.median(medians[:3]))
    if not (_ratio(medians, now) > RATE_CHANGE).any():
        return []
    return _lasting_changes(dt, medians, block, now)


def _lasting_changes(dt: Floats, medians: Floats, block: int, now: float) -> list[int]:
    changes: list[int] = []
    other: list[int] = []
    for b, middle in enumerate(medians.tolist()):
        if _ratio(middle, now) <= RATE_CHANGE:
            other = []
        elif other and _ratio(middle, float(medians[other[0]])) <= RATE_CHANGE:
            other.append(b)
        else:
            other = [b]
        if len(other) >= 2 and float(medians[other].sum()) * block >= LASTING_S:
            new = float(np.median(medians[other]))
            low = max(0, (other[0] - 1) * block)
            changes.append(low + _border(dt[low : (other[0] + 1) * block], now, new))
            now, other = new, []
    return changes


def _border(dt: Floats, old: float, new: float) -> int:
    is_new = _ratio(dt, new) < _ratio(dt, old)
    return int(np.argmax(np.cumsum(np.where(is_new, -1, 1)))) + 1


def _ratio(a: Floats | float, b: float) -> Floats:
    return np.asarray(np.maximum(np.divide(a, b), np.divide(b, a)), dtype=np.float64)


def clipped_flags(acc_g: Floats) -> Flags:
    """Which samples (n, 3) stand at the end of an unknown range: an axis stays at its own extreme, above
    1.5 g, for three samples running and in six or more altogether. CLIPPED or 0 for each."""
    flags = np.zeros(len(acc_g), dtype=np.uint8)
    for column in acc_g.T:
        for end in (column.max(), column.min()):
            at_end = column == end
            if abs(end) < _MIN_CLIP_G or at_end.sum() < _MIN_CLIPPED:
                continue
            if minimum_filter1d(at_end.astype(np.uint8), _MIN_CLIP_RUN, mode="constant").any():
                flags[at_end] = CLIPPED
    return flags
