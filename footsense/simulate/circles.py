"""Ankle circles: the foot's path in the plane of dorsiflexion and inversion.

Sizes (pitch ±12 to 25°, visible roll about ±7 to 14°) and the shank's reaction of about 3 % are from the
project's notes; tempo, shape and strokes in and out are assumed, and drawn wide.
"""

from dataclasses import dataclass

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, ankle_below, foot_up
from footsense.simulate.curves import GRID_HZ, band_noise, between, ease, grid, smooth_noise, taper, times
from footsense.simulate.motion import Bout, Motion, Script
from footsense.simulate.scenario import Session
from footsense.types import Floats

MAX_INVERSION_DEG = 26.0
MIN_VISIBLE = 0.45


@dataclass(frozen=True, slots=True)
class Style:
    """How this person circles: amplitudes in degrees, the ellipse's skew and bumps, where rest lies (share of
    the radius and angle), how uneven the speed is within a turn."""

    dorsi_deg: float
    inversion_deg: float
    skew: float
    bumps: Floats
    bump_phase: Floats
    rest_share: float
    rest_phase: float
    lilt: float
    lilt_phase: float
    tempo_hz: float
    stroke_s: float


def draw_style(session: Session, below_deg: float, visible: float) -> Style:
    """`below_deg` is how far rest lies below the circle's centre, `visible` what an inversion tilts by."""
    rng, wish = session.rng, session.wish
    tempo_hz = wish.tempo_hz or float(np.exp(rng.uniform(np.log(0.25), np.log(1.2))))
    dorsi = wish.size_deg or rng.uniform(11, 25) * min(1.0, 1.25 - 0.3 * tempo_hz)
    width = rng.uniform(0.45, 1.0)
    rough = 1.2 - session.person.skill
    return Style(
        dorsi_deg=dorsi,
        inversion_deg=min(dorsi * width / visible, MAX_INVERSION_DEG),
        skew=rng.normal(0, 0.2),
        bumps=np.abs(rng.normal(0, 1, 3)) * [0.06, 0.04, 0.02] * rough,
        bump_phase=rng.uniform(0, 2 * np.pi, 3),
        rest_share=min(1.0, below_deg / dorsi),
        rest_phase=rng.normal(np.pi, 0.7),
        lilt=abs(rng.normal(0, 0.12)) * rough,
        lilt_phase=rng.uniform(0, 2 * np.pi),
        tempo_hz=tempo_hz,
        stroke_s=rng.uniform(0.3, 0.9),
    )


def circles(session: Session) -> Motion:
    """Bouts of circles with rests: one each way, or one in the wished direction."""
    rng = session.rng
    start, below_deg, visible = _start(session)
    style = draw_style(session, below_deg, abs(visible))
    wish = session.wish.direction
    ways = [wish] if wish != "both" else list(rng.permutation(["cw", "ccw"]))
    turns = session.wish.reps or int(rng.integers(6, 13))
    at_s, bouts = (2.0 if session.wish.tidy else rng.uniform(3, 6)), []
    for way in ways:
        for count in _split(rng, turns, tidy=session.wish.tidy):
            path, took_s = _bout(rng, style, count, session.person.unevenness)
            bouts.append((at_s, took_s, _sign(visible, way), path))
            at_s += len(path) / GRID_HZ + rng.uniform(0.8, 2.5)
        at_s += rng.uniform(1.0, 1.5) if session.wish.tidy else rng.uniform(2, 6)
    return _assemble(session, start, bouts, at_s + 1.0)


def _start(session: Session) -> tuple[Floats, float, float]:
    """Posture, how far it is below the circles' centre in degrees, and how visible inversion is there.

    Postures in which the foot's up-direction lies close to the subtalar axis are left out: there the tilt
    draws a crescent that winds around nothing.
    """
    for _ in range(50):
        kind = session.rng.choice(["hanging", "stretched", "crossed"], p=[0.5, 0.35, 0.15])
        kind = session.wish.posture or kind
        start = np.asarray(getattr(postures, kind)(session.rng, session.person))
        below_deg = session.rng.uniform(4, 20)
        visible = _visible(session, postures.moved(session.person, start, dorsi=below_deg))
        if abs(visible) >= MIN_VISIBLE:
            break
    return start, below_deg, visible


def _split(rng: np.random.Generator, turns: int, *, tidy: bool) -> list[float]:
    """The turns of one direction, now and then with a pause inside, and with an honest end: sometimes a part of
    one more turn, sometimes not all of the last (always clear of the three quarters that count)."""
    parts = [float(turns)]
    if tidy:
        return parts
    if turns >= 4 and rng.uniform() < 0.25:
        first = int(rng.integers(2, turns - 1))
        parts = [float(first), float(turns - first)]
    kind = rng.uniform()
    if kind < 0.15:
        parts[-1] += rng.uniform(0.2, 0.55)
    elif kind < 0.35:
        parts[-1] -= rng.uniform(0.04, 0.15)
    return parts


def _bout(
    rng: np.random.Generator, style: Style, turns: float, uneven: float
) -> tuple[Floats, tuple[float, float]]:
    """Path (n, 2) of dorsiflexion and inversion about the rest, and when in it the foot goes around."""
    phase = _phase(rng, style, turns, uneven)
    stroke = round(style.stroke_s * GRID_HZ)
    phase = np.concatenate([np.zeros(stroke), phase, np.full(stroke, phase[-1])])
    out = ease(times(len(phase)) / style.stroke_s)
    radius = out * ease(times(len(phase))[::-1] / style.stroke_s)
    psi = phase + style.rest_phase
    psi = psi + style.lilt * (np.sin(psi + style.lilt_phase) - np.sin(style.rest_phase + style.lilt_phase))
    size = 1.0 + 0.7 * uneven * smooth_noise(rng, len(phase), 1.0 / style.tempo_hz)[:, 0]
    rim = _rim(style, psi) * size[:, None]
    rest = style.rest_share * _rim(style, np.full(1, style.rest_phase))
    path = (rim - rest) * radius[:, None]
    return path, (style.stroke_s, (len(phase) - stroke) / GRID_HZ)


def _phase(rng: np.random.Generator, style: Style, turns: float, uneven: float) -> Floats:
    """Phase in rad over a bout: speed eased in and out, uneven from turn to turn, ending at exactly `turns`."""
    count = max(2, int(np.ceil(turns)))
    tempo = style.tempo_hz * np.exp(uneven * rng.standard_normal(count))
    ramp_s = rng.uniform(0.15, 0.4) / style.tempo_hz
    knots = np.concatenate([[0.0], ramp_s + np.arange(count) * turns / count / style.tempo_hz])
    knots = np.append(knots, knots[-1] + ramp_s)
    t = grid(knots[-1])
    speed = between(knots, np.concatenate([[0.0], tempo, [0.0]]), t)
    turned = np.cumsum(speed) / GRID_HZ
    return np.asarray(2 * np.pi * turned * (turns / turned[-1]))


def _rim(style: Style, psi: Floats) -> Floats:
    k = np.arange(2, 5)
    bump = 1.0 + (style.bumps * np.cos(k * psi[:, None] + style.bump_phase)).sum(axis=1)
    x = style.dorsi_deg * np.cos(psi)
    y = style.inversion_deg * np.sin(psi + style.skew)
    return np.asarray(np.column_stack([x, y]) * bump[:, None])


def _sign(visible: float, way: str) -> float:
    return 1.0 if (visible > 0) == (way == "ccw") else -1.0


def _visible(session: Session, start: Floats) -> float:
    """Tilt seen for a degree of inversion, across and as a share of that for dorsiflexion; negative where
    turning from dorsiflexion towards inversion is clockwise. The subtalar axis is oblique, so posture and
    side decide."""
    step = np.zeros((3, ANGLES))
    step[1, Angle.DORSI] = step[2, Angle.INVERSION] = 0.1
    u = foot_up(session.person, session.wish.side, start[:ANGLES] + step)
    a, b = u[1] - u[0], u[2] - u[0]
    return float(np.cross(a, b) @ u[0] / (a * a).sum())


def _assemble(
    session: Session,
    start: Floats,
    bouts: list[tuple[float, tuple[float, float], float, Floats]],
    total_s: float,
) -> Motion:
    rng, person = session.rng, session.person
    script = Script(start)
    script.rest(total_s)
    angles, _ = script.draw()
    marks = []
    for at_s, (a, b), sign, path in bouts:
        i = round(at_s * GRID_HZ)
        angles[i : i + len(path), [Angle.DORSI, Angle.INVERSION]] += path * [1.0, sign]
        marks.append(Bout(i / GRID_HZ + a, i / GRID_HZ + b))
    moved = angles - start[:ANGLES]
    angles[:, Angle.SHANK_PITCH] -= rng.uniform(0.015, 0.05) * moved[:, Angle.DORSI]
    angles[:, Angle.SHANK_ROLL] -= rng.uniform(0.01, 0.05) * moved[:, Angle.INVERSION]
    extra = _restless(session, len(angles))
    ankle = ankle_below(postures.KNEE_M, person.shank_m, angles + extra)
    return Motion(angles, extra, ankle, marks=tuple(marks))


def _restless(session: Session, count: int) -> Floats:
    rng, wish = session.rng, session.wish
    extra = np.zeros((count, ANGLES))
    tremor = band_noise(rng, count, 4.0, 10.0, 2) * session.person.tremor_deg * 0.5 * wish.tremor
    drift = smooth_noise(rng, count, 4.0, 5) * session.person.sway_deg * 0.5 * wish.restless
    extra[:, [Angle.DORSI, Angle.INVERSION]] = tremor
    extra[:, :5] += drift
    return np.asarray(extra * taper(count)[:, None])
