"""Packings of numbers that take code: there and back, and never anything but an error from bad bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from footsense.devices.codecs import CODECS, PACKINGS
from footsense.errors import PacketError

DELTA = CODECS["polar_pmd_delta"]


def decoded(data: bytes, bits: int = 16, at: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """The samples of a packet, met for the first time and once more."""
    read = DELTA.reader(3, bits, at, len(data), 512)
    first, again = read(data), read(data)
    assert first.tolist() == again.tolist()
    assert not np.shares_memory(first, again)
    return first


ROWS = hnp.arrays(np.int64, st.tuples(st.integers(1, 300), st.just(3)), elements=st.integers(-32768, 32767))


@given(ROWS)
@settings(max_examples=50, deadline=None)
def test_what_is_packed_comes_back(rows: np.ndarray) -> None:  # type: ignore[type-arg]
    packed = DELTA.encode(rows, 16)
    assert (decoded(packed) == rows).all()


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_samples_or_the_one_error(data: bytes) -> None:
    try:
        rows = decoded(data)
    except PacketError:
        return
    assert rows.shape[1] == 3


def test_more_samples_than_are_possible_are_refused() -> None:
    packed = DELTA.encode(np.zeros((301, 3), np.int64), 16)
    assert len(DELTA.reader(3, 16, 0, len(packed), 301)(packed)) == 301
    with pytest.raises(PacketError, match="301 samples and more, at most 300 are possible"):
        DELTA.reader(3, 16, 0, len(packed), 300)(packed)


@given(ROWS.filter(lambda rows: len(rows) > 1))
@settings(max_examples=30, deadline=None)
def test_a_frame_cut_short_is_an_error_or_ends_with_a_whole_block(rows: np.ndarray) -> None:  # type: ignore[type-arg]
    packed = DELTA.encode(rows, 16)
    with pytest.raises(PacketError):
        decoded(packed[:-1])


SMALLEST = PACKINGS["smallest_three_20"]
QUATERNIONS = (
    hnp.arrays(np.float64, 4, elements=st.floats(-1, 1))
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: q / np.linalg.norm(q))
)


@given(QUATERNIONS)
def test_an_orientation_comes_back_as_itself_or_as_its_negative(quaternion: np.ndarray) -> None:  # type: ignore[type-arg]
    data = SMALLEST.pack(quaternion.tolist())
    got = SMALLEST.unpack(data)
    assert got is not None
    assert min(np.abs(got - quaternion).max(), np.abs(got + quaternion).max()) < 3e-6
    assert len(data) == SMALLEST.size


@given(st.binary(min_size=8, max_size=8))
def test_any_eight_bytes_are_a_turn_or_none(data: bytes) -> None:
    got = SMALLEST.unpack(data)
    if got is None:
        three = [int.from_bytes(data, "little") >> 20 * i & 0xFFFFF for i in range(3)]
        assert sum(((x / 524287.5 - 1) ** 2) / 2 for x in three) > 1
    else:
        assert np.linalg.norm(got) == pytest.approx(1)


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (0, None),  # three numbers of -sqrt(1/2)
        (0x0_80000_80000_80000, [1, 0, 0, 0]),  # the first is left out, in the order of the document's code
        (0x2_00000_80000_80000, [0, 0, 0.5**0.5, -(0.5**0.5)]),
        (0xE_80000_00000_80000, [-(0.5**0.5), 0, 0.5**0.5, 0]),  # with both flags set
    ],
)
def test_the_order_of_an_orientations_numbers(whole: int, expected: list[float] | None) -> None:
    got = SMALLEST.unpack(whole.to_bytes(8, "little"))
    assert got == (None if expected is None else pytest.approx(expected, abs=1e-6))


@given(st.binary(max_size=20), ROWS)
@settings(max_examples=30, deadline=None)
def test_it_is_the_same_where_other_bytes_come_before(head: bytes, rows: np.ndarray) -> None:  # type: ignore[type-arg]
    packed = DELTA.encode(rows, 16)
    assert (decoded(head + packed, at=len(head)) == rows).all()


BLOCKS = st.lists(st.tuples(st.integers(1, 32), st.integers(1, 5)), max_size=4)


@given(BLOCKS, st.sampled_from([16, 32]), st.data())
@settings(max_examples=100, deadline=None)
def test_numbers_of_any_width_are_read_bit_by_bit(
    blocks: list[tuple[int, int]], bits: int, data: st.DataObject
) -> None:
    def drawn(width: int, count: int) -> list[int]:
        one = st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1)
        return data.draw(st.lists(one, min_size=count, max_size=count))

    def told(width: int, numbers: list[int]) -> bytes:
        whole = sum((x % 2**width) << (width * i) for i, x in enumerate(numbers))
        return whole.to_bytes((width * len(numbers) + 7) // 8, "little")

    first = drawn(bits, 3)
    packed, rows = told(bits, first), [first]
    for width, count in blocks:
        steps = drawn(width, 3 * count)
        packed += bytes([width, count]) + told(width, steps)
        for i in range(0, len(steps), 3):
            rows.append([x + d for x, d in zip(rows[-1], steps[i : i + 3], strict=True)])
    assert decoded(packed, bits).tolist() == rows
