"""`footsense verify` as it is called: options and their files, exit codes, what is printed where."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import footsense.cli.verify as cli
from footsense.analysis import Analysis, RecordingFacts
from footsense.cli.verify import Said, walk
from footsense.errors import FootsenseError, UsageError
from footsense.types import Event, Grade

ROUTINE = """
schema = "footsense.routine/1"
name = "mine"
[[item]]
exercise = "ankle-circles"
sides = ["left"]
reps = 2
"""


def call(*args: str) -> Result:
    return CliRunner().invoke(cli.command, list(args))


@pytest.mark.parametrize(
    ("args", "files"),
    [
        (["a", "b"], [Said("a"), Said("b")]),
        (["--side", "left", "a", "--side", "right", "b"], [Said("a", "left"), Said("b", "right")]),
        (
            ["a", "--side=left", "--exercise", "x", "b", "c"],
            [Said("a"), Said("b", "left", None, "x"), Said("c", "left", None, "x")],
        ),
        (["--placement", "foot", "a", "--routine", "r", "--json"], [Said("a", None, "foot")]),
        (["--side", "left", "--", "--side", "-x"], [Said("--side", "left"), Said("-x", "left")]),
    ],
)
def test_options_hold_for_the_files_after_them(args: list[str], files: list[Said]) -> None:
    assert list(walk(args)) == files


def test_an_option_after_the_last_file_is_refused() -> None:
    with pytest.raises(UsageError, match="--side left has no file after it"):
        list(walk(["a", "--side", "left"]))


@pytest.mark.parametrize(
    "args",
    [
        ["a.csv"],
        ["--routine", "ground-up"],
        ["--side", "up", "a.csv", "--routine", "ground-up"],
        ["--sidle", "left", "a.csv", "--routine", "ground-up"],
        ["--routine", "ground-down", "a.csv"],
        ["--exercise", "somersaults", "a.csv", "--routine", "ground-up"],
        ["a.csv", "--routine", "ground-up", "--side", "left"],
    ],
)
def test_a_wrong_call_is_refused_before_any_file_is_opened(args: list[str]) -> None:
    result = call(*args)
    assert result.exit_code != 0
    assert isinstance(result.exception, FootsenseError | SystemExit)
    assert result.stdout == ""


def circles(said: Said, *ways: str) -> list[Analysis]:
    events = tuple(
        Event("ankle-circles", "circle", 2.0 * i, 2.0 * i + 1.5, 2.0 * i + 1.6, {"direction": way})
        for i, way in enumerate(ways)
    )
    facts = RecordingFacts(20.0, 2000, 100.0, gyro=True)
    return [Analysis(said.file, "ankle-circles", None, said.side, facts, events, {}, grade=Grade.GOOD)]


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(ROUTINE)
    return str(path)


def test_complete_exits_0_and_says_what_it_is_worth(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_analyses", lambda said: circles(said, "cw", "ccw", "cw", "ccw"))
    result = call("--side", "left", "a.csv", "--routine", mine)
    assert result.exit_code == 0
    assert result.output.startswith("mine: complete\n\n  ✓ ankle-circles, left")
    assert "2 of 2 circles this way (cw), 2 of 2 the other way (ccw)" in result.output
    assert "not a medical device" in " ".join(result.output.split())


def test_json_is_one_object_and_nothing_else(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_analyses", lambda said: circles(said, "cw", "ccw"))
    result = call("--side", "left", "a.csv", "b.csv", "--side", "right", "c.csv", "--routine", mine, "--json")
    verdict = json.loads(result.stdout)
    (item,) = verdict["items"]
    assert (result.exit_code, verdict["verdict"]) == (0, "complete")
    assert item["evidence_files"] == ["a.csv", "a.csv", "b.csv", "b.csv"]
    assert list(item)[:10] == [
        "exercise", "side", "required", "counted", "verdict", "evidence", "evidence_files", "undecided", "seen",
        "not_seen",
    ]  # fmt: skip


def test_a_file_that_cannot_be_read_leaves_the_rest_and_exits_1(mine: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nonsense\n")
    result = call("--side", "left", str(bad), "--routine", mine, "--json")
    verdict = json.loads(result.stdout)
    assert (result.exit_code, verdict["verdict"]) == (1, "not-verifiable")
    assert verdict["items"][0]["reasons"][0]["code"] == "unreadable"
    assert verdict["errors"][0]["file"] == str(bad)
    assert "bad.csv" in result.stderr
    assert "Traceback" not in result.stderr


def test_marks_are_plain_where_the_terminal_cannot_show_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        encoding = "cp437"

    monkeypatch.setattr(cli.sys, "stdout", Old())
    assert cli._mark("complete") == "yes"
