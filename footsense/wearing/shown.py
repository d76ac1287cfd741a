"""What a check shows: the flat stand, the lifts of the toes, the circle. Measures only; `findings` judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from footsense.signal.tilt import RADIAN_DEG, cross, square
from footsense.types import Floats, Reference, Vector
from footsense.wearing.path import FAST_HZ, POSTURE_HZ, Path, angle_deg, column, middle, unit, vector, wound

STAND_S = 2.5  # the calmest of so long
MAX_SWAY_DEG = 2.5  # more is no standing still
LEAST_DEG, LEAST_NOISES = 0.6, 4.0  # smaller movements than this, or multiples of the noise, are none
ON, OFF = 0.5, 0.3  # shares of the greatest tilt with which a lift begins and ends
LIFT_S = (0.15, 5.0)
REACTION_S = 0.4  # nobody does what is asked sooner
LIFTS = 3
LOOP_DEG = 4.0  # smaller loops are none
ROUND = 0.1  # less has no direction
# landings of the toes: where to look, the hit and the ringing after it, in s; the hit in multiples of the noise
LANDING_S, HIT_S, LATER_S, CLEAR = (0.4, 0.3), (-0.03, 0.07), (0.12, 0.35), 5.0
RING_RATE_HZ = 40.0
ALIKE_COS, ALIKE_SIZE = 0.7, 2.0  # lifts go the same way, and are as large as the median to such a factor


@dataclass(frozen=True, slots=True)
class Stand:
    """The calmest part of the flat stand: `up`, `noise_deg` and `noise_g` as in `Reference`, `sway_deg` without
    what the sensor's own noise adds to it."""

    start_s: float
    end_s: float
    up: Vector
    noise_deg: float
    sway_deg: float
    noise_g: float


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift: when it began and was over, its tilt in degrees, and the unit direction in which up went."""

    start_s: float
    end_s: float
    tilt_deg: float
    toward: Vector


@dataclass(frozen=True, slots=True)
class Circle:
    """The movement after the lifts: its span, half its length in degrees, its roundness 4π area / length² (1 of
    a circle, 0 of a way there and back), and its direction by the contract's words (None: no loop, or thin)."""

    start_s: float
    end_s: float
    size_deg: float
    roundness: float
    direction: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a check shows. `ringing` is how much of a landing's shaking is left a tenth of a second later,
    `apart_deg` the angle between the flat stands before and after (None where there is nothing to tell by)."""

    stand: Stand | None
    lifts: tuple[Lift, ...] = ()
    circle: Circle | None = None
    ringing: float | None = None
    apart_deg: float | None = None

    @property
    def tilt_deg(self) -> float | None:
        """Median tilt of the lifts."""
        return float(np.median([lift.tilt_deg for lift in self.lifts])) if self.lifts else None

    def reference(self) -> Reference | None:
        """The Reference it gives; None without a stand."""
        if self.stand is None:
            return None
        stand, axis = self.stand, None
        if self.lifts:
            axis = vector(unit(cross(_way(self.lifts), column(stand.up))))
        return Reference(
            up=stand.up,
            flex_axis=axis,
            flex_deg=self.tilt_deg,
            noise_deg=stand.noise_deg,
            noise_g=stand.noise_g,
        )


def shown(path: Path, asked_s: Mapping[str, float]) -> Shown:
    """What a path shows between the times (s) at which each phase was asked for: `stand`, `lift`, `circle`,
    `settle`, `end`."""
    stand = find_stand(path, asked_s["stand"], asked_s["lift"])
    if stand is None:
        return Shown(None)
    tilt = angle_deg(path.up, column(stand.up))
    until = path.at(asked_s["circle"] + REACTION_S)
    moves = _moves(path, tilt, stand, path.at(asked_s["lift"]), until)
    lifts = _lifts(path, tilt, stand, [m for m in moves if m[0] < until])
    after_s = lifts[-1].end_s if lifts else asked_s["circle"]
    circle = circle_from(path, tilt, stand, path.at(max(after_s, asked_s["circle"])))
    ends = [lift.end_s for lift in lifts]
    return Shown(stand, lifts, circle, _ringing(path, stand, ends), _apart(path, stand, circle))


def find_stand(
    path: Path, start_s: float, end_s: float, max_sway_deg: float = MAX_SWAY_DEG, length_s: float = STAND_S
) -> Stand | None:
    """The calmest part of a length within a span; None where there is none so calm."""
    size, step = round(length_s * path.rate_hz) - 1, max(1, round(0.1 * path.rate_hz))
    first, stop = path.at(start_s), path.at(end_s)
    found = [_stand(path, a, a + size) for a in range(first, stop - size + 1, step)]
    best = min(found, key=lambda s: s.noise_deg, default=None)
    return best if best is not None and best.noise_deg <= max_sway_deg else None


def _stand(path: Path, a: int, b: int) -> Stand:
    up = unit(middle(path.up[:, a:b]))
    off = angle_deg(path.up[:, a:b], up)
    noise = float(np.sqrt(np.mean(off * off)))
    fast = float(np.sqrt(np.mean(square(path.fast_g[:, a:b])) / 3))
    # white noise that is `fast` in FAST_HZ … rate/2 is this much, on two axes, below POSTURE_HZ
    band = max(0.5 * path.rate_hz - FAST_HZ, 1.0)
    own = RADIAN_DEG * fast * float(np.sqrt(2 * 1.11 * POSTURE_HZ / band))
    sway = float(np.sqrt(max(noise * noise - own * own, 0.0)))
    return Stand(float(path.t_s[a]), float(path.t_s[b - 1]), vector(up), noise, sway, fast)


def _moves(path: Path, tilt: Floats, stand: Stand, first: int, until: int) -> list[tuple[int, int]]:
    """Stretches [a, b) of being away from the stand, by the greatest tilt between two indices."""
    greatest = float(tilt[first:until].max(initial=0.0))
    if greatest < max(LEAST_DEG, LEAST_NOISES * stand.noise_deg):
        return []
    return away(tilt, first, ON * greatest, OFF * greatest)


def away(tilt: Floats, first: int, on: float, off: float) -> list[tuple[int, int]]:
    """Stretches [a, b) from `first` on in which a tilt (n,) goes above `on`, from and to where it is `off`."""
    low = np.flatnonzero(tilt[first:] < off) + first
    ends = [first - 1, *low.tolist(), len(tilt)]
    return [(a + 1, b) for a, b in pairwise(ends) if b > a + 1 and float(tilt[a + 1 : b].max()) > on]


def _lifts(path: Path, tilt: Floats, stand: Stand, moves: list[tuple[int, int]]) -> tuple[Lift, ...]:
    lifts = [lift_of(path, tilt, stand, a, b) for a, b in moves if b < len(tilt)]
    lifts = [x for x in lifts if LIFT_S[0] <= x.end_s - x.start_s <= LIFT_S[1]]
    if not lifts:
        return ()
    way = vector(_way(lifts))
    size = float(np.median([x.tilt_deg for x in lifts]))
    alike = [
        x
        for x in lifts
        if size <= ALIKE_SIZE * x.tilt_deg <= size * ALIKE_SIZE**2 and _dot(x.toward, way) >= ALIKE_COS
    ]
    return tuple(alike)


def _way(lifts: Sequence[Lift]) -> Floats:
    """The mean direction of lifts, (3, 1)."""
    return unit(sum((column(x.toward) for x in lifts), np.full((3, 1), 1e-9)))


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def lift_of(path: Path, tilt: Floats, stand: Stand, a: int, b: int) -> Lift:
    """The lift that indices [a, b) of a tilt (n,) are."""
    top = np.flatnonzero(tilt[a:b] >= 0.8 * tilt[a:b].max()) + a
    toward = unit(unit(middle(path.up[:, top])) - column(stand.up))
    size = float(np.median(tilt[top]))
    if path.turn is not None:
        size = _turned(path, stand, a, int(top[len(top) // 2]))
    return Lift(float(path.t_s[a]), float(path.t_s[b - 1]), size, vector(toward))


def _turned(path: Path, stand: Stand, a: int, top: int) -> float:
    """Degrees turned about horizontal axes from shortly before index `a` to `top`, by the gyro."""
    assert path.turn is not None
    start, stop = path.at(stand.start_s), path.at(stand.end_s)
    bias = (path.turn[:, stop] - path.turn[:, start]) / (stop - start)
    before = max(0, a - round(0.35 * path.rate_hz))
    turn = path.turn[:, top] - path.turn[:, before] - bias * (top - before)
    x, y, z = turn.tolist()
    along = _dot((x, y, z), stand.up)
    return float(np.sqrt(max(float(square(turn)) - along * along, 0.0)))


def circle_from(path: Path, tilt: Floats, stand: Stand, first: int) -> Circle | None:
    """The movement from an index on, if there is one."""
    moves = _moves(path, tilt, stand, first, len(tilt))
    if not moves:
        return None
    return loop_of(path, moves[0][0], moves[-1][1])


def loop_of(path: Path, a: int, b: int) -> Circle:
    """The path of up over indices [a, b) as a circle."""
    up = path.up[:, a:b]
    mean = unit(middle(up))
    along = mean[0] * up[0] + mean[1] * up[1] + mean[2] * up[2]
    flat = up - mean * along
    # the way there and back takes in no area, whichever way the leg was lifted
    area = 0.5 * float(wound(np.concatenate([flat, flat[:, :1]], axis=1), mean).sum())
    length = float(np.sqrt(square(np.diff(flat, axis=1))).sum())
    size = _half_length(flat)
    roundness = 4 * np.pi * abs(area) / max(length * length, 1e-12)
    direction = ("ccw" if area > 0 else "cw") if size >= LOOP_DEG and roundness >= ROUND else None
    return Circle(float(path.t_s[a]), float(path.t_s[b - 1]), size, roundness, direction)


def _half_length(flat: Floats) -> float:
    """Half the length in degrees of an ellipse with the extent of a path (3, n) about the origin."""
    values = np.linalg.eigvalsh(np.einsum("in,jn->ij", flat, flat) / flat.shape[1])
    return float(np.sqrt(2.0 * max(float(values[2]), 0.0)) * RADIAN_DEG)


def _ringing(path: Path, stand: Stand, ends_s: list[float]) -> float | None:
    """Median over the times at which the toes came down; None where the landings were too soft to tell."""
    if path.rate_hz < RING_RATE_HZ:
        return None
    rung = [r for t in ends_s if (r := _rung(path, stand, t)) is not None]
    return float(np.median(rung)) if rung else None


def _rung(path: Path, stand: Stand, end_s: float) -> float | None:
    """How much of the shaking of a landing near `end_s` there is a little later."""
    first, stop = path.at(end_s - LANDING_S[0]), path.at(end_s + LANDING_S[1])
    shaking = square(path.fast_g[:, first:stop])
    if not shaking.size:
        return None
    at_s = float(path.t_s[first + int(np.argmax(shaking))])
    hit, later = (_rms(path, at_s + a, at_s + b) for a, b in (HIT_S, LATER_S))
    floor = max(stand.noise_g, 0.001)
    if hit < CLEAR * floor:
        return None
    return float(np.sqrt(max(later * later - floor * floor, 0.0))) / hit


def _rms(path: Path, start_s: float, end_s: float) -> float:
    """Of the fast force, an axis."""
    part = path.fast_g[:, path.at(start_s) : path.at(end_s)]
    return float(np.sqrt(np.mean(square(part)) / 3)) if part.size else 0.0


def _apart(path: Path, stand: Stand, circle: Circle | None) -> float | None:
    """Angle between the stand before and the last second."""
    last = path.at(path.t_s[-1] - 1.0)
    if circle is None or path.at(circle.end_s) > last - round(0.3 * path.rate_hz):
        return None
    return float(angle_deg(unit(middle(path.up[:, last:])), column(stand.up))[0])
