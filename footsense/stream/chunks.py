"""Larger and smaller pieces of the same stream; how it is cut changes nothing."""

from collections.abc import Sequence

import numpy as np

from footsense.types import Samples


def joined(parts: Sequence[Samples]) -> Samples:
    """Samples that follow each other, as one."""
    if len(parts) == 1:
        return parts[0]
    gyr = [p.gyr_dps for p in parts if p.gyr_dps is not None]
    return Samples(
        parts[0].first,
        np.concatenate([p.t_s for p in parts]),
        np.concatenate([p.acc_g for p in parts]),
        np.concatenate(gyr) if gyr else None,
        np.concatenate([p.flags for p in parts]),
    )
