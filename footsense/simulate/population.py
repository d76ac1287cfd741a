"""Draws people, devices and sessions, for sweeps over what differs between wearers."""

from dataclasses import replace
from typing import Any

import numpy as np

from footsense.simulate.scenario import Scenario
from footsense.types import Side

RATES_HZ = (25.0, 50.0, 52.0, 60.0, 100.0, 100.0, 104.0, 200.0, 400.0)  # of ordinary devices
RANGES_G = (2.0, 4.0, 8.0, 8.0, 16.0)
_STREAM = 100


def sample(motion: str, seed: int, **fixed: Any) -> Scenario:
    """A scenario with everything that differs between wearers drawn from the seed; `fixed` are fields of
    Scenario that stay as given. Raises UsageError for values out of bounds."""
    rng = np.random.default_rng([_STREAM, seed])
    side: Side = "left" if rng.uniform() < 0.5 else "right"
    drawn = Scenario(
        motion=motion,
        seed=seed,
        side=side,
        rate_hz=min(400.0, float(rng.choice(RATES_HZ) * (1.0 + 0.004 * rng.standard_normal()))),
        gyro=bool(rng.uniform() < 0.7),
        acc_range_g=float(rng.choice(RANGES_G)),
        bits=int(rng.choice([10, 12, 14, 16, 16])),
        tremor=float(rng.uniform(0.3, 2.5)),
        restless=float(rng.uniform(0.3, 2.0)),
        noise=float(rng.uniform(0.5, 2.0)),
        slop=float(rng.uniform(0.0, 2.0)),
        jitter=float(rng.choice([0.0, 0.0, 0.05, 0.1])),
        loss=float(rng.choice([0.0, 0.0, 0.0, 0.005, 0.02])),
    )
    return replace(drawn, **fixed)
