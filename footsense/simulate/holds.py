"""Held postures: band flexes, top presses (toe grip) and pencil pick-ups.

Excursions are from the project's notes: flexes 12 to 30°, a toe grip a few degrees at the instep and less than
one at the ankle. Times, tremor under load, drift and slips are assumed, and drawn wide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, Person, ankle_below
from footsense.simulate.curves import GRID_HZ, band_noise, envelope, smooth_noise, taper, times
from footsense.simulate.motion import Kept, Motion, Script
from footsense.simulate.scenario import Scenario, Session
from footsense.types import Floats


@dataclass(frozen=True, slots=True)
class Style:
    """How this person holds: times in s, chances of what can go wrong, tremor and drift in the hold."""

    hold_s: float
    hold_spread: float
    rest_s: tuple[float, float]
    rise_s: float
    fall_s: float
    overshoot: float
    two_stage: float
    slip: float
    too_short: float
    tremor_deg: float
    drift_dps: float
    uneven: float


@dataclass(slots=True)
class Draft:
    """A script with what is known of it so far: marks, and spans in which the muscles work."""

    exercise: str
    script: Script
    marks: list[Kept] = field(default_factory=list)
    work_s: list[tuple[float, float]] = field(default_factory=list)


def draw_style(session: Session, hold_s: tuple[float, float], rest_s: tuple[float, float]) -> Style:
    rng, wish = session.rng, session.wish
    usual = 0.0 if wish.tidy else 1.0
    return Style(
        hold_s=rng.uniform(*hold_s) if wish.hold_s is None else wish.hold_s,
        hold_spread=0.015 if wish.tidy else 0.07,
        rest_s=_rests(wish, rest_s),
        rise_s=rng.uniform(0.35, 1.2),
        fall_s=rng.uniform(0.35, 1.4),
        overshoot=max(0.0, rng.normal(0.02, 0.05)),
        two_stage=usual * rng.choice([0.0, 0.0, 0.15]),
        slip=usual * rng.choice([0.0, 0.0, 0.15, 0.3]),
        too_short=usual * rng.choice([0.0, 0.0, 0.1, 0.25]),
        tremor_deg=session.person.tremor_deg * rng.uniform(0.6, 2.0) * wish.tremor,
        drift_dps=rng.normal(0.0, 0.25),
        uneven=session.person.unevenness,
    )


def _rests(wish: Scenario, usual_s: tuple[float, float]) -> tuple[float, float]:
    if wish.rest_s is not None:
        return wish.rest_s, 1.2 * wish.rest_s
    return (1.5, 1.9) if wish.tidy else usual_s


def band_flexes(session: Session) -> Motion:
    """Legs stretched out; flex back against the band, hold, and let go."""
    rng = session.rng
    style = draw_style(session, (5.3, 9.0), (1.8, 6.0))
    start = postures.stretched(rng, session.person)
    if session.before is not None and postures.is_stretched(session.before):
        start = session.before
    size = session.wish.size_deg or rng.uniform(11, 32)
    turn, shank = rng.normal(0.1, 0.15), rng.uniform(-0.04, 0.02)

    def held(amount: float) -> Floats:
        by = amount * size
        return postures.moved(session.person, start, dorsi=by, inversion=turn * by, shank_pitch=shank * by)

    return _repeat(session, "band-flexes", style, start, held)


def top_presses(session: Session) -> Motion:
    """Standing with bent knees; the toes grip the floor, which tilts the instep a little, and let go."""
    rng = session.rng
    style = draw_style(session, (3.1, 4.6), (1.5, 4.0))
    start = postures.standing(rng, session.person, bent_deg=rng.uniform(4, 14))
    size = session.wish.size_deg or rng.uniform(1.5, 4.0)
    arch = rng.uniform(0.98, 1.0) * rng.choice([1.0, -1.0], p=[0.8, 0.2])
    roll = np.sqrt(1.0 - min(1.0, abs(arch)) ** 2)
    shank = rng.normal(0, 0.05)

    def held(amount: float) -> Floats:
        by = amount * size
        lean = shank * by
        grip = {"midfoot": arch * by, "inversion": roll * by / 0.74, "shank_pitch": lean, "dorsi": -lean}
        return np.concatenate([postures.moved(session.person, start, **grip)[:ANGLES], start[ANGLES:]])

    return _repeat(session, "top-presses", style, start, held, standing=True)


def pencil_pickups(session: Session) -> Motion:
    """Grip with the toes, lift the leg, hold about ten seconds, drop, lower."""
    rng, person = session.rng, session.person
    style = draw_style(session, (8.6, 11.5), (2.0, 5.0))
    stands = rng.uniform() < 0.4
    start = postures.standing(rng, person) if stands else postures.sitting(rng, person)
    lift = _Lift(session, stands)
    draft = Draft("pencil-pickups", Script(start))
    draft.script.rest(4.5 if session.wish.tidy else rng.uniform(3, 6))
    for _ in range(session.wish.reps or int(rng.integers(3, 7))):
        rest_s = draft.script.now_s
        grip = postures.moved(person, start, midfoot=lift.grip_deg * rng.uniform(0.6, 1.2))
        draft.script.move(grip, rng.uniform(0.4, 1.0))
        draft.script.rest(rng.uniform(0.1, 0.7))
        up = lift.pose(person, start, np.exp(style.uneven * rng.standard_normal()))
        _enter_and_hold(rng, style, draft, start=draft.script.pose, up=up, rest_s=rest_s)
        dropped = postures.moved(person, draft.script.pose, midfoot=-rng.uniform(4, 10), dorsi=rng.normal(0, 4))
        if rng.uniform() < 0.6:
            draft.script.move(dropped, rng.uniform(0.25, 0.5))
        _leave(rng, style, draft, start)
    draft.script.rest(2.0)
    return _finish(session, draft, style, standing=False)


class _Lift:
    """How the leg is lifted: from the knee sitting, from the hip standing. Angles and height are assumed."""

    def __init__(self, session: Session, stands: bool) -> None:
        rng = session.rng
        self.grip_deg = rng.uniform(-4, 4)
        self.shank_deg = rng.uniform(-35, -8) if stands else rng.uniform(4, 28)
        self.height_m = rng.uniform(0.05, 0.25)
        self.dorsi_deg, self.inversion_deg = rng.uniform(-8, 14), rng.uniform(0, 12)
        if session.wish.size_deg is not None:
            self.dorsi_deg = session.wish.size_deg - self.shank_deg

    def pose(self, person: Person, start: Floats, scale: float) -> Floats:
        up = postures.moved(
            person,
            start,
            shank_pitch=scale * self.shank_deg,
            dorsi=scale * self.dorsi_deg,
            inversion=scale * self.inversion_deg,
            midfoot=self.grip_deg,
        )
        return np.asarray(up + np.concatenate([np.zeros(ANGLES + 2), [self.height_m * scale]]))


def _repeat(
    session: Session,
    exercise: str,
    style: Style,
    start: Floats,
    held: Callable[[float], Floats],
    *,
    standing: bool = False,
) -> Motion:
    rng = session.rng
    draft = Draft(exercise, Script(start))
    draft.script.rest(4.5 if session.wish.tidy else rng.uniform(3, 6))
    for _ in range(session.wish.reps or int(rng.integers(5, 11))):
        if rng.uniform() < style.too_short:
            _too_short(rng, style, draft, start, held(rng.uniform(0.6, 1.1)))
        amount = float(np.exp(style.uneven * rng.standard_normal()))
        rest_s = draft.script.now_s
        if style.overshoot > 0.04 and rng.uniform() < 0.5:
            draft.script.move(held(amount * (1 + style.overshoot)), style.rise_s)
        _enter_and_hold(rng, style, draft, start=start, up=held(amount), rest_s=rest_s)
        _leave(rng, style, draft, start)
    draft.script.rest(2.0)
    return _finish(session, draft, style, standing=standing)


def _enter_and_hold(
    rng: np.random.Generator, style: Style, draft: Draft, *, start: Floats, up: Floats, rest_s: float
) -> None:
    """Move up, keep the posture for the style's time, now and then slipping for less than 0.3 s."""
    script = draft.script
    if rng.uniform() < style.two_stage:
        script.move(start + rng.uniform(0.4, 0.7) * (up - start), style.rise_s * 0.7)
        script.rest(rng.uniform(0.05, 0.3))
    script.move(up, style.rise_s * np.exp(0.2 * rng.standard_normal()))
    begin = script.now_s
    length = max(0.05, style.hold_s * (1 + style.hold_spread * rng.standard_normal()))
    if rng.uniform() < style.slip and length > 3.0:
        before = length * rng.uniform(0.3, 0.7)
        script.rest(before)
        script.move(_slipped(up, start, rng.uniform(0.12, 0.3)), rng.uniform(0.08, 0.13))
        script.move(up, rng.uniform(0.08, 0.13))
        length -= script.now_s - begin
    script.rest(length)
    draft.marks.append(Kept(draft.exercise, rest_s, begin, script.now_s, script.now_s))
    draft.work_s.append((begin - 0.3, script.now_s + 0.3))


def _slipped(up: Floats, start: Floats, share: float) -> Floats:
    """The joints give way by a share of the excursion; the leg stays where it is."""
    joints = [Angle.DORSI, Angle.INVERSION, Angle.MIDFOOT]
    slipped = up.copy()
    slipped[joints] += share * (start - up)[joints]
    return slipped


def _leave(rng: np.random.Generator, style: Style, draft: Draft, start: Floats) -> None:
    """Back to near the rest posture, and rest."""
    script = draft.script
    script.move(start, style.fall_s * np.exp(0.2 * rng.standard_normal()))
    last = draft.marks[-1]
    draft.marks[-1] = Kept(last.exercise, last.rest_s, last.start_s, last.end_s, script.now_s)
    script.rest(rng.uniform(*style.rest_s))


def _too_short(rng: np.random.Generator, style: Style, draft: Draft, start: Floats, up: Floats) -> None:
    """A movement like the exercise's that is kept for about half a second: no hold."""
    rest_s = draft.script.now_s
    draft.script.move(up, style.rise_s)
    begin = draft.script.now_s
    draft.script.rest(rng.uniform(0.05, 0.5))
    draft.marks.append(Kept(draft.exercise, rest_s, begin, draft.script.now_s, draft.script.now_s))
    _leave(rng, style, draft, start)


def _finish(session: Session, draft: Draft, style: Style, *, standing: bool) -> Motion:
    angles, ankle = draft.script.draw()
    extra = _tremor_and_drift(session, draft, style, len(angles), standing=standing)
    if not standing:
        zero = np.zeros(3)
        shank_m = session.person.shank_m
        ankle = ankle + ankle_below(zero, shank_m, angles + extra) - ankle_below(zero, shank_m, angles)
    return Motion(angles, extra, ankle, marks=tuple(draft.marks))


def _tremor_and_drift(session: Session, draft: Draft, style: Style, count: int, *, standing: bool) -> Floats:
    """Small tremor at rest and more at work, slow drift (below 1 °/s) within holds, sway."""
    rng, person, wish = session.rng, session.person, session.wish
    work = envelope(count, draft.work_s)[:, None]
    extra = np.zeros((count, ANGLES))
    scale = 0.25 if standing else 1.0
    tremor = (
        band_noise(rng, count, 4.0, 10.0, 3)
        * (0.05 * person.tremor_deg * wish.tremor + style.tremor_deg * work)
        * scale
    )
    extra[:, [Angle.DORSI, Angle.INVERSION, Angle.SHANK_PITCH]] = tremor * [1.0, 0.7, 0.4]
    extra[:, Angle.DORSI] += _drift(draft, style, count) * scale
    sway = smooth_noise(rng, count, 1.5, 2) * person.sway_deg * wish.restless
    if standing:
        extra[:, Angle.SHANK_PITCH] += sway[:, 0]
        extra[:, Angle.DORSI] -= sway[:, 0]
        extra[:, Angle.MIDFOOT] = 0.06 * sway[:, 1]
    else:
        extra[:, [Angle.DORSI, Angle.SHANK_ROLL]] += 0.3 * sway
    return np.asarray(extra * taper(count)[:, None])


def _drift(draft: Draft, style: Style, count: int) -> Floats:
    """Sagging within each hold, undone while the foot returns; never more than 3°."""
    t, drift = times(count), np.zeros(count)
    slope = float(np.clip(style.drift_dps, -0.6, 0.6))
    for mark in draft.marks:
        a, b, c = (int(x * GRID_HZ) for x in (mark.start_s, mark.end_s, mark.left_s))
        within = np.clip(slope * (t[a:b] - mark.start_s), -3.0, 3.0)
        drift[a:b] = within
        if b > a and c > b:
            drift[b:c] = within[-1] * 0.5 * (1 + np.cos(np.pi * (t[b:c] - t[b]) / (t[c - 1] - t[b] + 1e-9)))
    return drift
