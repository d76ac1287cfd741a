"""A link that is lost, or on which nothing comes or is answered: it is set up again, or given up in words."""

import asyncio
import contextlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bleak import BleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakError

from footsense.devices import Write
from footsense.errors import BluetoothError
from footsense.simulate.air import Air
from footsense.simulate.virtual_link import controller_of
from footsense.sources.ble import Link
from footsense.sources.central import Central
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan
from footsense.types import RawPacket, Status
from tests.peripheral import (
    CONTROL,
    PLAN,
    QUICK,
    STREAM,
    WRITES,
    central,
    rig,
    run,
    streaming,
    time_counter,
    until,
)


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
            s.inbox.close()
            said = [i.fields["event"] async for i in s.inbox if isinstance(i, Status)]
            assert said[:3] == ["connected", "lost", "back"]

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
