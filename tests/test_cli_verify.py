"""`footsense verify` as it is called: options and their files, exit codes, what is printed where."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import footsense.cli.verify as cli
from footsense.analysis import Analysis, RecordingFacts
from footsense.cli import sessions
from footsense.cli.copies import check_copies
from footsense.cli.opened import opened
from footsense.cli.sessions import Opened, Said, check_repeats, walk
from footsense.errors import FootsenseError, UsageError
from footsense.recording.model import Recording, Track
from footsense.routine import load_routine
from footsense.simulate import Scenario, simulate, write
from footsense.types import Event, Floats, Grade, Reason, Side
from footsense.verify import verify

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


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (
            ["--signed-by", "k", "a.csv", "--routine", "ground-up"],
            "as the first file, or leave out --signed-by",
        ),
        (["--wearer", "me", "a.csv", "--routine", "ground-up"], "add --record, or leave out --wearer"),
        (
            ["--wearer", " ", "--record", "a.csv", "--routine", "ground-up"],
            "--wearer is empty; say whose record it is, or leave it out for your own",
        ),
        (["--side", "left", "a.record.json"], "leave out --side"),
        (["a.record.json", "--placement", "foot", "a.csv"], "leave out --placement"),
        (["--exercise", "x", "a.record.json", "--wearer", "me"], "leave out --exercise and --wearer"),
        (["a.record.json", "--record", "--routine", "ground-up"], "leave out --routine and --record"),
    ],
)
def test_an_option_that_would_mean_nothing_is_refused(args: list[str], told: str) -> None:
    refused = call(*args).exception
    assert isinstance(refused, UsageError)
    assert str(refused).endswith(told)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["a.csv", "a.csv"], "a.csv is given twice"),
        (["a.csv", "./a.csv"], "a.csv is given twice"),
        (["--side", "left", "a.csv", "--side", "right", "a.csv"], "a.csv is given twice"),
        (["--exercise", "x", "a.csv", "a.csv"], "a.csv is given twice"),
        (["a.csv", "--exercise", "x", "a.csv"], "a.csv is given twice"),
        (
            ["--side", "left", "--exercise", "x", "a.csv", "--side", "right", "--exercise", "y", "a.csv"],
            "both sides",
        ),
    ],
)
def test_a_file_is_not_counted_twice(args: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_repeats(list(walk(args)))


def test_a_file_may_hold_several_exercises() -> None:
    check_repeats(list(walk(["--exercise", "x", "a.csv", "--exercise", "y", "a.csv", "b.csv"])))


@pytest.mark.parametrize("exercise", [(), ("--exercise", "band-flexes")])
def test_a_copy_under_another_name_is_not_counted_twice(
    exercise: tuple[str, ...], mine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_opened", seen("cw", "ccw"))
    first, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("one\n")
    copy.write_text("two\n")
    args = ["--side", "left", "--exercise", "ankle-circles", str(first), *exercise, str(copy)]
    assert not isinstance(call(*args, "--routine", mine).exception, UsageError)  # as long, but another
    shutil.copy(first, copy)
    refused = call(*args, "--routine", mine).exception
    assert isinstance(refused, UsageError)
    assert "a.csv and " in str(refused)
    assert "are the same recording" in str(refused)


@pytest.mark.parametrize("change", ["packed", "later", "cut"])
def test_the_same_samples_in_another_file_are_not_counted_twice(change: str, mine: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    t_s, acc_g = np.arange(400) / 100, rng.normal((0.0, 0.0, 1.0), 0.01, (400, 3))
    first = tmp_path / "a.csv"
    first.write_text(csv_text(t_s, acc_g))
    other = tmp_path / ("b.csv.gz" if change == "packed" else "b.csv")
    text = csv_text(t_s + 5.0 * (change == "later"), acc_g)
    data = text[:10_000].rpartition("\n")[0].encode() if change == "cut" else text.encode()
    other.write_bytes(gzip.compress(data) if change == "packed" else data)
    refused = call("--side", "left", str(first), str(other), "--routine", mine).exception
    assert isinstance(refused, UsageError)
    assert "are the same recording" in str(refused)


def test_two_recordings_of_a_sensor_that_shows_nothing_are_no_copies(mine: str, tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, length in zip(files, (400, 500), strict=True):
        path.write_text(csv_text(np.arange(length) / 100, np.tile((0.0, 0.0, 1.0), (length, 1))))
    result = call("--side", "left", *map(str, files), "--routine", mine)
    assert result.exit_code == 1
    assert not isinstance(result.exception, UsageError)


def test_recordings_that_only_begin_alike_are_no_copies(mine: str, tmp_path: Path) -> None:
    """As two simulated ones of one seed do, of which one lasts longer."""
    rng = np.random.default_rng(5)
    acc_g = rng.normal((0.0, 0.0, 1.0), 0.01, (800, 3))
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, later in zip(files, (300, 500), strict=True):
        path.write_text(csv_text(np.arange(500) / 100, np.concatenate([acc_g[:200], acc_g[later:][:300]])))
    assert not isinstance(call("--side", "left", *map(str, files), "--routine", mine).exception, UsageError)


def csv_text(t_s: Floats, acc_g: Floats) -> str:
    rows = (f"{t:.2f},{x:.6f},{y:.6f},{z:.6f}" for t, (x, y, z) in zip(t_s, acc_g, strict=True))
    return "\n".join(["t_s,ax_g,ay_g,az_g", *rows, ""])


def test_a_file_that_cannot_be_read_is_told_once_not_below_each_item(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.csv")
    result = call("--side", "left", missing, "--routine", "ground-up")
    assert result.exit_code == 1
    assert result.stdout.count("the file cannot be read") == 1


def test_one_file_given_for_two_exercises_is_no_copy_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one\n")
    check_copies([path, path, tmp_path / ".." / tmp_path.name / "a.csv"])


def seen(*ways: str) -> Callable[[Said], Opened]:
    """Stands in for opening a file: in each, these circles."""
    return lambda said: Opened(said, None, circles(said, *ways))


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
    monkeypatch.setattr(sessions, "_opened", seen("cw", "ccw", "cw", "ccw"))
    result = call("--side", "left", "a.csv", "--routine", mine)
    assert result.exit_code == 0
    assert result.output.startswith("mine: complete\n\n  ✓ ankle-circles, left")
    assert "2 of 2 circles one way (cw), 2 of 2 the other way (ccw)" in result.output
    assert "not a medical device" in " ".join(result.output.split())


def test_json_is_one_object_and_nothing_else(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_opened", seen("cw", "ccw"))
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


# --- recordings that say things of themselves ---------------------------------------------------------


def marked(
    monkeypatch: pytest.MonkeyPatch, *exercises: str, lost: frozenset[Side | None] = frozenset()
) -> None:
    """An .mcap of the left foot in which these exercises are marked."""
    track = Track("a", "left", "foot", lambda: iter(()))
    why = (Reason("not-closed", "the recording was never closed", Grade.GOOD),) if lost else ()
    whole = circles(Said("a.mcap", "left"), "cw")[0]
    told = [replace(whole, exercise=e, reasons=why, lost=lost) for e in exercises]
    monkeypatch.setattr("footsense.recording.open_recording", lambda file, **_: Recording(file, (track,)))
    monkeypatch.setattr("footsense.analysis.analyse_marked", lambda _: told)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--side", "right", "recorded as side left, not right; leave out --side"),
        ("--placement", "shank", "recorded as placement foot, not shank"),
        ("--exercise", "band-flexes", "recorded as exercise ankle-circles and toe-walk, not band-flexes"),
    ],
)
def test_an_option_that_disagrees_with_the_recording_is_refused(
    option: str, value: str, told: str, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(monkeypatch, "ankle-circles", "toe-walk")
    result = call(option, value, "a.mcap", "--routine", mine)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_an_exercise_may_have_been_in_the_part_that_is_missing(
    mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(monkeypatch, "toe-walk", lost=frozenset({"left"}))
    result = call("--exercise", "ankle-circles", "a.mcap", "--routine", mine, "--json")
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (1, "not-verifiable")


def test_marks_say_what_was_done_and_an_option_that_agrees_is_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    marked(monkeypatch, "ankle-circles", "toe-walk")
    for exercise, expected in ((None, ["ankle-circles", "toe-walk"]), ("toe-walk", ["toe-walk"])):
        _, found = opened("a.mcap", exercise=exercise, placement="foot", side="left")
        assert [a.exercise for a in found] == expected


def test_a_simulated_session_is_judged_from_its_files(tmp_path: Path, mine: str) -> None:
    both = tmp_path / "both.toml"
    flexes = '[[item]]\nexercise = "band-flexes"\nsides = ["left"]\nreps = 3\nhold_s = [5, 10]\n'
    both.write_text(Path(mine).read_text() + flexes)
    args = ["--side", "left", "--placement", "foot"]
    for exercise, hold_s in (("ankle-circles", None), ("band-flexes", 7.0)):
        path = tmp_path / f"{exercise}.csv"
        write(simulate(Scenario(motion=exercise, side="left", seed=1, reps=3, hold_s=hold_s)), path)
        args += ["--exercise", exercise, str(path)]
    whole = call(*args, "--routine", str(both), "--json")
    verdict = json.loads(whole.stdout)
    assert [i["counted"] for i in verdict["items"]] == [{"cw": 3, "ccw": 3}, {"holds": 3}]
    assert (whole.exit_code, verdict["verdict"]) == (0, "complete")
    part = call(*args[:-3], "--routine", str(both), "--json")
    assert (part.exit_code, json.loads(part.stdout)["verdict"]) == (1, "incomplete")


def test_lines_are_no_longer_than_the_terminal_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = verify(load_routine("ground-up"), ())
    monkeypatch.setenv("COLUMNS", "40")
    narrow = cli.in_words(verdict)
    assert max(map(len, narrow.splitlines())) <= 40
    monkeypatch.delenv("COLUMNS")
    whole = cli.in_words(verdict)  # to a file or a pipe
    assert max(map(len, whole.splitlines())) > 90
    assert narrow.split() == whole.split()
