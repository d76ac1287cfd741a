"""The virtual radio under bleak's own classes: a hand-made peripheral, real HCI, L2CAP, ATT and GATT."""

import asyncio
from typing import Any

import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.exc import BleakError, BleakGATTProtocolError
from bumble import att, core

from footsense.simulate.air import Air
from footsense.simulate.virtual_link import Radio, close_device, controller_of
from tests.peripheral import CONTROL, SERVICE, STREAM, Peripheral, rig, run


async def found(radio: Radio) -> Any:
    device = await BleakScanner.find_device_by_name("toy", timeout=30, **radio.scan_kw)
    assert device
    return device


def test_scan_reports_name_services_and_strength() -> None:
    async def test() -> None:
        async with rig(rssi_dbm=-71) as (_, radio, _p):
            seen = await BleakScanner.discover(0.1, return_adv=True, **radio.scan_kw)
            ((device, data),) = seen.values()
            assert (device.address, data.local_name) == ("C0:00:00:00:00:02", "toy")
            assert (data.service_uuids, data.rssi) == ([SERVICE], -71)

    run(test())


def test_scan_filter_by_service() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            other = [CONTROL]
            assert await BleakScanner.discover(0.1, service_uuids=other, **radio.scan_kw) == []
            assert await BleakScanner.discover(0.1, service_uuids=[SERVICE], **radio.scan_kw)

    run(test())


def test_write_read_and_notifications_in_order() -> None:
    async def test() -> None:
        async with rig() as (_, radio, peripheral):
            got: list[bytes] = []
            async with BleakClient(await found(radio), **radio.client_kw) as client:
                await client.write_gatt_char(CONTROL, b"\x01\x02", response=True)
                assert bytes(await client.read_gatt_char(STREAM)) == b"hello"
                await client.start_notify(STREAM, lambda _, data: got.append(bytes(data)))
                sent = [i.to_bytes(2, "little") * 60 for i in range(300)]
                for payload in sent:
                    await peripheral.notify(payload)
                await client.stop_notify(STREAM)
                await peripheral.notify(b"unheard")
                connected = await BleakAdapter.get(backend=radio.adapter_backend)
                assert len(await connected.get_connected_devices([SERVICE])) == 1
            assert got == sent
            assert peripheral.written == [b"\x01\x02"]

    run(test())


@pytest.mark.parametrize(("server_mtu", "payload"), [(23, 20), (247, 200)])
def test_mtu_is_negotiated_and_cuts_notifications(server_mtu: int, payload: int) -> None:
    async def test() -> None:
        async with rig(mtu=server_mtu) as (_, radio, peripheral):
            got: list[int] = []
            async with BleakClient(await found(radio), **radio.client_kw) as client:
                assert client.mtu_size == server_mtu
                char = client.services.get_characteristic(STREAM)
                assert char
                assert char.max_write_without_response_size == server_mtu - 3
                await client.start_notify(char, lambda _, data: got.append(len(data)))
                await peripheral.notify(bytes(200))
                await client.stop_notify(char)
            assert got == [payload]

    run(test())


def test_refused_write_is_a_gatt_error() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p), BleakClient(await found(radio), **radio.client_kw) as client:
            with pytest.raises(BleakGATTProtocolError) as refused:
                await client.write_gatt_char(CONTROL, b"\xff", response=True)
            assert refused.value.code == att.ErrorCode.VALUE_NOT_ALLOWED

    run(test())


def test_connect_to_absent_device_times_out_and_radio_stays_usable() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            with pytest.raises(TimeoutError):
                await BleakClient("C0:00:00:00:00:99", timeout=0.1, **radio.client_kw).connect()
            async with BleakClient(await found(radio), **radio.client_kw) as client:
                assert client.is_connected

    run(test())


def test_cancelled_connection_attempt_completes_at_the_host() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            with pytest.raises(core.TimeoutError):
                await radio.device.connect_le("C0:00:00:00:00:99", timeout=0.05)

    run(test())


def test_closed_devices_leave_the_air() -> None:
    async def test() -> None:
        async with rig() as (air, _, _p):
            assert len(air.controllers) == 2
        assert not air.controllers

    run(test())


def test_cancelled_connect_leaves_radio_usable() -> None:
    async def test() -> None:
        async with rig() as (_, radio, _p):
            absent = BleakClient("C0:00:00:00:00:99", timeout=9, **radio.client_kw)
            task = asyncio.create_task(absent.connect())
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with BleakClient(await found(radio), **radio.client_kw) as client:
                assert client.is_connected

    run(test())


def test_link_loss_is_reported_to_both_ends_and_reconnect_works() -> None:
    async def test() -> None:
        async with rig() as (air, radio, peripheral):
            lost = asyncio.Event()
            client = BleakClient(await found(radio), lambda _: lost.set(), **radio.client_kw)
            await client.connect()
            air.drop(controller_of(peripheral.device))
            await asyncio.wait_for(lost.wait(), 30)
            assert not client.is_connected
            with pytest.raises(BleakError):
                await client.read_gatt_char(STREAM)
            await asyncio.sleep(0.05)
            assert not peripheral.device.connections
            await client.connect()
            assert client.is_connected
            await client.disconnect()

    run(test())


def test_request_in_flight_at_link_loss_is_an_error_not_a_cancellation() -> None:
    async def test() -> None:
        async with rig() as (air, radio, peripheral):
            client = BleakClient(await found(radio), **radio.client_kw)
            await client.connect()
            read = asyncio.create_task(client.read_gatt_char(STREAM))
            await asyncio.sleep(0)
            air.drop(controller_of(peripheral.device))
            with pytest.raises(BleakError, match="disconnected"):
                await read

    run(test())


def test_silent_peripheral_is_lost_after_the_supervision_timeout() -> None:
    async def test() -> None:
        async with rig(Air(supervision_timeout_s=0.1)) as (air, radio, peripheral):
            lost = asyncio.Event()
            client = BleakClient(await found(radio), lambda _: lost.set(), **radio.client_kw)
            await client.connect()
            air.silence(controller_of(peripheral.device))
            await asyncio.sleep(0)
            assert client.is_connected
            await asyncio.wait_for(lost.wait(), 30)

    run(test())


def test_the_air_loses_and_doubles_notifications_when_told() -> None:
    async def test() -> None:
        async with rig() as (air, radio, peripheral):
            got: list[int] = []
            async with BleakClient(await found(radio), **radio.client_kw) as client:
                await client.start_notify(STREAM, lambda _, data: got.append(data[0]))
                fates = iter([(0.0,), (), (0.0, 0.0)])
                air.fate = lambda _: next(fates)
                for i in range(3):
                    await peripheral.notify(bytes([i]))
                await client.read_gatt_char(STREAM)
            assert got == [0, 2, 2]

    run(test())


def test_two_peripherals_at_once() -> None:
    async def test() -> None:
        async with rig() as (air, radio, first):
            second = Peripheral(air, "C0:00:00:00:00:03")
            await second.start(b"toy2")
            clients = [BleakClient(a, **radio.client_kw) for a in ("C0:00:00:00:00:02", "C0:00:00:00:00:03")]
            await asyncio.gather(*(c.connect() for c in clients))
            got: list[tuple[int, bytes]] = []
            for i, client in enumerate(clients):
                await client.start_notify(STREAM, lambda _, data, i=i: got.append((i, bytes(data))))  # type: ignore[misc]
            await first.notify(b"one")
            await second.notify(b"two")
            for client in clients:
                await client.disconnect()
            assert sorted(got) == [(0, b"one"), (1, b"two")]
            await close_device(second.device)

    run(test())
