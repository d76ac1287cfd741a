"""A low-pass made at every so-manieth sample only: the filter it stands for, however the signal is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from footsense.signal import thinning
from footsense.signal.butterworth import low_pass, settled
from footsense.signal.thinning import Thinner
from footsense.types import Floats


def in_full(sos: Floats, factor: int, x: Floats) -> Floats:
    zi = settled(sos)[:, None, :] * x[None, :, :1]
    return np.asarray(sosfilt(sos, x, axis=1, zi=zi)[0][:, ::factor])


def thinned(sos: Floats, factor: int, x: Floats, sizes: list[int], first: int = 0) -> Floats:
    thinner, parts, at = Thinner(sos, factor), [], 0
    while at < x.shape[1]:
        part = x[:, at : at + sizes[len(parts) % len(sizes)]]
        parts.append(thinner.process(first + at, [part[:3].T, part[3:].T]))
        at += part.shape[1]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize(("rate_hz", "factor"), [(31.25, 1), (50.0, 2), (100.0, 4), (208.0, 8), (400.0, 16)])
@pytest.mark.parametrize("order", [2, 4])
def test_it_is_the_low_pass(order: int, rate_hz: float, factor: int) -> None:
    sos = low_pass(order, 6.0, rate_hz)
    x = 100 + np.random.default_rng(1).standard_normal((6, 3000)).cumsum(axis=1)
    np.testing.assert_allclose(thinned(sos, factor, x, [3000]), in_full(sos, factor, x), rtol=0, atol=1e-9)


def test_what_stands_stays() -> None:
    """Also where it has begun: nothing rings in."""
    x = np.full((4, 500), 0.98)
    np.testing.assert_allclose(thinned(low_pass(4, 6.0, 200.0), 8, x, [7]), 0.98, rtol=1e-13)


@pytest.mark.parametrize("factor", [1, 2, 4, 16])
@settings(max_examples=10)
@given(sizes=st.lists(st.integers(1, 90), min_size=1, max_size=4), first=st.integers(0, 40))
def test_cuts_change_no_bit(factor: int, sizes: list[int], first: int) -> None:
    sos = low_pass(4, 6.0, 25.0 * factor)
    x = np.random.default_rng(factor).standard_normal((6, 600))
    np.testing.assert_array_equal(thinned(sos, factor, x, sizes, first), thinned(sos, factor, x, [600], first))


@pytest.mark.parametrize("factor", [1, 4])
def test_nor_do_blocks(factor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sos = low_pass(4, 6.0, 25.0 * factor)
    x = np.random.default_rng(2).standard_normal((4, 1000))
    want = thinned(sos, factor, x, [1000])
    monkeypatch.setattr(thinning, "BLOCK", 64)
    np.testing.assert_array_equal(thinned(sos, factor, x, [1000]), want)


def test_no_sample_gives_none() -> None:
    thinner = Thinner(low_pass(4, 6.0, 100.0), 4)
    assert thinner.process(0, [np.empty((0, 3)), np.empty((0, 3))]).shape == (6, 0)
    assert thinner.process(1, [np.ones((2, 3)), np.ones((2, 3))]).shape == (6, 0)
