"""The simulated wearer and the virtual sensor.

    made = simulate(Scenario(motion="band-flexes", side="left", seed=3, reps=5, rate_hz=50.0, gyro=False))
    made.t_s, made.acc_g, made.gyr_dps      # what the sensor reports; lost samples are missing
    made.items()                            # the same as a stream, for an engine
    made.events                             # what was really done, by the contract's words
    simulate(sample("walking", seed=7))     # person, side and device drawn too
    perform(load_routine("ground-up"), Scenario(motion="sitting", side="right", tidy=True))

It serves tests and the demo and is no evidence of accuracy on people.
"""

from footsense.simulate.files import truth_json, truth_path, write
from footsense.simulate.population import PLAIN, sample
from footsense.simulate.routines import demo_routine, perform
from footsense.simulate.scenario import EXERCISES, MOTIONS, NEGATIVES, Scenario
from footsense.simulate.wearer import Simulated, simulate, simulate_routine

__all__ = [
    "EXERCISES",
    "MOTIONS",
    "NEGATIVES",
    "PLAIN",
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
