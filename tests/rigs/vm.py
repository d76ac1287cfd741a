"""The Bluetooth adapter of a virtual machine: its controller is in the air of this process, its driver, the
kernel's Bluetooth and bluetoothd are real."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bleak.backends.bluezdbus.utils import get_dbus_authenticator
from bumble import hci
from bumble.transport import open_transport
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from footsense.simulate.air import Air, AirController

_WAIT_S = 60.0  # for the machine; it is slow where it is emulated, and slower on a busy host


async def _adapters(bus: MessageBus) -> list[bool]:
    """Of each of the machine's Bluetooth adapters whether it is powered."""
    ask = Message("org.bluez", "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    reply = await bus.call(ask)
    if reply is None or reply.message_type is MessageType.ERROR:
        return []  # bluetoothd has died, as it may when an adapter is taken from it, and is begun anew
    found = (interfaces.get("org.bluez.Adapter1") for interfaces in reply.body[0].values())
    return [told["Powered"].value for told in found if told]


async def _until(bus: MessageBus, wanted: list[bool]) -> None:
    async with asyncio.timeout(_WAIT_S):
        while await _adapters(bus) != wanted:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def adapter(air: Air, place: str) -> AsyncIterator[None]:
    """An adapter of the machine with a controller in the air, by the HCI transport (as bumble spells them) that
    makes one for as long as it is open."""
    bus = await MessageBus(bus_type=BusType.SYSTEM, auth=get_dbus_authenticator()).connect()
    controller = AirController("host", air)
    controller.public_address = hci.Address("00:A0:50:00:00:01/P")
    try:
        async with await open_transport(place) as transport:
            controller.host = transport.sink
            transport.source.set_packet_sink(controller)
            await _until(bus, [True])
            yield
    finally:
        controller.close()
        try:
            await _until(bus, [])  # the machine has noticed, and is as it was
        finally:
            bus.disconnect()
            with contextlib.suppress(EOFError):
                await bus.wait_for_disconnect()
