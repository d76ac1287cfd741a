"""Hears out a device that no profile knows: everything that it notifies, on every characteristic."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from footsense.devices.learning import Place, Written
from footsense.errors import BluetoothError
from footsense.sources.central import Central, Found, characteristic
from footsense.sources.inbox import Inbox
from footsense.sources.words import FAILURES, in_words, no_bluetooth
from footsense.text import display
from footsense.types import RawPacket

_TELLING = {"notify", "indicate"}


async def called(central: Central, name: str, scan_s: float) -> Found:
    """The device of that name or address, whether or not a profile knows it. Raises BluetoothError where none
    is heard."""
    found = await central.scan(scan_s)
    wanted = name.casefold()
    for one in found:
        if wanted in (one.name.casefold(), one.device.address.casefold()):
            return one
    near = ", ".join(f.label for f in found[:8]) or "none"
    raise BluetoothError(
        f"no device called '{display(name)}' was heard (near: {near}): switch it on, bring it near"
    )


@asynccontextmanager
async def heard_out(
    central: Central, found: Found, writes: Sequence[Written], inbox: Inbox
) -> AsyncIterator[dict[str, Place]]:
    """Connected to the device: the characteristics that it notifies on, all of them into `inbox`, after
    `writes` were made. Raises BluetoothError; a link that is lost fails the inbox."""
    patience = central.patience
    lost = BluetoothError(f"the link to {found.label} was lost: bring it nearer and begin anew")
    client = BleakClient(
        found.device, lambda _: inbox.fail(lost), timeout=patience.connect_s, **central.client_kw
    )
    try:
        try:
            async with central.lock, asyncio.timeout(patience.connect_s):
                await client.connect()
            places = await _started(client, writes, inbox, patience.write_s)
        except FAILURES as error:
            raise no_bluetooth(error) or BluetoothError(in_words(error, found.label)) from error
        yield places
    finally:
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(patience.stop_s):
                await client.disconnect()


async def _started(
    client: BleakClient, writes: Sequence[Written], inbox: Inbox, write_s: float
) -> dict[str, Place]:
    def received(char: BleakGATTCharacteristic, data: bytearray) -> None:
        inbox.put(RawPacket("", char.uuid, inbox.clock(), bytes(data)))

    places: dict[str, Place] = {}
    for service in client.services:
        for char in service.characteristics:
            if _TELLING & set(char.properties) and char.uuid not in places:
                with contextlib.suppress(*FAILURES):  # one that wants to be paired need not be the one
                    async with asyncio.timeout(write_s):
                        await client.start_notify(char, received)
                    places[char.uuid] = Place(service.uuid, tuple(char.properties))
    if not places:
        raise BluetoothError("the device has no characteristic that notifies: there is nothing to learn from")
    for write in writes:
        to = characteristic(client, write.char)
        if to is None:
            raise BluetoothError(f"the device has no characteristic {write.char}")
        async with asyncio.timeout(write_s):
            await client.write_gatt_char(to, write.payload)
    return places
