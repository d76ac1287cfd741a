"""Holds of people who stop on the way, give way and shift, with sensors that slip; and what is declined."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from footsense.engine import Engine
from footsense.exercises.pencil_pickups import PencilPickups
from footsense.signal.plateau import Hold
from footsense.types import Floats, Grade, Samples, StreamInfo
from tests.test_holds import ANGLES_HZ, cut, events, flexes, move, stream

Parts = list[tuple[float, float]]
FLEX: Parts = [(15.0, 0.6), (15.0, 5.0), (0.0, 0.6), (0.0, 3.0)]


def lengths(angle: Floats, exercise: str = "band-flexes", *, side_deg: Floats | None = None) -> list[int]:
    found = events(*stream(angle, gyro=True, side_deg=side_deg), exercise=exercise)
    return [round(e.end_s - e.start_s) for e in found]


def declined(
    angle: Floats, *, rate_hz: float = 100.0, noise_g: float = 0.002, side_deg: Floats | None = None
) -> dict[str, Grade]:
    """What is said against band flexes."""
    info, samples = stream(angle, rate_hz=rate_hz, noise_g=noise_g, side_deg=side_deg)
    engine = Engine(["band-flexes"])
    assert engine.process(info) + engine.process(samples) + engine.flush()
    return {r.code: r.grade for r in engine.reasons()["band-flexes"]}


@pytest.mark.parametrize("slip_deg", [4.0, 6.0])
def test_a_sensor_that_slips_within_a_hold_loses_none(slip_deg: float) -> None:
    """Rest is elsewhere afterwards: that the way back was the way back of the holds before tells it."""
    press = [(2.5, 0.4), (2.5, 4.0), (0.0, 0.4), (0.0, 3.0)]
    angle = move([(0.0, 3.0), *(press * 4)])
    at = round((3.0 + 2 * 7.8 + 0.3) * ANGLES_HZ)  # in the third, as it begins
    side = slip_deg * np.clip((np.arange(len(angle)) - at) / 20.0, 0.0, 1.0)
    assert lengths(angle, "top-presses", side_deg=side) == [4] * 4


def test_what_gives_way_and_stops_there_is_held_again() -> None:
    """The stop is no rest: it is left for the hold again."""
    dip = [(2.3, 0.4), (2.3, 2.5), (1.5, 0.3), (1.5, 0.7), (2.3, 0.3), (2.3, 2.5), (0.0, 0.4), (0.0, 3.0)]
    assert lengths(move([(0.0, 3.0), *dip]), "top-presses") == [3, 3]


def test_a_stop_on_the_way_back_is_no_rest() -> None:
    """Though the way leads on to a posture that is not the one before, because the seat was shifted."""
    stop = [(15.0, 0.6), (15.0, 5.0), (6.0, 0.5), (6.0, 0.5), (-9.0, 0.5), (-9.0, 3.0)]
    after = [(6.0, 0.6), (6.0, 5.0), (-9.0, 0.6), (-9.0, 3.0)]
    assert lengths(move([(0.0, 3.0), *stop, *after, *after])) == [5, 5, 5]


@pytest.mark.parametrize("seed", range(4))
def test_a_leg_that_sways_while_it_is_held_up_is_held(seed: int) -> None:
    """A degree about its posture, at half a hertz: neither small holds within a rest posture nor the end."""
    hold_s, lift = 10.0, move([(0.0, 4.0), *([(20.0, 0.8), (20.0, 10.0), (0.0, 0.8), (0.0, 3.0)] * 3)])
    sway = swaying(lift, seed, 1.0)
    found = lengths(lift + sway[0], "pencil-pickups", side_deg=sway[1])
    assert len(found) == 3
    assert all(abs(length - hold_s) <= 1 for length in found)


@pytest.mark.parametrize("by_deg", [1.4, -1.6])
def test_a_lifted_leg_that_is_held_elsewhere_for_a_moment_is_held_on(by_deg: float) -> None:
    """Quiet for three seconds, then a little beside it, once: that is no hold from a rest posture."""
    beside = [(22.0, 0.8), (22.0, 3.2), (22.0 + by_deg, 0.4), (22.0 + by_deg, 1.5), (22.0, 0.4), (22.0, 2.5)]
    assert lengths(move([(0.0, 6.0), *([*beside, (0.0, 0.8), (0.0, 5.0)] * 3)]), "pencil-pickups") == [8] * 3


def test_a_stop_before_a_press_is_no_unrest() -> None:
    stop, back = [(1.0, 0.4), (1.0, 0.6), (1.4, 0.3)], [(0.5, 0.4), (0.5, 0.4), (0.0, 0.6), (0.0, 4.0)]
    press = [*stop, (2.4, 0.3), (2.4, 4.0), *back]
    assert lengths(move([(0.0, 4.0), *(press * 4)]), "top-presses") == [4] * 4


def test_short_rests_that_tremble_less_are_rests() -> None:
    """The recording begins in a hold, and there is hardly a second between the holds."""
    angle = 15.0 - move([(0.0, 4.0), *([(15.0, 0.5), (15.0, 0.9), (0.0, 0.5), (0.0, 5.0)] * 5), (15.0, 0.5)])
    angle = np.concatenate([angle, np.zeros(600)])
    info, samples = stream(angle, noise_g=0.001)
    working = np.interp(samples.t_s, np.arange(len(angle)) / ANGLES_HZ, angle) > 13.0
    tremor = np.random.default_rng(3).normal(0.0, 0.008, samples.acc_g.shape) * working[:, None]
    found = events(info, Samples(0, samples.t_s, samples.acc_g + tremor, None, samples.flags))
    assert {round(e.end_s - e.start_s) for e in found} == {5}


def test_holds_in_all_directions_are_declined() -> None:
    """Rest and hold have changed places, or it is no exercise at all."""
    there_and_back = move([(0.0, 3.0), *FLEX, *[(-a, t) for a, t in FLEX], *FLEX, *[(-a, t) for a, t in FLEX]])
    assert declined(there_and_back) == {"unlike": Grade.NOT_VERIFIABLE}
    assert not declined(flexes(4, 4.0))


def test_a_hold_now_and_then_among_many_movements_is_declined() -> None:
    restless = [(6.0, 0.5), (1.0, 0.5), (1.0, 0.7)] * 5
    assert declined(move([(0.0, 3.0), *(([*FLEX, (0.0, 0.2), *restless]) * 3)])) == {
        "sway": Grade.NOT_VERIFIABLE
    }


@pytest.mark.parametrize(("noise_g", "codes"), [(0.008, set()), (0.025, {"vibration"})])
def test_a_slow_sensor_is_told_the_vehicle_by_its_rests(noise_g: float, codes: set[str]) -> None:
    """At 25 Hz little is left of the vibration, but more than a limb at rest has."""
    assert set(declined(flexes(4, 4.0), rate_hz=25.0, noise_g=noise_g)) == codes


@pytest.mark.parametrize("always", [False, True])
def test_a_tremor_that_comes_with_the_effort_is_no_vehicle(always: bool) -> None:
    """As strong at rest it is taken for one."""
    angle = flexes(4, 5.0)
    info, samples = stream(angle, noise_g=0.001)
    works = np.interp(samples.t_s, np.arange(len(angle)) / ANGLES_HZ, angle) > 1.0
    shakes = np.random.default_rng(3).normal(0.0, 0.03, samples.acc_g.shape) * (works | always)[:, None]
    engine = Engine(["band-flexes"])
    engine.process(info)
    shaken = Samples(0, samples.t_s, samples.acc_g + shakes, None, samples.flags)
    found = engine.process(shaken) + engine.flush()
    assert len(found) == (0 if always else 4)
    assert [r.code for r in engine.reasons()["band-flexes"]] == (["vibration"] if always else [])


def test_what_is_shown_of_a_lift_without_a_gyro_is_what_is_counted() -> None:
    """The first part of the hold that the leg's own acceleration hides is shown as well."""
    lift = [(30.0, 1.6), (30.0, 6.0), (0.0, 1.2), (0.0, 3.0)]
    info, samples = stream(move([(0.0, 3.0), *lift]), noise_g=0.001)
    engine = Engine(["pencil-pickups"])
    engine.process(info)
    shown, found = [], []
    for one in cut(samples, list(range(10, len(samples), 10))):
        found += engine.process(one)
        shown.append((one.t_s[-1], engine.progress()[0].held_s))
    (event,) = found
    held = [(t, held_s) for t, held_s in shown if event.start_s + 1.5 < t < event.end_s]
    assert held
    assert all(held_s == pytest.approx(t - event.start_s, abs=0.05) for t, held_s in held)


def swaying(lift: Floats, seed: int, by_deg: float) -> Floats:
    """Of a leg (2, n), along its lift and aside; not while it rests."""
    noise = np.random.default_rng(seed).normal(size=(2, len(lift)))
    sway: Floats = sosfilt(butter(2, 0.5, fs=ANGLES_HZ, output="sos"), noise)
    return sway * (by_deg * np.clip(lift / 20.0, 0.0, 1.0) / sway.std())


@pytest.mark.parametrize("size", [1, 10, 100])
@pytest.mark.parametrize("seed", [0, 2, 5])
@pytest.mark.parametrize("gyro", [False, True])
def test_a_long_swaying_hold_is_the_same_in_any_chunks(size: int, seed: int, gyro: bool) -> None:
    """What was left a moment ago and goes on is looked at from its beginning, which must be there still."""
    lift = move([(0.0, 4.0), *([(20.0, 0.8), (20.0, 20.0), (0.0, 0.8), (0.0, 3.0)] * 3)])
    sway = swaying(lift, seed, 1.0)
    info, samples = stream(lift + sway[0], gyro=gyro, side_deg=sway[1])
    whole = events(info, samples, exercise="pencil-pickups")
    assert len(whole) == 3
    chunks = cut(samples, list(range(size, len(samples), size)))
    assert events(info, *chunks, exercise="pencil-pickups") == whole


def test_the_end_of_a_wide_way_is_no_rest() -> None:
    """Getting up ends slowly, and is slow enough for a stop before it has ended: the rest is what follows."""
    flex = [(75.0, 0.6), (75.0, 5.0), (60.0, 0.6), (60.0, 3.0)]
    press = [(2.5, 0.5), (2.5, 4.0), (0.0, 0.5), (0.0, 3.0)]
    before = [(0.0, 4.0), (60.0, 2.0), (60.0, 8.0), *flex, *flex]
    for way_s in (2.5, 3.5, 5.0):
        angle = move([*before, (0.0, way_s), (0.0, 6.0), *(press * 3)])
        found = events(*stream(angle, gyro=True), exercise="top-presses")
        assert [round(e.start_s - way_s - 38.8) for e in found[2:]] == [0, 8, 16]


def test_what_trembles_less_again_and_again_is_rest() -> None:
    """By too little to tell it once; the recording begins in a hold."""
    angle = 15.0 - move([(0.0, 4.0), *([(15.0, 0.5), (15.0, 3.0), (0.0, 0.5), (0.0, 5.0)] * 6), (15.0, 0.5)])
    angle = np.concatenate([angle, np.zeros(600)])
    info, samples = stream(angle, noise_g=0.004)
    working = np.interp(samples.t_s, np.arange(len(angle)) / ANGLES_HZ, angle) > 13.0
    tremor = np.random.default_rng(3).normal(0.0, 0.004, samples.acc_g.shape) * working[:, None]
    found = events(info, Samples(0, samples.t_s, samples.acc_g + tremor, None, samples.flags))
    assert [round(e.end_s - e.start_s) for e in found][2:] == [5, 5, 5, 5]


@pytest.mark.parametrize("back_s", [0.6, 0.9])
def test_a_sensor_that_slips_while_a_hold_is_given_up_loses_none(back_s: float) -> None:
    """By more than the hold is wide, so that the wearer does not seem to come back."""
    flex = [(5.0, 0.6), (5.0, 6.0), (0.0, 0.6), (0.0, 3.0)]
    angle = move([(0.0, 3.0), *(flex * 4)])
    at = round((3.0 + 10.2 + 6.6) * ANGLES_HZ)  # as the second is given up
    side = 8.0 * np.clip((np.arange(len(angle)) - at) / (back_s * ANGLES_HZ), 0.0, 1.0)
    assert lengths(angle, side_deg=side) == [6] * 4


def test_a_sensor_that_slips_within_a_hold_does_not_end_it() -> None:
    """What is as far from rest as before, where the last hold was, goes on."""
    angle = move([(0.0, 3.0), *([(12.0, 0.6), (12.0, 6.0), (0.0, 0.6), (0.0, 3.0)] * 4)])
    at = round((3.0 + 10.2 + 4.0) * ANGLES_HZ)
    side = 3.5 * np.clip((np.arange(len(angle)) - at) / 60.0, 0.0, 1.0)
    assert lengths(angle, side_deg=side) == [6] * 4


def test_a_shift_of_the_seat_between_holds_is_none() -> None:
    """Though it is left, by the way of the holds, beyond the rest known."""
    flex = [(5.0, 0.6), (5.0, 6.0), (0.0, 0.6), (0.0, 4.0)]
    shifted = [(-3.0, 0.8), (-3.0, 1.7), (2.0, 0.6), (2.0, 6.0), (-3.0, 0.6), (-3.0, 4.0)]
    assert lengths(move([(0.0, 4.0), *flex, *shifted, *shifted[2:]])) == [6] * 3


def test_a_stop_left_at_once_does_not_tell_what_was_held() -> None:
    """The wearer stops half-way back for a moment, in a first hold, of which nothing is known before."""
    back = [(2.6, 0.4), (2.6, 0.35), (0.0, 0.5), (0.0, 4.0)]
    assert lengths(move([(0.0, 4.0), (6.0, 0.6), (4.5, 8.0), *back])) == [8]


def test_a_shift_against_the_way_of_the_holds_is_none() -> None:
    """Though the wearer, on the way of the next hold, stops for a moment where rest was before."""
    flex, shift = [(15.0, 0.6), (15.0, 6.0), (0.0, 0.6), (0.0, 2.0)], [(-6.0, 0.7), (-6.0, 2.5)]
    after = [(0.5, 0.4), (0.5, 0.35), (9.0, 0.5), (9.0, 6.0), (-6.0, 0.6), (-6.0, 4.0)]
    assert lengths(move([(0.0, 4.0), *flex, *shift, *after])) == [6, 6]


def test_a_hold_against_the_way_of_the_one_before_counts_once_rest_is_kept() -> None:
    angle = move([(0.0, 3.0), *FLEX, *[(-a, t) for a, t in FLEX]])
    assert lengths(angle) == [5, 5]
    assert lengths(angle[: -round(2.8 * ANGLES_HZ)]) == [5, 5]  # or where the recording ends


def test_a_stop_on_the_way_to_a_small_press_is_no_rest() -> None:
    press = [(0.9, 0.4), (0.9, 0.4), (1.8, 0.3), (1.8, 4.0), (0.0, 0.5), (0.0, 3.0)]
    assert lengths(move([(0.0, 4.0), *(press * 3)]), "top-presses") == [4] * 3


@pytest.mark.parametrize("stay_s", [0.3, 0.45])
def test_a_braked_leg_that_seems_to_pass_rest_began_its_way_before(stay_s: float) -> None:
    """The accelerometer leans back to where it was at rest when the gyro has most of the way behind it."""
    after = [(10.0, 0.5), (10.0, 6.0), (0.0, 1.0), (0.0, 3.0)]
    leans = move([(0.0, 4.0), *([(1.5, 0.25), (0.2, 0.25), (0.2, stay_s), *after] * 3)])
    turns = move([(0.0, 4.0), *([(8.0, 0.5 + stay_s), *after] * 3)])
    n = min(len(leans), len(turns))
    (info, seen), (_, turned) = stream(leans[:n], gyro=True), stream(turns[:n], gyro=True)
    both = Samples(0, seen.t_s, seen.acc_g, turned.gyr_dps, seen.flags)
    assert [round(e.end_s - e.start_s) for e in events(info, both, exercise="pencil-pickups")] == [6] * 3


@pytest.mark.parametrize("slip_deg", [8.0, 12.0])
def test_a_stop_farther_off_than_rest_and_hold_are_apart_is_at_rest(slip_deg: float) -> None:
    """The sensor slipped while a hold was given up."""
    angle = move([(0.0, 3.0), *([(4.0, 0.5), (4.0, 4.0), (0.0, 0.8), (0.0, 3.0)] * 5)])
    at = round((3.0 + 2 * 8.3 + 5.1) * ANGLES_HZ)  # in the third
    side = slip_deg * np.clip((np.arange(len(angle)) - at) / 120.0, 0.0, 1.0)
    assert lengths(angle, "top-presses", side_deg=side) == [4] * 5


def shifted_last(by_deg: float, aside_deg: float, then: Parts) -> tuple[Floats, Floats]:
    """Three flexes, then a posture `by_deg` their way and `aside_deg` off it; angle and side."""
    flex = [(8.0, 0.5), (8.0, 6.0), (0.0, 0.5), (0.0, 3.0)]
    angle = move([(0.0, 3.0), *(flex * 3), (by_deg, 0.6), (by_deg, 8.0), *then])
    return angle, aside_deg * np.clip((np.arange(len(angle)) - 33.0 * ANGLES_HZ) / (0.6 * ANGLES_HZ), 0.0, 1.0)


@pytest.mark.parametrize(("by_deg", "aside_deg"), [(0.0, 7.0), (6.5, 2.6), (-4.0, 0.5)])
@pytest.mark.parametrize("then", [[], [(0.8, 0.5)]], ids=["kept", "drifting"])
def test_a_shift_kept_to_the_end_of_the_recording_is_none(by_deg: float, aside_deg: float, then: Parts) -> None:
    """As wide as the holds were, but another way, if only by 20°; also where it has drifted a little."""
    angle, side = shifted_last(by_deg, aside_deg, [(by_deg * x, s) for x, s in then])
    assert lengths(angle, side_deg=side) == [6] * 3
    assert declined(angle, side_deg=side) == {}


def test_what_is_kept_to_the_end_of_the_recording_counts_where_it_is_as_the_holds_before() -> None:
    """Where it is nearly so, no more can be said than that it may be one."""
    assert lengths(
        move([(0.0, 3.0), *([(8.0, 0.5), (8.0, 6.0), (0.0, 0.5), (0.0, 3.0)] * 3), (8.0, 0.5), (8.0, 4.0)])
    ) == [6, 6, 6, 4]
    for by_deg, aside_deg in ((7.0, 1.3), (5.0, 0.0)):
        angle, side = shifted_last(by_deg, aside_deg, [])
        assert lengths(angle, side_deg=side) == [6] * 3
        assert declined(angle, side_deg=side) == {"cut-off": Grade.POOR}


def test_holds_in_opposite_directions_may_be_rests() -> None:
    """One flex, and then each from a seat shifted by as much: what follows is the rests."""
    there_and_back = [(-8.0, 0.6), (-8.0, 5.0), (0.0, 0.5), (0.0, 7.0)]
    angle = move([(0.0, 4.0), (8.0, 0.5), (8.0, 7.0), (0.0, 0.5), (0.0, 1.0), *(there_and_back * 9)])
    assert len(lengths(angle)) > 8
    assert declined(angle) == {"unlike": Grade.POOR}


@pytest.mark.parametrize(
    ("rise_s", "height_m", "said"),
    [(0.6, 0.15, {}), (0.0, 0.15, {}), (0.6, 0.0, {}), (0.6, -0.1, {"unlike"}), (0.0, 0.01, {"sway"})],
)
def test_a_pencil_held_lower_than_rest_or_not_seen_to_be_lifted_makes_the_count_poor(
    rise_s: float, height_m: float, said: set[str]
) -> None:
    """The lift was taken for rest; or it was over when what counts began, out of swaying."""
    lift = Hold(10.0, 20.0, 20.3, 12.0, 0.6, 0.3, 0.05, 0.1, 0.15, None, None, [1.0, 0.0, 0.0])
    detector = PencilPickups(StreamInfo(rate_hz=100.0, has_gyro=False, placement="foot"))
    detector.found = [lift, replace(lift, start_s=25.0, end_s=35.0, rise_s=rise_s, height_m=height_m)]
    assert {(r.code, r.grade) for r in detector.reasons()} == {(code, Grade.POOR) for code in said}


def test_one_pencil_held_lower_among_others_like_it_is_an_error_of_the_height() -> None:
    lift = Hold(10.0, 20.0, 20.3, 12.0, 0.6, 0.3, 0.05, 0.1, 0.15, None, None, [1.0, 0.0, 0.0])
    detector = PencilPickups(StreamInfo(rate_hz=100.0, has_gyro=False, placement="foot"))
    detector.found = [replace(lift, start_s=t, end_s=t + 10.0) for t in (10.0, 25.0, 40.0)]
    detector.found[1] = replace(detector.found[1], height_m=-0.07)
    assert not detector.reasons()


@pytest.mark.parametrize(("moves", "codes"), [(10, []), (40, ["sway"])])
def test_many_movements_and_no_pencil_held_make_the_count_poor(moves: int, codes: list[str]) -> None:
    """Over 80 s: those who only sit and shift now and then have done nothing."""
    info, samples = stream(move([(0.0, 3.0), *([(6.0, 0.4), (0.0, 0.4), (0.0, 80.0 / moves - 0.8)] * moves)]))
    engine = Engine(["pencil-pickups"])
    assert not engine.process(info) + engine.process(samples) + engine.flush()
    assert [r.code for r in engine.reasons()["pencil-pickups"]] == codes
