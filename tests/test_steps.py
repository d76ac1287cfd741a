"""Steps: every landing of the foot, however the stream is cut."""

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

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


def steps(items: list[Item]) -> list[Event]:
    return run(items, ["toe-walk"])


@pytest.fixture(scope="session")
def walks(reference: Path) -> dict[str, tuple]:
    """The 24 walks of ipol_gait with their true landings."""
    folder = reference / "data" / "ipol_gait"
    files = json.loads((folder / "meta.json").read_text())["files"]
    return {
        name: (recording(folder, name), [end for _, end in f["truth"]["step_intervals_s"]])
        for name, f in files.items()
    }


def counts_off(walks, keep_share: float = 1.0, gyro: bool = True) -> list[int]:
    off = []
    for k, ((t, acc, gyr), truth) in enumerate(walks.values()):
        keep = np.random.default_rng(k).random(len(t)) < keep_share
        keep[[0, -1]] = True
        items = stream(t, acc, gyr if gyro else None, 100.0, keep=keep)
        off.append(len(steps(items)) - len(truth))
    return off


def test_real_walks_are_counted(walks):
    off = counts_off(walks)
    assert sum(x == 0 for x in off) >= 19
    assert all(abs(x) <= 1 for x in off)


def test_real_walks_without_gyro(walks):
    assert all(abs(x) <= 1 for x in counts_off(walks, gyro=False))


@pytest.mark.parametrize("lost", [0.1, 0.2])
def test_real_walks_with_lost_packets(walks, lost):
    assert sum(abs(x) <= 1 for x in counts_off(walks, keep_share=1 - lost)) >= 23
