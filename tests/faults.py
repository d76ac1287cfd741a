"""What goes wrong on a link and in a sensor, each drawn from a seed, and what became of a session with it.

A tidy simulated wearer at the foot does one exercise; the notifications of the sensor are those of a real
profile. `python -m tests.faults --seeds 20` runs everything and writes tests/FAULTS.md; the tests run a few.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from footsense.analysis import analyse
from footsense.devices import Decoder, Encoder, load_profile
from footsense.recording.mcap import coalesced
from footsense.recording.model import Recording, Track
from footsense.routine import parse_routine
from footsense.simulate import Scenario, simulate
from footsense.sources.inbox import Inbox
from footsense.stream import Pipeline
from footsense.types import INTERPOLATED, Floats, Gap, Item, RawPacket, Samples, SensorMeta
from footsense.verify import verify

EXERCISES = {
    "ankle-circles": 'reps = {}\ndirections = ["{}"]',
    "band-flexes": "reps = {}\nhold_s = [3, 9]",
}
# a counter and stamps; stamps; neither, so that nothing tells their order, which Bluetooth keeps
PROFILES: Mapping[str, Mapping[str, int]] = {"generic": {"rate_hz": 100}, "xsens-dot": {}, "thingy52": {}}
HEAD = 'schema = "footsense.routine/1"\nname = "r"\n'
UNNUMBERED = {"thingy52"}
INTERVAL_S = 0.03
_N = 5
_UNSEEN = 20  # samples that come twice before it shows, where nothing numbers them


@dataclass(frozen=True, slots=True)
class Motion:
    """What the sensor measures: times (n,) by its own clock, s, acceleration (n, 3), g, rate (n, 3), deg/s."""

    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats


Sent = list[tuple[float, str, bytes]]  # host time in s, characteristic, payload
Draw = np.random.Generator


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the motion before it is sent, and to what is sent. `alters`: the samples are others than
    were measured, so that only the verdict is asked for."""

    measured: Callable[[Draw, Motion], Motion] = lambda _, motion: motion
    sent: Callable[[Draw, Sent], Sent] = lambda _, sent: sent
    alters: bool = False


def _dropped(rng: Draw, sent: Sent) -> Sent:
    """The link is lost for half a second to twenty, anywhere."""
    begin_s = rng.uniform(0, sent[-1][0])
    until_s = begin_s + rng.uniform(0.5, 20.0)
    return [p for p in sent if not begin_s < p[0] < until_s]


def _lossy(rng: Draw, sent: Sent) -> Sent:
    return [p for p in sent if rng.random() >= rng.choice([0.01, 0.05, 0.2])]


def _doubled(rng: Draw, sent: Sent) -> Sent:
    """After a reconnection everything comes twice."""
    from_s = rng.uniform(0, sent[-1][0])
    return [p for s in sent for p in ([s, s] if s[0] > from_s else [s])]


def _late(rng: Draw, sent: Sent) -> Sent:
    """Each up to 0.2 s late, out of order."""
    late = [(h + float(rng.uniform(0, 0.2)), c, p) for h, c, p in sent]
    return sorted(late, key=lambda p: p[0])


def _burst(rng: Draw, sent: Sent) -> Sent:
    """The host stalls ten times, for up to three seconds."""
    for begin_s in np.sort(rng.uniform(0, sent[-1][0], 10)).tolist():
        until_s = begin_s + rng.uniform(0.2, 3.0)
        sent = [(until_s if begin_s < h < until_s else h, c, p) for h, c, p in sent]
    return sent


def _slow(rng: Draw, sent: Sent) -> Sent:
    """The machine is busy five times, for up to twelve seconds; of what comes meanwhile only so much waits."""
    stalls_s = [(s, s + rng.uniform(1.0, 12.0)) for s in np.sort(rng.uniform(0, sent[-1][0], 5)).tolist()]
    return asyncio.run(_queued(sent, stalls_s, limit=int(rng.integers(8, 512))))


async def _queued(sent: Sent, stalls_s: Sequence[tuple[float, float]], limit: int) -> Sent:
    """What the client's queue gives out, read whenever no stall is on."""
    now_s, waiting, out = 0.0, 0, Sent()
    inbox = Inbox(lambda: round(now_s * 1e9), limit, tick_s=1e9)
    received = aiter(inbox)

    async def read() -> None:
        nonlocal waiting
        while waiting:
            item = await anext(received)
            if isinstance(item, RawPacket):
                waiting -= 1
                out.append((item.host_ns * 1e-9, item.char, item.payload))

    for now_s, char, payload in sent:
        dropped = inbox.dropped
        inbox.put(RawPacket("s", char, inbox.clock(), payload))
        waiting += inbox.dropped == dropped
        if not any(a < now_s < b for a, b in stalls_s):
            await read()
    await read()
    assert len(out) + inbox.dropped == len(sent)
    return out


def _wrong_length(rng: Draw, sent: Sent) -> Sent:
    """One in ten is cut short or has bytes after its end."""

    def cut(payload: bytes) -> bytes:
        n = int(rng.integers(0, len(payload)))
        return payload[:n] if rng.random() < 0.5 else payload + rng.bytes(n % 7 + 1)

    return [(h, c, cut(p) if rng.random() < 0.1 else p) for h, c, p in sent]


def _constant(rng: Draw, sent: Sent) -> Sent:
    """From some moment on nothing but 0xFF, 0x00, or the last payload."""
    at = int(rng.integers(1, len(sent)))
    fill = [b"\xff" * 40, bytes(40), sent[at - 1][2]][int(rng.integers(3))]
    return [(h, c, fill[: len(p)] if i >= at else p) for i, (h, c, p) in enumerate(sent)]


def _garbage(rng: Draw, sent: Sent) -> Sent:
    """One in twenty has random bytes instead."""
    return [(h, c, rng.bytes(len(p)) if rng.random() < 0.05 else p) for h, c, p in sent]


def _restarted(rng: Draw, motion: Motion) -> Motion:
    """The sensor's clock begins anew."""
    at = int(rng.integers(1, len(motion.t_s)))
    t_s = motion.t_s.copy()
    t_s[at:] -= t_s[at] - 0.01
    return replace(motion, t_s=t_s)


def _jumped(rng: Draw, motion: Motion) -> Motion:
    """The sensor's clock jumps, forwards or back."""
    at = int(rng.integers(1, len(motion.t_s)))
    t_s = motion.t_s.copy()
    t_s[at:] += rng.choice([-1.0, 1.0]) * rng.uniform(1.0, 600.0)
    return replace(motion, t_s=t_s - min(t_s.min(), 0.0))


def _slower(rng: Draw, motion: Motion) -> Motion:
    """From some moment on every second sample only."""
    at = int(rng.integers(1, len(motion.t_s)))
    kept = np.r_[np.arange(at), np.arange(at, len(motion.t_s), 2)]
    return Motion(motion.t_s[kept], motion.acc_g[kept], motion.gyr_dps[kept])


def _stuck(rng: Draw, motion: Motion) -> Motion:
    """One axis of each keeps its value from some moment on."""
    at, axis = int(rng.integers(1, len(motion.t_s))), int(rng.integers(3))
    acc, gyr = motion.acc_g.copy(), motion.gyr_dps.copy()
    acc[at:, axis], gyr[at:, axis] = acc[at, axis], gyr[at, axis]
    return replace(motion, acc_g=acc, gyr_dps=gyr)


def _saturated(rng: Draw, motion: Motion) -> Motion:
    top_g = rng.uniform(0.3, 1.0)
    return replace(motion, acc_g=np.clip(motion.acc_g, -top_g, top_g))


def _died(rng: Draw, sent: Sent) -> Sent:
    """The battery is empty."""
    until_s = rng.uniform(0.2, 1.0) * sent[-1][0]
    return [p for p in sent if p[0] < until_s]


FAULTS: Mapping[str, Fault] = {
    "none": Fault(),
    "link lost": Fault(sent=_dropped),
    "notifications lost": Fault(sent=_lossy),
    "notifications doubled": Fault(sent=_doubled),
    "late and out of order": Fault(sent=_late),
    "bursts after stalls": Fault(sent=_burst),
    "wrong lengths": Fault(sent=_wrong_length),
    "garbage": Fault(sent=_garbage, alters=True),
    "one payload for ever": Fault(sent=_constant, alters=True),
    "sensor restarted": Fault(measured=_restarted),
    "clock jumped": Fault(measured=_jumped),
    "rate changed": Fault(measured=_slower),
    "axis stuck": Fault(measured=_stuck, alters=True),
    "range too small": Fault(measured=_saturated, alters=True),
    "battery empty": Fault(sent=_died),
    "slow consumer": Fault(sent=_slow),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a session. `invented`: samples that were never sent, or came twice or out of order;
    `hidden_s`: the longest hole that no Gap tells of; the verdicts where as many were asked for as were done,
    and where one more was."""

    invented: int
    hidden_s: float
    asked_as_done: str
    asked_one_more: str

    def wrong(self, fault: Fault) -> list[str]:
        """In words; empty where all is as it must be."""
        out = [] if fault.alters or self.invented <= _UNSEEN else [f"{self.invented} samples invented"]
        out += [] if fault.alters or self.hidden_s <= 0.3 else [f"a hole of {self.hidden_s:.2f} s not told"]
        out += ["complete, though one is missing"] if self.asked_one_more == "complete" else []
        return out + (["incomplete, though all was done"] if self.asked_as_done == "incomplete" else [])


@cache
def wearer(exercise: str, seed: int, rate_hz: float) -> tuple[Motion, int]:
    """What a tidy wearer does, and how often."""
    reps = 3 + seed % 3
    made = simulate(
        Scenario(
            motion=exercise, side="left", placement="foot", seed=seed, reps=reps, sets=1, rate_hz=rate_hz,
            hold_s=4.5 if exercise == "band-flexes" else None, acc_range_g=8.0, gaps_s=(),
        )
    )  # fmt: skip
    assert made.gyr_dps is not None
    return Motion(made.t_s - made.t_s[0], made.acc_g, made.gyr_dps), reps


def run(name: str, exercise: str, profile: str, seed: int) -> Outcome:
    """One session with one fault."""
    fault, rng = FAULTS[name], np.random.default_rng([seed, 77])
    meta = SensorMeta("s", load_profile(profile).text, dict(PROFILES[profile]), "left", "foot")
    rate_hz = Decoder(load_profile(profile), meta.settings).timings[0].rate_hz
    motion, reps = wearer(exercise, seed, rate_hz)
    altered = fault.measured(rng, motion)
    host_s = np.interp(np.arange(len(altered.t_s)), np.arange(len(motion.t_s)), motion.t_s)
    if len(altered.t_s) < len(motion.t_s):  # fewer samples take as long
        host_s = altered.t_s
    sent = _sent(profile, meta, altered, host_s)
    heard = fault.sent(rng, sent)
    items = _streamed(meta, heard)
    track = Track("s", "left", "foot", lambda: coalesced(items))
    gone = {"s"} if not heard or heard[-1][0] < sent[-1][0] - 1.0 else set()  # the client would have told
    analysis = analyse(Recording("a.mcap", (track,), gone=frozenset(gone)), exercise)
    ways = {w: sum(e.attributes.get("direction") == w for e in analysis.events) for w in ("cw", "ccw")}
    way = max(ways, key=lambda w: ways[w])

    def asked(n: int) -> str:
        item = EXERCISES[exercise].format(n, way)
        toml = f'{HEAD}[[item]]\nexercise = "{exercise}"\nsides = ["left"]\n{item}'
        return str(verify(parse_routine(toml, "r"), [analysis]).verdict)

    rows, true_s = _measured(profile, meta, sent, host_s)
    invented, hidden_s = _compared(items, rows, true_s)
    return Outcome(invented, hidden_s, asked(reps), asked(reps + 1))


def _sent(profile: str, meta: SensorMeta, motion: Motion, host_s: Floats) -> Sent:
    encoder = Encoder(load_profile(profile), meta.settings)
    out: Sent = []
    for k in range(0, len(motion.t_s), _N):
        part = slice(k, k + _N)
        packets = encoder.encode(k, motion.t_s[part], motion.acc_g[part], motion.gyr_dps[part])
        at_s = (np.ceil(host_s[part][-1] / INTERVAL_S) + 1) * INTERVAL_S
        out += [(float(at_s), char, payload) for char, payload in packets]
    return out


def _streamed(meta: SensorMeta, sent: Sent) -> list[Item]:
    pipeline = Pipeline(meta)
    items: list[Item] = []
    for host_s, char, payload in sent:
        items += pipeline.process(RawPacket("s", char, round(host_s * 1e9), payload))
    return items + pipeline.flush()


def _measured(profile: str, meta: SensorMeta, sent: Sent, host_s: Floats) -> tuple[Floats, Floats]:
    """The samples as they were sent, and when they were taken."""
    decoder = Decoder(load_profile(profile), meta.settings)
    frames = [f for _, char, payload in sent for f in decoder.feed(char, payload)]
    rows = np.concatenate([np.hstack([f.acc_g, f.gyr_dps]) for f in frames])
    return rows, host_s[: len(rows)]


def _compared(items: Sequence[Item], rows: Floats, true_s: Floats) -> tuple[int, float]:
    """How many samples of the stream were not sent in that order, and the longest hole without a Gap."""
    places: dict[bytes, list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault(row.tobytes(), []).append(i)
    invented, hidden_s, last, told = 0, 0.0, -1, True
    for item in items:
        told = told or isinstance(item, Gap)
        if not isinstance(item, Samples):
            continue
        assert item.gyr_dps is not None
        for row, flag in zip(np.hstack([item.acc_g, item.gyr_dps]), item.flags, strict=True):
            if flag & INTERPOLATED:
                continue
            at = next((i for i in places.get(row.tobytes(), ()) if i > last), None)
            if at is None:
                invented += 1
                continue
            hidden_s = hidden_s if told or last < 0 else max(hidden_s, float(true_s[at] - true_s[last]))
            last, told = at, False
    return invented, hidden_s


def excused(name: str, profile: str) -> bool:
    """Where nothing numbers or guards packets, random bytes of the right length are samples, which Bluetooth's
    own checksum keeps away, and nobody can tell their order. Then only a wrong "complete" is asked for.
    """
    return profile in UNNUMBERED and name in ("garbage", "late and out of order")


def wrongs(name: str, exercise: str, profile: str, seed: int) -> tuple[str, list[str]]:
    """The answer where as many were asked for as were done, and what was wrong."""
    outcome = run(name, exercise, profile, seed)
    wrong = outcome.wrong(FAULTS[name])
    kept = [w for w in wrong if w.startswith("complete")] if excused(name, profile) else wrong
    return outcome.asked_as_done, [f"{exercise}, {profile}, seed {seed}: {w}" for w in kept]


def page(seeds: int) -> str:
    """Every fault with every seed, the exercises and profiles in turn."""
    about = (
        f"Made by `python -m tests.faults --seeds {seeds}`: simulated wearers at the foot, {len(EXERCISES)} "
        f"exercises and {len(PROFILES)} profiles ({', '.join(PROFILES)}) in turn, {seeds} seeds each. Asked "
        "for as many repetitions as were done the answer has to be complete or not verifiable, asked for one "
        "more never complete; no sample invented, double or out of order, no hole over 0.3 s without a Gap."
    )
    head = ["| fault | sessions | complete | not verifiable | wrong |", "| --- | --- | --- | --- | --- |"]
    lines = ["# What becomes of a session when something goes wrong", "", about, "", *head]
    wrong: list[str] = []
    pairs = list(product(EXERCISES, PROFILES))
    for name in FAULTS:
        answers: list[str] = []
        before = len(wrong)
        for seed in range(seeds):
            exercise, profile = pairs[seed % len(pairs)]
            answer, found = wrongs(name, exercise, profile, seed)
            answers.append(answer)
            wrong += [f"{name}: {w}" for w in found]
        told = [str(answers.count(a)) for a in ("complete", "not-verifiable")]
        lines.append(f"| {name} | {len(answers)} | {' | '.join(told)} | {len(wrong) - before} |")
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", "Wrong:" if wrong else "Wrong: none.", *[f"- {w}" for w in wrong]]
    lines += ["", " ".join((excused.__doc__ or "").split())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("FAULTS.md"))
    given = parser.parse_args()
    given.output.write_text(page(given.seeds), encoding="utf-8")
