"""Steps: every landing of the foot, however the stream is cut."""

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense import simulate
from footsense.engine import Engine, run
from footsense.signal.front import slice_samples
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
    assert sum(x == 0 for x in off) >= 20
    assert all(abs(x) <= 1 for x in off)


def test_real_walks_without_gyro(walks):
    assert all(abs(x) <= 1 for x in counts_off(walks, gyro=False))


@pytest.mark.parametrize("lost", [0.1, 0.2])
def test_real_walks_with_lost_packets(walks, lost):
    assert sum(abs(x) <= 1 for x in counts_off(walks, keep_share=1 - lost)) >= 23


def cut(items: list[Item], size: int) -> list[Item]:
    """The same stream in chunks of `size` samples."""
    out: list[Item] = []
    for item in items:
        if isinstance(item, Samples):
            out += [slice_samples(item, i, min(i + size, len(item))) for i in range(0, len(item), size)]
        else:
            out.append(item)
    return out


def made(motion: str, seed: int, **fixed) -> simulate.Simulated:
    return simulate.simulate(simulate.sample(motion, seed, **{"loss": 0.0, **fixed}))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 400),
    size=st.sampled_from([1, 7, 33, 500]),
    placement=st.sampled_from(["foot", "ankle", "shank"]),
    motion=st.sampled_from(["toe-walk", "walking"]),
    rate_hz=st.sampled_from([25.0, 52.0, 100.0, 200.0]),
)
def test_cutting_changes_nothing(seed, size, placement, motion, rate_hz):
    items = made(motion, seed, placement=placement, rate_hz=rate_hz, loss=0.02, sets=1, reps=8).items()
    assert steps(cut(items, size)) == steps(items)


@pytest.mark.parametrize("size", [1, 7, 500])
def test_cutting_a_real_walk_changes_nothing(walks, size):
    (t, acc, gyr), _ = walks["1-1_lf"]
    items = stream(t, acc, gyr, 100.0)
    assert steps(cut(items, size)) == steps(items)


def test_an_event_comes_with_the_sample_that_decides_it(walks):
    (t, acc, gyr), _ = walks["2-1_rf"]
    engine = Engine(["toe-walk"])
    for item in cut(stream(t, acc, gyr, 100.0), 1):
        for event in engine.process(item):
            assert isinstance(item, Samples)
            assert event.decided_s == item.t_s[-1]
