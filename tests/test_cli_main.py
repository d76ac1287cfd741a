"""The outermost layer: whatever goes wrong is one line on stderr and an exit code, never a traceback."""

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from footsense.cli import COMMANDS, PLANNED, cli, main
from footsense.cli.screen import Screen
from footsense.recording import open_recording

ROWS = "t_s,ax_g,ay_g,az_g\n" + "".join(f"{i / 100},0,0,1\n" for i in range(150))


def call(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["footsense", *args])
    monkeypatch.delenv("FOOTSENSE_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value.code))


@pytest.mark.parametrize("args", [(), ("profiles",)])
def test_a_call_without_a_command_is_told_the_commands_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    assert call(monkeypatch, *args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("footsense: say what to do: ")
    assert err.count("\n") == 1
    assert len(err) < 200


def test_an_output_that_takes_nothing_is_no_unexpected_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device", "r.html")

    monkeypatch.setattr("footsense.cli.cli.main", full)
    assert call(monkeypatch, "analyze", "a.csv") == 2
    assert capsys.readouterr().err == "footsense: r.html: No space left on device; choose another place\n"


@pytest.mark.parametrize("name", PLANNED)
def test_a_command_that_is_not_there_yet_says_what_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert name not in COMMANDS, "it is there: take it out of PLANNED"
    assert call(monkeypatch, name, "--any", "thing") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"footsense: `footsense {name}` is not there yet: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [("recrod", "is `record` meant? known are accuracy, "), ("x\x1by", "command 'x\\x1by': known")],
)
def test_a_command_that_nobody_knows_is_answered_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    assert call(monkeypatch, name) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


def test_a_shell_may_ask_for_completions_of_anything() -> None:
    completions = BashComplete(cli, {}, "footsense", "_X").get_completions(["live"], "--")
    assert [c for c in completions if c.value == "live"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="other systems say it otherwise")
@pytest.mark.parametrize("args", [("simulate", "--list"), ("analyze", "--json", "{}", "{}"), ("--help",)])
def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, args: tuple[str, ...]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    reader, writer = os.pipe()
    os.close(reader)  # as `| head -0` does
    command = [sys.executable, "-m", "footsense", *(a.format(path) for a in args)]
    with os.fdopen(writer, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_whose_name_is_no_text_is_analysed_like_any_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"\xff.csv")
    path.write_text(ROWS)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    assert call(monkeypatch, "analyze", "--json", str(path)) == 1  # too short
    out.flush()
    told = json.loads(out.buffer.getvalue().decode("utf-8"))["file"]  # type: ignore[attr-defined]
    assert told == str(tmp_path / r"\xff.csv")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
@pytest.mark.parametrize("args", [("analyze",), ("replay",), ("verify", "--routine", "demo")])
def test_a_closed_output_changes_nothing_but_what_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], closed: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    monkeypatch.setattr(sys, closed, None)
    assert call(monkeypatch, *args, str(path)) == (0 if args == ("replay",) else 1)


def test_a_screen_goes_without_an_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    screen = Screen()
    screen.say("unseen")
    assert not screen.live


@pytest.mark.parametrize("args", [("analyze",), ("replay",), ("report",), ("verify", "--routine", "demo")])
@pytest.mark.parametrize("file", [".", "../mine", "sub.mcap"])
def test_a_folder_is_told_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...], file: str,
) -> None:  # fmt: skip
    (tmp_path / "mine" / "sub.mcap").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine")
    assert call(monkeypatch, *args, file) == 1
    name = tmp_path / "mine" if file == "." else file
    assert capsys.readouterr().err.startswith(f"footsense: {name}: is a folder; ")


@pytest.mark.parametrize("command", ["replay", "report"])
def test_the_case_of_a_name_is_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str) -> None:
    (tmp_path / "D.CSV").write_text(ROWS)
    (tmp_path / "E.Csv.GZ").write_bytes(gzip.compress(ROWS.encode()))
    for name in ("D.CSV", "E.Csv.GZ"):
        assert call(monkeypatch, command, str(tmp_path / name)) == 0
    assert {p.name for p in tmp_path.glob("*.html")} == ({"D.html", "E.html"} if command == "report" else set())


def test_a_file_that_cannot_even_be_looked_at_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    nowhere = str(tmp_path / f"{'a' * 300}.csv")  # as in a folder that may not be entered
    assert call(monkeypatch, "analyze", "--json", nowhere, str(tmp_path / "a.csv")) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["file"], second["counts"]["circles"]) == (nowhere, None)
    assert "cannot be read" in first["error"]


def test_an_option_that_disagrees_with_one_file_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    known = str(Path(__file__).parent / "fixtures" / "recordings" / "1a-first.mcap")
    placement = open_recording(known).tracks[0].placement
    other = "shank" if placement == "foot" else "foot"
    called = ["analyze", "--json", "--placement", other, known, str(tmp_path / "a.csv")]
    assert call(monkeypatch, *called) == 2
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert f"recorded as placement {placement}, not {other}; leave out --placement" in first["error"]
    assert second["placement"] == other


@pytest.mark.skipif(sys.platform == "win32", reason="links are a privilege there")
@pytest.mark.parametrize("args", [("analyze",), ("replay",), ("report",), ("verify", "--routine", "demo")])
def test_links_that_lead_round_in_a_circle_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")
    assert call(monkeypatch, *args, str(tmp_path / "a.csv")) == 1
    assert capsys.readouterr().err.startswith(f"footsense: {tmp_path / 'a.csv'}: cannot be read: ")


def test_one_sample_is_counted_as_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("\n".join(ROWS.splitlines()[:2]))
    for args, code in ((("analyze",), 1), (("replay",), 0), (("report",), 0)):
        assert call(monkeypatch, *args, str(tmp_path / "a.csv")) == code
    assert "0.0 s, 1 sample at 0 Hz" in capsys.readouterr().out


@pytest.mark.parametrize(
    "args", [["record", "--duration-s", "nan"], ["scan", "--seconds", "nan"], ["accuracy", "--hours", "nan"]]
)
def test_what_is_no_number_is_refused(args: list[str]) -> None:
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 2
    assert "Invalid value" in done.output


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ("x.csv/a.mcap", "is no folder"),
        ("taken.mcap", "there is a file of that name"),
        ("a.csv", "is a .mcap file"),
    ],
)
def test_record_says_where_it_cannot_write_before_it_looks_for_a_sensor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str, what: str
) -> None:
    (tmp_path / "x.csv").write_text(ROWS)
    (tmp_path / "taken.mcap").write_text("")
    monkeypatch.setattr("footsense.cli.record.ask_for_bluetooth", lambda: pytest.fail("a sensor is looked for"))
    assert call(monkeypatch, "record", "-o", str(tmp_path / output)) == 2
    err = capsys.readouterr().err
    assert what in err
    assert "-o" in err


WRITES = {
    "accuracy": ["a.csv"],
    "demo": ["--fast"],
    "record": [],
    "repair": ["a.mcap"],
    "report": ["a.csv"],
    "simulate": ["walking"],
}


def test_every_command_that_writes_a_file_is_tried() -> None:
    with_output = {n for n in COMMANDS if any("-o" in p.opts for p in cli.get_command(None, n).params)}  # type: ignore
    assert with_output == set(WRITES)


@pytest.mark.parametrize("name", ["", "-"])
@pytest.mark.parametrize(
    "command", [*([c, *rest] for c, rest in WRITES.items()), ["profiles", "learn", "a.csv"]]
)
def test_nothing_is_written_to_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, [*command, "-o", name])
    assert result.exit_code == 2
    assert f"'{name}' is no name of a file or folder" in result.output
    assert list(tmp_path.iterdir()) == []
