"""A scripted org.bluez on the bus in DBUS_SYSTEM_BUS_ADDRESS, so that bleak's own BlueZ backend meets
what a machine can be like. Its adapter is a virtual radio. It does as BlueZ 5.66 does; what was learned from
the real one only is marked "met"; pairing, descriptors and notifications by file descriptor are not there.

`python -m tests.rigs.bluez KIND` prints `ready` once it is there, and serves until it is ended.
Kinds: no-adapter, off, classic (an adapter without Low Energy), old, busy, not-ready, silent, well.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError, BleakGATTProtocolError
from bumble.core import AdvertisingData
from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from footsense.simulate.air import Air
from footsense.simulate.virtual_link import Radio, close_device
from tests.peripheral import Peripheral

ADAPTER = "/org/bluez/hci0"
BUS, MANAGER = "org.freedesktop.DBus", "org.freedesktop.DBus.ObjectManager"
DEVICE1, SERVICE1, CHAR1 = "org.bluez.Device1", "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
ERRORS = {"busy": "org.bluez.Error.InProgress", "not-ready": "org.bluez.Error.NotReady"}
CONNECT_S = 25.0
LATE_S = 0.1

Properties = dict[str, Variant]
Reply = tuple[str, list[Any]]
NOTHING: Reply = ("", [])


def adapter(kind: str) -> dict[str, Properties]:
    """The objects' interfaces of an adapter, as BlueZ tells them (org.bluez.Adapter)."""
    told = {"Address": Variant("s", "C0:00:00:00:00:01"), "Powered": Variant("b", kind != "off")}
    if kind != "old":
        told["Roles"] = Variant("as", ["peripheral"] if kind == "classic" else ["central", "peripheral"])
    return {"org.bluez.Adapter1": told}


def advertised(device: BLEDevice, data: AdvertisementData) -> Properties:
    """What BlueZ tells of a device when it hears it."""
    name = {"Name": Variant("s", data.local_name)} if data.local_name else {}
    return name | {
        "Alias": Variant("s", data.local_name or device.address.replace(":", "-")),
        "RSSI": Variant("n", data.rssi),
        "UUIDs": Variant("as", data.service_uuids),
        "ServiceData": Variant("a{sv}", {u: Variant("ay", d) for u, d in data.service_data.items()}),
        "ManufacturerData": Variant("a{qv}", {c: Variant("ay", d) for c, d in data.manufacturer_data.items()}),
    }


class BlueZ:
    """Answers on the bus as BlueZ does where things are of that kind."""

    def __init__(self, bus: MessageBus, kind: str, radio: Radio) -> None:
        self._bus, self._kind, self._radio = bus, kind, radio
        self._objects: dict[str, dict[str, Properties]] = (
            {} if kind == "no-adapter" else {ADAPTER: adapter(kind)}
        )
        self._scanner = BleakScanner(self._heard, **radio.scan_kw)
        self._scanning: set[str] = set()  # who asked for it
        self._near: dict[str, BLEDevice] = {}
        self._connecting: dict[str, asyncio.Task[None]] = {}
        self._clients: dict[str, BleakClient] = {}
        self._listening: dict[str, set[str]] = {}  # to a characteristic, who
        self._tasks: set[asyncio.Task[None]] = set()
        self._methods: Mapping[str, Callable[[Message], Awaitable[Reply]]] = {
            "GetManagedObjects": self._managed, "SetDiscoveryFilter": self._nothing,
            "StartDiscovery": self._start_discovery, "StopDiscovery": self._stop_discovery,
            "Connect": self._connect, "Disconnect": self._disconnect,
            "ReadValue": self._read, "WriteValue": self._write,
            "StartNotify": self._start_notify, "StopNotify": self._stop_notify,
        }  # fmt: skip

    def answer(self, message: Message) -> bool | None:
        """Handle what comes by the bus."""
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if not owner:
                self._begin(self._left(name))
        if message.message_type is not MessageType.METHOD_CALL or message.member not in self._methods:
            return None
        self._begin(self._answered(message))
        return True

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answered(self, call: Message) -> None:
        try:
            if call.path not in self._objects and call.path != "/":
                raise DBusError("org.freedesktop.DBus.Error.UnknownObject", "as scripted")  # noqa: TRY301
            reply = Message.new_method_return(call, *await self._methods[call.member](call))
        except DBusError as error:
            reply = Message.new_error(call, error.type, error.text)
        except BleakGATTProtocolError as error:
            text = f"Operation failed with ATT error: 0x{int(error.code):02x}"
            reply = Message.new_error(call, "org.bluez.Error.Failed", text)
        except (BleakError, TimeoutError) as error:
            reply = Message.new_error(call, "org.bluez.Error.Failed", str(error) or "timed out")
        self._bus.send(reply)

    async def _nothing(self, _: Message) -> Reply:
        return NOTHING

    async def _managed(self, _: Message) -> Reply:
        return "a{oa{sa{sv}}}", [self._objects]

    # what is told without being asked

    def _add(self, path: str, interface: str, properties: Properties) -> None:
        self._objects[path] = {interface: properties}
        self._tell("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, self._objects[path]])

    def _remove(self, path: str) -> None:
        self._tell("/", MANAGER, "InterfacesRemoved", "oas", [path, list(self._objects.pop(path))])

    def _change(self, path: str, interface: str, changed: Properties) -> None:
        self._objects[path][interface] |= changed
        body = [interface, changed, []]
        self._tell(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body)

    def _tell(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._bus.send(Message.new_signal(path, interface, member, signature, body))

    # the adapter

    async def _start_discovery(self, call: Message) -> Reply:
        if self._kind == "silent":
            await asyncio.sleep(3600)
        if self._kind in ERRORS:
            raise DBusError(ERRORS[self._kind], "as scripted")
        if not self._scanning:
            await self._scanner.start()
        self._scanning.add(call.sender)
        return NOTHING

    async def _stop_discovery(self, call: Message) -> Reply:
        if call.sender in self._scanning:
            self._scanning.discard(call.sender)
            if not self._scanning:
                await self._scanner.stop()
        return NOTHING

    def _heard(self, device: BLEDevice, data: AdvertisementData) -> None:
        path = f"{ADAPTER}/dev_{device.address.replace(':', '_')}"
        self._near[path] = device
        told = advertised(device, data)
        if path in self._objects:
            self._change(path, DEVICE1, told)
            return
        state = ("Connected", "ServicesResolved", "Paired", "Trusted", "Blocked")
        known = dict.fromkeys(state, Variant("b", False)) | {
            "Address": Variant("s", device.address),
            "AddressType": Variant("s", "random"),
            "Adapter": Variant("o", ADAPTER),
        }
        self._add(path, DEVICE1, known | told)

    # a device

    async def _connect(self, call: Message) -> Reply:
        path = call.path
        client = BleakClient(
            self._near[path], lambda _: self._lost(path), timeout=CONNECT_S, **self._radio.client_kw
        )
        alone = not self._connecting
        self._connecting[path] = asyncio.get_running_loop().create_task(client.connect())
        try:
            await self._connecting[path]
        except asyncio.CancelledError:
            raise DBusError("org.bluez.Error.Failed", "Operation aborted") from None
        finally:
            del self._connecting[path]
        self._clients[path] = client
        if alone:
            await self._connected(path)
        else:  # met: it answers that it has connected before the property says so
            asyncio.get_running_loop().call_later(LATE_S, lambda: self._begin(self._connected(path)))
        return NOTHING

    async def _connected(self, path: str) -> None:
        client = self._clients.get(path)
        if client is None:
            return
        advertised = self._objects[path][DEVICE1]["UUIDs"].value
        uuids = sorted({*advertised, *(service.uuid for service in client.services)})
        self._change(path, DEVICE1, {"Connected": Variant("b", True), "UUIDs": Variant("as", uuids)})
        for service in client.services:
            place = f"{path}/service{service.handle:04x}"
            self._add(place, SERVICE1, {"UUID": Variant("s", service.uuid), "Device": Variant("o", path),
                                        "Primary": Variant("b", True)})  # fmt: skip
            for char in service.characteristics:
                here = f"{place}/char{char.handle:04x}"
                self._add(here, CHAR1, _described(place, char))
                if self._listening.get(here):  # met: whoever has not left the bus goes on listening
                    await client.start_notify(char, partial(self._notified, here))
        self._change(path, DEVICE1, {"ServicesResolved": Variant("b", True)})

    def _lost(self, path: str) -> None:
        self._clients.pop(path, None)
        for place in [p for p in self._objects if p.startswith(f"{path}/")]:
            self._remove(place)
        no = Variant("b", False)
        self._change(path, DEVICE1, {"ServicesResolved": no})
        self._change(path, DEVICE1, {"Connected": no})

    async def _disconnect(self, call: Message) -> Reply:
        if call.path in self._connecting:
            self._connecting[call.path].cancel()
        elif call.path in self._clients:
            await self._clients[call.path].disconnect()
        return NOTHING

    # a characteristic

    def _of(self, path: str) -> tuple[BleakClient, BleakGATTCharacteristic]:
        client = self._clients.get(path.rsplit("/", 2)[0])
        char = client.services.get_characteristic(int(path[-4:], 16)) if client else None
        if client is None or char is None:
            raise DBusError("org.bluez.Error.NotConnected", "Not Connected")
        return client, char

    async def _read(self, call: Message) -> Reply:
        client, char = self._of(call.path)
        value = bytes(await client.read_gatt_char(char))
        self._change(call.path, CHAR1, {"Value": Variant("ay", value)})
        return "ay", [value]

    async def _write(self, call: Message) -> Reply:
        client, char = self._of(call.path)
        value, options = call.body
        command = "type" in options and options["type"].value == "command"
        await client.write_gatt_char(char, bytes(value), response=not command)
        return NOTHING

    async def _start_notify(self, call: Message) -> Reply:
        client, char = self._of(call.path)
        listening = self._listening.setdefault(call.path, set())
        if call.sender in listening:
            raise DBusError("org.bluez.Error.InProgress", "Operation already in progress")
        listening.add(call.sender)
        if len(listening) == 1:
            await client.start_notify(char, partial(self._notified, call.path))
        return NOTHING

    async def _stop_notify(self, call: Message) -> Reply:
        await self._unlisten(call.path, call.sender)
        return NOTHING

    async def _unlisten(self, path: str, who: str) -> None:
        listening = self._listening.get(path, set())
        if who in listening:
            listening.discard(who)
            with contextlib.suppress(DBusError, BleakError):
                client, char = self._of(path)
                if not listening:
                    await client.stop_notify(char)

    async def _left(self, who: str) -> None:
        """Somebody's connection to the bus is closed."""
        if who in self._scanning:
            self._scanning.discard(who)
            if not self._scanning:
                await self._scanner.stop()
        for path in list(self._listening):
            await self._unlisten(path, who)

    def _notified(self, path: str, _: BleakGATTCharacteristic, value: bytearray) -> None:
        for _who in self._listening.get(path, ()):  # met: once for each, and all hear each
            self._change(path, CHAR1, {"Value": Variant("ay", bytes(value))})

    async def close(self) -> None:
        """Leave the air and the bus."""
        for task in [*self._tasks, *self._connecting.values()]:
            task.cancel()
        for client in list(self._clients.values()):
            await client.disconnect()
        if self._scanning:
            await self._scanner.stop()
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()


def _described(service: str, char: BleakGATTCharacteristic) -> Properties:
    return {
        "UUID": Variant("s", char.uuid),
        "Service": Variant("o", service),
        "Flags": Variant("as", list(char.properties)),
        "MTU": Variant("q", char.max_write_without_response_size + 3),
    }


@asynccontextmanager
async def served(kind: str, radio: Radio) -> AsyncIterator[None]:
    """An org.bluez of that kind, for as long as the context lasts."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bluez = BlueZ(bus, kind, radio)
    bus.add_message_handler(bluez.answer)
    rule = f"type='signal',sender='{BUS}',member='NameOwnerChanged'"
    await bus.call(Message(BUS, "/org/freedesktop/DBus", BUS, "AddMatch", signature="s", body=[rule]))
    await bus.request_name("org.bluez")
    try:
        yield
    finally:
        await bluez.close()


async def main(kind: str) -> None:
    """Serve, with one device that advertises, whose name tries to move the cursor."""
    air = Air()
    radio, toy = await Radio.start(air), Peripheral(air, rssi_dbm=-61)
    battery = (AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID, bytes.fromhex("0f182a"))
    await toy.start(b"toy\x1b[2J", [battery])
    try:
        async with served(kind, radio):
            print("ready", flush=True)
            await asyncio.sleep(3600)
    finally:
        await radio.close()
        await close_device(toy.device)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
