"""The hold tracker and the exercises on it, on postures made here from angles."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.analysis import analyse
from footsense.engine import Engine
from footsense.recording import Recording, Track
from footsense.signal.front import SlowGrid
from footsense.types import Event, Floats, Gap, Grade, Item, Placement, Samples, StreamInfo

ANGLES_HZ = 200.0


def move(parts: list[tuple[float, float]], hz: float = ANGLES_HZ) -> Floats:
    """Angle in degrees over time: to each angle in turn, on a smooth way that takes so many seconds; a part
    that stays where it is is a hold or a rest."""
    angle, ways = 0.0, []
    for target, duration_s in parts:
        x = np.linspace(0.0, 1.0, max(2, round(duration_s * hz)))
        ways.append(angle + (target - angle) * x**3 * (10 - 15 * x + 6 * x * x))
        angle = target
    return np.concatenate(ways)


def flexes(n: int, hold_s: float, degrees: float = 20.0, way_s: float = 0.6, rest_s: float = 2.0) -> Floats:
    one = [(degrees, way_s), (degrees, hold_s), (0.0, way_s), (0.0, rest_s)]
    return move([(0.0, 2.0), *(one * n)])


def stream(
    angle_deg: Floats,
    *,
    rate_hz: float = 100.0,
    gyro: bool = False,
    mount: Floats | None = None,
    noise_g: float = 0.002,
    start_s: float = 0.0,
    side_deg: Floats | None = None,
) -> tuple[StreamInfo, Samples]:
    """What a sensor sees that turns about a level axis by `angle_deg` (and about a second by `side_deg`)."""
    t = np.arange(0.0, (len(angle_deg) - 1) / ANGLES_HZ, 1.0 / rate_hz)
    grid = np.arange(len(angle_deg)) / ANGLES_HZ
    a = np.deg2rad(np.interp(t, grid, angle_deg))
    b = np.deg2rad(np.interp(t, grid, side_deg)) if side_deg is not None else np.zeros_like(a)
    up = np.stack([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)], axis=1)
    rng = np.random.default_rng(1)
    rate = np.rad2deg(np.stack([np.gradient(b, t), -np.gradient(a, t), np.zeros_like(a)], axis=1))
    turn = np.eye(3) if mount is None else mount
    acc = up @ turn.T + rng.normal(0.0, noise_g, up.shape)
    gyr = rate @ turn.T + 0.5 + rng.normal(0.0, 0.1, up.shape) if gyro else None
    info = StreamInfo(rate_hz=rate_hz, has_gyro=gyro, placement="foot")
    return info, Samples(0, t + start_s, acc, gyr, np.zeros(len(t), np.uint8))


def cut(samples: Samples, at: list[int]) -> list[Samples]:
    edges = [0, *at, len(samples)]
    gyr = samples.gyr_dps
    return [
        Samples(
            lo,
            samples.t_s[lo:hi],
            samples.acc_g[lo:hi],
            None if gyr is None else gyr[lo:hi],
            samples.flags[lo:hi],
        )
        for lo, hi in pairwise(edges)
    ]


def events(*items: Item, exercise: str = "band-flexes") -> list[Event]:
    engine = Engine([exercise])
    found = [e for item in items for e in engine.process(item)]
    return found + engine.flush()


WEARER = flexes(3, 3.0)


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("rate_hz", [25.0, 52.0, 100.0])
def test_chunks_change_nothing(rate_hz: float, gyro: bool) -> None:
    info, samples = stream(WEARER, rate_hz=rate_hz, gyro=gyro)
    whole = events(info, samples)
    assert len(whole) == 3
    for size in (1, 7, 500):
        assert events(info, *cut(samples, list(range(size, len(samples), size)))) == whole


@pytest.mark.parametrize("rate_hz", [150.0, 200.0, 400.0])
def test_chunks_of_one_row_of_the_slow_grid_change_nothing(rate_hz: float) -> None:
    info, samples = stream(WEARER, rate_hz=rate_hz)
    whole = events(info, samples)
    factor = SlowGrid.at(rate_hz).factor
    for size in range(factor - 1, factor + 3):
        assert events(info, *cut(samples, list(range(size, len(samples), size)))) == whole


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2000), max_size=30))
def test_any_chunks_change_nothing(at: list[int]) -> None:
    info, samples = stream(WEARER, gyro=True)
    edges = sorted(k for k in at if k < len(samples))
    assert events(info, *cut(samples, edges)) == events(info, samples)


def test_event_comes_with_the_sample_that_decides_it() -> None:
    info, samples = stream(WEARER)
    engine = Engine(["band-flexes"])
    engine.process(info)
    for one in cut(samples, list(range(1, len(samples)))):
        for event in engine.process(one):
            assert event.decided_s == one.t_s[0]
            assert event.decided_s - event.end_s <= 0.4


def test_gap_in_a_hold_takes_it_and_no_other() -> None:
    info, samples = stream(flexes(4, 3.0))
    before, hole, after = cut(samples, [round(9.5 * 100), round(10.5 * 100)])
    whole = events(info, samples)
    found = events(info, before, Gap(before.t_s[-1], after.t_s[0]), after)
    assert len(hole) == 100
    assert [round(e.start_s) for e in found] == [round(e.start_s) for e in (whole[0], *whole[2:])]


@pytest.mark.parametrize("gyro", [False, True])
@pytest.mark.parametrize("degrees", [4.0, 12.0, 30.0, 80.0])
def test_duration_is_that_of_the_contract(degrees: float, gyro: bool) -> None:
    """Within 10 % of the plateau, for a smooth way of 0.6 s from 75 % of it on: 0.15 s more at either side."""
    info, samples = stream(flexes(4, 3.0, degrees), gyro=gyro)
    found = events(info, samples)
    assert len(found) == 4
    for k, event in enumerate(found):
        assert event.start_s == pytest.approx(2.0 + 6.2 * k + 0.45, abs=0.1)
        assert event.end_s == pytest.approx(2.0 + 6.2 * k + 3.75, abs=0.1)
        assert event.attributes["excursion_deg"] == pytest.approx(degrees, rel=0.03)


def test_mounting_changes_next_to_nothing() -> None:
    """Medians are taken axis by axis, which leaves some tenths of a millisecond."""
    plain = events(*stream(WEARER, noise_g=0.0))
    for seed in range(5):
        q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
        turned = events(*stream(WEARER, noise_g=0.0, mount=q * np.sign(np.linalg.det(q))))
        assert [e.start_s for e in turned] == pytest.approx([e.start_s for e in plain], abs=2e-3)
        assert [e.end_s for e in turned] == pytest.approx([e.end_s for e in plain], abs=2e-3)


@pytest.mark.parametrize("gyro", [False, True])
def test_shifting_time_shifts_holds(gyro: bool) -> None:
    plain = events(*stream(WEARER, gyro=gyro))
    later = events(*stream(WEARER, gyro=gyro, start_s=1000.0))
    assert len(later) == len(plain) == 3
    for a, b in zip(plain, later, strict=True):
        assert (b.start_s, b.end_s, b.decided_s) == pytest.approx(
            (a.start_s + 1000.0, a.end_s + 1000.0, a.decided_s + 1000.0), abs=1e-6
        )
        assert b.attributes == a.attributes


def test_slip_of_a_third_of_a_second_is_bridged_and_a_longer_one_is_not() -> None:
    def slipping(away_s: float) -> Floats:
        slip = [(20.0, 0.6), (20.0, 3.0), (12.0, 0.1), (12.0, away_s), (20.0, 0.1), (20.0, 3.0), (0.0, 0.6)]
        return move([(0.0, 2.0), *slip, (0.0, 2.0)])

    (one,) = events(*stream(slipping(0.05)))
    assert one.end_s - one.start_s == pytest.approx(6.55, abs=0.2)
    first = events(*stream(slipping(2.0)))[0]
    assert first.end_s - first.start_s == pytest.approx(3.2, abs=0.3)


@pytest.mark.parametrize("phase", [0.0, 1.5, 3.0, 4.5])
def test_coming_back_from_further_out_ends_no_hold(phase: float) -> None:
    bulge = [
        (10.0, 0.6),
        (10.0, 4.0),
        (13.5, 0.2),
        (13.5, 0.1),
        (10.0, 0.2),
        (10.0, 4.0),
        (0.0, 0.6),
        (0.0, 3.0),
    ]
    angle = move([(0.0, 2.0), *bulge])
    angle[800:2000] += 0.4 * np.sin(np.arange(1200) * 0.05 + phase)
    (event,) = events(*stream(angle))
    assert event.end_s - event.start_s == pytest.approx(8.7, abs=0.2)


@pytest.mark.parametrize("gyro", [False, True])
def test_a_hold_ends_where_the_posture_is_left_not_where_it_is_passed_once_more(gyro: bool) -> None:
    swing = [(20.0, 0.6), (20.0, 4.0), (25.0, 0.3), (25.0, 0.3), (0.0, 0.6), (0.0, 3.0)]
    (event,) = events(*stream(move([(0.0, 2.0), *swing]), gyro=gyro))
    assert event.end_s == pytest.approx(6.75, abs=0.1)


@pytest.mark.parametrize("gyro", [False, True])
def test_a_lever_hides_no_part_of_a_lift(gyro: bool) -> None:
    """A sensor 0.4 m from the knee feels the leg's own acceleration."""
    angle = flexes(4, 8.0, way_s=1.5)
    info, samples = stream(angle, gyro=gyro)
    a = np.deg2rad(np.interp(samples.t_s, np.arange(len(angle)) / ANGLES_HZ, angle))
    felt = 0.4 / 9.80665 * np.gradient(np.gradient(a, samples.t_s), samples.t_s)
    acc = samples.acc_g + np.stack([felt * np.cos(a), np.zeros_like(a), -felt * np.sin(a)], axis=1)
    leg = Samples(0, samples.t_s, acc, samples.gyr_dps, samples.flags)
    for k, event in enumerate(events(info, leg, exercise="pencil-pickups")):
        assert event.start_s == pytest.approx(2.0 + 13.0 * k + 1.12, abs=0.12)
        assert event.end_s == pytest.approx(2.0 + 13.0 * k + 9.88, abs=0.12)


@pytest.mark.parametrize(("hold_s", "count"), [(0.3, 0), (0.6, 0), (1.0, 3), (1.5, 3)])
def test_shorter_than_a_second_is_no_hold(hold_s: float, count: int) -> None:
    """On top of it come 0.3 s within the band on the ways in and out."""
    assert len(events(*stream(flexes(3, hold_s)))) == count


@pytest.mark.parametrize("dps", [-0.8, 0.8])
def test_slow_drift_belongs_to_the_hold(dps: float) -> None:
    angle = move([(0.0, 2.0), (20.0, 0.6), (20.0 + 8 * dps, 8.0), (0.0, 0.6), (0.0, 3.0)])
    (event,) = events(*stream(angle))
    assert event.end_s - event.start_s == pytest.approx(8.2, abs=0.5)


@pytest.mark.parametrize("gyro", [False, True])
def test_slow_drift_while_it_trembles_belongs_to_the_hold(gyro: bool) -> None:
    angle = move([(0.0, 2.0), (10.0, 0.6), (14.0, 10.0), (0.0, 0.6), (0.0, 3.0)])
    kept = slice(round(2.6 * ANGLES_HZ), round(12.6 * ANGLES_HZ))
    angle[kept] += 0.8 * np.sin(np.arange(angle[kept].size) * 2 * np.pi * 1.7 / ANGLES_HZ)
    (event,) = events(*stream(angle, gyro=gyro))
    assert event.end_s - event.start_s == pytest.approx(10.2, abs=0.4)


@pytest.mark.parametrize("gyro", [False, True])
def test_a_stop_on_the_way_is_no_slow_way(gyro: bool) -> None:
    flex = [(6.5, 1.0), (6.5, 0.9), (12.0, 1.0), (12.0, 4.0), (0.0, 0.6), (0.0, 3.0)]
    found = events(*stream(move([(0.0, 3.0), *(flex * 3)]), gyro=gyro))
    assert [round(e.end_s - e.start_s) for e in found] == [4, 4, 4]


@pytest.mark.parametrize("gyro", [False, True])
def test_giving_way_for_long_makes_two_holds(gyro: bool) -> None:
    """Though the way does not come near rest in between."""
    dip = [(20.0, 0.6), (20.0, 4.0), (12.0, 0.5), (20.0, 0.5), (20.0, 4.0), (0.0, 0.6), (0.0, 3.0)]
    found = events(*stream(move([(0.0, 3.0), *dip]), gyro=gyro))
    assert [round(e.end_s - e.start_s, 1) for e in found] == pytest.approx([4.2, 4.2], abs=0.3)


def test_giving_way_by_less_than_half_makes_two_holds_all_the_same() -> None:
    dip = [(4.0, 0.4), (4.0, 3.0), (2.8, 0.25), (2.8, 0.5), (4.0, 0.25), (4.0, 3.0), (0.0, 0.4), (0.0, 3.0)]
    found = events(*stream(move([(0.0, 3.0), *dip])), exercise="top-presses")
    assert [round(e.end_s - e.start_s) for e in found] == [3, 3]


def test_the_way_back_is_no_hold_after_a_shift() -> None:
    """The seat is shifted by as much as the flex is wide, the other way: what then comes is still a flex."""
    flex = [(-15.0, 0.6), (-15.0, 5.0), (0.0, 0.6), (0.0, 2.5)]
    shifted = [(15.0, 0.8), (15.0, 2.5), *([(0.0, 0.6), (0.0, 5.0), (15.0, 0.6), (15.0, 2.5)] * 3)]
    found = events(*stream(move([(0.0, 3.0), *(flex * 3), *shifted])))
    assert [round(e.end_s - e.start_s) for e in found] == [5] * 6


def test_what_trembles_less_than_rest_is_rest() -> None:
    """A recording that begins within a hold: muscles at work tremble, and a limb at rest does not."""
    flex = [(0.0, 0.6), (0.0, 6.0), (15.0, 0.6), (15.0, 3.0)]
    angle = 15.0 - move([(0.0, 5.0), (15.0, 0.6), (15.0, 3.0), *(flex * 3)])
    info, samples = stream(angle, noise_g=0.001)
    working = np.interp(samples.t_s, np.arange(len(angle)) / ANGLES_HZ, angle) > 13.0
    tremor = np.random.default_rng(3).normal(0.0, 0.008, samples.acc_g.shape) * working[:, None]
    found = events(info, Samples(0, samples.t_s, samples.acc_g + tremor, None, samples.flags))
    assert [round(e.end_s - e.start_s) for e in found] == [6, 6, 6]


def test_posture_that_never_returns_is_no_hold() -> None:
    assert not events(*stream(move([(0.0, 3.0), (60.0, 1.0), (60.0, 20.0)])))


@pytest.mark.parametrize("degrees", [6.0, 15.0])
def test_holds_from_a_new_posture_after_a_change_of_posture(degrees: float) -> None:
    up = 80.0 + degrees
    flex = [(up, 0.6), (up, 4.0), (80.0, 0.6), (80.0, 2.0)]
    found = events(*stream(move([(0.0, 3.0), (80.0, 2.0), (80.0, 4.0), *(flex * 4)])))
    assert [round(e.end_s - e.start_s) for e in found] == [4, 4, 4, 4]
    assert [e.attributes["excursion_deg"] for e in found] == pytest.approx([degrees] * 4, abs=1.0)


def test_new_posture_reached_in_two_goes_is_the_rest_posture() -> None:
    flex = [(93.0, 0.8), (93.0, 8.0), (65.0, 0.8), (65.0, 3.0)]
    found = events(*stream(move([(0.0, 3.0), (58.0, 1.0), (65.0, 0.6), (65.0, 4.0), *(flex * 3)])))
    assert [round(e.end_s - e.start_s) for e in found] == [8, 8, 8]


@pytest.mark.parametrize(("way_deg", "swing_deg"), [(45.0, 30.0), (56.0, 18.0)])
def test_a_walk_is_no_part_of_a_hold_and_leaves_the_rest_posture_known(
    way_deg: float, swing_deg: float
) -> None:
    walk = [(way_deg + swing_deg, 0.3), (way_deg, 0.3)] * 15
    lift = [(way_deg - 16.0, 0.8), (way_deg - 16.0, 8.0), (way_deg, 0.8), (way_deg, 4.0)]
    parts = [(0.0, 3.0), (way_deg, 1.5), (way_deg, 2.0), *walk, (way_deg, 5.0), *(lift * 3)]
    assert [round(e.end_s - e.start_s) for e in events(*stream(move(parts)))] == [8, 8, 8]


def test_standing_elsewhere_before_walking_on_is_no_hold() -> None:
    """It is left towards rest, which is where the first step swings to."""
    steps = [(30.0 * (-1) ** k, 0.4) for k in range(10)]
    sway = 1.0 * np.sin(np.arange(0.0, 5.0, 1.0 / ANGLES_HZ) * 6.0)
    stood = move([(0.0, 3.0), (5.0, 0.5), (5.0, 5.0), *steps, (12.0, 0.4), (12.0, 3.0)])
    stood[round(3.5 * ANGLES_HZ) : round(8.5 * ANGLES_HZ)] += sway
    assert not events(*stream(stood))


def test_a_long_way_leads_to_no_hold() -> None:
    wander = [(30.0 * (-1) ** k, 0.4) for k in range(12)]
    assert not events(*stream(move([(0.0, 3.0), *wander, (25.0, 0.5), (25.0, 4.0), (0.0, 0.6), (0.0, 3.0)])))


@pytest.mark.parametrize("hz", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("width", [1.0, 0.3])
def test_circles_hold_nothing(hz: float, width: float) -> None:
    t = np.arange(0.0, 40.0, 1.0 / ANGLES_HZ)
    on = np.clip(t - 3.0, 0.0, 1.0) * np.clip(37.0 - t, 0.0, 1.0)
    info, samples = stream(
        on * 15 * np.cos(2 * np.pi * hz * t), side_deg=on * 15 * width * np.sin(2 * np.pi * hz * t)
    )
    assert not events(info, samples)


@pytest.mark.parametrize(("rate_hz", "shaken_g"), [(100.0, 0.1), (25.0, 0.038)])
def test_nothing_is_held_in_a_vehicle(rate_hz: float, shaken_g: float) -> None:
    """Slow sensors filter most of the vibration away themselves."""
    info, samples = stream(flexes(3, 3.0), rate_hz=rate_hz)
    shaken = samples.acc_g + np.random.default_rng(2).normal(0.0, shaken_g, samples.acc_g.shape)
    engine = Engine(["band-flexes"])
    engine.process(info)
    found = engine.process(Samples(0, samples.t_s, shaken, None, samples.flags)) + engine.flush()
    assert not found
    assert [r.code for r in engine.reasons()["band-flexes"]] == ["vibration"]


def test_end_of_the_file_ends_a_hold_only_where_holds_are_known() -> None:
    going = move([(0.0, 2.0), (20.0, 0.6), (20.0, 5.0)])
    assert not events(*stream(going))
    (first, last) = events(*stream(np.concatenate([flexes(1, 3.0), going])))
    assert first.end_s < last.start_s
    assert last.end_s == last.decided_s


def test_a_short_hold_given_up_just_before_the_end_of_the_file_counts() -> None:
    """It waits for the stop at rest, which does not come any more."""
    parts = [(0.0, 2.0), (20.0, 0.6), (20.0, 1.2), (0.0, 0.6), (0.0, 0.1)]
    (event,) = events(*stream(move(parts)))
    assert event.end_s == pytest.approx(4.0, abs=0.1)
    assert event.decided_s == pytest.approx(4.5, abs=0.05)


def test_progress_tells_the_seconds_held() -> None:
    info, samples = stream(move([(0.0, 2.0), (20.0, 0.6), (20.0, 6.0)]))
    engine = Engine(["band-flexes"])
    engine.process(info)
    shown = []
    for one in cut(samples, list(range(10, len(samples), 10))):
        engine.process(one)
        (now,) = engine.progress()
        shown.append((one.t_s[-1], now.held_s, now.phase))
    assert {phase for _, _, phase in shown} == {"rest", "moving", "holding"}
    late = [(t, held) for t, held, _ in shown if t > 3.5]
    assert all(held == pytest.approx(t - 2.45, abs=0.15) for t, held in late)


@pytest.mark.parametrize("degrees", [0.3, 2.5])
def test_top_presses_are_declined_on_an_ankle_and_counted_on_a_foot(degrees: float) -> None:
    """What is wide enough to be seen on an ankle is no grip of the toes."""
    info, samples = stream(flexes(6, 3.0, 2.5))
    assert len(events(info, samples, exercise="top-presses")) == 6
    info, samples = stream(flexes(6, 3.0, degrees), noise_g=0.001)
    worn = Recording("", (Track("", "left", "ankle", lambda: iter([info, samples])),))
    declined = analyse(worn, "top-presses", "ankle")
    assert (declined.grade, declined.counts) == (Grade.NOT_VERIFIABLE, {"holds": None})
    assert "placement" in [r.code for r in declined.reasons]


@pytest.mark.parametrize(
    ("third_deg", "held_s", "codes"), [(2.6, 3.0, ["faint"]), (-2.6, 3.0, []), (2.6, 1.2, [])]
)
def test_flexes_of_which_one_is_hardly_too_small_to_count_are_poor(third_deg, held_s, codes) -> None:
    """One that goes another way or is not held as long is another movement."""
    ways = [(3.6, 3.0), (3.8, 3.0), (third_deg, held_s), (3.7, 3.0)]
    info, samples = stream(np.concatenate([flexes(1, s, deg) for deg, s in ways]), noise_g=0.001)
    engine = Engine(["band-flexes"])
    found = engine.process(info) + engine.process(samples) + engine.flush()
    assert len(found) == 3
    assert [(r.code, r.grade) for r in engine.reasons()["band-flexes"]] == [(c, Grade.POOR) for c in codes]


def test_top_presses_are_declined_where_the_wearer_sways() -> None:
    """Now and then swaying looks like a press; that most of it does not tells."""
    sway = [(1.6, 0.5), (1.2, 0.3), (0.0, 0.6), (-1.5, 0.6), (0.0, 0.5), (0.0, 0.8)] * 4
    press = [(2.0, 0.4), (2.0, 3.0), (0.0, 0.4), (0.0, 2.0)]
    for parts, codes in ((sway + press + sway, ["sway"]), (press * 4, [])):
        info, samples = stream(move([(0.0, 3.0), *parts, (0.0, 3.0)]), noise_g=0.001)
        engine = Engine(["top-presses"])
        found = engine.process(info) + engine.process(samples) + engine.flush()
        assert found
        assert [r.code for r in engine.reasons()["top-presses"]] == codes


@pytest.mark.parametrize(("degrees", "codes"), [(2.5, []), (1.4, ["faint"])])
def test_top_presses_are_declined_where_they_are_hardly_seen(degrees: float, codes: list[str]) -> None:
    """Of presses of some 1.4° those below 1° are missed."""
    info, samples = stream(flexes(6, 3.0, degrees))
    engine = Engine(["top-presses"])
    assert engine.process(info) + engine.process(samples) + engine.flush()
    assert [r.code for r in engine.reasons()["top-presses"]] == codes


@pytest.mark.parametrize(("step_g", "codes"), [(0.002, []), (0.03, ["resolution"])])
def test_top_presses_are_declined_where_the_sensor_is_coarse(step_g: float, codes: list[str]) -> None:
    info, samples = stream(flexes(6, 3.0, 3.5), noise_g=0.004)
    coarse = Samples(0, samples.t_s, np.round(samples.acc_g / step_g) * step_g, None, samples.flags)
    engine = Engine(["top-presses"])
    assert engine.process(info) + engine.process(coarse) + engine.flush()
    assert [r.code for r in engine.reasons()["top-presses"]] == codes


def test_a_coarse_sensor_that_sees_no_tremor_holds() -> None:
    """It rests where its steps flicker, and is held where they do not."""
    info, samples = stream(flexes(3, 4.0, 30.0), noise_g=0.002)
    step_g = 1 / 33.5  # 1 g lies between two steps
    rounded = np.round(samples.acc_g / step_g) * step_g
    found = events(info, Samples(0, samples.t_s, rounded, None, samples.flags))
    assert [round(e.end_s - e.start_s) for e in found] == [4, 4, 4]


def recorded(path: Path, placement: Placement) -> list[Item]:
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    t = table[:, 0]
    rate_hz = 1.0 / float(np.median(np.diff(t)))
    grid = t[0] + np.arange(int((t[-1] - t[0]) * rate_hz)) / rate_hz
    axes = np.stack([np.interp(grid, t, column) for column in table[:, 1:].T], axis=1)
    gyr = axes[:, 3:] if axes.shape[1] == 6 else None
    info = StreamInfo(rate_hz, gyr is not None, placement=placement)
    return [info, Samples(0, grid, axes[:, :3], gyr, np.zeros(len(grid), np.uint8))]


def test_held_lifts_are_counted(reference: Path) -> None:
    """Ten lifts held, ten too fast; the held end before 95 s, the fast before 155 s."""
    near = 0
    for name in (f"s{person}_e{exercise}" for person in (1, 2) for exercise in (1, 3, 4, 5)):
        items = recorded(reference / "data" / "pt_exercises" / f"{name}_moving.csv.gz", "ankle")
        found = [e.start_s for e in events(*items)]
        held, fast = sum(s < 95.0 for s in found), sum(95.0 <= s < 155.0 for s in found)
        assert 2 * fast <= held, name
        near += abs(held - 10) <= 1
    assert near >= 7


@pytest.mark.parametrize("name", ["ipol_gait/1-1_lf", "ipol_gait/6-2_rf", "gaitmap_examples/stair_up_left"])
def test_walking_holds_nothing(reference: Path, name: str) -> None:
    items = recorded(reference / "data" / f"{name}.csv.gz", "foot")
    assert not events(*items)


@pytest.mark.parametrize("name", ["S01R02", "S03R02"])
def test_standing_walking_and_freezing_hold_nothing(reference: Path, name: str) -> None:
    folder = reference / "data" / "daphnet_ankle"
    about = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["files"]
    (truth,) = (f["truth"] for f in about.values() if name in f["file"])
    task = [(s["start_s"], s["end_s"]) for s in truth["segments"] if s["label"] > 0]
    found = events(*recorded(folder / f"{name}.csv.gz", "ankle"))
    assert not [e for e in found if any(a <= (e.start_s + e.end_s) / 2 <= b for a, b in task)]


def test_chunks_change_nothing_for_people_who_wobble(reference: Path) -> None:
    info, samples = recorded(reference / "data" / "pt_exercises" / "s2_e4_moving.csv.gz", "ankle")
    assert isinstance(samples, Samples)
    whole = events(info, samples)
    for size in (1, 29):
        assert events(info, *cut(samples, list(range(size, len(samples), size)))) == whole
