"""The sensor on the leg: rigid-body motion to what an accelerometer and a gyro report.

Noise, bias, strap play and mounting are drawn in ranges of ordinary consumer parts (assumed).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import butter, sosfiltfilt

from footsense.simulate import rotation
from footsense.simulate.body import Person, Site, orientation
from footsense.simulate.curves import GRID_HZ, band_noise
from footsense.simulate.motion import Impact, Motion
from footsense.simulate.scenario import Scenario
from footsense.types import Floats, Side

GRAVITY = 9.80665
GYRO_RANGE_DPS = 2000.0
PACKET = (1, 20)  # samples in a packet, drawn
RINGS = 8  # decay times after which a transient is over


@dataclass(frozen=True, slots=True)
class Device:
    """One device: noise (rms) and bias in g and deg/s, whether it filters before it samples (`anti_alias`), how
    many degrees the strap gives."""

    acc_noise_g: float
    gyr_noise_dps: float
    acc_bias_g: Floats
    gyr_bias_dps: Floats
    anti_alias: bool
    slop_deg: float

    @classmethod
    def draw(cls, rng: np.random.Generator, wish: Scenario) -> "Device":
        return cls(
            acc_noise_g=wish.noise * rng.uniform(0.0015, 0.006),
            gyr_noise_dps=wish.noise * rng.uniform(0.03, 0.25),
            acc_bias_g=wish.bias * rng.normal(0, 0.012, 3),
            gyr_bias_dps=wish.bias * rng.normal(0, 0.8, 3),
            anti_alias=bool(rng.uniform() < 0.7),
            slop_deg=wish.slop * rng.uniform(0.0, 0.6),
        )


def mounting(wish: Scenario, rng: np.random.Generator) -> Floats:
    """Body part from sensor, (1, 4): as wished, or any rotation."""
    if wish.mounting is None:
        return rotation.random(rng)
    q = np.array([wish.mounting])
    return np.asarray(q / np.sqrt((q * q).sum()))


def kinematics(
    motion: Motion, person: Person, side: Side, *, site: Site, mount: Floats, slop: Floats
) -> tuple[Floats, Floats]:
    """Specific force in g and rate in deg/s, (n, 3) each on the grid, in the sensor's frame.

    The sensor's place is differentiated twice; impacts are added in the world's frame. `slop` (n, 3) turns
    the sensor on its strap, as small angles in degrees.
    """
    body = orientation(person, side, site, motion.angles + motion.extra)
    place = motion.ankle_m + rotation.apply(body, np.array(site.lever_m))
    force = acceleration(place) / GRAVITY + ringing(motion.impacts, len(place)) * site.impact + [0.0, 0.0, 1.0]
    half = np.radians(slop) / 2.0
    play = np.column_stack([np.sqrt(1.0 - (half * half).sum(axis=1)), half])
    sensor = rotation.times(rotation.times(body, play), np.repeat(mount, len(place), axis=0))
    return rotation.apply(rotation.inverse(sensor), force), rotation.rate_dps(sensor, GRID_HZ)


def acceleration(place_m: Floats) -> Floats:
    """Second differences of (n, 3) in m/s²; the ends are at rest."""
    padded = np.concatenate([place_m[:1], place_m, place_m[-1:]])
    return np.asarray(np.diff(padded, n=2, axis=0) * (GRID_HZ * GRID_HZ))


def ringing(impacts: tuple[Impact, ...], count: int) -> Floats:
    """Decaying sines in g, (count, 3), each from its own time on."""
    out = np.zeros((count + round(GRID_HZ), 3))
    for impact in impacts:
        first = int(np.ceil(impact.time_s * GRID_HZ))
        if not 0 <= first < count:
            continue
        t = (first + np.arange(round(RINGS * impact.decay_s * GRID_HZ))) / GRID_HZ - impact.time_s
        wave = np.sin(2 * np.pi * impact.frequency_hz * t) * np.exp(-t / impact.decay_s)
        out[first : first + len(t)] += wave[:, None] * impact.peak_g
    return out[:count]


def play(rng: np.random.Generator, motion: Motion, device: Device) -> Floats:
    """How the strap gives, (n, 3) in degrees: more while the leg moves."""
    count = len(motion.angles)
    if device.slop_deg == 0.0:
        return np.zeros((count, 3))
    speed = np.abs(np.diff(motion.angles, axis=0, prepend=motion.angles[:1])).sum(axis=1) * GRID_HZ
    sos = butter(2, 1.0, fs=GRID_HZ, output="sos")
    activity = np.clip(sosfiltfilt(sos, speed) / 60.0, 0.0, 1.5)
    noise = band_noise(rng, count, 0.5, 4.0, 3)
    return np.asarray(np.clip(device.slop_deg * (0.05 + activity)[:, None] * noise, -6.0, 6.0))


def read(signal: Floats, at_s: Floats, rate_hz: float, *, anti_alias: bool) -> Floats:
    """The grid's signal (n, c) as a device with a rate reads it at times (m,)."""
    if anti_alias and 0.42 * rate_hz < 0.45 * GRID_HZ:
        signal = sosfiltfilt(butter(2, 0.42 * rate_hz, fs=GRID_HZ, output="sos"), signal, axis=0)
    grid = np.arange(len(signal)) / GRID_HZ
    return np.asarray(CubicSpline(grid, signal)(at_s))


def quantised(signal: Floats, full_scale: float, bits: int) -> Floats:
    """Clipped to ±full scale and rounded to the resolution of a signed integer of `bits`."""
    counts = 2.0 ** (bits - 1)
    return np.asarray(
        np.clip(np.round(signal / full_scale * counts), -counts, counts - 1) / counts * full_scale
    )


def stamps(rng: np.random.Generator, at_s: Floats, wish: Scenario) -> Floats:
    """Time stamps (m,) of samples taken at (m,): off by the wished jitter, always by less than a quarter."""
    if not wish.jitter:
        return at_s
    error = np.clip(wish.jitter * rng.standard_normal(len(at_s)), -0.24, 0.24)
    return np.asarray(at_s + (error - error[0]) / wish.rate_hz)


def kept(rng: np.random.Generator, at_s: Floats, wish: Scenario) -> NDArray[np.bool_]:
    """Which samples arrive, (m,) of bool: packets lost at random, often a few in a row, and wished holes."""
    arrives = np.ones(len(at_s), dtype=np.bool_)
    if wish.loss:
        size = int(rng.integers(*PACKET, endpoint=True))
        packets = -(-len(at_s) // size)
        burst = rng.geometric(0.5, packets)
        starts = np.flatnonzero(rng.uniform(size=packets) < wish.loss / 2.0)
        for start in starts.tolist():
            arrives[start * size : (start + int(burst[start])) * size] = False
    for start_s, length_s in wish.gaps_s:
        arrives &= ~((at_s >= start_s) & (at_s < start_s + length_s))
    arrives[[0, -1]] = True
    return arrives
