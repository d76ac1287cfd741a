"""Sensors that only advertise: the virtual sensor plays them, bleak's scanner hears them; recorded, judged."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from footsense.cli.analyze import command as analyze
from footsense.cli.record import Wish
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.devices import Decoder, Profile, kinds, load_profile, profile_names
from footsense.devices.layout import STANDARD_GRAVITY
from footsense.errors import BluetoothError, NotHeardError, UsageError
from footsense.session import Session, inputs_of
from footsense.simulate import Scenario, Simulated, simulate
from footsense.simulate.rig import Rig, virtual_rig
from footsense.sources.broadcast import Broadcast
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox, steady_clock
from footsense.sources.plan import Plan, plan_for
from footsense.sources.source import source_of
from footsense.types import Gap, Item, RawPacket, Samples, SensorMeta, Status

TAGS = [name for name in profile_names() if load_profile(name).broadcasts]
WITH_AXES = [n for n in TAGS if any(t.carries_acc for t in Decoder(load_profile(n), {}).timings)]
QUICK = Patience(settle_s=0.05, unheard_s=0.2, reconnect_s=0.4)
DF5 = load_profile("ruuvitag-df5")


FOOT = simulate(Scenario(motion="fidget", seed=3, rate_hz=10.0, duration_s=40.0))


def fidgeting(n: int = 40) -> Simulated:
    """A foot that fidgets, once a second; no two in a row are alike, at the coarsest resolution either."""
    assert FOOT.gyr_dps is not None
    acc_g, gyr_dps = (np.resize(rows[::10], (n, 3)) for rows in (FOOT.acc_g, FOOT.gyr_dps))
    acc_g[1::2] += 0.03
    return replace(FOOT, t_s=np.arange(float(n)), acc_g=acc_g, gyr_dps=gyr_dps)


def central(rig: Rig, *profiles: Profile, patience: Patience = QUICK) -> Central:
    return Central(
        profiles or (DF5,), scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=patience
    )


@dataclass
class Run:
    """What came of one sensor."""

    source: Broadcast
    packets: list[RawPacket] = field(default_factory=list)
    said: list[Status] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def samples(self) -> tuple[Any, Any]:
        found = [i for i in self.items if isinstance(i, Samples) and len(i)]
        return np.concatenate([s.t_s for s in found]), np.concatenate([s.acc_g for s in found])


def plan_of(profile: Profile) -> Plan:
    """As `plan_for`, for those too from which nothing can be counted."""
    return Plan(profile.name, (), (), said=profile.said)


async def heard(name: str, wearer: Simulated) -> Run:
    """All that a sensor of this profile advertises, as fast as it goes."""
    profile = load_profile(name)
    async with virtual_rig(profile, wearer, None) as rig:
        here = central(rig, profile, patience=replace(QUICK, unheard_s=30))
        found = await here.find()
        assert found.profile is profile
        inbox = Inbox(rig.clock)
        plan = plan_for(profile, {}) if name in WITH_AXES else plan_of(profile)
        run = Run(Broadcast(here, found.device, found.label, plan, inbox))
        meta = SensorMeta(run.source.id, profile.text)
        session = Session([meta], exercises=[], on_item=lambda _, item: run.items.append(item))
        async with run.source:
            rig.sensor.begin()
            end = asyncio.create_task(rig.when_over(inbox.close))
            async for item in inbox:
                session.process(item)
                if isinstance(item, RawPacket):
                    run.packets.append(item)
            await end
        session.close()
        assert session.bad_packets()[meta.id] == (0, None)
    return run


def channel_of(name: str) -> Any:
    return next(c for x in Decoder(load_profile(name), {}).layouts for c in x.channels if c.name == "acc")


@pytest.mark.parametrize("name", WITH_AXES)
def test_every_tag_gives_back_what_it_measured(name: str) -> None:
    wearer = fidgeting()
    run = asyncio.run(heard(name, wearer))
    acc = channel_of(name)
    low, high = kinds.limits(acc.kind) or (-np.inf, np.inf)
    truth = np.clip(wearer.acc_g, low * float(acc.scale), high * float(acc.scale))
    t_s, acc_g = run.samples()
    assert len(acc_g) == len(truth) == len(run.packets)
    assert np.abs(acc_g - truth).max() <= float(acc.scale) / 2 * 1.001
    assert not [i for i in run.items if isinstance(i, Gap)]
    assert np.abs(np.diff(t_s) - 1).max() < 0.2


def test_a_tag_that_tells_sizes_alone_tells_them_right() -> None:
    wearer = fidgeting()
    run = asyncio.run(heard("bthome-v2", wearer))
    decoder = Decoder(load_profile("bthome-v2"), {})
    frames = [decoder.feed(p.char, p.payload) for p in run.packets]
    told = [{k: v for f in packet for k, v in f.fields.items()} for packet in frames]
    sizes = np.linalg.norm(wearer.acc_g, axis=1) * STANDARD_GRAVITY
    assert wearer.gyr_dps is not None
    turns = np.minimum(np.linalg.norm(wearer.gyr_dps, axis=1), 65.535)
    assert np.abs([t["acc_mps2"] for t in told] - sizes).max() <= 0.0005001
    assert np.abs([t["rotation_dps"] for t in told] - turns).max() <= 0.0005001
    numbers = [f.sequence for packet in frames for f in packet if f.sequence is not None]
    assert numbers == list(range(len(wearer.t_s)))
    assert {f.battery_percent for packet in frames for f in packet} == {None, 93}
    assert not [i for i in run.items if isinstance(i, Samples | Gap)]


# one advertisement at a time


@dataclass
class Advert:
    """An advertisement of a tag."""

    local_name: str | None = None
    service_uuids: list[str] = field(default_factory=list)
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)
    service_data: dict[str, bytes] = field(default_factory=dict)


EDDYSTONE = "0000feaa-0000-1000-8000-00805f9b34fb"


def df5(number: int, z_mg: int = 1000, battery: int = 0xAC) -> Advert:
    packet = bytearray.fromhex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f")
    packet[11:13], packet[13], packet[16:18] = z_mg.to_bytes(2, "big"), battery, number.to_bytes(2, "big")
    return Advert(manufacturer_data={0x0499: bytes(packet)})


def taken(*adverts: Advert, profile: Profile = DF5) -> tuple[list[bytes], list[float]]:
    """What of these comes into the inbox, and the z axis of the samples that it makes."""
    now = [0]
    inbox = Inbox(lambda: now[0])
    device: Any = type("Device", (), {"address": "C0:00:00:00:00:02"})
    source = Broadcast(Central([profile]), device, "'tag'", plan_of(profile), inbox)
    items: list[Item] = []
    session = Session([SensorMeta(source.id, profile.text)], exercises=[], on_item=lambda _, i: items.append(i))

    async def play() -> list[bytes]:
        for advert in adverts:
            source._take(advert)
            now[0] += 300_000_000
        inbox.close()
        packets = [i async for i in inbox if isinstance(i, RawPacket)]
        for packet in packets:
            session.process(packet)
        session.close()
        return [p.payload for p in packets]

    found = asyncio.run(play())
    return found, [float(z) for i in items if isinstance(i, Samples) for z in i.acc_g[:, 2]]


def test_a_packet_that_is_heard_again_is_one_packet() -> None:
    first, second = df5(7, 1000), df5(8, 1000)
    packets, z_g = taken(first, first, first, second, second)
    assert packets == [first.manufacturer_data[0x0499], second.manufacturer_data[0x0499]]
    assert z_g == [1, 1]


def test_a_packet_of_the_same_number_is_the_same_sample() -> None:
    packets, z_g = taken(df5(7), df5(7, battery=0xAD), df5(8, 900))
    assert len(packets) == 3
    assert z_g == pytest.approx([1, 0.9])


def test_what_says_the_same_later_is_heard_anew() -> None:
    def df3(z: str) -> Advert:
        return Advert(manufacturer_data={0x0499: bytes.fromhex(f"03291a1ece1efc18f9{z}0ca00b53")})

    packets, _ = taken(df3("4202"), df3("4203"), df3("4202"), profile=load_profile("ruuvitag-df3"))
    assert len(packets) == 3


def test_frames_of_another_kind_in_the_same_place_are_passed_over() -> None:
    frames = ["10fe0374657374", "21010b0c1318000021fffdfc12", "2000000000000000000000000000"]
    adverts = [Advert(service_data={EDDYSTONE: bytes.fromhex(f)}) for f in frames]
    packets, z_g = taken(*adverts, Advert("tag"), profile=load_profile("bluecharm-ksensor"))
    assert [p.hex() for p in packets] == frames[1:2]
    assert z_g == [-1.006]


# lost, back, closed


@asynccontextmanager
async def listening(
    patience: Patience = QUICK, speed: float = 20.0, wearer: Simulated | None = None
) -> AsyncIterator[tuple[Rig, Broadcast, Inbox]]:
    async with virtual_rig(DF5, wearer or fidgeting(3600), speed) as rig:
        here = central(rig, patience=patience)
        found = await here.find()
        inbox = Inbox(steady_clock())
        source = source_of(here, found, plan_for(DF5, {}), inbox)
        assert isinstance(source, Broadcast)
        async with source:
            yield rig, source, inbox


def run(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


def events(items: list[Any]) -> list[Any]:
    return [i.fields["event"] for i in items if isinstance(i, Status)]


def test_a_silent_tag_is_lost_and_back_when_it_is_heard_again() -> None:
    async def test() -> None:
        async with listening(replace(QUICK, reconnect_s=30)) as (rig, source, inbox):
            await until(lambda: source.packets > 3)
            radio = rig.radio.device
            await source._scan.aclose()  # a system's scan that dies without a word
            assert not radio.is_scanning
            before = source.packets
            await until(lambda: source.packets > before)
            inbox.close()
            items = [i async for i in inbox]
            assert events(items) == ["heard", "lost", "back"]
            assert {i.fields["sensor"] for i in items if isinstance(i, Status)} == {source.id}
        assert not radio.is_scanning

    run(test())


def test_a_tag_that_stays_silent_is_an_error_after_what_was_heard() -> None:
    async def test() -> None:
        async with listening() as (rig, source, inbox):
            await until(lambda: source.packets > 3)
            rig.sensor.go_silent()
            items: list[Any] = []

            async def listen() -> None:
                async for item in inbox:
                    items.append(item)  # noqa: PERF401, a comprehension would lose what came before the error

            with pytest.raises(BluetoothError, match=r"'ruuvitag-df5' was not heard for 0\.6 s"):
                await listen()
            assert events(items) == ["heard", "lost"]
            assert len([i for i in items if isinstance(i, RawPacket)]) == source.packets

    run(test())


def test_a_tag_is_not_lost_while_it_says_the_same() -> None:
    async def test() -> None:
        still = fidgeting(3600)
        still = replace(still, t_s=still.t_s * 1e6)  # the next packet never comes
        async with listening(wearer=still, speed=1.0) as (_, source, inbox):
            await asyncio.sleep(0.3)
            inbox.close()
            assert events([i async for i in inbox]) == ["heard"]
            assert source.packets == 1

    run(test())


def test_a_tag_whose_packets_the_profile_does_not_read_is_not_waited_for() -> None:
    async def test() -> None:
        async with virtual_rig(DF5, fidgeting(), 1.0) as rig:
            here = central(rig)
            found = await here.find()
            plan = plan_of(load_profile("ruuvitag-df3"))
            inbox = Inbox(steady_clock())
            with pytest.raises(BluetoothError, match=r"advertised nothing in 0\.2 s that its profile 'ruuvi"):
                await Broadcast(here, found.device, found.label, plan, inbox).__aenter__()
            assert not rig.radio.device.is_scanning

    run(test())


def test_a_scan_is_ended_by_whatever_ends_the_recording() -> None:
    async def test() -> None:
        async with virtual_rig(DF5, fidgeting(), 1.0) as rig:
            here = central(rig)
            found = await here.find()
            source = source_of(here, found, plan_for(DF5, {}), Inbox(steady_clock()))

            async def failing() -> None:
                async with source:
                    assert source.streaming
                    assert rig.radio.device.is_scanning
                    raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await failing()
            assert not rig.radio.device.is_scanning

    run(test())


def test_what_nobody_foresaw_ends_the_recording_instead_of_leaving_it_silent() -> None:
    async def boom() -> None:
        raise KeyError("a bug in a backend")

    async def test() -> None:
        async with virtual_rig(DF5, fidgeting(), 1.0) as rig:
            here = central(rig)
            found = await here.find()
            inbox = Inbox(steady_clock())
            source = Broadcast(here, found.device, found.label, plan_for(DF5, {}), inbox)
            source._watch = boom  # type: ignore[method-assign]
            async with source:
                with pytest.raises(BluetoothError, match="a bug in a backend"):
                    _ = [item async for item in inbox]

    run(test())


def test_a_tag_that_goes_on_without_its_acceleration_is_lost_and_it_is_said() -> None:
    unmeasured = df5(0, z_mg=0x8000)

    async def test() -> None:
        async with listening() as (rig, source, inbox):
            await until(lambda: source.packets > 3)
            rig.sensor.go_silent()

            async def advertise() -> None:
                while True:
                    source._take(unmeasured)
                    await asyncio.sleep(0.02)

            other = asyncio.create_task(advertise())
            with pytest.raises(BluetoothError, match=r"told no acceleration in 0\.6 s: switch its accel"):
                _ = [item async for item in inbox]
            other.cancel()

    run(test())


@pytest.mark.parametrize(
    ("packets", "heard"),
    [
        (["21010b0c1318000021fffdfc12"], True),
        (["210103 0c13 18".replace(" ", "")], False),  # a battery and a temperature
        (["210103 0c13 18".replace(" ", ""), "21010b0c1318000021fffdfc12"], True),
    ],
)
def test_what_tells_no_acceleration_does_not_count_as_heard(packets: list[str], heard: bool) -> None:
    profile = load_profile("bluecharm-ksensor")
    device: Any = type("Device", (), {"address": "C0:00:00:00:00:02"})
    inbox = Inbox(steady_clock())
    source = Broadcast(Central([profile]), device, "'tag'", plan_for(profile, {}), inbox)

    async def play() -> bool:
        for packet in packets:
            source._take(Advert(service_data={EDDYSTONE: bytes.fromhex(packet)}))
        return await source._is_heard(0.01)

    assert asyncio.run(play()) is heard
    assert source.packets == len(packets)


# which is taken


def test_a_tag_is_taken_where_it_is_asked_for_alone() -> None:
    async def test() -> None:
        async with virtual_rig(DF5, fidgeting(), 1.0) as rig:
            here = central(rig, load_profile("generic"), DF5)
            with pytest.raises(NotHeardError, match=r"that streams .*; 'ruuvitag-df5' .* only advertises"):
                await here.find(timeout_s=0.2)
            assert (await here.find("ruuvitag-df5")).profile is DF5
            assert (await here.find(address="c0:00:00:00:01:01")).profile is DF5

    run(test())


def test_what_tells_no_acceleration_along_axes_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="bthome-v2: what it sends so holds no acceleration along three axes"):
        plan_for(load_profile("bthome-v2"), {})


# the whole way


def recorded(path: Path, speed: float | None = 1.0, **wish: Any) -> tuple[Path, str]:
    """A recording by `record`, and what the wearer was told."""
    out = io.StringIO()

    async def done() -> Path:
        async with virtual_rig(DF5, fidgeting(600), speed) as rig:
            outcome, _ = await record(central(rig), Wish(path, device="ruuvitag-df5", **wish), Screen(out))
            assert outcome.error is None
            return outcome.path

    return asyncio.run(asyncio.wait_for(done(), 120)), out.getvalue()


def test_a_recording_of_a_tag_is_not_verifiable_and_says_why(tmp_path: Path) -> None:
    path, told = recorded(tmp_path / "a.mcap", side="left", placement="foot", duration_s=4)
    assert "it samples at 1 Hz, and at least 10 are needed to count anything" in told
    assert "'ruuvitag-df5': listening" in told
    said = [i.fields for i in inputs_of(path) if isinstance(i, Status) and i.about == "link"]
    assert [(f["event"], f.get("rssi_dbm")) for f in said] == [("heard", -55)]
    for exercise in ([], ["--exercise", "ankle-circles"]):
        done = CliRunner().invoke(analyze, [str(path), "--json", *exercise])
        answer = json.loads(done.stdout)
        assert answer["quality"]["grade"] == "not-verifiable"
        assert "rate" in [r["code"] for r in answer["quality"]["reasons"]]
        assert answer["events"] == []
        assert set(answer["counts"].values()) == {None}


@pytest.mark.parametrize("wish", [{"presses": 3}, {"check_wearing": True}])
def test_what_takes_a_faster_sensor_is_refused_with_a_tag(tmp_path: Path, wish: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"takes a sensor of 10 Hz or more; 'ruuvitag-df5' sends at 1 Hz"):
        recorded(tmp_path / "a.mcap", **wish)
    assert not list(tmp_path.iterdir())
