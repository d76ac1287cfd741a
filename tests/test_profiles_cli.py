"""`footsense profiles` as other programs call it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from footsense.cli import cli
from footsense.devices import load_profile, profile_names
from footsense.errors import FootsenseError, UsageError
from footsense.resources import data_folder
from tests.device_table import BEGIN, END, table

GENERIC = "01 01 0500 40420f00 0010 0000 0000 0000 0000 0000"


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["profiles", *args])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_decode_tells_units_time_and_sequence() -> None:
    result = run("decode", "generic", "--json", "--set", "acc_range_g=4", GENERIC)
    assert result.exit_code == 0
    assert lines(result) == [
        {"acc_g": [[0.5, 0.0, 0.0]], "gyr_dps": [[0.0, 0.0, 0.0]], "timestamp_s": 1.0, "sequence": 5}
    ]


def test_decode_unwraps_the_time_and_sees_late_packets() -> None:
    def packet(us: int) -> str:
        return f"0101 0000 {us.to_bytes(4, 'little').hex()} {'00' * 12}"

    result = run("decode", "generic", "--json", *[packet(t) for t in (2**32 - 1000, 1000, 2**32 - 500, 3000)])
    stamps = [told["timestamp_s"] for told in lines(result)]
    assert stamps == pytest.approx([4294.966296, 4294.968296, 4294.966796, 4294.970296])


def test_decode_says_pending_until_the_message_is_whole() -> None:
    whole = bytes.fromhex("0209e8030000") + bytes(192)
    parts = [whole[:152], b"\x03\x09" + whole[152:]]
    result = run("decode", "movesense-gsp", "--json", *[p.hex() for p in parts])
    pending, told = lines(result)
    assert pending == {"pending": True}
    assert told["timestamp_s"] == 1.0
    assert told["acc_g"] == [[0.0, 0.0, 0.0]] * 8
    assert result.exit_code == 0


@pytest.mark.parametrize("damaged", [GENERIC[:-2], "02" + GENERIC[2:], "01 00 0500 40420f00", ""])
def test_decode_refuses_damaged_bytes_and_goes_on(damaged: str) -> None:
    result = run("decode", "generic", "--json", damaged, GENERIC)
    bad, good = lines(result)
    assert list(bad) == ["error"]
    assert "acc_g" in good
    assert result.exit_code == 1


def test_decode_takes_a_characteristic_by_name_and_uuid() -> None:
    for char in ("battery", "2a19", "00002a19-0000-1000-8000-00805f9b34fb"):
        assert lines(run("decode", "generic", "--json", "--char", char, "57")) == [{"battery_percent": 87}]


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["decode", "nothing", "00"], "no profile or file"),
        (["decode", "generic", "0g"], "not hexadecimal"),
        (["decode", "generic", "--char", "2a37", "00"], "no characteristic"),
        (["decode", "generic", "--set", "acc_range_g=3", "00"], "expected one of"),
        (["decode", "generic", "--set", "acc_rang_g=4", "00"], "did you mean 'acc_range_g'"),
        (["decode", "generic", "--set", "acc_range_g", "00"], "KEY=VALUE"),
        (["commands", "movesense-gsp", "--set", "path=/Meas/Acc/53"], "expected such as"),
    ],
)
def test_wrong_calls_are_one_line(args: list[str], what: str) -> None:
    error = run(*args).exception
    assert isinstance(error, FootsenseError)
    assert what in str(error)
    assert "\n" not in str(error)


def test_a_setting_of_no_use_is_left_out_with_a_warning() -> None:
    result = run("commands", "movesense-gsp", "--json", "--set", "stage=status", "--set", "reference=7")
    assert "no setting 'stage', left out" in result.stderr
    assert [w["hex"] for w in json.loads(result.stdout) if w["phase"] == "stop"] == ["0207"]


def test_commands_are_the_writes_in_order() -> None:
    told = json.loads(run("commands", "generic", "--json", "--set", "rate_hz=50").stdout)
    assert [w["phase"] for w in told] == ["setup", "start", "stop"]
    assert told[0]["hex"] == "0108d00732000500"
    assert set(told[0]) == {"phase", "char", "hex"}


def test_check_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    good = (Path(__file__).parent.parent / "firmware_profiles" / "generic.toml").read_text(encoding="utf-8")
    bad = tmp_path / "bad.toml"
    bad.write_text(good.replace("expected.sequence = 255", "expected.sequence = 254"), encoding="utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text(good.replace('type = "i16"', 'type = "i15"', 1), encoding="utf-8")
    result = run("check", "--json", "generic", str(bad), str(broken))
    told = lines(result)
    assert result.exit_code == 1
    assert [t["valid"] for t in told] == [True, False, False]
    assert "expected 254, got 255" in str(told[1]["faults"])
    assert "broken.toml: streams.motion.samples.fields[0].type: expected a number type" in str(
        told[2]["faults"]
    )


def test_list_and_show_name_every_profile() -> None:
    assert [fact["name"] for fact in json.loads(run("list", "--json").stdout)] == profile_names()
    table = run("list").stdout
    for name in profile_names():
        assert name in table
        shown = run("show", name)
        assert shown.exit_code == 0
        assert ("\nsettings\n" in shown.stdout) == bool(load_profile(name).data.settings)
        assert "grade" in shown.stdout


def guide() -> str:
    return (data_folder("firmware_profiles") / "README.md").read_text(encoding="utf-8")


def own_profile(folder: Path, old: str = "", new: str = "") -> Path:
    """The guide's example as a file, `old` replaced by `new`."""
    text = guide().split("```toml\n")[1].split("```")[0]
    assert old in text
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_lines_of_the_guide_run_as_they_stand_on_its_own_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_profile(tmp_path)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(.*?)\n```", guide(), re.DOTALL)
    calls = [line.split("#")[0].split()[2:] for line in block.splitlines()]
    assert [call[0] for call in calls] == ["list", "show", "check", "decode", "commands"]
    for call in calls:
        result = run(*call)
        assert (result.exit_code, result.stderr) == (0, ""), call
        assert "error" not in result.stdout


def test_check_says_why_a_golden_packet_does_not_decode(tmp_path: Path) -> None:
    short = own_profile(tmp_path, "0000 4000", "0000 40")
    result = run("check", str(short))
    assert result.exit_code == 1
    assert result.stdout.startswith("mine.toml: golden[0]: the packet does not decode: ")
    assert "17 bytes" in result.stdout


def test_check_says_when_no_golden_packet_proves_a_profile(tmp_path: Path) -> None:
    path = own_profile(tmp_path)
    assert run("check", str(path)).stdout == f"{path}: valid\n"
    assert lines(run("check", "--json", str(path)))[0]["golden"] == 1
    path.write_text(path.read_text(encoding="utf-8").split("[[golden]]")[0], encoding="utf-8")
    assert run("check", str(path)).stdout == f"{path}: valid, no golden packets\n"
    (told,) = lines(run("check", "--json", str(path)))
    assert (told["valid"], told["golden"]) == (True, 0)


@pytest.mark.parametrize(
    ("name", "pairs", "said"),
    [
        ("xsens-dot", ["rate_hz=50"], "rate_hz is '50', expected one of 1, 4, 10, 12, 15, 20, 30, 60"),
        ("metawear", ["acc_range_g=3"], "acc_range_g is '3', expected one of 2, 4, 8, 16"),
        ("metawear", ["acc_impl=0", "acc_range_g=16"], "acc_range_g is '16', expected one of 2, 4, 8"),
        ("muse", ["rate_hz=1"], "rate_hz is '1', expected one of 52"),
        ("generic", ["rate_hz=1000"], "rate_hz is '1000', expected 10 to 400"),
        ("generic", ["rate_hz=fast"], "rate_hz is 'fast', expected 10 to 400"),
    ],
)
def test_a_value_that_the_device_does_not_have_is_refused(name: str, pairs: list[str], said: str) -> None:
    asked = [part for pair in pairs for part in ("--set", pair)]
    for done in (run("commands", name, *asked), run("decode", name, *asked, "00")):
        assert isinstance(done.exception, UsageError)
        assert str(done.exception).startswith(f"profile {name}: {said}")


def test_a_value_is_one_however_it_is_written() -> None:
    for exact in ("60", "60.0", "+60"):
        assert run("commands", "xsens-dot", "--set", f"rate_hz={exact}").stderr == ""
    for name in ("generic", "movesense-gsp"):
        assert run("commands", name).stderr == ""


def test_what_a_profile_says_is_shown_whole_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {p["name"]: p["title"] for p in json.loads(run("list", "--json").stdout)}
    for name in profile_names():
        data = load_profile(name).data
        shown = run("show", name).stdout
        assert told[name] == data.title
        for line in (data.title, *data.sources, *data.notes, *data.limits.about):
            assert line in shown
    monkeypatch.setenv("COLUMNS", "60")
    fitted = run("show", "adafruit").stdout.splitlines()
    assert max(map(len, fitted)) <= max(60, *(len(w) + 6 for line in fitted for w in line.split()))


def test_show_ends_no_line_in_a_bare_colon(tmp_path: Path) -> None:
    shown = run("show", str(own_profile(tmp_path))).stdout.splitlines()
    assert any(line.split() == ["rate_hz", "50,", "100", "(default", "100)"] for line in shown)
    assert not [line for line in shown if line.rstrip().endswith(":")]


def test_the_table_of_devices_is_that_of_the_profiles() -> None:
    """Made by `python -m tests.device_table`."""
    assert table() == guide().split(BEGIN)[1].split(END)[0]


def test_check_of_a_folder_is_of_every_profile_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no profile"):
        raise run("check", str(tmp_path)).exception or AssertionError
    good = own_profile(tmp_path)
    bad = tmp_path / "bad.toml"
    bad.write_text("schema = 1")
    (tmp_path / "README.md").write_text("no profile")
    done = run("check", "--json", str(tmp_path))
    assert done.exit_code == 1
    assert [(told["profile"], told["valid"]) for told in lines(done)] == [(str(bad), False), (str(good), True)]
    shipped = run("check", str(data_folder("firmware_profiles")))
    assert (shipped.exit_code, shipped.stdout.count(": valid")) == (0, len(profile_names()))
