"""The simulated wearer and the virtual sensor."""

from footsense.simulate.scenario import EXERCISES, MOTIONS, NEGATIVES, Scenario
from footsense.simulate.wearer import Simulated, simulate, simulate_routine

__all__ = ["EXERCISES", "MOTIONS", "NEGATIVES", "Scenario", "Simulated", "simulate", "simulate_routine"]
