"""How far a foot or leg turned in a swing, and how high it went, from the gyro."""

import math
from collections.abc import Sequence

import numpy as np

from footsense.signal.gait import StepTracker
from footsense.signal.landing import ACC, GYR, Landing
from footsense.signal.lately import Indices
from footsense.types import Floats

G_MS2 = 9.80665
SHORT_S, LONG_S = 1.5, 2.4  # strides up to the first are looked at apart; over the second the height drifts off
ROLL_S = (-0.25, 0.08)  # of a stance's end
_TINY = 1e-30  # g²: the square of no vector that was measured


def strides(
    landings: Sequence[Landing],
    tracker: StepTracker,
    calm: Indices,
    posture: Floats,
    *,
    turn_s: float,
    rise_below_deg: float,
) -> tuple[Floats, Floats]:
    """Turns (k,) in degrees and rises (k,) in m of steps, side by side, NaN where there is none.

    `calm` (k,) are slow indices in their stances, `posture` (3, k) the specific force there. The turn is looked
    for up to `turn_s` after the landing; the rise only where the turn is below `rise_below_deg`.
    """
    still, swing, land, leave = (np.array([getattr(x, k) for x in landings]) for k in _MARKS)
    until = np.minimum(land + tracker.slow_index(turn_s), leave)
    turn, rise = np.full((2, len(landings)), math.nan)
    length = np.maximum(until, calm) - np.minimum(swing, still)
    short = length <= tracker.slow_index(SHORT_S)
    for at in (np.flatnonzero(short), np.flatnonzero(~short)):
        if not len(at):
            continue
        turn[at], axis = _turn(tracker, swing[at], until[at], posture[:, at])
        small = turn[at] < rise_below_deg
        if small.any():
            some = at[small]
            rise[some] = _rise(tracker, still[some], calm[some], posture[:, some], axis[:, small])
    rise[calm - still > tracker.slow_index(LONG_S)] = math.nan
    return turn, rise


def roll_off(landing: Landing, tracker: StepTracker, posture: Floats, flat: Floats) -> float:
    """How far (nearly in radians) a foot in a `posture` (3,), tilted against the `flat` one (3,), tilts on in
    the same way as it leaves the ground; NaN where it stays, or nothing turns.

    The heel goes up first, whatever the step was like: it is below 0 where the foot was not on tiptoe.
    """
    lo, hi = (landing.leave + tracker.slow_index(x) for x in ROLL_S)
    if not tracker.turns or lo < tracker.slow.start or hi > tracker.slow.stop:
        return math.nan
    x, y, z = tracker.slow.view(lo, hi)[GYR].sum(axis=1) * (math.pi / 180.0 / tracker.grid.rate_hz)
    if x == y == z == 0.0:
        return math.nan
    (u, v, w), (a, b, c) = (p / math.sqrt(float(dot(p, p)) or 1.0) for p in (posture, flat))
    way = u - a, v - b, w - c
    on = way[0] * (v * z - w * y) + way[1] * (w * x - u * z) + way[2] * (u * y - v * x)
    return float(on / math.sqrt(max(way[0] ** 2 + way[1] ** 2 + way[2] ** 2, _TINY)))


_MARKS = "still", "swing", "land", "leave"


def _turn(tracker: StepTracker, start: Indices, stop: Indices, up: Floats) -> tuple[Floats, Floats]:
    """How far (k,) the sensor turns about level axes, in degrees, and the axes (3, k) of that; NaN where
    nothing turns.

    The greatest distance on the path of the summed rates, found in two sweeps; turns about `up` (3, k) are left
    out.
    """
    span = start[:, None] + np.arange(int((stop - start).max()))
    rate = np.where(span < stop[:, None], tracker.slow.take(GYR, span), 0.0)
    about = dot(rate, up[..., None]) / np.maximum(dot(up, up), _TINY)[:, None]
    path = (rate - up[..., None] * about).cumsum(axis=2)
    end = path[..., -1:]
    rows = np.arange(path.shape[1])
    for _ in range(2):
        off = path - end
        away = dot(off, off)
        k = away.argmax(axis=1)
        end = path[:, rows, k, None]
    far = np.where(path.any(axis=(0, 2)), np.sqrt(away[rows, k]), math.nan)
    return far / tracker.grid.rate_hz, off[:, rows, k] / far


def _rise(tracker: StepTracker, still: Indices, calm: Indices, posture: Floats, axis: Floats) -> Floats:
    """How much higher (m) a sensor is where it is calm after steps than where it was still before: the vertical
    acceleration twice summed, with no vertical velocity at either end. The up direction is followed back from
    the posture by the turn about one axis."""
    rate_hz = tracker.grid.rate_hz
    span = still[:, None] + np.arange(int((calm - still).max()) + 1)
    inside = span <= calm[:, None]
    up = posture / np.sqrt(np.maximum(dot(posture, posture), _TINY))
    spin = np.where(inside, dot(axis[..., None], tracker.slow.take(GYR, span)), 0.0)
    angle = spin.cumsum(axis=1) * (math.pi / 180.0 / rate_hz)
    sine, cosine = _sine_cosine(angle[:, -1:] - angle)
    along = dot(axis, up) * axis  # what the turn leaves alone
    aside = np.stack([axis[i] * up[j] - axis[j] * up[i] for i, j in ((1, 2), (2, 0), (0, 1))])
    acc = tracker.slow.take(ACC, span)
    fixed, turned, ahead = (dot(acc, x[..., None]) for x in (along, up - along, aside))
    lift = np.where(inside, fixed + turned * cosine + ahead * sine - 1.0, 0.0)
    speed = lift.cumsum(axis=1)
    share = (span - still[:, None] + 1) / (calm - still + 1)[:, None]
    speed = np.where(inside, speed - speed[:, -1:] * share, 0.0)
    return np.asarray(speed.cumsum(axis=1)[:, -1] * (G_MS2 / (rate_hz * rate_hz)))


def _sine_cosine(angle: Floats) -> tuple[Floats, Floats]:
    """Of angles in rad, to 1e-8 up to half a turn: by power series of a quarter of it, doubled twice, since
    numpy's own differ between processors."""
    x = 0.25 * angle
    y = x * x
    sine = x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0 * (1.0 - y / 72.0))))
    cosine = 1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0 * (1.0 - y / 56.0)))
    for _ in range(2):
        sine, cosine = 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine
    return sine, cosine


def dot(a: Floats, b: Floats) -> Floats:
    """Products of (3, …) and (3, …), summed in order."""
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])
