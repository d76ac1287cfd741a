"""Which way is up while the leg is moved to and fro, for sensors with a gyro."""

import numpy as np
import pytest

from footsense.engine import run
from footsense.signal.upright import Upright
from footsense.stream import items_from_arrays
from footsense.types import Floats
from tests.test_holds import ANGLES_HZ, move

RATE_HZ = 25.0
STANDARD_G = 9.80665


def lifted(
    angle_deg: Floats, way_m: Floats, rate_hz: float, *, error_dps: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Up in the sensor's frame, specific force in g and rate in deg/s, (n, 3) each, of a sensor that tilts and
    goes forwards and half as far up; the gyro has a constant error about each axis."""
    t = np.arange(0.0, (len(angle_deg) - 1) / ANGLES_HZ, 1.0 / rate_hz)
    grid = np.arange(len(angle_deg)) / ANGLES_HZ
    a = np.radians(np.interp(t, grid, angle_deg))
    pull = np.interp(t, grid, np.gradient(np.gradient(way_m)) * ANGLES_HZ * ANGLES_HZ) / STANDARD_G
    up = np.stack([np.sin(a), 0.0 * a, np.cos(a)], axis=1)
    ahead = np.stack([np.cos(a), 0.0 * a, -np.sin(a)], axis=1)
    force = up * (1.0 + 0.5 * pull)[:, None] + ahead * pull[:, None]
    rate = np.degrees(np.stack([0.0 * a, -np.gradient(a, t), 0.0 * a], axis=1)) + error_dps
    return up, force, rate


def off_deg(angle_deg: Floats, way_m: Floats, *, error_dps: float = 0.0) -> tuple[Floats, Floats]:
    """By how many degrees the estimate, and by how many the force, differs from up."""
    up, force, rate = lifted(angle_deg, way_m, RATE_HZ, error_dps=error_dps)
    found = Upright(RATE_HZ).process(force.T.copy(), np.radians(rate.T)).T
    return _angle_deg(found, up), _angle_deg(force, up)


def _angle_deg(x: Floats, y: Floats) -> Floats:
    x = x / np.sqrt((x * x).sum(axis=1))[:, None]
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(((x - y) ** 2).sum(axis=1)) / 2)))


LIFT = [(0.0, 3.0), (1.0, 0.5), (1.0, 4.0), (0.0, 0.5), (0.0, 4.0)]


def test_a_quick_lift_is_no_tilt() -> None:
    by_both, by_force = off_deg(15.0 * move(LIFT), 0.15 * move(LIFT))
    assert by_force.max() > 20.0
    assert by_both.max() < 3.5


@pytest.mark.parametrize("error_dps", [2.0, 8.0])
def test_a_constant_error_of_the_gyro_adds_nothing_in_the_end(error_dps: float) -> None:
    """The smaller could be that of a sensor lying still, and is taken off from the start."""
    parts = [(0.0, 40.0), (15.0, 0.5), (15.0, 40.0)]
    off, _ = off_deg(move(parts), 0.0 * move(parts), error_dps=error_dps)
    start, middle = round(20 * RATE_HZ), round(39 * RATE_HZ)
    assert max(off[middle], off[-1]) < 0.1
    assert (off[:start].max() < 0.1) == (error_dps < 5.0)


def test_a_sensor_that_begins_in_motion_is_upright_at_rest() -> None:
    parts = [(40.0, 0.5), (0.0, 0.5), (0.0, 20.0)]
    off, _ = off_deg(move(parts), 0.0 * move(parts))
    assert off[-1] < 0.1


@pytest.mark.parametrize(
    ("left", "seconds", "degrees"), [(0.5, 0.2, 10.0), (0.3, 0.25, 10.0), (0.4, 0.2, 28.0)]
)
def test_a_leg_that_gives_way_and_is_lifted_again_holds_twice(
    left: float, seconds: float, degrees: float
) -> None:
    """The way between leads to no rest, and its accelerations are as large as what gravity changes by."""
    dip = [(left, seconds), (left, 0.5), (1.0, seconds)]
    lift = [(1.0, 0.5), (1.0, 4.0), *dip, (1.0, 3.0), (0.0, 0.5), (0.0, 4.0)]
    way = move([(0.0, 3.0), *(lift * 2)])
    _, force, rate = lifted(degrees * way, 0.25 * way, 100.0)
    rng = np.random.default_rng(1)
    force, rate = force + rng.normal(0, 0.002, force.shape), rate + rng.normal(0.5, 0.1, rate.shape)
    items = items_from_arrays(np.arange(len(force)) / 100.0, force, rate, placement="ankle")
    assert [round(e.end_s - e.start_s) for e in run(items, ["pencil-pickups"])] == [4, 3] * 2
