"""Draws people, devices and sessions, for sweeps over what differs between wearers.

All shares and ranges are assumed: what seems plausible, drawn wide, since no survey of it is known. Of the sets
drawn by `sample`,

* people: 12 % are children (1.05 to 1.5 m), the others 1.45 to 2.0 m; the ankle goes half to one and a half
  times as far as usual; repetitions differ by 1 to 40 %, mostly by about 8 %;
* circles: 0.2 to 1.4 turns a second; 15 % thin (width to length 0.25 to 0.45); 30 % egg to drop shaped; 25 %
  jerky; 20 % with a centre that wanders by 0.15 to 0.3 of the size; 35 % made with the leg too; sizes change
  by 15 % (rms) and tempo by 20 % over a set;
* holds: 15 % shake (30 to 100 mg at the instep), the others less, down to the few mg of a leg held up;
  entered and left in a third to three times the usual time; the foot comes to rest beside where it did
  by 8 % (rms) of the excursion;
* steps: 0.45 to 1.3 strides a second; heels up by 14 to 46° on tiptoe, in 12 % by 9 to 14° only; strides by
  stature; the foot rolls, turns and is jolted by 0.6 to 1.6 times the usual; 12 % drag their feet; a third to
  45 % of a stride in the air; toes 8° out (rms 7°);
  nobody stands still on tiptoe for more than 0.8 s before a walk (`lingers_s` is for that);
* mishaps: 40 % of the sets are done carefully, without any. In the others, each of these has a chance of 35 %
  to occur, at 5 to 25 % of the repetitions: hesitations (a third as often between steps), going back, false
  starts, dips; stumbles at 1 to 5 % of the steps; 20 % shift their seat at 5 to 30 % of the rests; 20 % hurry;
* device: clocks within 0.1 % (rms) in 60 %, up to ±1.5 % off in 40 %; offsets, scale errors up to 5 %,
  warming up; range ±2 g in 20 %, gyro range 250 or 500 deg/s in a third;
* on the leg: the strap rings in 50 % (12 to 40 Hz), loosely in 10 of them (8 to 14 Hz); the sensor slips by 3
  to 15° in 8 %, creeps by 1 to 8° in 25 %; 4 % are worn on the other foot than is said;
* link: nothing lost in 60 %, else 0.5 or 2 %, in packets or in holes of 0.1 to 0.8 s on average.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from footsense.simulate.body import STATURE_M
from footsense.simulate.scenario import Scenario
from footsense.types import Side

RATES_HZ = (25.0, 50.0, 52.0, 60.0, 100.0, 100.0, 104.0, 200.0, 400.0)  # of ordinary devices
RANGES_G = (2.0, 4.0, 8.0, 8.0, 16.0)
GYRO_RANGES_DPS = (250.0, 500.0, 1000.0, 2000.0, 2000.0, 2000.0)
STEPPING = ("toe-walk", "walking", "stairs")
_STREAM, _WIDER, _MOVES = 100, 101, 102

PLAIN: Mapping[str, Any] = {
    "bias": 1.0,
    "tempo_hz": None,
    "stature_m": None,
    "supple": 1.0,
    "uneven": 1.0,
    "size_deg": None,
    "roundness": None,
    "egg": 0.0,
    "lilt": None,
    "jerky": 0.0,
    "wander": 0.0,
    "leg": 0.0,
    "fatigue": 0.0,
    "tempo_drift": 0.0,
    "hesitations": 0.0,
    "reversals": 0.0,
    "false_starts": 0.0,
    "shifts": 0.0,
    "hurried": False,
    "dips": 0.0,
    "slow": 1.0,
    "return_off": 0.0,
    "stumbles": 0.0,
    "step_length": 1.0,
    "shuffle": 0.0,
    "toe_out_deg": 0.0,
    "swing_share": None,
    "lively": 0.0,
    "gyr_range_dps": 2000.0,
    "drift": 0.0,
    "acc_scale": 0.0,
    "gyr_scale": 0.0,
    "burst_s": None,
    "clock_error": 0.0,
    "strap_hz": None,
    "slip_deg": 0.0,
    "creep_deg": 0.0,
    "worn": None,
}
"""What `sample` draws beyond side, rate, range, noise, tremor, play, jitter and loss, at rest: pass it to
`sample` for people who do as asked for, with sensors that stay where they are."""


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
        tremor=float(rng.uniform(0.3, 2.5)),  # replaced below, as it turned out to be ten times that of people
        restless=float(rng.uniform(0.3, 2.0)),
        noise=float(rng.uniform(0.5, 2.0)),
        slop=float(rng.uniform(0.0, 2.0)),
        jitter=float(rng.choice([0.0, 0.0, 0.05, 0.1])),
        loss=float(rng.choice([0.0, 0.0, 0.0, 0.005, 0.02])),
    )
    wider = np.random.default_rng([_WIDER, seed])
    moves = np.random.default_rng([_MOVES, seed])
    differs = _person(wider) | _circling(wider) | _mishaps(wider) | _device(wider) | _on_the_leg(wider, side)
    differs |= _holding(moves)
    if motion in STEPPING:
        differs |= _stepping(moves, motion, float(differs["stature_m"]), float(differs["hesitations"]))
    elif motion != "ankle-circles":
        differs["tempo_hz"] = None
    return replace(drawn, **differs | fixed)


def _sometimes(rng: np.random.Generator, share: float, low: float, high: float) -> float:
    """A value from low to high in a share of cases, else 0."""
    here, value = rng.uniform() < share, rng.uniform(low, high)
    return float(value) if here else 0.0


def _normal(rng: np.random.Generator, spread: float, most: float) -> float:
    return float(np.clip(spread * rng.standard_normal(), -most, most))


def _person(rng: np.random.Generator) -> dict[str, Any]:
    child, small, size = rng.uniform() < 0.12, rng.uniform(1.05, 1.5), 1.7 + _normal(rng, 0.1, 0.3)
    stature_m = float(small) if child else max(1.45, size)
    return {"stature_m": stature_m, "supple": float(np.exp(_normal(rng, 0.25, 0.65)))}


def _circling(rng: np.random.Generator) -> dict[str, Any]:
    tempo_hz = float(np.exp(rng.uniform(np.log(0.2), np.log(1.4))))
    thin = _sometimes(rng, 0.15, 0.25, 0.45)
    return {
        "tempo_hz": tempo_hz,
        "roundness": thin or float(rng.uniform(0.45, 1.0)),
        "egg": _sometimes(rng, 0.3, 0.2, 0.8),
        "lilt": abs(_normal(rng, 0.2, 0.6)),
        "jerky": _sometimes(rng, 0.25, 0.3, 0.9),
        "wander": _sometimes(rng, 0.2, 0.15, 0.3) or _sometimes(rng, 0.6, 0.02, 0.15),
        "leg": _sometimes(rng, 0.35, 0.05, 0.35),
        "fatigue": _normal(rng, 0.15, 0.45),
        "tempo_drift": _normal(rng, 0.2, 0.5),
    }


def _holding(rng: np.random.Generator) -> dict[str, Any]:
    calm, shaky = float(np.exp(rng.uniform(np.log(0.05), np.log(0.5)))), float(rng.uniform(0.6, 1.2))
    usual = rng.uniform() < 0.6  # as of the other mishaps: not of those who do it carefully
    return {
        "uneven": float(np.exp(_normal(rng, 0.4, 1.0))),
        "slow": float(np.exp(_normal(rng, 0.45, 1.1))),
        "return_off": abs(_normal(rng, 0.08, 0.25)),
        "dips": usual * _sometimes(rng, 0.35, 0.05, 0.25),
        "lively": float(np.exp(_normal(rng, 0.35, 0.5))),
        "tremor": shaky if rng.uniform() < 0.15 else calm,
    }


def _stepping(rng: np.random.Generator, motion: str, stature_m: float, hesitations: float) -> dict[str, Any]:
    tempo_hz = float(np.clip(0.9 + 0.14 * rng.standard_normal() + 0.3 * max(0.0, 1.5 - stature_m), 0.45, 1.3))
    low, high = rng.uniform(9.0, 14.0), rng.uniform(14.0, 46.0)
    return {
        "tempo_hz": tempo_hz,
        "size_deg": float(low if rng.uniform() < 0.12 else high) if motion == "toe-walk" else None,
        "step_length": stature_m / STATURE_M * float(rng.uniform(0.75, 1.15)),
        "shuffle": _sometimes(rng, 0.12, 0.2, 0.8),
        "toe_out_deg": 8.0 + _normal(rng, 7.0, 18.0),
        "swing_share": float(rng.uniform(0.33, 0.45)),
        "stumbles": _sometimes(rng, 0.2, 0.01, 0.05),
        "hesitations": hesitations / 3.0,
    }


def _mishaps(rng: np.random.Generator) -> dict[str, Any]:
    usual = 0.0 if rng.uniform() < 0.4 else 1.0
    return {
        "hesitations": usual * _sometimes(rng, 0.35, 0.05, 0.25),
        "reversals": usual * _sometimes(rng, 0.35, 0.05, 0.25),
        "false_starts": usual * _sometimes(rng, 0.35, 0.05, 0.25),
        "shifts": usual * _sometimes(rng, 0.2, 0.05, 0.3),
        "hurried": bool(usual * rng.uniform() > 0.8),
    }


def _device(rng: np.random.Generator) -> dict[str, Any]:
    precise, off = _normal(rng, 0.001, 0.003), float(rng.uniform(-0.015, 0.015))
    return {
        "bias": float(rng.uniform(0.3, 2.0)),
        "gyr_range_dps": float(rng.choice(GYRO_RANGES_DPS)),
        "acc_scale": _sometimes(rng, 0.2, 0.02, 0.05) or float(rng.uniform(0.0, 0.02)),
        "gyr_scale": float(rng.uniform(0.0, 0.03)),
        "drift": abs(_normal(rng, 1.0, 3.0)),
        "clock_error": precise if rng.uniform() < 0.6 else off,
        "burst_s": _sometimes(rng, 0.5, 0.1, 0.8) or None,
    }


def _on_the_leg(rng: np.random.Generator, side: Side) -> dict[str, Any]:
    kind, tight_hz, loose_hz = rng.uniform(), float(rng.uniform(12, 40)), float(rng.uniform(8, 14))
    other: Side = "left" if side == "right" else "right"
    return {
        "strap_hz": None if kind < 0.5 else tight_hz if kind < 0.9 else loose_hz,
        "strap_damping": float(rng.uniform(0.2, 0.6) if kind < 0.9 else rng.uniform(0.12, 0.3)),
        "slip_deg": _sometimes(rng, 0.08, 3.0, 15.0),
        "creep_deg": _sometimes(rng, 0.25, 1.0, 8.0),
        "worn": other if rng.uniform() < 0.04 else None,
    }
