"""The simulated wearer obeys physics, and what it is asked for."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_sample_data import recordings

from footsense.analysis import Analysis, RecordingFacts
from footsense.errors import UsageError
from footsense.resources import data_folder
from footsense.routine import Routine, RoutineItem, load_routine, routine_names
from footsense.simulate import (
    EXERCISES,
    MOTIONS,
    NEGATIVES,
    Scenario,
    demo_routine,
    perform,
    sample,
    simulate,
    simulate_routine,
    truth_json,
    write,
)
from footsense.simulate.body import Angle, Person, foot_up
from footsense.simulate.wearer import GENERATORS, motion_of
from footsense.types import Gap, StreamInfo
from footsense.verify import verify

QUIET = {"noise": 0.0, "bias": 0.0, "slop": 0.0, "acc_range_g": 100.0, "bits": 24}
BRIEF = {"duration_s": 12.0, "reps": 2, "sets": 1}
STEPPING = {"toe-walk", "walking", "stairs"}

rotations = st.tuples(*[st.floats(-1, 1) for _ in range(4)]).filter(lambda q: sum(x * x for x in q) > 0.01)


def size(v):
    return np.sqrt((v * v).sum(axis=1))


def angle_deg(a, b):
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), np.dot(a, b))))


def facts(made):
    return [(e.kind, e.start_s, e.end_s, dict(e.attributes)) for e in made.events]


def test_every_motion_has_a_generator() -> None:
    assert set(GENERATORS) == set(MOTIONS)


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_is_made_and_only_exercises_and_walking_have_events(motion: str) -> None:
    made = simulate(Scenario(motion=motion, seed=1, **BRIEF))
    assert len(made.t_s) == len(made.acc_g) == len(made.gyr_dps) > 200
    assert np.isfinite(made.acc_g).all()
    assert np.isfinite(made.gyr_dps).all()
    assert bool(made.events) == (motion in EXERCISES or motion in STEPPING)
    assert all(made.t_s[0] <= e.start_s < e.end_s <= made.t_s[-1] for e in made.events)
    assert all(a.start_s <= b.start_s for a, b in pairwise(made.events))


@settings(max_examples=15, deadline=None)
@given(rotations, st.sampled_from(sorted(EXERCISES)), st.sampled_from(["foot", "ankle", "shank"]))
def test_at_rest_gravity_is_one_g_and_nothing_turns_whatever_the_mounting(mount, motion, placement) -> None:
    wish = Scenario(
        motion=motion, placement=placement, mounting=mount, restless=0.0, tremor=0.0, **BRIEF, **QUIET
    )
    made = simulate(wish)
    rest = made.t_s < 1.2
    assert np.allclose(size(made.acc_g[rest]), 1.0, atol=2e-4)
    assert np.abs(made.gyr_dps[rest]).max() < 0.05


@pytest.mark.parametrize(
    "motion", ["ankle-circles", "band-flexes", "pencil-pickups", "toe-walk", "walking", "donning"]
)
@pytest.mark.parametrize("placement", ["foot", "ankle"])
def test_the_gyro_integrates_to_the_tilt_that_gravity_shows(motion: str, placement) -> None:
    made = simulate(Scenario(motion=motion, seed=3, rate_hz=200.0, placement=placement, **BRIEF, **QUIET))
    up = made.acc_g[:50].mean(axis=0)
    for w in np.radians((made.gyr_dps[50:-1] + made.gyr_dps[51:]) / 2.0) / 200.0:
        turn = np.linalg.norm(w)
        axis = w / max(turn, 1e-12)
        up = up * np.cos(turn) - np.cross(axis, up) * np.sin(turn) + axis * (axis @ up) * (1 - np.cos(turn))
    assert angle_deg(up, made.acc_g[-30:].mean(axis=0)) < 1.0


angles = st.tuples(*[st.floats(-30, 30) for _ in range(6)])


@settings(max_examples=30, deadline=None)
@given(angles, st.integers(0, 1000))
def test_the_left_leg_is_the_right_one_in_a_mirror(right, seed: int) -> None:
    person = Person.draw(np.random.default_rng(seed))
    left = np.array(right) * [1, -1, -1, 1, 1, 1]  # roll and yaw change their sign in a mirror
    u = [foot_up(person, s, np.array([a])) for s, a in (("right", right), ("left", left))]
    assert np.allclose(u[0], u[1] * [1, -1, 1], atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
def test_dorsiflexion_raises_the_toes_and_inversion_the_inner_edge(side) -> None:
    person = Person.draw(np.random.default_rng(1))
    inner = 1.0 if side == "right" else -1.0
    up = {
        a: foot_up(person, side, 10.0 * np.eye(6)[[a]])[0]
        for a in (Angle.DORSI, Angle.INVERSION, Angle.MIDFOOT)
    }
    assert up[Angle.DORSI][0] > 0.15
    assert inner * up[Angle.INVERSION][1] > 0.08
    assert up[Angle.MIDFOOT][0] > 0.15


def test_the_subtalar_axis_points_up_and_inwards() -> None:
    axes = np.array([Person.draw(np.random.default_rng(s)).subtalar("right") for s in range(300)])
    up, medial = np.degrees(np.arcsin(axes[:, 2])), np.degrees(np.arctan2(axes[:, 1], axes[:, 0]))
    assert abs(up.mean() - 42) < 1.5
    assert abs(medial.mean() - 16) < 1.5
    assert np.allclose(size(axes), 1.0)


def test_the_sensors_lever_is_felt() -> None:
    """A foot that rocks with amplitude A at frequency f feels A (2πf)² r at the lever r: more when faster."""
    peak = []
    for tempo in (0.5, 1.5):
        made = simulate(
            Scenario(motion="pumps", seed=2, tempo_hz=tempo, size_deg=10.0, duration_s=20.0, **QUIET)
        )
        peak.append(np.abs(size(made.acc_g) - 1.0).max())
    assert peak[1] > 4 * peak[0] > 0


def test_the_same_scenario_gives_the_same_numbers_and_another_seed_others() -> None:
    wish = Scenario(motion="band-flexes", seed=8, reps=2, loss=0.02)
    a, b, c = simulate(wish), simulate(wish), simulate(replace(wish, seed=9))
    assert a.acc_g.tobytes() == b.acc_g.tobytes()
    assert a.gyr_dps.tobytes() == b.gyr_dps.tobytes()
    assert facts(a) == facts(b)
    assert facts(a) != facts(c)


@pytest.mark.parametrize("motion", EXERCISES)
def test_truth_is_of_the_motion_alone(motion: str) -> None:
    wish = Scenario(motion=motion, seed=5, **{**BRIEF, "duration_s": None})
    others = [
        replace(wish, mounting=(0.1, -0.7, 0.3, 0.6)),
        replace(wish, rate_hz=26.0, gyro=False),
        replace(wish, rate_hz=400.0, noise=5.0, bias=5.0, slop=3.0),
        replace(wish, loss=0.1, gaps_s=((5.0, 1.0),), acc_range_g=2.0, bits=10),
    ]
    truths = [facts(simulate(w)) for w in [wish, *others]]
    assert truths[0]
    assert all(t == truths[0] for t in truths)


@pytest.mark.parametrize("motion", EXERCISES)
def test_truth_is_the_same_wherever_the_sensor_is_but_for_when_a_hold_seems_over(motion: str) -> None:
    wish = Scenario(motion=motion, seed=5, **{**BRIEF, "duration_s": None})
    foot, *others = (simulate(replace(wish, placement=p)) for p in ("foot", "ankle", "shank"))
    for other in others:
        for there, here in zip(other.events, foot.events, strict=True):
            if here.kind == "hold":
                assert there.start_s == pytest.approx(here.start_s, abs=0.3)
                assert there.end_s == pytest.approx(here.end_s, abs=1.0)
            else:
                assert there == here


def tilt_range_deg(motion: str, placement, seed: int, **wish) -> float:
    """Largest angle between the held and the rest posture, seen by the sensor."""
    made = simulate(Scenario(motion=motion, placement=placement, seed=seed, tidy=True, **wish, **QUIET))
    hold = next(e for e in made.events if e.kind == "hold")
    held = made.acc_g[(made.t_s > hold.start_s + 0.3) & (made.t_s < hold.end_s - 0.3)].mean(axis=0)
    return angle_deg(held, made.acc_g[:80].mean(axis=0))


@pytest.mark.parametrize("seed", range(4))
def test_a_flex_is_seen_whole_at_the_foot_in_part_at_the_ankle_and_hardly_at_the_shank(seed: int) -> None:
    wish = {"reps": 1, "size_deg": 24.0, "restless": 0.2}
    foot, ankle, shank = (tilt_range_deg("band-flexes", p, seed, **wish) for p in ("foot", "ankle", "shank"))
    assert 16 < foot < 33
    assert 0.28 < ankle / foot < 0.56
    assert shank / foot < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_a_toe_grip_tilts_the_foot_a_little_and_the_ankle_by_less_than_a_degree(seed: int) -> None:
    wish = {"reps": 1, "restless": 0.1}
    assert 1.0 < tilt_range_deg("top-presses", "foot", seed, **wish) < 5.0
    assert tilt_range_deg("top-presses", "ankle", seed, **wish) < 1.0


def test_on_tiptoe_the_foot_is_tilted_and_the_shank_is_not() -> None:
    for placement, low, high in (("foot", 14, 55), ("shank", 0, 20)):
        for seed in range(3):
            made = simulate(
                Scenario(motion="toe-walk", seed=seed, placement=placement, sets=1, reps=2, tidy=True, **QUIET)
            )
            first = made.events[-1]
            up = made.acc_g[(made.t_s > first.start_s + 0.5) & (made.t_s < first.start_s + 0.8)].mean(axis=0)
            assert low < angle_deg(up, made.acc_g[:80].mean(axis=0)) < high


def largest_tilts_deg(motion: str, seed: int):
    """Of foot and shank against their posture at the start, as meant."""
    person = Person.draw(np.random.default_rng(seed))
    path = motion_of(Scenario(motion=motion, seed=seed, duration_s=20.0), person).angles
    shank = path * [1, 1, 1, 0, 0, 0]
    return [
        max(angle_deg(u, v[0]) for u in v[::10]) for v in (foot_up(person, "right", a) for a in (path, shank))
    ]


@pytest.mark.parametrize("seed", range(4))
def test_heel_raises_tilt_the_foot_by_45_to_52_degrees_and_the_shank_by_3_to_14(seed: int) -> None:
    foot, shank = largest_tilts_deg("heel-raises", seed)
    assert 42 < foot < 53
    assert 2.9 < shank < 14.1


def test_rising_from_a_chair_tilts_the_shank_and_not_the_foot() -> None:
    foot, shank = largest_tilts_deg("chair-rises", 3)
    assert foot < 4.0
    assert shank > 12.0


def test_heels_strike_harder_than_forefeet() -> None:
    def jolt(motion: str, seed: int) -> float:
        made = simulate(
            Scenario(motion=motion, seed=seed, rate_hz=200.0, sets=1, reps=8, duration_s=20.0, **QUIET)
        )
        return float(np.percentile(size(np.diff(made.acc_g, axis=0)), 99.5))

    for seed in range(4):
        assert jolt("walking", seed) > 1.5 * jolt("toe-walk", seed)


def test_samples_are_clipped_and_rounded_as_the_device_would() -> None:
    made = simulate(Scenario(motion="shaking", seed=1, acc_range_g=2.0, bits=10, duration_s=20.0))
    assert made.acc_g.min() >= -2.0
    assert made.acc_g.max() <= 2.0
    assert (np.abs(made.acc_g) > 1.99).any()
    steps = made.acc_g / (2.0 / 512)
    assert np.allclose(steps, np.round(steps), atol=1e-9)


def test_lost_packets_and_holes_leave_rows_out() -> None:
    wish = Scenario(motion="sitting", seed=2, duration_s=60.0)
    whole = simulate(wish)
    lossy = simulate(replace(wish, loss=0.1, gaps_s=((20.0, 1.5),)))
    assert 0.03 < 1.0 - len(lossy.t_s) / len(whole.t_s) < 0.25
    assert not ((lossy.t_s >= 20.0) & (lossy.t_s < 21.5)).any()
    there = np.isin(whole.t_s, lossy.t_s)
    assert (whole.acc_g[there] == lossy.acc_g).all()
    assert any(isinstance(i, Gap) and i.end_s - i.start_s >= 1.5 for i in lossy.items())


def test_time_stamps_may_be_off_but_stay_one_increasing_grid() -> None:
    made = simulate(Scenario(motion="sitting", seed=2, duration_s=30.0, jitter=0.2))
    gaps = np.diff(made.t_s) * 100.0
    assert 0.5 < gaps.min() < 0.9
    assert 1.1 < gaps.max() < 1.5
    assert made.t_s[0] == 0.0
    assert len([i for i in made.items() if isinstance(i, StreamInfo)]) == 1


def test_items_carry_what_the_scenario_says() -> None:
    made = simulate(
        Scenario(motion="sitting", side="left", placement="ankle", gyro=False, rate_hz=50.0, duration_s=5.0)
    )
    info = made.items()[0]
    assert isinstance(info, StreamInfo)
    assert (info.side, info.placement, info.has_gyro, info.rate_hz) == ("left", "ankle", False, 50.0)


@pytest.mark.parametrize("rate_hz", [10.0, 12.5, 400.0])
def test_any_rate_reads_the_same_motion(rate_hz: float) -> None:
    fine = simulate(Scenario(motion="ankle-circles", seed=2, tempo_hz=0.3, reps=2, rate_hz=200.0, **QUIET))
    made = simulate(Scenario(motion="ankle-circles", seed=2, tempo_hz=0.3, reps=2, rate_hz=rate_hz, **QUIET))
    same = np.column_stack([np.interp(made.t_s, fine.t_s, fine.acc_g[:, k]) for k in range(3)])
    assert np.abs(made.acc_g - same).max() < 0.08


def test_the_demo_is_one_continuous_motion_with_segments() -> None:
    made = demo_routine()
    assert 55 < made.t_s[-1] < 85
    assert [s.exercise for s in made.segments] == ["ankle-circles", "band-flexes", "toe-walk"]
    assert all(a.end_s < b.start_s for a, b in pairwise(made.segments))
    for e in made.events:
        assert any(
            s.exercise == e.exercise and s.start_s <= e.start_s < e.end_s <= s.end_s for s in made.segments
        )
    between = (made.t_s > made.segments[0].end_s) & (made.t_s < made.segments[1].start_s)
    assert size(made.acc_g[between]).max() < 3.0


def analysis_of(made, name: str) -> Analysis:
    facts = RecordingFacts(float(made.t_s[-1]), len(made.t_s), 100.0, gyro=True)
    s = made.scenario
    return Analysis(name, None, s.placement, s.side, facts, made.events, {}, made.segments)


@pytest.mark.parametrize("name", routine_names())
@pytest.mark.parametrize("seed", range(3))
def test_a_routine_done_as_asked_for_is_complete_by_its_truth(name: str, seed: int) -> None:
    routine = load_routine(name)
    both = [
        perform(routine, Scenario(motion="sitting", seed=seed, side=s, tidy=True)) for s in ("left", "right")
    ]
    verdict = verify(routine, [analysis_of(made, s) for made, s in zip(both, ("left", "right"), strict=True)])
    assert [(i.exercise, i.verdict) for i in verdict.items if i.verdict != "complete"] == []


def test_a_routine_for_the_other_foot_is_refused() -> None:
    left = Routine(
        schema="footsense.routine/1",
        name="x",
        item=(RoutineItem(exercise="ankle-circles", sides=("left",), reps=2),),
    )
    with pytest.raises(UsageError, match="nothing for the right foot"):
        perform(left, Scenario(motion="sitting", side="right"))


def test_what_a_gap_cuts_is_marked_in_the_truth() -> None:
    made = simulate(Scenario(motion="band-flexes", seed=3, reps=3))
    hold = made.events[1]
    made = simulate(Scenario(motion="band-flexes", seed=3, reps=3, gaps_s=((hold.start_s + 1, 0.5),)))
    assert [made.cut(e) for e in made.events] == [False, True, False]
    assert [e.get("cut") for e in truth_json(made)["events"]] == [None, True, None]
    short = simulate(Scenario(motion="band-flexes", seed=3, reps=3, gaps_s=((hold.start_s + 1, 0.2),)))
    assert not any(short.cut(e) for e in short.events)


def test_nobody_crosses_the_room_while_changing_posture() -> None:
    walk = Scenario(motion="walking", seed=5, duration_s=40.0, **QUIET)
    made = simulate_routine([walk, replace(walk, motion="standing", duration_s=10.0)], (2.0, 2.0))
    between = (made.t_s > made.segments[0].end_s) & (made.t_s < made.segments[1].start_s)
    assert np.abs(size(made.acc_g[between]) - 1.0).max() < 0.1
    assert size(made.gyr_dps[between]).max() < 60.0


def test_circles_before_flexes_are_done_with_the_legs_stretched_out_already() -> None:
    made = demo_routine(Scenario(motion="sitting", seed=9, side="left", restless=0.2, **QUIET))
    before, after = made.segments[0].end_s, made.segments[1].start_s
    up = [
        made.acc_g[(made.t_s > a) & (made.t_s < b)].mean(axis=0) for a, b in ((0.0, 1.0), (after, after + 1.0))
    ]
    assert after - before < 3.0
    assert angle_deg(*up) < 3.0


def test_a_routine_may_hold_any_motions() -> None:
    made = simulate_routine([Scenario(motion=m, seed=3, **BRIEF) for m in MOTIONS])
    assert {s.exercise for s in made.segments} == set(MOTIONS)
    assert np.isfinite(made.acc_g).all()


@pytest.mark.parametrize(
    "base", [{"gyro": False}, {"acc_range_g": 2.0}, {"placement": "ankle", "rate_hz": 50.0}]
)
def test_the_demo_routine_can_be_worn_by_anyone(base) -> None:
    made = demo_routine(Scenario(motion="sitting", seed=11, tidy=True, **{"side": "left"} | base))
    assert len([e for e in made.events if e.kind == "circle"]) == 10


def test_populations_draw_valid_and_differing_scenarios() -> None:
    drawn = [sample("walking", seed, placement="ankle") for seed in range(200)]
    assert {s.placement for s in drawn} == {"ankle"}
    assert {s.side for s in drawn} == {"left", "right"}
    assert len({round(s.rate_hz) for s in drawn}) > 5
    assert sample("walking", 3) == sample("walking", 3)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"motion": "handstand"}, "ankle-circles"),
        ({"rate_hz": 5.0}, "rate_hz is 5; it has to be from 10 to 400"),
        ({"rate_hz": float("nan")}, "rate_hz"),
        ({"reps": 0}, "reps"),
        ({"rest_s": 0.0}, "rest_s"),
        ({"loss": 1.0}, "loss"),
        ({"jitter": 0.5}, "jitter"),
        ({"seed": -1}, "seed"),
        ({"duration_s": 1e9}, "duration_s"),
        ({"acc_range_g": 0.0}, "acc_range_g"),
        ({"direction": "up"}, "cw, ccw or both"),
        ({"posture": "upside-down"}, "hanging, stretched or crossed"),
        ({"placement": "wrist"}, "foot, ankle or shank"),
        ({"side": "both"}, "left or right"),
        ({"mounting": (0.0, 0.0, 0.0, 0.0)}, "mounting"),
        ({"gaps_s": ((3.0, -1.0),)}, "gaps_s"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_words(wrong, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Scenario(**{"motion": "sitting", **wrong})


@pytest.mark.parametrize("motion", MOTIONS)
def test_extremes_are_made(motion: str) -> None:
    for wish in (
        {"duration_s": 2.0, "reps": 1, "sets": 1},
        {"duration_s": 6.0, "tempo_hz": 3.0, "size_deg": 60.0, "reps": 1},
    ):
        made = simulate(
            Scenario(motion=motion, seed=2, rate_hz=25.0, hold_s=0.0, tremor=5.0, restless=5.0, **wish)
        )
        assert np.isfinite(made.acc_g).all()


@pytest.mark.parametrize("motion", NEGATIVES)
def test_a_negative_lasts_as_long_as_asked(motion: str) -> None:
    made = simulate(Scenario(motion=motion, seed=4, duration_s=25.0))
    assert made.t_s[-1] == pytest.approx(25.0, abs=4.0 if motion in STEPPING else 0.1)


def test_what_would_last_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="fewer or shorter"):
        simulate(Scenario(motion="band-flexes", reps=2000, hold_s=600.0))


def test_sample_data_is_complete_and_small() -> None:
    names = [name for name, _ in recordings()]
    folder = data_folder("sample_data")
    assert sorted(p.name for p in folder.glob("*.csv.gz")) == sorted(names)
    assert sum(p.stat().st_size for p in folder.iterdir()) < 1_500_000


@pytest.mark.parametrize(("name", "make"), list(recordings()), ids=[n for n, _ in recordings()])
def test_sample_data_is_what_its_script_makes(tmp_path, name: str, make) -> None:
    """To a count of the device: processors differ in the last bits of `exp`."""
    truth = write(make(), tmp_path / name)
    folder = data_folder("sample_data")
    assert truth.read_text() == (folder / truth.name).read_text()
    ours, theirs = (np.loadtxt(f / name, delimiter=",", skiprows=1) for f in (tmp_path, folder))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs)[:, 1:4].max() < 2e-3
    assert np.abs(ours - theirs)[:, 4:].max(initial=0.0) < 0.2
