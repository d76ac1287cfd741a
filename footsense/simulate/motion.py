"""What the wearer does, as a value: angles and the ankle's place on the grid, impacts, marks for the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from footsense.simulate.body import ANGLES, Angle
from footsense.simulate.curves import GRID_HZ, between, grid, times
from footsense.types import Floats


@dataclass(frozen=True, slots=True)
class Impact:
    """A transient: acceleration of `peak_g` along a world direction, ringing at `frequency_hz`, decaying with
    `decay_s`."""

    time_s: float
    peak_g: tuple[float, float, float]
    frequency_hz: float
    decay_s: float


@dataclass(frozen=True, slots=True)
class Bout:
    """The foot circles between these times; turns are counted in the path it takes."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A posture meant to be kept between these times, entered from rest after `rest_s` and left by `left_s`."""

    exercise: str
    rest_s: float
    start_s: float
    end_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Landing:
    """The wearing foot lands, and leaves the ground again (`leave_s` is infinite when it stays)."""

    land_s: float
    leave_s: float
    toe: bool


Mark = Bout | Kept | Landing


@dataclass(frozen=True, slots=True)
class Motion:
    """`angles` (n, 6) in degrees as meant; `extra` (n, 6) what tremor, drift, sway and fidgeting add;
    `ankle_m` (n, 3) the ankle joint in the world. `segments` are (exercise, start_s, end_s)."""

    angles: Floats
    extra: Floats
    ankle_m: Floats
    impacts: tuple[Impact, ...] = ()
    marks: tuple[Mark, ...] = ()
    segments: tuple[tuple[str, float, float], ...] = ()

    @property
    def last_pose(self) -> Floats:
        """The pose (9,) at the end, as meant."""
        return np.concatenate([self.angles[-1], self.ankle_m[-1]])

    @property
    def duration_s(self) -> float:
        return len(self.angles) / GRID_HZ


def shifted(motion: Motion, by_s: float) -> Motion:
    """The same, later; the arrays stay as they are."""
    return replace(
        motion,
        impacts=tuple(replace(i, time_s=i.time_s + by_s) for i in motion.impacts),
        marks=tuple(_later(m, by_s) for m in motion.marks),
        segments=tuple((name, a + by_s, b + by_s) for name, a, b in motion.segments),
    )


def _later(mark: Mark, by_s: float) -> Mark:
    if isinstance(mark, Landing):
        return replace(mark, land_s=mark.land_s + by_s, leave_s=mark.leave_s + by_s)
    if isinstance(mark, Kept):
        return replace(
            mark,
            rest_s=mark.rest_s + by_s,
            start_s=mark.start_s + by_s,
            end_s=mark.end_s + by_s,
            left_s=mark.left_s + by_s,
        )
    return Bout(mark.start_s + by_s, mark.end_s + by_s)


def joined(motions: Sequence[Motion]) -> Motion:
    """One after the other; each has to start where the one before it ended."""
    starts = np.cumsum([0.0] + [m.duration_s for m in motions[:-1]])
    parts = [shifted(m, float(at)) for m, at in zip(motions, starts, strict=True)]
    return Motion(
        angles=np.concatenate([p.angles for p in parts]),
        extra=np.concatenate([p.extra for p in parts]),
        ankle_m=np.concatenate([p.ankle_m for p in parts]),
        impacts=tuple(i for p in parts for i in p.impacts),
        marks=tuple(m for p in parts for m in p.marks),
        segments=tuple(s for p in parts for s in p.segments),
    )


def elsewhere(motion: Motion, yaw_deg: float, by_m: Floats) -> Motion:
    """The same facing another way and at another place: turned about the world's vertical axis through the
    origin, then moved by (2,) horizontally."""
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    angles = motion.angles.copy()
    angles[:, Angle.YAW] += yaw_deg
    return replace(
        motion,
        angles=angles,
        ankle_m=motion.ankle_m @ turn + [*by_m, 0.0],
        impacts=tuple(replace(i, peak_g=tuple((i.peak_g @ turn).tolist())) for i in motion.impacts),
    )


def _near(before: Motion, after: Motion) -> Motion:
    """`after` begun where `before` ended: nobody crosses the room or turns around while changing posture."""
    yaw_deg = before.angles[-1, Angle.YAW] - after.angles[0, Angle.YAW]
    turned = elsewhere(after, yaw_deg, np.zeros(2))
    return elsewhere(turned, 0.0, before.ankle_m[-1, :2] - turned.ankle_m[0, :2])


def linked(motions: Sequence[Motion], transition_s: Sequence[float]) -> Motion:
    """The motions in order with a smooth change of posture between each and the next."""
    parts = [motions[0]]
    for motion, duration_s in zip(motions[1:], transition_s, strict=True):
        after = _near(parts[-1], motion)
        parts += [_transition(parts[-1], after, duration_s), after]
    return joined(parts)


def _transition(before: Motion, after: Motion, duration_s: float) -> Motion:
    knots_s = np.array([0.0, duration_s])
    t = times(round(duration_s * GRID_HZ))

    def move(a: Floats, b: Floats) -> Floats:
        return between(knots_s, np.stack([a[-1], b[0]]), t)

    return Motion(
        move(before.angles, after.angles), move(before.extra, after.extra), move(before.ankle_m, after.ankle_m)
    )


class Script:
    """Writes a motion pose by pose: minimum-jerk moves and rests. A pose is (9,): six angles and the place of
    the ankle in m."""

    def __init__(self, pose: Floats) -> None:
        self.now_s = 0.0
        self.pose = pose
        self._knots_s = [0.0]
        self._poses = [pose]

    def rest(self, duration_s: float) -> None:
        """Stay as it is."""
        self.move(self.pose, duration_s)

    def move(self, pose: Floats, duration_s: float) -> None:
        """Go to a pose within a time."""
        self.now_s += max(duration_s, 1.0 / GRID_HZ)
        self.pose = pose
        self._knots_s.append(self.now_s)
        self._poses.append(pose)

    def draw(self) -> tuple[Floats, Floats]:
        """Angles (n, 6) and the ankle's place (n, 3) on the grid."""
        t = grid(self.now_s)
        path = between(np.array(self._knots_s), np.stack(self._poses), t)
        return path[:, :ANGLES], path[:, ANGLES:]
