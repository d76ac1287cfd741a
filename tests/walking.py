"""Walks for tests: real ones as streams, simulated ones, and their steps."""

import gzip
import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from footsense import simulate
from footsense.engine import run
from footsense.types import INTERPOLATED, Event, Gap, Item, Samples, StreamInfo


def stream(t_s, acc_g, gyr_dps, rate_hz, placement="foot", keep=None) -> list[Item]:
    """Items of one recording on its grid; holes up to 0.25 s are interpolated, longer ones become gaps."""
    index = np.round((t_s - t_s[0]) * rate_hz).astype(int)
    if keep is not None:
        index, acc_g, gyr_dps = index[keep], acc_g[keep], None if gyr_dps is None else gyr_dps[keep]
    items: list[Item] = [StreamInfo(rate_hz=rate_hz, has_gyro=gyr_dps is not None, placement=placement)]
    edges = [0, *(np.flatnonzero(np.diff(index) > 0.25 * rate_hz) + 1), len(index)]
    for lo, hi in itertools.pairwise(edges):
        grid = np.arange(index[lo], index[hi - 1] + 1)
        flags = np.full(len(grid), INTERPOLATED, np.uint8)
        flags[index[lo:hi] - index[lo]] = 0

        def on_grid(x, lo=lo, hi=hi, grid=grid):
            return np.stack([np.interp(grid, index[lo:hi], x[lo:hi, i]) for i in range(3)], axis=1)

        if lo:
            items.append(Gap(t_s[0] + index[lo - 1] / rate_hz, t_s[0] + index[lo] / rate_hz))
        gyr = None if gyr_dps is None else on_grid(gyr_dps)
        items.append(Samples(int(grid[0]), t_s[0] + grid / rate_hz, on_grid(acc_g), gyr, flags))
    return items


def recording(folder: Path, name: str):
    with gzip.open(folder / f"{name}.csv.gz", "rt") as f:
        data = np.loadtxt(f, delimiter=",", skiprows=1)
    return data[:, 0], data[:, 1:4], data[:, 4:7]


def steps(items: Iterable[Item]) -> list[Event]:
    return run(items, ["toe-walk"])


def made(motion: str, seed: int, **fixed) -> simulate.Simulated:
    return simulate.simulate(simulate.sample(motion, seed, **{**simulate.PLAIN, "loss": 0.0, **fixed}))


def near(found: list[Event], truth: list[float], within_s: float) -> list[tuple[Event, float]]:
    """Pairs of a step and the true landing it is nearest to."""
    pairs = [(e, min(truth, key=lambda t, e=e: abs(t - e.start_s))) for e in found]
    return [(e, t) for e, t in pairs if abs(t - e.start_s) <= within_s]
