"""The simulated wearer obeys physics, and its truth the words of the contract."""

import numpy as np
import pytest

from footsense.errors import UsageError
from footsense.simulate import EXERCISES, MOTIONS, Scenario, simulate

QUIET = {"noise": 0.0, "bias": 0.0, "slop": 0.0, "acc_range_g": 100.0, "bits": 24}


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_is_made(motion: str) -> None:
    made = simulate(Scenario(motion=motion, seed=1))
    assert len(made.t_s) == len(made.acc_g) == len(made.gyr_dps)
    assert np.isfinite(made.acc_g).all()
    assert bool(made.events) == (motion in EXERCISES or motion in ("walking", "stairs"))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("direction", ["cw", "ccw"])
@pytest.mark.parametrize("seed", range(3))
def test_circles_go_the_wished_way_on_both_sides(side, direction, seed) -> None:
    made = simulate(Scenario(motion="ankle-circles", side=side, direction=direction, reps=5, seed=seed))
    assert {e.attributes["direction"] for e in made.events} <= {direction, None}
    assert 5 <= len(made.events) <= 6


def test_unknown_motion_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="ankle-circles"):
        simulate(Scenario(motion="handstand"))
