"""A sensor with its two clocks, and a radio link that is late, stalls and loses, as in measured ones.

Times are the host's, in s. The sample oscillator is off by up to 1.5 % and wanders by 300 ppm, the crystal that
stamps is off by up to 50 ppm, a packet leaves at the next connection event (every 30 ms) and again at the
one after if it is not heard; the host stalls now and then, and the link is gone for some seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from footsense.stream import Stage
from footsense.stream.hostmap import HostMap
from footsense.types import INTERPOLATED, Decoded, Floats, RawPacket, Samples, StreamTiming

INTERVAL_S = 0.03


@dataclass(frozen=True, slots=True)
class Link:
    """What is wrong with a link: share of packets not heard at first, and lost for good; host stalls (up to
    1.5 s) and blackouts (2 to 5 s) a minute."""

    unheard: float = 0.0
    lost: float = 0.0
    stalls: float = 0.0
    blackouts: float = 0.0


QUIET = Link()
BUSY = Link(unheard=0.05, stalls=1.0)
LOSSY = Link(unheard=0.05, lost=0.003, stalls=1.0)
BAD = Link(unheard=0.2, lost=0.01, stalls=1.0, blackouts=1.0)
LINKS = {"quiet": QUIET, "busy": BUSY, "lossy": LOSSY, "bad": BAD}


@dataclass(frozen=True, slots=True)
class Session:
    """`true_s` of every sample, and the packets that arrive: (host_s, frame), numbered on the first axis."""

    true_s: Floats
    packets: list[tuple[float, Decoded]]


def session(
    timing: StreamTiming,
    link: Link,
    seed: int,
    minutes: float = 3.0,
    n: int = 5,
    set_back: tuple[float, float] = (np.inf, 0.0),
) -> Session:
    """Drawn from a seed; at a time, s, the clock that stamps is set back by so much."""
    rng = np.random.default_rng([seed, 41])
    count = int(minutes * 60 * timing.rate_hz) // n * n
    true_s = _oscillator(rng, timing.rate_hz, count)
    drift, tick0_s = rng.uniform(-50e-6, 50e-6), rng.uniform(0, 100)
    first, last = true_s[::n], true_s[n - 1 :: n]
    arrivals = _arrivals(rng, last, link)
    anchor = first if timing.anchor == "first" else last
    kept = rng.random(len(first)) >= link.lost
    packets = []
    for i in np.flatnonzero(kept & np.isfinite(arrivals)).tolist():
        number = np.arange(i * n, i * n + n, dtype=float)
        shown_s = anchor[i] * (1 + drift) + tick0_s - (set_back[1] if anchor[i] >= set_back[0] else 0.0)
        stamp = int(shown_s / timing.tick_s) if timing.tick_s else None
        frame = Decoded(
            timing.stream,
            acc_g=np.stack([number, np.sin(number), np.cos(number)], axis=1),
            ticks=stamp if stamp is None or timing.tick_modulus is None else stamp % timing.tick_modulus,
            sequence=None if timing.sequence_modulus is None else i % timing.sequence_modulus,
        )
        packets.append((float(arrivals[i]), frame))
    return Session(true_s, packets)


def _oscillator(rng: np.random.Generator, rate_hz: float, count: int) -> Floats:
    """Times of samples of a rate that is off and wanders."""
    t_s = np.arange(count) / rate_hz
    phase, slow = rng.uniform(0, 2 * np.pi, 2), rng.uniform(60, 300, 2)
    wander = 300e-6 * sum(np.sin(2 * np.pi * t_s / s + p) for s, p in zip(slow, phase, strict=True)) / 2
    return np.cumsum((1 + rng.uniform(-0.015, 0.015) + wander) / rate_hz)


def _arrivals(rng: np.random.Generator, ready_s: Floats, link: Link) -> Floats:
    """When the host is told of each packet; infinite if never. Nothing overtakes."""
    phase_s, latency_s = rng.uniform(0, INTERVAL_S), rng.uniform(0.001, 0.004)
    event = np.ceil((ready_s - phase_s) / INTERVAL_S) + rng.geometric(1 - link.unheard, len(ready_s)) - 1
    sent_s = phase_s + event * INTERVAL_S + latency_s + rng.exponential(0.0005, len(ready_s))
    end_s = float(ready_s[-1])
    for begin_s, until_s in _spans(rng, link.stalls, end_s, 0.1, 1.5):
        sent_s = np.where((sent_s > begin_s) & (sent_s < until_s), until_s, sent_s)
    gone = np.zeros(len(ready_s), bool)
    for begin_s, until_s in _spans(rng, link.blackouts, end_s, 2.0, 5.0):
        gone |= (ready_s > begin_s) & (ready_s < until_s)
    return np.where(gone, np.inf, np.maximum.accumulate(np.where(gone, 0.0, sent_s)))


def _spans(
    rng: np.random.Generator, a_minute: float, end_s: float, shortest_s: float, longest_s: float
) -> Iterator[tuple[float, float]]:
    for begin_s in rng.uniform(0, end_s, rng.poisson(a_minute * end_s / 60)).tolist():
        yield begin_s, begin_s + rng.uniform(shortest_s, longest_s)


@dataclass(frozen=True, slots=True)
class Timed:
    """What the stream made of it: numbers of the samples received and their stream times; where these lie on
    the host's clock, found afterwards; and what was said live with each packet: (host's time, stream time)."""

    number: np.ndarray[tuple[int], np.dtype[np.int64]]
    t_s: Floats
    afterwards: HostMap
    live_s: Floats


def timed(timing: StreamTiming, made: Session) -> Timed:
    """Runs the packets through the stream stage."""
    stage = Stage([timing])
    stage.keep_arrivals()
    out, live_s = [], []
    for host_s, frame in made.packets:
        host_ns = round(host_s * 1e9)
        out += stage.process(RawPacket("s", "c", host_ns, b""), [frame])
        live_s.append((host_s, stage.stream_time(host_ns)))
    parts = [i for i in out + stage.flush() if isinstance(i, Samples)]
    real = [(p.flags & INTERPOLATED) == 0 for p in parts]
    number = np.concatenate([np.rint(p.acc_g[r, 0]) for p, r in zip(parts, real, strict=True)])
    t_s = np.concatenate([p.t_s[r] for p, r in zip(parts, real, strict=True)])
    host_map = stage.host_map()
    assert host_map is not None
    return Timed(number.astype(np.int64), t_s, host_map, np.array(live_s))
