"""`footsense simulate`: files by the contract, and errors in one line."""

import json

import pytest
from click.testing import CliRunner

from footsense.cli.simulate import MEANS_SOMETHING, command
from footsense.errors import FootsenseError, RecordingError, UsageError
from footsense.recording import open_recording
from footsense.simulate import EXERCISES, MOTIONS, Scenario, simulate
from footsense.types import Gap, Samples, StreamInfo


def run(*args: str):
    return CliRunner().invoke(command, [str(a) for a in args])


def test_it_writes_a_recording_and_its_truth(tmp_path) -> None:
    path = tmp_path / "a.csv.gz"
    done = run(
        "band-flexes", "-o", path, "--side", "left", "--reps", 2, "--rate-hz", 50, "--no-gyro", "--hold-s", 3
    )
    assert done.exit_code == 0
    assert "2 holds" in done.output
    truth = json.loads((tmp_path / "a.truth.json").read_text())
    assert (truth["schema"], truth["exercise"], truth["side"]) == ("footsense.truth/1", "band-flexes", "left")
    assert [set(e) for e in truth["events"]] == [{"kind", "exercise", "start_s", "end_s", "excursion_deg"}] * 2
    items = list(open_recording(path).tracks[0].items())
    info = next(i for i in items if isinstance(i, StreamInfo))
    assert (info.rate_hz, info.has_gyro) == (50.0, False)
    assert sum(len(i) for i in items if isinstance(i, Samples)) > 500


def test_the_same_call_writes_the_same_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        assert run("ankle-circles", "-o", tmp_path / f"{name}.csv", "--seed", 3, "--reps", 2).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_text().startswith("t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n")


def test_a_routine_has_segments_and_no_exercise(tmp_path) -> None:
    assert run("demo", "-o", tmp_path / "r.csv").exit_code == 0
    truth = json.loads((tmp_path / "r.truth.json").read_text())
    assert truth["side"] == "left"
    assert truth["exercise"] is None
    assert [s["exercise"] for s in truth["segments"]] == ["ankle-circles", "band-flexes", "toe-walk"]


def test_holes_are_as_asked_for(tmp_path) -> None:
    assert (
        run("sitting", "-o", tmp_path / "g.csv", "--duration-s", 10, "--gap", 2, 1, "--gap", 5, 0.5).exit_code
        == 0
    )
    gaps = [i for i in open_recording(tmp_path / "g.csv").tracks[0].items() if isinstance(i, Gap)]
    assert [g.start_s for g in gaps] == pytest.approx([1.99, 4.99], abs=0.011)


def test_many_go_into_a_folder_that_is_made(tmp_path) -> None:
    done = run("sitting", "-o", tmp_path / "new", "--count", 3, "--vary", "--duration-s", 5, "--seed", 10)
    assert done.exit_code == 0
    assert len(list((tmp_path / "new").glob("*.csv.gz"))) == 3
    assert len(list((tmp_path / "new").glob("*.truth.json"))) == 3


def test_varied_recordings_keep_what_was_given(tmp_path) -> None:
    for seed in range(6):
        run("sitting", "-o", tmp_path, "--vary", "--duration-s", 3, "--seed", seed, "--side", "left")
    sides = [json.loads(p.read_text())["side"] for p in tmp_path.glob("*.truth.json")]
    assert sides == ["left"] * 6


def test_the_list_names_what_there_is() -> None:
    done = run("--list")
    assert done.exit_code == 0
    assert all(word in done.output for word in ("ankle-circles", "stairs", "ground-up"))


@pytest.mark.parametrize(
    ("args", "kind", "says"),
    [
        (("handstand",), UsageError, "known are"),
        (("sitting", "-o", "x.txt"), UsageError, "expected a name that ends in"),
        (
            ("demo", "--side", "right", "--placement", "foot", "-o", "no/x.csv"),
            RecordingError,
            "cannot be written",
        ),
        (("nothing.toml",), UsageError, "cannot read the routine"),
        (("sitting", "--rate-hz", "1"), UsageError, "10 to 400"),
        (("sitting", "--duration-s", "5", "-o", "nowhere/x.csv"), RecordingError, "cannot be written"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(tmp_path, monkeypatch, args, kind, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    error = run(*args).exception
    assert isinstance(error, FootsenseError)
    assert isinstance(error, kind)
    assert says in str(error)
    assert "\n" not in str(error)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    error = run("sitting", "-o", tmp_path / "file" / "x", "--count", 2).exception
    assert isinstance(error, UsageError)


@pytest.mark.parametrize("there", ["a.csv", "a.truth.json"])
def test_files_that_are_there_are_kept_unless_told(tmp_path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    args = ("sitting", "-o", tmp_path / "a.csv", "--duration-s", 3)
    error = run(*args).exception
    assert isinstance(error, UsageError)
    assert "--overwrite" in str(error)
    assert [p.name for p in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"
    assert run(*args, "--overwrite").exit_code == 0
    assert (tmp_path / there).read_text() != "mine"


def test_any_field_can_be_set(tmp_path) -> None:
    done = run(
        "ankle-circles", "-o", tmp_path / "a.csv", "--set", "egg=0.5", "--set", "hurried=yes", "--reps", 2
    )
    assert done.exit_code == 0, done.output
    assert run("ankle-circles", "-o", tmp_path / "b.csv", "--reps", 2).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "b.csv").read_bytes()
    wrong = run("ankle-circles", "-o", tmp_path / "c.csv", "--set", "egg=7")
    assert isinstance(wrong.exception, UsageError)
    assert "egg is 7; it has to be from 0 to 0.9" in str(wrong.exception)


@pytest.mark.parametrize("motion", MOTIONS)
def test_what_changes_nothing_is_refused_and_nothing_else_is(tmp_path, motion: str) -> None:
    wishes = {"reps": 2, "tempo_hz": 0.77, "hold_s": 2.2, "direction": "cw", "duration_s": 9.0}
    plain = simulate(Scenario(motion=motion, seed=3, rate_hz=10.0)).acc_g.tobytes()
    for name, value in wishes.items():
        wish = {name: value}
        changes = simulate(Scenario(motion=motion, seed=3, rate_hz=10.0, **wish)).acc_g.tobytes() != plain
        known = motion not in EXERCISES if name == "duration_s" else motion in MEANS_SOMETHING[name]
        assert changes == known, name
        if changes:
            continue
        done = run(motion, "-o", tmp_path / "a.csv", f"--{name.replace('_', '-')}", value)
        told = f"--{name.replace('_', '-')} changes nothing of {motion}; leave it out"
        assert (isinstance(done.exception, UsageError), str(done.exception)) == (True, told)


@pytest.mark.parametrize("name", ["reps", "tempo-hz", "hold-s", "duration-s"])
def test_a_routine_says_itself_how_much_is_done(tmp_path, name: str) -> None:
    done = run("demo", "-o", tmp_path / "a.csv", f"--{name}", 3)
    assert isinstance(done.exception, UsageError)
    assert f"--{name} changes nothing of demo" in str(done.exception)


def test_a_setting_without_a_value_is_told_how(tmp_path) -> None:
    done = run("ankle-circles", "-o", tmp_path / "a.csv", "--set", "jerky")
    assert str(done.exception) == "--set jerky: expected NAME=VALUE, such as jerky=0.5"
