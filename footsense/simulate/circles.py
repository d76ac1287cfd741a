"""Ankle circles: the foot's path in the plane of dorsiflexion and inversion.

Sizes (pitch ±12 to 25°, visible roll about ±7 to 14°) and the shank's reaction of about 3 % are from the
project's notes; tempo, shape and strokes in and out are assumed, and drawn wide.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from footsense.simulate import postures
from footsense.simulate.body import ANGLES, Angle, ankle_below, foot_up
from footsense.simulate.curves import GRID_HZ, band_noise, between, ease, grid, smooth_noise, taper, times
from footsense.simulate.motion import Bout, Motion, Script
from footsense.simulate.pace import course, there_and_back
from footsense.simulate.scenario import Scenario, Session
from footsense.types import Floats

MAX_INVERSION_DEG = 26.0
MAX_DORSI_DEG = 28.0  # 70° of movement in all is much
MIN_VISIBLE = 0.45
HURRIED_S = (0.05, 0.6)  # before going the other way at once
SHIFTING_S = (0.5, 1.6)
SHIFTS_DEG = (6.0, 4.0, 4.0, 4.0, 3.0, 0.0)  # rms of how far posture is shifted in between, assumed


@dataclass(frozen=True, slots=True)
class Style:
    """How this person circles: amplitudes in degrees, the ellipse's skew and bumps, where rest lies (share of
    the radius and angle), how uneven the speed is within a turn, which end is narrower."""

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
    egg: float
    egg_phase: float


def draw_style(session: Session, below_deg: float, visible: float) -> Style:
    """`below_deg` is how far rest lies below the circle's centre, `visible` what an inversion tilts by."""
    rng, wish = session.rng, session.wish
    tempo_hz = wish.tempo_hz or float(np.exp(rng.uniform(np.log(0.25), np.log(1.2))))
    dorsi = wish.size_deg or wish.supple * rng.uniform(11, 25) * min(1.0, 1.25 - 0.3 * tempo_hz)
    if wish.size_deg is None:
        dorsi = min(dorsi, MAX_DORSI_DEG)
    width = rng.uniform(0.45, 1.0)
    if wish.roundness is not None:
        width = wish.roundness
    rough = 1.2 - session.person.skill
    style = Style(
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
        egg=wish.egg,
        egg_phase=session.mishaps.uniform(0, 2 * np.pi),
    )
    return style if wish.lilt is None else replace(style, lilt=wish.lilt)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of circling: when it begins, the path (n, 2) of dorsiflexion and inversion about rest, the sign
    of inversion, and between what times of it turns count (None: nothing counts)."""

    at_s: float
    path: Floats
    sign: float
    counts_s: tuple[float, float] | None

    @property
    def end_s(self) -> float:
        return self.at_s + len(self.path) / GRID_HZ


def circles(session: Session) -> Motion:
    """Bouts of circles with rests: one each way, or one in the wished direction."""
    rng, wish = session.rng, session.wish
    start, below_deg, visible = _start(session)
    style = draw_style(session, below_deg, abs(visible))
    ways = [wish.direction] if wish.direction != "both" else list(rng.permutation(["cw", "ccw"]))
    turns = wish.reps or int(rng.integers(6, 13))
    at_s, pieces = (2.0 if wish.tidy else rng.uniform(3, 6)), list[Piece]()
    for way in ways:
        sign = _sign(visible, way)
        at_s = _begun(session, style, at_s, sign, pieces)
        for count in _split(rng, turns, wish):
            path, took_s = _bout(session, style, count)
            pieces.append(Piece(at_s, path, sign, took_s))
            at_s += len(path) / GRID_HZ + rng.uniform(0.8, 2.5)
        between = rng.uniform(1.0, 1.5) if wish.tidy else rng.uniform(2, 6)
        at_s = pieces[-1].end_s + session.mishaps.uniform(*HURRIED_S) if wish.hurried else at_s + between
    return _assemble(session, start, pieces, max(at_s, pieces[-1].end_s + 1.0) + 1.0)


def _begun(session: Session, style: Style, at_s: float, sign: float, pieces: list[Piece]) -> float:
    """Now and then a part of a turn is begun, and taken back the way it came; when the first bout may start."""
    rng = session.mishaps
    if rng.uniform() >= session.wish.false_starts:
        return at_s
    phase = there_and_back(rng, style.tempo_hz, rng.uniform(0.2, 0.6))
    path, _ = _drawn(session, style, phase, np.ones(len(phase)))
    pieces.append(Piece(at_s, path, sign, None))
    return pieces[-1].end_s + rng.uniform(0.5, 3.0)


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


def _split(rng: np.random.Generator, turns: int, wish: Scenario) -> list[float]:
    """The turns of one direction, now and then with a pause inside, and with an honest end: sometimes a part of
    one more turn, sometimes not all of the last (always clear of the three quarters that count; more so where
    the path is lopsided and winds differently around its mean)."""
    parts = [float(turns)]
    if wish.tidy:
        return parts
    if turns >= 4 and rng.uniform() < 0.25:
        first = int(rng.integers(2, turns - 1))
        parts = [float(first), float(turns - first)]
    kind = rng.uniform()
    if kind < 0.15:
        parts[-1] += rng.uniform(0.2, 0.55)
    elif kind < 0.35:
        parts[-1] -= rng.uniform(0.04, 0.15) * (0.5 if wish.egg or wish.wander else 1.0)
    return parts


def _bout(session: Session, style: Style, turns: float) -> tuple[Floats, tuple[float, float]]:
    """Path (n, 2) of dorsiflexion and inversion about the rest, and when in it the foot goes around."""
    phase = _phase(session, style, turns)
    grown = 1.0 - session.wish.fatigue * phase / phase[-1]
    return _drawn(session, style, phase, grown)


def _drawn(session: Session, style: Style, phase: Floats, grown: Floats) -> tuple[Floats, tuple[float, float]]:
    """The path for a phase (n,) in rad, out from rest and back to it; `grown` (n,) scales its size."""
    rng, uneven, wander = session.rng, session.person.unevenness, session.wish.wander
    stroke = round(style.stroke_s * GRID_HZ)
    phase, grown = (np.pad(x, stroke, mode="edge") for x in (phase, grown))
    out = ease(times(len(phase)) / style.stroke_s)
    radius = out * ease(times(len(phase))[::-1] / style.stroke_s)
    psi = phase + style.rest_phase
    psi = psi + style.lilt * (np.sin(psi + style.lilt_phase) - np.sin(style.rest_phase + style.lilt_phase))
    size = 1.0 + 0.7 * uneven * smooth_noise(rng, len(phase), 1.0 / style.tempo_hz)[:, 0]
    rim = _rim(style, psi) * (size * grown)[:, None]
    if wander:
        rim += wander * _wandering(session, style, len(phase))
    rest = style.rest_share * _rim(style, np.full(1, style.rest_phase))
    path = (rim - rest) * radius[:, None]
    return path, (style.stroke_s, (len(phase) - stroke) / GRID_HZ)


def _wandering(session: Session, style: Style, count: int) -> Floats:
    """Where the circle's centre goes, (n, 2), over several turns, for a wander of 1."""
    noise = smooth_noise(session.mishaps, count, 5.0 / style.tempo_hz, 2)
    return np.asarray(np.clip(noise, -1.2, 1.2) * [style.dorsi_deg, style.inversion_deg])


def _phase(session: Session, style: Style, turns: float) -> Floats:
    """Phase in rad over a bout: speed eased in and out, uneven from turn to turn, ending at exactly `turns`."""
    rng, wish = session.rng, session.wish
    count = max(2, int(np.ceil(turns)))
    tempo = style.tempo_hz * np.exp(session.person.unevenness * rng.standard_normal(count))
    tempo = tempo * np.exp(wish.tempo_drift * np.linspace(-0.5, 0.5, count))
    ramp_s = rng.uniform(0.15, 0.4) / style.tempo_hz
    knots = np.concatenate([[0.0], ramp_s + np.arange(count) * turns / count / style.tempo_hz])
    knots = np.append(knots, knots[-1] + ramp_s)
    speed = between(knots, np.concatenate([[0.0], tempo, [0.0]]), grid(knots[-1]))
    return course(session.mishaps, wish, speed, turns)


def _rim(style: Style, psi: Floats) -> Floats:
    k = np.arange(2, 5)
    bump = 1.0 + (style.bumps * np.cos(k * psi[:, None] + style.bump_phase)).sum(axis=1)
    x = style.dorsi_deg * np.cos(psi)
    y = style.inversion_deg * np.sin(psi + style.skew)
    narrow = (1.0 - style.egg * np.cos(psi - style.egg_phase)) / (1.0 + 0.4 * style.egg)
    c, s = np.cos(style.egg_phase), np.sin(style.egg_phase)
    along, across = c * x + s * y, (c * y - s * x) * narrow  # narrower towards one end, as an egg is
    if style.egg:
        x, y = c * along - s * across, s * along + c * across
    return np.asarray(np.column_stack([x, y]) * bump[:, None])


def _sign(visible: float, way: str) -> float:
    return 1.0 if (visible > 0) == (way == "ccw") else -1.0


def _visible(session: Session, start: Floats) -> float:
    """Tilt seen for a degree of inversion, across and as a share of that for dorsiflexion; negative where
    turning from dorsiflexion towards inversion is clockwise. The subtalar axis is oblique, so posture and
    side decide."""
    step = np.zeros((3, ANGLES))
    step[1, Angle.DORSI] = step[2, Angle.INVERSION] = 0.1
    u = foot_up(session.person, session.foot, start[:ANGLES] + step)
    a, b = u[1] - u[0], u[2] - u[0]
    return float(np.cross(a, b) @ u[0] / (a * a).sum())


def _assemble(session: Session, start: Floats, pieces: list[Piece], total_s: float) -> Motion:
    rng, person = session.rng, session.person
    script = Script(start)
    script.rest(total_s)
    angles, _ = script.draw()
    marks = []
    for piece in pieces:
        i = round(piece.at_s * GRID_HZ)
        angles[i : i + len(piece.path), [Angle.DORSI, Angle.INVERSION]] += piece.path * [1.0, piece.sign]
        if piece.counts_s is not None:
            marks.append(Bout(i / GRID_HZ + piece.counts_s[0], i / GRID_HZ + piece.counts_s[1]))
    moved = angles - start[:ANGLES]
    angles[:, Angle.SHANK_PITCH] -= (rng.uniform(0.015, 0.05) - session.wish.leg) * moved[:, Angle.DORSI]
    rolls = 0.7 * session.wish.leg * (1.0 if session.foot == "right" else -1.0)
    angles[:, Angle.SHANK_ROLL] -= (rng.uniform(0.01, 0.05) - rolls) * moved[:, Angle.INVERSION]
    angles += _shifts(session, pieces, len(angles))
    extra = _restless(session, len(angles))
    ankle = ankle_below(postures.KNEE_M, person.shank_m, angles + extra)
    return Motion(angles, extra, ankle, marks=tuple(marks))


def _shifts(session: Session, pieces: list[Piece], count: int) -> Floats:
    """Changes of posture in the rests between bouts, (n, 6) in degrees: another seat, the leg elsewhere."""
    rng, shifted = session.mishaps, np.zeros((count, ANGLES))
    for before, after in pairwise(pieces):
        rest_s = after.at_s - before.end_s
        if rest_s < SHIFTING_S[0] + 0.3 or rng.uniform() >= session.wish.shifts:
            continue
        took_s = min(rng.uniform(*SHIFTING_S), rest_s - 0.2)
        at_s = before.end_s + rng.uniform(0.1, rest_s - took_s)
        by = rng.standard_normal(ANGLES) * SHIFTS_DEG
        shifted += by * ease((times(count) - at_s) / took_s)[:, None]
    return shifted


def _restless(session: Session, count: int) -> Floats:
    rng, wish = session.rng, session.wish
    extra = np.zeros((count, ANGLES))
    tremor = band_noise(rng, count, 4.0, 10.0, 2) * session.person.tremor_deg * 0.5 * wish.tremor
    drift = smooth_noise(rng, count, 4.0, 5) * session.person.sway_deg * 0.5 * wish.restless
    extra[:, [Angle.DORSI, Angle.INVERSION]] = tremor
    extra[:, :5] += drift
    return np.asarray(extra * taper(count)[:, None])
