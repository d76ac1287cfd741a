"""A table of samples becomes a stream: one grid, holes filled or announced, segments where the rate changes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.stream import items_from_arrays
from footsense.types import CLIPPED, INTERPOLATED, Floats, Gap, Item, Samples, StreamInfo


def ramp(t_s: Floats) -> Floats:
    """Linear in time, so that a filled hole has known values."""
    return np.stack([t_s, 2 * t_s, 1 - t_s], axis=1)


def stream(t_s: Floats, **kwargs: float) -> list[Item]:
    return items_from_arrays(t_s, ramp(t_s), -ramp(t_s), **kwargs)  # type: ignore[arg-type]


def samples(items: list[Item]) -> list[Samples]:
    return [i for i in items if isinstance(i, Samples)]


def test_jittered_stamps_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    t_s = 7 + np.arange(500) / 50 + rng.uniform(-0.004, 0.004, 500)
    info, only = stream(t_s)
    assert isinstance(info, StreamInfo)
    assert info.rate_hz == pytest.approx(50, rel=0.01)
    assert isinstance(only, Samples)
    assert np.array_equal(only.t_s, t_s)
    assert not only.flags.any()


def test_early_and_late_neighbours_are_no_hole() -> None:
    t_s = np.arange(200) / 100
    t_s[50] -= 0.007
    (_, only) = stream(t_s)
    assert isinstance(only, Samples)
    assert np.array_equal(only.t_s, t_s)


@pytest.mark.parametrize("lost", [1, 5, 24])
def test_short_hole_is_filled_by_a_line_and_flagged(lost: int) -> None:
    t_s = np.delete(np.arange(1000) / 100, range(400, 400 + lost))
    (only,) = samples(stream(t_s))
    assert only.first == 0
    assert only.t_s == pytest.approx(np.arange(1000) / 100)
    assert np.flatnonzero(only.flags & INTERPOLATED).tolist() == list(range(400, 400 + lost))
    assert only.acc_g == pytest.approx(ramp(only.t_s))
    assert only.gyr_dps == pytest.approx(-ramp(only.t_s))


def test_long_hole_is_a_gap_and_the_index_jumps() -> None:
    t_s = np.delete(np.arange(1000) / 100, range(400, 440))
    items = stream(t_s)
    assert [i for i in items if isinstance(i, Gap)] == [Gap(3.99, 4.4)]
    before, after = samples(items)
    assert (before.first, len(before), after.first, len(after)) == (0, 400, 440, 560)


@pytest.mark.parametrize(("rate", "other"), [(100, 50), (50, 100), (100, 25), (64, 100), (100, 52)])
def test_a_lasting_change_of_rate_starts_a_segment(rate: float, other: float) -> None:
    t_s = np.concatenate([np.arange(10 * rate) / rate, 10 + np.arange(10 * other) / other])
    items = stream(t_s)
    infos = [i for i in items if isinstance(i, StreamInfo)]
    assert [i.rate_hz for i in infos] == pytest.approx([rate, other], rel=1e-3)
    first, second = samples(items)
    assert abs(second.t_s[0] - 10) < 3 / min(rate, other)
    assert len(first) + len(second) == len(t_s)
    assert second.first == 0


def test_a_passing_change_is_none() -> None:
    t_s = np.delete(np.arange(3000) / 100, np.arange(1000, 1150, 2))  # 1.5 s at half the rate
    assert len([i for i in stream(t_s) if isinstance(i, StreamInfo)]) == 1


def test_no_samples_are_no_stream() -> None:
    assert stream(np.arange(0.0)) == []


def test_one_sample_is_not_lost_though_it_has_no_rate() -> None:
    info, one = stream(np.array([3.0]))
    assert isinstance(info, StreamInfo)
    assert isinstance(one, Samples)
    assert 0 < info.rate_hz < 1e-3
    assert (one.first, one.t_s.tolist(), len(one)) == (0, [3.0], 1)


def test_known_range_flags_what_stands_at_its_end() -> None:
    acc = np.zeros((100, 3))
    acc[10, 1], acc[20, 2] = 1.99997, -2.0
    (_, only) = items_from_arrays(np.arange(100) / 100, acc, acc_range_g=2)
    assert isinstance(only, Samples)
    assert np.flatnonzero(only.flags & CLIPPED).tolist() == [10, 20]


def test_unknown_range_is_told_from_flat_tops() -> None:
    t_s = np.arange(1000) / 100
    acc = np.stack([3 * np.sin(2 * t_s), np.cos(2 * t_s), np.ones(1000)], axis=1)
    (_, free) = items_from_arrays(t_s, acc)
    (_, cut) = items_from_arrays(t_s, np.clip(acc, -2, 2))
    assert isinstance(free, Samples)
    assert isinstance(cut, Samples)
    assert not free.flags.any()
    assert np.array_equal(cut.flags != 0, np.abs(acc[:, 0]) >= 2)


@settings(max_examples=60, deadline=None)
@given(
    lost=st.sets(st.integers(1, 598), max_size=300),
    shift=st.sampled_from([0.0, -3.5, 1e6]),
    rate=st.sampled_from([10, 52, 100, 400]),
)
def test_no_sample_is_lost_or_doubled(lost: set[int], shift: float, rate: float) -> None:
    kept = np.array(sorted(set(range(600)) - lost))
    t_s = kept / rate + shift
    items = stream(t_s)
    parts = samples(items)
    real = np.concatenate([p.t_s[(p.flags & INTERPOLATED) == 0] for p in parts])
    assert np.array_equal(real, t_s)
    every = np.concatenate([p.t_s for p in parts])
    assert (np.diff(every) > 0).all()
    for before, after in pairwise(items):
        if isinstance(before, Samples) and isinstance(after, Samples):
            assert after.first == before.first + len(before)


def test_stamps_in_bursts_keep_the_true_rate_and_invent_nothing() -> None:
    t_s = (np.arange(100)[:, None] * 0.1 + np.arange(10) * 1e-4).ravel()
    info, only = stream(t_s)
    assert isinstance(info, StreamInfo)
    assert info.rate_hz == pytest.approx(100, rel=0.02)
    assert isinstance(only, Samples)
    assert np.array_equal(only.t_s, t_s)
