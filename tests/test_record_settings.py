"""`record --set`: what no sensor has is refused before one is looked for."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from footsense.cli import cli
from footsense.cli import record as cli_record
from footsense.cli.record import check_settings
from footsense.devices import load_profile, profile_names
from footsense.errors import UsageError


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
