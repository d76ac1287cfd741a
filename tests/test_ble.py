"""The Bluetooth client against a hand-made peripheral on the virtual radio."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from bleak import BleakClient
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakGATTProtocolError
from bleak.exc import BleakBluetoothNotAvailableReason as Why

from footsense.devices import Write
from footsense.errors import BluetoothError, UsageError
from footsense.simulate.virtual_link import close_device
from footsense.sources import battery
from footsense.sources.ble import Link
from footsense.sources.inbox import Inbox, steady_clock
from footsense.sources.plan import Plan
from footsense.sources.words import explained, no_bluetooth
from footsense.types import Command, RawPacket, Status, Tick
from tests.peripheral import (
    CONTROL,
    PLAN,
    QUICK,
    SERVICE,
    STREAM,
    TOY,
    Peripheral,
    central,
    rig,
    run,
    streaming,
    time_counter,
    until,
)


def test_scan_puts_the_sensor_that_a_profile_knows_first() -> None:
    async def test() -> None:
        async with rig(rssi_dbm=-90) as (air, radio, _):
            near = Peripheral(air, "C0:00:00:00:00:03", rssi_dbm=-40)
            near.service = CONTROL
            await near.start(b"other")
            found = await central(radio).scan(0.1)
            assert [(f.name, f.profile, f.rssi_dbm) for f in found] == [("toy", TOY, -90), ("other", None, -40)]
            await close_device(near.device)

    run(test())


def test_find_wants_to_be_told_which_of_two() -> None:
    async def test() -> None:
        async with rig() as (air, radio, _):
            second = Peripheral(air, "C0:00:00:00:00:03")
            await second.start(b"to\x1b[31my")
            with pytest.raises(UsageError, match=r"--device") as refused:
                await central(radio).find()
            assert "\x1b" not in str(refused.value)
            assert (await central(radio).find("TOY")).device.address == "C0:00:00:00:00:02"
            assert (await central(radio).find("c0:00:00:00:00:03")).name == "to\x1b[31my"
            await close_device(second.device)

    run(test())


def test_find_says_that_nothing_was_heard() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            with pytest.raises(BluetoothError, match=r"no sensor called 'x' was heard in 0\.1 s"):
                await central(radio).find("x", timeout_s=0.1)

    run(test())


def test_find_says_that_no_profile_knows_the_sensor_it_was_asked_for() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            here = central(radio)
            here.profiles = ()
            with pytest.raises(
                BluetoothError, match=r"'toy' \(C0.*\) is near, but none of the profiles knows it"
            ):
                await here.find("toy", timeout_s=0.2)
            with pytest.raises(BluetoothError, match="no sensor that a profile knows"):
                await here.find(timeout_s=0.2)

    run(test())


def test_stream_arrives_complete_and_in_order_and_writes_are_made_in_order() -> None:
    async def test() -> None:
        async with streaming() as s:
            for i in range(200):
                await s.peripheral.notify(i.to_bytes(2, "big"))
            await until(lambda: s.link.packets == 200)
            s.inbox.close()
            packets = [p async for p in s.inbox if isinstance(p, RawPacket)]
            assert [int.from_bytes(p.payload, "big") for p in packets] == list(range(200))
            assert {(p.sensor, p.char) for p in packets} == {(s.link.id, STREAM)}
            assert s.peripheral.written == [b"set", b"start"]
            assert s.peripheral.subscribed_at == 1  # between the setup and the start write
        assert s.peripheral.written == [b"set", b"start", b"stop"]

    run(test())


def test_stop_is_written_after_an_error_and_after_cancellation() -> None:
    async def test() -> None:
        with pytest.raises(ZeroDivisionError):
            async with streaming() as s:
                raise ZeroDivisionError
        assert s.peripheral.written[-1] == b"stop"

        async def forever() -> None:
            async with streaming() as s:
                seen.append(s)
                await asyncio.sleep(60)

        seen: list[Any] = []
        task = asyncio.create_task(forever())
        await until(lambda: seen)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert seen[0].peripheral.written[-1] == b"stop"

    run(test())


def test_missing_characteristic_and_short_packets_are_refused_with_the_reason() -> None:
    async def test() -> None:
        with pytest.raises(BluetoothError, match="lacks what its profile 'toy' needs"):
            async with streaming(
                Plan(
                    "toy",
                    (STREAM,),
                    (
                        ("", STREAM),
                        ("", SERVICE),
                    ),
                )
            ):
                pass
        with pytest.raises(BluetoothError, match="carries packets of 20 bytes, its profile needs 97"):
            async with streaming(Plan("toy", (STREAM,), (("", STREAM),), mtu_min=100), mtu=23):
                pass
        async with streaming(Plan("toy", (STREAM,), (("", STREAM),), mtu_min=100), mtu=100) as s:
            assert s.link.mtu == 100

    run(test())


def test_a_characteristic_that_is_missing_is_looked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, cached = BleakClient.__init__, []

    def noted(client: BleakClient, *rest: Any, **kw: Any) -> None:
        cached.append(kw.get("winrt", {}).get("use_cached_services"))
        begin(client, *rest, **kw)

    async def test() -> None:
        async with rig() as (_, radio, peripheral):
            here = central(radio)
            found = await here.find()
            link = Link(here, found.device, found.label, PLAN, Inbox(time_counter()))
            check, looked = link._check_characteristics, []

            def too_early(client: Any, needed: Any) -> None:
                looked.append(needed)
                check(client, [("", SERVICE)] if len(looked) == 1 else needed)

            link._check_characteristics = too_early
            monkeypatch.setattr(BleakClient, "__init__", noted)
            async with link:
                assert peripheral.written == [b"stop", b"set", b"start"]
                assert cached == [None, False]  # Windows may remember what the device had

    run(test())


def test_a_sensor_that_lacks_what_stops_it_is_left_all_the_same() -> None:
    async def test() -> None:
        async with rig() as (_, radio, peripheral):
            plan = Plan("toy", (STREAM,), (("", SERVICE),), (Write("stop", SERVICE, b"stop"),))
            here = central(radio)
            found = await here.find()
            with pytest.raises(BluetoothError, match="lacks what its profile 'toy' needs"):
                async with Link(here, found.device, found.label, plan, Inbox(time_counter())):
                    pass
            await until(lambda: not peripheral.device.connections)

    run(test())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BleakGATTProtocolError(0x80), "'toy'"),  # the sensor refuses, and will again
        (BleakBluetoothNotAvailableError("off", Why.POWERED_OFF), "Bluetooth"),
    ],
)
def test_where_trying_again_cannot_help_it_is_said_at_once(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    async def refused(*_: Any, **__: Any) -> None:
        tried.append(1)
        raise error

    async def test() -> None:
        async with rig() as (_, radio, _):
            here = central(radio, patience=replace(QUICK, attempts=4))
            found = await here.find()
            monkeypatch.setattr(BleakClient, "write_gatt_char", refused)
            monkeypatch.setattr(Link, "_close", _left)  # its stop writes are refused as well
            with pytest.raises(BluetoothError, match=said):
                async with Link(here, found.device, "'toy'", PLAN, Inbox(time_counter())):
                    pass

    run(test())
    assert tried == [1]


async def _left(_link: Link, client: BleakClient) -> None:
    await client.disconnect()


def test_a_battery_that_cannot_be_read_does_not_end_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(_value: bytes) -> None:
        asked.set()
        raise KeyError("a bug in a backend")

    asked = asyncio.Event()
    monkeypatch.setattr(battery, "LEVEL", STREAM)
    monkeypatch.setattr(battery, "level", boom)

    async def test() -> None:
        async with streaming(patience=replace(QUICK, silence_s=60)) as s:
            await asked.wait()
            await s.peripheral.notify(b"still there")
            s.inbox.close()
            assert not [i.fields async for i in s.inbox if isinstance(i, Status) and "battery" in i.fields]
            assert not any(task.done() for task in s.link._tasks)

    run(test())


def test_keepalive_is_written_again_and_again() -> None:
    async def test() -> None:
        plan = Plan("toy", (STREAM,), (("", STREAM),), (Write("keepalive", CONTROL, b"awake", every_s=0.1),))
        async with streaming(plan, patience=replace(QUICK, silence_s=60)) as s:
            await until(lambda: len(s.peripheral.written) >= 2)
            assert set(s.peripheral.written) == {b"awake"}

    run(test())


def test_full_inbox_counts_what_it_drops() -> None:
    async def test() -> None:
        inbox = Inbox(time_counter(), limit=3)
        for i in range(5):
            inbox.put(RawPacket("s", "c", i, b""))
        inbox.put(Command(9, "end"))
        inbox.close()
        told, *got = [item async for item in inbox]
        assert (len(got), inbox.dropped) == (4, 2)
        assert isinstance(got[-1], Command)
        assert isinstance(told, Status)
        assert told.fields == {"event": "dropped", "packets": 2}

    run(test())


def test_inbox_ticks_while_nothing_comes() -> None:
    async def test() -> None:
        inbox = Inbox(steady_clock(), tick_s=0.01)
        asyncio.get_running_loop().call_later(0.2, inbox.close)
        ticks = [item async for item in inbox]
        assert len(ticks) >= 3
        assert all(isinstance(t, Tick) for t in ticks)

    run(test())


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file"),
        BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["The name org.bluez was not provided"]),
        BleakBluetoothNotAvailableError("No Bluetooth adapters found.", Why.NO_BLUETOOTH),
        BleakBluetoothNotAvailableError("No powered Bluetooth adapters found.", Why.POWERED_OFF),
    ],
)
def test_a_machine_without_bluetooth_is_pointed_to_the_demo(error: Exception) -> None:
    words = no_bluetooth(error)
    assert words is not None
    assert "footsense demo" in str(words)


def test_any_error_of_bleak_becomes_one_line() -> None:
    with pytest.raises(BluetoothError) as told, explained():
        raise BleakDBusError("org.bluez.Error.Failed", ["br-connection\ncanceled"])
    assert "cannot be used: [org.bluez.Error.Failed] br-connection\\x0acanceled" in str(told.value)
    with pytest.raises(BluetoothError, match="another program keeps the Bluetooth adapter busy"), explained():
        raise BleakDBusError("org.bluez.Error.InProgress", ["Operation already in progress"])


def test_other_errors_are_not_taken_for_missing_bluetooth() -> None:
    assert no_bluetooth(BleakDBusError("org.bluez.Error.Failed", ["br-connection-canceled"])) is None
    assert no_bluetooth(TimeoutError()) is None
