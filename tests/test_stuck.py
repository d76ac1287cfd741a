"""A sensor of which one half is dead: the gyroscope, or the accelerometer."""

from pathlib import Path

import numpy as np
import pytest

from footsense.analysis import analyse
from footsense.analysis.facts import still_axes
from footsense.recording import open_recording
from footsense.simulate import Scenario, simulate
from footsense.types import Grade, Samples


@pytest.mark.parametrize("share", [1.0, 0.4])
@pytest.mark.parametrize("dead", ["acc", "gyr"])
@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_half_of_the_sensor_that_is_dead_while_the_other_moves_is_stuck(
    dead: str, value: float, share: float
) -> None:
    made = simulate(Scenario(motion="ankle-circles", seed=2, reps=4, tempo_hz=0.8, rate_hz=100.0, tidy=True))
    assert made.gyr_dps is not None
    acc, gyr = made.acc_g.copy(), made.gyr_dps.copy()
    alive = Samples(0, made.t_s, made.acc_g, made.gyr_dps, np.zeros(len(acc), np.uint8))
    assert still_axes(alive) == []
    n = round(len(acc) * share)
    (acc if dead == "acc" else gyr)[-n:] = value
    found = still_axes(Samples(0, made.t_s, acc, gyr, np.zeros(len(acc), np.uint8)))
    axes = "ax, ay and az" if dead == "acc" else "gx, gy and gz"
    assert found == [(axes, made.t_s[-n], made.t_s[-1], False)]


def test_a_dead_gyro_makes_the_count_poor(tmp_path: Path) -> None:
    made = simulate(Scenario(motion="ankle-circles", seed=2, reps=4, tempo_hz=0.8, rate_hz=100.0, tidy=True))
    rows = np.column_stack([made.t_s, made.acc_g, 0 * made.acc_g])
    file, head = tmp_path / "a.csv", "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"
    np.savetxt(file, rows, delimiter=",", header=head, comments="", fmt="%.6f")
    found = analyse(open_recording(str(file)), "ankle-circles")
    assert found.grade is Grade.POOR
    assert any(r.text.startswith("axes gx, gy and gz kept one value for") for r in found.reasons)
