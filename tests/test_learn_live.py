"""A layout learned from a virtual sensor, over the virtual radio, through bleak."""

import asyncio
import io

import numpy as np
import pytest

from footsense.cli.learn import written
from footsense.cli.screen import Screen
from footsense.cli.teach import Lesson, Teacher, taught
from footsense.devices import Decoder, commands, load_profile
from footsense.devices.learning import Capture, Learned, learn, read_capture, written_capture
from footsense.errors import BluetoothError, UsageError
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox
from footsense.sources.listen import called, heard_out
from tests.learning.score import decoded_with, score
from tests.learning.session import session

QUICK = Patience(mtu_s=0.1)


async def teach(name: str, writes: tuple[str, ...], said: io.StringIO) -> Capture:
    profile = load_profile(name)
    rate_hz = float(profile.settings_for({})["rate_hz"])
    hand = session(np.random.default_rng(5), rate_hz, positions=9)  # as long as the lesson
    async with virtual_rig(profile, hand, None) as rig:  # type: ignore[arg-type]
        central = Central([], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
        device = profile.advertised().local_name
        return await asyncio.wait_for(
            taught(central, device, written(writes), Screen(said), rig.clock, scan_s=0.2), 60
        )


def test_a_device_that_nobody_knows_is_learned_over_bluetooth() -> None:
    said, profile = io.StringIO(), load_profile("generic")
    writes = tuple(
        f"{w.char}={w.payload.hex()}" for w in commands(profile, {}) if w.phase in ("setup", "start")
    )
    capture = asyncio.run(teach("generic", writes, said))
    assert "6 of 6" in said.getvalue()
    assert "shake" in said.getvalue()
    found = score(capture, decoded_with(Decoder(profile, {}), capture))
    assert found.verdict == "right", found.why
    kept = read_capture(written_capture(capture), "kept")
    made = learn(kept)
    assert isinstance(made, Learned)
    assert made.profile.data.chars["data"].service == profile.data.chars["data"].service
    told = [(w.phase, w.char, w.payload) for w in commands(made.profile, {})]
    asked = [("start", w.char, w.payload) for w in commands(profile, {}) if w.phase in ("setup", "start")]
    assert told == asked


def test_a_device_that_is_not_near_is_named() -> None:
    async def look() -> None:
        async with virtual_rig(load_profile("infinitime"), session(np.random.default_rng(1), 10.0)) as rig:  # type: ignore[arg-type]
            central = Central([], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            await taught(central, "Nobody", (), Screen(io.StringIO()), rig.clock, scan_s=0.2)

    with pytest.raises(BluetoothError, match=r"'Nobody' was heard \(near: 'InfiniTime'\)"):
        asyncio.run(look())


def test_a_screen_that_is_closed_is_not_told_as_a_failure_of_the_sensor() -> None:
    async def listen() -> None:
        async with virtual_rig(load_profile("infinitime"), session(np.random.default_rng(1), 10.0)) as rig:  # type: ignore[arg-type]
            central = Central([], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            found = await called(central, "InfiniTime", 0.2)
            async with heard_out(central, found, (), Inbox(rig.clock)):
                raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        asyncio.run(listen())


def test_a_slow_device_is_held_for_longer_and_a_silent_one_is_said_to_be() -> None:
    def ends_s(packets_hz: float) -> float:
        teacher, now_s = Teacher(Screen(io.StringIO()), Lesson()), 0.0
        while not teacher.over:
            teacher.seen(now_s, int(now_s * packets_hz))
            now_s += 0.25
        return now_s

    assert 45 < ends_s(50.0) < 60
    assert ends_s(1.0) > 80
    with pytest.raises(BluetoothError, match="--write CHAR=HEX"):
        ends_s(0.0)


@pytest.mark.parametrize("pair", ["2a19", "2a19=0g", "heart=01"])
def test_a_write_that_is_none_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="--write"):
        written((pair,))
