"""Events and the reasons about them do not depend on how the stream is cut, however restless the foot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.exercises import exercise_names
from footsense.types import Floats, Samples, StreamInfo
from tests.circling import ease, samples
from tests.streams import cut, told

RATE_HZ = 100.0


def turned(rng: np.random.Generator) -> Floats:
    """Tilts (n, 2) that go round, of any size and tempo."""
    turns, tempo_hz = rng.uniform(0.4, 5), rng.uniform(0.15, 1.8)
    n = int(RATE_HZ * turns / tempo_hz)
    done = ease(np.arange(n) / n) if rng.random() < 0.5 else np.arange(n) / n
    phase = 2 * np.pi * turns * done * rng.choice([-1, 1]) + rng.uniform(0, 6)
    drift = np.linspace(0, 1, n)[:, None] * rng.normal(0, 0.2, 2) * (rng.random() < 0.3)
    size = rng.uniform(0.02, 0.3) * np.array([1.0, rng.uniform(0.3, 1)])
    return size * np.column_stack([np.cos(phase), np.sin(phase)]) + drift


def stroked(rng: np.random.Generator) -> Floats:
    """Tilts (n, 2) to and fro."""
    strokes = rng.integers(2, 8)
    n = int(RATE_HZ * strokes / rng.uniform(0.3, 2))
    way = rng.uniform(0.02, 0.3) * np.array([1.0, rng.uniform(0, 0.3)])
    return np.sin(2 * np.pi * strokes * np.arange(n) / n)[:, None] * way


def restless(rng: np.random.Generator) -> Samples:
    """Circles, strokes, rests and wandering, one after the other, from where the foot has come to."""
    parts = [np.zeros((200, 2))]
    for kind in rng.integers(0, 6, rng.integers(6, 14)):
        if kind == 0:
            part = np.zeros((int(RATE_HZ * rng.uniform(0.3, 3)), 2))
        elif kind == 1:
            part = np.cumsum(rng.normal(0, 0.01, (int(RATE_HZ * rng.uniform(0.5, 3)), 2)), 0)
        else:
            part = stroked(rng) if kind == 2 else turned(rng)
        stay = rng.random() < 0.7
        part = part + (parts[-1][-1] - part[0] if stay else rng.normal(0, 0.1, 2))
        way = ease(np.arange(20) / 20)[:, None]
        parts += [parts[-1][-1] + (part[0] - parts[-1][-1]) * way, part]
    tilt = np.clip(np.concatenate(parts), -0.7, 0.7)
    x, y = np.sin(tilt).T
    up = np.column_stack([x, y, np.sqrt(np.maximum(0.05, 1 - x * x - y * y))])
    return samples(up / np.linalg.norm(up, axis=1)[:, None], np.arange(len(up)) / RATE_HZ, gyro=False)


@pytest.mark.parametrize("seed", [45, 53, 63])
@pytest.mark.parametrize("sizes", [[1], [26], [464]])
def test_what_lies_within_a_bout_is_looked_at_by_nobody_once_that_is_over(seed: int, sizes: list[int]) -> None:
    items = [StreamInfo(RATE_HZ, has_gyro=False), restless(np.random.default_rng(seed))]
    whole = told(items, "ankle-circles")
    assert whole[0], "a law about no events says nothing"
    assert told(cut(items, sizes), "ankle-circles") == whole


@pytest.mark.parametrize("exercise", exercise_names())
@given(st.integers(0, 1 << 32), st.sampled_from([26, 464]))
@settings(max_examples=8, deadline=None)
def test_however_restless_the_foot_every_exercise_is_told_the_same(exercise: str, seed: int, size: int) -> None:
    items = [StreamInfo(RATE_HZ, has_gyro=False), restless(np.random.default_rng(seed))]
    assert told(cut(items, [size]), exercise) == told(items, exercise)


@pytest.mark.parametrize("size_deg", [0.2, 0.35, 0.6])
def test_one_by_one_what_is_shaken_and_hardly_tilts_is_told_as_in_a_chunk(size_deg: float) -> None:
    t = np.arange(3000) / RATE_HZ
    tilt = np.radians(size_deg) * np.sin(2 * np.pi * 0.8 * t)
    shaken = samples(np.column_stack([tilt, 0.1 * tilt, np.ones(len(t))]), t, gyro=False)
    shaken.acc_g[:, 2] += 0.08 * np.sin(2 * np.pi * 1.7 * t)
    items = [StreamInfo(RATE_HZ, has_gyro=False), shaken]
    assert told(cut(items, [1]), "ankle-circles") == told(items, "ankle-circles")
