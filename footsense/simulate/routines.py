"""Routines for the simulated wearer: several exercises in one go."""

from collections.abc import Sequence
from dataclasses import replace

from footsense.simulate.scenario import Scenario
from footsense.simulate.wearer import Simulated, simulate_routine

_OF_THE_WEARING = (
    *("seed", "person_seed", "placement", "side", "rate_hz", "gyro", "acc_range_g", "bits", "noise", "bias"),
    *("slop", "loss", "gaps_s", "mounting", "tremor", "restless"),
)


def routine_scenarios(base: Scenario, parts: Sequence[Scenario]) -> list[Scenario]:
    """The parts done by the person and with the device of `base`, each part with its own motion and wishes."""
    worn = {name: getattr(base, name) for name in _OF_THE_WEARING}
    return [replace(part, **worn) for part in parts]


def demo_routine(base: Scenario | None = None) -> Simulated:
    """About 80 s: circles both ways, three band flexes of more than five seconds, half a minute on tiptoe.

    Everything is done as asked for, by a calm and even person; `base` says who, and with which device (its
    motion is not used).
    """
    base = base or Scenario(motion="sitting", seed=4, tremor=0.5, restless=0.5)
    parts = [
        Scenario(motion="ankle-circles", reps=5, tempo_hz=0.9, tidy=True),
        Scenario(motion="band-flexes", reps=3, hold_s=5.6, tidy=True),
        Scenario(motion="toe-walk", sets=1, tempo_hz=0.9, tidy=True),
    ]
    return simulate_routine(routine_scenarios(base, parts), (1.5, 2.5))
