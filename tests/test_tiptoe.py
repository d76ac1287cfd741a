"""Which steps are on tiptoe, and which are not."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from footsense import simulate
from footsense.engine import Engine
from footsense.simulate import gait
from footsense.types import Reference
from tests.streams import cut
from tests.walking import made, near, recording, steps, stream


def test_real_walks_are_never_on_tiptoe(walks):
    labels = [e.attributes["toe"] for (t, a, g), _ in walks.values() for e in steps(stream(t, a, g, 100.0))]
    assert labels.count(True) <= len(labels) / 200
    assert labels.count(False) >= 0.95 * len(labels)


def test_tiptoe_is_told_from_heel_strike_on_the_foot():
    for motion in ("toe-walk", "walking"):
        wrong = total = 0
        for seed in range(6):
            walk = made(motion, seed, placement="foot", rate_hz=100.0, acc_range_g=8.0)
            kinds = {e.start_s: e.attributes["toe"] for e in walk.events}
            for event, start_s in near(steps(walk.items()), list(kinds), 0.25):
                wrong += event.attributes["toe"] is not kinds[start_s]
                total += 1
        assert total >= 100
        assert wrong <= 0.02 * total


def test_tiptoe_is_told_from_heel_strike_at_the_ankle():
    for motion in ("toe-walk", "walking"):
        labels = []
        for seed in range(6):
            walk = made(motion, seed, placement="ankle", rate_hz=100.0, acc_range_g=8.0, gyro=True)
            kinds = {e.start_s: e.attributes["toe"] for e in walk.events}
            labels += [(e.attributes["toe"], kinds[s]) for e, s in near(steps(walk.items()), list(kinds), 0.25)]
        assert len(labels) >= 80
        assert sum(a is b for a, b in labels) >= 0.8 * len(labels)
        assert sum(a is (not b) for a, b in labels) <= 0.02 * len(labels)


def test_tiptoe_is_told_without_a_stand_before():
    labels = []
    for seed in range(6):
        walk = made("toe-walk", seed, placement="foot", rate_hz=100.0, acc_range_g=8.0, gyro=True, sets=1)
        late = walk.t_s > walk.events[0].start_s - 0.5
        found = steps(stream(walk.t_s[late], walk.acc_g[late], walk.gyr_dps[late], 100.0))
        labels += [e.attributes["toe"] for e in found]
    assert labels.count(True) >= 0.6 * len(labels)
    assert labels.count(False) <= 0.02 * len(labels)


def test_real_walks_without_a_stand_are_not_on_tiptoe(walks):
    labels = []
    for (t, acc, gyr), truth in walks.values():
        late = t > truth[0] + 0.6
        labels += [e.attributes["toe"] for e in steps(stream(t[late], acc[late], gyr[late], 100.0))]
    assert len(labels) >= 300
    assert labels.count(True) <= len(labels) / 200


def test_a_great_turn_in_the_swing_is_no_tiptoe_at_a_low_rate():
    walk = made("walking", 414, placement="foot", gyro=True, duration_s=60.0)
    assert walk.scenario.rate_hz < 26.0
    labels = [e.attributes["toe"] for e in steps(walk.items())]
    assert len(labels) >= 30
    assert labels.count(True) == 0


def test_a_heel_strike_is_told_without_a_stand_before():
    labels = []
    for seed in (0, 3, 7, 10):
        walk = made(
            "walking", seed, placement="foot", rate_hz=100.0, acc_range_g=8.0, gyro=True, duration_s=30.0
        )
        late = walk.t_s > walk.events[1].start_s - 0.3
        found = steps(stream(walk.t_s[late], walk.acc_g[late], walk.gyr_dps[late], 100.0))
        labels += [e.attributes["toe"] for e in found]
    assert labels.count(True) == 0
    assert labels.count(False) >= 0.8 * len(labels)


@pytest.mark.parametrize("gyro", [True, False])
def test_stairs_with_the_foot_flat_are_not_on_tiptoe(gyro):
    stairs = [made("stairs", s, placement="foot", rate_hz=100.0, gyro=gyro, duration_s=40.0) for s in range(4)]
    labels = [e.attributes["toe"] for x in stairs for e in steps(x.items())]
    assert len(labels) >= 60
    assert labels.count(True) == 0


@pytest.mark.parametrize("motion", ["toe-walk", "walking"])
def test_a_restless_stand_tells_what_flat_is(motion):
    walk = made(motion, 5, placement="foot", rate_hz=100.0, acc_range_g=8.0)
    shiver = np.random.default_rng(0).normal(size=walk.acc_g.shape)
    shiver = sosfiltfilt(butter(2, [0.5, 4.0], "bandpass", fs=100.0, output="sos"), shiver, axis=0)
    acc = walk.acc_g + 0.02 * shiver / shiver.std()
    found = steps(stream(walk.t_s, acc, None, 100.0))
    assert len(found) >= 10
    assert all(e.attributes["toe"] is (motion == "toe-walk") for e in found)


@pytest.mark.parametrize(("placement", "rate_hz"), [("ankle", 50.0), ("shank", 25.0), ("foot", 12.5)])
def test_tiptoe_is_not_told_where_the_rate_cannot_show_it(placement, rate_hz):
    found = steps(without_its_beginning(placement, rate_hz))
    assert found
    assert not any(e.attributes["toe"] for e in found)


def without_its_beginning(placement, rate_hz):
    """A bout on tiptoe that was begun before the stream."""
    walk = made("toe-walk", 2, placement=placement, rate_hz=rate_hz, acc_range_g=8.0, noise=1.0, sets=1)
    late = walk.t_s > walk.events[0].start_s - 0.5
    return stream(walk.t_s[late], walk.acc_g[late], None, rate_hz, placement)


@pytest.mark.parametrize("rate_hz", [25.0, 50.0, 100.0])
def test_who_stood_flat_and_rose_is_on_tiptoe_at_the_ankle_too(rate_hz):
    labels = []
    for seed in range(6):
        walk = made("toe-walk", seed, placement="ankle", rate_hz=rate_hz, acc_range_g=8.0, gyro=False)
        kinds = {e.start_s: e.attributes["toe"] for e in walk.events}
        labels += [(e.attributes["toe"], kinds[s]) for e, s in near(steps(walk.items()), list(kinds), 0.25)]
    assert len(labels) >= 180
    assert sum(a is b for a, b in labels) >= 0.85 * len(labels)
    assert sum(a is (not b) for a, b in labels) <= 0.01 * len(labels)


@pytest.mark.parametrize("seed", [10141, 10184, 10193])
def test_who_walks_off_as_soon_as_he_is_up_rose_as_well(seed):
    drawn = simulate.sample("toe-walk", seed, placement="ankle", gyro=False, loss=0.0)
    labels = [e.attributes["toe"] for e in steps(simulate.simulate(drawn).items())]
    assert labels.count(True) >= len(labels) - 1


def test_a_heel_that_touches_in_the_second_step_after_a_rise_is_seen():
    walk = simulate.simulate(simulate.sample("toe-walk", 10127, placement="ankle", gyro=True, loss=0.0))
    flat = [e.start_s for e in walk.events if not e.attributes["toe"]]
    assert len(flat) >= 4
    assert [e.attributes["toe"] for e, _ in near(steps(walk.items()), flat, 0.25)] == [False] * len(flat)


def test_who_rose_a_little_is_on_tiptoe_where_he_comes_back_to_that():
    labels = labelled(simulate.simulate(simulate.sample("toe-walk", 50045, placement="foot", loss=0.0)))
    assert sum(told is kind for told, kind in labels) >= len(labels) - 1


def test_who_rose_and_then_walks_on_flat_feet_is_not_on_tiptoe(monkeypatch):
    monkeypatch.setattr(gait, "HEEL_TOUCHES", (1.0,))
    labels = []
    for seed in range(4):
        walk = made("toe-walk", seed, placement="ankle", rate_hz=100.0, acc_range_g=8.0, gyro=False)
        flat = [e.start_s for e in walk.events if not e.attributes["toe"]]
        labels += [e.attributes["toe"] for e, _ in near(steps(walk.items()), flat, 0.25)]
    assert len(labels) >= 100
    assert labels.count(True) <= 0.02 * len(labels)


def test_the_reason_names_the_rate():
    engine = Engine(["toe-walk"])
    for item in without_its_beginning("ankle", 50.0):
        engine.process(item)
    assert [r.code for r in engine.reasons()["toe-walk"]] == ["rate"]


def test_the_reason_says_that_labels_are_missing():
    walk = made("toe-walk", 5, placement="ankle", rate_hz=100.0, acc_range_g=8.0, gyro=True, sets=1)
    late = walk.t_s > walk.events[0].start_s - 0.5
    engine = Engine(["toe-walk"])
    for item in stream(walk.t_s[late], walk.acc_g[late], walk.gyr_dps[late], 100.0, "ankle"):
        engine.process(item)
    assert [r.code for r in engine.reasons()["toe-walk"]] == ["toe-unknown"]


@pytest.mark.parametrize("placement", ["foot", "ankle", "shank"])
def test_a_small_soft_heel_strike_is_not_on_tiptoe(placement, monkeypatch):
    small = replace(
        gait.RANGES["level"],
        stride_m=(0.4, 0.8),
        land_deg=(3.0, 14.0),
        lower_deg=(28.0, 48.0),
        shank_deg=((-10.0, -4.0), (-34.0, -20.0), (2.0, 12.0), (0.0, 6.0)),
        impact_g=(0.4, 1.5),
    )
    monkeypatch.setattr(gait, "RANGES", {**gait.RANGES, "level": small})
    labels = []
    for seed in range(8):
        walk = made("walking", seed, placement=placement, rate_hz=100.0, gyro=True, duration_s=30.0)
        late = walk.t_s > (walk.events[0].start_s + 0.5 if placement == "foot" else 0.0)
        found = steps(stream(walk.t_s[late], walk.acc_g[late], walk.gyr_dps[late], 100.0, placement))
        labels += [e.attributes["toe"] for e in found]
    assert len(labels) >= 80
    assert labels.count(True) <= len(labels) / 20


@pytest.mark.parametrize("motion", ["cycling", "leg-swing", "band-flexes"])
@pytest.mark.parametrize("placement", ["foot", "ankle"])
def test_what_has_no_impact_or_no_swing_is_not_on_tiptoe(motion, placement):
    fixed = {} if motion == "band-flexes" else {"duration_s": 40.0}
    people = [made(motion, s, placement=placement, rate_hz=100.0, gyro=True, **fixed) for s in range(4)]
    labels = [e.attributes["toe"] for x in people for e in steps(x.items())]
    assert labels.count(True) == 0


def test_a_shank_leaning_on_stairs_is_not_on_tiptoe():
    stairs = [made("stairs", s, placement="shank", rate_hz=100.0, gyro=True, duration_s=40.0) for s in range(4)]
    labels = [e.attributes["toe"] for x in stairs for e in steps(x.items())]
    assert len(labels) >= 40
    assert labels.count(True) == 0


def test_who_stops_on_tiptoe_is_still_on_tiptoe_afterwards():
    walk = made("toe-walk", 3, placement="foot", rate_hz=100.0, acc_range_g=8.0, gyro=True, sets=1, reps=12)
    pause_s = walk.events[5].start_s + 0.35  # in the middle of a stance
    at, count = int(np.searchsorted(walk.t_s, pause_s)), 300
    noise = np.random.default_rng(0).normal(0, 0.003, (count, 3))
    acc = np.concatenate([walk.acc_g[:at], walk.acc_g[at] + noise, walk.acc_g[at:]])
    gyr = np.concatenate([walk.gyr_dps[:at], np.zeros((count, 3)), walk.gyr_dps[at:]])
    found = steps(stream(np.arange(len(acc)) / 100.0, acc, gyr, 100.0))
    after = [(e.start_s - 3.0, e.attributes["toe"]) for e in found if e.start_s > pause_s + 3.0]
    true = [(e.start_s, e.attributes["toe"]) for e in walk.events[6:]]
    assert [toe for _, toe in after] == [toe for _, toe in true]
    assert [toe for _, toe in true].count(True) >= 3


def paused(walk, steps_before, pause_s):
    """Steps told of a walk at 100 Hz that stops for so long in the stances of some of its steps, and what they
    were, in order."""
    at = [0, *(int(np.searchsorted(walk.t_s, walk.events[k].start_s + 0.35)) for k in steps_before)]
    noise = np.random.default_rng(0).normal(0, 0.003, (round(100 * pause_s), 3))
    acc, gyr = [], []
    for lo, hi in itertools.pairwise([*at, len(walk.t_s)]):
        acc += [walk.acc_g[lo:hi], walk.acc_g[hi - 1] + noise]
        gyr += [] if walk.gyr_dps is None else [walk.gyr_dps[lo:hi], 0.0 * noise]
    acc, gyr = np.concatenate(acc), np.concatenate(gyr) if gyr else None
    found = steps(stream(np.arange(len(acc)) / 100.0, acc, gyr, 100.0, walk.scenario.placement))
    return [e.attributes["toe"] for e in found], [e.attributes["toe"] for e in walk.events]


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("pause_s", [2.0, 4.0])
def test_however_often_one_stops_on_tiptoe_the_steps_after_are_no_heel_strikes(gyro, pause_s):
    told, true = [], []
    for seed in (1, 3, 5):
        walk = made("toe-walk", seed, rate_hz=100.0, acc_range_g=8.0, size_deg=28.0, gyro=gyro, sets=1, reps=14)
        labels = paused(walk, (3, 6, 9), pause_s)
        told, true = told + labels[0], true + labels[1]
    assert len(told) == len(true)
    assert not any(a is False and b for a, b in zip(told, true, strict=True))
    assert told.count(True) >= 0.5 * len(told)


def test_the_flat_stand_of_the_wearing_check_serves_where_there_is_none():
    walk = made("toe-walk", 7, placement="foot", rate_hz=100.0, acc_range_g=8.0, sets=1)
    flat = walk.acc_g[:100].mean(axis=0)
    up = tuple((flat / np.linalg.norm(flat)).tolist())
    late = walk.t_s > walk.events[0].start_s - 0.5
    info, *samples = stream(walk.t_s[late], walk.acc_g[late], None, 100.0)
    reference = Reference(up=up, flex_axis=None, flex_deg=None, noise_deg=0.1, noise_g=0.005)
    untold = [e.attributes["toe"] for e in steps([info, *samples])]
    told = [e.attributes["toe"] for e in steps([replace(info, reference=reference), *samples])]
    assert told.count(True) == len(told) >= 10
    assert untold.count(True) < len(untold)


def test_one_foot_put_down_on_its_toes_is_no_walk():
    toes = 0
    for seed in (10003, 10007, 10010, 10018):
        drawn = simulate.sample("stairs", seed, placement="ankle", gyro=True, loss=0.0, duration_s=60.0)
        toes += sum(e.attributes["toe"] is True for e in steps(simulate.simulate(drawn).items()))
    assert toes <= 3


def test_stairs_are_told_from_tiptoe_at_the_ankle_by_their_height():
    labels = []
    for seed in range(6):
        stairs = made(
            "stairs", seed, placement="ankle", rate_hz=100.0, acc_range_g=8.0, gyro=True, duration_s=40.0
        )
        labels += [e.attributes["toe"] for e in steps(stairs.items())]
    assert len(labels) >= 100
    assert labels.count(True) <= len(labels) / 30


def labelled(walk: simulate.Simulated) -> list[tuple[object, object]]:
    """What each step found is said to be, and what it was."""
    kinds = {e.start_s: e.attributes["toe"] for e in walk.events}
    return [(e.attributes["toe"], kinds[s]) for e, s in near(steps(walk.items()), list(kinds), 0.25)]


@pytest.mark.parametrize("size_deg", [12.0, 16.0, 20.0])
def test_tiptoe_with_long_steps_is_counted_on_the_foot(size_deg, monkeypatch):
    """The foot turns nearly as far as with a heel strike, and is tilted all the same."""
    long = replace(gait.RANGES["tiptoe"], stride_m=(0.9, 1.0), lower_deg=(46.0, 50.0))
    monkeypatch.setattr(gait, "RANGES", {**gait.RANGES, "tiptoe": long})
    walk = made("toe-walk", 3, rate_hz=100.0, acc_range_g=8.0, gyro=True, size_deg=size_deg, sets=1)
    labels = labelled(walk)
    assert len(labels) >= 10
    assert sum(told is not kind for told, kind in labels) <= 1


def test_a_hard_landing_now_and_then_is_on_tiptoe_too():
    walk = made("toe-walk", 1, rate_hz=100.0, acc_range_g=16.0, gyro=False, sets=1, stumbles=0.3, lively=1.2)
    labels = labelled(walk)
    assert len(labels) >= 10
    assert sum(told is not kind for told, kind in labels) <= 1


@pytest.mark.parametrize("placement", ["foot", "ankle"])
@pytest.mark.parametrize("gyro", [True, False])
def test_a_flat_step_among_tiptoe_ones_is_flat(placement, gyro, monkeypatch):
    monkeypatch.setattr(gait, "HEEL_TOUCHES", (0.25,))
    labels = []
    for seed in range(4):
        walk = made(
            "toe-walk", seed, placement=placement, rate_hz=100.0, acc_range_g=8.0, size_deg=40.0, gyro=gyro
        )
        labels += labelled(walk)
    flat = [told for told, kind in labels if kind is False]
    assert len(flat) >= 15
    assert flat.count(True) == 0
    assert flat.count(False) >= 0.8 * len(flat)


def test_half_way_through_slow_low_swings_the_foot_is_not_on_tiptoe():
    walk = simulate.simulate(simulate.sample("walking", 30102, placement="foot", gyro=False, duration_s=60.0))
    assert not any(e.attributes["toe"] for e in steps(walk.items()))


def test_quick_steps_at_a_low_rate_without_a_gyro_are_seldom_told():
    """In so short a stance the low-pass does not reach the posture."""
    walk = simulate.simulate(simulate.sample("walking", 30118, placement="foot", gyro=False, duration_s=60.0))
    found = steps(walk.items())
    assert len(found) >= 40
    assert sum(e.attributes["toe"] is True for e in found) <= len(found) / 3


def test_half_way_through_a_slow_swing_no_foot_lands():
    walk = simulate.simulate(simulate.sample("walking", 20031, placement="foot", gyro=False, duration_s=60.0))
    found = steps(walk.items())
    assert abs(len(found) - len(walk.events)) <= 1
    assert not any(e.attributes["toe"] for e in found)


def test_real_walks_without_gyro_are_never_on_tiptoe(walks):
    labels = [e.attributes["toe"] for (t, a, _), _ in walks.values() for e in steps(stream(t, a, None, 100.0))]
    assert len(labels) >= 400
    assert labels.count(True) == 0


def test_a_leg_that_is_lifted_is_not_on_tiptoe(reference):
    """At 25 Hz no impact would be seen: what is told at the ankle is told by what could be exercises."""
    for name in ("s1_e5_moving", "s2_e1_moving", "s2_e8_moving"):
        t, acc, gyr = recording(reference / "data" / "pt_exercises", name)
        assert not any(e.attributes["toe"] for e in steps(stream(t, acc, gyr, 25.0, "ankle")))


def test_stairs_are_not_on_tiptoe_at_the_ankle_without_a_gyro():
    """The leg leans and lands softly there too, and nothing shows that it goes up."""
    stairs = [
        simulate.simulate(simulate.sample("stairs", s, placement="ankle", gyro=False)) for s in (30057, 3, 4)
    ]
    labels = [e.attributes["toe"] for x in stairs for e in steps(x.items())]
    assert len(labels) >= 60
    assert labels.count(True) == 0


def test_a_stand_of_some_seconds_on_a_sensor_that_slipped_shows_no_tiptoe():
    """It slipped by 12° in the midst of a walk; every walk after the next stop is as flat as those before."""
    walk = simulate.simulate(simulate.sample("walking", 41001, placement="foot", loss=0.0, duration_s=120.0))
    after = [e.attributes["toe"] for e in steps(walk.items()) if e.start_s > 85.0]
    assert len(after) >= 25
    assert not any(after)


def tilted(up, deg):
    """The upward direction (3,) at a foot, its axes forward, left and up, with the heel up by so much."""
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    return np.array([c * up[0] - s * up[2], up[1], s * up[0] + c * up[2]])


def after_standing(walk, poses):
    """A walk on flat feet after a stand in which the heel is up by these degrees for so many seconds each, with
    0.8 s between."""
    flat = walk.acc_g[:100].mean(axis=0)
    knots_s, degrees, now_s = [], [], 0.0
    for deg, kept_s in (*poses, (0.0, 0.5)):
        knots_s, degrees = [*knots_s, now_s, now_s + kept_s], [*degrees, deg, deg]
        now_s += kept_s + 0.8
    t = np.arange(0.0, knots_s[-1], 0.01)
    part = np.interp(t, knots_s, range(len(knots_s)))
    low = np.minimum(part.astype(int), len(knots_s) - 2)
    share = part - low
    heel = np.array(degrees)[low] + np.diff(degrees)[low] * share * share * (3.0 - 2.0 * share)
    noise = np.random.default_rng(0).normal(0.0, 0.003, (len(t), 3))
    acc = np.concatenate([np.array([tilted(flat, x) for x in heel]) + noise, walk.acc_g])
    gyr = np.zeros((len(t), 3))
    gyr[:, 1] = np.gradient(heel, 0.01)
    gyr = None if walk.gyr_dps is None else np.concatenate([gyr, walk.gyr_dps])
    return [e.attributes["toe"] for e in steps(stream(np.arange(len(acc)) / 100.0, acc, gyr, 100.0))]


def level_walks(gyro):
    level = {"placement": "foot", "rate_hz": 100.0, "acc_range_g": 8.0, "mounting": (1.0, 0.0, 0.0, 0.0)}
    return [made("walking", s, gyro=gyro, duration_s=25.0, **level) for s in range(6)]


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("lingers_s", [1.5, 4.0])
def test_who_stands_on_tiptoe_before_the_first_step_is_on_tiptoe(gyro, lingers_s):
    labels = []
    for seed in range(4):
        walk = made(
            "toe-walk", seed, rate_hz=100.0, acc_range_g=8.0, size_deg=24.0, gyro=gyro, lingers_s=lingers_s
        )
        labels += labelled(walk)
    assert len(labels) >= 100
    assert sum(told is kind for told, kind in labels) >= 0.98 * len(labels)


@pytest.mark.parametrize("gyro", [True, False])
def test_who_rose_and_came_down_again_walks_on_flat_feet(gyro):
    labels = [x for walk in level_walks(gyro) for x in after_standing(walk, [(0.0, 3.0), (25.0, 3.0)])]
    assert len(labels) >= 80
    assert labels.count(False) >= 0.98 * len(labels)


@pytest.mark.parametrize("gyro", [True, False])
@pytest.mark.parametrize("heel_deg", [15.0, 30.0])
def test_who_sat_with_the_heels_up_before_walks_on_flat_feet(gyro, heel_deg):
    """The first stand was no flat one: the foot tilts back to that, not on, as it leaves the ground."""
    labels = [x for walk in level_walks(gyro) for x in after_standing(walk, [(heel_deg, 4.0)])]
    assert len(labels) >= 80
    assert labels.count(True) <= len(labels) / 50
    assert not gyro or labels.count(False) >= 0.8 * len(labels)


@pytest.mark.parametrize("gyro", [True, False])
def test_which_stand_was_the_flat_one_does_not_depend_on_the_chunks(gyro):
    walk = made("toe-walk", 2, rate_hz=100.0, acc_range_g=8.0, gyro=gyro, lingers_s=3.0, sets=2, reps=8)
    assert steps(cut(walk.items(), [37])) == steps(walk.items())
