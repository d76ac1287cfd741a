"""A circling foot for the tests: a cone of known phase, rendered as a rigid body, without the simulator."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from footsense.engine import run
from footsense.types import Event, Floats, Item, Samples, StreamInfo

CIRCLES = ["ankle-circles"]
REST_S = 2.5


def circles(*items: Item) -> list[Event]:
    return run(items, CIRCLES)


def ease(x: Floats) -> Floats:
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (10 - 15 * x + 6 * x * x)


def phase_of(turns: float, tempo_hz: float, rate_hz: float, rest_s: float = REST_S) -> tuple[Floats, Floats]:
    """Times (n,) and turns done (n,): rest, `turns` turns eased at both ends, rest."""
    lasts = turns / tempo_hz
    t = np.arange(round((2 * rest_s + lasts) * rate_hz)) / rate_hz
    x = np.clip((t - rest_s) / lasts, 0, 1)
    edge = min(0.15 / turns, 0.3)
    speed = ease(x / edge) * ease((1 - x) / edge) + 1e-12
    done = np.cumsum(speed)
    return t, turns * (done - done[0]) / (done[-1] - done[0])


def held_up(phase: Floats, rate_hz: float, at: float, *, stop_s: float = 0.0, back: float = 0.0) -> Floats:
    """The same turns, but `at` so many the foot stops, or goes `back` a part of a turn and on."""
    k = int(np.searchsorted(phase, at))
    stop = np.full(round(stop_s * rate_hz), phase[k])
    away = ease(np.arange(round(0.8 * rate_hz)) / rate_hz / 0.8) if back else np.empty(0)
    return np.concatenate([phase[:k], stop, phase[k] - back * away, phase[k] - back * away[::-1], phase[k:]])


def tilts(phase: Floats, *, width: float = 0.6, size_deg: float = 14.0, radius: Floats | float = 1.0) -> Floats:
    """Up-direction (n, 3) on an ellipse about z; more phase goes counter-clockwise. Rests on the rim, or where
    the `radius` (n,) is, in half axes."""
    a = np.radians(size_deg) * radius
    x, y = np.sin(a * np.cos(2 * np.pi * phase)), np.sin(width * a * np.sin(2 * np.pi * phase))
    return np.column_stack([x, y, np.sqrt(1 - x * x - y * y)])


def rates(up: Floats, rate_hz: float) -> Floats:
    """Angular rate (n, 3) in deg/s without turning about the up-direction: ω = u' × u, as u' = u × ω."""
    return np.degrees(np.cross(np.gradient(up, 1 / rate_hz, axis=0), up))


def samples(
    up: Floats, t_s: Floats, *, gyro: bool, seed: int = 0, mount: NDArray[np.float64] | None = None
) -> Samples:
    rng = np.random.default_rng(seed)
    turn = np.eye(3) if mount is None else mount
    rate_hz = 1 / (t_s[1] - t_s[0])
    acc = np.einsum("ij,nj->ni", turn, up) + 0.003 * rng.standard_normal(up.shape)
    gyr = np.einsum("ij,nj->ni", turn, rates(up, rate_hz)) + 0.1 * rng.standard_normal(up.shape)
    return Samples(0, t_s, acc, gyr if gyro else None, np.zeros(len(t_s), dtype=np.uint8))


def bout(
    turns: float, tempo_hz: float = 0.7, rate_hz: float = 100.0, *, gyro: bool = False, **shape: float
) -> tuple[StreamInfo, Samples]:
    """A stream with one bout; negative `turns` go clockwise."""
    t, phase = phase_of(abs(turns), tempo_hz, rate_hz)
    up = tilts(np.sign(turns) * phase, **shape)
    return StreamInfo(rate_hz, gyro), samples(up, t, gyro=gyro)


def from_the_centre(
    turns: float, tempo_hz: float, rate_hz: float = 50.0, *, spiral: bool, rest_s: float = REST_S
) -> Floats:
    """Up-direction (n, 3) of a bout that rests at the centre of its circles: straight to the rim and back in
    0.45 s before and after the turns, or spiralling in and out during the first and last 0.3 of a turn."""
    stroke_s = 0.3 / tempo_hz if spiral else 0.45
    t, phase = phase_of(turns, tempo_hz, rate_hz, rest_s)
    into = rest_s if spiral else rest_s - stroke_s
    out = ease((t - into) / stroke_s) * ease((t[-1] - into - t) / stroke_s)
    return tilts(phase, radius=out)


def felt(stream: Samples, share: float) -> Samples:
    """As if only a share of the tilt were felt: a pendulum feels none of its own."""
    mean = stream.acc_g.mean(axis=0)
    return replace(stream, acc_g=mean + share * (stream.acc_g - mean))
