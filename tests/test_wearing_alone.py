"""A wearing check that no guide has marked, found in the samples; and on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from footsense.cli.analyze import command as analyze
from footsense.cli.simulate import command as simulate_command
from footsense.recording import open_recording
from footsense.simulate import PLAIN, sample, simulate, write
from footsense.simulate.wearing_check import Mistakes, simulate_check
from footsense.wearing import found_in
from tests.streams import cut
from tests.test_wearing import check
from tests.test_wearing_findings import PLAIN_DEVICE

SEEDS = range(12)


def test_most_checks_on_the_foot_are_found_and_say_what_the_guided_ones_say() -> None:
    found = [found_in(check(s, **PLAIN_DEVICE).items(told=False)) for s in SEEDS]
    assert sum(f is not None for f in found) >= 8
    assert all(f.reasons == () and f.reference is not None for f in found if f is not None)


def test_a_mistake_is_found_in_samples_alone() -> None:
    wrong = [
        found_in(check(s, "foot", Mistakes(other_way=True), **PLAIN_DEVICE).items(told=False)) for s in SEEDS
    ]
    assert all("side" in {r.code for r in f.reasons} for f in wrong if f is not None)
    assert sum(map(bool, wrong)) >= 6


@pytest.mark.parametrize("motion", ["ankle-circles", "tapping", "pencil-pickups"])
def test_other_motions_are_no_check(motion: str) -> None:
    assert not [s for s in range(2) if found_in(simulate(sample(motion, s)).items())]


@pytest.mark.parametrize("sizes", [[1], [7, 100], [500]])
def test_cutting_changes_neither_the_check_nor_where_it_ends(sizes: list[int]) -> None:
    items = check(1, after_s=3.0, **PLAIN_DEVICE).items(told=False)
    assert found_in(items) is not None
    assert found_in(cut(items, sizes)) == found_in(items)


def test_analyze_finds_it_in_a_csv_and_says_where_there_is_none(tmp_path: Path) -> None:
    wearer = sample("ankle-circles", 1, placement="ankle", side="left", rate_hz=100.0, **{**PLAIN, "loss": 0.0})
    made = simulate_check(wearer, Mistakes(sits="foot"), goes_on=True).made
    write(made, tmp_path / "a.csv")
    write(simulate(sample("sitting", 1)), tmp_path / "b.csv")
    files = [str(tmp_path / n) for n in ("a.csv", "b.csv")]
    done = CliRunner().invoke(
        analyze, [*files, "--check-wearing", "--placement", "ankle", "--side", "left", "--json"]
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert [r["code"] for r in first["quality"]["reasons"]] == ["placement"]
    assert first["quality"]["grade"] == "poor"
    assert first["segments"][0]["exercise"] == "ankle-circles"
    assert "no wearing check" in second["error"]
    assert done.exit_code == 1


def test_a_check_can_be_simulated_on_the_command_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        simulate_command, ["wearing-check", "--side", "left", "-o", str(tmp_path / "c.csv")]
    )
    assert done.exit_code == 0, done.output
    assert "1 circle" in done.stdout
    assert found_in_csv(tmp_path / "c.csv")


def found_in_csv(path: Path) -> bool:

    (track,) = open_recording(path, side="left", placement="foot").tracks
    return found_in(track.items()) is not None
