"""How fast a turn of the foot is gone through: drifting, uneven, jerky, stopped, and taken back."""

import numpy as np

from footsense.simulate.curves import GRID_HZ, ease
from footsense.simulate.scenario import Scenario
from footsense.types import Floats

TURN = 2.0 * np.pi
CORNERS = (2, 7)  # from, below: jerks of a turn
STOP_S = (0.15, 0.7)  # longer would be a rest, after which a part of a turn does not count any more
BACK_TURNS = (0.1, 0.6)


def course(rng: np.random.Generator, wish: Scenario, speed: Floats, turns: float) -> Floats:
    """Phase in rad, (n,), over a bout of `turns`, from a speed (m,) in turns a second that begins and ends at
    rest; `rng` decides where it is interrupted."""
    for _ in range(rng.binomial(int(turns), wish.hesitations) if turns >= 1 else 0):
        speed = _interrupted(rng, speed, np.zeros(round(rng.uniform(*STOP_S) * GRID_HZ)))
    for _ in range(rng.binomial(int(turns), wish.reversals) if turns >= 1 else 0):
        speed = _interrupted(rng, speed, _back_and_on(rng, float(speed.max())))
    turned = np.cumsum(speed) / GRID_HZ
    phase = TURN * turned * (turns / turned[-1])
    return _jerked(rng, phase, wish.jerky) if wish.jerky else phase


def there_and_back(rng: np.random.Generator, tempo_hz: float, turns: float) -> Floats:
    """Phase in rad, (n,), of a part of a turn that is begun and taken back."""
    there, back = (_stroke(turns, tempo_hz * rng.uniform(0.7, 1.3)) for _ in range(2))
    stop = np.zeros(round(rng.uniform(0.0, 0.4) * GRID_HZ))
    return np.asarray(TURN * np.cumsum(np.concatenate([there, stop, -back])) / GRID_HZ)


def _stroke(turns: float, tempo_hz: float) -> Floats:
    """Speed in turns a second, (n,), of a minimum-jerk move by `turns`."""
    count = round(max(0.25, turns / tempo_hz) * GRID_HZ)
    s = (np.arange(count) + 0.5) / count
    bell = s * s * (1.0 - s) * (1.0 - s)
    return np.asarray(bell * (turns * GRID_HZ / bell.sum()))


def _back_and_on(rng: np.random.Generator, tempo_hz: float) -> Floats:
    turns = rng.uniform(*BACK_TURNS)
    stops = [np.zeros(round(rng.uniform(0.0, 0.4) * GRID_HZ)) for _ in range(2)]
    back, on = (_stroke(turns, tempo_hz * rng.uniform(0.6, 1.2)) for _ in range(2))
    return np.concatenate([stops[0], -back, stops[1], on])


def _interrupted(rng: np.random.Generator, speed: Floats, by: Floats) -> Floats:
    """The speed with a piece put in, eased down before it and up after it."""
    turned = np.cumsum(np.maximum(speed, 0.0))
    at = int(np.searchsorted(turned, rng.uniform(0.12, 0.9) * turned[-1]))
    before, after = speed[:at], speed[at:]
    down = ease(np.arange(at)[::-1] / GRID_HZ / rng.uniform(0.08, 0.25))
    up = ease(np.arange(len(after)) / GRID_HZ / rng.uniform(0.08, 0.25))
    return np.concatenate([before * down, by, after * up])


def _jerked(rng: np.random.Generator, phase: Floats, jerky: float) -> Floats:
    """The phase with the speed going from 1 − jerky to 1 + jerky some times a turn, the ends kept."""
    corners, start = int(rng.integers(*CORNERS)), rng.uniform(0, TURN)
    jerked = phase + jerky / corners * (np.sin(corners * phase + start) - np.sin(start))
    return np.asarray(jerked * (phase[-1] / jerked[-1]))
