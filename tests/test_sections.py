"""Filters with carried state: the bits of scipy's, however the signal is cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter, sosfilt

from footsense.signal import sections
from footsense.signal.butterworth import low_pass, settled
from footsense.signal.sections import FEW, LowPass, Sections, same_bits
from footsense.types import Floats


def of_scipy(order: int, x: Floats, rate_hz: float = 50.0, cutoff_hz: float = 3.0) -> Floats:
    sos = low_pass(order, cutoff_hz, rate_hz)
    if order == 1:
        b, a = sos[0, :2], sos[0, 3:5]
        return np.asarray(lfilter(b, a, x, axis=1, zi=settled(sos)[0, :1] * x[:, :1])[0])
    return np.asarray(sosfilt(sos, x, axis=1, zi=settled(sos)[:, None, :] * x[None, :, :1])[0])


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 3e4])
@settings(max_examples=12)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_a_cut_signal_is_filtered_to_the_bits_of_scipy(
    order: int, scale: float, sizes: list[int], seed: int
) -> None:
    x = scale * (1 + np.random.default_rng(seed).standard_normal((3, 400)))
    low = LowPass(3.0, 50.0, order)
    parts, at = [], 0
    while at < 400:
        size = sizes[len(parts) % len(sizes)]
        parts.append(low.process(x[:, at : at + size]))
        at += size
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), of_scipy(order, x))


def test_short_and_long_chunks_take_turns() -> None:
    """Each way has to take up the state where the other left it."""
    assert same_bits(), "on x86-64 Python's arithmetic is that of scipy's filters"
    x = np.random.default_rng(3).standard_normal((3, 1000))
    low = LowPass(3.0, 50.0, 4)
    cuts = [0, 1, 2, 300, 302, 303, 900, 1000]
    parts = [low.process(x[:, a:b]) for a, b in pairwise(cuts)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), of_scipy(4, x))
    assert any(3 * 2 * (b - a) <= FEW for a, b in pairwise(cuts))


def test_where_the_bits_differ_only_scipy_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "same_bits", lambda: False)
    monkeypatch.setattr(Sections, "step", lambda *_: pytest.fail("number by number"))
    x = np.random.default_rng(4).standard_normal((3, 20))
    low = LowPass(3.0, 50.0, 2)
    parts = [low.process(x[:, k : k + 1]) for k in range(20)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), of_scipy(2, x))


def test_no_samples_are_filtered_to_none() -> None:
    low = LowPass(3.0, 50.0, 2, start=0.0)
    assert low.process(np.empty((3, 0))).shape == (3, 0)
