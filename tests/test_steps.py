"""Steps: every landing of the foot, however the stream is cut."""

import gzip
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense import simulate
from footsense.engine import Engine
from footsense.signal.gait import _few_maxima, _maxima
from footsense.signal.lately import Rows
from footsense.signal.stands import Stands
from footsense.simulate import gait
from footsense.simulate.motion import Impact
from footsense.types import Samples
from tests.streams import cut
from tests.walking import made, near, steps, stream


def counts_off(walks, keep_share: float = 1.0, gyro: bool = True) -> list[int]:
    off = []
    for k, ((t, acc, gyr), truth) in enumerate(walks.values()):
        keep = np.random.default_rng(k).random(len(t)) < keep_share
        keep[[0, -1]] = True
        items = stream(t, acc, gyr if gyro else None, 100.0, keep=keep)
        off.append(len(steps(items)) - len(truth))
    return off


def test_real_walks_are_counted(walks):
    off = counts_off(walks)
    assert sum(x == 0 for x in off) >= 20
    assert all(abs(x) <= 1 for x in off)


def test_real_walks_without_gyro(walks):
    assert all(abs(x) <= 1 for x in counts_off(walks, gyro=False))


@pytest.mark.parametrize("lost", [0.1, 0.2])
def test_real_walks_with_lost_packets(walks, lost):
    assert sum(abs(x) <= 1 for x in counts_off(walks, keep_share=1 - lost)) >= 23


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 400),
    size=st.sampled_from([1, 7, 33, 500]),
    placement=st.sampled_from(["foot", "ankle", "shank"]),
    motion=st.sampled_from(["toe-walk", "walking"]),
    rate_hz=st.sampled_from([25.0, 52.0, 100.0, 200.0]),
)
def test_cutting_changes_nothing(seed, size, placement, motion, rate_hz):
    items = made(motion, seed, placement=placement, rate_hz=rate_hz, loss=0.02, sets=1, reps=8).items()
    assert steps(cut(items, [size])) == steps(items)


@pytest.mark.parametrize("size", [1, 7, 500])
def test_cutting_a_real_walk_changes_nothing(walks, size):
    (t, acc, gyr), _ = walks["1-1_lf"]
    items = stream(t, acc, gyr, 100.0)
    assert steps(cut(items, [size])) == steps(items)


def test_an_event_comes_with_the_sample_that_decides_it(walks):
    (t, acc, gyr), _ = walks["2-1_rf"]
    engine = Engine(["toe-walk"])
    for item in cut(stream(t, acc, gyr, 100.0), [1]):
        for event in engine.process(item):
            assert isinstance(item, Samples)
            assert event.decided_s == item.t_s[-1]


def test_real_landings_are_where_they_were_marked(walks):
    for (t, acc, gyr), truth in walks.values():
        found = steps(stream(t, acc, gyr, 100.0))
        off = [e.start_s - t for e, t in near(found, truth, 0.3)]
        assert len(off) >= len(truth) - 3
        assert abs(np.median(off)) <= 0.05


def test_a_step_is_decided_soon_after_its_landing(walks):
    for (t, acc, gyr), _ in walks.values():
        for event in steps(stream(t, acc, gyr, 100.0)):
            assert event.start_s < event.end_s <= event.start_s + 1.0 + 1e-9
            assert event.decided_s <= event.start_s + 1.2


@pytest.mark.parametrize("placement", ["foot", "ankle"])
@pytest.mark.parametrize("gyro", [True, False])
def test_tiptoe_steps_are_found(placement, gyro):
    for seed in range(4):
        walk = made("toe-walk", seed, placement=placement, gyro=gyro, rate_hz=100.0, acc_range_g=8.0)
        found = steps(walk.items())
        truth = [e.start_s for e in walk.events]
        assert abs(len(found) - len(truth)) <= 1
        assert len(near(found, truth, 0.25)) >= 0.9 * len(truth)


@pytest.mark.parametrize("placement", ["ankle", "shank"])
def test_a_soft_landing_is_not_dated_at_the_push_off_that_jerks_a_leg_more(placement):
    walk = simulate.simulate(simulate.sample("toe-walk", 40060, placement=placement, gyro=True, loss=0.0))
    truth = [e.start_s for e in walk.events]
    pairs = near(steps(walk.items()), truth, 0.3)
    assert len({t for _, t in pairs}) == len(truth)
    assert np.median([abs(e.start_s - t) for e, t in pairs]) <= 0.15


def test_slow_steps_are_known_in_time():
    late = []
    for seed in range(6):
        walk = made("toe-walk", seed, placement="foot", tempo_hz=0.6, acc_range_g=8.0, gyro=True)
        found = near(steps(walk.items()), [e.start_s for e in walk.events], 0.3)
        late += [event.decided_s - landed_s for event, landed_s in found]
    assert np.quantile(late, 0.95) <= 1.2


@pytest.mark.parametrize("motion", ["standing", "sitting"])
@pytest.mark.parametrize("placement", ["foot", "ankle", "shank"])
def test_no_step_without_a_swing(motion, placement):
    still = made(motion, 3, placement=placement, restless=0.3, duration_s=60.0)
    assert steps(still.items()) == []


def test_the_last_step_into_standing_counts(walks):
    (t, acc, gyr), truth = walks["1-2_lf"]
    last = steps(stream(t, acc, gyr, 100.0))[-1]
    assert last.start_s == pytest.approx(truth[-1], abs=0.15)
    assert last.end_s == pytest.approx(last.start_s + 1.0)


def test_a_landing_shortly_before_the_end_counts(walks):
    """Where the foot has stood still for a quarter of a second, the end does not have to be waited for."""
    off = []
    for (t, acc, gyr), truth in walks.values():
        for k in range(3, len(truth), 4):
            kept = t <= truth[k] + 0.36
            off.append(len(steps(stream(t[kept], acc[kept], gyr[kept], 100.0))) - (k + 1))
    assert sum(x == 0 for x in off) >= 0.85 * len(off)


def test_no_soft_landing_is_lost_without_a_gyro():
    for seed in (10078, 10083, 30204):
        walk = simulate.simulate(simulate.sample("toe-walk", seed, placement="foot", gyro=False, loss=0.0))
        assert abs(len(steps(walk.items())) - len(walk.events)) <= 1


@pytest.mark.parametrize("placement", ["foot", "ankle"])
@pytest.mark.parametrize("gyro", [True, False])
def test_heels_that_come_down_hard_after_a_walk_on_tiptoe_are_no_step(placement, gyro, monkeypatch):
    lower = gait.Walk.tilt

    def drop(self, pitch_deg, shank_deg, duration_s):
        lower(self, pitch_deg, shank_deg, duration_s if pitch_deg else 0.25)
        if not pitch_deg:
            self.impacts.append(Impact(self.now_s - 0.01, (0.0, 0.0, 1.5), 20.0, 0.02))

    monkeypatch.setattr(gait.Walk, "tilt", drop)
    off = []
    for seed in range(6):
        walk = made("toe-walk", seed, placement=placement, rate_hz=100.0, acc_range_g=8.0, gyro=gyro, reps=6)
        found = steps(walk.items())
        assert len(near(found, [e.start_s for e in walk.events], 0.3)) >= len(walk.events) - 1
        off.append(len(found) - len(walk.events))
    assert sum(off) <= 1


def heels_moved(degrees, takes_s, rate_hz=100.0):
    """A stand in which the heels are up by these degrees for 4 s each; going there speeds up and slows down."""
    knots_s = np.concatenate(
        [[4.0 + k * (4.0 + takes_s) + np.array([0.0, takes_s])] for k in range(len(degrees))]
    )
    t = np.arange(0.0, knots_s[-1, -1], 1.0 / rate_hz)
    share = np.clip((t[:, None] - knots_s[:-1, 0]) / takes_s, 0.0, 1.0)
    heel = np.radians(degrees[0] + (share * share * (3.0 - 2.0 * share)) @ np.diff(degrees))
    size = 1.0 + 0.25 * np.sin(2.0 * np.pi * share).sum(axis=1)
    noise = np.random.default_rng(0).normal(0.0, 0.003, (len(t), 3))
    acc = size[:, None] * np.stack([np.sin(heel), 0.1 + 0.0 * heel, np.cos(heel)], axis=1) + noise
    gyr = np.stack([0.0 * heel, np.degrees(np.gradient(heel, 1.0 / rate_hz)), 0.0 * heel], axis=1)
    return t, acc, gyr


@pytest.mark.parametrize("placement", ["foot", "ankle"])
@pytest.mark.parametrize("gyro", [True, False])
def test_heels_that_go_up_and_down_quickly_are_no_step(placement, gyro):
    t, acc, gyr = heels_moved(np.array([0.0, 40.0, 0.0, 40.0, 0.0]), 0.4)
    assert not steps(stream(t, acc, gyr if gyro else None, 100.0, placement))


@pytest.mark.parametrize("motion", ["toe-walk", "walking"])
def test_a_step_ends_where_the_foot_leaves(motion):
    off = []
    for seed in range(6):
        walk = made(motion, seed, placement="foot", rate_hz=100.0, acc_range_g=8.0, noise=1.0)
        ends = {e.start_s: e.end_s for e in walk.events if e.end_s < e.start_s + 0.99}
        off += [e.end_s - ends[s] for e, s in near(steps(walk.items()), list(ends), 0.2)]
    assert len(off) >= 50
    assert abs(np.median(off)) <= 0.12
    assert abs(np.mean(off)) <= 0.12


def test_no_step_outlasts_the_next_landing(reference):
    for name in ("gaitmap_examples/stair_up_left", "daphnet_ankle/S01R02"):
        with gzip.open(reference / "data" / f"{name}.csv.gz", "rt") as f:
            data = np.loadtxt(f, delimiter=",", skiprows=1)
        rate_hz = float(np.round(1.0 / np.median(np.diff(data[:, 0])), 1))
        found = steps(stream(data[:, 0], data[:, 1:4], None, rate_hz))
        assert len(found) >= 15
        assert all(e.start_s < e.end_s <= e.decided_s <= e.start_s + 1.2 for e in found)
        assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(found))


def test_nothing_is_counted_across_a_gap(walks):
    (t, acc, gyr), truth = walks["2-2_lf"]
    hole = (truth[5] - 0.3, truth[5] + 0.3)
    found = steps(stream(t, acc, gyr, 100.0, keep=(t < hole[0]) | (t > hole[1])))
    assert not any(e.start_s < hole[1] and e.end_s > hole[0] for e in found)
    assert len(found) == len(truth) - 1


def test_interpolated_holes_are_no_impacts():
    still = made("standing", 5, placement="foot", rate_hz=100.0, restless=0.3, duration_s=60.0)
    keep = np.random.default_rng(1).random(len(still.t_s)) > 0.3
    assert steps(stream(still.t_s, still.acc_g, still.gyr_dps, 100.0, keep=keep)) == []


def test_a_shift_of_time_shifts_the_steps(walks):
    (t, acc, gyr), _ = walks["3-1_lf"]
    here, there = steps(stream(t, acc, gyr, 100.0)), steps(stream(t + 5000.0, acc, gyr, 100.0))
    assert len(here) == len(there)
    for a, b in zip(here, there, strict=True):
        times = b.start_s - a.start_s, b.end_s - a.end_s, b.decided_s - a.decided_s
        assert times == pytest.approx((5000.0,) * 3, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_mounting_does_not_matter(walks, seed):
    (t, acc, gyr), _ = walks["1-1_rf"]
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    here, there = steps(stream(t, acc, gyr, 100.0)), steps(stream(t, acc @ turn.T, gyr @ turn.T, 100.0))
    assert [e.start_s for e in there] == pytest.approx([e.start_s for e in here], abs=0.011)
    assert [e.attributes["toe"] for e in there] == [e.attributes["toe"] for e in here]


def test_progress_follows_the_count(walks):
    (t, acc, gyr), truth = walks["2-1_lf"]
    engine, late = Engine(["toe-walk"]), []
    for item in cut(stream(t, acc, gyr, 100.0), [5]):
        engine.process(item)
        if isinstance(item, Samples):
            behind = sum(x < item.t_s[-1] - 0.4 for x in truth) - engine.progress()[0].count
            late.append(behind)
    assert np.mean(np.array(late) > 0) <= 0.06
    assert engine.progress()[0].count in (len(truth), len(truth) + 1)


@pytest.mark.parametrize("motion", ["cycling", "shaking"])
@pytest.mark.parametrize("placement", ["foot", "ankle", "shank"])
def test_what_does_not_stand_does_not_land(motion, placement):
    made_up = [
        made(motion, s, placement=placement, rate_hz=100.0, gyro=True, duration_s=60.0) for s in range(4)
    ]
    assert sum(len(steps(x.items())) for x in made_up) <= 4 * 12


def drawn(seed, placement, gyro):
    """Found and true steps of a walk on tiptoe of the population."""
    scenario = simulate.sample("toe-walk", seed, placement=placement, gyro=gyro, loss=0.0)
    walk = simulate.simulate(scenario)
    return steps(walk.items()), [e.start_s for e in walk.events]


@pytest.mark.parametrize(("seed", "placement"), [(50134, "foot"), (51186, "shank")])
def test_with_a_gyro_half_way_through_a_slow_swing_no_foot_lands(seed, placement):
    found, true = drawn(seed, placement, gyro=True)
    assert len(near(found, true, 0.3)) == len(true)
    assert len(found) - len(true) <= 3


@pytest.mark.parametrize("gyro", [True, False])
def test_a_landing_that_jerks_a_leg_much_less_than_pushing_off_is_found(gyro):
    found, true = drawn(50136, "ankle", gyro=gyro)
    assert len(near(found, true, 0.3)) >= len(true) - 1


def test_a_landing_counts_though_the_swing_before_it_jerks_evenly():
    """The movement lets up later than a second after its only maximum."""
    found, true = drawn(51111, "foot", gyro=True)
    assert len(near(found, true, 0.3)) == len(true)


@pytest.mark.parametrize("tempo_hz", [0.5, 0.6])
def test_slow_small_steps_are_found(tempo_hz):
    for seed in range(3):
        walk = made(
            "toe-walk", seed, placement="foot", rate_hz=100.0, acc_range_g=8.0, tempo_hz=tempo_hz, sets=1
        )
        found = steps(walk.items())
        assert abs(len(found) - len(walk.events)) <= 1


def test_what_the_stream_cuts_off_is_no_step(walks):
    (t, acc, gyr), truth = walks["2-1_rf"]
    whole = steps(stream(t, acc, gyr, 100.0))
    for cut_s, count in ((truth[7] + 0.1, 7), (truth[7] + 0.6, 8)):
        early = t <= cut_s
        assert len(steps(stream(t[early], acc[early], gyr[early], 100.0))) == count
    assert len(whole) == len(truth)


@pytest.mark.parametrize("seed", range(3))
def test_counts_stay_within_one_while_packets_are_dropped_at_random(walks, seed):
    for k, ((t, acc, gyr), truth) in enumerate(walks.values()):
        rng = np.random.default_rng([seed, k])
        keep = rng.random(len(t)) >= rng.uniform(0.0, 0.2)
        keep[[0, -1]] = True
        found = steps(stream(t, acc, gyr, 100.0, keep=keep))
        assert abs(len(found) - len(truth)) <= 1


@given(values=st.lists(st.floats(0, 9), min_size=3, max_size=40), floor=st.floats(0, 5))
def test_few_maxima_are_found_as_many_are(values, floor):
    env = np.array(values)
    many, few = list(_maxima(env, floor)), list(_few_maxima(env, floor))
    assert [x[:2] for x in many] == [x[:2] for x in few]
    assert [x[2] for x in many] == [x[2] for x in few]


@given(quiet=st.lists(st.booleans(), min_size=1, max_size=60), cuts=st.sets(st.integers(1, 59)))
def test_stands_are_found_alike_however_they_are_looked_for(quiet, cuts):
    one, other = Stands(), Stands()
    bounds = [0, *sorted(c for c in cuts if c < len(quiet)), len(quiet)]
    found = [k for a, b in itertools.pairwise(bounds) for k in one._one_by_one(np.array(quiet[a:b]), a, 5)]
    assert found == other._in_stretches(np.array(quiet), 0, 5)
    assert one._quiet_from == other._quiet_from


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12), keep=st.integers(1, 20))
def test_rows_keep_the_last_samples_however_they_grow(sizes, keep):
    rows, all_of_it = Rows(2, keep), np.arange(2.0 * sum(sizes)).reshape(2, -1)
    done = 0
    for size in sizes:
        rows.grow(size)[:] = all_of_it[:, done : done + size]
        done += size
        lo = max(0, done - size - keep)
        assert np.array_equal(rows.view(lo, done), all_of_it[:, lo:done])
        assert rows.at(1, done - 1) == all_of_it[1, done - 1]
        assert np.array_equal(rows.take(0, np.array([[-5, done + 5]])), all_of_it[0, [[rows.start, done - 1]]])
