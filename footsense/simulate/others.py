"""Motions that are none of the exercises. All figures are assumed, and drawn wide."""

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, ankle_below
from footsense.simulate.curves import GRID_HZ, band_noise, ease, envelope, smooth_noise, taper, times
from footsense.simulate.motion import Motion, Script
from footsense.simulate.scenario import Session
from footsense.types import Floats


def _count(session: Session) -> int:
    return round((session.wish.duration_s or session.rng.uniform(40, 70)) * GRID_HZ)


def _seated(session: Session, start: Floats, angles: Floats, extra: Floats) -> Motion:
    """A motion about a knee that stays, or (planted foot) about an ankle that stays."""
    extra = extra * taper(len(extra))[:, None]
    knee = start[ANGLES:] - ankle_below(np.zeros(3), session.person.shank_m, start[None, :ANGLES])[0]
    return Motion(angles, extra, ankle_below(knee, session.person.shank_m, angles + extra))


def _planted(start: Floats, angles: Floats, extra: Floats) -> Motion:
    extra = extra * taper(len(extra))[:, None]
    return Motion(angles, extra, np.repeat(start[None, ANGLES:], len(angles), axis=0))


def _still(start: Floats, count: int) -> Floats:
    return np.repeat(start[None, :ANGLES], count, axis=0)


def _spans(
    rng: np.random.Generator, count: int, every_s: float, length_s: tuple[float, float]
) -> list[tuple[float, float]]:
    """Spans at random, about one in `every_s`, each of a random length."""
    total_s = count / GRID_HZ
    starts = np.sort(rng.uniform(1.0, max(1.1, total_s - 2.0), rng.poisson(total_s / every_s)))
    return [(float(a), float(min(a + rng.uniform(*length_s), total_s - 0.5))) for a in starts]


def sitting(session: Session) -> Motion:
    """Still, with a small movement every quarter minute."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    moves = envelope(count, _spans(rng, count, 15.0, (0.4, 1.5)), 0.15)[:, None] * session.wish.restless
    extra = smooth_noise(rng, count, 5.0, ANGLES) * 0.1
    extra[:, :5] += moves * band_noise(rng, count, 0.3, 2.5, 5) * [1.5, 1.5, 2.0, 3.0, 3.0]
    return _seated(session, start, _still(start, count), extra)


def standing(session: Session) -> Motion:
    """Postural sway and, now and then, weight shifted to the other leg."""
    rng, count = session.rng, _count(session)
    start = postures.standing(rng, session.person)
    extra = np.zeros((count, ANGLES))
    sway = smooth_noise(rng, count, 1.2, 2) * session.person.sway_deg
    shift = smooth_noise(rng, count, 8.0, 2) * [1.5, 1.0]
    extra[:, [Angle.SHANK_PITCH, Angle.SHANK_ROLL]] = sway + shift
    extra[:, Angle.DORSI] = -extra[:, Angle.SHANK_PITCH]
    extra[:, Angle.INVERSION] = 0.5 * extra[:, Angle.SHANK_ROLL]
    return _planted(start, _still(start, count), extra)


def chair_rises(session: Session) -> Motion:
    """Standing up and sitting down: the shank leans forward and back, the foot stays flat."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    script = Script(start)
    script.rest(rng.uniform(1.5, 3))
    while script.now_s < count / GRID_HZ:
        for lean in (rng.uniform(12, 28), rng.uniform(-2, 6)):
            script.move(_leant(start, -lean), rng.uniform(0.6, 1.2))
            script.rest(rng.uniform(0.05, 0.4) if lean > 10 else rng.uniform(0.5, 4.0))
        script.move(_leant(start, -rng.uniform(12, 28)), rng.uniform(0.6, 1.2))
        script.move(start, rng.uniform(0.6, 1.2))
        script.rest(rng.uniform(0.5, 4.0))
    extra = 0.3 * smooth_noise(rng, count, 1.5, ANGLES)
    extra[:, Angle.DORSI] = -extra[:, Angle.SHANK_PITCH]
    extra[:, [Angle.INVERSION, Angle.MIDFOOT]] *= 0.2
    return _planted(start, script.draw()[0][:count], extra)


def _leant(start: Floats, by_deg: float) -> Floats:
    """The shank leans, the foot stays flat on the floor."""
    pose = start.copy()
    pose[[Angle.SHANK_PITCH, Angle.DORSI]] += [by_deg, -by_deg]
    return pose


def fidget(session: Session) -> Motion:
    """Restless feet: bursts of movement in every joint."""
    rng, count = session.rng, _count(session)
    start = postures.hanging(rng, session.person)
    bursts = envelope(count, _spans(rng, count, 2.5, (0.3, 3.0)), 0.15)[:, None] * session.wish.restless
    size = rng.uniform(0.4, 1.3) * np.array([4.0, 4.0, 6.0, 9.0, 9.0, 2.0])
    extra = bursts * band_noise(rng, count, 0.3, 3.0, ANGLES) * size + 0.3 * smooth_noise(
        rng, count, 3.0, ANGLES
    )
    return _seated(session, start, _still(start, count), extra)


def pumps(session: Session) -> Motion:
    """Up and down without a hold: a path thinner than any circle."""
    rng, count = session.rng, _count(session)
    start = postures.stretched(rng, session.person)
    tempo = session.wish.tempo_hz or rng.uniform(0.4, 1.6)
    wave = _wave(rng, count, tempo)
    size = session.wish.size_deg or rng.uniform(8, 24)
    angles = _still(start, count)
    angles[:, Angle.DORSI] += size * (1.0 - np.cos(wave)) * _working(session, count)
    angles[:, Angle.INVERSION] += 0.12 * rng.normal() * (angles[:, Angle.DORSI] - start[Angle.DORSI])
    return _seated(session, start, angles, 0.4 * smooth_noise(rng, count, 1.0, ANGLES))


def _wave(rng: np.random.Generator, count: int, tempo_hz: float) -> Floats:
    """Phase (n,) in rad at about a tempo, uneven by some per cent."""
    speed = tempo_hz * np.exp(0.1 * smooth_noise(rng, count, 1.0 / tempo_hz)[:, 0])
    return np.asarray(2 * np.pi * np.cumsum(speed) / GRID_HZ)


def _working(session: Session, count: int) -> Floats:
    """(n,) 1 while at it: one or two stretches with rest before, between and after."""
    total_s = count / GRID_HZ
    middle = total_s * session.rng.uniform(0.4, 0.6)
    spans = [(min(3.0, total_s / 4), middle), (middle + 3.0, total_s - min(2.0, total_s / 8))]
    return envelope(count, [s for s in spans if s[1] > s[0] + 1.0], 0.6)


def driving(session: Session) -> Motion:
    """The heel stays on the floor, the forefoot presses and releases a pedal, with vibration of the road."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    start[[Angle.SHANK_PITCH, Angle.DORSI]] = [rng.uniform(15, 35), -rng.uniform(0, 15)]
    script = Script(start)
    while script.now_s < count / GRID_HZ:
        script.move(postures.moved(session.person, start, dorsi=-rng.uniform(1, 14)), rng.uniform(0.3, 1.2))
        script.rest(rng.exponential(1.5))
    angles = script.draw()[0][:count]
    extra = 0.12 * band_noise(rng, count, 8.0, 25.0, ANGLES) + 0.4 * smooth_noise(rng, count, 2.0, ANGLES)
    return _planted(start, angles, extra)


def leg_swing(session: Session) -> Motion:
    """The hanging leg swings like a pendulum."""
    rng, count = session.rng, _count(session)
    start = postures.hanging(rng, session.person)
    angles = _still(start, count)
    wave = _wave(rng, count, session.wish.tempo_hz or rng.uniform(0.7, 1.1))
    angles[:, Angle.SHANK_PITCH] += rng.uniform(6, 25) * np.sin(wave) * _working(session, count)
    angles[:, Angle.SHANK_ROLL] += rng.uniform(0, 2) * np.sin(wave + 1.0) * _working(session, count)
    return _seated(session, start, angles, 0.4 * smooth_noise(rng, count, 2.0, ANGLES))


def tapping(session: Session) -> Motion:
    """The heel on the floor, the forefoot taps."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    angles = _still(start, count)
    wave = _wave(rng, count, session.wish.tempo_hz or rng.uniform(1.0, 2.8))
    up = np.maximum(0.0, np.sin(wave)) ** 2
    angles[:, Angle.DORSI] += rng.uniform(5, 18) * up * _working(session, count)
    return _planted(start, angles, 0.2 * smooth_noise(rng, count, 2.0, ANGLES))


def cycling(session: Session) -> Motion:
    """Pedalling: the ankle goes around, the foot rocks by some 15 to 25° in one plane."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    wave = _wave(rng, count, session.wish.tempo_hz or rng.uniform(0.8, 1.5))
    on = _working(session, count)
    angles = _still(start, count)
    angles[:, Angle.SHANK_PITCH] += rng.uniform(15, 25) * np.sin(wave + 0.4) * on
    angles[:, Angle.DORSI] += (
        rng.uniform(5, 12) * np.sin(wave + rng.uniform(2, 4)) * on - rng.uniform(5, 10) * on
    )
    crank = 0.17 * on[:, None] * np.column_stack([np.cos(wave), 0 * wave, np.sin(wave)])
    extra = 0.4 * smooth_noise(rng, count, 1.0, ANGLES) * taper(count)[:, None]
    return Motion(angles, extra, start[ANGLES:] + crank)


def other_foot(session: Session) -> Motion:
    """The other foot does the exercise: this one rests, and is moved along a little."""
    rng, count = session.rng, _count(session)
    start = getattr(postures, rng.choice(["hanging", "stretched", "sitting"]))(rng, session.person)
    wave = _wave(rng, count, session.wish.tempo_hz or rng.uniform(0.3, 1.3))
    along = _working(session, count)[:, None] * np.sin(wave[:, None] + rng.uniform(0, 2 * np.pi, ANGLES))
    size = rng.uniform(0.03, 0.4) * np.array([1.0, 0.7, 0.5, 0.5, 0.4, 0.1]) * rng.uniform(0.3, 1.0, ANGLES)
    return _seated(
        session, start, _still(start, count), along * size + 0.1 * smooth_noise(rng, count, 3.0, ANGLES)
    )


def shaking(session: Session) -> Motion:
    """In the hand: large turns and shaking in every direction."""
    rng, count = session.rng, _count(session)
    start = postures.hanging(rng, session.person)
    bursts = envelope(count, _spans(rng, count, 6.0, (1.0, 5.0)), 0.2)[:, None]
    extra = _handled(rng, count, 25.0) + bursts * band_noise(rng, count, 2.0, 6.0, ANGLES) * 12.0
    place = bursts * band_noise(rng, count, 2.0, 6.0, 3) * rng.uniform(0.005, 0.03)
    place = place + 0.1 * smooth_noise(rng, count, 1.5, 3)
    window = taper(count)[:, None]
    return Motion(_still(start, count), extra * window, start[ANGLES:] + place * window)


def donning(session: Session) -> Motion:
    """Picked up, turned about, strapped on, then at rest."""
    rng, count = session.rng, _count(session)
    start = postures.sitting(rng, session.person)
    handled = rng.uniform(0.3, 0.6) * count / GRID_HZ
    window = (ease((times(count) - 0.8) / 0.5) * ease((handled - times(count)) / 1.5))[:, None]
    place = 0.12 * smooth_noise(rng, count, 0.8, 3) * window
    extra = _handled(rng, count, 60.0) * window + 0.1 * smooth_noise(rng, count, 3.0, ANGLES)
    return Motion(_still(start, count), extra * taper(count)[:, None], start[ANGLES:] + place)


def _handled(rng: np.random.Generator, count: int, size_deg: float) -> Floats:
    """Turns as a hand makes them."""
    extra = np.zeros((count, ANGLES))
    extra[:, :5] = smooth_noise(rng, count, rng.uniform(0.5, 1.5), 5) * size_deg
    return extra
