"""`record --set`: what no sensor has is refused before one is looked for."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from footsense.cli import cli
from footsense.cli import record as cli_record
from footsense.cli.record import Wish, check_settings
from footsense.cli.screen import Screen
from footsense.devices import load_profile, parse_profile, profile_names
from footsense.errors import UsageError
from footsense.simulate import Scenario, simulate
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience

PATIENCE = Patience(settle_s=0.05)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "nonsense=1"], "--set nonsense=1: no profile has this"),
        (["--set", "rate_hz=12345"], "--set rate_hz=12345: no profile has this"),
        (["--set", "rate_hz"], "expected KEY=VALUE"),
        (["--profile", "muse", "--set", "rate_hz=1"], "profile muse: rate_hz is '1', expected one of 52"),
        (["--profile", "muse", "--set", "rate=52"], "did you mean 'rate_hz'?"),
        (["--profile", "metawear", "--set", "acc_range_g=3"], "expected one of 2, 4, 8, 16"),
    ],
)
def test_what_no_sensor_has_is_refused_before_bluetooth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    def asked() -> None:
        raise AssertionError("Bluetooth was asked for")

    monkeypatch.setattr(cli_record, "ask_for_bluetooth", asked)
    done = CliRunner().invoke(cli, ["record", "-o", str(tmp_path / "a.mcap"), *options])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_what_a_probe_may_leave_is_not_refused_before_it() -> None:
    """The accelerometer that has this rate is known once the board has said which it is."""
    check_settings([load_profile("metawear")], {"acc_rate_hz": "31.26"})
    with pytest.raises(UsageError, match="acc_rate_hz is '31'"):
        check_settings([load_profile("metawear")], {"acc_rate_hz": "31"})


def test_what_one_of_the_profiles_has_may_be_asked_for() -> None:
    check_settings([load_profile(name) for name in profile_names()], {"acc_range_g": "16", "rate_hz": "100"})
    check_settings([load_profile(name) for name in profile_names()], {})


@pytest.mark.parametrize(
    ("gyro", "said"),
    [
        (0, "'Polar 0001': it samples at 12 Hz, which is few for toe-walk"),
        (1, "'Polar 0001': rate_hz is 26, not 12: it has no other like it"),
    ],
)
def test_the_rate_that_the_device_says_it_has_is_judged(tmp_path: Path, gyro: int, said: str) -> None:
    """In SDK mode a sensor without a gyroscope has 12 Hz, one with it 26: which it is it tells when asked."""
    profile, out = load_profile("polar-pmd"), io.StringIO()
    sensor = parse_profile(profile.text.replace("0f 24 00", f"0f {0x20 * gyro + 4:02x} 00"), "polar-pmd")
    asked: dict[str, Any] = {"sdk_mode": "1", "rate_hz": "12"}
    wearer = simulate(Scenario(motion="fidget", seed=3, rate_hz=26.0, duration_s=12.0))

    async def done() -> None:
        async with virtual_rig(sensor, wearer, None, settings={**asked, "gyro": gyro}) as rig:
            radio = rig.radio
            here = Central([profile], scan_kw=radio.scan_kw, client_kw=radio.client_kw, patience=PATIENCE)
            await cli_record.run(here, Wish(tmp_path / "a.mcap", settings=asked, duration_s=1), Screen(out))

    asyncio.run(asyncio.wait_for(done(), 60))
    told = [line for line in out.getvalue().splitlines() if "connecting" not in line][1:-1]
    assert [line[: len(said)] for line in told] == [said]
