"""How often counts like these were right: a table that nothing but its own key depends on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from footsense.analysis import Analysis, RecordingFacts
from footsense.cli.analyze import command
from footsense.confidence import Entry, Table, count_confidence, rate_band, read_table, shipped, with_confidence
from footsense.resources import data_folder
from footsense.routine import load_routine
from footsense.simulate import EXERCISES
from footsense.types import Event, Grade
from footsense.verify import verify
from tests.accuracy.calibrate import rows
from tests.accuracy.calibrate import table as calibration
from tests.test_accuracy import done, scored

SAMPLE = data_folder("sample_data") / "band-flexes-left.csv.gz"
BAND = ("band-flexes", "foot", True)
TABLE = Table("these", {(*BAND, ""): Entry(98, 97, 998, 979), (*BAND, "80 to 150 Hz"): Entry(8, 1, 50, 5)})


def analysis(**other: Any) -> Analysis:
    facts = RecordingFacts(100.0, 10_000, 100.0, gyro=True)
    found = Analysis("a.csv", "band-flexes", "foot", "left", facts, tuple(done("band-flexes", 3)), {})
    return replace(found, **other)


def test_a_few_sets_of_a_band_say_less_than_all() -> None:
    assert count_confidence(analysis(), TABLE) == 0.98
    many = Table("these", {**TABLE.entries, (*BAND, "80 to 150 Hz"): Entry(10, 5, 50, 5)})
    assert count_confidence(analysis(), many) == 0.5
    assert [e.attributes["confidence"] for e in with_confidence(analysis(), TABLE).events] == [0.98] * 3


@pytest.mark.parametrize(
    "other",
    [
        {"placement": None},
        {"placement": "ankle"},
        {"exercise": None},
        {"grade": Grade.NOT_VERIFIABLE},
        {"recording": RecordingFacts(100.0, 10_000, 100.0, gyro=False)},
    ],
)
def test_what_was_not_measured_has_none(other: dict[str, Any]) -> None:
    assert count_confidence(analysis(**other), TABLE) is None


def test_neither_grade_nor_verdict_depend_on_it() -> None:
    without, told = analysis(), with_confidence(analysis(), TABLE)
    routine = load_routine("ground-up")
    assert told.grade == without.grade
    assert verify(routine, [told]) == verify(routine, [without])
    assert told != without


def test_the_shipped_table_says_what_it_was_made_of() -> None:
    table = shipped()
    assert table.calibrated_on.startswith("simulated wearers, seeds ")
    assert {key[0] for key in table.entries} == set(EXERCISES)
    for entry in table.entries.values():
        assert 0 <= entry.exact <= entry.sets
        assert 0 <= entry.true <= entry.found
        assert 0 < entry.count < 1
    for exercise, placement, gyro, band in table.entries:
        assert (exercise, placement, gyro, "") in table.entries
        assert band in ("", *(rate_band(hz) for hz in (25, 50, 100, 200)))


def test_a_table_is_made_of_sets_that_were_not_declined(tmp_path: Path) -> None:
    true = done("ankle-circles", 3)
    wrong = [replace(true[0], attributes={"direction": "ccw"}), *true[1:]]
    extra = Event("ankle-circles", "circle", 90.0, 92.0, 92.0, {"direction": "cw"})
    sets = [scored(true, wrong), scored(true, [*true, extra]), scored(true, (), Grade.NOT_VERIFIABLE)]
    every, band = rows(sets)
    assert every == ("ankle-circles", "foot", "yes", "", 2, 1, 13, 11)
    assert band[3:] == ("80 to 150 Hz", 2, 1, 13, 11)
    path = tmp_path / "t.csv"
    head = "exercise,placement,gyro,rate_band,sets,exact,found,true"
    path.write_text(f"# these\n{head}\n{','.join(map(str, every))}\n")
    assert read_table(path) == Table("these", {("ankle-circles", "foot", True, ""): Entry(2, 1, 13, 11)})


def test_what_is_said_stands_beside_what_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.accuracy.calibrate.shipped", lambda: TABLE)
    true = done("band-flexes", 3)
    sets = [scored(true, true)] * 9 + [scored(true, true[1:]), scored(true, (), Grade.NOT_VERIFIABLE)]
    assert list(calibration(sets))[-1] == "| 0.95 to 1 | 10 | 0.98 | 9/10 (60–98 %) |"


def test_the_key_is_there_only_where_it_is_asked_for() -> None:
    args = [str(SAMPLE), "--exercise", "band-flexes", "--placement", "foot", "--json"]
    without, told = (
        json.loads(CliRunner().invoke(command, [*args, *more]).stdout) for more in ([], ["--confidence"])
    )
    assert "confidence" not in json.dumps(without)
    assert told.pop("confidence")["calibrated_on"] == shipped().calibrated_on
    shares = [e.pop("confidence") for e in told["events"]]
    assert all(0.5 < s < 1 for s in shares)
    assert told == without
    words = CliRunner().invoke(command, [*args[:-1], "--confidence"]).stdout
    assert "no evidence on people" in words
