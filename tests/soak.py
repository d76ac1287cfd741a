"""An hour of two sensors, 100 Hz each, with faults at random, in minutes: nothing grows, all is accounted for.

The client, its queue, the recorder and the session are those of `footsense record`; the sensors are virtual, on
the virtual radio. Time is that of an event loop whose clock jumps to the next thing that is due, so that
back-offs, silences and watchdogs take no time, and all comes in the order in which it would. The wearer does
the exercises one after the other, and each sample has a number in the lowest bits of its counts, by which it is
known again. `python -m tests.soak` writes tests/SOAK.md.
"""

import argparse
import asyncio
import gc
import os
import selectors
import sys
import tempfile
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from footsense.devices import Profile, load_profile
from footsense.engine import run as run_engine
from footsense.recording import Recorder, open_recording
from footsense.recording.mcap import scan_mcap
from footsense.session import Session, SessionEvent
from footsense.simulate import Scenario, simulate_routine
from footsense.simulate.air import Air
from footsense.simulate.firmware import Motion, ProfileFirmware
from footsense.simulate.scenario import EXERCISES
from footsense.simulate.truth import Truth
from footsense.simulate.virtual_link import Radio, controller_of
from footsense.simulate.virtual_sensor import VirtualSensor
from footsense.sources.ble import Link
from footsense.sources.central import Central
from footsense.sources.inbox import Inbox
from footsense.sources.plan import plan_for
from footsense.types import (
    INTERPOLATED,
    Event,
    Floats,
    Gap,
    Item,
    RawPacket,
    Samples,
    SensorMeta,
    Side,
    StreamInfo,
)

RATE_HZ = 100.0
LATEST_S = 0.5  # that a sample may wait once it is there, but for stalls of the consumer
_UNITS = np.array([8 / 32768] * 3 + [2000 / 32768] * 3)  # of a count: g, deg/s
_BITS = np.array([2, 2, 2, 3, 3, 3])  # of each count, of a number; 0.7 mg and 0.4 deg/s
_PLACES = np.cumsum(_BITS) - _BITS
_NUMBERS = 1 << int(_BITS.sum())  # come again after 327 s
_NEAR_S = 0.5
_TENTHS = 10
_SIDES: tuple[Side, Side] = ("left", "right")
Whole = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on by itself only when nothing is to be done: to the next thing due."""

    def __init__(self) -> None:
        super().__init__(_Jump(self))
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s


class _Jump(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0.05 if timeout is None else 0)
        if not found and timeout:
            self._loop.now_s += timeout
        return found


def run_jumping(what: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a `JumpingLoop`."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(what)


def exercises(minutes: float, side: Side, seed: int) -> tuple[Motion, Truth]:
    """The exercises of one foot, again and again, as another wearer each time, each sample with its number; and
    what was really done, in s of the motion."""
    made, t_s = [], 0.0
    while t_s < minutes * 60:
        seed += 1
        wish = [Scenario(motion=m, side=side, placement="foot", seed=seed) for m in EXERCISES]
        wish = [replace(w, rate_hz=RATE_HZ, gaps_s=(), loss=0.0, jitter=0.0) for w in wish]
        made.append((simulate_routine(wish), t_s))
        t_s += len(made[-1][0].t_s) / RATE_HZ
    count = int(minutes * 60 * RATE_HZ)
    rows = np.concatenate([np.hstack([m.acc_g, m.gyr_dps]) for m, _ in made if m.gyr_dps is not None])[:count]
    rows = numbered(rows, np.arange(count))
    events = [_later(e, by_s) for m, by_s in made for e in m.events]
    parts = [replace(s, start_s=s.start_s + t, end_s=s.end_s + t) for m, t in made for s in m.segments]
    end_s = count / RATE_HZ
    known = Truth(tuple(e for e in events if e.end_s < end_s), tuple(s for s in parts if s.start_s < end_s))
    return Motion(np.arange(count) / RATE_HZ, rows[:, :3], rows[:, 3:]), known


def _later(event: Event, by_s: float) -> Event:
    return replace(event, start_s=event.start_s + by_s, end_s=event.end_s + by_s)


def numbered(rows: Floats, number: Whole) -> Floats:
    """Samples (n, 6), g and deg/s, with their numbers (n,) in the lowest bits of their counts."""
    top = np.clip(np.rint(rows / _UNITS), -32768, 32767).astype(np.int64) >> _BITS << _BITS
    return (top | number[:, None] >> _PLACES & (1 << _BITS) - 1) * _UNITS


def numbers(item: Samples) -> Whole:
    """The numbers of samples, as far as they do not come again."""
    assert item.gyr_dps is not None
    counts = np.rint(np.hstack([item.acc_g, item.gyr_dps]) / _UNITS).astype(np.int64)
    return ((counts & (1 << _BITS) - 1) << _PLACES).sum(axis=1)


@dataclass
class Account:
    """What became of a sensor's samples. `hidden`: missing without a Gap or as many interpolated ones;
    `again`: double or out of order."""

    received: int = 0
    filled: int = 0
    gaps: int = 0
    in_gaps: int = 0
    hidden: int = 0
    again: int = 0
    first: int = -1
    last: int = -1
    events: list[Event] = field(default_factory=list)
    _last_s: float = 0.0
    _filled_since: int = 0
    _gap_since: bool = False

    def take(self, item: Item) -> None:
        """An item of the stream."""
        if isinstance(item, Gap):
            self.gaps += 1
            self._gap_since = True
        elif isinstance(item, Samples):
            made = (item.flags & INTERPOLATED) != 0
            for number, t_s, filled in zip(
                numbers(item).tolist(), item.t_s.tolist(), made.tolist(), strict=True
            ):
                if filled:
                    self.filled += 1
                    self._filled_since += 1
                else:
                    self._real(number, t_s)

    def _real(self, number: int, t_s: float) -> None:
        self.received += 1
        near = max(self.last, 0) + (t_s - self._last_s) * RATE_HZ
        number += _NUMBERS * round((near - number) / _NUMBERS)
        self._last_s = t_s
        missing = number - self.last - 1
        if self.first < 0:
            self.first = number
        elif missing < 0:
            self.again += 1
        elif self._gap_since:
            self.in_gaps += missing
        elif missing != self._filled_since:
            self.hidden += abs(missing - self._filled_since)
        self.last, self._filled_since, self._gap_since = number, 0, False

    @property
    def unaccounted(self) -> int:
        """Of the samples from the first to the last: those that are neither there, filled, nor in a Gap."""
        return self.hidden + self.again


@dataclass
class Counted:
    """Events of an exercise while it was done, against the repetitions (`true`): how many there are, how many
    lie in none of them, how many overlap another by more than a half, and how many there are too many in all
    times it was done."""

    true: int = 0
    found: int = 0
    invented: int = 0
    double: int = 0
    over: int = 0


def counted(truth: Truth, events: Sequence[Event], exercise: str) -> Counted:
    """`events` in s of the truth. What a detector says while something else is done is not looked at: which
    exercise it was is not its business."""
    out = Counted()
    mine = [e for e in events if e.exercise == exercise]
    done = [e for e in truth.events if e.exercise == exercise]
    for part in (s for s in truth.segments if s.exercise == exercise):
        found = sorted((e for e in mine if _within(e, part.start_s, part.end_s)), key=lambda e: e.start_s)
        true = [e for e in done if _within(e, part.start_s, part.end_s)]
        out.true += len(true)
        out.found += len(found)
        out.invented += sum(
            not any(_within(e, t.start_s - _NEAR_S, t.end_s + _NEAR_S) for t in true) for e in found
        )
        out.double += sum(b.start_s < (a.start_s + a.end_s) / 2 for a, b in pairwise(found))
        out.over += max(0, len(found) - len(true))
    return out


def _within(event: Event, start_s: float, end_s: float) -> bool:
    return start_s <= (event.start_s + event.end_s) / 2 <= end_s


@dataclass
class Soaked:
    """What was seen. For each tenth of the time: the longest that a packet waited in the queue without a stall
    of the consumer, s; how far the streams were behind what arrived, s; objects of Python; memory, MB."""

    minutes: float
    accounts: dict[str, Account] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    reconnects: int = 0
    dropped: int = 0
    bad_packets: int = 0
    counted: dict[str, tuple[Counted, Counted]] = field(default_factory=dict)  # with the faults and without
    replayed_alike: bool = True
    messages: int = 0
    waited_s: list[float] = field(default_factory=lambda: [0.0] * _TENTHS)
    behind_s: list[list[float]] = field(default_factory=lambda: [[] for _ in range(_TENTHS)])
    objects: list[int] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    took_s: float = 0.0

    def fault(self, name: str) -> None:
        """Count one."""
        self.faults[name] = self.faults.get(name, 0) + 1

    def wrong(self) -> list[str]:
        """In words; empty where all is as it must be."""
        out = [f"{side}: {a.unaccounted} samples" for side, a in self.accounts.items() if a.unaccounted]
        out += [f"waited {w:.2f} s" for w in self.waited_s if w > LATEST_S]
        out += [f"{b:.2f} s behind" for b in map(np.median, self.behind_s) if b > LATEST_S]
        out += [
            f"{name}: {c.invented} invented, {c.double} double, {c.over} too many; without faults "
            f"{u.invented}, {u.double}, {u.over}"
            for name, (c, u) in self.counted.items()
            if c.invented > u.invented or c.double > u.double or c.over > u.over
        ]
        out += [] if self.replayed_alike else ["replayed, other events"]
        out += ["more objects"] if self.objects[-1] > 1.1 * self.objects[_TENTHS // 5] + 1000 else []
        return out


def memory_mb() -> float:
    """What the process takes, MB; nan where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Soak:
    """One run."""

    def __init__(self, minutes: float, seed: int, folder: Path) -> None:
        self.seed, self.seen, self.rng = seed, Soaked(minutes), np.random.default_rng([seed, 11])
        self.end_s, self.path = minutes * 60, folder / "soak.mcap"
        self.profile: Profile = load_profile("generic")
        self.settings: dict[str, str | int | float] = {"rate_hz": 100}
        self.last_s: dict[str, float] = {}
        self.air = Air()
        self.air.fate = self._fate
        self.stalled_until_s = 0.0

    def _fate(self, _data: bytes) -> tuple[float, ...]:
        draw = self.rng.random()
        if draw < 0.003:
            self.seen.fault("notification lost")
            return ()
        if draw < 0.006:
            self.seen.fault("notification doubled")
            return (0.0, 0.01)
        if draw < 0.02:
            self.seen.fault("notification late")
            return (float(self.rng.uniform(0.0, 0.15)),)
        return (0.0,)

    async def run(self) -> None:
        """All of it."""
        began = time.perf_counter()
        done = {side: exercises(self.seen.minutes, side, n) for n, side in enumerate(_SIDES, self.seed * 100)}
        sensors = [self._sensor(done[side][0], n) for n, side in enumerate(_SIDES, 1)]
        radio = await Radio.start(self.air)
        for sensor in sensors:
            await sensor.start()
        here = Central([self.profile], scan_kw=radio.scan_kw, client_kw=radio.client_kw)
        loop = asyncio.get_running_loop()
        inbox = Inbox(lambda: round(loop.time() * 1e9))
        plan = plan_for(self.profile, self.settings)
        links = [Link(here, f.device, f.label, plan, inbox) for f in await here.scan(1.0)]
        async with links[0], links[1]:
            faults = [asyncio.create_task(self._faults(sensor)) for sensor in sensors]
            await self._listen(links, inbox, sensors)
            for task in faults:
                task.cancel()
        self.seen.reconnects = sum(link.reconnects for link in links)
        self.seen.dropped = inbox.dropped
        for sensor in sensors:
            await sensor.stop()
        await radio.close()
        scan = scan_mcap(self.path)
        assert (scan.closed, scan.damage) == (True, ())
        self.seen.messages = scan.packets
        self._compare(done)
        self.seen.took_s = time.perf_counter() - began

    def _compare(self, done: Mapping[Side, tuple[Motion, Truth]]) -> None:
        """The events with the truth, with those of the undisturbed motion, and with those of the recording."""
        tracks = {t.side: t for t in open_recording(self.path).tracks}
        for side, (motion, truth) in done.items():
            account = self.seen.accounts[side]
            self.seen.replayed_alike &= run_engine(tracks[side].items()) == account.events
            shifted = [_later(e, account.first / RATE_HZ) for e in account.events]
            flags = np.zeros(len(motion.t_s), np.uint8)
            whole = Samples(0, motion.t_s, motion.acc_g, motion.gyr_dps, flags)
            calm = run_engine([StreamInfo(RATE_HZ, True, side=side, placement="foot"), whole])
            for name in EXERCISES:
                both = counted(truth, shifted, name), counted(truth, calm, name)
                self.seen.counted[f"{name}, {side}"] = both

    def _sensor(self, motion: Motion, number: int) -> VirtualSensor:
        firmware = ProfileFirmware(self.profile, lambda _: motion, [self.settings])
        return VirtualSensor(self.air, firmware, address=f"C0:00:00:00:01:{number:02}")

    async def _listen(self, links: list[Link], inbox: Inbox, sensors: list[VirtualSensor]) -> None:
        metas = [
            SensorMeta(link.id, self.profile.text, dict(link.settings), side, "foot")
            for link, side in zip(links, _SIDES, strict=True)
        ]
        self.seen.accounts = {str(m.side): Account() for m in metas}
        recorder = Recorder(self.path, metas)
        session = Session(metas, recorder=recorder, on_item=self._take, batch=100)
        over = asyncio.gather(*(s.finished.wait() for s in sensors))
        over.add_done_callback(lambda _: asyncio.get_running_loop().call_later(1.0, inbox.close))
        async for item in inbox:
            self._tell(session.process(item))
            self._look(session, item)
            if self.rng.random() < 1e-4:
                await self._stall()
        self._tell(session.close())
        self.seen.bad_packets = sum(count for count, _ in session.bad_packets().values())

    def _tell(self, events: Sequence[SessionEvent]) -> None:
        for e in events:
            self.seen.accounts[str(e.sensor.side)].events.append(e.event)

    def _take(self, meta: SensorMeta, item: Item) -> None:
        self.seen.accounts[str(meta.side)].take(item)
        if isinstance(item, Samples):
            self.last_s[meta.id] = float(item.t_s[-1])

    async def _stall(self) -> None:
        self.seen.fault("consumer stalled")
        await asyncio.sleep(float(self.rng.uniform(1.0, 8.0)))
        self.stalled_until_s = asyncio.get_running_loop().time() + 1.0

    def _look(self, session: Session, item: object) -> None:
        now_s = asyncio.get_running_loop().time()
        tenth = min(int(_TENTHS * now_s / self.end_s), _TENTHS - 1)
        if isinstance(item, RawPacket) and now_s > self.stalled_until_s:
            host_s = item.host_ns * 1e-9
            self.seen.waited_s[tenth] = max(self.seen.waited_s[tenth], now_s - host_s)
            if self.rng.random() < 0.1:  # what is kept of it is not to look like a leak
                behind_s = session.stream_time(item.sensor, item.host_ns) - self.last_s.get(item.sensor, 0.0)
                self.seen.behind_s[tenth].append(behind_s)
        if len(self.seen.objects) <= tenth:
            gc.collect()
            self.seen.objects.append(len(gc.get_objects()))
            self.seen.memory_mb.append(memory_mb())

    async def _faults(self, sensor: VirtualSensor) -> None:
        """What happens to one sensor, one thing after the other."""
        while True:
            await asyncio.sleep(float(self.rng.exponential(60.0)))
            draw = self.rng.random()
            if draw < 0.4:
                self.seen.fault("link dropped")
                sensor.drop_link()
            elif draw < 0.7:
                self.seen.fault("radio silent for seconds")
                sensor.go_silent()
                await asyncio.sleep(float(self.rng.uniform(0.3, 8.0)))
                self.air._silent.discard(controller_of(sensor.device))
            else:
                self.seen.fault("garbage sent")
                await self._garbage(sensor)

    async def _garbage(self, sensor: VirtualSensor) -> None:
        for _ in range(5):
            payload = self.rng.bytes(int(self.rng.integers(0, 60)))
            for char in sensor._subscribed & set(sensor._chars):
                await sensor._notify(char, payload)


def soak(minutes: float, seed: int = 1) -> Soaked:
    """One run of so much stream time."""
    with tempfile.TemporaryDirectory() as folder:
        one = Soak(minutes, seed, Path(folder))
        run_jumping(one.run())
    return one.seen


def page(seen: Soaked, command: str) -> str:
    """The figures."""
    rows = [
        f"| {side} | {a.last - a.first + 1:,} | {a.received:,} | {a.filled:,} | {a.in_gaps:,} in {a.gaps} "
        f"| {a.unaccounted} |"
        for side, a in seen.accounts.items()
    ]
    tenths = [
        f"| {i + 1} | {1e3 * w:.0f} | {np.median(b):.3f} | {max(b):.2f} | {o:,} | {m:.0f} |"
        for i, (w, b, o, m) in enumerate(
            zip(seen.waited_s, seen.behind_s, seen.objects, seen.memory_mb, strict=True)
        )
    ]
    events = [
        f"| {name} | {c.true} | {c.found} | {u.found} | {c.invented}, {u.invented} | {c.double}, {u.double} "
        f"| {c.over}, {u.over} |"
        for name, (c, u) in seen.counted.items()
    ]
    faults = ", ".join(f"{name} {count}" for name, count in sorted(seen.faults.items()))
    about = (
        f"Made by `{command}`: two virtual sensors at 100 Hz, {seen.minutes:g} minutes of stream time in "
        f"{seen.took_s:.0f} s, over the virtual radio, with the client, queue, recorder and session of "
        f"`footsense record`. Faults: {faults}. The links were set up again {seen.reconnects} times; "
        f"{seen.bad_packets} packets were none of the profile's, the queue dropped {seen.dropped}; "
        f"{seen.messages:,} are in the recording, which was closed and is whole; replayed it gives "
        f"{'the same' if seen.replayed_alike else 'other'} events, "
        f"{sum(len(a.events) for a in seen.accounts.values()):,} of all detectors."
    )
    note = (
        "Waits are those while the consumer was not stalled on purpose. A stream is behind by what is waited "
        "for, packets that are missing, and with the first packet after a loss by all that was lost. Objects "
        "(Python's, tracked by its collector) and the memory of the process are those at the beginning of the "
        "tenth; what is added is the recording's index, one object for each chunk of 0.75 s."
    )
    table = [
        "tenth of the time",
        "longest wait in the queue, ms",
        "stream behind: median, s",
        "most, s",
        "objects",
        "memory, MB",
    ]
    return "\n".join([
        "# A long session", "", about, "",
        "| sensor | samples from first to last | received | filled | missing in gaps | unaccounted |",
        "| --- | --- | --- | --- | --- | --- |", *rows, "",
        "| exercise | done | counted | counted without faults | invented | double | too many |",
        f"|{' --- |' * 7}", *events, "",
        ("Counted is what the detectors said while the exercise was done: what a fault cuts is not counted. "
        "Invented lie in no repetition, double overlap another by more than a half, too many are there in one "
        "going over it; after the comma without faults, by the same detectors."), "",
        f"| {' | '.join(table)} |", f"|{' --- |' * len(table)}", *tenths, "", note, "",
        f"Wrong: {'; '.join(seen.wrong()) or 'nothing'}.", "",
    ])  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("SOAK.md"))
    given = parser.parse_args()
    found = soak(given.minutes, given.seed)
    line = f"python -m tests.soak --minutes {given.minutes:g} --seed {given.seed}"
    given.output.write_text(page(found, line), encoding="utf-8")
    sys.exit(1 if found.wrong() else 0)
