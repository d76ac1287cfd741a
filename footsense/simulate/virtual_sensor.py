"""A sensor on the virtual radio: a GATT server that advertises, understands its profile's writes, and plays a
motion as notifications, at its own pace; or one that plays it in its advertisements."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from bumble import hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from footsense.devices.matching import MANUFACTURER, SERVICE_DATA
from footsense.errors import ProfileError
from footsense.simulate.air import Air
from footsense.simulate.virtual_link import close_device, controller_of, make_device
from footsense.sources.tasks import end_tasks

_ADVERTISEMENT_BYTES = 31  # legacy advertising (Vol 6, Part B, 2.3.1)
_BASE_UUID = "-0000-1000-8000-00805f9b34fb"
HOPS = 50  # turns of the event loop; what is sent needs about ten to arrive, however slow the machine
_ADVERTISING_MS = 20.0  # the fastest that is allowed: a scan need not wait


@dataclass(frozen=True, slots=True)
class Table:
    """What a device shows on the air: its name, services (UUID to characteristics as (UUID, properties)),
    the service UUIDs and the data (by place, as profiles name them) it advertises."""

    name: str
    services: Mapping[str, Sequence[tuple[str, Sequence[str]]]]
    advertised: Sequence[str] = ()
    told: Mapping[str, bytes] = field(default_factory=dict)
    values: Mapping[str, bytes] = field(default_factory=dict)  # of characteristics that can be read


class Firmware(Protocol):
    """The program in the device."""

    table: Table

    def written(self, char: str, payload: bytes, service: str = "") -> list[tuple[str, bytes]]:
        """Take a write to the characteristic of that service (empty: any); answers to notify at once as
        (characteristic, bytes)."""
        ...

    def disconnected(self) -> None:
        """Forget what the client wrote."""
        ...

    @property
    def streaming(self) -> bool:
        """Whether the client has asked for samples."""
        ...

    def packets(self, from_s: float) -> Iterator[tuple[float, str, bytes]]:
        """(when it is complete in s, characteristic, bytes) of the motion, from a time on."""
        ...


class VirtualSensor:
    """Plays `firmware` in the air, `speed` times as fast as the motion was, or with None as fast as it goes.

    The motion begins with the first start of the stream and, at a speed, goes on whether or not anyone
    listens. `now_s` is the motion's time of the last packet; `sent` counts packets; `writes` are
    what clients wrote; `finished` is set when the motion is over.

    A sensor without services plays in its advertisements, each packet until the next one: from `start` on, or
    with no speed from `begin` on, until when it tells the first; then each packet is told as often as it
    takes to be told once. Faster than it advertises, some packets are never told.
    """

    def __init__(
        self,
        air: Air,
        firmware: Firmware,
        *,
        address: str = "C0:00:00:00:01:01",
        mtu: int = 247,
        rssi_dbm: int = -55,
        speed: float | None = 1.0,
    ) -> None:
        self.air, self.firmware, self.speed = air, firmware, speed
        self.device = make_device(air, firmware.table.name, address, rssi_dbm)
        self.device.gatt_server.max_mtu = mtu
        self.writes: list[tuple[str, bytes]] = []
        self.sent = 0
        self.now_s = 0.0
        self.finished = asyncio.Event()
        self._subscribed: set[str] = set()
        self._began: float | None = None
        self._playing: asyncio.Task[None] | None = None
        self._is_tag = not firmware.table.services
        self._chars: dict[str, Characteristic[bytes]] = {}  # those that notify have a UUID of their own
        for uuid, chars in firmware.table.services.items():
            made = {c: self._characteristic(uuid, c, properties) for c, properties in chars}
            self._chars |= made
            self.device.add_service(Service(uuid, list(made.values())))
        self.device.on("connection", self._connected)

    async def start(self) -> None:
        """Switch on and advertise."""
        await self.device.power_on()
        told = self.firmware.table.told
        if self._is_tag:
            told = dict(packet[1:] for packet in islice(self.firmware.packets(0.0), 1))
        advertisement, response = _advertising(self.firmware.table, told)
        await self.device.start_advertising(
            auto_restart=True,
            advertising_data=advertisement,
            scan_response_data=response,
            advertising_interval_min=_ADVERTISING_MS,
            advertising_interval_max=_ADVERTISING_MS,
        )
        if self._is_tag and self.speed is not None:
            self.begin()

    def begin(self) -> None:
        """Play the motion in advertisements."""
        self._playing = asyncio.get_running_loop().create_task(self._play())

    async def stop(self) -> None:
        """Switch off."""
        await self._halt()
        await close_device(self.device)

    @property
    def streaming(self) -> bool:
        """Whether it is sending."""
        return self._playing is not None and not self._playing.done()

    def drop_link(self) -> None:
        """Lose the connection, as when a body stands between."""
        self.air.drop(controller_of(self.device))

    def go_silent(self) -> None:
        """Lose the battery: the peer notices after the supervision timeout."""
        self.air.silence(controller_of(self.device))

    def _characteristic(self, service: str, uuid: str, properties: Sequence[str]) -> Characteristic[bytes]:
        flags, permissions = Characteristic.Properties(0), Characteristic.READABLE | Characteristic.WRITEABLE
        for name in properties:
            flags |= Characteristic.Properties[name.upper().replace("-", "_")]

        async def write(_: Any, payload: bytes) -> None:
            await self._written(service, uuid, payload)

        def read(_: Any) -> bytes:
            return self.firmware.table.values.get(uuid, b"")

        value = CharacteristicValue[bytes](read=read, write=write)
        characteristic = Characteristic[bytes](uuid, flags, permissions, value)
        characteristic.on(Characteristic.EVENT_SUBSCRIPTION, lambda _, notify, __: self._listen(uuid, notify))
        return characteristic

    def _connected(self, connection: Connection) -> None:
        connection.on(connection.EVENT_DISCONNECTION, self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._subscribed.clear()
        self.firmware.disconnected()
        self._follow()

    def _listen(self, uuid: str, notify: bool) -> None:
        (self._subscribed.add if notify else self._subscribed.discard)(uuid)
        self._follow()

    async def _written(self, service: str, uuid: str, payload: bytes) -> None:
        self.writes.append((uuid, payload))
        for char, answer in self.firmware.written(uuid, payload, service):
            await self._notify(char, answer)
        self._follow()

    def _follow(self) -> None:
        """Send exactly while the client has asked for samples and listens."""
        wanted = bool(self._subscribed) and self.firmware.streaming
        if wanted and not self.streaming:
            self._playing = asyncio.get_running_loop().create_task(self._play())
        elif not wanted and self._playing:
            self._playing.cancel()

    async def _halt(self) -> None:
        if self._playing:
            await end_tasks([self._playing])

    async def _play(self) -> None:
        for due_s, char, payload in self.firmware.packets(self._from_s()):
            await asyncio.sleep(self._wait_s(due_s))
            self.now_s = due_s
            await (self._notify if char in self._chars else self._advertise)(char, payload)
            self.sent += 1
        self.finished.set()

    def _from_s(self) -> float:
        """Where in the motion it is now."""
        if self.speed is None:
            return self.now_s
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        return (now - self._began) * self.speed

    def _wait_s(self, due_s: float) -> float:
        if self.speed is None or self._began is None:
            return 0.0
        return max(0.0, self._began + due_s / self.speed - asyncio.get_running_loop().time())

    async def _notify(self, char: str, payload: bytes) -> None:
        characteristic = self._chars[char]
        if Characteristic.Properties.NOTIFY in characteristic.properties:
            await self.device.notify_subscribers(characteristic, payload)
        else:
            await self.device.indicate_subscribers(characteristic, payload)

    async def _advertise(self, place: str, payload: bytes) -> None:
        """Tell this from now on; with no speed, until it has been told and has arrived."""
        advertisement, _ = _advertising(self.firmware.table, {place: payload})
        self.device.advertising_data = advertisement  # for when a link that somebody made has ended
        await self.device.send_sync_command(
            hci.HCI_LE_Set_Advertising_Data_Command(advertising_data=advertisement)
        )
        if self.speed is None:
            await controller_of(self.device).advertised()
            for _ in range(HOPS):
                await asyncio.sleep(0)


def _advertising(table: Table, told: Mapping[str, bytes]) -> tuple[bytes, bytes]:
    """Advertisement and scan response: what fits into the first 31 bytes, the name in the second. Raises
    ProfileError where the packet of a sensor that only advertises does not fit."""
    kinds = AdvertisingData.Type
    uuids = [_short(u).to_bytes() for u in table.advertised]
    by_size = {
        2: kinds.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
        16: kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    }
    parts = [(by_size[len(u)], u) for u in uuids]
    data, left = [_data(place, data) for place, data in told.items()], _ADVERTISEMENT_BYTES - 3
    if not table.services and any(len(value) + 2 > left for _, value in data):
        raise ProfileError(f"{table.name}: its packet does not fit into an advertisement")
    parts = parts + data if table.services else data + parts
    chosen = [(kinds.FLAGS, b"\x06")]
    for kind, value in parts:
        if len(value) + 2 <= left:
            chosen.append((kind, value))
            left -= len(value) + 2
    name = table.name.encode()[: _ADVERTISEMENT_BYTES - 2]
    return bytes(AdvertisingData(chosen)), bytes(AdvertisingData([(kinds.COMPLETE_LOCAL_NAME, name)]))


def _data(place: str, data: bytes) -> tuple[AdvertisingData.Type, bytes]:
    kinds = AdvertisingData.Type
    if place.startswith(MANUFACTURER):
        company = int(place.removeprefix(MANUFACTURER), 16)
        return kinds.MANUFACTURER_SPECIFIC_DATA, company.to_bytes(2, "little") + data
    return kinds.SERVICE_DATA_16_BIT_UUID, UUID(int(place.removeprefix(SERVICE_DATA), 16)).to_bytes() + data


def _short(uuid: str) -> UUID:
    """The UUID in the form that an advertisement has room for."""
    adopted = uuid.startswith("0000") and uuid.endswith(_BASE_UUID)
    return UUID(int(uuid[4:8], 16)) if adopted else UUID(uuid)
