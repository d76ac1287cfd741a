"""Held postures: band flexes, top presses (toe grip) and pencil pick-ups.

Excursions are from the project's notes: flexes 12 to 30°, a toe grip a few degrees at the instep and less than
one at the ankle. Times, tremor under load, drift and slips are assumed, and drawn wide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, Person, ankle_below
from footsense.simulate.curves import GRID_HZ, band_noise, envelope, smooth_noise, taper, times
from footsense.simulate.motion import Impact, Kept, Motion, Script
from footsense.simulate.scenario import Scenario, Session
from footsense.types import Floats

HURRIED_S = (0.6, 1.4)  # rests of people in a hurry
SLOWEST_DPS = 2.0
BRIEF_S, STOP_S = (
    0.8,
    (0.15, 0.5),
)  # of moves that are broken off, lest stopping in them makes a hold of a second
PUT_DOWN_G = 0.15  # of an ordinary lowering; recorded leg lifts end with up to 1 g
ROUGH_S = 0.003  # degrees of roughness for each deg/s
LEAN_DEG = 20.0  # of the shank over a foot put back, for each unit of return_off
SHIFTS_DEG = {"shank_pitch": 5.0, "roll": 3.0, "dorsi": 3.0, "inversion": 2.0}  # rms, assumed


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
    false_start: float = 0.0
    hesitation: float = 0.0
    dip: float = 0.0
    shift: float = 0.0
    return_off: float = 0.0
    fatigue: float = 0.0


@dataclass(slots=True)
class Draft:
    """A script with what is known of it so far: where the foot rests, as meant (`seat`) and
    in fact (`home`), marks, spans in which the muscles work."""

    exercise: str
    script: Script
    seat: Floats
    home: Floats
    marks: list[Kept] = field(default_factory=list)
    work_s: list[tuple[float, float]] = field(default_factory=list)
    impacts: list[Impact] = field(default_factory=list)


def draw_style(session: Session, hold_s: tuple[float, float], rest_s: tuple[float, float]) -> Style:
    rng, wish = session.rng, session.wish
    usual = 0.0 if wish.tidy else 1.0
    drawn = Style(
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
        false_start=wish.false_starts,
        hesitation=wish.hesitations,
        dip=wish.dips,
        shift=wish.shifts,
        return_off=wish.return_off,
        fatigue=wish.fatigue,
    )
    return replace(drawn, rest_s=HURRIED_S) if wish.hurried else drawn


def _paced(style: Style, wish: Scenario, excursion_deg: float) -> Style:
    """Slower or quicker in and out, but at 2 °/s or more: what is slower than 1 °/s belongs to a hold."""
    longest = max(0.3, excursion_deg / SLOWEST_DPS)
    rise, fall = (
        max(x, min(x * wish.slow, longest)) if wish.slow > 1.0 else x * wish.slow
        for x in (style.rise_s, style.fall_s)
    )
    return replace(style, rise_s=rise, fall_s=fall)


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
    size = session.wish.size_deg or session.wish.supple * rng.uniform(11, 32)
    style = _paced(style, session.wish, size)
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
    style = _paced(style, session.wish, size)
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
    style = _paced(style, session.wish, 15.0)
    draft = Draft("pencil-pickups", Script(start), start, start)
    draft.script.rest(4.5 if session.wish.tidy else rng.uniform(3, 6))
    for share in np.linspace(0.0, 1.0, session.wish.reps or int(rng.integers(3, 7))):
        home = draft.home
        full = home + lift.pose(person, start, 1.0 - style.fatigue * share) - start
        _before(session, style, draft, full, standing=True)
        rest_s, home = draft.script.now_s, draft.home
        grip = postures.moved(person, home, midfoot=lift.grip_deg * rng.uniform(0.6, 1.2))
        draft.script.move(grip, rng.uniform(0.4, 1.0))
        draft.script.rest(rng.uniform(0.1, 0.7))
        amount = (1.0 - style.fatigue * share) * np.exp(style.uneven * rng.standard_normal())
        up = home + lift.pose(person, start, amount) - start
        _enter_and_hold(session, style, draft, start=draft.script.pose, up=up, rest_s=rest_s)
        dropped = postures.moved(
            person, draft.script.pose, midfoot=-rng.uniform(1, 4), dorsi=rng.normal(0, 1.5)
        )
        if rng.uniform() < 0.6:
            draft.script.move(dropped, rng.uniform(0.25, 0.5))
        if style.return_off:
            draft.home = _flat_near(session.mishaps, draft.seat, LEAN_DEG * style.return_off)
        _leave(session, style, draft, draft.home)
        _put_down(session, draft, draft.marks[-1].left_s)
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
    draft = Draft(exercise, Script(start), start, start)
    draft.script.rest(4.5 if session.wish.tidy else rng.uniform(3, 6))

    def there(amount: float) -> Floats:
        return draft.seat + held(amount) - start

    shares = np.linspace(0.0, 1.0, session.wish.reps or len(session.wish.begin_s) or int(rng.integers(5, 11)))
    for number, share in enumerate(shares):
        _before(session, style, draft, there(1.0 - style.fatigue * share), standing=standing)
        if rng.uniform() < style.too_short:
            _too_short(session, style, draft, draft.home, there(rng.uniform(0.6, 1.1)))
        if session.wish.begin_s:
            draft.script.rest(session.wish.begin_s[number % len(session.wish.begin_s)] - draft.script.now_s)
        amount = float(np.exp(style.uneven * rng.standard_normal())) * (1.0 - style.fatigue * share)
        rest_s, base = draft.script.now_s, draft.home
        if style.overshoot > 0.04 and rng.uniform() < 0.5:
            draft.script.move(there(amount * (1 + style.overshoot)), style.rise_s)
        _enter_and_hold(session, style, draft, start=base, up=there(amount), rest_s=rest_s)
        if style.return_off:
            off = style.return_off * np.clip(session.mishaps.standard_normal(), -2.0, 2.0)
            draft.home = draft.seat + off * (held(1.0) - start)
        _leave(session, style, draft, draft.home)
    stays_s = (session.wish.duration_s or 0.0) - draft.script.now_s if session.wish.begin_s else 0.0
    draft.script.rest(max(2.0, stays_s))
    return _finish(session, draft, style, standing=standing)


def _before(session: Session, style: Style, draft: Draft, up: Floats, *, standing: bool) -> None:
    """What may happen in a rest: another posture, and a movement that is begun and given up."""
    rng, script = session.mishaps, draft.script
    if rng.uniform() < style.shift:
        if standing:
            _replant(session, draft)
        else:
            by = {k: v * rng.standard_normal() for k, v in SHIFTS_DEG.items()}
            moved = postures.moved(session.person, draft.home, **by)
            up, draft.seat = up + moved - draft.home, moved
        draft.home = draft.seat
        script.move(draft.home, rng.uniform(0.5, 1.5))
        if standing:
            _put_down(session, draft, script.now_s)
        script.rest(rng.uniform(1.2, 3.0))
    if rng.uniform() < style.false_start:
        script.move(draft.home + rng.uniform(0.3, 0.8) * (up - draft.home), min(BRIEF_S, style.rise_s))
        script.rest(rng.uniform(0.0, 0.3))
        script.move(draft.home, min(BRIEF_S, style.fall_s))
        script.rest(rng.uniform(0.4, 1.5))


def _replant(session: Session, draft: Draft) -> None:
    """The foot is lifted a little and put down flat somewhere near."""
    rng, home = session.mishaps, draft.home
    flat = _flat_near(rng, home, 2.0)
    lifted = (home + flat) / 2.0
    lifted[Angle.DORSI] += rng.normal(0.0, 6.0)
    lifted[ANGLES + 2] += rng.uniform(0.01, 0.06)
    draft.script.move(lifted, rng.uniform(0.2, 0.5))
    draft.seat = flat


def _put_down(session: Session, draft: Draft, at_s: float) -> None:
    """The foot meets the floor, more or less gently."""
    if session.wish.lively:
        rng = session.mishaps
        size = min(2.0, session.wish.lively * PUT_DOWN_G * np.exp(0.8 * rng.standard_normal()))
        peak = size * np.array([*rng.normal(0.0, 0.3, 2), 1.0])
        draft.impacts.append(Impact(at_s - 0.05, tuple(peak.tolist()), rng.uniform(8, 25), 0.03))


def _flat_near(rng: np.random.Generator, home: Floats, lean_deg: float) -> Floats:
    """A pose with the foot as flat on the floor as at home, about `lean_deg` of the shank from it."""
    lean = lean_deg * float(np.clip(rng.standard_normal(), -2.0, 2.0))
    flat = home.copy()
    flat[[Angle.SHANK_PITCH, Angle.DORSI, Angle.YAW]] += [lean, -lean, rng.normal(0.0, 3.0 * lean_deg)]
    flat[ANGLES : ANGLES + 2] += rng.normal(0.0, 0.03, 2)
    return flat


def _enter_and_hold(
    session: Session, style: Style, draft: Draft, *, start: Floats, up: Floats, rest_s: float
) -> None:
    """Move up, keep the posture for the style's time, now and then slipping for less than 0.3 s."""
    rng, script = session.rng, draft.script
    if rng.uniform() < style.two_stage:
        script.move(start + rng.uniform(0.4, 0.7) * (up - start), style.rise_s * 0.7)
        script.rest(rng.uniform(0.05, 0.3))
    if session.mishaps.uniform() < style.hesitation:
        script.move(start + session.mishaps.uniform(0.3, 0.75) * (up - start), min(BRIEF_S, style.rise_s * 0.7))
        script.rest(session.mishaps.uniform(*STOP_S))
        style = replace(style, rise_s=min(BRIEF_S, style.rise_s))
    script.move(up, style.rise_s * np.exp(0.2 * rng.standard_normal()))
    begin = script.now_s
    length = max(0.05, style.hold_s * (1 + style.hold_spread * rng.standard_normal()))
    if rng.uniform() < style.slip and length > 3.0:
        before = length * rng.uniform(0.3, 0.7)
        script.rest(before)
        script.move(_slipped(up, start, rng.uniform(0.12, 0.3)), rng.uniform(0.08, 0.13))
        script.move(up, rng.uniform(0.08, 0.13))
        length -= script.now_s - begin
    if session.mishaps.uniform() < style.dip and length > 4.0:
        length -= _dip(session.mishaps, script, up, start, length)
    script.rest(length)
    draft.marks.append(Kept(draft.exercise, rest_s, begin, script.now_s, script.now_s))
    draft.work_s.append((begin - 0.3, script.now_s + 0.3))


def _dip(rng: np.random.Generator, script: Script, up: Floats, start: Floats, length: float) -> float:
    """Gives way for so long that two holds come of it; how long it took with what was held before."""
    begin = script.now_s
    script.rest(length * rng.uniform(0.35, 0.55))
    script.move(up + rng.uniform(0.35, 0.8) * (start - up), rng.uniform(0.2, 0.5))
    script.rest(rng.uniform(0.3, 0.8))
    script.move(up, rng.uniform(0.2, 0.5))
    return min(script.now_s - begin, length - 1.5)


def _slipped(up: Floats, start: Floats, share: float) -> Floats:
    """The joints give way by a share of the excursion; the leg stays where it is."""
    joints = [Angle.DORSI, Angle.INVERSION, Angle.MIDFOOT]
    slipped = up.copy()
    slipped[joints] += share * (start - up)[joints]
    return slipped


def _leave(session: Session, style: Style, draft: Draft, home: Floats) -> None:
    """Back to near the rest posture, and rest."""
    rng, script = session.rng, draft.script
    fall_s = style.fall_s * np.exp(0.2 * rng.standard_normal())
    if session.mishaps.uniform() < style.hesitation:
        away = session.mishaps.uniform(0.25, 0.7) * (script.pose - home)
        script.move(home + away, min(BRIEF_S, fall_s * 0.7))
        script.rest(session.mishaps.uniform(*STOP_S))
        fall_s = min(BRIEF_S, fall_s)
    script.move(home, fall_s)
    last = draft.marks[-1]
    draft.marks[-1] = Kept(last.exercise, last.rest_s, last.start_s, last.end_s, script.now_s)
    script.rest(rng.uniform(*style.rest_s))


def _too_short(session: Session, style: Style, draft: Draft, start: Floats, up: Floats) -> None:
    """A movement like the exercise's that is kept for about half a second: no hold."""
    if session.wish.slow > 1.0:  # or coming and going slowly makes a hold of it
        style = replace(style, rise_s=min(style.rise_s, BRIEF_S), fall_s=min(style.fall_s, BRIEF_S))
    rest_s = draft.script.now_s
    draft.script.move(up, style.rise_s)
    begin = draft.script.now_s
    draft.script.rest(session.rng.uniform(0.05, 0.5))
    draft.marks.append(Kept(draft.exercise, rest_s, begin, draft.script.now_s, draft.script.now_s))
    _leave(session, style, draft, start)


def _finish(session: Session, draft: Draft, style: Style, *, standing: bool) -> Motion:
    angles, ankle = draft.script.draw()
    extra = _tremor_and_drift(session, draft, style, len(angles), standing=standing)
    if session.wish.lively:
        extra += _unsteady(session, angles, standing=standing)
    if not standing:
        zero = np.zeros(3)
        shank_m = session.person.shank_m
        ankle = ankle + ankle_below(zero, shank_m, angles + extra) - ankle_below(zero, shank_m, angles)
    return Motion(angles, extra, ankle, tuple(draft.impacts), tuple(draft.marks))


def _unsteady(session: Session, angles: Floats, *, standing: bool) -> Floats:
    """Moves are not as smooth as they are meant, (n, 6) in degrees: the faster, the rougher."""
    rng = session.mishaps
    speed = np.abs(np.gradient(angles[:, [Angle.SHANK_PITCH, Angle.DORSI]], axis=0)).sum(axis=1) * GRID_HZ
    rough = session.wish.lively * ROUGH_S * np.exp(0.6 * rng.standard_normal())
    noise = band_noise(rng, len(angles), 2.0, 7.0, 3) * (rough * np.minimum(speed, 200.0))[:, None]
    extra = np.zeros_like(angles)
    columns = [Angle.DORSI, Angle.INVERSION] if standing else [Angle.DORSI, Angle.INVERSION, Angle.SHANK_PITCH]
    extra[:, columns] = noise[:, : len(columns)]
    return extra


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
