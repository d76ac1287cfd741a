"""A hand-made peripheral on the virtual radio, for tests of the link itself."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bumble import att
from bumble.core import UUID, AdvertisingData
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Service

from footsense.simulate.air import Air
from footsense.simulate.virtual_link import Radio, close_device, make_device

SERVICE = "f0070001-1000-4000-8000-00805f9b34fb"
STREAM = "f0070002-1000-4000-8000-00805f9b34fb"
CONTROL = "f0070003-1000-4000-8000-00805f9b34fb"


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
