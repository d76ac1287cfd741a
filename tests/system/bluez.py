"""A scripted org.bluez on the bus in DBUS_SYSTEM_BUS_ADDRESS, so that bleak's own BlueZ backend meets what a
machine can be like; `python bluez.py KIND` prints `ready` once it is there, and serves until it is ended.

Kinds: no-adapter, off, classic (an adapter without Low Energy), old, busy, not-ready, silent, well.
"""

import asyncio
import sys
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

ADAPTER, DEVICE = "/org/bluez/hci0", "/org/bluez/hci0/dev_C0_00_00_00_00_02"
MANAGER = "org.freedesktop.DBus.ObjectManager"
BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"
OURS = "f0070001-1000-4000-8000-00805f9b34fb"  # another maker's: no profile knows it
ERRORS = {"busy": "org.bluez.Error.InProgress", "not-ready": "org.bluez.Error.NotReady"}


def adapter(kind: str) -> dict[str, dict[str, Variant]]:
    """The objects' interfaces of an adapter, as BlueZ tells them (org.bluez.Adapter)."""
    told = {"Address": Variant("s", "C0:00:00:00:00:01"), "Powered": Variant("b", kind != "off")}
    if kind != "old":
        told["Roles"] = Variant("as", ["peripheral"] if kind == "classic" else ["central", "peripheral"])
    return {"org.bluez.Adapter1": told}


def device() -> dict[str, dict[str, Variant]]:
    """A device that advertises, whose name tries to move the cursor."""
    return {
        "org.bluez.Device1": {
            "Address": Variant("s", "C0:00:00:00:00:02"),
            "Adapter": Variant("o", ADAPTER),
            "Name": Variant("s", "toy\x1b[2J"),
            "Alias": Variant("s", "toy\x1b[2J"),
            "RSSI": Variant("n", -61),
            "UUIDs": Variant("as", [OURS]),
            "ServiceData": Variant("a{sv}", {BATTERY: Variant("ay", b"\x2a")}),
        }
    }


async def serve(kind: str) -> None:
    """Answer as BlueZ does where things are of that kind."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()

    def answer(call: Message) -> Message | bool | None:
        if call.message_type is not MessageType.METHOD_CALL:
            return None
        if call.member == "GetManagedObjects":
            objects: dict[str, Any] = {} if kind == "no-adapter" else {ADAPTER: adapter(kind)}
            return Message.new_method_return(call, "a{oa{sa{sv}}}", [objects])
        if call.member == "StartDiscovery":
            return started(call)
        return (
            Message.new_method_return(call) if call.member in ("SetDiscoveryFilter", "StopDiscovery") else None
        )

    def started(call: Message) -> Message | bool:
        if kind in ERRORS:
            return Message.new_error(call, ERRORS[kind], "as scripted")
        if kind == "silent":
            return True  # no answer
        added = [DEVICE, device()]
        signal = Message.new_signal("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", added)
        asyncio.get_running_loop().call_later(0.2, bus.send, signal)
        return Message.new_method_return(call)

    bus.add_message_handler(answer)
    await bus.request_name("org.bluez")
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
