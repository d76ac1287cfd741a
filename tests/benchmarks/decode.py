"""What a packet of the common layouts costs to decode, beside `struct` and `construct`.

    python -m tests.benchmarks.decode [--packets 2000] [--repeats 7]

Prints microseconds a packet: a profile's decoder with all its checks, its time stamp and its units; `struct`
that unpacks the same numbers into a list and does nothing else; and `construct` (compiled, its quickest way),
which parses them by a declared table as a profile does, but neither checks nor scales. It is left out where it
is not installed (`pip install "footsense[bench]"`). CPU time of this process; the fastest of the repeats, which
are made in turn so that a machine whose speed drifts favours none. The goal is 5 us a packet.
"""

import argparse
import importlib.util
import struct
import time
from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np

from footsense.devices import Decoder, Encoder, load_profile

GOAL_US = 5.0
LAYOUTS = {  # by profile, what struct unpacks: where the first sample is, and the format of one
    "generic": (8, "<6h"),
    "witmotion-wt901ble": (2, "<9h"),
    "polar-pmd": (10, "<3h"),
    "movesense-gsp": (6, "<3f"),
    "xsens-dot": (4, "<6f"),
    "muse": (2, ">3h"),
    "microbit": (0, "<3h"),
    "thingy52": (0, "<9h"),
}


def packets(name: str, n: int) -> tuple[Decoder, str, list[bytes]]:
    """A decoder of the profile, and `n` packets that a virtual device sends on its first characteristic."""
    profile = load_profile(name)
    encoder, decoder = Encoder(profile, {}), Decoder(profile, {})
    layout = next(x for x in decoder.layouts if x.timing and x.asked)
    rows = 2 * n * layout.per_packet
    truth = np.random.default_rng(1).uniform(-1, 1, (rows, 3))
    sent = encoder.encode(0, np.arange(rows) / decoder.timings[0].rate_hz, truth, 90 * truth)
    return decoder, layout.char, [p for char, p in sent if char == layout.char][:n]


def by_struct(at: int, form: str, sent: Sequence[bytes]) -> Callable[[], object]:
    """Unpacks the numbers of each packet, as many samples as fit."""
    one = struct.Struct(form)

    def work() -> object:
        for payload in sent:
            count = (len(payload) - at) // one.size
            numbers = list(one.iter_unpack(payload[at : at + count * one.size]))
        return numbers

    return work


def by_construct(at: int, form: str, sent: Sequence[bytes]) -> Callable[[], object]:
    """Parses the header as bytes, then samples as long as there are any."""
    construct = import_module("construct")
    order = {"<": "l", ">": "b"}[form[0]]
    number = getattr(construct, {"h": "Int16s", "f": "Float32"}[form[-1]] + order)
    sample = construct.Array(int(form[1:-1]), number)
    table = construct.Struct("head" / construct.Bytes(at), "samples" / construct.GreedyRange(sample)).compile()

    def work() -> object:
        for payload in sent:
            parsed = table.parse(payload)
        return parsed

    return work


def by_profile(decoder: Decoder, char: str, sent: Sequence[bytes]) -> Callable[[], object]:
    """Decodes each packet."""

    def work() -> object:
        for payload in sent:
            frames = decoder.feed(char, payload)
        return frames

    return work


def costs(name: str, n: int, repeats: int) -> tuple[dict[str, float], int]:
    """Microseconds a packet by way (construct: where it is installed); bytes of a packet."""
    at, form = LAYOUTS[name]
    decoder, char, sent = packets(name, n)
    works = {"profile": by_profile(decoder, char, sent), "struct": by_struct(at, form, sent)}
    if importlib.util.find_spec("construct") is not None:
        works["construct"] = by_construct(at, form, sent)
    best = dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for way, work in works.items():
            began = time.process_time()
            work()
            best[way] = min(best[way], (time.process_time() - began) / len(sent) * 1e6)
    return best, len(sent[0])


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args(argv)
    print(f"{'us a packet':22}{'bytes':>6}{'profile':>9}{'struct':>9}{'construct':>11}")
    for name in LAYOUTS:
        best, size = costs(name, args.packets, args.repeats)
        over = "" if best["profile"] <= GOAL_US else f"  over {GOAL_US:g}"
        beside = f"{best['construct']:11.2f}" if "construct" in best else f"{'-':>11}"
        print(f"{name:22}{size:6}{best['profile']:9.2f}{best['struct']:9.2f}{beside}{over}")


if __name__ == "__main__":
    main()
