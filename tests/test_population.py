"""What differs between people, days and devices: each field does what its words say, and only that."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from footsense.errors import UsageError
from footsense.simulate import MOTIONS, PLAIN, Scenario, Simulated, sample, simulate
from footsense.simulate.body import Angle
from footsense.simulate.scenario import SETTINGS, setting
from footsense.simulate.wearer import draw_person, motion_of
from footsense.types import StreamInfo

QUIET = {"noise": 0.0, "bias": 0.0, "slop": 0.0, "acc_range_g": 100.0, "bits": 24}
CIRCLES = Scenario(motion="ankle-circles", seed=4, reps=8, direction="cw", tempo_hz=0.5, tidy=True, lilt=0.0)


def path_of(wish: Scenario):
    """Dorsiflexion and inversion (n, 2) as meant."""
    return motion_of(wish, draw_person(wish)).angles[:, [Angle.DORSI, Angle.INVERSION]]


def speed_of(path):
    return np.sqrt((np.diff(path, axis=0) ** 2).sum(axis=1)) * 200.0


def size(v):
    return np.sqrt((v * v).sum(axis=1))


def angle_deg(a, b):
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), np.dot(a, b))))


def inside(made: Simulated, path):
    """The path from the first turn to the last."""
    a, b = (int(x * 200.0) for x in (made.events[0].start_s, made.events[-1].end_s))
    return path[a:b]


def test_what_is_drawn_is_neutral_by_default() -> None:
    wish = Scenario(motion="sitting")
    assert {k: getattr(wish, k) for k in PLAIN} == dict(PLAIN)
    drawn = [sample(m, s) for m in ("ankle-circles", "toe-walk") for s in range(40)]
    assert [k for k, v in PLAIN.items() if all(getattr(d, k) == v for d in drawn)] == []


def test_the_population_has_the_shares_that_it_says() -> None:
    drawn = [sample("ankle-circles", s) for s in range(1500)]

    def share(has) -> float:
        return sum(map(has, drawn)) / len(drawn)

    mishaps = ("hesitations", "reversals", "false_starts", "shifts", "hurried")
    assert share(lambda s: s.stature_m < 1.5) == pytest.approx(0.13, abs=0.03)
    assert share(lambda s: s.roundness < 0.45) == pytest.approx(0.15, abs=0.03)
    assert share(lambda s: s.jerky > 0) == pytest.approx(0.25, abs=0.03)
    assert share(lambda s: not any(getattr(s, m) for m in mishaps)) > 0.4
    assert share(lambda s: s.hesitations > 0) == pytest.approx(0.6 * 0.35, abs=0.03)
    assert share(lambda s: s.strap_hz is None) == pytest.approx(0.5, abs=0.03)
    assert share(lambda s: s.slip_deg > 0) == pytest.approx(0.08, abs=0.02)
    assert share(lambda s: s.worn is not None) == pytest.approx(0.04, abs=0.015)
    assert share(lambda s: abs(s.clock_error) > 0.003) == pytest.approx(0.32, abs=0.04)


def test_fixed_fields_stay_and_the_rest_is_drawn_as_without() -> None:
    free, fixed = sample("walking", 6), sample("walking", 6, rate_hz=50.0, drift=0.0)
    assert replace(fixed, rate_hz=free.rate_hz, drift=free.drift) == free


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(MOTIONS)), st.integers(0, 10_000), st.sampled_from(["foot", "ankle", "shank"]))
def test_anyone_can_be_made(motion: str, seed: int, placement) -> None:
    made = simulate(sample(motion, seed, placement=placement, duration_s=15.0, reps=2, sets=1))
    assert np.isfinite(made.acc_g).all()
    assert all(e.end_s > e.start_s for e in made.events)


@pytest.mark.parametrize(
    "trouble",
    [{"hesitations": 1.0}, {"reversals": 1.0}, {"jerky": 0.9}, {"egg": 0.8}, {"lilt": 0.7}, {"wander": 0.3}],
)
@pytest.mark.parametrize("seed", range(5))
def test_eight_turns_stay_eight(trouble, seed: int) -> None:
    made = simulate(replace(CIRCLES, seed=seed, **trouble))
    assert len(made.events) == 8
    assert {e.attributes["direction"] for e in made.events} == {"cw"}


def test_who_hesitates_stops_within_turns() -> None:
    def still(**trouble) -> float:
        wish = replace(CIRCLES, **trouble)
        return float((speed_of(inside(simulate(wish), path_of(wish))) < 1.0).mean())

    assert still() == 0.0
    assert still(hesitations=1.0) > 0.1


def test_who_goes_back_goes_on_again() -> None:
    def backwards(**trouble) -> float:
        wish = replace(CIRCLES, **trouble)
        path = inside(simulate(wish), path_of(wish))
        out = path - path.mean(axis=0)
        way = out[:-1, 0] * np.diff(out[:, 1]) - out[:-1, 1] * np.diff(out[:, 0])
        there, back = (np.maximum(x, 0.0).sum() for x in (way, -way))
        return float(min(there, back) / (there + back))

    assert backwards() < 0.01
    assert 0.1 < backwards(reversals=1.0) < 0.45


def test_a_false_start_is_no_turn_but_moves_the_foot() -> None:
    wish = replace(CIRCLES, false_starts=1.0)
    made, path = simulate(wish), path_of(wish)
    before = path[: int((made.events[0].start_s - 1.0) * 200.0)]
    assert len(made.events) == 8
    assert np.ptp(before, axis=0).max() > 5.0


def test_jerky_people_nearly_stop_at_corners() -> None:
    def slowest(**trouble) -> float:
        wish = replace(CIRCLES, roundness=1.0, **trouble)
        speed = speed_of(inside(simulate(wish), path_of(wish)))[100:-100]
        return float(speed.min() / np.median(speed))

    assert slowest() > 0.4
    assert slowest(jerky=0.95) < 0.25


def test_an_egg_is_narrower_at_one_end() -> None:
    def lopsided(**trouble) -> float:
        wish = replace(CIRCLES, roundness=0.8, **trouble)
        path = inside(simulate(wish), path_of(wish))
        centred = (path - path.mean(axis=0)) / path.std(axis=0)
        return float(np.sqrt(np.sum(np.mean(centred[:, None, :] ** 2 * centred[:, :, None], axis=0) ** 2)))

    assert lopsided(egg=0.7) > 2 * lopsided() > 0


def test_tired_feet_make_smaller_circles() -> None:
    wish = replace(CIRCLES, fatigue=0.5)
    path = inside(simulate(wish), path_of(wish))
    first, last = (np.ptp(p, axis=0).max() for p in (path[: len(path) // 8], path[-len(path) // 8 :]))
    assert 0.35 < last / first < 0.75


def test_a_tempo_that_drifts_makes_the_last_turns_quicker() -> None:
    turns = [e.end_s - e.start_s for e in simulate(replace(CIRCLES, tempo_drift=1.0)).events]
    assert np.mean(turns[-3:]) < 0.65 * np.mean(turns[:3])


def test_the_seat_is_shifted_in_a_rest() -> None:
    wish = replace(CIRCLES, direction="both", tidy=False, shifts=1.0, seed=2)
    path = motion_of(wish, draw_person(wish)).angles
    still = motion_of(replace(wish, shifts=0.0), draw_person(wish)).angles
    assert np.abs(path - still)[-1].max() > 2.0
    assert np.abs(path - still)[: int(simulate(wish).events[0].end_s * 200.0)].max() == 0.0


def test_who_hurries_rests_less() -> None:
    wish = replace(CIRCLES, direction="both")
    assert simulate(replace(wish, hurried=True)).t_s[-1] < simulate(wish).t_s[-1] - 0.5


def test_a_legs_share_is_seen_at_the_shank() -> None:
    still, moved = (simulate(replace(CIRCLES, placement="shank", leg=x, **QUIET)) for x in (0.0, 0.3))
    assert size(np.std(moved.acc_g, axis=0)[None])[0] > 2 * size(np.std(still.acc_g, axis=0)[None])[0]


def test_small_people_have_short_legs() -> None:
    small, tall = (draw_person(Scenario(motion="sitting", stature_m=x)).shank_m for x in (1.0, 2.0))
    assert tall == pytest.approx(2 * small)


def spectrum_at(made: Simulated, hz: float) -> float:
    """Power of the acceleration around a frequency."""
    power = (np.abs(np.fft.rfft(made.acc_g - made.acc_g.mean(axis=0), axis=0)) ** 2).sum(axis=1)
    f = np.fft.rfftfreq(len(made.t_s), 1.0 / 200.0)
    return float(power[(f > 0.9 * hz) & (f < 1.1 * hz)].mean())


HOLDS = Scenario(motion="band-flexes", seed=4, reps=5, hold_s=6.0, size_deg=20.0, tidy=True, restless=0.3)
HOLDING = ["band-flexes", "top-presses", "pencil-pickups"]


@pytest.mark.parametrize("motion", HOLDING)
@pytest.mark.parametrize(
    "trouble",
    [
        {"false_starts": 1.0},
        {"hesitations": 1.0},
        {"slow": 3.0},
        {"slow": 0.5},
        {"return_off": 0.2},
        {"shifts": 1.0},
        {"hurried": True},
        {"fatigue": 0.4},
    ],
)
def test_five_holds_stay_five(motion: str, trouble) -> None:
    plain = simulate(replace(HOLDS, motion=motion))
    made = simulate(replace(HOLDS, motion=motion, **trouble))
    assert len(made.events) == len(plain.events) == 5
    assert not np.array_equal(made.acc_g, plain.acc_g)
    assert all(5.0 < e.end_s - e.start_s < 8.5 for e in made.events)


@pytest.mark.parametrize("motion", HOLDING)
def test_a_long_dip_makes_two_holds_of_one(motion: str) -> None:
    made = simulate(replace(HOLDS, motion=motion, dips=1.0))
    assert len(made.events) == 10
    gaps = [b.start_s - a.end_s for a, b in zip(made.events[::2], made.events[1::2], strict=True)]
    assert min(gaps) > 0.3
    assert max(gaps) < 1.7


def test_slow_people_take_their_time_but_not_so_long_that_it_belongs_to_the_hold() -> None:
    def moving(**trouble) -> float:
        wish = replace(HOLDS, **trouble)
        return float((np.abs(np.diff(path_of(wish)[:, 0])) * 200.0 > 0.5).mean() * len(path_of(wish)) / 200.0)

    assert moving(slow=3.0) > 2 * moving() > 4 * moving(slow=0.4)
    assert moving(slow=6.0, size_deg=1.5) < 5 * 2 * 1.6


def test_tired_feet_flex_less() -> None:
    size_deg = [e.attributes["excursion_deg"] for e in simulate(replace(HOLDS, fatigue=0.5)).events]
    assert 0.35 < size_deg[-1] / size_deg[0] < 0.7


def test_the_foot_comes_to_rest_beside_where_it_was_but_does_not_walk_away() -> None:
    wish = replace(HOLDS, return_off=0.2, reps=12)
    path = path_of(wish)[:, 0]
    rests = [path[int((e.start_s - 1.6) * 200.0)] for e in simulate(wish).events]
    assert 1.0 < np.std(rests) < 8.0
    assert np.ptp(rests) < 20.0 * 0.2 * 4.1


TIPTOE = Scenario(motion="toe-walk", seed=6, sets=2, reps=8, tempo_hz=0.9, tidy=True)


@pytest.mark.parametrize("motion", ["toe-walk", "walking"])
@pytest.mark.parametrize(
    "trouble",
    [
        {"stumbles": 1.0},
        {"hesitations": 1.0},
        {"shuffle": 0.8},
        {"toe_out_deg": 25.0},
        {"swing_share": 0.33},
        {"step_length": 0.5},
        {"lively": 1.5},
    ],
)
def test_steps_are_what_they_are_however_they_are_done(motion: str, trouble) -> None:
    plain = simulate(replace(TIPTOE, motion=motion, duration_s=30.0, **QUIET))
    made = simulate(replace(TIPTOE, motion=motion, duration_s=30.0, **trouble, **QUIET))
    if motion == "toe-walk":
        assert len(made.events) == len(plain.events) == 16
    assert {e.attributes["toe"] for e in made.events} == {motion == "toe-walk"}
    assert not np.array_equal(made.acc_g, plain.acc_g)


def test_who_pauses_stands_longer_and_who_swings_less_too() -> None:
    def stood(**trouble) -> float:
        events = simulate(replace(TIPTOE, **trouble)).events
        return float(np.median([b.start_s - a.start_s for a, b in pairwise(events[:8])]))

    assert stood(hesitations=1.0) > stood() + 0.3
    firm = [
        np.mean([e.end_s - e.start_s for e in simulate(replace(TIPTOE, swing_share=x)).events[1:7]])
        for x in (0.3, 0.48)
    ]
    assert firm[0] - firm[1] == pytest.approx(0.18 / 0.9, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_livelier_feet_turn_across_and_are_jolted(seed: int) -> None:
    walk = replace(TIPTOE, motion="walking", seed=seed, rate_hz=200.0, duration_s=20.0, **QUIET)
    plain, lively = simulate(walk), simulate(replace(walk, lively=1.0))

    def across(made: Simulated) -> float:
        """Rate beside the main axis, at the 95th percentile."""
        main = np.linalg.svd(made.gyr_dps, full_matrices=False)[2][0]
        return float(np.percentile(size(made.gyr_dps - np.outer(made.gyr_dps @ main, main)), 95))

    assert across(lively) > 1.5 * across(plain)
    assert spectrum_at(lively, 45.0) > 1.5 * spectrum_at(plain, 45.0)
    assert np.abs(lively.acc_g).max() < 25.0


def above_3_hz(made: Simulated):
    """Acceleration in mg (n,) above 3 Hz."""
    sos = butter(2, 3.0, btype="high", fs=made.scenario.rate_hz, output="sos")
    return 1000.0 * size(sosfiltfilt(sos, made.acc_g, axis=0))


def roughness(wish: Scenario) -> float:
    return float(np.sqrt((above_3_hz(simulate(replace(wish, **QUIET))) ** 2).mean()))


@pytest.mark.parametrize("motion", ["band-flexes", "pencil-pickups"])
def test_real_moves_are_rough(motion: str) -> None:
    calm = replace(HOLDS, motion=motion, tremor=0.05)
    assert roughness(replace(calm, lively=1.0)) > 1.5 * roughness(calm)


def test_a_foot_is_put_down_with_a_jolt() -> None:
    wish = replace(HOLDS, motion="pencil-pickups")
    moved = [motion_of(replace(wish, lively=x), draw_person(wish)).impacts for x in (0.0, 1.0)]
    assert [len(m) for m in moved] == [0, 5]


def test_held_feet_tremble_by_some_mg_not_by_a_tenth_of_g() -> None:
    """A leg held up was recorded with 2 to 9 mg (rms above 3 Hz) at the ankle; the band asks for more."""
    rms = []
    for seed in range(16):
        made = simulate(sample("band-flexes", seed, placement="ankle", rate_hz=50.0, loss=0.0, reps=1, **QUIET))
        shakes, e = above_3_hz(made), made.events[0]
        inside = (made.t_s > e.start_s + 0.7) & (made.t_s < e.end_s - 0.7)
        rms.append(np.sqrt((shakes[inside] ** 2).mean()))
    assert 4.0 < np.median(rms) < 30.0
    assert np.percentile(rms, 90) < 150.0


@pytest.mark.parametrize("size_deg", [10.0, 40.0])
def test_heels_are_as_high_as_wished(size_deg: float) -> None:
    wish = replace(TIPTOE, size_deg=size_deg, uneven=0.0)
    path = motion_of(wish, draw_person(wish)).angles
    first = simulate(wish).events[2]
    i = int((first.start_s + first.end_s) / 2.0 * 200.0)
    assert -(path[i, Angle.SHANK_PITCH] + path[i, Angle.DORSI]) == pytest.approx(size_deg, abs=0.2 * size_deg)


@pytest.mark.parametrize(("side", "sign"), [("left", 1.0), ("right", -1.0)])
def test_toes_point_outwards(side, sign: float) -> None:
    wish = replace(TIPTOE, toe_out_deg=20.0, side=side)
    assert motion_of(wish, draw_person(wish)).angles[0, Angle.YAW] == pytest.approx(20.0 * sign)


@pytest.mark.parametrize("hz", [9.0, 25.0])
def test_a_strap_rings_at_its_frequency_after_impacts(hz: float) -> None:
    wish = Scenario(motion="walking", seed=2, rate_hz=200.0, duration_s=20.0, **QUIET)
    rung = simulate(replace(wish, strap_hz=hz, strap_damping=0.1))
    firm = simulate(wish)
    assert spectrum_at(rung, hz) > 6 * spectrum_at(firm, hz)
    assert spectrum_at(rung, 80.0) < spectrum_at(firm, 80.0)


def test_a_strap_that_rings_leaves_a_resting_sensor_alone() -> None:
    wish = Scenario(motion="sitting", seed=2, duration_s=20.0, restless=0.0, **QUIET)
    firm, rung = simulate(wish), simulate(replace(wish, strap_hz=10.0))
    assert np.abs(firm.acc_g - rung.acc_g).max() < 2e-3


@pytest.mark.parametrize("field", ["slip_deg", "creep_deg"])
def test_a_sensor_that_slips_ends_up_turned(field: str) -> None:
    wish = Scenario(motion="sitting", seed=3, duration_s=30.0, restless=0.0, placement="foot", **QUIET)
    still, moved = simulate(wish), simulate(replace(wish, **{field: 20.0}))
    assert np.allclose(still.acc_g[:5], moved.acc_g[:5], atol=5e-3)
    turned = angle_deg(still.acc_g[-5:].mean(axis=0), moved.acc_g[-5:].mean(axis=0))
    assert 3.0 < turned < 21.0  # up to the share of the turn that is about the vertical
    assert size(moved.gyr_dps).max() < 400.0


def test_a_slip_is_sudden_and_creeping_is_slow() -> None:
    wish = Scenario(motion="sitting", seed=3, duration_s=30.0, restless=0.0, **QUIET)
    slip, creep = (size(simulate(replace(wish, **{f: 10.0})).gyr_dps).max() for f in ("slip_deg", "creep_deg"))
    assert slip > 20.0 > 2.0 > creep


def test_a_fast_clock_stretches_recording_and_truth_alike() -> None:
    plain, fast = simulate(CIRCLES), simulate(replace(CIRCLES, clock_error=0.015))
    assert np.allclose(fast.t_s, 1.015 * plain.t_s)
    assert (fast.acc_g == plain.acc_g).all()
    assert [e.end_s for e in fast.events] == pytest.approx([1.015 * e.end_s for e in plain.events])


def test_scales_and_offsets_are_off_by_what_is_asked_for() -> None:
    wish = Scenario(motion="sitting", seed=3, duration_s=90.0, restless=0.0, rate_hz=25.0, **QUIET)
    norms = [size(simulate(replace(wish, seed=s, acc_scale=0.03)).acc_g).mean() for s in range(10)]
    assert 0.01 < np.std(norms) < 0.05
    warmer = size(simulate(replace(wish, drift=1.0)).gyr_dps - simulate(wish).gyr_dps)
    assert warmer[:25].max() < 0.1 < 0.15 < warmer[-25:].min()


def test_gyros_clip_too() -> None:
    made = simulate(Scenario(motion="walking", seed=3, duration_s=20.0, gyr_range_dps=250.0))
    assert 249.0 < np.abs(made.gyr_dps).max() <= 250.0


def test_a_fading_link_loses_samples_in_bursts() -> None:
    wish = Scenario(motion="sitting", seed=3, duration_s=1200.0, loss=0.05, burst_s=0.5, rate_hz=25.0)
    made = simulate(wish)
    holes = np.diff(made.t_s)
    holes = holes[holes > 0.06]
    assert 1.0 - len(made.t_s) / (1200.0 * 25.0) == pytest.approx(0.05, abs=0.02)
    assert holes.mean() == pytest.approx(0.5, abs=0.15)


def test_a_sensor_on_the_other_foot_says_what_it_was_told() -> None:
    made = simulate(replace(CIRCLES, side="right", worn="left", **QUIET))
    there = simulate(replace(CIRCLES, side="left", **QUIET))
    info = made.items()[0]
    assert isinstance(info, StreamInfo)
    assert info.side == "right"
    assert (made.acc_g == there.acc_g).all()


def test_settings_are_read_from_words() -> None:
    assert setting("jerky=0.5") == ("jerky", 0.5)
    assert setting("reps=3") == ("reps", 3)
    assert setting("hurried=yes") == ("hurried", True)
    assert setting("worn=left") == ("worn", "left")
    assert {"jerky", "strap_hz", "worn"} < set(SETTINGS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jerki=1", "no such field; known are: acc_range_g"),
        ("seed=3", "no such field"),
        ("jerky", "expected NAME=VALUE"),
        ("reps=1.5", "'1.5' is no number"),
        ("hurried=1", "hurried=yes or hurried=no"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        setting(text)
