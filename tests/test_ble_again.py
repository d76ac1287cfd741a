"""The Bluetooth client on the virtual radio: links that come back late, and several of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError, BleakGATTProtocolError
from bleak.exc import BleakBluetoothNotAvailableReason as Why
from peripheral import SERVICE, STREAM, Peripheral, rig, run

from footsense.errors import BluetoothError, NotHeardError, UsageError
from footsense.simulate.virtual_link import close_device, controller_of
from footsense.sources.ble import Link
from footsense.sources.central import Central
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan
from footsense.types import Status
from tests.test_ble import PLAN, QUICK, TOY, central, streaming, time_counter, until

PATIENT = replace(QUICK, silence_s=60, reconnect_s=60, backoff_max_s=0.02)


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]),  # as where a machine wakes up
        BleakBluetoothNotAvailableError("No powered Bluetooth adapters found.", Why.POWERED_OFF),
        BleakGATTProtocolError(0x80),  # of a sensor that has only just begun to run
    ],
    ids=["away", "not ready", "off", "refused"],
)
def test_a_lost_sensor_is_tried_again_as_long_as_it_takes(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, connect = [], BleakClient.connect

    async def refused(client: BleakClient, *rest: Any) -> None:
        tried.append(1)
        if len(tried) <= 4 * QUICK.attempts:
            raise error
        await connect(client, *rest)

    async def test() -> None:
        async with streaming(patience=PATIENT) as s:
            monkeypatch.setattr(BleakClient, "connect", refused)
            s.air.drop(controller_of(s.peripheral.device))
            await until(lambda: s.link.reconnects == 1)
            s.inbox.close()
            said = [i.fields["event"] async for i in s.inbox if isinstance(i, Status)]
            assert said == ["connected", "lost", "back"]
            assert s.peripheral.written[-2:] == [b"set", b"start"]

    run(test())
    assert len(tried) == 4 * QUICK.attempts + 1


def test_bluetooth_that_is_off_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing can be heard either."""
    tried, start = [], BleakScanner.start

    async def off(scanner: BleakScanner) -> None:
        tried.append(1)
        if len(tried) <= 3:
            raise BleakBluetoothNotAvailableError("No powered Bluetooth adapters found.", Why.POWERED_OFF)
        await start(scanner)

    async def gone(*_: Any) -> None:
        monkeypatch.undo()
        monkeypatch.setattr(BleakScanner, "start", off)
        raise BleakError("gone")

    async def test() -> None:
        async with streaming(patience=PATIENT) as s:
            monkeypatch.setattr(BleakClient, "connect", gone)
            s.air.drop(controller_of(s.peripheral.device))
            await until(lambda: s.link.reconnects == 1)

    run(test())
    assert len(tried) == 4


def test_what_kept_a_sensor_away_is_said_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def off(*_: Any) -> None:
        raise BleakBluetoothNotAvailableError("No powered Bluetooth adapters found.", Why.POWERED_OFF)

    async def test() -> None:
        async with streaming(patience=replace(PATIENT, reconnect_s=0.3)) as s:
            monkeypatch.setattr(BleakClient, "connect", off)
            s.air.drop(controller_of(s.peripheral.device))
            with pytest.raises(BluetoothError, match="did not come back: Bluetooth is switched off"):
                _ = [item async for item in s.inbox]

    run(test())


def test_only_one_connects_or_scans_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """BlueZ lets two attempts at once fail. So at the beginning, and where both are lost together."""
    busy, at_once, done = 0, [], Counter[str]()

    def alone(of: type, name: str) -> None:
        method: Callable[..., Awaitable[None]] = getattr(of, name)

        async def watched(*args: Any, **kw: Any) -> None:
            nonlocal busy
            busy += 1
            at_once.append(busy)
            done[f"{of.__name__}.{name}"] += 1
            try:
                await asyncio.sleep(0.02)  # so that another has time to begin
                await method(*args, **kw)
            finally:
                busy -= 1

        monkeypatch.setattr(of, name, watched)

    async def refused_once(client: BleakClient, *rest: Any) -> None:
        if client.address not in refused:
            refused.add(client.address)
            raise BleakError("not now")
        await connect(client, *rest)

    refused, connect = set[str](), BleakClient.connect
    monkeypatch.setattr(BleakClient, "connect", refused_once)
    for of, name in ((BleakClient, "connect"), (BleakScanner, "start")):
        alone(of, name)

    async def test() -> None:
        async with rig() as (air, radio, first):
            second = Peripheral(air, "C0:00:00:00:00:03")
            await second.start()
            here = central(radio, patience=PATIENT)
            plan = Plan("toy", (STREAM,), (("", STREAM),), PLAN.writes)
            inbox = Inbox(time_counter())
            found = [await here.find(address=f"C0:00:00:00:00:0{n}") for n in (2, 3)]
            assert [f.name for f in found] == ["toy", "toy"]  # what they are called does not tell them apart
            links = [Link(here, f.device, f.label, plan, inbox) for f in found]
            await asyncio.gather(*(link.__aenter__() for link in links))
            refused.clear()
            for one in (first, second):
                air.drop(controller_of(one.device))
            await until(lambda: [link.reconnects for link in links] == [1, 1])
            await asyncio.gather(*(link.__aexit__(None, None, None) for link in links))
            await close_device(second.device)

    run(test())
    assert set(at_once) == {1}
    assert done == {"BleakClient.connect": 8, "BleakScanner.start": 2 + 4}


class Adapter:
    """A system that is connected to the toy, and to a mouse."""

    def __init__(self, details: Any) -> None:
        self._details = details

    async def get_connected_devices(self, services: list[str]) -> list[BLEDevice]:
        assert services
        toy = BLEDevice("C0:00:00:00:00:02", "toy", self._details)
        return [BLEDevice("C0:00:00:00:00:09", "mouse", {}), toy]


def connected_to_the_toy(monkeypatch: pytest.MonkeyPatch) -> Central:
    """This machine's side of Bluetooth, where the toy is connected and so does not advertise."""

    async def adapter() -> Adapter:
        return Adapter({"path": "/toy", "props": {"UUIDs": [SERVICE], "ManufacturerData": {7: bytearray(2)}}})

    class Deaf:
        def __init__(self, *_: Any) -> None: ...

        async def start(self) -> None: ...

        async def stop(self) -> None: ...

    monkeypatch.setattr(BleakAdapter, "get", adapter)
    monkeypatch.setattr("footsense.sources.central.BleakScanner", Deaf)
    return Central([TOY], patience=QUICK)


@pytest.mark.parametrize("asked", [{"name": "Toy"}, {"address": "c0:00:00:00:00:02"}])
def test_a_sensor_that_a_program_left_connected_is_found_where_it_is_asked_for(
    asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asyncio.run(connected_to_the_toy(monkeypatch).find(**asked, timeout_s=0.01))
    assert (found.device.address, found.profile) == ("C0:00:00:00:00:02", TOY)


def test_a_sensor_that_may_be_in_use_is_not_taken_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    here = connected_to_the_toy(monkeypatch)
    with pytest.raises(NotHeardError, match=r"but 'toy' \(C0.*\) is connected .* --device"):
        asyncio.run(here.find(timeout_s=0.01))
    with pytest.raises(NotHeardError, match="no sensor called 'mouse' was heard"):
        asyncio.run(here.find("mouse", timeout_s=0.01))


def test_where_the_system_does_not_tell_what_is_connected_it_is_listened_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def none() -> None:
        raise NotImplementedError

    here = connected_to_the_toy(monkeypatch)
    monkeypatch.setattr(BleakAdapter, "get", none)
    with pytest.raises(NotHeardError, match="no sensor called 'toy' was heard"):
        asyncio.run(here.find("toy", timeout_s=0.01))


def test_of_two_with_the_same_name_none_is_taken_by_it() -> None:
    async def test() -> None:
        async with rig() as (air, radio, _):
            second = Peripheral(air, "C0:00:00:00:00:03")
            await second.start()
            with pytest.raises(UsageError, match=r"'toy' \(C0:.*'toy' \(C0:.*--device NAME or ADDRESS"):
                await central(radio).find("toy")
            assert (await central(radio).find("C0:00:00:00:00:03")).device.address == "C0:00:00:00:00:03"
            await close_device(second.device)

    run(test())
