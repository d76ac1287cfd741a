"""Steps after very many stands do not depend on how the stream is cut."""

import numpy as np
import pytest

from footsense.engine import run
from footsense.simulate import Scenario, simulate_routine
from footsense.types import Floats, Item, Samples, StreamInfo
from tests.streams import cut

RATE_HZ = 50.0
FLAT_DEG, TILTED_DEG = 15.0, 35.0


def tilting(stands: int, each_s: float) -> Floats:
    """Degrees (n,) of a foot that stands flat and tilted by turns, and then as before the walk."""
    here, there = np.array([FLAT_DEG, TILTED_DEG]), np.array([TILTED_DEG, FLAT_DEG])
    parts = []
    for k in range(stands):
        parts += [np.full(int(each_s * RATE_HZ), here[k % 2]), np.linspace(here[k % 2], there[k % 2], 15)]
    return np.concatenate([*parts, np.linspace(parts[-1][-1], 0.0, 20)])


def walk_after(stands: int, each_s: float, seed: int) -> list[Item]:
    """A simulated walk, which begins after so many stands."""
    who = Scenario(motion="walking", duration_s=12.0, seed=seed, rate_hz=RATE_HZ, gyro=True, placement="foot")
    walk = [item for item in simulate_routine([who]).items() if isinstance(item, Samples)]
    acc, gyr = (np.concatenate([getattr(item, what) for item in walk]) for what in ("acc_g", "gyr_dps"))
    x, y, z = acc[:40].mean(axis=0) / np.linalg.norm(acc[:40].mean(axis=0))
    angle = np.radians(tilting(stands, each_s))
    c, s, n = np.cos(angle), np.sin(angle), len(angle)
    stood = np.column_stack([c * x + s * z, np.full(n, y), c * z - s * x])
    stood += np.random.default_rng(seed).normal(0, 0.001, stood.shape)
    turned = np.column_stack([np.zeros(n), np.degrees(np.gradient(angle)) * RATE_HZ, np.zeros(n)])
    acc, gyr = np.concatenate([stood, acc]), np.concatenate([turned, gyr])
    t_s = np.arange(len(acc)) / RATE_HZ
    return [StreamInfo(RATE_HZ, has_gyro=True), Samples(0, t_s, acc, gyr, np.zeros(len(acc), dtype=np.uint8))]


@pytest.mark.parametrize(("stands", "each_s", "seed"), [(24, 2.6, 104), (20, 2.6, 114), (24, 2.4, 118)])
def test_a_landing_looks_at_as_many_stands_in_a_long_chunk_as_in_short_ones(
    stands: int, each_s: float, seed: int
) -> None:
    items = walk_after(stands, each_s, seed)
    whole = run(items, ["toe-walk"])
    assert whole
    for size in (1, 25):
        assert run(cut(items, [size]), ["toe-walk"]) == whole
