"""A minute of the long session (`python -m tests.soak`, tests/SOAK.md), with its faults."""

import numpy as np
import pytest

from footsense.types import INTERPOLATED, Gap, Item, Samples
from tests.soak import _BASE, _STEP_DPS, Account, soak


@pytest.mark.parametrize("seed", [3])
def test_nothing_grows_and_every_sample_is_accounted_for(seed: int) -> None:
    seen = soak(1.0, seed)
    assert seen.wrong() == []
    assert {"left", "right"} == set(seen.accounts)
    assert len(seen.faults) > 2
    for account in seen.accounts.values():
        assert account.received + account.filled + account.in_gaps == account.last - account.first + 1
        assert account.last - account.first + 1 > 5900
        assert account.received > 4000


def samples(numbers: list[int], filled: bool = False) -> Samples:
    i = np.array(numbers)
    digits = np.stack([i % _BASE, i // _BASE % _BASE, i // _BASE**2], axis=1)
    flags = np.full(len(i), INTERPOLATED if filled else 0, np.uint8)
    return Samples(0, i / 100, np.zeros((len(i), 3)), digits * _STEP_DPS, flags)


@pytest.mark.parametrize(
    ("items", "unaccounted"),
    [
        ([samples([5, 6]), samples([7, 8], filled=True), samples([9])], 0),
        ([samples([5, 6]), Gap(0.06, 0.5), samples([50])], 0),
        ([samples([5, 6]), samples([7], filled=True), samples([9])], 1),
        ([samples([5, 6]), samples([50])], 43),
        ([samples([5, 6]), samples([6, 7])], 1),
        ([samples([5, 6]), samples([7], filled=True), samples([7])], 1),
    ],
)
def test_what_is_hidden_or_double_is_found(items: list[Item], unaccounted: int) -> None:
    account = Account()
    for item in items:
        account.take(item)
    assert account.unaccounted == unaccounted
