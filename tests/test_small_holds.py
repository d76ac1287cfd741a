"""Holds too small to count by themselves, and those that others like them, or their height, make credible."""

from dataclasses import replace

import numpy as np
import pytest

from footsense.engine import Engine
from footsense.types import Event, Floats, Grade, Placement, Samples
from tests.test_holds import ANGLES_HZ, flexes, stream


def told_band_flexes(placement: Placement, angle_deg: Floats) -> tuple[list[Event], list[tuple[str, Grade]]]:
    """What is found of a sensor at `placement`, and the reasons."""
    info, samples = stream(angle_deg, noise_g=0.001)
    engine = Engine(["band-flexes"])
    found = engine.process(replace(info, placement=placement)) + engine.process(samples) + engine.flush()
    return found, [(r.code, r.grade) for r in engine.reasons()["band-flexes"]]


@pytest.mark.parametrize(
    ("placement", "degrees", "times", "count", "faint"),
    [
        ("ankle", 1.8, 4, 4, False),  # a set tells
        ("ankle", 1.8, 2, 0, False),  # two may be anything
        ("ankle", 1.3, 4, 4, True),  # others like these may have been too small to be seen
        ("foot", 2.2, 4, 0, True),  # where nothing hides a part of the movement
        ("foot", 1.2, 4, 0, False),  # nor is this nearly a flex of the foot
    ],
)
def test_a_strap_takes_an_unknown_share_so_that_a_set_of_small_holds_counts(
    placement: Placement, degrees: float, times: int, count: int, faint: bool
) -> None:
    found, reasons = told_band_flexes(placement, flexes(times, 4.0, degrees))
    assert (len(found), reasons) == (count, [("faint", Grade.POOR)] if faint else [])


def test_of_three_alike_the_small_ones_are_missed_whether_few_or_most_count() -> None:
    for ways, count in (([3.3, 2.7, 2.6], 1), ([3.3, 2.7, 3.4], 2)):
        found, reasons = told_band_flexes("foot", np.concatenate([flexes(1, 4.0, deg) for deg in ways]))
        assert (len(found), reasons) == (count, [("faint", Grade.POOR)])


def test_small_holds_that_do_not_stand_out_of_the_swaying_at_rest_are_not_counted() -> None:
    angle = flexes(5, 6.0, 1.6, rest_s=6.0)
    t = np.arange(len(angle)) / ANGLES_HZ
    found, reasons = told_band_flexes("ankle", angle + 0.3 * np.sin(2 * np.pi * 0.5 * t))
    assert not found
    assert reasons == [("faint", Grade.POOR)]


def test_a_small_hold_of_a_strap_is_told_once_two_like_it_are_known() -> None:
    """It is final then, whether those are small or not; one that goes the other way is none."""
    ways = [1.9, 1.8, -1.8, 1.9, 2.3]
    found, _ = told_band_flexes("ankle", np.concatenate([flexes(1, 4.0, deg) for deg in ways]))
    starts = [round(e.start_s / 9.2) for e in found]
    assert starts == [0, 1, 3, 4]
    third_s = found[2].decided_s
    assert [e.decided_s for e in found[:2]] == [third_s, third_s]
    assert third_s == pytest.approx(found[2].end_s, abs=0.6)


@pytest.mark.parametrize(("height_m", "count"), [(0.12, 3), (0.0, 0)])
def test_a_lift_that_hardly_tilts_the_foot_counts_by_its_height(height_m: float, count: int) -> None:
    """From the hip the whole leg goes up; a posture of the foot that is as small is no lift."""
    up = flexes(3, 6.0, 1.0)
    info, samples = stream(2.0 * up, noise_g=0.001)
    way_m = np.interp(samples.t_s, np.arange(len(up)) / ANGLES_HZ, height_m * up)
    up_g = np.gradient(np.gradient(way_m, samples.t_s), samples.t_s) / 9.80665
    lifted = Samples(0, samples.t_s, samples.acc_g * (1.0 + up_g[:, None]), None, samples.flags)
    engine = Engine(["pencil-pickups"])
    assert len(engine.process(info) + engine.process(lifted) + engine.flush()) == count
    reasons = engine.reasons()["pencil-pickups"]
    assert [(r.code, r.grade) for r in reasons] == [("faint", Grade.POOR)]  # it may be too little elsewhere
