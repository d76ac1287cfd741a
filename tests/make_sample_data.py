"""Makes `sample_data/`: python tests/make_sample_data.py [FOLDER]

Simulated recordings, each with its truth: one an exercise and side, a routine, a negative, one with gaps.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from footsense.resources import data_folder
from footsense.simulate import Scenario, Simulated, demo_routine, simulate, write

RIGHT = {"side": "right", "rate_hz": 100.0, "acc_range_g": 8.0, "bits": 14}
LEFT = {"side": "left", "rate_hz": 52.0, "acc_range_g": 4.0, "bits": 14, "gyro": False}

SHORT = {
    "ankle-circles": {"reps": 6},
    "band-flexes": {"reps": 3},
    "top-presses": {"reps": 5},
    "pencil-pickups": {"reps": 3},
    "toe-walk": {"sets": 1},
}


def recordings() -> Iterator[tuple[str, Callable[[], Simulated]]]:
    """File names and how each is made."""
    for i, (motion, short) in enumerate(SHORT.items()):
        for side, worn in (("left", LEFT), ("right", RIGHT)):
            seed = 20 + 2 * i + (side == "right")
            scenario = Scenario(motion=motion, seed=seed, **worn, **short)
            yield f"{motion}-{side}.csv.gz", lambda s=scenario: simulate(s)
    calm = Scenario(motion="sitting", seed=4, tremor=0.5, restless=0.5, tidy=True, **RIGHT | {"side": "left"})
    yield "routine-left.csv.gz", lambda: demo_routine(calm)
    walk = Scenario(motion="walking", seed=41, duration_s=30.0, **RIGHT)
    yield "walking-right.csv.gz", lambda: simulate(walk)
    gaps = Scenario(motion="ankle-circles", seed=43, reps=8, loss=0.02, gaps_s=((9.0, 0.6),), **LEFT)
    yield "gaps-ankle-circles-left.csv.gz", lambda: simulate(gaps)


def main(folder: Path) -> None:
    for name, make in recordings():
        made = make()
        write(made, folder / name)
        print(f"{name:36} {len(made.t_s):6} samples  {len(made.events):3} events")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else data_folder("sample_data"))
