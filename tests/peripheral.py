"""A hand-made peripheral on the virtual radio and a link to it, for tests of the link itself."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from bumble import att
from bumble.core import UUID, AdvertisingData
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Service

from footsense.devices import Write
from footsense.simulate.air import Air
from footsense.simulate.virtual_link import Radio, close_device, make_device
from footsense.sources.ble import Link
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan

SERVICE = "f0070001-1000-4000-8000-00805f9b34fb"
STREAM = "f0070002-1000-4000-8000-00805f9b34fb"
CONTROL = "f0070003-1000-4000-8000-00805f9b34fb"
QUICK = Patience(attempts=2, backoff_s=0.01, mtu_s=0.1, silence_s=0.3, settle_s=0.1, reconnect_s=1)
TOY = SimpleNamespace(
    name="toy",
    match_score=lambda data: 2 if SERVICE in data.service_uuids else 0,
    broadcasts=False,
    said=lambda _: [],
    data=SimpleNamespace(chars={}),
)
WRITES = (Write("stop", CONTROL, b"stop"), Write("start", CONTROL, b"start"), Write("setup", CONTROL, b"set"))
PLAN = Plan("toy", (STREAM,), (("", STREAM), ("", CONTROL)), WRITES)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))  # in vain only; a slow machine needs no more than a few


class Peripheral:
    """One stream to notify and one characteristic to write; refuses the byte FF."""

    def __init__(self, air: Air, address: str = "C0:00:00:00:00:02", mtu: int = 247, **kw: Any) -> None:
        self.device: Device = make_device(air, "toy", address, **kw)
        self.service = SERVICE
        self.written: list[bytes] = []
        self.subscribed_at: int | None = None  # how many writes had come before
        props = Characteristic.Properties
        self.stream = Characteristic[bytes](
            STREAM, props.NOTIFY | props.READ, Characteristic.READABLE, b"hello"
        )
        value = CharacteristicValue[bytes](write=self._write)
        control = Characteristic(CONTROL, props.WRITE, Characteristic.WRITEABLE, value)
        self.device.add_service(Service(SERVICE, [self.stream, control]))
        self.device.gatt_server.max_mtu = mtu
        self.stream.on(Characteristic.EVENT_SUBSCRIPTION, self._subscribed)

    def _write(self, _connection: Any, value: bytes) -> None:
        if value == b"\xff":
            raise att.ATT_Error(att.ErrorCode.VALUE_NOT_ALLOWED)
        self.written.append(value)

    def _subscribed(self, _bearer: Any, notify: bool, _indicate: bool) -> None:
        if notify:
            self.subscribed_at = len(self.written)

    async def notify(self, payload: bytes) -> None:
        await self.device.notify_subscribers(self.stream, payload)

    async def start(self, name: bytes = b"toy", more: Sequence[tuple[int, bytes]] = ()) -> None:
        """Advertise the service, and `more` in the same packet."""
        kinds = AdvertisingData.Type
        service = UUID(self.service).to_bytes()
        uuids = AdvertisingData([(kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, service), *more])
        name_data = AdvertisingData([(kinds.COMPLETE_LOCAL_NAME, name)])
        await self.device.power_on()
        await self.device.start_advertising(
            advertising_data=bytes(uuids),
            scan_response_data=bytes(name_data),
            advertising_interval_min=20,
            advertising_interval_max=20,
            auto_restart=True,
        )


@asynccontextmanager
async def rig(air: Air | None = None, **kw: Any) -> AsyncIterator[tuple[Air, Radio, Peripheral]]:
    air = air or Air()
    radio, peripheral = await Radio.start(air), Peripheral(air, **kw)
    await peripheral.start()
    try:
        yield air, radio, peripheral
    finally:
        await radio.close()
        await close_device(peripheral.device)


def central(radio: Radio, **kw: Any) -> Central:
    kw = {"patience": QUICK, "scan_kw": radio.scan_kw, "client_kw": radio.client_kw, **kw}
    return Central([TOY], **kw)


@asynccontextmanager
async def streaming(
    plan: Plan = PLAN, air: Air | None = None, patience: Patience = QUICK, **kw: Any
) -> AsyncIterator[Any]:
    async with rig(air, **kw) as (air, radio, peripheral):
        inbox = Inbox(time_counter(), tick_s=0.05)
        here = central(radio, patience=patience)
        found = await here.find()
        async with Link(here, found.device, found.label, plan, inbox) as link:
            yield SimpleNamespace(air=air, peripheral=peripheral, inbox=inbox, link=link)


def time_counter() -> Any:
    count = iter(range(10**9))
    return lambda: next(count)


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)
