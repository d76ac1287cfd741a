"""The laws of the engine, for whatever exercises there are; and that these tests notice a fault."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from footsense.engine import run
from footsense.errors import StreamError
from footsense.exercises import exercise_names
from footsense.recording import open_recording
from footsense.signal.front import Front, Signals
from footsense.signal.thinning import Thinner
from footsense.simulate import Scenario, simulate_routine
from footsense.stream import items_from_arrays
from footsense.types import Event, Gap, Item, Reason, Samples
from tests.streams import cut, events, shifted, told

chunks = st.lists(st.integers(1, 900), min_size=1, max_size=4)
REAL = ("ipol_gait/6-1_rf.csv.gz", "pt_exercises/s1_e4_moving.csv.gz", "gaitmap_examples/stair_up_left.csv.gz")
each_exercise = pytest.mark.parametrize("exercise", exercise_names())


@cache
def session(exercise: str, gyro: bool = True) -> tuple[Item, ...]:
    """A simulated wearer doing an exercise shortly, then walking; with holes short and long."""
    device = {"seed": 11, "rate_hz": 50.0, "gyro": gyro}
    gaps = ((9.0, 0.1), (17.0, 0.06), (21.0, 1.2))
    doing = Scenario(motion=exercise, reps=4, sets=1, gaps_s=gaps, **device)  # type: ignore[arg-type]
    walk = Scenario(motion="walking", duration_s=8.0, **device)  # type: ignore[arg-type]
    return tuple(simulate_routine([doing, walk]).items())


@cache
def told_whole(exercise: str, gyro: bool) -> tuple[list[Event], tuple[Reason, ...]]:
    return told(session(exercise, gyro), exercise)


def whole(exercise: str, gyro: bool = True) -> list[Event]:
    return told_whole(exercise, gyro)[0]


@each_exercise
@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("up_g", [0.0, 1.0])
def test_a_sensor_that_measures_nothing_or_lies_still_gives_nothing_and_no_warning(
    exercise: str, gyro: bool, up_g: float
) -> None:
    acc = np.tile([0.0, 0.0, up_g], (3000, 1))
    items = items_from_arrays(np.arange(3000) / 50, acc, np.zeros((3000, 3)) if gyro else None)
    assert run(items, [exercise]) == []


@each_exercise
@pytest.mark.parametrize("gyro", [True, False])
def test_cutting_the_stream_changes_nothing(exercise: str, gyro: bool) -> None:
    @settings(max_examples=4, deadline=None)
    @given(chunks)
    @example([1])
    @example([7])
    @example([500])
    def law(sizes: list[int]) -> None:
        assert told(cut(session(exercise, gyro), sizes), exercise) == told_whole(exercise, gyro)

    assert whole(exercise, gyro), "a law about no events says nothing"
    law()


@each_exercise
@pytest.mark.parametrize(
    "file",
    ["ipol_gait/6-1_rf.csv.gz", "pt_exercises/s1_e4_moving.csv.gz", "gaitmap_examples/stair_up_left.csv.gz"],
)
def test_cutting_a_real_recording_changes_nothing(exercise: str, file: str, reference: Path) -> None:
    (track,) = open_recording(reference / "data" / file).tracks
    items = list(track.items())
    expected = told(items, exercise)
    for sizes in ([1, 2, 3], [7], [500], [1, 900, 37]):
        assert told(cut(items, sizes), exercise) == expected


def approx(value: object) -> object:
    """A rounded number may tip over to its neighbour."""
    return pytest.approx(value, abs=0.011) if isinstance(value, float) else value


@each_exercise
@settings(max_examples=4, deadline=None)
@given(by_s=st.sampled_from([-1e4, -0.37, 12.5, 86400.0, 1.7e9]))
def test_shifting_the_times_shifts_the_results(exercise: str, by_s: float) -> None:
    moved = events(shifted(session(exercise), by_s), exercise)
    expected = whole(exercise)
    assert len(moved) == len(expected)
    for a, b in zip(moved, expected, strict=True):
        assert a.attributes == {k: approx(v) for k, v in b.attributes.items()}
    tolerance = max(1e-6, abs(by_s) * 1e-12)  # that of a float at that time
    for name in ("start_s", "end_s", "decided_s"):
        there = np.array([getattr(e, name) for e in moved]) - by_s
        np.testing.assert_allclose(there, [getattr(e, name) for e in expected], atol=tolerance, rtol=0)


@each_exercise
def test_events_are_well_formed(exercise: str) -> None:
    for e in whole(exercise):
        assert e.exercise == exercise
        assert e.start_s < e.end_s <= e.decided_s + 0.05
        assert e.kind in {"circle", "hold", "step"}


@each_exercise
def test_nothing_is_counted_across_a_gap(exercise: str) -> None:
    holes = [i for i in session(exercise) if isinstance(i, Gap)]
    assert holes
    for e in whole(exercise):
        assert not any(e.start_s < g.start_s and g.end_s < e.end_s for g in holes)


def test_a_jump_without_a_gap_is_refused() -> None:
    without = [i for i in session("band-flexes") if not isinstance(i, Gap)]
    with pytest.raises(StreamError, match="jumped"):
        run(without)


# -- the tests above notice faults: each is put in on purpose


def _forget_the_filter(front: Front) -> None:
    front._filter = Thinner(front.grid.sos, front.grid.factor)


def _subtract_the_mean(signals: Signals) -> Signals:
    mean = signals.slow.acc_g.mean(axis=0) if len(signals.slow) else 0.0
    signals.slow.acc_g[:] = signals.slow.acc_g - 0.1 * mean
    return signals


def _with_fault(
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[Front], None] = lambda _: None,
    after: Callable[[Signals], Signals] = lambda s: s,
) -> None:
    right = Front.process

    def wrong(self: Front, item: Samples | Gap) -> Signals | Gap:
        before(self)
        made = right(self, item)
        return after(made) if isinstance(made, Signals) else made

    monkeypatch.setattr(Front, "process", wrong)


# both sides are made with the fault, and kept nowhere: `whole` is for the tests without one
SLOW_ONES = [e for e in exercise_names() if e != "toe-walk"]


@pytest.mark.parametrize("exercise", SLOW_ONES)
def test_lost_filter_state_is_noticed(exercise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_fault(monkeypatch, before=_forget_the_filter)
    assert events(cut(session(exercise), [40, 7]), exercise) != events(session(exercise), exercise)


@pytest.mark.parametrize("exercise", SLOW_ONES)
def test_block_statistics_are_noticed(exercise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_fault(monkeypatch, after=_subtract_the_mean)
    assert events(cut(session(exercise), [40, 7]), exercise) != events(session(exercise), exercise)
