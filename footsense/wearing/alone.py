"""Finds a wearing check in samples alone: a flat stand, three lifts alike that come back to it, and a loop."""

from itertools import pairwise

from footsense.wearing.path import Path, angle_deg, column
from footsense.wearing.shown import (
    LIFT_S,
    LIFTS,
    STAND_S,
    Lift,
    Stand,
    away,
    circle_from,
    find_stand,
    lift_of,
    loop_of,
)

MAX_SWAY_DEG = 1.0
LEAST_DEG, NOISES = 1.5, 6.0  # smaller lifts, or multiples of the noise, are none
BACK = 0.5  # share of that at which a movement begins and ends
WAIT_S, BETWEEN_S, BEFORE_CIRCLE_S = 12.0, 4.0, 8.0  # the longest pauses
ALIKE_COS, ALIKE_SIZE = 0.85, 1.6
ROUND = 0.3  # rounder is no lift
QUIET_S = 1.0  # at the end
SHORTEST_S = 6.0  # from the stand to the end
_STEP_S = 0.5


def located(path: Path) -> dict[str, float] | None:
    """When each phase of a check began, in s, if the path ends with a whole one: the keys of `prompts`."""
    last_s = float(path.t_s[-1])
    if find_stand(path, last_s - QUIET_S, last_s, MAX_SWAY_DEG, QUIET_S) is None:
        return None
    at_s = 0.0
    while at_s < last_s - SHORTEST_S:
        stand = find_stand(path, at_s, at_s + STAND_S + 0.15, MAX_SWAY_DEG)
        found = None if stand is None else _after(path, stand)
        if found is not None:
            return found
        at_s += _STEP_S
    return None


def _after(path: Path, stand: Stand) -> dict[str, float] | None:
    """The phases after a stand."""
    tilt = angle_deg(path.up, column(stand.up))
    on = max(LEAST_DEG, NOISES * stand.noise_deg)
    moves = away(tilt, path.at(stand.end_s), on, BACK * on)
    if len(moves) <= LIFTS or moves[-1][1] >= len(tilt):
        return None
    lifts = [lift_of(path, tilt, stand, a, b) for a, b in moves[:LIFTS]]
    begun_s = float(path.t_s[moves[LIFTS][0]])
    loops = any(loop_of(path, a, b).roundness > ROUND for a, b in moves[:LIFTS])
    if loops or not (_alike(lifts) and _in_time(stand, lifts, begun_s)):
        return None
    circle = circle_from(path, tilt, stand, moves[LIFTS][0])
    end_s = float(path.t_s[moves[-1][1]])
    if circle is None or circle.direction is None or path.t_s[-1] < end_s + QUIET_S:
        return None
    over_s = stand.end_s + 1.5 / path.rate_hz
    asked = (stand.start_s, over_s, (lifts[-1].end_s + begun_s) / 2, end_s, end_s + QUIET_S - 0.1)
    return dict(zip(("stand", "lift", "circle", "settle", "end"), asked, strict=True))


def _alike(lifts: list[Lift]) -> bool:
    sizes = sorted(x.tilt_deg for x in lifts)
    dots = [sum(p * q for p, q in zip(a.toward, b.toward, strict=True)) for a, b in pairwise(lifts)]
    return sizes[-1] <= ALIKE_SIZE * sizes[0] and min(dots) >= ALIKE_COS


def _in_time(stand: Stand, lifts: list[Lift], begun_s: float) -> bool:
    starts, ends = [x.start_s for x in lifts], [x.end_s for x in lifts]
    waits = [b - a for a, b in zip([stand.end_s, *ends], [*starts, begun_s], strict=True)]
    lasted = all(LIFT_S[0] <= b - a <= LIFT_S[1] for a, b in zip(starts, ends, strict=True))
    return (
        lasted and waits[0] <= WAIT_S and max(waits[1:LIFTS]) <= BETWEEN_S and waits[LIFTS] <= BEFORE_CIRCLE_S
    )
