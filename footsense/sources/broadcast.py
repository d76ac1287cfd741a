"""One sensor that only advertises: what it says is queued as it is heard, by a scan that goes on.

Every wait has an end.
"""

import asyncio
import contextlib
import uuid
from types import TracebackType
from typing import Self

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from footsense.devices import Advertisement
from footsense.errors import BluetoothError, PacketError
from footsense.sources.central import Central, listening
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan, Settings
from footsense.sources.tasks import end_tasks
from footsense.sources.words import explained, in_words
from footsense.text import display
from footsense.types import RawPacket, Status


class Broadcast:
    """One sensor that advertises its samples, heard into `inbox` for as long as the context lasts.

    Entering begins to listen, and waits until the sensor has told an acceleration that its profile reads. A
    packet is advertised several times, and heard as often as the radio likes: bytes that are those of the
    packet before are that packet (one that differs in other bytes but has the same number the stream knows). A
    sensor that tells no acceleration for long is lost, whatever else it says; then listening begins anew, since
    a system's scan may have died without a word, and if that brings nothing either the inbox fails with a
    BluetoothError. Leaving ends the scan, whatever happened. What becomes of the sensor is queued too;
    `rssi_dbm` is how strong it was heard.
    """

    def __init__(
        self, central: Central, device: BLEDevice, label: str, plan: Plan, inbox: Inbox, *,
        rssi_dbm: int | None = None,
    ) -> None:  # fmt: skip
        assert plan.said is not None
        self.id = uuid.uuid4().hex
        self.packets = 0
        self._central, self._label, self._plan, self._inbox = central, label, plan, inbox
        self._address, self._said, self._rssi_dbm = device.address.casefold(), plan.said, rssi_dbm
        self._before: dict[str, tuple[bytes, bool]] = {}  # what each place said last, and if that told
        self._in_vain = False  # whether it has said something since it last told an acceleration
        self._fault = ""  # why something of that could not be read
        self._heard = asyncio.Event()
        self._heard_s = 0.0  # by the loop's clock
        self._scan = contextlib.AsyncExitStack()
        self._task: asyncio.Task[None] | None = None

    @property
    def settings(self) -> Settings:
        """What it is read with."""
        return self._plan.settings

    @property
    def streaming(self) -> bool:
        """Whether it was heard."""
        return self._task is not None

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as failed:
            failed.push_async_callback(self._scan.aclose)
            with explained():
                await self._listen()
            await self._first()
            failed.pop_all()
        self._tell("heard", rssi_dbm=self._rssi_dbm)
        self._task = asyncio.create_task(self._to_its_end())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await end_tasks([self._task] if self._task else [])
        finally:
            await self._scan.aclose()

    async def _first(self) -> None:
        """Wait until it has said something."""
        silence_s = self._central.patience.unheard_s
        if await self._is_heard(silence_s):
            return
        nothing = (
            f"{self._label} advertised nothing in {silence_s:g} s that its profile "
            f"'{display(self._plan.name)}' reads: bring it nearer, or choose another profile"
        )
        raise BluetoothError(self._told_no_acc(silence_s) or nothing)

    def _told_no_acc(self, silence_s: float) -> str:
        """What was heard instead of an acceleration, and what to do; empty where nothing was."""
        if not self._in_vain:
            return ""
        heard = f"{self._label} was heard, but told no acceleration in {silence_s:g} s"
        if self._fault:
            return (
                f"{heard}: its profile '{display(self._plan.name)}' cannot read what it says ({self._fault}); "
                "choose another profile, or look for newer firmware"
            )
        return f"{heard}: switch its accelerometer on with the maker's app, or take another sensor"

    async def _listen(self) -> None:
        self._heard.clear()
        self._in_vain = False
        async with self._central.lock:  # of beginning alone: others connect while this one listens
            await self._scan.enter_async_context(
                listening(self._received, self._central.scan_kw, self._central.patience)
            )

    def _received(self, device: BLEDevice, data: AdvertisementData) -> None:
        if device.address.casefold() == self._address:
            self._take(data)

    def _take(self, heard: Advertisement) -> None:
        for place, payload in self._said(heard):
            before, tells_acc = self._before.get(place, (b"", False))
            if before != payload:
                tells_acc = self._tells_acc(place, payload)
                self._before[place] = payload, tells_acc
                self.packets += 1
                self._inbox.put(RawPacket(self.id, place, self._inbox.clock(), payload))
            if tells_acc:
                self._heard_s = asyncio.get_running_loop().time()
                self._heard.set()
                self._fault = ""
            self._in_vain = not tells_acc

    def _tells_acc(self, place: str, payload: bytes) -> bool:
        try:
            return self._plan.tells_acc(place, payload)
        except PacketError as error:
            self._fault = display(error, 120)
            return any(frame.acc_g is not None for frame in error.frames)

    async def _is_heard(self, timeout_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()
        return self._heard.is_set()

    async def _to_its_end(self) -> None:
        """Whoever listens must not wait for ever for a task that has died of what nobody foresaw."""
        try:
            await self._watch()
        except Exception as error:
            self._inbox.fail(BluetoothError(in_words(error, self._label)))

    async def _watch(self) -> None:
        """Notices that the sensor is silent, and listens anew; gives up when that brings nothing."""
        while True:
            await self._until_silent()
            self._tell("lost")
            if not await self._heard_again():
                return
            self._tell("back")

    async def _until_silent(self) -> None:
        clock, silence_s = asyncio.get_running_loop().time, self._central.patience.unheard_s
        while (left_s := self._heard_s + silence_s - clock()) > 0:
            await asyncio.sleep(left_s)

    async def _heard_again(self) -> bool:
        await self._scan.aclose()
        try:
            with explained():
                await self._listen()
        except BluetoothError as error:
            self._inbox.fail(error)
            return False
        patience = self._central.patience
        if await self._is_heard(patience.reconnect_s):
            return True
        silent_s = patience.unheard_s + patience.reconnect_s
        nothing = f"{self._label} was not heard for {silent_s:g} s: bring it nearer, look at its battery"
        self._inbox.fail(BluetoothError(self._told_no_acc(silent_s) or nothing))
        return False

    def _tell(self, event: str, **facts: int | None) -> None:
        self._inbox.put(Status(self._inbox.clock(), "link", {"sensor": self.id, "event": event, **facts}))
