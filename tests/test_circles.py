"""Circles: counted, timed, with their direction, however the stream is cut; and nothing else is one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from footsense.engine import Engine
from footsense.exercises import ankle_circles
from footsense.signal.front import slice_samples
from footsense.simulate import Scenario, sample, simulate
from footsense.types import Event, Floats, Gap, Placement, Samples, StreamInfo
from tests.circling import (
    CIRCLES,
    REST_S,
    bout,
    circles,
    ease,
    felt,
    from_the_centre,
    held_up,
    phase_of,
    samples,
    tilts,
)


def in_chunks(stream: Samples, cuts: list[int]) -> list[Samples]:
    edges = [0, *sorted({c for c in cuts if 0 < c < len(stream)}), len(stream)]
    return [slice_samples(stream, a, b) for a, b in pairwise(edges)]


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize(
    ("tempo_hz", "rate_hz"), [(0.2, 25.0), (0.35, 100.0), (0.7, 52.0), (1.0, 200.0), (1.4, 50.0), (0.5, 400.0)]
)
def test_counts_every_turn(tempo_hz: float, rate_hz: float, gyro: bool) -> None:
    found = circles(*bout(5, tempo_hz, rate_hz, gyro=gyro))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 5


@pytest.mark.parametrize("gyro", [False, True])
def test_limits_are_the_turns_own(gyro: bool) -> None:
    t, phase = phase_of(6, 0.6, 100.0)
    found = circles(*bout(6, 0.6, gyro=gyro))
    limits = np.interp(np.arange(1, 6), phase, t)
    assert [e.end_s for e in found[:-1]] == pytest.approx(limits, abs=0.12)
    assert [e.start_s for e in found[1:]] == pytest.approx(limits, abs=0.12)
    assert found[0].start_s == pytest.approx(REST_S, abs=0.2)
    assert found[-1].end_s == pytest.approx(t[-1] - REST_S, abs=0.2)


@pytest.mark.parametrize("gyro", [False, True])
def test_known_soon(gyro: bool) -> None:
    found = circles(*bout(8, 0.8, gyro=gyro))
    late = [e.decided_s - e.end_s for e in found]
    assert max(late[2:-1]) <= 0.3
    assert late[-1] <= 1.5


@pytest.mark.parametrize("gyro", [False, True])
def test_a_turn_is_known_when_it_is_made(gyro: bool) -> None:
    """By the pace of the turn under way, whose filtered samples come later."""
    info, stream = bout(8, 0.7, 50.0, gyro=gyro)
    engine = Engine(CIRCLES)
    engine.process(info)
    found, shown = [], []
    for one in in_chunks(stream, list(range(len(stream)))):
        found += engine.process(one)
        shown.append(engine.progress()[0].count)
    for k, event in enumerate(found[2:7], start=3):
        shown_s = stream.t_s[shown.index(k)]
        assert shown_s == event.decided_s
        assert event.end_s <= event.decided_s < event.end_s + 0.05


@pytest.mark.parametrize(("done", "counted"), [(4.6, 4), (4.85, 5), (4.0, 4)])
@pytest.mark.parametrize("gyro", [False, True])
def test_last_turn_counts_from_three_quarters(done: float, counted: int, gyro: bool) -> None:
    assert len(circles(*bout(done, 0.6, gyro=gyro))) == counted


@pytest.mark.parametrize(("done", "counted"), [(5.0, 5), (5.6, 5), (5.85, 6)])
@pytest.mark.parametrize("tempo_hz", [0.3, 0.6])
@pytest.mark.parametrize("gyro", [False, True])
def test_last_turn_counts_where_it_spirals_in(done: float, counted: int, tempo_hz: float, gyro: bool) -> None:
    up = from_the_centre(done, tempo_hz, spiral=True)
    found = circles(StreamInfo(50.0, gyro), samples(up, np.arange(len(up)) / 50.0, gyro=gyro))
    assert len(found) == counted


@pytest.mark.parametrize(("done", "counted"), [(5.0, 5), (5.65, 5), (5.85, 6)])
@pytest.mark.parametrize(
    ("tempo_hz", "width", "size_deg"), [(0.3, 0.6, 5.0), (0.9, 0.9, 14.0), (0.9, 0.6, 14.0)]
)
def test_last_turn_on_a_leaking_path(
    done: float, counted: int, tempo_hz: float, width: float, size_deg: float
) -> None:
    made = bout(done, tempo_hz, 50.0, gyro=True, size_deg=size_deg, width=width)
    assert len(circles(*made)) == counted


@pytest.mark.parametrize("bias_dps", [(3.0, -2.0, 2.0), (-1.0, 4.0, 0.5)])
@pytest.mark.parametrize("tempo_hz", [0.3, 0.6])
def test_a_biased_gyro_counts_small_circles(tempo_hz: float, bias_dps: tuple[float, float, float]) -> None:
    info, stream = bout(5.0, tempo_hz, 50.0, gyro=True, size_deg=5.0)
    assert stream.gyr_dps is not None
    found = circles(info, replace(stream, gyr_dps=stream.gyr_dps + np.array(bias_dps)))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 5


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("way", [1, -1])
def test_direction_is_that_of_the_contract(way: int, gyro: bool) -> None:
    t, phase = phase_of(4, 0.6, 100.0)
    u = tilts(way * phase)
    c = u.mean(axis=0)
    wound = (np.cross(u[:-1] - c, u[1:] - c) @ c).sum()
    found = circles(StreamInfo(100.0, gyro), samples(u, t, gyro=gyro))
    assert {e.attributes["direction"] for e in found} == {"ccw" if wound > 0 else "cw"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**31), way=st.sampled_from([1, -1]), gyro=st.booleans())
def test_mounting_changes_nothing(seed: int, way: int, gyro: bool) -> None:
    t, phase = phase_of(4, 0.7, 50.0)
    mount = Rotation.random(random_state=seed).as_matrix()
    stream = samples(tilts(way * phase), t, gyro=gyro, mount=mount)
    found = circles(StreamInfo(50.0, gyro), stream)
    assert [e.attributes["direction"] for e in found] == [{1: "ccw", -1: "cw"}[way]] * 4


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(st.integers(1, 1500), max_size=40),
    singles=st.integers(0, 1200),
    gyro=st.booleans(),
    rate_hz=st.sampled_from([25.0, 104.0]),
)
def test_cutting_changes_nothing(cuts: list[int], singles: int, gyro: bool, rate_hz: float) -> None:
    info, stream = bout(3.85, 0.5, rate_hz, gyro=gyro)
    chunks = in_chunks(stream, cuts + list(range(singles, singles + 150)))
    whole, cut = circles(info, stream), circles(info, *chunks)
    assert len(whole) == 4
    assert whole == cut


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("way", [1, -1])
def test_number_by_number_and_by_arrays_it_is_the_same(
    gyro: bool, way: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single samples are worked on without arrays where the machine's arithmetic allows it."""
    info, stream = bout(way * 3.85, 0.7, 50.0, gyro=gyro)
    chunks = in_chunks(stream, list(range(0, len(stream), 2)))
    by_number = circles(info, *chunks)
    monkeypatch.setattr(ankle_circles, "same_bits", lambda: False)
    assert len(by_number) == 4
    assert by_number == circles(info, *chunks)


@pytest.mark.parametrize("gyro", [False, True])
def test_nor_does_it_after_a_long_rest(gyro: bool) -> None:
    """Of which a long chunk knows more than the seconds that are kept."""
    t, phase = phase_of(3, 0.6, 50.0, rest_s=45.0)
    info, stream = StreamInfo(50.0, gyro), samples(tilts(phase), t, gyro=gyro)
    whole = circles(info, stream)
    assert len(whole) == 3
    assert whole == circles(info, *in_chunks(stream, list(range(0, len(stream), 90))))


def test_nor_does_it_when_the_bout_has_left_the_tape() -> None:
    """A long chunk knows of all of it: of how far round it came in all, which may not count then."""
    info, stream = bout(10.75, 0.25, 50.0, gyro=True, width=0.9)
    whole = circles(info, stream)
    assert len(whole) >= 10
    assert whole == circles(info, *in_chunks(stream, list(range(0, len(stream), 500))))


def test_each_is_given_by_the_sample_that_decides_it() -> None:
    info, stream = bout(4, 0.7, 50.0)
    engine = Engine(CIRCLES)
    engine.process(info)
    for chunk in in_chunks(stream, list(range(1, len(stream)))):
        for event in engine.process(chunk):
            assert event.decided_s == chunk.t_s[0]


@settings(max_examples=5, deadline=None)
@given(shift=st.floats(-1e5, 1e5))
def test_shifting_time_shifts_results(shift: float) -> None:
    info, stream = bout(4, 0.8, 50.0)
    here = circles(info, stream)
    there = circles(info, replace(stream, t_s=stream.t_s + shift))
    assert [(e.start_s + shift, e.end_s + shift, e.decided_s + shift) for e in here] == [
        pytest.approx((e.start_s, e.end_s, e.decided_s), abs=1e-6) for e in there
    ]


@pytest.mark.parametrize("gyro", [False, True])
def test_both_ways_with_a_rest_between(gyro: bool) -> None:
    t, there = phase_of(4, 0.8, 50.0)
    _, back = phase_of(3, 0.8, 50.0)
    phase = np.concatenate([there, there[-1] - back])
    t = np.arange(len(phase)) / 50.0
    found = circles(StreamInfo(50.0, gyro), samples(tilts(phase), t, gyro=gyro))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 4 + ["cw"] * 3


def counted(phase: Floats, gyro: bool, rate_hz: float = 50.0) -> list[Event]:
    t = np.arange(len(phase)) / rate_hz
    return circles(StreamInfo(rate_hz, gyro), samples(tilts(phase), t, gyro=gyro))


@pytest.mark.parametrize("at", [0.6, 2.4, 4.8])
@pytest.mark.parametrize(("tempo_hz", "stop_s"), [(0.4, 0.7), (0.8, 0.4), (1.2, 0.7)])
@pytest.mark.parametrize("gyro", [False, True])
def test_a_stop_within_a_turn_is_part_of_it(gyro: bool, tempo_hz: float, stop_s: float, at: float) -> None:
    phase = held_up(phase_of(6, tempo_hz, 50.0)[1], 50.0, at, stop_s=stop_s)
    assert [e.attributes["direction"] for e in counted(phase, gyro)] == ["ccw"] * 6


@pytest.mark.parametrize(("back", "at"), [(b, at) for b in (0.2, 0.5) for at in (0.6, 2.4, 4.8)] + [(0.8, 4.8)])
@pytest.mark.parametrize("gyro", [False, True])
def test_a_way_back_is_taken_off_the_turn(gyro: bool, at: float, back: float) -> None:
    phase = held_up(phase_of(6, 0.6, 50.0)[1], 50.0, at, back=back)
    assert [e.attributes["direction"] for e in counted(phase, gyro)] == ["ccw"] * 6


@pytest.mark.parametrize(("stop_s", "back", "at"), [(0.8, 0.3, 0.5), (0.4, 0.45, 0.6)])
@pytest.mark.parametrize("gyro", [False, True])
def test_soon_after_others_two_turns_count_by_one(gyro: bool, stop_s: float, back: float, at: float) -> None:
    """Which is regular, while the other is held up."""
    up = tilts(phase_of(4, 0.6, 50.0)[1])
    two = tilts(-held_up(phase_of(2, 0.5, 50.0)[1], 50.0, at, stop_s=stop_s, back=back))
    both = np.concatenate([up, two])
    found = circles(StreamInfo(50.0, gyro), samples(both, np.arange(len(both)) / 50.0, gyro=gyro))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 4 + ["cw"] * 2


@pytest.mark.parametrize(("after", "count"), [(0, 0), (2, 2), (3, 5), (4, 6)])
@pytest.mark.parametrize("gyro", [False, True])
def test_three_turns_show_what_two_like_them_were_before(gyro: bool, after: int, count: int) -> None:
    """Two of which the first is held up say nothing by themselves."""
    two = tilts(-held_up(phase_of(2, 0.5, 50.0)[1], 50.0, 0.6, stop_s=0.4, back=0.45))
    more = tilts(phase_of(max(after, 1), 0.6, 50.0)[1])[: None if after else 100]
    both = np.concatenate([two, more])
    found = circles(StreamInfo(50.0, gyro), samples(both, np.arange(len(both)) / 50.0, gyro=gyro))
    assert len(found) == count
    assert all(e.end_s < e.decided_s for e in found)


@pytest.mark.parametrize("gyro", [False, True])
def test_others_do_not_show_it(gyro: bool) -> None:
    """Half as large and twice as quick, they are of another movement."""
    two = tilts(-held_up(phase_of(2, 0.4, 50.0)[1], 50.0, 0.6, stop_s=0.4, back=0.45))
    more = tilts(phase_of(5, 1.2, 50.0)[1], size_deg=6.0)
    both = np.concatenate([two, more])
    found = circles(StreamInfo(50.0, gyro), samples(both, np.arange(len(both)) / 50.0, gyro=gyro))
    assert len(found) == 5


def test_after_a_turn_that_is_none_of_the_bout_one_looks_again_from_where_it_began() -> None:
    """The foot is not quite still between two bouts; the first turn of the second seems to be of the first."""
    made = simulate(sample("ankle-circles", 3067, placement="ankle", gyro=True))
    assert len(circles(*made.items())) == len(made.events)


@pytest.mark.parametrize("tempo_hz", [0.4, 0.7, 1.0])
def test_the_bout_as_a_whole_shows_a_turn_that_was_off_the_loop(tempo_hz: float) -> None:
    """After 4.5 of six turns the foot's centre moves by most of its circle's size."""
    t, phase = phase_of(6, tempo_hz, 50.0)
    up = tilts(phase, width=0.8) + (0.2 * ease((phase - 4.5) / 0.5))[:, None] * [1.0, 0.6, 0.0]
    up /= np.sqrt((up * up).sum(axis=1))[:, None]
    assert len(circles(StreamInfo(50.0, True), samples(up, t, gyro=True))) == 6


@pytest.mark.parametrize(("seed", "placement"), [(10184, "foot"), (10139, "foot"), (10024, "ankle")])
def test_so_it_does_where_the_foot_goes_back_or_shrinks_its_circles(seed: int, placement: Placement) -> None:
    """The last turn half as large; a way back by half a turn before any loop is known."""
    made = simulate(sample("ankle-circles", seed, placement=placement, gyro=True, loss=0.0))
    found = circles(*made.items())
    assert len(found) == len(made.events)
    limits = sorted((e.start_s, e.end_s) for e in found)
    assert all(a[1] <= b[0] + 0.05 for a, b in pairwise(limits))


@pytest.mark.parametrize(("done", "counted"), [(5.6, 5), (5.8, 6)])
@pytest.mark.parametrize(("tempo_hz", "egg", "gyro"), [(0.8, 0.5, False), (1.2, 0.5, False), (0.8, 0.3, True)])
def test_last_turn_of_a_lopsided_path(
    done: float, counted: int, tempo_hz: float, egg: float, gyro: bool
) -> None:
    t, phase = phase_of(done, tempo_hz, 50.0)
    up = tilts(phase, radius=1 + egg * np.cos(2 * np.pi * phase + 1))
    assert len(circles(StreamInfo(50.0, gyro), samples(up, t, gyro=gyro))) == counted


@pytest.mark.parametrize("gyro", [False, True])
def test_of_three_turns_the_middle_one_may_be_held_up(gyro: bool) -> None:
    phase = held_up(phase_of(3, 0.5, 50.0)[1], 50.0, 1.5, stop_s=0.5, back=0.45)
    assert len(counted(phase, gyro)) == 3


@pytest.mark.parametrize("gyro", [False, True])
def test_a_rest_within_a_turn_ends_it(gyro: bool) -> None:
    phase = held_up(phase_of(7, 0.6, 50.0)[1], 50.0, 3.5, stop_s=3.0)
    assert len(counted(phase, gyro)) == 6


@pytest.mark.parametrize("gyro", [False, True])
def test_the_centre_may_wander(gyro: bool) -> None:
    t, phase = phase_of(8, 0.5, 50.0)
    up = tilts(phase, width=0.7) + np.radians(3) * np.sin(t[:, None] * [[0.9, 1.1, 0.0]] + [[0.0, 1.0, 0.0]])
    up /= np.sqrt((up * up).sum(axis=1))[:, None]
    assert len(circles(StreamInfo(50.0, gyro), samples(up, t, gyro=gyro))) == 8


@pytest.mark.parametrize("done", [5.3, 8.3])
@pytest.mark.parametrize("gyro", [False, True])
def test_where_the_foot_moves_on_to_another_loop_its_turns_go_on(gyro: bool, done: float) -> None:
    """After 3.7 turns the leg is shifted by as much as the foot circles; each turn is known by the next."""
    t, phase = phase_of(done, 0.5, 50.0)
    shifted = 0.25 * ease((t - t[np.searchsorted(phase, 3.7)]) / 0.4)
    up = tilts(phase, width=0.8) + shifted[:, None] * [1.0, 0.6, 0.0]
    up /= np.sqrt((up * up).sum(axis=1))[:, None]
    found = circles(StreamInfo(50.0, gyro), samples(up, t, gyro=gyro))
    assert len(found) == int(done)
    assert max(e.decided_s - e.end_s for e in found[2:]) < 1.2


def test_a_turn_left_out_before_the_way_changes_without_a_rest_counts() -> None:
    made = simulate(sample("ankle-circles", 46014, placement="ankle", gyro=False))
    found = circles(*made.items())
    assert len(found) == len(made.events)
    late = [e for e in found if any(o.decided_s < e.decided_s and o.start_s > e.end_s for o in found)]
    ways = [e.attributes["direction"] for e in sorted(found, key=lambda e: e.start_s)]
    assert late
    assert ways == ways[:1] * 7 + ways[-1:] * 7


@pytest.mark.parametrize("gyro", [False, True])
def test_nothing_is_counted_across_a_gap(gyro: bool) -> None:
    t, phase = phase_of(6, 0.5, 50.0)
    info, stream = StreamInfo(50.0, gyro), samples(tilts(phase), t, gyro=gyro)
    # one turn is lost: what is left goes on as if nothing had been
    before = slice_samples(stream, 0, int(np.searchsorted(phase, 2.5)))
    after = slice_samples(stream, int(np.searchsorted(phase, 3.5)), len(stream))
    gap = Gap(float(before.t_s[-1]), float(after.t_s[0]))
    found = circles(info, before, gap, after)
    assert len(found) == 2 + 2
    assert not any(e.start_s < gap.end_s and e.end_s > gap.start_s for e in found)


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("gap", [False, True])
def test_two_turns_that_the_end_cuts_off_count(gap: bool, gyro: bool) -> None:
    info, stream = bout(2.0, 0.6, 50.0, gyro=gyro)
    cut = slice_samples(stream, 0, int(np.searchsorted(stream.t_s, REST_S + 2 / 0.6 + 0.05)))
    end_s = float(cut.t_s[-1])
    found = circles(info, cut, *([Gap(end_s, end_s + 3.0)] if gap else []))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 2
    assert all(e.decided_s <= end_s for e in found), "nothing is decided in a hole"


@pytest.mark.parametrize("gyro", [False, True])
def test_single_circles_with_rests_between(gyro: bool) -> None:
    up = np.concatenate([from_the_centre(1, 0.6, spiral=False, rest_s=1.3)] * 5)
    found = circles(StreamInfo(50.0, gyro), samples(up, np.arange(len(up)) / 50.0, gyro=gyro))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 5


@pytest.mark.parametrize(("gyro", "tempo_hz"), [(False, 0.5), (True, 0.5), (True, 1.2)])
def test_thin_loops_count_where_they_are_even(gyro: bool, tempo_hz: float) -> None:
    found = circles(*bout(6, tempo_hz, gyro=gyro, width=0.29))
    assert [e.attributes["direction"] for e in found] == ["ccw"] * 6


def test_two_uneven_turns_count_if_gravity_goes_along() -> None:
    t, phase = phase_of(2, 1.2, 50.0)
    stream = samples(tilts(phase, width=0.7, radius=1 + 0.25 * np.sin(6 * np.pi * phase)), t, gyro=True)
    info = StreamInfo(50.0, True)
    assert len(circles(info, stream)) == 2
    assert not circles(info, felt(stream, -0.3))


def test_thin_gravity_loop_is_counted_with_a_gyro_but_has_no_direction() -> None:
    t, phase = phase_of(5, 0.6, 100.0)
    turn = np.radians(12) * np.column_stack([0 * phase, np.cos(2 * np.pi * phase), np.sin(2 * np.pi * phase)])
    pose = Rotation.from_rotvec(turn)  # about a horizontal and the vertical axis: gravity shows a line
    step = (pose[:-1].inv() * pose[1:]).as_rotvec()
    gyr = np.degrees(np.vstack([step, step[-1:]])) * 100.0
    stream = replace(samples(pose.inv().apply([0.0, 0.0, 1.0]), t, gyro=True), gyr_dps=gyr)
    found = circles(StreamInfo(100.0, True), stream)
    assert [e.attributes["direction"] for e in found] == [None] * 5


@pytest.mark.parametrize("seed", range(6))
def test_simulated_wearers(seed: int) -> None:
    made = simulate(Scenario(motion="ankle-circles", seed=seed, rate_hz=50.0, gyro=seed % 2 == 0, tempo_hz=0.6))
    found = circles(*made.items())
    assert [e.attributes["direction"] for e in found] == [e.attributes["direction"] for e in made.events]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(size=st.sampled_from([1, 7, 50, 400, 3000]), seed=st.sampled_from([0, 3, 8]))
def test_cutting_a_whole_session_changes_nothing(size: int, seed: int) -> None:
    made = simulate(
        Scenario(motion="ankle-circles", seed=seed, reps=4, rate_hz=25.0, gyro=seed > 3, tempo_hz=0.6)
    )
    info, stream = made.items()
    assert isinstance(stream, Samples)
    whole = circles(info, stream)
    assert len(whole) >= 4
    assert whole == circles(info, *in_chunks(stream, list(range(0, len(stream), size))))


@pytest.mark.parametrize("gyro", [False, True])
def test_turns_of_few_samples_are_counted(gyro: bool) -> None:
    """A turn in 0.45 s is eleven samples of the slow grid: two of them count once others have followed."""
    _, quick = phase_of(2, 2.1, 25.0)
    _, phase = phase_of(5, 1.4, 25.0)
    up = np.concatenate([tilts(quick, size_deg=10.0, width=0.9), tilts(phase, size_deg=10.0, width=0.9)])
    found = circles(StreamInfo(25.0, gyro), samples(up, np.arange(len(up)) / 25.0, gyro=gyro))
    assert len(found) == 7


@pytest.mark.parametrize("gyro", [False, True])
def test_a_turn_foretold_is_counted_once_where_the_foot_stops_short_of_its_end(gyro: bool) -> None:
    for done in (4.93, 4.97, 5.0, 5.03):
        assert len(circles(*bout(done, 0.9, 100.0, gyro=gyro))) == 5


@pytest.mark.parametrize("stop_s", [0.8, 1.0])
@pytest.mark.parametrize("back", [0.0, 0.2])
def test_a_stop_before_a_row_is_known_loses_no_turn(back: float, stop_s: float) -> None:
    """Small circles with a gyro, soon after others: one is known at the stop already, and the foot goes on."""
    _, first = phase_of(4, 0.4, 50.0)
    _, phase = phase_of(5, 0.4, 50.0)
    rows = (first, held_up(phase, 50.0, 1.6, stop_s=stop_s, back=back))
    up = np.concatenate([tilts(row, size_deg=5.0) for row in rows])
    found = circles(StreamInfo(50.0, True), samples(up, np.arange(len(up)) / 50.0, gyro=True))
    assert len(found) == 9
