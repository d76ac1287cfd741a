"""A recording of several exercises: what speaks against one of them touches no other."""

from pathlib import Path

import numpy as np
import pytest

from footsense.analysis import Analysis, analyse, by_exercise
from footsense.analysis.apart import reasons_within
from footsense.exercises import detector
from footsense.recognise import Segment
from footsense.recording import open_recording
from footsense.routine import parse_routine
from footsense.simulate import Scenario, simulate_routine, write
from footsense.types import Event, Grade, Item, Reason, Samples, StreamInfo
from footsense.verify import verify
from tests.test_verify import holds, recording

TWO_ITEMS = """
schema = "footsense.routine/1"
name = "two"
[[item]]
exercise = "band-flexes"
sides = ["left"]
reps = 3
hold_s = [5, 10]
[[item]]
exercise = "pencil-pickups"
sides = ["left"]
reps = 3
hold_s = [8, 10]
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Top presses, then flexes: seen as presses, the flexes go in another direction."""
    parts = [Scenario(motion=m, seed=5, tidy=True, side="left") for m in ("top-presses", "band-flexes")]
    file = tmp_path_factory.mktemp("session") / "two.csv"
    write(simulate_routine(parts), file)
    return analyse(open_recording(file), placement="foot", side="left")


def test_other_movements_are_no_reason(session: Analysis) -> None:
    assert {s.exercise for s in session.segments} == {"top-presses", "band-flexes"}
    assert (session.grade, session.reasons) == (Grade.GOOD, ())


def test_parts_hold_each_exercise_and_the_rest(session: Analysis) -> None:
    parts = by_exercise(session)
    assert [p.exercise for p in parts] == ["top-presses", "band-flexes", None]
    assert sum(len(p.events) for p in parts) == len(session.events)
    assert parts[-1].events == ()
    assert all(e.exercise == p.exercise for p in parts for e in p.events)


def test_a_told_exercise_stays_whole() -> None:
    told = recording(holds(6.0), "band-flexes")
    assert by_exercise(told) == [told]


def test_a_reason_against_one_exercise_leaves_the_other_complete() -> None:
    events = (*holds(6.0, 6.0, 6.0), *pencils(9.0, 9.0, 9.0))
    segments = (Segment("band-flexes", 0.0, 100.0), Segment("pencil-pickups", 200.0, 300.0))
    against = Reason("vibration", "everything shook", Grade.POOR, (200.0, 300.0), "pencil-pickups")
    untold = recording(events, None, segments=segments, reasons=(against,), grade=Grade.POOR)
    answers = {i.exercise: str(i.verdict) for i in verify(parse_routine(TWO_ITEMS, "two"), [untold]).items}
    assert answers == {"band-flexes": "complete", "pencil-pickups": "not-verifiable"}


def pencils(*lengths_s: float) -> list[Event]:
    starts = 200.0 + 20.0 * np.arange(len(lengths_s))
    pairs = zip(starts.tolist(), lengths_s, strict=True)
    return [Event("pencil-pickups", "hold", t, t + s, t + s + 0.4) for t, s in pairs]


def test_a_stretch_is_shown_with_a_little_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    flexes = detector("band-flexes")
    right = flexes.process

    def watched(self: object, item: object) -> list[Event]:
        seen.extend(item.samples.t_s.tolist())  # type: ignore[attr-defined]
        return right(self, item)  # type: ignore[arg-type]

    monkeypatch.setattr(flexes, "process", watched)
    t_s = np.arange(4000) / 50
    still = np.tile([0.0, 0.0, 1.0], (4000, 1))
    items: list[Item] = [
        StreamInfo(50.0, has_gyro=False),
        Samples(0, t_s, still, None, np.zeros(4000, np.uint8)),
    ]
    assert reasons_within(iter(items), [("band-flexes", 30.0, 40.0)]) == [()]
    assert 20.0 < seen[0] < 30.0
    assert 40.0 < seen[-1] < 50.0


def test_nothing_is_read_again_without_a_stretch(tmp_path: Path) -> None:
    def never() -> Item:
        pytest.fail("the stream was read")

    assert reasons_within(iter(never, None), []) == []  # type: ignore[arg-type]
