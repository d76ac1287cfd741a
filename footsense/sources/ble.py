"""One sensor that streams, on bleak: set up as its profile says, what it sends queued, set up again when lost.

Every wait has an end.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from types import TracebackType
from typing import Self

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakGATTProtocolError

from footsense.devices import Answer, Write
from footsense.errors import BluetoothError, PacketError, ProfileError, UsageError
from footsense.sources import battery
from footsense.sources.central import Central, characteristic
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan, Settings
from footsense.sources.tasks import end_tasks
from footsense.sources.words import FAILURES, explained, in_words, no_bluetooth
from footsense.text import display
from footsense.types import RawPacket, Status

_BATTERY_S = 60.0


class _LacksError(BluetoothError):
    """A characteristic that the profile needs is not there: as told by a system that may remember what the
    device had, or tell of it too early, so it is asked once more."""


def _is_hopeless(error: Exception) -> bool:
    """There is no Bluetooth, or the sensor refuses and will again."""
    return no_bluetooth(error) is not None or isinstance(error, BleakGATTProtocolError)


class Link:
    """One sensor, streaming into `inbox` for as long as the context lasts.

    Entering connects (with retries), checks that the profile's characteristics are there and that its packets
    fit, makes the probe and setup writes, subscribes, and only then makes the start writes. A lost link is
    set up anew, all of it; if that fails, the inbox fails with a BluetoothError. Leaving makes the stop
    writes and disconnects, whatever happened. What becomes of the link is queued too, and once a minute how
    full the battery is; `rssi_dbm` is how strong the sensor was heard.
    """

    def __init__(
        self, central: Central, device: BLEDevice, label: str, plan: Plan, inbox: Inbox, *,
        rssi_dbm: int | None = None,
    ) -> None:  # fmt: skip
        self.id = uuid.uuid4().hex
        self.mtu = 23
        self.packets = 0
        self.reconnects = 0
        self._central, self._device, self._label = central, device, label
        self._plan, self._inbox, self._rssi_dbm = plan, inbox, rssi_dbm
        self._client: BleakClient | None = None
        self._trouble: BluetoothError | None = None  # of the last attempt to connect
        self._lacked = False
        self._lost = asyncio.Event()
        self._answers: dict[str, asyncio.Queue[bytes]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> Settings:
        """What the sensor was set to and has told when it was probed."""
        return self._plan.settings

    @property
    def streaming(self) -> bool:
        """Whether the sensor was connected and set up."""
        return bool(self._tasks)

    async def __aenter__(self) -> Self:
        with explained():
            await self._connect_first()
        self._tell("connected", mtu=self.mtu, rssi_dbm=self._rssi_dbm)
        keepalives = [w for w in self._plan.writes if w.phase == "keepalive"]
        tasks: list[Callable[[], Awaitable[None]]] = [self._watch, self._watch_battery]
        tasks += [partial(self._keep_alive, write) for write in keepalives]
        self._tasks = [asyncio.create_task(self._to_its_end(task)) for task in tasks]
        return self

    async def _to_its_end(self, task: Callable[[], Awaitable[None]]) -> None:
        """Whoever listens must not wait for ever for a task that has died of what nobody foresaw."""
        try:
            await task()
        except Exception as error:
            self._inbox.fail(BluetoothError(in_words(error, self._label)))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await end_tasks(self._tasks)
        finally:
            if self._client:
                await self._close(self._client)

    # connecting

    async def _connect_first(self) -> None:
        patience = self._central.patience
        try:
            async with asyncio.timeout(patience.ready_s):
                await self._connect(patience.attempts)
        except TimeoutError as error:
            raise BluetoothError(in_words(error, self._label)) from error

    async def _connect(self, attempts: int | None) -> None:
        """Connect and start the stream; raises BluetoothError after the last attempt, or at once where trying
        again cannot help. Without a number of attempts it is tried until the caller's time is over: what was
        there a moment ago may be back in the next, as Bluetooth is after a machine has slept."""
        self._lacked = False
        for attempt in count():
            last = attempts is not None and attempt == attempts - 1
            try:
                if attempt:
                    self._device = await self._central.again(self._device, self._central.patience.connect_s)
                await self._connect_once()
            except _LacksError:
                if self._lacked or last:
                    raise
                self._lacked = True
            except FAILURES as error:
                self._trouble = no_bluetooth(error) or BluetoothError(in_words(error, self._label))
                if last or (attempts is not None and _is_hopeless(error)):
                    raise self._trouble from error
            else:
                return
            await asyncio.sleep(self._central.patience.before(attempt + 1))

    async def _connect_once(self) -> None:
        patience = self._central.patience
        kw = {"timeout": patience.connect_s, **self._central.client_kw}
        if self._lacked:  # Windows remembers what a device had before its firmware was changed
            kw["winrt"] = {"use_cached_services": False}
        client = BleakClient(self._device, self._on_lost, **kw)
        try:
            async with self._central.lock, asyncio.timeout(patience.connect_s):
                await client.connect()
            self._lost.clear()
            await self._start(client)
        except BaseException:
            await self._close(client)
            raise
        self._client = client

    async def _start(self, client: BleakClient) -> None:
        self._replan(self._plan.found([c.uuid for s in client.services for c in s.characteristics]))
        first = self._plan.required if self._plan.told_by is None else self._plan.told_by
        self._check_characteristics(client, first)
        await self._write(client, "probe")
        await self._check_mtu(client)
        await self._write(client, "setup")
        self._check_characteristics(client, self._plan.required)
        for char in filter(None, map(partial(characteristic, client), self._plan.subscribe)):
            async with asyncio.timeout(self._central.patience.write_s):
                await client.start_notify(char, self._received)
        await self._write(client, "start")

    def _check_characteristics(self, client: BleakClient, needed: Sequence[tuple[str, str]]) -> None:
        missing = [char for service, char in needed if characteristic(client, char, service) is None]
        if missing:
            raise _LacksError(
                f"{self._label} lacks what its profile '{display(self._plan.name)}' needs (characteristic "
                f"{missing[0]}): check its firmware, or choose another profile"
            )

    async def _check_mtu(self, client: BleakClient) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._central.patience.mtu_s
        self.mtu = self._seen_mtu(client)
        while self.mtu < self._plan.mtu_min and loop.time() < until:
            await asyncio.sleep(0.1)  # BlueZ and WinRT tell it late
            self.mtu = self._seen_mtu(client)
        if self.mtu < self._plan.mtu_min:
            raise BluetoothError(
                f"the link to {self._label} carries packets of {self.mtu - 3} bytes, its profile needs "
                f"{self._plan.mtu_min - 3}: use another Bluetooth adapter, or settings with shorter packets"
            )

    def _seen_mtu(self, client: BleakClient) -> int:
        chars = [characteristic(client, char, service) for service, char in self._plan.required]
        told = [c.max_write_without_response_size + 3 for c in chars if c]
        # asked last: on BlueZ, which tells the length only by characteristic, it is always 23 and warns
        return max(told) if told else client.mtu_size

    async def _write(self, client: BleakClient, *phases: str) -> None:
        """Make the writes of these phases; what the device answers may change those that follow."""
        answers: dict[str, str | int | float] = {}
        try:
            for write in self._plan.writes:
                if write.phase in phases:
                    answers |= await self._made(client, write)
        except PacketError as error:
            raise self._unknown(error) from error
        self._replan(answers)

    def _replan(self, told: Settings) -> None:
        """Go on with what the device has told of itself."""
        try:
            if told and self._plan.told:
                self._plan = self._plan.told(told)
        except (UsageError, ProfileError) as error:
            raise self._unknown(error) from error

    def _unknown(self, error: Exception) -> BluetoothError:
        return BluetoothError(f"{self._label} is of a kind that its profile does not know: {error}")

    async def _made(self, client: BleakClient, write: Write) -> dict[str, str | int | float]:
        """Make a write, and tell the values of settings that its answer holds."""
        reply = write.reply
        if reply is None or not (reply.tells or write.is_read):
            await self._write_one(client, write)
            return {}
        patience = self._central.patience
        async with asyncio.timeout(patience.describe_s if reply.telling else patience.write_s):
            if write.is_read:
                return reply.read(bytes(await client.read_gatt_char(self._place(client, write))))
            return await self._answered(client, write, reply)

    async def _answered(self, client: BleakClient, write: Write, reply: Answer) -> dict[str, str | int | float]:
        said, hear = asyncio.Queue[bytes](), reply.hearing()
        self._answers[reply.char] = said
        known = reply.char in self._plan.subscribe and write.phase == "start"
        try:
            if not known:
                await client.start_notify(reply.char, self._heard)
            await self._write_one(client, write)
            while (values := hear(await said.get())) is None:
                continue
            if not known:
                await client.stop_notify(reply.char)
        finally:
            del self._answers[reply.char]
        return values

    async def _write_one(self, client: BleakClient, write: Write) -> None:
        if write.optional and characteristic(client, write.char, write.service) is None:
            return
        async with asyncio.timeout(self._central.patience.write_s):
            await client.write_gatt_char(self._place(client, write), write.payload)
        await asyncio.sleep(write.delay_s)

    def _place(self, client: BleakClient, write: Write) -> BleakGATTCharacteristic:
        char = characteristic(client, write.char, write.service)
        if char is None:
            raise BluetoothError(f"{self._label} has no characteristic {write.char}")
        return char

    # streaming

    def _heard(self, char: BleakGATTCharacteristic, data: bytearray) -> None:
        """An answer that somebody waits for."""
        if char.uuid in self._answers:
            self._answers[char.uuid].put_nowait(bytes(data))

    def _received(self, char: BleakGATTCharacteristic, data: bytearray) -> None:
        if self._answers:  # while the sensor is set up
            self._heard(char, data)
        self.packets += 1
        self._inbox.put(RawPacket(self.id, char.uuid, self._inbox.clock(), bytes(data)))

    def _on_lost(self, client: BleakClient) -> None:
        if client is self._client:
            self._lost.set()

    async def _watch(self) -> None:
        """Notices a lost or silent link and sets it up again; gives up when that brings no packet either."""
        fruitless = 0
        while fruitless < self._central.patience.attempts:
            before = self.packets
            await self._until_lost()
            fruitless = fruitless + 1 if self.packets == before else 0
            self._tell("lost")
            if not await self._set_up_again():
                return
            self._tell("back", mtu=self.mtu)
        self._inbox.fail(BluetoothError(f"{self._label} is connected but sends nothing: switch it off and on"))

    async def _set_up_again(self) -> bool:
        if self._client:
            await self._close(self._client)
        self._trouble = BluetoothError(in_words(TimeoutError(), self._label))
        try:
            async with asyncio.timeout(self._central.patience.reconnect_s):
                await self._connect(None)
        except (BluetoothError, TimeoutError) as error:
            reason = error if isinstance(error, BluetoothError) else self._trouble
            self._inbox.fail(BluetoothError(f"the link was lost and did not come back: {reason}"))
            return False
        self.reconnects += 1
        return True

    async def _until_lost(self) -> None:
        silence_s = max(self._central.patience.silence_s, 10 * self._plan.packet_s)
        while True:
            before = self.packets
            try:
                async with asyncio.timeout(silence_s):
                    await self._lost.wait()
            except TimeoutError:
                if self.packets > before:
                    continue
            return

    def _tell(self, event: str, **facts: int | None) -> None:
        self._inbox.put(Status(self._inbox.clock(), "link", {"sensor": self.id, "event": event, **facts}))

    async def _watch_battery(self) -> None:
        """Reads the battery service, where there is one, once a minute; a stream need not end for it."""
        while True:
            with contextlib.suppress(Exception):
                await self._read_battery()
            await asyncio.sleep(_BATTERY_S)

    async def _read_battery(self) -> None:
        client = self._client
        char = characteristic(client, battery.LEVEL, battery.SERVICE) if client else None
        if client and char:
            async with asyncio.timeout(self._central.patience.write_s):
                percent = battery.level(bytes(await client.read_gatt_char(char)))
            if percent is not None:
                self._tell("battery", battery_percent=int(percent))

    async def _keep_alive(self, write: Write) -> None:
        while True:
            await asyncio.sleep(max(write.every_s, 0.1))
            if self._client and self._client.is_connected:
                with contextlib.suppress(BluetoothError, *FAILURES):
                    await self._write_one(self._client, write)

    # leaving

    async def _close(self, client: BleakClient) -> None:
        """Stop writes and disconnection, each within `stop_s`; what fails here has nobody left to help. Cut
        short, it disconnects all the same, and leaves the client to be closed once more."""
        self._client = client
        try:
            with contextlib.suppress(BluetoothError, *FAILURES):
                async with asyncio.timeout(self._central.patience.stop_s):
                    if client.is_connected:
                        await self._write(client, "stop")
        finally:
            with contextlib.suppress(*FAILURES):
                async with asyncio.timeout(self._central.patience.stop_s):
                    await client.disconnect()  # also after a loss: on BlueZ the old one would notify as well
        self._client = None
