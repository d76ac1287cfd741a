"""The sensor on the leg: rigid-body motion to what an accelerometer and a gyro report.

Noise, bias, strap play and mounting are drawn in ranges of ordinary consumer parts (assumed).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import bilinear, butter, lfilter, lfilter_zi, sosfiltfilt

from footsense.simulate import rotation
from footsense.simulate.body import Person, Site, orientation
from footsense.simulate.curves import GRID_HZ, band_noise, ease, times
from footsense.simulate.motion import Impact, Motion
from footsense.simulate.scenario import Scenario
from footsense.types import Floats, Side

GRAVITY = 9.80665
PACKET = (1, 20)  # samples in a packet, drawn
ROCKS_DEG = 0.4  # turn of a ringing sensor for each g
RINGS = 8  # decay times after which a transient is over


@dataclass(frozen=True, slots=True)
class Device:
    """One device: noise (rms) and bias in g and deg/s, whether it filters before it samples (`anti_alias`), how
    many degrees the strap gives. `scale` (6,) is what each axis reads of a unit; `warming` (6,) the change of
    the offsets while it warms up, with `warming_s`, and its course that of a body taking heat from the skin."""

    acc_noise_g: float
    gyr_noise_dps: float
    acc_bias_g: Floats
    gyr_bias_dps: Floats
    anti_alias: bool
    slop_deg: float
    scale: Floats
    warming: Floats
    warming_s: float

    @classmethod
    def draw(cls, rng: np.random.Generator, errors: np.random.Generator, wish: Scenario) -> "Device":
        rms = np.repeat([wish.acc_scale, wish.gyr_scale], 3)
        return cls(
            acc_noise_g=wish.noise * rng.uniform(0.0015, 0.006),
            gyr_noise_dps=wish.noise * rng.uniform(0.03, 0.25),
            acc_bias_g=wish.bias * rng.normal(0, 0.012, 3),
            gyr_bias_dps=wish.bias * rng.normal(0, 0.8, 3),
            anti_alias=bool(rng.uniform() < 0.7),
            slop_deg=wish.slop * rng.uniform(0.0, 0.6),
            scale=1.0 + np.clip(rms * errors.standard_normal(6), -0.4, 0.4),
            warming=wish.drift * errors.standard_normal(6) * np.repeat([0.008, 0.6], 3),
            warming_s=errors.uniform(40.0, 240.0),
        )

    def measured(self, signal: Floats, at_s: Floats, noise: Floats) -> Floats:
        """(m, 6) of g and deg/s with the device's errors; `noise` (m, 6) of unit rms."""
        rms = np.repeat([self.acc_noise_g, self.gyr_noise_dps], 3)
        offset = np.concatenate([self.acc_bias_g, self.gyr_bias_dps])
        warmer = 1.0 - np.exp(-at_s / self.warming_s)
        return np.asarray(signal * self.scale + rms * noise + offset + warmer[:, None] * self.warming)


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


def slips(rng: np.random.Generator, motion: Motion, wish: Scenario) -> Floats:
    """How the sensor turns on the limb for good, (n, 3) in degrees: in one to three slips, each where the leg
    moves most of several moments, and slowly. A strap around the leg turns about the leg's axis, mostly."""
    count = len(motion.angles)
    if not wish.slip_deg and not wish.creep_deg:
        return np.zeros((count, 3))
    t, turned = times(count), np.zeros((count, 3))
    speed = np.abs(np.diff(motion.angles, axis=0, prepend=motion.angles[:1])).sum(axis=1)
    several = int(rng.integers(1, 4))
    for share in rng.dirichlet(np.ones(several)).tolist():
        among = rng.integers(0, count, 6)
        at_s = float(t[among[np.argmax(speed[among])]])
        turned += wish.slip_deg * share * ease((t - at_s) / rng.uniform(0.1, 0.4))[:, None] * _axis(rng, wish)
    course = ease(t / t[-1]) if rng.uniform() < 0.5 else t / t[-1]
    return np.asarray(turned + wish.creep_deg * course[:, None] * _axis(rng, wish))


def _axis(rng: np.random.Generator, wish: Scenario) -> Floats:
    """A unit axis (3,), in the body part's frame, about which a sensor slips."""
    spread = np.array([1.0, 1.0, 1.0]) if wish.placement == "foot" else np.array([0.25, 0.25, 1.0])
    axis = spread * rng.standard_normal(3)
    return np.asarray(axis / np.sqrt((axis * axis).sum()))


def on_strap(rng: np.random.Generator, acc: Floats, gyr: Floats, wish: Scenario) -> tuple[Floats, Floats]:
    """What reaches a sensor that sits on its strap and skin as a mass on a spring and a damper: acceleration
    (n, 3) through the transmissibility (2ζω s + ω²)/(s² + 2ζω s + ω²), and it rocks by what rings (assumed:
    about 0.4° for each g)."""
    if wish.strap_hz is None:
        return acc, gyr
    omega = 2.0 * GRID_HZ * np.tan(np.pi * wish.strap_hz / GRID_HZ)  # rings at strap_hz after the transform
    damping = 2.0 * wish.strap_damping * omega
    b, a = bilinear([damping, omega * omega], [1.0, damping, omega * omega], fs=GRID_HZ)
    rung, _ = lfilter(b, a, acc, axis=0, zi=lfilter_zi(b, a)[:, None] * acc[:1])
    outwards = rotation.random(rng)[0, 1:]
    rocks_deg = ROCKS_DEG * np.cross(outwards, rung - acc)
    return np.asarray(rung), gyr + np.gradient(rocks_deg, axis=0) * GRID_HZ


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
    """Time stamps (m,) of samples taken at (m,): by a clock that may be fast, and off by the wished jitter,
    always by less than a quarter."""
    at_s = at_s * (1.0 + wish.clock_error)
    if not wish.jitter:
        return at_s
    error = np.clip(wish.jitter * rng.standard_normal(len(at_s)), -0.24, 0.24)
    return np.asarray(at_s + (error - error[0]) / wish.rate_hz)


def kept(rng: np.random.Generator, at_s: Floats, wish: Scenario) -> NDArray[np.bool_]:
    """Which samples arrive, (m,) of bool: packets lost at random, often a few in a row, and wished holes."""
    arrives = np.ones(len(at_s), dtype=np.bool_)
    if wish.loss and wish.burst_s is not None:
        arrives &= _bursts(rng, at_s, wish.loss, wish.burst_s)
    elif wish.loss:
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


def _bursts(rng: np.random.Generator, at_s: Floats, loss: float, mean_s: float) -> NDArray[np.bool_]:
    """(m,) of bool: holes of exponential length with good spells between, as of a link that fades."""
    pairs = 8 + int(3.0 * at_s[-1] * loss / mean_s)
    good = rng.exponential(mean_s * (1.0 - loss) / loss, pairs)
    bad = rng.exponential(mean_s, pairs)
    edges = np.cumsum(np.column_stack([good, bad]).ravel())
    return np.asarray(np.searchsorted(edges, at_s, side="right") % 2 == 0)
