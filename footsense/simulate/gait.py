"""Walking with heel strike, on tiptoe and on stairs, seen from the wearing foot.

A cycle runs from heel-off over toe-off, swing and landing to flat foot. The foot is pinned to the ground at
heel or toe while it stands. From the project's notes: pitch of +20 to 25° at heel strike and −50 to −60° at
toe-off; on tiptoe the foot at up to 45–52°, the shank at 3–14°; landing transients of 15–35 Hz that decay in
20 ms at the heel and of about 7 Hz on the forefoot. Their size, stride lengths and timing are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

import numpy as np

from footsense.simulate import postures, rotation
from footsense.simulate.body import ANGLES, Angle
from footsense.simulate.curves import band_noise, between, envelope, grid, smooth_noise, taper
from footsense.simulate.lively import EVEN, LATE, Stride, jolted, jolts, moved, rolling
from footsense.simulate.motion import Impact, Landing, Motion
from footsense.simulate.scenario import Scenario, Session
from footsense.types import Floats

Kind = Literal["level", "tiptoe", "up", "down"]
TOE_OFF, HEEL_DOWN, LANDS, FLAT, SHIFTED = 0.22, 0.57, 0.62, 0.72, 0.86  # shares of a cycle from heel-off
PAUSE_S = (0.4, 3.0)


@dataclass(frozen=True, slots=True)
class Style:
    """How this person walks: angles in degrees at the cycle's corners, lengths in m, impact in g."""

    kind: Kind
    cadence_hz: float
    stride_m: float
    rise_m: float
    land_deg: float
    stance_deg: float
    off_deg: float
    shank_deg: tuple[float, ...]
    clearance_m: float
    impact_g: float
    impact_hz: float
    impact_decay_s: float
    flat_steps: float
    uneven: float
    swing: float
    scuffs: float
    stumbles: float
    pauses: float

    def corners(self) -> tuple[float, ...]:
        """Shares of a cycle: heel-off, toe-off, heel down, landing, flat, weight on the forefoot, heel-off."""
        longer = (self.swing - (LANDS - TOE_OFF)) / 2.0
        return 0.0, TOE_OFF - longer, HEEL_DOWN + longer, LANDS + longer, FLAT + longer, SHIFTED, 1.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """From what a style is drawn, uniformly. `lower_deg` is how much further down than in stance the foot
    points at toe-off; `land_deg` is against stance too. `shank_deg`: at heel-off, toe-off, landing, flat."""

    cadence_hz: tuple[float, float]
    stride_m: tuple[float, float]
    land_deg: tuple[float, float]
    stance_deg: tuple[float, float]
    lower_deg: tuple[float, float]
    shank_deg: tuple[tuple[float, float], ...]
    clearance_m: tuple[float, float]
    impact_g: tuple[float, float]
    impact_hz: tuple[float, float]
    impact_decay_s: float
    rise_m: float = 0.0


_STEPPING_SHANK_DEG = ((-16.0, -8.0), (-40.0, -25.0), (-25.0, -5.0), (-20.0, -8.0))
_LEVEL = Ranges(
    cadence_hz=(0.6, 1.1),
    stride_m=(0.9, 1.3),
    land_deg=(15.0, 26.0),
    stance_deg=(0.0, 0.0),
    lower_deg=(50.0, 62.0),
    shank_deg=((-14.0, -8.0), (-48.0, -36.0), (12.0, 20.0), (4.0, 9.0)),
    clearance_m=(0.04, 0.09),
    impact_g=(1.2, 5.0),
    impact_hz=(15.0, 35.0),
    impact_decay_s=0.02,
)
_UP = replace(
    _LEVEL,
    cadence_hz=(0.5, 0.8),
    stride_m=(0.45, 0.65),
    land_deg=(-10.0, 8.0),
    lower_deg=(38.0, 58.0),
    shank_deg=_STEPPING_SHANK_DEG,
    clearance_m=(0.1, 0.15),
    impact_g=(0.5, 2.5),
    impact_hz=(9.0, 18.0),
    rise_m=0.34,
)
RANGES: Mapping[Kind, Ranges] = {
    "level": _LEVEL,
    "tiptoe": replace(
        _LEVEL,
        stride_m=(0.55, 0.85),
        land_deg=(-8.0, 2.0),
        stance_deg=(-46.0, -14.0),
        lower_deg=(12.0, 36.0),
        shank_deg=((-9.0, -3.0), (-30.0, -16.0), (2.0, 10.0), (-6.0, 0.0)),
        impact_g=(0.3, 1.2),
        impact_hz=(5.5, 11.0),
        impact_decay_s=0.06,
    ),
    "up": _UP,
    "down": replace(_UP, land_deg=(-25.0, -12.0), clearance_m=(0.04, 0.09), rise_m=-0.34),
}
SHUFFLES, SHUFFLING_LAND_DEG = 0.25, (4.0, 15.0)  # share of people who land with an almost flat foot
HEEL_TOUCHES = (0.0, 0.0, 0.0, 0.06)  # chance of a step on tiptoe to fail, drawn for the session


def draw_style(session: Session, kind: Kind) -> Style:
    rng, given = session.rng, RANGES[kind]
    stance = rng.uniform(*given.stance_deg)
    shuffles = kind == "level" and rng.uniform() < SHUFFLES
    drawn = Style(
        kind=kind,
        cadence_hz=session.wish.tempo_hz or rng.uniform(*given.cadence_hz),
        stride_m=rng.uniform(*given.stride_m),
        rise_m=given.rise_m,
        land_deg=stance + rng.uniform(*(SHUFFLING_LAND_DEG if shuffles else given.land_deg)),
        stance_deg=stance,
        off_deg=stance - rng.uniform(*given.lower_deg),
        shank_deg=tuple(rng.uniform(*r) for r in given.shank_deg),
        clearance_m=rng.uniform(*given.clearance_m),
        impact_g=rng.uniform(*given.impact_g),
        impact_hz=rng.uniform(*given.impact_hz),
        impact_decay_s=given.impact_decay_s,
        flat_steps=0.0 if session.wish.tidy else rng.choice(HEEL_TOUCHES),
        uneven=0.25 * session.person.unevenness,
        swing=session.wish.swing_share or LANDS - TOE_OFF,
        scuffs=session.wish.shuffle,
        stumbles=session.wish.stumbles,
        pauses=session.wish.hesitations,
    )
    return _shuffling(_raised(drawn, session.wish), session.wish)


def _raised(style: Style, wish: Scenario) -> Style:
    """The heel as high on tiptoe as wished."""
    if style.kind != "tiptoe" or wish.size_deg is None:
        return style
    by = -wish.size_deg - style.stance_deg
    angles = (style.land_deg, style.stance_deg, style.off_deg)
    land, stance, off = (x + by for x in angles)
    return replace(style, land_deg=land, stance_deg=stance, off_deg=off)


def _shuffling(style: Style, wish: Scenario) -> Style:
    """Shorter and lower the more the feet are dragged."""
    less, style = wish.shuffle, replace(style, stride_m=style.stride_m * wish.step_length)
    if not less:
        return style
    return replace(
        style,
        stride_m=style.stride_m * (1.0 - 0.5 * less),
        land_deg=style.stance_deg + (style.land_deg - style.stance_deg) * (1.0 - 0.6 * less),
        off_deg=style.stance_deg + (style.off_deg - style.stance_deg) * (1.0 - 0.5 * less),
        clearance_m=style.clearance_m * (1.0 - 0.85 * less),
        impact_g=style.impact_g * (1.0 - 0.5 * less),
    )


@dataclass(slots=True)
class _Channel:
    """Knots of one quantity."""

    knots_s: list[float]
    values: list[float]
    shapes: list[int]  # of the moves between them

    def to(self, at_s: float, value: float, shape: int = 0) -> None:
        self.knots_s.append(max(at_s, self.knots_s[-1] + 1e-3))
        self.values.append(value)
        self.shapes.append(shape)

    def stay(self, at_s: float) -> None:
        self.to(at_s, self.values[-1])

    def draw(self, t: Floats, lively: float = 0.0) -> Floats:
        knots_s, values = np.array(self.knots_s), np.array(self.values)
        return (
            moved(knots_s, values, np.array(self.shapes), t, lively) if lively else between(knots_s, values, t)
        )


class Walk:
    """Writes a walk stride by stride. The pinned point of the foot (`grip`, its place along the foot) is at
    (`x`, `y`, `z`) in the world."""

    def __init__(self, session: Session, start: Floats, at_s: float) -> None:
        self.person = person = session.person
        self.mishaps = session.mishaps
        self.now_s = at_s
        self.heading = 0.0
        self.toe_out = session.wish.toe_out_deg * (1.0 if session.foot == "left" else -1.0)
        toe = person.toe_m
        x, y, z = start[ANGLES:]
        c, s = self._forwards()
        values = {"pitch": 0.0, "shank": start[Angle.SHANK_PITCH], "yaw": self.toe_out, "grip": toe}
        values |= {"x": x + c * toe, "y": y + s * toe, "z": z - person.ankle_height_m}
        self.channel = {k: _Channel([0.0, at_s], [float(v)] * 2, [0]) for k, v in values.items()}
        self.impacts: list[Impact] = []
        self.landings: list[Landing] = []
        self.strides: list[Stride] = []
        self._off_s: list[float] = []

    def _forwards(self) -> tuple[float, float]:
        """Where the foot points, (x, y)."""
        yaw = np.radians(self.heading + self.toe_out)
        return float(np.cos(yaw)), float(np.sin(yaw))

    def rest(self, duration_s: float) -> None:
        self.now_s += duration_s
        for channel in self.channel.values():
            channel.stay(self.now_s)

    def tilt(self, pitch_deg: float, shank_deg: float, duration_s: float) -> None:
        """Rise onto the forefoot or come down, standing."""
        self.now_s += duration_s
        self.channel["pitch"].to(self.now_s, pitch_deg)
        self.channel["shank"].to(self.now_s, shank_deg)
        for name in ("yaw", "grip", "x", "y", "z"):
            self.channel[name].stay(self.now_s)

    def stride(
        self, rng: np.random.Generator, style: Style, share: float, turn_deg: float, *, toe: bool
    ) -> None:
        """One cycle from heel-off to the next, `share` of a full stride long."""
        period = float(np.exp(style.uneven * rng.standard_normal())) / style.cadence_hz
        if self.mishaps.uniform() < style.stumbles:
            period, share, style = self._stumble(style, period, share)
        at = [self.now_s + period * x for x in style.corners()]
        self._angles(rng, style, at, turn_deg, toe=toe)
        self._places(rng, style, at, share, toe=toe)
        self._contacts(rng, style, at, period, toe=toe)
        self._scuffs(style, at)
        self.strides.append(Stride(tuple(at), toe, style.impact_g))
        self.now_s = at[-1]

    def _stumble(self, style: Style, period: float, share: float) -> tuple[float, float, Style]:
        """The foot catches in mid-swing, and comes down early and hard."""
        rng = self.mishaps
        period *= rng.uniform(0.65, 0.95)
        caught_s = self.now_s + period * (TOE_OFF + rng.uniform(0.3, 0.7) * style.swing)
        catch = (-rng.uniform(0.3, 1.5), rng.normal(0.0, 0.2), rng.uniform(0.0, 0.5))
        self.impacts.append(Impact(caught_s, catch, rng.uniform(8, 20), 0.03))
        return (
            period,
            share * rng.uniform(0.4, 0.8),
            replace(style, impact_g=style.impact_g * rng.uniform(1.2, 2.5)),
        )

    def _scuffs(self, style: Style, at: list[float]) -> None:
        """Shoes drag over the floor in the swing."""
        rng = self.mishaps
        for _ in range(rng.poisson(4.0 * style.scuffs)):
            drag = (-rng.uniform(0.05, 0.35), rng.normal(0.0, 0.1), rng.normal(0.0, 0.15))
            self.impacts.append(Impact(rng.uniform(at[1], at[3]), drag, rng.uniform(10, 40), 0.02))

    def _angles(
        self, rng: np.random.Generator, style: Style, at: list[float], turn_deg: float, *, toe: bool
    ) -> None:
        pitch, shank, yaw = (self.channel[k] for k in ("pitch", "shank", "yaw"))
        vary = np.exp(2 * style.uneven * rng.standard_normal(3))
        stance = style.stance_deg * vary[0] if toe else 0.0
        land = style.land_deg if toe == (style.kind == "tiptoe") else -5.0
        for channel in (pitch, shank, yaw):
            channel.stay(at[0])
        pitch.to(at[1], style.off_deg * vary[1], LATE)
        pitch.to(at[2], land * vary[2], EVEN)
        pitch.to(at[3], land * vary[2] * 0.97)
        pitch.to(at[4], stance)
        pitch.to(at[6], stance * (1.0 + 0.06 * rng.standard_normal()))
        for i, angle in zip((1, 3, 4, 6), (*style.shank_deg[1:], style.shank_deg[0]), strict=True):
            shank.to(at[i], angle)
        yaw.stay(at[1])
        self.heading += turn_deg
        yaw.to(at[3], self.heading + self.toe_out)
        yaw.stay(at[6])

    def _places(
        self, rng: np.random.Generator, style: Style, at: list[float], share: float, *, toe: bool
    ) -> None:
        x, y, z, grip = (self.channel[k] for k in ("x", "y", "z", "grip"))
        person = self.person
        heel = style.land_deg > 0 and not toe
        lands_on = person.heel_m if heel else person.toe_m
        ahead = share * style.stride_m * (1 + style.uneven * rng.standard_normal())
        c, s = self._forwards()
        walks = np.radians(self.heading)
        for channel in (x, y, z, grip):
            channel.stay(at[0])
        _swing(x, at, x.values[-1] + np.cos(walks) * ahead + c * (lands_on - person.toe_m))
        _swing(y, at, y.values[-1] + np.sin(walks) * ahead + s * (lands_on - person.toe_m))
        _swing(grip, at, lands_on)
        ground = z.values[-1] + share * style.rise_m
        z.stay(at[1])
        z.to((at[1] + at[3]) / 2, max(ground, z.values[-1]) + style.clearance_m)
        z.to(at[3], ground)
        z.stay(at[6])
        along = person.toe_m - lands_on
        for channel, by in ((x, c * along), (y, s * along), (grip, along)):
            channel.stay(at[4])
            channel.to(at[5], channel.values[-1] + by)
            channel.stay(at[6])

    def _contacts(
        self, rng: np.random.Generator, style: Style, at: list[float], period: float, *, toe: bool
    ) -> None:
        self._off_s.append(at[1])
        self.landings.append(Landing(at[3], inf, toe))
        hz, decay = style.impact_hz, style.impact_decay_s
        size = style.impact_g * np.exp(0.2 * rng.standard_normal())
        back, across = -rng.uniform(0.3, 0.8), rng.normal(0, 0.2)
        c, s = np.cos(np.radians(self.heading)), np.sin(np.radians(self.heading))
        peak = size * np.array([back * c - across * s, back * s + across * c, 1.0])
        self.impacts.append(Impact(at[3], tuple(peak.tolist()), hz, decay))
        if style.land_deg > 0 and not toe:
            slap = size * rng.uniform(0.2, 0.5)
            self.impacts.append(Impact(at[4] - 0.02 * period, (0.0, 0.0, slap), rng.uniform(15, 35), 0.02))
        other = at[3] - period * (0.5 + 0.02 * rng.standard_normal())
        self.impacts.append(Impact(other, (0.0, 0.0, 0.06 * size), hz, decay))

    def stood(self) -> list[Landing]:
        """Landings with the time at which the foot left again; the last one before a rest stays."""
        leaves = [*self._off_s, inf][1:]
        return [Landing(m.land_s, leave, m.toe) for m, leave in zip(self.landings, leaves, strict=True)]


def _swing(channel: _Channel, at: list[float], to: float) -> None:
    channel.stay(at[1])
    channel.to(at[3], to)


def tiptoe(session: Session) -> Motion:
    """Bouts on tiptoe with rests on flat feet between."""
    rng, person, wish = session.rng, session.person, session.wish
    style = draw_style(session, "tiptoe")
    start = postures.standing(rng, person)
    walk = Walk(session, start, 2.0 if wish.tidy else rng.uniform(2.5, 5))
    for i in range(wish.sets or 2):
        strides = wish.reps or max(3, round((20.0 if wish.tidy else rng.uniform(19, 23)) * style.cadence_hz))
        walk.tilt(style.stance_deg, style.shank_deg[0], rng.uniform(0.6, 1.3))
        walk.rest(rng.uniform(0.1, 0.8) + wish.lingers_s)
        _strides(rng, walk, style, strides, toe=True)
        walk.rest(rng.uniform(0.5, 1.2))
        walk.tilt(0.0, start[Angle.SHANK_PITCH], rng.uniform(0.5, 1.2))
        walk.rest(2.0 if i == (wish.sets or 2) - 1 else wish.rest_s or rng.uniform(6, 15))
    return _finish(session, walk, style)


def heel_raises(session: Session) -> Motion:
    """Up on the toes and down in place: the foot tilts by 45 to 52°, the shank by 3 to 14°."""
    rng, wish = session.rng, session.wish
    start = postures.standing(rng, session.person)
    walk = Walk(session, start, rng.uniform(1.5, 3))
    up, lean = -rng.uniform(45, 52), rng.uniform(3, 14)
    until_s = wish.duration_s or rng.uniform(40, 60)
    while walk.now_s < until_s - 6.0:
        walk.tilt(up * rng.uniform(0.95, 1.0), start[Angle.SHANK_PITCH] - lean, rng.uniform(0.5, 1.2))
        walk.rest(rng.uniform(0.05, 1.5))
        walk.tilt(0.0, start[Angle.SHANK_PITCH], rng.uniform(0.6, 1.4))
        walk.rest(rng.uniform(0.1, 1.5))
    walk.rest(max(0.5, until_s - walk.now_s))
    return _finish(session, walk, draw_style(session, "tiptoe"))


def level(session: Session) -> Motion:
    """Walking back and forth with heel strike, with stops."""
    return _bouts(session, draw_style(session, "level"))


def stairs(session: Session) -> Motion:
    """Flights of stairs, one direction a recording, with landings."""
    return _bouts(session, draw_style(session, "up" if session.rng.uniform() < 0.5 else "down"))


def _bouts(session: Session, style: Style) -> Motion:
    rng, person, wish = session.rng, session.person, session.wish
    start = postures.standing(rng, person)
    walk = Walk(session, start, rng.uniform(1.5, 4))
    until_s = wish.duration_s or rng.uniform(50, 80)
    while walk.now_s < until_s - 8.0 or not walk.landings:
        left = max(2, int((until_s - 4.0 - walk.now_s) * style.cadence_hz))
        _strides(rng, walk, style, min(wish.reps or int(rng.integers(6, 25)), left), toe=False)
        walk.tilt(0.0, start[Angle.SHANK_PITCH], 0.5)
        walk.rest(rng.uniform(1.0, 4.0))
    if wish.duration_s and walk.now_s < until_s:
        walk.rest(until_s - walk.now_s)
    return _finish(session, walk, style)


def _strides(rng: np.random.Generator, walk: Walk, style: Style, count: int, *, toe: bool) -> None:
    """A bout: half a stride to start and to stop, a turn around now and then."""
    turn = 0.0
    for i in range(count):
        if i > 0 and walk.mishaps.uniform() < style.pauses:
            walk.rest(walk.mishaps.uniform(*PAUSE_S))
        if turn == 0.0 and rng.uniform() < 0.08 and style.rise_m == 0.0:
            turn = rng.choice([-180.0, 180.0, 90.0, -90.0])
        now = float(np.clip(turn, -70, 70))
        turn -= now
        ends = i in (0, count - 1)
        share = 0.5 if ends or now else 1.0
        walk.stride(
            rng,
            style,
            share,
            now + rng.normal(0, 1.5),
            toe=toe and not (i > 0 and rng.uniform() < style.flat_steps),
        )


def _finish(session: Session, walk: Walk, style: Style) -> Motion:
    t, lively = grid(walk.now_s), session.wish.lively
    drawn = {k: c.draw(t) for k, c in walk.channel.items() if k != "pitch"}
    drawn["pitch"] = walk.channel["pitch"].draw(t, lively)
    angles = np.zeros((len(t), ANGLES))
    angles[:, Angle.SHANK_PITCH] = drawn["shank"]
    angles[:, Angle.YAW] = drawn["yaw"]
    angles[:, Angle.DORSI] = drawn["pitch"] - drawn["shank"]
    extra = _unsteady(session, walk, style, len(t))
    if lively:
        rng, sign = session.mishaps, 1.0 if session.foot == "left" else -1.0
        extra += rolling(rng, walk.strides, len(t), lively, sign)
        extra += jolted(rng, walk.strides, len(t), lively)
        walk.impacts += jolts(rng, walk.strides, lively)
    pinned = np.column_stack([drawn["x"], drawn["y"], drawn["z"]])
    lever = np.column_stack([-drawn["grip"], np.zeros(len(t)), np.full(len(t), session.person.ankle_height_m)])
    turned = rotation.about(np.array([0.0, -1.0, 0.0]), drawn["pitch"])
    turned = rotation.times(rotation.about(np.array([0.0, 0.0, 1.0]), drawn["yaw"]), turned)
    ankle = pinned + rotation.apply(turned, lever)
    return Motion(angles, extra, ankle, tuple(walk.impacts), tuple(walk.stood()))


def _unsteady(session: Session, walk: Walk, style: Style, count: int) -> Floats:
    """Sway while standing; wobble of the ankle while walking, more on tiptoe."""
    rng, person = session.rng, session.person
    spans = [(m.land_s - 0.5, m.land_s + 0.6) for m in walk.landings]
    busy = envelope(count, [(max(0.0, a), b) for a, b in spans], 0.2)[:, None]
    wobble = 2.5 if style.kind == "tiptoe" else 1.0
    extra = np.zeros((count, ANGLES))
    noise = band_noise(rng, count, 0.5, 5.0, 2) * busy * wobble * person.sway_deg
    extra[:, [Angle.INVERSION, Angle.SHANK_ROLL]] = noise * [1.0, 0.5]
    sway = smooth_noise(rng, count, 1.5)[:, 0] * person.sway_deg * session.wish.restless
    extra[:, Angle.SHANK_PITCH] = sway
    extra[:, Angle.DORSI] = -sway
    return extra * taper(count)[:, None]
