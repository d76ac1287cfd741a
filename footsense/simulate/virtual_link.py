"""A bleak backend on a virtual radio: bleak's public classes talk real HCI, L2CAP, ATT and GATT to sensors in
the same process.

    radio = await Radio.start(air)
    BleakScanner(**radio.scan_kw) ... BleakClient(device, **radio.client_kw)

The backend goes through bleak's public `backend=` keyword; nothing is patched. No operating system, network
or hardware is involved.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Self, TypeVar, cast

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName, gatt_char_props_to_strs
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core, gatt_client, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration
from bumble.host import Host

from footsense.simulate.air import Air, AirController

CLIENT_MTU = 517  # what BlueZ asks for
_T = TypeVar("_T")


def make_device(air: Air, name: str, address: str, rssi_dbm: int = -50, **config: Any) -> Device:
    """A bumble host on a controller of its own in the air, switched off. `address` is static random, so its
    first digit is C, D, E or F."""
    controller = AirController(name, air, rssi_dbm)
    host = Host(controller_source=controller, controller_sink=controller)
    settings = DeviceConfiguration(name=name, address=hci.Address(address))
    for key, value in config.items():
        setattr(settings, key, value)
    device = Device(config=settings, host=host)
    controller.host = host
    return device


def controller_of(device: Device) -> AirController:
    """The controller that `make_device` gave to the device."""
    controller = device.host.hci_sink
    assert isinstance(controller, AirController)
    return controller


async def close_device(device: Device) -> None:
    """End the device's links, switch it off and take it out of the air."""
    for connection in list(device.connections.values()):
        await _end(connection)
    await device.power_off()
    controller_of(device).close()
    for _ in range(3):  # packets already on their way are delivered to nobody before the loop may end
        await asyncio.sleep(0)


async def _end(connection: Connection) -> None:
    try:
        async with asyncio.timeout(2):
            await connection.disconnect()
    except (TimeoutError, core.BaseBumbleError):
        return  # there is nobody to end it with
    except asyncio.CancelledError:
        if _being_cancelled():
            raise


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Radio:
    """The Bluetooth adapter of the client's side: one HCI host in the air."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connecting = asyncio.Lock()  # a host can have one connection attempt pending (7.8.12)
        self._scanners: list[VirtualScanner] = []

    @classmethod
    async def start(cls, air: Air, address: str = "C0:00:00:00:00:01") -> Self:
        """Switch a radio on."""
        device = make_device(air, "client", address)
        await device.power_on()
        radio = cls(device)
        device.on("advertisement", radio._heard)
        return radio

    async def close(self) -> None:
        """Disconnect everything and switch off."""
        await close_device(self.device)

    @property
    def scan_kw(self) -> dict[str, Any]:
        """Keyword arguments for bleak.BleakScanner."""
        return {"backend": VirtualScanner, "radio": self}

    @property
    def client_kw(self) -> dict[str, Any]:
        """Keyword arguments for bleak.BleakClient."""
        return {"backend": VirtualClient, "radio": self}

    @property
    def adapter_backend(self) -> "type[VirtualAdapter]":
        """What `bleak.BleakAdapter.get(backend=...)` takes."""
        return type("VirtualAdapter", (VirtualAdapter,), {"radio": self})

    async def listen(self, scanner: "VirtualScanner", active: bool) -> None:
        """Begin to report advertisements to the scanner."""
        self._scanners.append(scanner)
        if not self.device.is_scanning:
            await self.device.start_scanning(legacy=True, active=active)

    async def unlisten(self, scanner: "VirtualScanner") -> None:
        """Stop reporting to the scanner, and scanning with the last one."""
        if scanner in self._scanners:
            self._scanners.remove(scanner)
        if not self._scanners and self.device.is_scanning:
            await self.device.stop_scanning(legacy=True)

    def _heard(self, advertisement: Advertisement) -> None:
        for scanner in list(self._scanners):
            scanner.heard(advertisement)


class VirtualScanner(BaseBleakScanner):
    """bleak's scanner on a Radio (keyword `radio`)."""

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        *,
        radio: Radio,
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._radio = radio
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        self.seen_devices = {}
        await self._radio.listen(self, self._active)

    async def stop(self) -> None:
        await self._radio.unlisten(self)

    def heard(self, advertisement: Advertisement) -> None:
        """Tell bleak of an advertisement."""
        data = _advertisement_data(advertisement)
        if not self.is_allowed_uuid(data.service_uuids):
            return
        address = _plain(advertisement.address)
        details = {"radio": self._radio, "address": advertisement.address}
        device = self.create_or_update_device(address, address, data.local_name, details, data)
        self.call_detection_callbacks(device, data)


def _plain(address: hci.Address) -> str:
    return address.to_string(with_type_qualifier=False)


def _uuid(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def _advertisement_data(advertisement: Advertisement) -> AdvertisementData:
    data = advertisement.data
    kinds = AdvertisingData.Type
    name = data.get(kinds.COMPLETE_LOCAL_NAME) or data.get(kinds.SHORTENED_LOCAL_NAME)
    return AdvertisementData(
        local_name=name,
        manufacturer_data=dict(data.get_all(kinds.MANUFACTURER_SPECIFIC_DATA)),
        service_data=_service_data(data),
        service_uuids=_service_uuids(data),
        tx_power=data.get(kinds.TX_POWER_LEVEL),
        rssi=advertisement.rssi,
        platform_data=(advertisement,),
    )


def _service_uuids(data: AdvertisingData) -> list[str]:
    kinds = AdvertisingData.Type
    lists = (
        kinds.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
        kinds.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
        kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
        kinds.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    )
    found = [data.get_all(kind) for kind in lists]
    return [_uuid(uuid) for part in found for uuids in part for uuid in cast("list[core.UUID]", uuids)]


def _service_data(data: AdvertisingData) -> dict[str, bytes]:
    kinds = AdvertisingData.Type
    found = [*data.get_all(kinds.SERVICE_DATA_16_BIT_UUID), *data.get_all(kinds.SERVICE_DATA_128_BIT_UUID)]
    return {_uuid(uuid): value for uuid, value in found}


class VirtualClient(BaseBleakClient):
    """bleak's client on a Radio (keyword `radio`); `mtu` is what it asks the server for."""

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        radio: Radio,
        mtu: int = CLIENT_MTU,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout, **kwargs
        )
        name = address_or_ble_device.name if isinstance(address_or_ble_device, BLEDevice) else None
        self._name = name or self.address.replace(":", "-")
        self._radio = radio
        self._mtu = mtu
        self._connection: Connection | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else att.ATT_DEFAULT_MTU

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: Any) -> None:
        if self._connection:
            raise BleakError("already connected")
        if pair:
            raise NotImplementedError("the virtual link has no pairing")
        async with asyncio.timeout(self._timeout):
            await self._connect()

    async def _connect(self) -> None:
        async with self._radio.connecting:
            connection = await _open(self._radio.device, hci.Address(self.address))
        self._connection = connection
        connection.on(connection.EVENT_DISCONNECTION, self._lost)
        try:
            await self._guard(lambda peer: peer.request_mtu(self._mtu))
            self.services = await self._discover()
        except BaseException:
            await self.disconnect()
            raise

    def _lost(self, _reason: int) -> None:
        self._connection, self.services = None, None
        self._callbacks.clear()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection:
            await _end(self._connection)

    async def pair(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("the virtual link has no pairing")

    async def unpair(self) -> None:
        raise NotImplementedError("the virtual link has no pairing")

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        return bytearray(await self._guard(lambda peer: peer.read_value(characteristic.handle)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: Any
    ) -> bytearray:
        return bytearray(await self._guard(lambda peer: peer.read_value(descriptor.handle)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        await self._guard(lambda peer: peer.write_value(characteristic.handle, bytes(data), response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._guard(lambda peer: peer.write_value(descriptor.handle, bytes(data), True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        def received(value: bytes) -> None:
            callback(bytearray(value))

        self._callbacks[characteristic.handle] = received
        await self._guard(lambda peer: peer.subscribe(characteristic.obj, received))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        received = self._callbacks.pop(characteristic.handle, None)
        await self._guard(lambda peer: peer.unsubscribe(characteristic.obj, received))

    async def _guard(self, request: Callable[[gatt_client.Client], Awaitable[_T]]) -> _T:
        """Make a request; bumble's errors become bleak's. A request in flight when the link is lost is
        cancelled by bumble, which must not look like the cancellation of the caller's task."""
        if self._connection is None:
            raise BleakError("not connected")
        try:
            return await request(self._connection.gatt_client)
        except asyncio.CancelledError:
            if _being_cancelled():
                raise
            raise BleakError("disconnected while waiting for an answer") from None
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except core.TimeoutError as error:
            raise TimeoutError(str(error)) from error

    async def _discover(self) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for proxy in await self._guard(lambda peer: peer.discover_services()):
            service = BleakGATTService(proxy, proxy.handle, _uuid(proxy.uuid))
            found.add_service(service)
            for char in await self._characteristics(proxy):
                await self._add_characteristic(found, service, char)
        return found

    async def _characteristics(
        self, service: gatt_client.ServiceProxy
    ) -> list[gatt_client.CharacteristicProxy[bytes]]:
        return await self._guard(lambda peer: peer.discover_characteristics((), service))

    async def _add_characteristic(
        self,
        found: BleakGATTServiceCollection,
        service: BleakGATTService,
        proxy: gatt_client.CharacteristicProxy[bytes],
    ) -> None:
        properties: list[CharacteristicPropertyName] = list(gatt_char_props_to_strs(int(proxy.properties)))
        characteristic = BleakGATTCharacteristic(
            proxy, proxy.handle, _uuid(proxy.uuid), properties, lambda: self.mtu_size - 3, service
        )
        found.add_characteristic(characteristic)
        for descriptor in await self._guard(lambda peer: peer.discover_descriptors(proxy)):
            uuid = _uuid(descriptor.type)
            found.add_descriptor(BleakGATTDescriptor(descriptor, descriptor.handle, uuid, characteristic))


async def _open(device: Device, address: hci.Address) -> Connection:
    try:
        return await device.connect_le(address, timeout=None)
    except core.ConnectionError as error:
        raise BleakDeviceNotFoundError(str(address), str(error)) from error
    except asyncio.CancelledError:
        await _withdraw(device, address)
        raise


async def _withdraw(device: Device, address: hci.Address) -> None:
    """Take back a connection attempt: bumble leaves it pending when its caller is cancelled."""
    try:
        await device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
    except hci.HCI_Error:  # too late: it has connected
        for connection in list(device.connections.values()):
            if connection.peer_address == address:
                await _end(connection)


class VirtualAdapter(BaseBleakAdapter):
    """bleak's adapter; a Radio makes a subclass that knows it."""

    radio: ClassVar[Radio]

    @classmethod
    async def get(cls, **_: Any) -> Self:
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        return [
            BLEDevice(_plain(c.peer_address), None, {"radio": self.radio, "address": c.peer_address})
            for c in self.radio.device.connections.values()
            if any(_uuid(s.uuid) in service_uuids for s in c.gatt_client.services)
        ]
