"""A wearer doing the wearing check: standing flat, the toes lifted three times, one circle; and the mistakes.

How far people lift the forefoot with the heel down, how the leg leans meanwhile and how a strap rings are
assumed, and drawn wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, Person
from footsense.simulate.curves import GRID_HZ, band_noise, ease, envelope, smooth_noise, taper, times
from footsense.simulate.motion import Bout, Impact, Motion, Script, linked
from footsense.simulate.scenario import Scenario, Session
from footsense.simulate.wearer import Simulated, draw_person, motion_of, worn
from footsense.types import Floats, Item, Placement, Side
from footsense.wearing import commands_of, with_commands
from footsense.wearing.prompts import prompts

_MOTION = 200


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What goes wrong in a check.

    `other_foot`: the sensor is not on the foot that does it; `no_lift`: the toes stay down; `other_way`: the
    circle goes inward first; `no_circle`: there is none; `restless`: no standing still; `sits`: where the
    sensor really sits, if not where the wearer says.
    """

    other_foot: bool = False
    no_lift: bool = False
    other_way: bool = False
    no_circle: bool = False
    restless: bool = False
    sits: Placement | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A simulated check: the recording, and when each phase was asked for (phase, t_s)."""

    made: Simulated
    asked: tuple[tuple[str, float], ...]

    def items(self, *, told: bool = True) -> list[Item]:
        """The stream, with the guide's commands where it was `told`."""
        items = self.made.items()
        if not told:
            return items
        return list(with_commands(items, commands_of(self.asked, self.made.scenario.side)))


def simulate_check(
    scenario: Scenario,
    mistakes: Mistakes | None = None,
    *,
    before_s: float = 1.0,
    after_s: float = 0.5,
    goes_on: bool = False,
) -> Check:
    """A guided check. `scenario` says who, which side and placement are said, and which device; its motion is
    done after the check, in the same recording, if `goes_on`. The guide begins `before_s` after the first
    sample; `after_s` is stood still after its end."""
    mistakes = mistakes or Mistakes()
    alike = scenario if goes_on else replace(scenario, motion="standing")
    person = draw_person(alike)
    rng = np.random.default_rng([_MOTION, scenario.seed])
    mishaps = np.random.default_rng([_MOTION + 1, scenario.seed])
    asked = tuple((p.phase, before_s + at) for at, p in prompts())
    motion = check_motion(Session(alike, person, rng, mishaps), dict(asked), mistakes, after_s)
    if goes_on:
        motion = linked([motion, motion_of(scenario, person)], [mishaps.uniform(1.5, 4.0)])
    sits = replace(alike, placement=mistakes.sits or scenario.placement)

    made = worn(sits, person, motion)
    return Check(replace(made, scenario=replace(alike, placement=scenario.placement)), asked)


def check_motion(session: Session, asked_s: dict[str, float], mistakes: Mistakes, after_s: float) -> Motion:
    """The leg that wears the sensor, by when each phase is asked for."""
    rng, person = session.rng, session.person
    start = postures.standing(rng, person)
    script = Script(start)
    late = rng.uniform(0.4, 1.3)
    script.rest(asked_s["lift"] + late)
    lifts = _lifts(session, script, start, still=mistakes.no_lift or mistakes.other_foot)
    script.rest(max(0.3, asked_s["circle"] + rng.uniform(0.4, 1.3) - script.now_s))
    circles = _circle(session, script, start, mistakes)
    script.rest(max(2.5, asked_s["end"] + after_s - script.now_s))
    angles, ankle = script.draw()
    marks = []
    for at_s, path in circles:
        i = round(at_s * GRID_HZ)
        angles[i : i + len(path), [Angle.DORSI, Angle.INVERSION]] += path
        marks.append(Bout(at_s, at_s + len(path) / GRID_HZ))
    one_leg = [(script.now_s, script.now_s)]
    if mistakes.other_foot:
        one_leg = [(asked_s["circle"] + 0.5, asked_s["end"])]
    extra = _sway(session, len(angles), one_leg, lifts, restless=mistakes.restless)
    slaps = () if mistakes.other_foot else tuple(_slap(rng, t) for t in lifts)
    return Motion(angles, extra, ankle, slaps, tuple(marks))


def _lifts(session: Session, script: Script, start: Floats, *, still: bool) -> list[float]:
    """Three lifts of the forefoot, the heel down, the leg leaning a little; when each came down."""
    rng = session.rng
    size = session.wish.supple * rng.uniform(9.0, 22.0)
    lean, turn = rng.normal(-0.5, 1.0), rng.normal(0.05, 0.12)
    held_s, rise_s = rng.uniform(0.3, 1.2), rng.uniform(0.25, 0.6)
    down = []
    for _ in range(3):
        by = 0.0 if still else size * np.exp(session.person.unevenness * rng.standard_normal())
        up = start.copy()
        up[[Angle.SHANK_PITCH, Angle.DORSI, Angle.INVERSION]] += [lean, by - lean, turn * by]
        script.move(up, rise_s * np.exp(0.2 * rng.standard_normal()))
        script.rest(held_s * np.exp(0.2 * rng.standard_normal()))
        script.move(start, rise_s * np.exp(0.2 * rng.standard_normal()))
        down.append(script.now_s)
        script.rest(rng.uniform(0.25, 0.9))
    return down


def _circle(session: Session, script: Script, start: Floats, mistakes: Mistakes) -> list[tuple[float, Floats]]:
    """The leg is lifted, the foot circles once, the leg is put down; (start_s, path (n, 2)) of the circle."""
    rng, person = session.rng, session.person
    if mistakes.no_circle or mistakes.other_foot:
        return []
    drop = rng.uniform(8, 28)
    lifted = postures.moved(person, start, shank_pitch=rng.uniform(-25, 35), dorsi=-drop, roll=rng.normal(0, 3))
    lifted[ANGLES + 2] += rng.uniform(0.03, 0.15)
    script.move(lifted, rng.uniform(0.5, 1.0))
    script.rest(rng.uniform(0.1, 0.5))
    at_s = script.now_s
    path = _path(session, -1.0 if mistakes.other_way else 1.0, drop)
    script.rest(len(path) / GRID_HZ + rng.uniform(0.1, 0.4))
    back = start.copy()  # the foot is put down flat, the leg not quite as it was
    lean = rng.normal(0, 1.0)
    back[[Angle.SHANK_PITCH, Angle.DORSI]] += [lean, -lean]
    script.move(back, rng.uniform(0.5, 1.0))
    return [(at_s, path)]


def _path(session: Session, way: float, drop: float) -> Floats:
    """Dorsiflexion and inversion of one circle, (n, 2) in degrees: up, outward, down, inward."""
    rng = session.rng
    turns = rng.uniform(0.95, 1.25) + rng.choice([0.0, 1.0], p=[0.85, 0.15])
    count = round(turns / rng.uniform(0.35, 0.8) * GRID_HZ)
    psi = rng.normal(0.0, 0.5) + 2 * np.pi * turns * ease(np.arange(count) / count)
    stroke = 0.35
    radius = ease(times(count) / stroke) * ease(times(count)[::-1] / stroke)
    size, width = session.wish.supple * rng.uniform(11, 25), rng.uniform(0.5, 1.0)
    bump = 1.0 + 0.08 * np.cos(2 * psi + rng.uniform(0, 6))
    dorsi = size * np.cos(psi) * bump + min(drop, size) * 0.5
    inversion = min(26.0, size * width / 0.74) * (0.25 - way * np.sin(psi + rng.normal(0, 0.2)) * bump)
    return np.asarray(np.column_stack([dorsi, inversion]) * radius[:, None])


def _sway(
    session: Session,
    count: int,
    one_leg_s: Sequence[tuple[float, float]],
    lifts_s: Sequence[float],
    *,
    restless: bool,
) -> Floats:
    """Postural sway: the shank moves, the foot stays; more of it on one leg, where the foot rocks too."""
    rng, person, wish = session.rng, session.person, session.wish
    size = person.sway_deg * wish.restless
    sway = smooth_noise(rng, count, 1.2, 2) * size + smooth_noise(rng, count, 6.0, 2) * [0.8, 0.5]
    work = envelope(count, [(max(0.0, t - 2.0), t + 0.2) for t in lifts_s])[:, None]
    alone = envelope(count, list(one_leg_s))[:, None]
    sway += work * band_noise(rng, count, 0.4, 2.0, 2) * 0.5
    extra = np.zeros((count, ANGLES))
    rock = alone * band_noise(rng, count, 0.5, 3.0, 3) * rng.uniform(0.4, 1.6) * [1.0, 1.2, 0.4]
    lean = alone * [0.5, rng.uniform(2.0, 4.0)]
    extra[:, [Angle.SHANK_PITCH, Angle.SHANK_ROLL]] = sway + lean + rock[:, :2]
    _keep_flat(extra, person, session.foot)
    extra[:, [Angle.DORSI, Angle.INVERSION]] += rock[:, :2] * [0.3, 0.5]
    extra[:, Angle.MIDFOOT] = 0.06 * sway[:, 1] + rock[:, 2]
    if restless:
        moves = band_noise(rng, count, 0.4, 2.5, 3) * rng.uniform(2.0, 5.0)
        extra[:, [Angle.SHANK_PITCH, Angle.DORSI, Angle.INVERSION]] += moves
    return np.asarray(extra * taper(count)[:, None])


def _keep_flat(extra: Floats, person: Person, side: Side) -> None:
    """The joints undo what the shank does, so that the sole stays on the floor."""
    forward, left, _ = person.subtalar(side)
    extra[:, Angle.INVERSION] = -extra[:, Angle.SHANK_ROLL] / forward
    extra[:, Angle.DORSI] = -extra[:, Angle.SHANK_PITCH] + left * extra[:, Angle.INVERSION]


def _slap(rng: np.random.Generator, at_s: float) -> Impact:
    """The forefoot comes down."""
    along = np.array([0.2, 0.1, 1.0]) * rng.uniform(0.02, 0.4)
    return Impact(at_s - 0.05, tuple(along.tolist()), rng.uniform(10.0, 25.0), rng.uniform(0.012, 0.03))
