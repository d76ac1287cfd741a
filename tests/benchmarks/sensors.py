"""What twenty sensors cost, from their notifications to samples on the grid.

    python -m tests.benchmarks.sensors [--sensors 20] [--rate-hz 400] [--seconds 2] [--repeats 3]

Each notification goes the way of a live session: stamped and queued as the Bluetooth callback does it, decoded
by its profile with all checks, put in order, laid in time and on the grid. The sensors' notifications come in
turn. A row for each packing: the CPU time of a notification, to decode it and for all of its way, and the share
of one core that so many sensors with so many samples a second take, for decoding alone and for all of the way.
Of a device that has no such rate, its own costs a sample as much. The fastest of the repeats, which are made in
turn, so that a machine whose speed drifts favours none. The goal, less than 5 % of a core, is for decoding.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from footsense.devices import Decoder, Encoder, Profile, load_profile
from footsense.sources.inbox import Inbox
from footsense.stream import Pipeline
from footsense.types import RawPacket, Samples, SensorMeta

GOAL = 0.05
SLICE_S = 0.02  # of notifications that wait when the session next looks, as with a connection interval
PACKINGS: Mapping[str, tuple[str, dict[str, int]]] = {
    "movesense-gsp (32 in 6 parts)": ("movesense-gsp", {}),
    "polar-pmd (26, two streams)": ("polar-pmd", {}),
    "generic (16)": ("generic", {"samples_per_packet": 16}),
    "generic (5)": ("generic", {}),
    "muse (3, two streams)": ("muse", {}),
    "generic (1)": ("generic", {"samples_per_packet": 1}),
    "xsens-dot (1)": ("xsens-dot", {}),
    "metawear (1, two streams)": ("metawear", {}),
}


class Sent(NamedTuple):
    """What one sensor sends: its notifications, evenly in time, and how many samples they hold."""

    profile: Profile
    settings: dict[str, str | int | float]
    packets: list[tuple[str, bytes]]
    samples: int
    seconds: float


class Cost(NamedTuple):
    """CPU seconds of a notification: decoding it, and all of its way."""

    decode_s: float
    whole_s: float


def notifications(name: str, settings: Mapping[str, int], rate_hz: float, seconds: float) -> Sent:
    """What a virtual device notifies at this rate, or at the nearest that its profile has."""
    profile = load_profile(name)
    nearest = profile.settings_for({**settings, "rate_hz": rate_hz})
    encoder = Encoder(profile, nearest)
    actual_hz = float(encoder.settings["rate_hz"])
    n = round(seconds * actual_hz)
    truth = np.random.default_rng(1).uniform(-1, 1, (n, 3))
    return Sent(
        profile, dict(nearest), encoder.encode(0, np.arange(n) / actual_hz, truth, 90 * truth), n, seconds
    )


def measure(sent: Sent, sensors: int) -> Cost:
    """The cost of so many sensors that all send this."""
    pipelines = {
        name: Pipeline(SensorMeta(name, sent.profile.text, sent.settings))
        for name in (f"sensor {i}" for i in range(sensors))
    }
    began = time.process_time()
    samples = asyncio.run(_live(sent, pipelines))
    took_s = time.process_time() - began
    assert all(pipeline.bad_packets == 0 for pipeline in pipelines.values())
    assert samples > 0.8 * sensors * sent.samples, "samples were lost on the way"
    return Cost(decoding_s(sent) / len(sent.packets), took_s / (sensors * len(sent.packets)))


def decoding_s(sent: Sent) -> float:
    """CPU seconds that the decoder takes for what one sensor sends, once it has met packets of each length."""
    decoder = Decoder(sent.profile, sent.settings)
    passes = 1 + 400 // len(sent.packets)
    for i in range(1 + passes):
        if i == 1:
            began = time.process_time()
        for char, payload in sent.packets:
            decoder.feed(char, payload)
    return (time.process_time() - began) / passes


async def _live(sent: Sent, pipelines: Mapping[str, Pipeline]) -> int:
    """Plays the notifications into an inbox and takes them out again; how many samples came of them."""
    now_ns = 10**18
    inbox = Inbox(lambda: now_ns)

    async def play() -> None:
        nonlocal now_ns
        step_ns = round(sent.seconds * 1e9 / len(sent.packets))
        waiting = max(1, round(SLICE_S * 1e9 / step_ns))
        for i, (char, payload) in enumerate(sent.packets):
            now_ns += step_ns
            for name in pipelines:
                inbox.put(RawPacket(name, char, inbox.clock(), bytes(payload)))
            if i % waiting == 0:
                await asyncio.sleep(0)
        inbox.close()

    playing = asyncio.create_task(play())
    samples = 0
    async for packet in inbox:
        if isinstance(packet, RawPacket):
            items = pipelines[packet.sensor].process(packet)
            samples += sum(len(item) for item in items if isinstance(item, Samples))
    await playing
    assert inbox.dropped == 0
    rest = (item for pipeline in pipelines.values() for item in pipeline.flush())
    return samples + sum(len(item) for item in rest if isinstance(item, Samples))


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=20)
    parser.add_argument("--rate-hz", type=float, default=400.0)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    sent = {
        name: notifications(*packing, options.rate_hz, options.seconds) for name, packing in PACKINGS.items()
    }
    costs: dict[str, list[Cost]] = {name: [] for name in sent}
    for _ in range(options.repeats):
        for name, what in sent.items():
            costs[name].append(measure(what, options.sensors))
    print(f"{options.sensors} sensors of {options.rate_hz:g} samples a second; CPU time")
    heads = ("us to decode", "us in all", "decoding", "in all")
    print(f"{'profile (samples a packet)':32}" + "".join(f"{head:>14}" for head in heads))
    for name, found in costs.items():
        each_s = [min(cost.decode_s for cost in found), min(cost.whole_s for cost in found)]
        samples = sent[name].samples / len(sent[name].packets)  # of a packet
        shares = [cost_s / samples * options.rate_hz * options.sensors for cost_s in each_s]
        over = "" if shares[0] < GOAL else f"  over {GOAL:.0%}"
        told = [f"{1e6 * cost_s:14.1f}" for cost_s in each_s] + [f"{share:14.1%}" for share in shares]
        print(f"{name:32}" + "".join(told) + over)


if __name__ == "__main__":
    main()
