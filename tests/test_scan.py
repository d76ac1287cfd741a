"""What is near, which of it is the wearer's, and names from the air."""

import asyncio
import io
import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shown import is_safe

from footsense.cli import scan as cli
from footsense.cli.progress import Progress
from footsense.cli.record import _found
from footsense.cli.screen import Screen
from footsense.devices import Profile, load_profile
from footsense.devices.matching import Advertised
from footsense.errors import BluetoothError, NotHeardError, UsageError
from footsense.simulate import Scenario, Simulated, simulate
from footsense.simulate.rig import virtual_rig
from footsense.sources.battery import advertised_percent, level
from footsense.sources.central import Central, Found, Patience
from footsense.sources.remembered import Remembered, forget, remember, remembered

QUICK = Patience(settle_s=0.05, attempts=1)
GENERIC = load_profile("generic")
RUUVI = load_profile("ruuvitag-df5")
BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of settings for each test."""
    monkeypatch.setenv("FOOTSENSE_HOME", str(tmp_path / "config" / "footsense"))
    return tmp_path / "config" / "footsense"


@pytest.fixture(scope="module")
def wearer() -> Simulated:
    return simulate(Scenario(motion="sitting", duration_s=2, seed=1))


def near(
    name: str = "toy", address: str = "C0:00:00:00:00:02", profile: Profile | None = GENERIC, **kw: Any
) -> Found:
    return Found(BLEDevice(address, name, None), name, -60, profile, 50 if profile else 0, **kw)


def over_the_air(
    wearer: Simulated, what: Callable[[Central], Awaitable[Any]], profile: Profile = GENERIC
) -> Any:
    async def run() -> Any:
        async with virtual_rig(profile, wearer) as rig:
            kw = {"scan_kw": rig.radio.scan_kw, "client_kw": rig.radio.client_kw, "patience": QUICK}
            return await what(Central([GENERIC, RUUVI], **kw))

    return asyncio.run(run())


async def scanned(central: Central, *, battery: bool = False) -> list[Found]:
    """What is heard, however slow this machine is."""
    async with asyncio.timeout(30):
        while not (found := await cli.scan(central, 0.1, Progress(""), battery=battery)):
            continue
    return found


# what is listed


def test_a_scan_tells_strength_profile_and_battery(wearer: Simulated) -> None:
    found = over_the_air(wearer, lambda c: scanned(c, battery=True))
    line = cli.listed(found, None, 0.1)[1]
    for told in ("generic", "-55 dBm", "87 %", "C0:00:00:00:01:01"):
        assert told in line
    (device,) = json.loads(cli.as_text_of_json(found, None, 0.1))["devices"]
    assert (device["profile"], device["rssi_dbm"], device["battery_percent"]) == ("generic", -55, 87.0)
    assert device["remembered"] is False


def test_without_battery_nobody_is_connected_to(wearer: Simulated) -> None:
    found = over_the_air(wearer, scanned)
    assert [f.battery_percent for f in found] == [None]


def test_a_sensor_that_does_not_tell_its_battery_is_listed_all_the_same(wearer: Simulated) -> None:
    async def ask(central: Central) -> Found:
        (found,) = await scanned(central)
        central.patience = Patience(battery_s=0.001)
        return await central.ask_battery(found)

    assert over_the_air(wearer, ask).battery_percent is None
    silent = load_profile("microbit")  # which has no battery service
    assert over_the_air(wearer, lambda c: scanned(c, battery=True), silent)


@pytest.mark.parametrize(
    ("profile", "heard", "percent"),
    [
        (None, Advertised("x", service_data={BATTERY: b"\x2a"}), 42),
        (None, Advertised("x", service_data={BATTERY: b"\xff"}), None),
        (None, Advertised("x", service_data={BATTERY: b""}), None),
        (None, Advertised("x"), None),
        (GENERIC, Advertised("x"), None),
        (RUUVI, Advertised("x", manufacturer_data={0x0499: b"\x05"}), None),  # cut short
        (load_profile("bthome-v2"),
         Advertised("x", service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": bytes.fromhex("440161")}), 97),
    ],
)  # fmt: skip
def test_what_an_advertisement_tells_of_the_battery(
    profile: Profile | None, heard: Advertised, percent: float | None
) -> None:
    assert advertised_percent(profile, heard) == percent


@given(st.binary(max_size=3))
def test_a_battery_level_is_a_percentage_or_none(value: bytes) -> None:
    told = level(value)
    assert told is None or 0 <= told <= 100


@given(st.text(), st.text(), st.booleans())
def test_no_name_or_address_reaches_the_terminal_as_it_was_sent(name: str, address: str, mine: bool) -> None:
    found = [near(name, address), near(name, "other", None)]
    chosen = Remembered(name, address, "generic") if mine else None
    assert all(is_safe(line) for line in cli.listed(found, chosen, 1))
    told = cli.as_text_of_json(found, chosen, 1)
    assert is_safe(told)
    assert json.loads(told)["devices"][0]["name"] == name


def test_the_hint_says_what_to_do_next() -> None:
    assert "was heard" in cli.listed([], None, 5)[0]
    assert "profiles list" in cli.listed([near(profile=None)], None, 5)[-1]
    assert "--remember NAME" in cli.listed([near()], None, 5)[-1]
    assert "only advertise" in cli.listed([near(profile=RUUVI)], None, 5)[-1]
    mine = Remembered("toy", "c0:00:00:00:00:02", "generic")
    assert cli.listed([near()], mine, 5)[1].startswith("* toy")
    assert cli.listed([near()], mine, 5)[-1].startswith("* your sensor: 'toy' (c0:00:00:00:00:02); ")
    assert "which was not heard" in cli.listed([near(address="C0:00:00:00:00:09")], mine, 5)[-1]


# what is remembered


def test_the_choice_is_kept_for_this_user_only_and_can_be_forgotten(config: Path) -> None:
    assert remembered() is None
    for sensor in (Remembered("a", "1", "generic"), Remembered("\x1b[31mb", "2", "generic")):
        path = remember(sensor)
        assert remembered() == sensor
    assert [p.name for p in config.iterdir()] == ["sensor.json"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(config.stat().st_mode) == 0o700
    assert forget()
    assert not forget()
    assert remembered() is None


@given(st.text(), st.text(), st.text())
@settings(max_examples=25)  # each writes a file
def test_any_name_is_remembered_as_it_is(name: str, address: str, profile: str) -> None:
    sensor = Remembered(name, address, profile)
    remember(sensor)
    assert remembered() == sensor
    assert is_safe(sensor.label)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"name": "a"}', b'{"name":"a","address":1,"profile":"p"}', b"{}" * 4000],
)
def test_a_damaged_file_is_said_with_the_way_out(config: Path, content: bytes) -> None:
    config.mkdir(parents=True)
    (config / "sensor.json").write_bytes(content)
    with pytest.raises(UsageError, match="`footsense scan --forget` forgets it"):
        remembered()
    assert forget()


def test_a_folder_that_cannot_be_made_is_said(config: Path) -> None:
    config.parent.write_text("")
    for change in (lambda: remember(Remembered("a", "1", "p")), forget, remembered):
        with pytest.raises(UsageError, match="sensor"):
            change()


def test_only_a_sensor_that_can_be_used_is_remembered() -> None:
    found = [near(), near("toy", "C0:00:00:00:00:03"), near("tv", "C0:00:00:00:00:04", None),
             near("tag", "C0:00:00:00:00:05", load_profile("bthome-v2"))]  # fmt: skip
    refused = {"x\x1b": r"called 'x\\x1b' was heard", "TOY": "choose by address", "tv": "none of the profiles",
               "tag": "holds no acceleration along three axes"}  # fmt: skip
    for name, why in refused.items():
        with pytest.raises(UsageError, match=why):
            cli.choose(found, name)
    assert remembered() is None
    assert (
        cli.choose(found, "c0:00:00:00:00:03")
        == remembered()
        == Remembered("toy", "C0:00:00:00:00:03", "generic")
    )
    slow = near("tag", "C0:00:00:00:00:06", RUUVI)
    assert cli.choose([slow], "tag").profile == "ruuvitag-df5"


def test_record_takes_the_remembered_sensor_and_says_so(wearer: Simulated) -> None:
    out = io.StringIO()

    async def find(central: Central) -> Found:
        return await _found(central, None, Screen(out))

    remember(Remembered("my\x1bfoot", "c0:00:00:00:01:01", "generic"))
    assert over_the_air(wearer, find).device.address == "C0:00:00:00:01:01"
    assert r"your sensor 'my\x1bfoot' (c0:00:00:00:01:01), as remembered" in out.getvalue()
    forget()
    out.truncate(0)
    assert over_the_air(wearer, find).device.address == "C0:00:00:00:01:01"
    assert "remembered" not in out.getvalue()


def test_another_sensor_is_never_taken_for_the_remembered_one(wearer: Simulated) -> None:
    remember(Remembered("mine", "C0:00:00:00:00:07", "generic"))

    async def find(central: Central) -> Found:
        central.find = lambda **kw: Central.find(central, timeout_s=0.05, **kw)  # type: ignore[method-assign]
        return await _found(central, None, Screen(io.StringIO()))

    with pytest.raises(NotHeardError, match=r"your sensor 'mine' \(C0:00:00:00:00:07\) was not heard"):
        over_the_air(wearer, find)


def test_a_device_that_calls_itself_by_an_address_is_not_that_device(wearer: Simulated) -> None:
    async def find(central: Central) -> Found:
        name = (await scanned(central))[0].name
        return await central.find(address=name, timeout_s=0.05)

    with pytest.raises(NotHeardError):
        over_the_air(wearer, find)


# the command


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    """What the command's scan will hear."""
    found: list[Found] = []

    async def heard(*_: Any, **__: Any) -> list[Found]:
        return found

    monkeypatch.setattr(cli, "scan", heard)
    return found


def test_a_sensor_is_chosen_marked_and_forgotten(radio: list[Found]) -> None:
    radio += [near(battery_percent=50.0), near("tv", "C0:00:00:00:00:04", None)]
    assert "--remember NAME" in CliRunner().invoke(cli.command, []).output
    done = CliRunner().invoke(cli.command, ["--remember", "toy"])
    assert done.output.splitlines()[1].startswith("* toy")
    assert " 50 %" in done.output.splitlines()[1]
    told = json.loads(CliRunner().invoke(cli.command, ["--json"]).output)
    assert (told["schema"], [d["remembered"] for d in told["devices"]]) == ("footsense.scan/1", [True, False])
    assert "is forgotten" in CliRunner().invoke(cli.command, ["--forget"]).output
    assert "no sensor was remembered" in CliRunner().invoke(cli.command, ["--forget"]).output


def test_forget_goes_alone() -> None:
    done = CliRunner().invoke(cli.command, ["--forget", "--remember", "x"])
    assert isinstance(done.exception, UsageError)


def test_nothing_is_chosen_where_there_is_no_bluetooth(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(*_: Any, **__: Any) -> list[Found]:
        raise BluetoothError("off")

    monkeypatch.setattr(cli, "scan", none)
    assert isinstance(CliRunner().invoke(cli.command, ["--remember", "x"]).exception, BluetoothError)
    assert remembered() is None
