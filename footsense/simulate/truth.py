"""What really happened, by the words of the contract, from the joint angles as meant.

Neither the sensor's mounting, rate and noise nor tremor and drift enter it; the latter only as the resting
noise in the tolerance of a hold. Nor does its place, but for holds: they are of the posture of what it is worn
on, since a shank stays up while the toes let go of a pencil. Where that hardly moves, the foot's is meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from footsense.analysis import Segment
from footsense.simulate.body import FOOT, Person, Site, foot_up, up_at
from footsense.simulate.curves import GRID_HZ
from footsense.simulate.motion import Bout, Kept, Landing, Motion
from footsense.types import Event, Floats, Side

TURN = 2.0 * np.pi
LAST_TURN = 0.75  # share of a last turn that counts
AT_REST = 0.02  # share of a turn that a slow end is allowed to take without belonging to it
THIN = 0.2  # width to length of a loop below which it has no direction
INTERRUPTION_S = 0.3
MIN_HOLD_S = 1.0
STAYS_S = 1.0
POSTURE_HZ = 2.0
SHOWN = 3.0  # excursion in multiples of a hold's tolerance from which on it is shown at the sensor's place


@dataclass(frozen=True, slots=True)
class Truth:
    """Events in order of time (`decided_s` is their end) and, for a routine, the exercises' segments."""

    events: tuple[Event, ...]
    segments: tuple[Segment, ...] = ()

    def by_clock(self, fast: float) -> "Truth":
        """The same, told by a clock that runs `fast` times as fast."""
        if fast == 1.0:
            return self
        events = tuple(
            replace(e, start_s=fast * e.start_s, end_s=fast * e.end_s, decided_s=fast * e.decided_s)
            for e in self.events
        )
        segments = tuple(Segment(s.exercise, fast * s.start_s, fast * s.end_s) for s in self.segments)
        return Truth(events, segments)


def truth(motion: Motion, person: Person, side: Side, site: Site = FOOT) -> Truth:
    """The events of a motion. `side` is that of the sensor's foot, `site` where on it the sensor sits."""
    events = _holds(motion, person, side, site)
    u = foot_up(person, side, motion.angles)
    for mark in motion.marks:
        if isinstance(mark, Bout):
            events += turns(u, mark)
        elif isinstance(mark, Landing):
            events.append(_step(mark))
    segments = tuple(Segment(name, a, b) for name, a, b in motion.segments)
    return Truth(tuple(sorted(events, key=lambda e: e.start_s)), segments)


def _holds(motion: Motion, person: Person, side: Side, site: Site) -> list[Event]:
    """Where the sensor sits, as far as these are shown there; else the foot's."""
    marks = [m for m in motion.marks if isinstance(m, Kept)]
    if not marks:
        return []
    meant, moves = motion.angles, motion.angles + motion.extra
    at = [(up_at(person, side, s, meant), _low_passed(up_at(person, side, s, moves))) for s in (site, FOOT)]
    return [e for m in marks for e in holds(*at[0 if _is_shown(*at[0], m) else 1], m)]


def _low_passed(u: Floats) -> Floats:
    """Posture below 2 Hz, without delay."""
    return np.asarray(sosfiltfilt(butter(2, POSTURE_HZ, fs=GRID_HZ, output="sos"), u, axis=0))


def turns(u: Floats, bout: Bout) -> list[Event]:
    """Turns of the up-direction (n, 3) around its mean over the bout."""
    first, stop = round(bout.start_s * GRID_HZ), round(bout.end_s * GRID_HZ)
    path = u[first:stop]
    mean = path.mean(axis=0)
    mean = mean / np.sqrt((mean * mean).sum())
    flat = path - (path @ mean)[:, None] * mean
    flat = flat - flat.mean(axis=0)
    wound = _winding(flat, mean)
    way = np.sign(wound[-1])
    direction = None if _width_to_length(flat) < THIN else "ccw" if way > 0 else "cw"
    limits = _limits(np.asarray(way * wound))
    starts = [(first + i) / GRID_HZ for i in limits]
    return [_event("ankle-circles", "circle", a, b, direction=direction) for a, b in pairwise(starts)]


def _winding(flat: Floats, normal: Floats) -> Floats:
    """Signed angle in rad that a path (n, 3) in the plane across `normal` has gone around the origin, (n,)."""
    cross = np.cross(flat[:-1], flat[1:]) @ normal
    dot = np.einsum("ij,ij->i", flat[:-1], flat[1:])
    return np.concatenate([[0.0], np.cumsum(np.arctan2(cross, dot))])


def _width_to_length(flat: Floats) -> float:
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(flat.T @ flat), 0.0))
    return float(values[1] / values[2])


def _limits(wound: Floats) -> list[int]:
    """Indices that part the turns of a path wound by (n,) rad, increasing on the whole."""
    count = int(np.floor(wound[-1] / TURN + 1.0 - LAST_TURN))
    goals = TURN * np.arange(1, count + 1)
    level = np.maximum.accumulate(wound)
    starts = [int(np.searchsorted(level, AT_REST * TURN))]
    ends = [int(np.searchsorted(level, min(g, wound[-1] - AT_REST * TURN))) for g in goals]
    return starts + ends if count else []


def holds(u: Floats, moved: Floats, mark: Kept) -> list[Event]:
    """Spans of a kept posture that are within the tolerance of its plateau, interruptions bridged."""
    plateau, excursion, tolerance = _plateau(u, moved, mark)
    first, stop = round(mark.rest_s * GRID_HZ), round(mark.left_s * GRID_HZ) + 1
    near = _angle_deg(u[first:stop], plateau) <= tolerance
    return [
        _event(
            mark.exercise,
            "hold",
            (first + i) / GRID_HZ,
            (first + j) / GRID_HZ,
            excursion_deg=round(excursion, 2),
        )
        for i, j in _runs(near)
        if (j - i) / GRID_HZ >= MIN_HOLD_S
    ]


def _is_shown(u: Floats, moved: Floats, mark: Kept) -> bool:
    _, excursion, tolerance = _plateau(u, moved, mark)
    return excursion > SHOWN * tolerance


def _plateau(u: Floats, moved: Floats, mark: Kept) -> tuple[Floats, float, float]:
    """The posture kept (3,), its angle in degrees from rest, and by how many degrees it may be left."""
    a, b = round(mark.start_s * GRID_HZ), round(mark.end_s * GRID_HZ)
    rest = round(mark.rest_s * GRID_HZ)
    plateau = np.median(u[a : b + 1], axis=0)
    excursion = float(_angle_deg(u[rest][None, :], plateau)[0])
    noise = _resting_noise(moved[max(0, rest - round(GRID_HZ)) : rest + 1])
    return plateau, excursion, max(0.1 * excursion, 3.0 * noise)


def _angle_deg(u: Floats, to: Floats) -> Floats:
    cross = np.cross(u, to)
    return np.asarray(np.degrees(np.arctan2(np.sqrt((cross * cross).sum(axis=1)), u @ to)))


def _resting_noise(u: Floats) -> float:
    """Rms angle in degrees of a resting posture about its mean."""
    return float(np.sqrt(np.mean(_angle_deg(u, u.mean(axis=0)) ** 2))) if len(u) else 0.0


def _runs(near: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """[start, end) of runs of True, holes up to 0.3 s bridged."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and (start - runs[-1][1]) / GRID_HZ <= INTERRUPTION_S:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _step(mark: Landing) -> Event:
    stays = mark.leave_s == inf or mark.leave_s > mark.land_s + STAYS_S
    end = mark.land_s + STAYS_S if stays else mark.leave_s
    return _event("toe-walk", "step", mark.land_s, end, toe=mark.toe)


def _event(
    exercise: str, kind: str, start_s: float, end_s: float, **attributes: str | float | bool | None
) -> Event:
    return Event(exercise, kind, start_s, end_s, end_s, attributes)
