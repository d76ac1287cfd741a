"""Where what sensors send waits for the session: bounded, counting what it drops, with four ticks a second."""

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from footsense.types import Command, RawPacket, Status, Tick

Clock = Callable[[], int]
Received = RawPacket | Tick | Command | Status
Readings = Callable[[], Mapping[str, int | None]]

TICK_S = 0.25
CLOCKS_S = 10.0
LIMIT = 4096  # packets; 20 s of two sensors that send 100 a second each


def steady_clock() -> Clock:
    """Nanoseconds since 1970 that no setting of the date moves: the date now, then what has gone by since.

    It goes on while the machine sleeps, as a sensor does: else the hole in what it sent would be as short as
    the machine took it for. Python's monotonic clock does so on Windows only (Linux, clock_gettime(2);
    macOS, clock_gettime(3)).
    """
    name = "CLOCK_MONOTONIC_RAW" if sys.platform == "darwin" else "CLOCK_BOOTTIME"
    which = getattr(time, name, None)
    gone_by = time.monotonic_ns if which is None else partial(time.clock_gettime_ns, which)
    behind = time.time_ns() - gone_by()
    return lambda: behind + gone_by()


def clock_readings() -> dict[str, int | None]:
    """The host's clocks, in ns, as a recording keeps them: their differences tell that the machine slept, and
    that its date was set. `boottime_ns` goes on while it sleeps; None where there is no such clock."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return {
        "monotonic_ns": time.monotonic_ns(),
        "boottime_ns": None if boottime is None else time.clock_gettime_ns(boottime),
        "wall_ns": time.time_ns(),
    }


class Inbox:
    """A queue between the Bluetooth callbacks and the session.

    `put` never waits: beyond `limit` packets the new one is dropped and counted in `dropped`, which a Status
    tells before anything else comes. Iterating yields what came, in order, and a Tick every `tick_s` by
    `clock` (which is also looked at that often in real time); it ends with `close`, and with `fail` raises the
    error after what came before it. With `readings` of the machine's clocks they come too, at once and every
    ten seconds.
    """

    def __init__(
        self, clock: Clock, limit: int = LIMIT, tick_s: float = TICK_S, *, readings: Readings | None = None
    ) -> None:
        self.clock = clock
        self._readings = readings
        self.dropped = self._told = 0
        self._limit = limit
        self._tick_s = tick_s
        self._due_ns = clock() + round(tick_s * 1e9)
        self._clocks_due_ns = 0
        self._waiting: deque[Received] = deque()
        self._news = asyncio.Event()
        self._error: Exception | None = None
        self._closed = False

    def put(self, item: Received) -> None:
        """Queue an item, or count it as dropped."""
        if len(self._waiting) >= self._limit and isinstance(item, RawPacket):
            self.dropped += 1
            return
        self._waiting.append(item)
        self._news.set()

    def fail(self, error: Exception) -> None:
        """Nothing more will come, and why."""
        self._error = self._error or error
        self.close()

    def close(self) -> None:
        """Nothing more will come; what is queued is still delivered."""
        self._closed = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Received]:
        while self._waiting or not self._closed:
            now_ns = self.clock()
            if self.dropped > self._told:
                self._told, dropped = self.dropped, self.dropped - self._told
                yield Status(now_ns, "link", {"event": "dropped", "packets": dropped})
            elif self._readings is not None and now_ns >= self._clocks_due_ns:
                self._clocks_due_ns = now_ns + round(CLOCKS_S * 1e9)
                yield Status(now_ns, "clock", self._readings())
            elif now_ns >= self._due_ns:
                self._due_ns = now_ns + round(self._tick_s * 1e9)
                yield Tick(now_ns)
            elif self._waiting:
                yield self._waiting.popleft()
            else:
                await self._wait(self._tick_s)
        if self._error:
            raise self._error

    async def _wait(self, timeout_s: float) -> None:
        self._news.clear()  # nothing is waiting and nothing else runs in between
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return
