"""The wearer's leg: shank, talocrural joint, oblique subtalar joint, and where a sensor sits on it.

World and segments have x forward, y to the wearer's left, z up when standing. Angles in degrees:

* `shank_pitch`: the shank leans back, toes come up (0 upright, 90 legs stretched out); `shank_roll`, `yaw`
* `dorsi`: dorsiflexion about the talocrural axis; `inversion` about the subtalar axis
* `midfoot`: what toes and arch tilt the instep by while the hindfoot stays (toe grip)

Axes: subtalar 42° up and 16° medial (project notes, `research/algorithms.md` 2a); talocrural about 8° down
and 6° back on the lateral side (Inman). Dimensions are assumed, of ordinary adults.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from footsense.simulate import rotation
from footsense.types import Floats, Placement, Side


class Angle(IntEnum):
    """Columns of an angle array."""

    SHANK_PITCH = 0
    SHANK_ROLL = 1
    YAW = 2
    DORSI = 3
    INVERSION = 4
    MIDFOOT = 5


ANGLES = len(Angle)
STATURE_M = 1.72  # of the person whose dimensions are drawn around
_X, _Y, _Z = np.eye(3)


@dataclass(frozen=True, slots=True)
class Person:
    """One person: segment lengths in m, joint axes, and how restless and unsteady they are.

    `tremor_deg` is the rms of 4–10 Hz tremor in a held posture, `sway_deg` that of slow sway, `unevenness`
    the relative spread from one repetition to the next, `skill` in 0–1 how round and even movements are.
    """

    shank_m: float
    ankle_height_m: float
    heel_m: float
    toe_m: float
    subtalar_up_deg: float
    subtalar_medial_deg: float
    talocrural_down_deg: float
    talocrural_back_deg: float
    tremor_deg: float
    sway_deg: float
    unevenness: float
    skill: float

    @classmethod
    def draw(cls, rng: np.random.Generator, stature_m: float | None = None) -> "Person":
        size = rng.uniform(0.88, 1.12)
        if stature_m is not None:
            size = stature_m / STATURE_M
        return cls(
            shank_m=0.41 * size,
            ankle_height_m=0.08 * size,
            heel_m=-0.05 * size,
            toe_m=0.135 * size,
            subtalar_up_deg=rng.normal(42.0, 4.0),
            subtalar_medial_deg=rng.normal(16.0, 4.0),
            talocrural_down_deg=rng.normal(8.0, 2.5),
            talocrural_back_deg=rng.normal(6.0, 4.0),
            tremor_deg=float(np.exp(rng.normal(np.log(0.12), 0.5))),
            sway_deg=rng.uniform(0.15, 0.5),
            unevenness=rng.uniform(0.03, 0.15),
            skill=rng.uniform(0.0, 1.0),
        )

    def talocrural(self, side: Side) -> Floats:
        """Axis of dorsiflexion (3,), pointing to the wearer's right."""
        down, back = np.radians([self.talocrural_down_deg, self.talocrural_back_deg])
        axis = np.array([-np.sin(back) * np.cos(down), -np.cos(back) * np.cos(down), -np.sin(down)])
        return axis if side == "right" else axis * [-1.0, 1.0, -1.0]

    def subtalar(self, side: Side) -> Floats:
        """Axis of inversion (3,): forward on the right foot, backward on the left."""
        up, medial = np.radians([self.subtalar_up_deg, self.subtalar_medial_deg])
        axis = np.array([np.cos(up) * np.cos(medial), np.cos(up) * np.sin(medial), np.sin(up)])
        return axis if side == "right" else axis * [-1.0, 1.0, -1.0]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the sensor sits: how much of the joint angles it follows (`joints`, and `midfoot` of the toe
    grip), its place from the ankle joint in m (3,), and how much of an impact reaches it."""

    joints: float
    midfoot: float
    lever_m: tuple[float, float, float]
    impact: float


FOOT = Site(1.0, 1.0, (0.0, 0.0, 0.0), 1.0)


def draw_site(rng: np.random.Generator, placement: Placement) -> Site:
    """A sensor's site. That a strap at the ankle follows a third to a half of the foot's tilt, and the shank a
    few per cent, is from the project's notes; the levers and the impact's loss are assumed."""
    u = rng.uniform(size=6)
    if placement == "foot":
        return Site(1.0, 1.0, (0.06 + 0.05 * u[0], 0.04 * (u[1] - 0.5), -0.03 + 0.03 * u[2]), 1.0)
    across = (0.035 + 0.015 * u[1]) * (1.0 if u[4] > 0.5 else -1.0)
    if placement == "ankle":
        return Site(
            0.33 + 0.17 * u[3], 0.04 + 0.1 * u[5], (0.06 * (u[0] - 0.5), across, 0.01 + 0.04 * u[2]), 0.8
        )
    return Site(0.02 + 0.04 * u[3], 0.02 * u[5], (0.06 * (u[0] - 0.5), across, 0.07 + 0.08 * u[2]), 0.65)


def orientation(person: Person, side: Side, site: Site, angles: Floats) -> Floats:
    """World from the frame of the body part under the sensor, (n, 4), for angles (n, 6) in degrees."""
    a = angles.T
    shank = rotation.times(rotation.about(_Z, a[Angle.YAW]), rotation.about(-_Y, a[Angle.SHANK_PITCH]))
    shank = rotation.times(shank, rotation.about(_X, a[Angle.SHANK_ROLL]))
    talus = rotation.about(person.talocrural(side), site.joints * a[Angle.DORSI])
    heel = rotation.about(person.subtalar(side), site.joints * a[Angle.INVERSION])
    arch = rotation.about(-_Y, site.midfoot * a[Angle.MIDFOOT])
    return rotation.times(rotation.times(shank, talus), rotation.times(heel, arch))


def up_at(person: Person, side: Side, site: Site, angles: Floats) -> Floats:
    """The up-direction in the frame of the body part under the sensor, (n, 3)."""
    return rotation.apply(rotation.inverse(orientation(person, side, site, angles)), _Z)


def foot_up(person: Person, side: Side, angles: Floats) -> Floats:
    """The up-direction in the foot's frame, (n, 3): what an accelerometer fixed to the foot sees at rest."""
    return up_at(person, side, FOOT, angles)


def ankle_below(knee_m: Floats, shank_m: float, angles: Floats) -> Floats:
    """The ankle joint's place (n, 3) in m when the knee stays at `knee_m` (3,) or (n, 3)."""
    pitch, roll = np.radians(angles[:, Angle.SHANK_PITCH]), np.radians(angles[:, Angle.SHANK_ROLL])
    drop = shank_m * np.cos(roll)
    return knee_m + np.column_stack([drop * np.sin(pitch), shank_m * np.sin(roll), -drop * np.cos(pitch)])
