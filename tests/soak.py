"""An hour of two sensors, 100 Hz each, with faults at random, in minutes: nothing grows, all is accounted for.

The client, its queue, the recorder and the session are those of `footsense record`; the sensors are virtual, on
the virtual radio. Time is that of an event loop whose clock jumps to the next thing that is due, so that
back-offs, silences and watchdogs take no time, and all comes in the order in which it would. Each sample has a
number in its angular rate, by which it is known again. `python -m tests.soak` writes tests/SOAK.md.
"""

import argparse
import asyncio
import gc
import os
import selectors
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from footsense.devices import Profile, load_profile
from footsense.recording import Recorder
from footsense.recording.mcap import scan_mcap
from footsense.session import Session
from footsense.simulate import Scenario, simulate
from footsense.simulate.air import Air
from footsense.simulate.firmware import Motion, ProfileFirmware
from footsense.simulate.virtual_link import Radio, controller_of
from footsense.simulate.virtual_sensor import VirtualSensor
from footsense.sources.ble import Link
from footsense.sources.central import Central
from footsense.sources.inbox import Inbox
from footsense.sources.plan import plan_for
from footsense.types import INTERPOLATED, Floats, Gap, Item, RawPacket, Samples, SensorMeta, Side

RATE_HZ = 100.0
LATEST_S = 0.5  # that a sample may wait once it is there, but for stalls of the consumer
_BASE, _STEP_DPS = 72, 0.125  # a number of three digits, one to an axis
_TENTHS = 10


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


def numbered(minutes: float) -> Motion:
    """Circles of the foot, again and again, each sample with its number."""
    wish = Scenario(motion="ankle-circles", side="left", placement="foot", seed=4, rate_hz=RATE_HZ, gaps_s=())
    made = simulate(wish)
    count = int(minutes * 60 * RATE_HZ)
    i = np.arange(count)
    digits = np.stack([i % _BASE, i // _BASE % _BASE, i // _BASE**2], axis=1)
    return Motion(i / RATE_HZ, np.resize(made.acc_g, (count, 3)), digits * _STEP_DPS)


def numbers(gyr_dps: Floats) -> list[int]:
    """The numbers of samples."""
    digits = np.rint(gyr_dps / _STEP_DPS).astype(int)
    return [int(n) for n in digits @ [1, _BASE, _BASE**2]]


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
    _filled_since: int = 0
    _gap_since: bool = False

    def take(self, item: Item) -> None:
        """An item of the stream."""
        if isinstance(item, Gap):
            self.gaps += 1
            self._gap_since = True
        elif isinstance(item, Samples) and item.gyr_dps is not None:
            made = (item.flags & INTERPOLATED) != 0
            for number, filled in zip(numbers(item.gyr_dps), made.tolist(), strict=True):
                if filled:
                    self.filled += 1
                    self._filled_since += 1
                else:
                    self._real(number)

    def _real(self, number: int) -> None:
        self.received += 1
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
class Soaked:
    """What was seen. For each tenth of the time: the longest that a packet waited in the queue without a stall
    of the consumer, s; how far the streams were behind what arrived, s; objects of Python; memory, MB."""

    minutes: float
    accounts: dict[str, Account] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    reconnects: int = 0
    dropped: int = 0
    bad_packets: int = 0
    events: int = 0
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
        self.seen, self.rng = Soaked(minutes), np.random.default_rng([seed, 11])
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
        motion = numbered(self.seen.minutes)
        sensors = [self._sensor(motion, n) for n in (1, 2)]
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
        self.seen.took_s = time.perf_counter() - began

    def _sensor(self, motion: Motion, number: int) -> VirtualSensor:
        firmware = ProfileFirmware(self.profile, lambda _: motion, [self.settings])
        return VirtualSensor(self.air, firmware, address=f"C0:00:00:00:01:{number:02}")

    async def _listen(self, links: list[Link], inbox: Inbox, sensors: list[VirtualSensor]) -> None:
        sides: tuple[Side, Side] = ("left", "right")
        metas = [
            SensorMeta(link.id, self.profile.text, dict(link.settings), side, "foot")
            for link, side in zip(links, sides, strict=True)
        ]
        self.seen.accounts = {str(m.side): Account() for m in metas}
        recorder = Recorder(self.path, metas)
        session = Session(metas, recorder=recorder, on_item=self._take, batch=100)
        over = asyncio.gather(*(s.finished.wait() for s in sensors))
        over.add_done_callback(lambda _: asyncio.get_running_loop().call_later(1.0, inbox.close))
        async for item in inbox:
            self.seen.events += len(session.process(item))
            self._look(session, item)
            if self.rng.random() < 1e-4:
                await self._stall()
        self.seen.events += len(session.close())
        self.seen.bad_packets = sum(count for count, _ in session.bad_packets().values())

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
    faults = ", ".join(f"{name} {count}" for name, count in sorted(seen.faults.items()))
    about = (
        f"Made by `{command}`: two virtual sensors at 100 Hz, {seen.minutes:g} minutes of stream time in "
        f"{seen.took_s:.0f} s, over the virtual radio, with the client, queue, recorder and session of "
        f"`footsense record`. Faults: {faults}. The links were set up again {seen.reconnects} times; "
        f"{seen.bad_packets} packets were none of the profile's, the queue dropped {seen.dropped}; "
        f"{seen.messages:,} are in the recording, which was closed and is whole; {seen.events:,} events."
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
