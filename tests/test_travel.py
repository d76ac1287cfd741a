"""How far a hold says that the sensor went, against movements of which that is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from footsense.engine import run
from footsense.stream import items_from_arrays
from footsense.types import Event, Floats, Item

RATE_HZ = 104.0
STANDARD_G = 9.80665


def moved(
    up_m: float, forward_m: float, turn_deg: float, *, seconds: float, gyro: bool, seed: int
) -> list[Item]:
    """Rest, a smooth way that turns the sensor, six seconds there, the way back; mounted anyhow."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(round(16.0 * RATE_HZ)) / RATE_HZ
    share = _smooth((t_s - 4.0) / seconds) - _smooth((t_s - 4.0 - seconds - 6.0) / seconds)
    place = np.outer(share, [forward_m, 0.0, up_m])
    force_g = _twice(place) / STANDARD_G + [0.0, 0.0, 1.0]
    mount = Rotation.random(random_state=seed)
    worn = Rotation.from_rotvec(np.outer(np.radians(turn_deg) * share, [0.0, 1.0, 0.0])) * mount
    seen = worn.inv().apply(force_g) * (1.0 + rng.normal(0, 0.02, 3)) + rng.normal(0, 0.003, (len(t_s), 3))
    rate = np.gradient(np.radians(turn_deg) * share, 1 / RATE_HZ)
    turned = mount.inv().apply(np.outer(np.degrees(rate), [0.0, 1.0, 0.0])) + rng.normal(0, 1.0, 3)
    return items_from_arrays(t_s, seen, turned if gyro else None, side="left", placement="foot")


def _smooth(x: Floats) -> Floats:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10.0 - 15.0 * x + 6.0 * x * x))


def _twice(place: Floats) -> Floats:
    return np.asarray(np.gradient(np.gradient(place, 1 / RATE_HZ, axis=0), 1 / RATE_HZ, axis=0))


def only_hold(items: list[Item]) -> Event:
    (hold,) = run(items, ["band-flexes"])
    return hold


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("up_m", [-0.1, 0.02, 0.15, 0.3])
@pytest.mark.parametrize("turn_deg", [12.0, 35.0])
def test_the_height_is_known_whatever_the_mounting(up_m: float, turn_deg: float, gyro: bool) -> None:
    for seed in range(3):
        hold = only_hold(moved(up_m, 0.08, turn_deg, seconds=1.1, gyro=gyro, seed=seed))
        assert hold.attributes["height_m"] == pytest.approx(up_m, abs=0.03)


def test_the_gyro_tells_the_whole_way() -> None:
    for seed, (up_m, forward_m) in enumerate([(0.0, 0.2), (0.15, -0.1), (0.02, 0.03), (0.25, 0.0)]):
        hold = only_hold(moved(up_m, forward_m, 20.0, seconds=1.1, gyro=True, seed=seed))
        assert hold.attributes["travel_m"] == pytest.approx(np.hypot(up_m, forward_m), abs=0.03)


def test_without_a_gyro_only_the_height_is_told() -> None:
    assert "travel_m" not in only_hold(moved(0.1, 0.1, 20.0, seconds=1.1, gyro=False, seed=1)).attributes
