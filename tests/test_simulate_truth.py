"""Truth by the words of the contract, on paths made by hand and against the signal."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.simulate import Scenario, simulate
from footsense.simulate.body import ANGLES, Angle, Site
from footsense.simulate.curves import GRID_HZ
from footsense.simulate.motion import Bout, Kept, Motion
from footsense.simulate.truth import holds, truth, turns
from footsense.simulate.wearer import draw_person

QUIET = {"noise": 0.0, "bias": 0.0, "slop": 0.0, "acc_range_g": 100.0, "bits": 24}


def tilted(degrees):
    """Up-direction (n, 3) tilted in one plane."""
    angle = np.radians(degrees)
    return np.column_stack([np.sin(angle), 0 * angle, np.cos(angle)])


def ring(count: float, width: float = 1.0, way: float = 1.0, period_s: float = 1.0):
    """Up-direction going around by `count` turns, 15° wide, at rest for a second before and after."""
    phase = np.clip(np.arange(round((count * period_s + 2.0) * GRID_HZ)) / GRID_HZ - 1.0, 0, count * period_s)
    psi = way * 2 * np.pi * phase / period_s
    x, y = 0.26 * np.cos(psi), 0.26 * width * np.sin(psi)
    return np.column_stack([x, y, np.sqrt(1 - x * x - y * y)])


def turns_of(path):
    return turns(path, Bout(1.0, len(path) / GRID_HZ - 1.0))


@pytest.mark.parametrize(("count", "counted"), [(3.0, 3), (3.7, 3), (3.8, 4), (2.65, 2), (0.6, 0), (1.0, 1)])
def test_a_last_turn_counts_from_three_quarters(count: float, counted: int) -> None:
    assert len(turns_of(ring(count))) == counted


def test_turns_follow_each_other_at_full_circles() -> None:
    found = turns_of(ring(4.0, period_s=1.5))
    assert np.allclose([e.start_s for e in found], [1.0, 2.5, 4.0, 5.5], atol=0.05)
    assert all(a.end_s == b.start_s for a, b in pairwise(found))


@settings(max_examples=20, deadline=None)
@given(
    st.tuples(*[st.floats(-1, 1) for _ in range(4)]).filter(lambda q: sum(x * x for x in q) > 0.01),
    st.booleans(),
)
def test_right_handed_about_the_mean_is_ccw_in_any_frame(q, right_handed: bool) -> None:
    w, x, y, z = np.array(q) / np.sqrt(sum(v * v for v in q))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    path = ring(3.0, 0.5, 1.0 if right_handed else -1.0) @ turn.T
    u, c = path, path.mean(axis=0)
    by_contract = np.einsum("ij,j->i", np.cross(u[:-1] - c, u[1:] - c), c).sum() > 0
    assert by_contract == right_handed
    assert {e.attributes["direction"] for e in turns_of(path)} == {"ccw" if right_handed else "cw"}


def test_a_thin_loop_has_no_direction() -> None:
    assert {e.attributes["direction"] for e in turns_of(ring(3.0, 0.15))} == {None}
    assert {e.attributes["direction"] for e in turns_of(ring(3.0, 0.3))} == {"ccw"}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("direction", ["cw", "ccw"])
@pytest.mark.parametrize("seed", range(6))
def test_circles_go_the_wished_way_and_the_signal_shows_it(side, direction, seed: int) -> None:
    wish = {"side": side, "direction": direction, "reps": 5, "seed": seed, "tempo_hz": 0.3, "tremor": 0.0}
    made = simulate(Scenario(motion="ankle-circles", **wish, **QUIET))
    assert {e.attributes["direction"] for e in made.events} == {direction}
    assert 5 <= len(made.events) <= 6
    for e in made.events:
        u = made.acc_g[(made.t_s >= e.start_s) & (made.t_s <= e.end_s)]
        c = u.mean(axis=0)
        wound = np.einsum("ij,j->i", np.cross(u - c, np.roll(u, -1, axis=0) - c), c).sum()
        assert ("ccw" if wound > 0 else "cw") == direction


def held(*knots):
    """Up-direction along straight lines between (second, degrees), and the mark of a posture kept."""
    t = np.arange(round(knots[-1][0] * GRID_HZ)) / GRID_HZ
    return tilted(np.interp(t, *zip(*knots, strict=True)))


def holds_of(path, start_s, end_s, rest_s=2.0):
    mark = Kept("band-flexes", rest_s, start_s, end_s, len(path) / GRID_HZ - 0.5)
    return holds(path, path, mark)


def test_a_hold_begins_and_ends_within_a_tenth_of_its_excursion() -> None:
    (e,) = holds_of(held((0, 0), (2, 0), (3, 20), (8, 20), (10, 0), (12, 0)), 3, 8)
    assert e.attributes["excursion_deg"] == pytest.approx(20, abs=0.01)
    assert e.start_s == pytest.approx(2.9, abs=0.011)
    assert e.end_s == pytest.approx(8.2, abs=0.011)


def test_interruptions_up_to_three_tenths_belong_to_the_hold() -> None:
    def dip(length):
        a, b = 5.0, 5.0 + length
        return held(
            (0, 0),
            (2, 0),
            (3, 20),
            (a, 20),
            (a + 0.001, 10),
            (b, 10),
            (b + 0.001, 20),
            (8, 20),
            (9, 0),
            (11, 0),
        )

    assert len(holds_of(dip(0.28), 3, 8)) == 1
    assert len(holds_of(dip(0.34), 3, 8)) == 2


def test_shorter_than_a_second_is_no_hold() -> None:
    assert holds_of(held((0, 0), (2, 0), (2.5, 20), (3.3, 20), (3.8, 0), (6, 0)), 2.5, 3.3) == []
    assert len(holds_of(held((0, 0), (2, 0), (2.5, 20), (3.6, 20), (4.1, 0), (6, 0)), 2.5, 3.6)) == 1


def test_resting_noise_widens_the_tolerance() -> None:
    path = held((0, 0), (2, 0), (3, 20), (8, 20), (10, 0), (12, 0))
    shaky = path + 0.03 * np.sin(2 * np.pi * np.arange(len(path)) / GRID_HZ)[:, None] * [1.0, 0.0, 0.0]
    (still,), (restless,) = holds_of(path, 3, 8), holds(path, shaky, Kept("band-flexes", 2.0, 3, 8, 11.5))
    assert restless.end_s > still.end_s + 0.1


def lifted_motion(**knots):
    """A motion of ten seconds, of named joint angles along straight lines, kept from second 3 to 7."""
    t = np.arange(round(10 * GRID_HZ)) / GRID_HZ
    angles = np.zeros((len(t), ANGLES))
    for name, points in knots.items():
        angles[:, Angle[name]] = np.interp(t, *zip(*points, strict=True))
    still = np.zeros((len(t), 3))
    return Motion(angles, 0 * angles, still, (), (Kept("pencil-pickups", 2.0, 3.0, 7.0, 9.5),))


def test_a_hold_is_of_the_posture_of_what_the_sensor_is_worn_on() -> None:
    person, shank = (
        draw_person(Scenario(motion="pencil-pickups", seed=1)),
        Site(0.0, 0.0, (0.0, 0.0, 0.1), 0.65),
    )
    leg = [(0, 0), (2, 0), (3, 20), (8, 20), (9, 0)]
    motion = lifted_motion(SHANK_PITCH=leg, DORSI=[(0, 0), (7, 0), (7.4, -6), (9, 0)])
    (foot,) = truth(motion, person, "right").events
    (there,) = truth(motion, person, "right", shank).events
    assert foot.start_s == pytest.approx(there.start_s, abs=0.02)
    assert foot.end_s == pytest.approx(7.13, abs=0.05)
    assert there.end_s == pytest.approx(8.1, abs=0.02)


def test_a_hold_is_of_the_posture_of_the_foot_where_the_sensor_is_not_moved_by_it() -> None:
    person = draw_person(Scenario(motion="top-presses", seed=1))
    shank = Site(0.04, 0.02, (0.0, 0.0, 0.1), 0.65)
    motion = lifted_motion(MIDFOOT=[(0, 0), (2, 0), (3, 3), (7, 3), (8, 0)])
    sways = replace(
        motion, extra=motion.extra + 0.2 * np.sin(6 * np.arange(len(motion.extra)) / GRID_HZ)[:, None]
    )
    assert truth(sways, person, "right", shank).events == truth(sways, person, "right").events != ()


def test_the_last_step_of_a_bout_lasts_a_second_and_standing_is_none() -> None:
    made = simulate(Scenario(motion="toe-walk", seed=6, sets=2, reps=6, tempo_hz=0.9, tidy=True))
    assert len(made.events) == 12
    assert [e.end_s - e.start_s for e in made.events[5::6]] == pytest.approx([1.0, 1.0])
    assert all(0.4 < e.end_s - e.start_s < 0.9 for i, e in enumerate(made.events) if i % 6 != 5)
    assert all(e.attributes["toe"] for e in made.events)


@pytest.mark.parametrize("motion", ["walking", "stairs"])
def test_walking_and_stairs_are_steps_that_are_not_on_tiptoe(motion: str) -> None:
    made = simulate(Scenario(motion=motion, seed=3, duration_s=30.0))
    assert {e.attributes["toe"] for e in made.events} == {False}


@pytest.mark.parametrize("exercise", ["band-flexes", "top-presses", "pencil-pickups"])
@pytest.mark.parametrize("seed", range(5))
def test_holds_last_as_long_as_wished_and_short_ones_are_left_out(exercise: str, seed: int) -> None:
    made = simulate(Scenario(motion=exercise, seed=seed, reps=4, hold_s=6.0, size_deg=15.0))
    lengths = [e.end_s - e.start_s for e in made.events if e.end_s - e.start_s > 3.0]
    assert len(lengths) == 4
    assert min(lengths) > 4.5
    assert max(lengths) < 9.0
