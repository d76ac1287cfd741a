"""`footsense accuracy`: real and simulated apart, what has no truth never right, JSON and page."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from footsense.cli.accuracy import command
from footsense.errors import UsageError
from footsense.report.theme import PLACEHOLDER
from footsense.simulate import Scenario, simulate, write
from tests.test_session import record

NASTY = "<b>My & band\u202e</b>"


def call(*args: object) -> Result:
    return CliRunner().invoke(command, [*map(str, args), "--jobs", "1"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings with a truth: two of which no truth says that they are simulated, and so count as real;
    one simulated one in a folder of its own; and one without a truth."""
    top = tmp_path_factory.mktemp("mine")
    (top / "deeper").mkdir()
    for i, motion in enumerate(("band-flexes", "walking")):
        short = {"reps": 3, "tidy": True} if motion == "band-flexes" else {"duration_s": 30.0}
        path = top / f"{i}.csv"
        truth = write(simulate(Scenario(motion=motion, seed=i, rate_hz=50.0, **short)), path)
        said = json.loads(truth.read_text())
        del said["simulated"]
        truth.write_text(json.dumps(said | {"device": NASTY, "person": "A"}))
    write(simulate(Scenario(motion="toe-walk", seed=3, sets=1, rate_hz=50.0)), top / "deeper" / "s.csv.gz")
    (top / "without.csv").write_bytes((top / "0.csv").read_bytes())
    return top


@pytest.fixture(scope="module")
def answer(folder: Path) -> dict[str, Any]:
    result = call(folder, "--json")
    assert result.exit_code == 0
    assert result.stderr == (
        "footsense: one recording has no truth (NAME.truth.json) beside it, not scored: without.csv\n"
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_real_and_simulated_stand_apart(answer: dict[str, Any]) -> None:
    assert answer["schema"] == "footsense.accuracy/1"
    exercises = {kind: {s["exercise"] for s in answer[kind]["strata"]} for kind in ("real", "simulated")}
    assert exercises == {"real": {"band-flexes"}, "simulated": {"toe-walk"}}


def test_what_has_no_truth_is_never_scored(answer: dict[str, Any], folder: Path) -> None:
    every, band = answer["real"]["strata"]
    assert (every["rate_band"], band["rate_band"]) == (None, "40 to 80 Hz")
    assert every["sets"] == 1
    assert answer["without_truth"] == [str(folder / "without.csv")]


def test_shares_carry_their_intervals_and_what_was_not_measured_is_null(answer: dict[str, Any]) -> None:
    every = answer["real"]["strata"][0]
    assert every["count"]["exact"] == {"hits": 1, "of": 1, "share": 1.0, "low": 0.206549, "high": 1.0}
    assert every["completion"]["sensitivity"]["of"] == 1
    assert every["events"]["length_error_s"]["n"] == 3
    assert every["events"]["label_right"] is every["toe_steps"] is None
    assert every["device"] == NASTY
    assert every["people"] == 1


def test_a_recording_of_nothing_counts_hours_of_false_events(answer: dict[str, Any]) -> None:
    (walk,) = answer["real"]["false_events"]
    assert set(walk["false"]) >= {"ankle-circles", "toe-walk", "not_told"}
    circles = walk["false"]["ankle-circles"]
    assert circles["events"] == 0
    assert circles["hours"] == pytest.approx(30 / 3600, rel=0.01)
    assert circles["upper"] == pytest.approx(3.0 / circles["hours"], rel=0.01)


def test_words_say_which_is_which(folder: Path) -> None:
    out = call(folder).stdout
    real, simulated = out.index("LABELLED RECORDINGS"), out.index("SIMULATED WEARERS")
    assert real < out.index("band-flexes") < simulated < out.index("1/1", simulated)
    assert "no evidence of accuracy on people" in out
    assert "\u202e" not in out


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_needs_nothing_else_and_shows_no_foreign_markup(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.html"
    assert call(folder, "-o", out).stdout.splitlines()[-1] == str(out)
    page = out.read_text(encoding="utf-8")
    reader = Reader(page)
    words = " ".join(reader.text.split())
    for expected in (
        "Labelled recordings", "Simulated wearers", "false complete", "sensitivity", "Called complete",
        "Differences", "Errors in time", "When it is known", "Completion", "Counts", "Events", "False events",
        "Not scored", "without.csv", "no evidence of accuracy on people", "not a medical device",
        "<b>My & band\\u202e</b>",
    ):  # fmt: skip
        assert expected in words
    assert reader.tags.count("b") == 10  # the tiles' own
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    links = [value for name, value in reader.attributes if name in {"src", "href", "xlink:href"}]
    assert all(str(value).startswith("#") for value in links)
    assert not re.search(r"url\((?!#)|@import|\u202e", page)
    assert not [c for c in PLACEHOLDER.values() if c in page]
    ids = [value for name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_nothing_but_an_older_page_is_written_over(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "mine.html"
    there.write_text("mine")
    result = call(folder, "-o", there)
    assert isinstance(result.exception, UsageError)
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "name recordings"),
        (("nowhere",), "nowhere: there is no such file"),
        (("--sets", "3", "."), "--sets is for simulated wearers; add --simulated"),
        (("--exercise", "band-flexes", "."), "--exercise is for simulated wearers"),
        (("--simulated", "--exercise", "squats"), "unknown exercise 'squats'"),
        (("--simulated", "-o", "nowhere/card.html"), "nowhere/card.html: there is no folder nowhere; make it"),
        (("--simulated", "-o", "."), ".: is a folder; choose another place"),
        (("--simulated", "--routine", "nothing"), "unknown routine 'nothing'"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(args: Sequence[str], told: str) -> None:
    result = call(*args)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_what_cannot_be_scored_is_told_and_the_others_go_on(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t_s,ax_g\n")
    (tmp_path / "b.csv").write_bytes((folder / "0.csv").read_bytes())
    good = (folder / "0.truth.json").read_text()
    (tmp_path / "a.truth.json").write_text(good)
    (tmp_path / "b.truth.json").write_text("{}")
    result = call(tmp_path, folder / "0.csv", "--json")
    assert result.exit_code == 1
    told = [re.split("[:,]", line)[1].strip() for line in result.stderr.splitlines()]
    assert told == [str(tmp_path / "a.csv"), str(tmp_path / "b.truth.json")]
    found = json.loads(result.stdout)
    assert [Path(f["file"]).name for f in found["failed"]] == ["a.csv", "b.csv"]
    assert found["real"]["strata"][0]["sets"] == 1


def test_an_mcap_brings_its_device_and_has_to_agree_with_its_truth(tmp_path: Path) -> None:
    record(tmp_path / "a.mcap", range(0))
    hold = {"kind": "hold", "exercise": "band-flexes", "start_s": 1.0, "end_s": 4.0}
    truth = {
        "schema": "footsense.truth/1", "exercise": "band-flexes", "placement": "foot", "side": None,
        "events": [hold],
    }  # fmt: skip
    (tmp_path / "a.truth.json").write_text(json.dumps(truth))
    every = json.loads(call(tmp_path, "--json").stdout)["real"]["strata"][0]
    assert (every["device"], every["placement"], every["gyro"]) == ("generic", "foot", True)
    assert every["sets"] == 1
    (tmp_path / "a.truth.json").write_text(json.dumps(truth | {"side": "right"}))
    result = call(tmp_path, "--json")
    assert result.exit_code == 1
    assert (
        result.stderr == f"footsense: {tmp_path / 'a.mcap'}: recorded as side left, but its truth says right\n"
    )
    assert json.loads(result.stdout)["real"] is None


def test_sets_that_are_not_exact_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_bytes((folder / "0.csv").read_bytes())
    truth = json.loads((folder / "0.truth.json").read_text())
    (tmp_path / "few.truth.json").write_text(json.dumps(truth | {"events": truth["events"][:2]}))
    found = json.loads(call(tmp_path, "--json").stdout)["real"]
    (wrong,) = found["not_exact"]
    assert (Path(wrong["name"]).name, wrong["true"], wrong["found"]) == ("few.csv", 2, 3)
    assert found["strata"][0]["completion"]["false_complete"]["hits"] == 1
    assert "Not exact" in call(tmp_path).stdout
    assert "Not exact" not in call(folder).stdout


def test_a_folder_without_recordings_is_no_answer(tmp_path: Path) -> None:
    result = call(tmp_path)
    assert (result.exit_code, result.stdout) == (1, "nothing was scored\n")
    assert "there is no recording" in result.stderr


def test_simulated_wearers_are_drawn_from_the_seeds_asked_for() -> None:
    args = ("--simulated", "--sets", 1, "--seed-from", 7, "--exercise", "band-flexes", "--placement", "foot")
    result = call(*args, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["real"] is None
    drawn = answer["simulated"]["drawn"]
    assert (drawn["seed_first"], drawn["seed_last"], drawn["sets"]) == (7, 7, 1)
    assert [(s["gyro"], s["sets"]) for s in answer["simulated"]["strata"] if not s["rate_band"]] == [
        (True, 1), (False, 1),
    ]  # fmt: skip
    assert call(*args, "--json").stdout == result.stdout


def test_help_is_light() -> None:
    code = (
        "import sys\nsys.argv = ['footsense', 'accuracy', '--help']\nimport footsense.cli\n"
        "try:\n    footsense.cli.main()\nexcept SystemExit:\n    pass\n"
        "print({'numpy', 'scipy', 'matplotlib', 'pandas', 'bleak'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
    assert "--seed-from" in done.stdout
