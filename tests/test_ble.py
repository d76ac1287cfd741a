"""The Bluetooth client against a hand-made peripheral on the virtual radio."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bleak import BleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError, BleakGATTProtocolError
from bleak.exc import BleakBluetoothNotAvailableReason as Why
from peripheral import CONTROL, SERVICE, STREAM, Peripheral, rig, run

from footsense.devices import Write
from footsense.errors import BluetoothError, UsageError
from footsense.simulate.air import Air
from footsense.simulate.virtual_link import Radio, close_device, controller_of
from footsense.sources import battery
from footsense.sources.ble import Link
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox, steady_clock
from footsense.sources.plan import Plan
from footsense.sources.words import explained, no_bluetooth
from footsense.types import Command, RawPacket, Status, Tick

QUICK = Patience(
    attempts=2,
    backoff_s=0.01,
    mtu_s=0.1,
    silence_s=0.3,
    settle_s=0.1,
    reconnect_s=1,
)
TOY = SimpleNamespace(
    name="toy",
    match_score=lambda data: 2 if SERVICE in data.service_uuids else 0,
    broadcasts=False,
    said=lambda _: [],
    data=SimpleNamespace(chars={}),
)


WRITES = (Write("stop", CONTROL, b"stop"), Write("start", CONTROL, b"start"), Write("setup", CONTROL, b"set"))
PLAN = Plan(
    "toy",
    (STREAM,),
    (
        ("", STREAM),
        ("", CONTROL),
    ),
    WRITES,
)


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


def test_a_characteristic_that_is_missing_is_looked_for_once_more() -> None:
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
            async with link:
                assert peripheral.written == [b"stop", b"set", b"start"]

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


def test_lost_link_is_noted_and_set_up_again() -> None:
    async def test() -> None:
        async with streaming(patience=replace(QUICK, silence_s=60)) as s:
            s.air.drop(controller_of(s.peripheral.device))
            await until(lambda: s.link.reconnects == 1)
            await s.peripheral.notify(b"again")
            await until(lambda: s.link.packets == 1)
            s.inbox.close()
            said = [i.fields async for i in s.inbox if isinstance(i, Status)]
            assert [f["event"] for f in said] == ["connected", "lost", "back"]
            assert [f.get("mtu") for f in said] == [247, None, 247]
            assert {f["sensor"] for f in said} == {s.link.id}
            assert s.peripheral.written == [b"set", b"start"] * 2

    run(test())


class Cut(Air):
    """Loses the link once, with the packet of that number that either end sends."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def send_acl_data(self, sender_controller: Any, *rest: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.drop(sender_controller)
        super().send_acl_data(sender_controller, *rest)


PACKETS = 33  # that are sent up to the first notification


@pytest.mark.parametrize("at", range(1, PACKETS + 1, 5))
def test_a_link_lost_at_any_phase_of_the_setting_up_is_set_up_again_from_the_beginning(at: int) -> None:
    async def test() -> None:
        air = Cut(at)
        async with streaming(air=air, patience=replace(QUICK, silence_s=60)) as s:
            assert s.peripheral.written[-2:] == [b"set", b"start"]
            assert s.peripheral.subscribed_at == len(s.peripheral.written) - 1
            while s.link.packets == 0:  # the last of the cuts come with it, and the link is set up again
                await s.peripheral.notify(b"there")
                await asyncio.sleep(0.02)
            assert s.peripheral.written[-2:] == [b"set", b"start"]
            assert air.left <= 0

    run(test())


def test_silence_counts_as_a_lost_link() -> None:
    async def test() -> None:
        async with streaming() as s:
            await until(lambda: s.link.reconnects == 1)

    run(test())


def test_a_sensor_that_never_sends_is_given_up() -> None:
    async def test() -> None:
        async with streaming(patience=replace(QUICK, silence_s=0.1)) as s:
            with pytest.raises(BluetoothError, match="sends nothing"):
                _ = [item async for item in s.inbox]
            assert s.link.reconnects == QUICK.attempts

    run(test())


def test_what_nobody_foresaw_ends_the_stream_instead_of_leaving_it_silent() -> None:
    async def boom(_attempts: None) -> None:
        raise KeyError("a bug in a backend")

    async def test() -> None:
        async with streaming() as s:
            s.link._connect = boom
            with pytest.raises(BluetoothError, match="a bug in a backend"):
                _ = [item async for item in s.inbox]

    run(test())


def test_leaving_while_the_link_is_set_up_again_disconnects() -> None:
    async def test() -> None:
        async def slow(_client: Any, *_phases: str) -> None:
            stopping.set()
            await asyncio.sleep(60)

        stopping = asyncio.Event()
        async with streaming() as s:
            s.link._write, client = slow, s.link._client
            await stopping.wait()  # it was silent for too long
            await s.link.__aexit__(None, None, None)
            assert not client.is_connected

    run(test())


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


def test_a_system_that_never_begins_to_listen_is_not_waited_for() -> None:
    class Stuck(BaseBleakScanner):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__(None, None)

        async def start(self) -> None:
            await asyncio.sleep(3600)

        async def stop(self) -> None:
            """It was never begun."""

    async def test() -> None:
        device: Any = SimpleNamespace(address="C0:00:00:00:00:02")
        async with asyncio.timeout(5):
            assert await Central([], scan_kw={"backend": Stuck}).again(device, 0.05) is device

    run(test())


def test_a_first_setting_up_that_does_not_end_is_not_waited_for() -> None:
    async def test() -> None:
        endless = Plan(
            "toy", (STREAM,), (("", STREAM),), (Write("setup", CONTROL, b"set", delay_s=3600), *WRITES)
        )
        async with rig() as (_, radio, peripheral):
            here = central(radio, patience=replace(QUICK, ready_s=0.3))
            found = await here.find()
            with pytest.raises(BluetoothError, match=r"'toy' did not answer in time: bring it nearer"):
                async with (
                    asyncio.timeout(30),
                    Link(here, found.device, "'toy'", endless, Inbox(time_counter())),
                ):
                    pass
            assert peripheral.written == [b"set", b"stop"]

    run(test())


@pytest.mark.parametrize("what", ["connect", "write_gatt_char", "start_notify"])
def test_what_is_never_answered_is_not_waited_for(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> None:
        await asyncio.sleep(3600)

    async def test() -> None:
        async with rig() as (_, radio, _):
            here = central(radio, patience=replace(QUICK, connect_s=0.2, write_s=0.2, stop_s=0.2, ready_s=3600))
            found = await here.find()
            monkeypatch.setattr(BleakClient, what, never)
            with pytest.raises(BluetoothError, match=r"'toy' did not answer in time: bring it nearer"):
                async with asyncio.timeout(30), Link(here, found.device, "'toy'", PLAN, Inbox(time_counter())):
                    pass

    run(test())


def test_between_attempts_is_waited_twice_as_long_each_time_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept, sleep = [], asyncio.sleep

    async def noted(delay_s: float, *rest: Any) -> None:
        slept.append(delay_s)
        await sleep(min(delay_s, 0.01), *rest)

    async def refused(*_: Any, **__: Any) -> None:
        raise BleakError("not now")

    async def test() -> None:
        async with rig() as (_, radio, _):
            here = central(radio, patience=replace(QUICK, attempts=5, backoff_s=123.0, backoff_max_s=500.0))
            found = await here.find()
            monkeypatch.setattr(BleakClient, "connect", refused)
            monkeypatch.setattr(asyncio, "sleep", noted)
            with pytest.raises(BluetoothError, match="'toy': not now"):
                async with Link(here, found.device, "'toy'", PLAN, Inbox(time_counter())):
                    pass

    run(test())
    assert [s for s in slept if s >= 123.0] == [123.0, 246.0, 492.0, 500.0]


def test_keepalive_is_written_again_and_again() -> None:
    async def test() -> None:
        plan = Plan("toy", (STREAM,), (("", STREAM),), (Write("keepalive", CONTROL, b"awake", every_s=0.1),))
        async with streaming(plan, patience=replace(QUICK, silence_s=60)) as s:
            await until(lambda: len(s.peripheral.written) >= 2)
            assert set(s.peripheral.written) == {b"awake"}

    run(test())


def test_a_write_that_swallows_the_cancellation_cannot_keep_the_link_open() -> None:
    async def test() -> None:
        async def deaf(_client: Any, _write: Write) -> None:
            if not writing.is_set():
                writing.set()
                with contextlib.suppress(asyncio.CancelledError):  # as asyncio.wait_for can, before 3.12
                    await asyncio.sleep(60)

        writing = asyncio.Event()
        plan = Plan("toy", (STREAM,), (("", STREAM),), (Write("keepalive", CONTROL, b"awake", every_s=0.1),))
        async with streaming(plan, patience=replace(QUICK, silence_s=60)) as s:
            s.link._write_one = deaf
            await writing.wait()
        assert all(task.done() for task in s.link._tasks)

    run(test())


def test_link_that_stays_lost_is_an_error_after_what_was_received() -> None:
    async def test() -> None:
        async with streaming(air=Air(supervision_timeout_s=0.1)) as s:
            await s.peripheral.notify(b"last")
            await until(lambda: s.link.packets == 1)
            s.air.silence(controller_of(s.peripheral.device))
            got: list[Any] = []

            async def listen() -> None:
                async for item in s.inbox:
                    got.append(item)  # noqa: PERF401, a comprehension would lose what came before the error

            with pytest.raises(BluetoothError, match="the link was lost and did not come back"):
                await listen()
            assert [i.payload for i in got if isinstance(i, RawPacket)] == [b"last"]

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
