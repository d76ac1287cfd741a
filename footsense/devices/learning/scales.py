"""From a measured scale to the one that was meant: what chips and firmware have, where it is near enough.

A sensor's own error of scale is about 1 % (rms), often more with cheap ones; scales that differ by less than
that cannot be told apart, and then the measured one is taken.
"""

from dataclasses import dataclass

import numpy as np

OWN_ERROR = 0.01  # rms
FARTHEST = 3.0  # errors
SURE = 0.8
RADIAN = 180 / np.pi
G = 9.80665

Scale = tuple[str, str]  # expression, unit

# counts in 1 g, or what a float says of 1 g
_ACC: dict[Scale, float] = {
    ("1", "g"): 1.0, ("1", "m/s2"): G, ("1", "mg"): 1000.0,
    ("0.01", "g"): 100.0, ("0.1", "g"): 10.0, ("0.0001", "g"): 10_000.0,
    ("0.01", "m/s2"): 100 * G, ("0.001", "m/s2"): 1000 * G, ("1 / 256", "m/s2"): 256 * G,
    ("0.0005", "g"): 2000.0,
    ("1 / 256000", "g"): 256e3, ("1 / 128000", "g"): 128e3, ("1 / 64000", "g"): 64e3,
}  # fmt: skip
_ACC |= {(f"1 / {2**k}", "g"): float(2**k) for k in range(4, 31)}

# deg/s of one count, or of what a float says
_GYR: dict[Scale, float] = {
    ("1", "dps"): 1.0, ("1", "rad/s"): RADIAN, ("1", "mdps"): 1e-3,
    ("0.1", "dps"): 0.1, ("0.01", "dps"): 0.01,
    ("0.001", "rad/s"): 1e-3 * RADIAN, ("0.0001", "rad/s"): 1e-4 * RADIAN,
    ("1 / 16", "dps"): 1 / 16, ("1 / 32", "dps"): 1 / 32, ("1 / 64", "dps"): 1 / 64,
    ("0.00001", "rad/s"): 1e-5 * RADIAN, ("0.000001", "rad/s"): 1e-6 * RADIAN,
    ("1 / 512", "rad/s"): RADIAN / 512, ("1 / 900", "rad/s"): RADIAN / 900,
    ("0.07", "dps"): 0.07, ("0.035", "dps"): 0.035, ("0.0175", "dps"): 0.0175, ("0.00875", "dps"): 0.00875,
    ("0.004375", "dps"): 0.004375, ("0.14", "dps"): 0.14, ("245 / 32768", "dps"): 245 / 32768,
}  # fmt: skip
_GYR |= {
    (f"{dps} / {2 ** (bits - 1)}", "dps"): dps / 2 ** (bits - 1)
    for bits in (8, 16, 24, 32)
    for dps in (125, 250, 500, 1000, 2000, 4000)
}
_GYR |= {(f"1 / {2**k}", "rad/s"): RADIAN / 2**k for k in (10, 12, 14, 16, 20, 24)}


@dataclass(frozen=True, slots=True)
class Meant:
    """A scale as a profile says it, by what share of it it may be off (rms), and others that would fit as well;
    `measured` where none of the usual is meant for sure."""

    scale: str
    unit: str
    error: float
    measured: bool
    others: tuple[str, ...] = ()


def acc_scale(counts: float, kind: str, spread: float) -> Meant:
    """What `counts` in 1 g means, known to a share of `spread`; of a float, units alone are meant."""
    step = 0.0 if "f" in kind else 0.3 / counts
    usual = {scale: 1 / c for scale, c in _ACC.items() if "f" not in kind or scale[0] == "1"}
    return _meant(usual, 1 / counts, "g", float(np.hypot(spread, step)))


def gyr_scale(dps: float, kind: str, spread: float) -> Meant:
    """What `dps` of one count, in deg/s, means, known to a share of `spread`."""
    usual = {scale: value for scale, value in _GYR.items() if "f" not in kind or scale[0] == "1"}
    return _meant(usual, dps, "dps", spread)


def _meant(usual: dict[Scale, float], measured: float, unit: str, spread: float) -> Meant:
    error = float(np.hypot(OWN_ERROR, spread))
    off = {scale: abs(np.log(value / measured)) / error for scale, value in usual.items()}
    near = sorted((scale for scale in off if off[scale] < FARTHEST), key=lambda s: off[s])
    likely = {scale: float(np.exp(-0.5 * off[scale] ** 2)) for scale in near}
    total = sum(likely.values())
    if not near or likely[near[0]] < SURE * total:
        return Meant(f"{measured:.6g}", unit, error, measured=True, others=tuple(_said(s) for s in near))
    others = [_said(s) for s in near[1:] if likely[s] > 0.05 * total]
    return Meant(*near[0], error, measured=False, others=tuple(others))


def _said(scale: Scale) -> str:
    return f"{scale[0]} {scale[1]}"
