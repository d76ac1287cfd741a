"""Every profile played by the virtual sensor, over the virtual radio, through bleak, back into samples."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from footsense.devices import Decoder, Profile, commands, kinds, load_profile, parse_profile, profile_names
from footsense.errors import BluetoothError
from footsense.session import Session
from footsense.simulate import Scenario, Simulated, simulate
from footsense.simulate.air import Air
from footsense.simulate.firmware import Motion, ProfileFirmware
from footsense.simulate.rig import Rig, virtual_rig
from footsense.simulate.virtual_sensor import VirtualSensor
from footsense.sources.ble import Link
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox
from footsense.sources.plan import plan_for
from footsense.types import Gap, Item, RawPacket, Samples, SensorMeta

QUICK = Patience(settle_s=0.1, silence_s=5, attempts=2, backoff_s=0.01, reconnect_s=2, mtu_s=0.1)


@dataclass
class Run:
    """What came of one recording over the virtual radio."""

    link: Link
    rig: Rig
    packets: list[RawPacket] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def samples(self) -> tuple[Any, Any, Any]:
        found = [i for i in self.items if isinstance(i, Samples) and len(i)]
        gyr = None if found[0].gyr_dps is None else np.concatenate([s.gyr_dps for s in found])
        return np.concatenate([s.t_s for s in found]), np.concatenate([s.acc_g for s in found]), gyr


async def record(
    name: str,
    wearer: Simulated,
    asked: dict[str, Any] | None = None,
    during: Callable[[Run], Coroutine[Any, Any, None]] | None = None,
    sensor: Profile | None = None,
    **rig_kw: Any,
) -> Run:
    profile = load_profile(name)
    settings = profile.settings_for(asked or {})
    async with virtual_rig(sensor or profile, wearer, **{"speed": None, "settings": settings, **rig_kw}) as rig:
        here = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
        found = await here.find()
        inbox = Inbox(rig.clock)
        run = Run(Link(here, found.device, found.label, plan_for(profile, settings), inbox), rig)
        async with run.link:
            meta = SensorMeta(run.link.id, profile.text, dict(run.link.settings))
            session = Session([meta], exercises=[], on_item=lambda _, item: run.items.append(item))
            tasks = [asyncio.create_task(rig.when_over(inbox.close))]
            tasks += [asyncio.create_task(during(run))] if during else []
            async for item in inbox:
                session.process(item)
                if isinstance(item, RawPacket):
                    run.packets.append(item)
            await asyncio.gather(*tasks)
        session.close()
        assert session.bad_packets()[meta.id][0] == 0
    return run


def motion(rate_hz: float, seconds: float = 6.0, **kw: Any) -> Simulated:
    return simulate(Scenario(motion="fidget", seed=3, rate_hz=rate_hz, duration_s=seconds, **kw))


def half_a_count(name: str, channel: str) -> float:
    """The resolution of a profile's channel in its unit; for floats, that of 24 bits."""
    decoder = Decoder(load_profile(name), {})
    found = [c for layout in decoder.layouts for c in layout.channels if c.name == channel]
    return max(float(np.max(c.scale)) / 2 if "i" in c.kind else 1e-5 for c in found) * 1.001


def measured(name: str, channel: str, truth: Any) -> Any:
    """What the device's numbers can hold of it."""
    decoder = Decoder(load_profile(name), {})
    (kind, scale) = next(
        (c.kind, float(np.max(c.scale))) for x in decoder.layouts for c in x.channels if c.name == channel
    )
    span = kinds.limits(kind)
    return truth if span is None else np.clip(truth, span[0] * scale, span[1] * scale)


def begun_at(acc: Any, truth: Any) -> int:
    """Which of the first samples the received ones begin with."""
    errors = [np.abs(acc - truth[k:][: len(acc)]).max() for k in range(len(truth) - len(acc) + 1)]
    return int(np.argmin(errors))


STREAMING = [name for name in profile_names() if not load_profile(name).broadcasts]


@pytest.mark.parametrize("name", STREAMING)
def test_every_profile_gives_back_what_the_sensor_measured(name: str) -> None:
    rate = float(load_profile(name).settings_for({})["rate_hz"])
    wearer = motion(rate)
    run = asyncio.run(record(name, wearer))
    t_s, acc, gyr = run.samples()
    whole_packets = len(wearer.t_s) - round(load_profile(name).packet_s({}) * rate)
    steps = load_profile(name).data.steps
    # what is never started sends before all is subscribed, or while it is still asked what it is
    begun = range(1 if any(s.phase == "start" for s in steps) else 40 if steps else 5)
    assert whole_packets - begun[-1] <= len(acc) <= len(wearer.t_s)
    assert not [i for i in run.items if isinstance(i, Gap)]
    truth = measured(name, "acc", wearer.acc_g)
    first = begun_at(acc, truth)
    assert first in begun
    assert np.abs(acc - truth[first:][: len(acc)]).max() <= half_a_count(name, "acc")
    if gyr is not None:
        assert wearer.gyr_dps is not None
        turned = measured(name, "gyr", wearer.gyr_dps)[first:][: len(acc)]
        assert np.abs(gyr - turned).max() <= half_a_count(name, "gyr")
    assert np.abs(np.diff(t_s) * rate - 1).max() < 0.2


def test_what_a_device_says_of_itself_is_kept_with_the_recording() -> None:
    run = asyncio.run(record("shimmer3", motion(204.8, 2.0), {"accelerometer": "ln", "rate_hz": 204.8}))
    assert run.link.settings["inquiry"] == "02a0000800020006010001020a0b0c"
    assert run.link.settings["acc_range_g"] == 2  # of the low-noise one, whatever was asked for


DESCRIBED = [name for name in STREAMING if load_profile(name).data.described]


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_every_device_says_of_itself_is_asked_for(name: str) -> None:
    profile = load_profile(name)
    run = asyncio.run(record(name, motion(float(profile.settings_for({})["rate_hz"]), 2.0)))
    for rule in profile.data.described:
        said = run.link.settings[rule.setting]
        assert said
        assert said == profile.settings_for({rule.setting: said})[rule.setting]


def test_a_board_with_other_numbers_in_its_experiment_is_read_as_that_says() -> None:
    place = '<output char="cddf1005-30f7-4671-8b43-5e40ba53514a" conversion="float32LittleEndian" offset='
    outputs = "".join(
        f'{place}"{4 * i}">{name}</output>' for i, name in enumerate(["t", "az", "ax", "ay", "w"])
    )
    view = (
        '<view><value label="a" unit="g">' + "".join(f"<input>a{c}</input>" for c in "xyz") + "</value></view>"
    )
    here = f"<phyphox><input><bluetooth>{outputs}</bluetooth></input><views>{view}</views></phyphox>"
    wearer = motion(50.0)
    board = {"experiment": f"'{here}'", "rate_hz": 50}
    run = asyncio.run(record("phyphox", wearer, settings=board))
    assert run.link.settings["numbers"] == 4
    _, acc, _ = run.samples()
    first = begun_at(acc, wearer.acc_g)
    assert np.abs(acc - wearer.acc_g[first:][: len(acc)]).max() < 1e-5


def test_a_board_with_other_characteristics_is_listened_to_at_those() -> None:
    wearer, board = motion(25.0), {"features": "0080000000400000", "rate_hz": 25}  # 40 ms are whole ticks
    run = asyncio.run(record("bluest", wearer, {"rate_hz": 25}, settings=board))
    assert run.link.settings["features"] == "0080000000400000"
    assert {p.char[:8] for p in run.packets} == {"00800000", "00400000"}
    _, acc, gyr = run.samples()
    first = begun_at(acc, wearer.acc_g)
    assert np.abs(acc - wearer.acc_g[first:][: len(acc)]).max() <= half_a_count("bluest", "acc")
    assert np.abs(gyr - wearer.gyr_dps[first:][: len(gyr)]).max() <= half_a_count("bluest", "gyr")


def test_settings_reach_the_sensor_and_the_stream() -> None:
    run = asyncio.run(
        record("generic", motion(50.0), {"rate_hz": 50, "acc_range_g": 16, "samples_per_packet": 10})
    )
    firmware = run.rig.sensor.firmware
    assert isinstance(firmware, ProfileFirmware)
    t_s, acc, _ = run.samples()
    assert np.median(np.diff(t_s)) == pytest.approx(0.02)
    assert len(run.packets) == len(acc) / 10
    assert [w[1][:2] for w in run.rig.sensor.writes] == [b"\x01\x10", b"\x01", b"\x00"]


@pytest.mark.parametrize(("acc", "gyro"), [(4, 1), (3, -1), (0, -1)], ids=["BMI270", "BMA255", "MMA8452Q"])
def test_a_probe_tells_the_chip_and_with_it_what_is_written_and_read(acc: int, gyro: int) -> None:
    board = load_profile("metawear").settings_for({"acc_impl": acc, "gyro_impl": gyro})
    wearer = motion(float(board["acc_rate_hz"]))
    run = asyncio.run(record("metawear", wearer, settings=board))
    assert run.link.settings == board
    _, measured_g, gyr = run.samples()
    assert np.abs(measured_g - wearer.acc_g[: len(measured_g)]).max() <= half_a_count("metawear", "acc") * 8
    assert (gyr is None) == (gyro < 0)


def test_a_chip_that_the_profile_does_not_know_is_refused_in_words() -> None:
    toy = load_profile("metawear").text.replace('"03 80 {acc_impl:u8} 01"', '"03 80 07 01"')
    with pytest.raises(BluetoothError, match=r"of a kind that its profile does not know: .*acc_impl is '7'"):
        asyncio.run(record("metawear", motion(100.0), sensor=parse_profile(toy, "toy")))


def test_a_device_that_reads_otherwise_than_is_required_is_refused_in_words() -> None:
    other = (
        load_profile("polar-pmd").text.replace("0f 24 00", "0e 24 00").replace('begin = "0f"', 'begin = "0e"')
    )
    said = (
        r"of a kind that its profile does not know: .*fb005c81.* reads 0e 24 00, and a beginning of 0f is expec"
    )
    with pytest.raises(BluetoothError, match=said):
        asyncio.run(record("polar-pmd", motion(52.0), sensor=parse_profile(other, "polar-pmd")))


def test_the_sensor_obeys_the_writes_and_no_others() -> None:
    profile = load_profile("generic")
    firmware = ProfileFirmware(profile, lambda _: Motion(*[np.zeros((1, 3))] * 3))
    setup, start, stop = ((w.char, w.payload) for w in commands(profile, {}))
    assert not firmware.streaming
    firmware.written(*start)
    assert not firmware.streaming  # not set up
    firmware.written(setup[0], setup[1][:-1] + b"\x07")
    firmware.written(*start)
    assert not firmware.streaming  # set up in a way that it does not know
    firmware.written(*setup)
    firmware.written(*start)
    assert firmware.settings == profile.settings_for({})
    firmware.written(*stop)
    assert not firmware.streaming
    firmware.written(*setup)
    firmware.disconnected()
    firmware.written(*start)
    assert not firmware.streaming  # the set-up was forgotten


def test_stream_has_no_gap_and_the_stop_write_is_seen() -> None:
    run = asyncio.run(record("generic", motion(100.0)))
    assert [int.from_bytes(p.payload[2:4], "little") for p in run.packets] == list(range(len(run.packets)))
    assert not run.rig.sensor.streaming
    assert run.rig.sensor.writes[-1][1] == b"\x00"


def test_packets_that_the_link_cannot_carry_are_refused() -> None:
    with pytest.raises(BluetoothError, match="carries packets of 20 bytes, its profile needs 68"):
        asyncio.run(record("generic", motion(100.0), mtu=23))
    run = asyncio.run(record("generic", motion(100.0), {"samples_per_packet": 1}, mtu=23))
    assert len(run.samples()[1]) == len(motion(100.0).t_s)


def test_a_dropped_link_leaves_a_gap_and_the_motion_goes_on() -> None:
    async def drop(run: Run) -> None:
        while run.rig.sensor.now_s < 3:
            await asyncio.sleep(0.001)
        run.rig.sensor.drop_link()

    wearer = motion(100.0, 40.0)
    run = asyncio.run(
        record("generic", wearer, during=drop, speed=50.0)
    )  # so that connecting anew is a long hole
    t_s, acc, _ = run.samples()
    (gap,) = [i for i in run.items if isinstance(i, Gap)]
    assert run.link.reconnects == 1
    assert 2.8 < gap.start_s < gap.end_s < 39.9
    assert gap.end_s - gap.start_s > 0.25
    after = t_s >= gap.end_s
    # stream time is the device's time: the gap is as long as it was
    index = np.round(t_s[after] * 100).astype(int)
    assert np.abs(acc[after] - wearer.acc_g[index]).max() <= half_a_count("generic", "acc")


def test_a_sensor_that_stays_away_is_an_error_after_what_was_received() -> None:
    async def die(run: Run) -> None:
        while run.rig.sensor.now_s < 3:
            await asyncio.sleep(0.001)
        run.rig.sensor.go_silent()

    with pytest.raises(BluetoothError, match="did not come back"):
        asyncio.run(record("generic", motion(100.0, 120.0), during=die, speed=20.0, air=Air(0.1)))


def test_two_sensors_in_one_air_by_one_radio_into_one_session() -> None:
    profile, wearer = load_profile("generic"), motion(100.0)
    found: dict[str, int] = {}

    def count(meta: SensorMeta, item: Item) -> None:
        assert not isinstance(item, Gap)
        found[str(meta.side)] = found.get(str(meta.side), 0) + (len(item) if isinstance(item, Samples) else 0)

    async def both() -> None:
        async with virtual_rig(profile, wearer, None) as rig:
            firmware = ProfileFirmware(profile, rig.sensor.firmware._motion)  # type: ignore[attr-defined]
            second = VirtualSensor(rig.sensor.air, firmware, address="C0:00:00:00:01:02", speed=None)
            await second.start()
            here = Central([profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=QUICK)
            inbox, plan = Inbox(rig.clock), plan_for(profile, {})
            left, right = (Link(here, f.device, f.label, plan, inbox) for f in await here.scan(0.2))
            metas = [
                SensorMeta(left.id, profile.text, side="left"),
                SensorMeta(right.id, profile.text, side="right"),
            ]
            session = Session(metas, exercises=[], on_item=count)
            async with left, right:
                ends = [asyncio.create_task(s.finished.wait()) for s in (rig.sensor, second)]
                end = asyncio.create_task(rig.when_over(lambda: None))
                asyncio.gather(*ends, end).add_done_callback(lambda _: inbox.close())
                async for item in inbox:
                    session.process(item)
            session.close()
            await second.stop()

    asyncio.run(both())
    assert set(found) == {"left", "right"}
    assert min(found.values()) > len(wearer.t_s) - 10


def test_writes_go_to_the_characteristic_of_the_service_that_the_profile_names() -> None:
    """Both services of this board have a period characteristic of one UUID."""
    profile = load_profile("adafruit")
    acc, gyro = (w for w in commands(profile, {}) if w.phase == "start")
    assert (acc.char, acc.payload) == (gyro.char, gyro.payload)
    firmware = ProfileFirmware(profile, lambda _: Motion(*[np.zeros((1, 3))] * 3))
    for write in (acc, acc):
        firmware.written(write.char, write.payload, write.service)
    assert firmware.settings == profile.settings_for({"gyro": 0})
    firmware.written(gyro.char, gyro.payload, gyro.service)
    assert firmware.settings == profile.settings_for({})
