"""What may have been done and is not shown by the data: the grade of a recording of which nothing was told."""

from dataclasses import replace

import pytest

import footsense.analysis.run
from footsense.accuracy.population import recording
from footsense.analysis import Analysis, analyse, by_exercise
from footsense.analysis.unshown import NEAR_S, around
from footsense.exercises import detector
from footsense.recognise import Segment, unnamed, walks
from footsense.simulate import Scenario, simulate
from footsense.types import Event, Grade, Reason


def untold(motion: str, **wish: object) -> Analysis:
    return analyse(recording(simulate(Scenario(motion=motion, seed=7, gyro=False, **wish))))  # type: ignore[arg-type]


def test_circles_that_are_a_line_in_gravity_are_not_nothing() -> None:
    found = untold("ankle-circles", roundness=0.05)
    assert (found.grade, found.segments) == (Grade.NOT_VERIFIABLE, ())
    assert [r.code for r in found.reasons] == ["thin-loop-no-gyro"]
    assert set(found.counts.values()) == {None}


@pytest.mark.parametrize("motion", ["standing", "sitting", "walking"])
def test_nothing_is_missing_from_a_day(motion: str) -> None:
    assert untold(motion, placement="foot", duration_s=60.0).grade is Grade.GOOD


def test_a_walk_of_which_the_steps_cannot_be_told_makes_the_grade_poor_and_no_other_exercise_the_worse() -> (
    None
):
    found = untold("toe-walk", placement="shank")
    assert (found.grade, found.segments) == (Grade.POOR, ())
    assert {r.code for r in found.reasons} == {"placement", "toe-unknown"}
    (rest,) = by_exercise(found)
    assert rest.grade is Grade.GOOD


def circles(starts_s: list[float]) -> list[Event]:
    return [Event("ankle-circles", "circle", t, t + 1.9, t + 2.0, {}) for t in starts_s]


def test_circles_at_a_shank_are_seen_and_have_no_name() -> None:
    seen = circles([2.0 * k for k in range(6)])
    assert unnamed(seen, "shank", ()) == (Segment("ankle-circles", 0.0, 11.9),)
    assert unnamed(seen, "foot", ()) == ()
    assert walks(seen) == ()


def test_of_circles_is_asked_with_what_is_near_and_in_no_other_exercise() -> None:
    segments = [
        Segment("band-flexes", 0.0, 90.0),
        Segment("ankle-circles", 100.0, 110.0),
        Segment("ankle-circles", 140.0, 150.0),
        Segment("ankle-circles", 400.0, 410.0),
    ]
    assert around(segments, [Segment("toe-walk", 170.0, 300.0)]) == [
        ("band-flexes", 0.0, 90.0),
        ("ankle-circles", 90.0, 170.0),
        ("ankle-circles", 400.0 - NEAR_S, 410.0 + NEAR_S),
    ]


def test_a_detector_that_begins_in_the_middle_says_nothing_against_what_one_that_saw_all_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    against = Reason("vibration", "everything shook", Grade.NOT_VERIFIABLE, (0.0, 60.0), "band-flexes")
    monkeypatch.setattr(footsense.analysis.run, "reasons_within", lambda *_: [(against,)])
    made = simulate(Scenario(motion="band-flexes", seed=7))
    found = analyse(recording(made))
    assert (found.grade, found.counts["holds"]) == (Grade.GOOD, len(made.events))
    flexes = detector("band-flexes")
    monkeypatch.setattr(flexes, "reasons", lambda _: (replace(against, span_s=None),))
    assert analyse(recording(made)).grade is Grade.NOT_VERIFIABLE
