"""The simulated wearer and the virtual sensor."""

from footsense.simulate.files import truth_json, truth_path, write
from footsense.simulate.population import sample
from footsense.simulate.routines import demo_routine, perform
from footsense.simulate.scenario import EXERCISES, MOTIONS, NEGATIVES, Scenario
from footsense.simulate.wearer import Simulated, simulate, simulate_routine

__all__ = [
    "EXERCISES",
    "MOTIONS",
    "NEGATIVES",
    "Scenario",
    "Simulated",
    "demo_routine",
    "perform",
    "sample",
    "simulate",
    "simulate_routine",
    "truth_json",
    "truth_path",
    "write",
]
