"""The client from the scan to the samples, on whichever rig is chosen (`--rig`, see tests/rigs): nothing here
knows which."""

import asyncio
import io
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from footsense.cli.analyze import command as analyze
from footsense.cli.record import Wish
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.devices import Decoder, load_profile
from footsense.errors import BluetoothError, NotHeardError
from footsense.simulate import Scenario, Simulated, simulate
from footsense.sources.central import Central
from footsense.sources.inbox import Inbox, steady_clock
from footsense.sources.plan import plan_for
from footsense.sources.source import source_of
from footsense.types import RawPacket, Status
from tests.rigs import FIRST, SECOND, rig
from tests.rigs.client import (
    DATA,
    PATIENCE,
    WAIT_S,
    Heard,
    assert_none_twice_none_missing,
    central,
    heard_of,
    streaming,
    until,
)

ACC_COUNT_G = 8 / 32768
STOP = b"\x00"


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """The rig's."""
    return str(request.config.getoption("--rig"))


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 220))


def fidgeting(seconds: float = 240.0, seed: int = 3) -> Simulated:
    return simulate(Scenario(motion="fidget", seed=seed, rate_hz=100.0, duration_s=seconds))


WEARER, OTHER = fidgeting(), fidgeting(seed=4)


def assert_true(heard: Heard, wearer: Simulated) -> None:
    """The samples are what the sensor measured at that time, none of them twice."""
    t_s, acc, gyr = heard.samples()
    index = np.rint(t_s * 100).astype(int)
    assert np.all(np.diff(index) > 0)
    assert np.abs(t_s * 100 - index).max() < 0.2
    assert np.abs(acc - wearer.acc_g[index]).max() <= ACC_COUNT_G / 2 * 1.001
    assert wearer.gyr_dps is not None
    assert np.abs(gyr - wearer.gyr_dps[index]).max() <= 2000 / 32768


def test_what_arrives_is_what_the_sensor_measured(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as sensor:
            async with streaming(await heard_of(central(here))) as heard:
                await until(lambda: len(heard.packets) >= 20)
            assert heard.said() == ["connected"]
            assert heard.said("mtu") == [247]
            assert_none_twice_none_missing(heard)
            assert heard.gaps == []
            assert_true(heard, WEARER)
            assert len(heard.samples()[0]) == 5 * len(heard.packets)
            assert [w[1][:1] for w in sensor.writes] == [b"\x01", b"\x01", STOP]

    run(test())


def test_a_lost_link_is_set_up_anew_and_nothing_comes_twice(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as sensor:
            async with streaming(await heard_of(central(here))) as heard:
                for times in (1, 2, 3):
                    before = len(heard.packets)
                    await until(lambda: len(heard.packets) >= before + 10)  # noqa: B023
                    sensor.drop_link()
                    await until(lambda: heard.link.reconnects == times)  # noqa: B023
                before = len(heard.packets)
                await until(lambda: len(heard.packets) >= before + 10)
            assert heard.said() == ["connected", *["lost", "back"] * 3]
            assert heard.said("mtu") == [247] * 4
            assert_none_twice_none_missing(heard)
            assert_true(heard, WEARER)
            assert len(heard.gaps) == 3
            setup_and_start = sensor.writes[:2]
            assert sensor.writes == setup_and_start * 4 + [(setup_and_start[1][0], STOP)]

    run(test())


def test_a_sensor_that_was_switched_off_and_on_goes_on(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here:
            async with here.sensor(WEARER):
                heard = await heard_of(central(here))
                link = streaming(heard)
                await link.__aenter__()
                await until(lambda: len(heard.packets) >= 10)
            async with here.sensor(OTHER) as sensor:
                await until(lambda: heard.link.reconnects == 1)
                before = len(heard.packets)
                await until(lambda: len(heard.packets) >= before + 10)
                await link.__aexit__(None, None, None)
                assert sensor.writes[-1][1] == STOP
            assert_none_twice_none_missing_since_restart(heard)
            (gap,) = heard.gaps
            t_s, acc, _ = heard.samples()
            first, second = (acc[p] for p in (t_s <= gap.start_s, t_s >= gap.end_s))
            assert len(first) + len(second) == len(acc)
            assert np.abs(first - WEARER.acc_g[: len(first)]).max() <= ACC_COUNT_G / 2 * 1.001
            assert np.abs(second - OTHER.acc_g[: len(second)]).max() <= ACC_COUNT_G / 2 * 1.001

    run(test())


def assert_none_twice_none_missing_since_restart(heard: Heard) -> None:
    """As its namesake; the sensor's clock began anew with the second connection."""
    first, second = heard.connections()
    for packets in (first, second):
        assert_none_twice_none_missing(replace(heard, received=list(packets)))


@asynccontextmanager
async def both(client: Central) -> AsyncIterator[tuple[Heard, Heard]]:
    """Two sensors, connected at once, streaming."""
    left, right = await heard_of(client), await heard_of(client, SECOND)
    links = [streaming(left), streaming(right)]
    await asyncio.gather(*(link.__aenter__() for link in links))
    try:
        await until(lambda: min(len(left.packets), len(right.packets)) >= 10)
        yield left, right
    finally:
        await asyncio.gather(*(link.__aexit__(None, None, None) for link in links))
    for heard, wearer in ((left, WEARER), (right, OTHER)):
        assert_none_twice_none_missing(heard)
        assert_true(heard, wearer)
    assert right.said() == ["connected"]
    assert right.gaps == []


def test_two_sensors_connect_at_once_at_the_first_attempt(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER), here.sensor(OTHER, SECOND):
            async with both(central(here, replace(PATIENCE, attempts=1))) as (left, _):
                pass
            assert left.gaps == []

    run(test())


def test_a_sensor_that_is_lost_does_not_disturb_the_other(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as one, here.sensor(OTHER, SECOND):
            async with both(central(here)) as (left, right):
                one.drop_link()
                await until(lambda: left.link.reconnects == 1)
                seen = len(left.packets), len(right.packets)
                await until(lambda: len(left.packets) >= seen[0] + 10 and len(right.packets) >= seen[1] + 10)
            assert left.said() == ["connected", "lost", "back"]
            assert len(left.gaps) == 1

    run(test())


def test_what_is_no_packet_is_counted_and_becomes_no_sample(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as sensor:
            wrong = [b"\x01", b"\x01\x05" + bytes(20), b"\x02" * 68, b"\xff" * 244]
            async with streaming(await heard_of(central(here))) as heard:
                for payload in wrong:
                    before = len(heard.packets)
                    await until(lambda: len(heard.packets) >= before + 5)  # noqa: B023
                    await sensor._notify(DATA, payload)
                await until(lambda: len(heard.packets) >= before + 10)
            came = {p.payload for p in heard.packets}
            assert came >= set(wrong)
            assert heard.session.bad_packets()[heard.link.id][0] == len(wrong)
            assert heard.gaps == []
            assert_true(heard, WEARER)
            assert len(heard.samples()[0]) == 5 * (len(heard.packets) - len(wrong))

    run(test())


def test_what_the_link_loses_is_a_hole_and_what_it_doubles_comes_once(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER):
            fates = {10: 0, 14: 2, 15: 2, **dict.fromkeys(range(20, 32), 0)}  # one packet, two, twelve
            number = count()
            async with streaming(await heard_of(central(here))) as heard:
                here.air.fate = lambda _: (0.0,) * fates.get(next(number), 1)
                await until(lambda: len(heard.packets) >= 35)
            payloads = [p.payload for p in heard.packets]
            assert len(payloads) == len(set(payloads)) + 2
            assert_true(heard, WEARER)
            assert len(heard.samples()[0]) == 5 * len(set(payloads))
            (gap,) = heard.gaps  # the hole of one packet is interpolated
            assert gap.end_s - gap.start_s == pytest.approx(0.6, abs=0.02)

    run(test())


def test_the_stop_writes_are_made_after_an_error_and_the_sensor_is_free_again(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as sensor:

            async def failing() -> None:
                async with streaming(await heard_of(central(here))) as heard:
                    await until(lambda: len(heard.packets) >= 5)
                    raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await failing()
            assert sensor.writes[-1][1] == STOP
            assert not sensor.streaming
            await until(lambda: not sensor.device.connections)
            async with streaming(await heard_of(central(here))) as heard:
                await until(lambda: len(heard.packets) >= 5)

    run(test())


LEFT = """
import asyncio, sys
from tests.rigs import Rig
from tests.rigs.client import central, heard_of, streaming, until

async def main():
    heard = await heard_of(central(Rig(None)))
    async with streaming(heard):
        await until(lambda: len(heard.packets) >= 5)
        print("streaming", flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


def test_a_sensor_that_a_killed_program_left_connected_is_taken_where_it_is_asked_for(kind: str) -> None:
    """BlueZ holds the link, and the sensor does not advertise."""
    if kind == "virtual":
        pytest.skip("not run: a virtual radio is of one process, with which its links end")

    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER) as sensor:
            other = await asyncio.create_subprocess_exec(sys.executable, "-c", LEFT, stdout=PIPE)
            assert other.stdout
            assert await asyncio.wait_for(other.stdout.readline(), WAIT_S) == b"streaming\n"
            other.kill()
            await other.wait()
            assert sensor.device.connections
            with pytest.raises(NotHeardError, match=f"'generic' .{FIRST}. is connected to this machine"):
                await central(here).find(timeout_s=1.0)
            async with streaming(await heard_of(central(here))) as heard:
                await until(lambda: len(heard.packets) >= 20)
            assert_none_twice_none_missing(heard)
            assert sensor.writes[-1][1] == STOP
            await until(lambda: not sensor.device.connections)

    run(test())


def test_a_sensor_that_is_connected_but_silent_is_told_lost_within_two_seconds(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER):
            async with streaming(await heard_of(central(here))) as heard:
                await until(lambda: len(heard.packets) >= 10)
                here.air.fate = lambda _: ()
                await until(lambda: "lost" in heard.said())
                here.air.fate = None
                await until(lambda: "back" in heard.said())
                before = len(heard.packets)
                await until(lambda: len(heard.packets) >= before + 10)
            events = [i for i in heard.received if isinstance(i, Status) and i.fields["event"] == "lost"]
            last = [p for p in heard.packets if p.host_ns < events[0].host_ns][-1]
            # by ticks of the same loop, which is late where the machine is: four a second
            ticks = [i for i in heard.received if last.host_ns < i.host_ns < events[0].host_ns]
            assert len(ticks) <= 8
            assert_true(heard, WEARER)

    run(test())


def test_a_sensor_that_is_not_there_is_an_error_in_words(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here:
            client = central(here, replace(PATIENCE, connect_s=1.0, attempts=2))
            with pytest.raises(NotHeardError, match="no sensor that a profile knows was heard in 1 s: switch"):
                await client.find(timeout_s=1.0)
            async with here.sensor(WEARER):
                heard = await heard_of(client)
            with pytest.raises(BluetoothError, match=r"^'generic' .*(bring it nearer|switch it on)"):
                async with heard.link:
                    pass

    run(test())


def test_packets_that_the_link_cannot_carry_are_refused_and_shorter_ones_are_not(kind: str) -> None:
    async def test() -> None:
        async with rig(kind) as here, here.sensor(WEARER, mtu=23, samples_per_packet=1) as sensor:
            with pytest.raises(BluetoothError, match="carries packets of 20 bytes, its profile needs 68"):
                async with (await heard_of(central(here))).link:
                    pass
            assert not sensor.streaming
            async with streaming(await heard_of(central(here), samples_per_packet=1)) as heard:
                await until(lambda: len(heard.packets) >= 50)
            assert heard.said("mtu") == [23]
            assert_none_twice_none_missing(heard)
            assert_true(heard, WEARER)

    run(test())


def test_a_session_is_recorded_through_a_lost_link_and_analysed(kind: str, tmp_path: Path) -> None:
    wearer = simulate(
        Scenario(motion="ankle-circles", side="left", seed=5, reps=3, tempo_hz=1.0, direction="cw", tidy=True)
    )
    file = tmp_path / "a.mcap"

    async def test() -> None:
        async with rig(kind) as here, here.sensor(wearer) as sensor:
            wish = Wish(file, side="left", placement="foot", duration_s=float(wearer.t_s[-1]) - 0.5)
            recording = asyncio.create_task(record(central(here), wish, screen))
            await until(lambda: sensor.now_s >= 1.0)
            sensor.drop_link()
            outcome, interrupted = await recording
            assert (outcome.error, interrupted) == (None, False)

    said = io.StringIO()
    screen = Screen(said)
    run(test())
    assert "link lost" in said.getvalue()
    assert "link back" in said.getvalue()
    told = CliRunner().invoke(analyze, [str(file), "--exercise", "ankle-circles", "--json"])
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["counts"]["circles_cw"] == len(wearer.events) == 3
    assert len(found["recording"]["gaps"]) == 1
    assert found["recording"]["rate_hz"] == pytest.approx(100, abs=1)


def test_what_a_tag_advertises_is_what_it_measured(kind: str) -> None:
    """No link is made: bleak's scanner hears it, each packet once however often it is told."""
    tag = load_profile("ruuvitag-df5")
    slow = replace(WEARER, t_s=WEARER.t_s[::100], acc_g=WEARER.acc_g[::100])

    async def test() -> None:
        async with rig(kind) as here, here.sensor(slow, profile=tag.name):
            side = Central([tag], scan_kw=here.scan_kw, client_kw=here.client_kw, patience=PATIENCE)
            found, inbox = await side.find(address=FIRST, timeout_s=WAIT_S), Inbox(steady_clock())
            source = source_of(side, found, plan_for(tag, {}), inbox)
            async with source:
                await until(lambda: source.packets >= 4)
                inbox.close()
                packets = [i async for i in inbox if isinstance(i, RawPacket)]
        told = [Decoder(tag, {}).feed(p.char, p.payload)[0] for p in packets]
        numbers = [t.sequence or 0 for t in told]
        assert len(set(numbers)) == len(numbers)
        assert numbers == sorted(numbers)
        measured = np.concatenate([t.acc_g for t in told if t.acc_g is not None])
        assert np.abs(measured - slow.acc_g[numbers]).max() <= 0.0005001

    run(test())


ACC = '[streams.data.samples]\nat = 7\nfields = [{ ch = "acc", type = ">i16", unit = "mg", null = -32768 }]'
NO_ACC = "".join(f'{{ at = {at}, type = ">i16", value = "-32768" }}, ' for at in (7, 9, 11))
SENT = "sent = [{ at = 18, "


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({ACC: "", SENT: f"sent = [{NO_ACC}{{ at = 18, "}, "switch its accelerometer on"),
        (
            {', { at = 21, type = ">u24" }]': "]"},
            r"cannot read what it says \(data: 21 bytes, the header has 24",
        ),
    ],
    ids=["none measured", "of another length"],
)
def test_a_tag_that_tells_no_acceleration_is_not_recorded_and_it_is_said(
    kind: str, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    tag = load_profile("ruuvitag-df5")
    text = tag.text[: tag.text.index("[[golden]]")]
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    (other := tmp_path / "ruuvitag-df5.toml").write_text(text)
    slow = replace(WEARER, t_s=WEARER.t_s[::100], acc_g=WEARER.acc_g[::100])

    async def test() -> None:
        async with rig(kind) as here, here.sensor(slow, profile=str(other)):
            patience = replace(PATIENCE, unheard_s=3.0)
            side = Central([tag], scan_kw=here.scan_kw, client_kw=here.client_kw, patience=patience)
            wish = Wish(tmp_path / "a.mcap", device=FIRST)
            with pytest.raises(BluetoothError, match=f"was heard, but told no acceleration in 3 s: .*{said}"):
                await record(side, wish, Screen(io.StringIO()))
            assert not (tmp_path / "a.mcap").exists()

    run(test())
