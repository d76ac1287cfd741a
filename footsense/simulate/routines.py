"""A routine done by the simulated wearer, in one continuous recording."""

from dataclasses import replace
from math import ceil

from footsense.errors import UsageError
from footsense.routine import Routine, RoutineItem, load_routine
from footsense.simulate.scenario import EXERCISES, Scenario
from footsense.simulate.wearer import Simulated, simulate_routine
from footsense.text import display

CADENCE_HZ = 0.9  # strides a second on tiptoe
TURNS_HZ = 1.0
PAUSE_S = (1.5, 2.5)  # to change posture


def perform(routine: Routine, base: Scenario) -> Simulated:
    """The items of a routine that concern the foot of `base`, done as asked for, in order.

    `base` says who does it, with which device, and how carefully (its motion is not used). Raises UsageError
    if no item is for that foot, or one is no exercise that can be simulated.
    """
    items = [i for i in routine.items if base.side in i.sides or "both" in i.sides]
    if not items:
        raise UsageError(f"routine '{display(routine.name)}' has nothing for the {base.side} foot")
    parts = [_scenario(item, base) for item in items]
    return simulate_routine([*map(_same_seat, parts, parts[1:]), parts[-1]], PAUSE_S)


def demo_routine(base: Scenario | None = None) -> Simulated:
    """The routine `demo` done with care, in less than 80 s; on the left foot unless `base` says otherwise."""
    calm = Scenario(motion="sitting", seed=4, side="left", tremor=0.5, restless=0.5)
    return perform(load_routine("demo"), replace(base or calm, tidy=True))


def _same_seat(part: Scenario, following: Scenario) -> Scenario:
    """Circles before band flexes are done with the legs stretched out already."""
    lies = part.motion == "ankle-circles" and following.motion == "band-flexes"
    return replace(part, posture="stretched") if lies else part


def _scenario(item: RoutineItem, base: Scenario) -> Scenario:
    if item.exercise not in EXERCISES:
        raise UsageError(f"cannot simulate '{display(item.exercise)}'; known are: {', '.join(EXERCISES)}")
    done = replace(base, motion=item.exercise, reps=item.reps, rest_s=item.rest_s or None, tempo_hz=None)
    if item.hold_s is not None:
        low, high = max(item.shortest_s, item.hold_s[0]), item.hold_s[1]
        return replace(done, hold_s=low + max(0.05 * low, min(0.6, (high - low) / 2)))
    if item.bout_s is not None:
        strides = ceil(max(item.bout_s, item.shortest_s) * CADENCE_HZ) + 1
        return replace(done, sets=item.sets, reps=strides, tempo_hz=CADENCE_HZ)
    way = item.directions[0] if len(item.directions) == 1 else "both"
    return replace(done, direction=way, tempo_hz=TURNS_HZ)
