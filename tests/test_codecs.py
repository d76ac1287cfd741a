"""Packings of numbers that take code: there and back, and never anything but an error from bad bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from footsense.devices.codecs import CODECS
from footsense.errors import PacketError

DELTA = CODECS["polar_pmd_delta"]
ROWS = hnp.arrays(np.int64, st.tuples(st.integers(1, 300), st.just(3)), elements=st.integers(-32768, 32767))


@given(ROWS)
@settings(max_examples=50, deadline=None)
def test_what_is_packed_comes_back(rows: np.ndarray) -> None:  # type: ignore[type-arg]
    packed = DELTA.encode(rows, 16)
    assert (DELTA.decode(packed, 3, 16) == rows).all()


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_samples_or_the_one_error(data: bytes) -> None:
    try:
        rows = DELTA.decode(data, 3, 16)
    except PacketError:
        return
    assert rows.shape[1] == 3


@given(ROWS.filter(lambda rows: len(rows) > 1))
@settings(max_examples=30, deadline=None)
def test_a_frame_cut_short_is_an_error_or_ends_with_a_whole_block(rows: np.ndarray) -> None:  # type: ignore[type-arg]
    packed = DELTA.encode(rows, 16)
    with pytest.raises(PacketError):
        DELTA.decode(packed[:-1], 3, 16)
