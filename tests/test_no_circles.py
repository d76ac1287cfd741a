"""What is no circle is not counted, and what may hide circles, or be taken for them, is said."""

from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from footsense.engine import Engine
from footsense.recording import open_recording
from footsense.simulate import Scenario, sample, simulate
from footsense.types import Event, Grade, Item, Reason, Samples, StreamInfo
from tests.circling import CIRCLES, bout, circles, felt, phase_of, samples, tilts


def test_circles_hidden_by_their_own_acceleration_are_declined() -> None:
    """A sensor 0.2 m from the axis at the tempo at which its own acceleration cancels the tilt; so many turns
    that how the foot got there is forgotten."""
    info, stream = bout(24, 1.1, 100.0, size_deg=18.0)
    pull = np.gradient(np.gradient(stream.acc_g, 0.01, axis=0), 0.01, axis=0) * (0.2 / 9.80665)
    engine = Engine(CIRCLES)
    found = [e for i in (info, replace(stream, acc_g=stream.acc_g + pull)) for e in engine.process(i)]
    assert len(found + engine.flush()) < 24
    (reason,) = engine.reasons()["ankle-circles"]
    assert (reason.code, reason.grade) == ("hidden-loop-no-gyro", Grade.NOT_VERIFIABLE)


def reasons(*items: Item) -> tuple[Reason, ...]:
    engine = Engine(CIRCLES)
    for item in items:
        engine.process(item)
    engine.flush()
    return engine.reasons()["ankle-circles"]


def test_a_count_beside_thin_loops_is_poor() -> None:
    t, phase = phase_of(14, 0.6, 50.0)
    n = int(np.searchsorted(phase, 10))
    up = np.concatenate([tilts(phase[:n]), tilts(phase[n:], width=0.05)])
    (reason,) = reasons(StreamInfo(50.0, has_gyro=False), samples(up, t, gyro=False))
    assert (reason.code, reason.grade) == ("thin-loop-no-gyro", Grade.POOR)
    assert reasons(StreamInfo(50.0, has_gyro=True), samples(up, t, gyro=True)) == ()


def test_a_count_beside_much_that_is_hidden_is_poor() -> None:
    """Some circles are too much distorted by their own acceleration."""
    made = replace(simulate(sample("ankle-circles", 4024, placement="ankle", gyro=True)), gyr_dps=None)
    assert len(circles(*made.items())) < len(made.events)
    (reason,) = reasons(*made.items())
    assert (reason.code, reason.grade) == ("hidden-loop-no-gyro", Grade.POOR)


@pytest.mark.parametrize(("done", "sure"), [(4.4, True), (4.7, False), (4.95, True)])
@pytest.mark.parametrize("gyro", [False, True])
def test_a_last_turn_about_three_quarters_done_makes_a_count_poor(gyro: bool, done: float, sure: bool) -> None:
    found = reasons(*bout(done, 0.6, gyro=gyro))
    assert [(r.code, r.grade) for r in found] == ([] if sure else [("last-turn", Grade.POOR)])


def test_a_count_with_a_turn_that_may_be_more_than_one_is_poor() -> None:
    """A leg that sways under small circles: some are wound about another centre than the rest."""
    made = simulate(sample("ankle-circles", 47128, placement="foot", gyro=True))
    assert len(circles(*made.items())) < len(made.events)
    (reason,) = reasons(*made.items())
    assert (reason.code, reason.grade) == ("loose-turn", Grade.POOR)
    assert reason.span_s is not None
    assert reason.span_s[1] - reason.span_s[0] > 2 * median(e.end_s - e.start_s for e in made.events)


def test_loops_too_rough_to_be_told_are_declined() -> None:
    """As of a sensor that is loose on its strap: it goes round, but in stars."""
    t, phase = phase_of(14, 0.7, 50.0)
    star = 1 + 0.5 * np.sin(5 * np.pi * phase) * (phase < 14)
    engine = Engine(CIRCLES)
    stream = samples(tilts(phase, width=0.9, radius=star), t, gyro=True)
    found = [e for i in (StreamInfo(50.0, True), stream) for e in engine.process(i)]
    assert len(found + engine.flush()) < 7
    (reason,) = engine.reasons()["ankle-circles"]
    assert (reason.code, reason.grade) == ("rough-loop", Grade.NOT_VERIFIABLE)


@pytest.mark.parametrize("width", [0.04, 0.21])  # the second is round enough to be looked at closely
@pytest.mark.parametrize("tempo_hz", [0.3, 0.8, 1.5])
@pytest.mark.parametrize("gyro", [False, True])
def test_flexing_is_no_circle(tempo_hz: float, gyro: bool, width: float) -> None:
    engine = Engine(CIRCLES)
    events = [e for i in bout(10, tempo_hz, 100.0, gyro=gyro, width=width) for e in engine.process(i)]
    assert not events + engine.flush()
    codes = [(r.code, r.grade) for r in engine.reasons()["ankle-circles"]]
    round_enough = [("thin-loop", Grade.POOR)] if width > 0.13 else []  # a gyro shows that it was no line
    assert codes == (round_enough if gyro else [("thin-loop-no-gyro", Grade.NOT_VERIFIABLE)])


def in_a_car(seed: int) -> list[Event]:
    """Three minutes without a gyro, of accelerations as of turning and braking."""
    rng = np.random.default_rng(seed)
    low = butter(4, 0.3, fs=50.0, output="sos")
    noise = sosfilt(low, rng.standard_normal((3, 9000)))
    car_g = noise / noise.std(axis=1)[:, None] * [[0.08], [0.06], [0.03]]
    acc = car_g.T + [0.0, 0.0, 1.0] + 0.003 * rng.standard_normal((9000, 3))
    still = samples(tilts(np.zeros(9000)), np.arange(9000) / 50.0, gyro=False)
    return circles(StreamInfo(50.0, False), replace(still, acc_g=acc))


def test_a_car_that_turns_and_brakes_is_next_to_no_circle() -> None:
    """Its path goes round by chance now and then: once in some minutes."""
    assert sum(len(in_a_car(seed)) for seed in range(20)) <= 10


@pytest.mark.parametrize(("tempo_hz", "share"), [(0.7, 0.3), (0.7, 0.1), (1.1, -0.6)])
def test_a_leg_that_swings_in_thin_loops_is_no_circle(tempo_hz: float, share: float) -> None:
    info, stream = bout(10, tempo_hz, gyro=True, size_deg=7.0, width=0.29)
    assert len(circles(info, stream)) == 10
    assert not circles(info, felt(stream, share))


def test_quicker_than_a_leg_swings_thin_circles_count() -> None:
    """Also if the leg goes along, so that their tilt is hardly felt."""
    info, stream = bout(10, 1.55, gyro=True, size_deg=10.0, width=0.3)
    assert len(circles(info, felt(stream, -0.2))) == 10


def test_nor_is_it_without_a_gyro() -> None:
    """Where it seems rounder, as little of the long way is felt."""
    engine = Engine(CIRCLES)
    events = [e for i in bout(12, 1.0, width=0.37, size_deg=4.0) for e in engine.process(i)]
    assert not events + engine.flush()
    assert {r.grade for r in engine.reasons()["ankle-circles"]} == {Grade.NOT_VERIFIABLE}


def test_round_circles_are_not_declined() -> None:
    engine = Engine(CIRCLES)
    for item in bout(10, 0.6):
        engine.process(item)
    assert not engine.reasons()["ankle-circles"]


@pytest.mark.parametrize("motion", ["walking", "pumps", "fidget", "leg-swing"])
def test_other_motions_are_no_circles(motion: str) -> None:
    for seed in range(2):
        assert not circles(*simulate(Scenario(motion=motion, seed=seed, duration_s=40.0)).items())


REAL = [
    *(("ipol_gait", f"{person}-1_{foot}") for person in range(1, 7) for foot in ("lf", "rf")),
    *(("gaitmap_examples", name) for name in ("stair_up_left", "stair_up_right", "walk2x20_left")),
    ("xio_foot", "short_walk"),
    *(("pt_exercises", f"{s}_{e}") for s in ("s1", "s2") for e in ("e1_moving", "e1_rest_ankle", "e5_moving")),
    ("daphnet_ankle", "S01R02"),
]


@pytest.mark.parametrize("gyro", [True, False])
def test_real_legs_that_do_not_circle(reference: Path, gyro: bool) -> None:
    for folder, name in REAL:
        found = []
        engine = Engine(CIRCLES)
        for item in open_recording(reference / "data" / folder / f"{name}.csv.gz").tracks[0].items():
            found += engine.process(item if gyro else without_gyro(item))
        assert not found + engine.flush(), name


def without_gyro(item: Item) -> Item:
    if isinstance(item, StreamInfo):
        return replace(item, has_gyro=False)
    return replace(item, gyr_dps=None) if isinstance(item, Samples) else item


@pytest.mark.parametrize("gyro", [False, True])
def test_a_leg_that_sways_after_circles_makes_none(gyro: bool) -> None:
    """By a sixth of their size, and once round: nobody circles so between or after others."""
    _, phase = phase_of(5, 0.5, 50.0)
    _, once = phase_of(1, 0.4, 50.0)
    circling, swaying = tilts(phase), tilts(once, size_deg=2.5, width=0.8)
    swaying[:, :2] += circling[-1, :2] - swaying[0, :2]
    swaying[:, 2] = np.sqrt(1 - swaying[:, 0] ** 2 - swaying[:, 1] ** 2)
    up = np.concatenate([circling, swaying])
    found = circles(StreamInfo(50.0, gyro), samples(up, np.arange(len(up)) / 50.0, gyro=gyro))
    assert len(found) == 5
