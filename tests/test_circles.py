"""Circles: counted, timed, with their direction, however the stream is cut; and nothing else is one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from circling import REST_S, bout, phase_of, samples, tilts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from footsense.engine import Engine, run
from footsense.signal.front import slice_samples
from footsense.types import Event, Item, Samples, StreamInfo

CIRCLES = ["ankle-circles"]


def circles(*items: Item) -> list[Event]:
    return run(items, CIRCLES)


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


@pytest.mark.parametrize(("done", "counted"), [(4.6, 4), (4.85, 5), (4.0, 4)])
@pytest.mark.parametrize("gyro", [False, True])
def test_last_turn_counts_from_three_quarters(done: float, counted: int, gyro: bool) -> None:
    assert len(circles(*bout(done, 0.6, gyro=gyro))) == counted


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
