"""The hold tracker and the exercises on it, on postures made here from angles."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.engine import Engine
from footsense.types import Event, Floats, Gap, Item, Samples, StreamInfo

ANGLES_HZ = 200.0


def move(parts: list[tuple[float, float]], hz: float = ANGLES_HZ) -> Floats:
    """Angle in degrees over time: to each angle in turn, on a smooth way that takes so many seconds; a part
    that stays where it is is a hold or a rest."""
    angle, ways = 0.0, []
    for target, duration_s in parts:
        x = np.linspace(0.0, 1.0, max(2, round(duration_s * hz)))
        ways.append(angle + (target - angle) * x**3 * (10 - 15 * x + 6 * x * x))
        angle = target
    return np.concatenate(ways)


def flexes(n: int, hold_s: float, degrees: float = 20.0, way_s: float = 0.6, rest_s: float = 2.0) -> Floats:
    one = [(degrees, way_s), (degrees, hold_s), (0.0, way_s), (0.0, rest_s)]
    return move([(0.0, 2.0), *(one * n)])


def stream(
    angle_deg: Floats,
    *,
    rate_hz: float = 100.0,
    gyro: bool = False,
    mount: Floats | None = None,
    noise_g: float = 0.002,
    start_s: float = 0.0,
    side_deg: Floats | None = None,
) -> tuple[StreamInfo, Samples]:
    """What a sensor sees that turns about a level axis by `angle_deg` (and about a second by `side_deg`)."""
    t = np.arange(0.0, (len(angle_deg) - 1) / ANGLES_HZ, 1.0 / rate_hz)
    grid = np.arange(len(angle_deg)) / ANGLES_HZ
    a = np.deg2rad(np.interp(t, grid, angle_deg))
    b = np.deg2rad(np.interp(t, grid, side_deg)) if side_deg is not None else np.zeros_like(a)
    up = np.stack([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)], axis=1)
    rng = np.random.default_rng(1)
    rate = np.rad2deg(np.stack([np.gradient(b, t), -np.gradient(a, t), np.zeros_like(a)], axis=1))
    turn = np.eye(3) if mount is None else mount
    acc = up @ turn.T + rng.normal(0.0, noise_g, up.shape)
    gyr = rate @ turn.T + 0.5 + rng.normal(0.0, 0.1, up.shape) if gyro else None
    info = StreamInfo(rate_hz=rate_hz, has_gyro=gyro, placement="foot")
    return info, Samples(0, t + start_s, acc, gyr, np.zeros(len(t), np.uint8))


def cut(samples: Samples, at: list[int]) -> list[Samples]:
    edges = [0, *at, len(samples)]
    gyr = samples.gyr_dps
    return [
        Samples(
            lo,
            samples.t_s[lo:hi],
            samples.acc_g[lo:hi],
            None if gyr is None else gyr[lo:hi],
            samples.flags[lo:hi],
        )
        for lo, hi in pairwise(edges)
    ]


def events(*items: Item, exercise: str = "band-flexes") -> list[Event]:
    engine = Engine([exercise])
    found = [e for item in items for e in engine.process(item)]
    return found + engine.flush()


WEARER = flexes(3, 3.0)


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("rate_hz", [25.0, 52.0, 100.0])
def test_chunks_change_nothing(rate_hz: float, gyro: bool) -> None:
    info, samples = stream(WEARER, rate_hz=rate_hz, gyro=gyro)
    whole = events(info, samples)
    assert len(whole) == 3
    for size in (1, 7, 500):
        assert events(info, *cut(samples, list(range(size, len(samples), size)))) == whole


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2000), max_size=30))
def test_any_chunks_change_nothing(at: list[int]) -> None:
    info, samples = stream(WEARER, gyro=True)
    edges = sorted(k for k in at if k < len(samples))
    assert events(info, *cut(samples, edges)) == events(info, samples)


def test_event_comes_with_the_sample_that_decides_it() -> None:
    info, samples = stream(WEARER)
    engine = Engine(["band-flexes"])
    engine.process(info)
    for one in cut(samples, list(range(1, len(samples)))):
        for event in engine.process(one):
            assert event.decided_s == one.t_s[0]
            assert event.decided_s - event.end_s <= 0.5


def test_gap_in_a_hold_takes_it_and_no_other() -> None:
    info, samples = stream(flexes(4, 3.0))
    before, hole, after = cut(samples, [round(9.5 * 100), round(10.5 * 100)])
    whole = events(info, samples)
    found = events(info, before, Gap(before.t_s[-1], after.t_s[0]), after)
    assert len(hole) == 100
    assert [round(e.start_s) for e in found] == [round(e.start_s) for e in (whole[0], *whole[2:])]
