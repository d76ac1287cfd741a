"""A minute of the long session (`python -m tests.soak`, tests/SOAK.md), with its faults."""

import numpy as np
import pytest

from footsense.recognise import Segment
from footsense.simulate.truth import Truth
from footsense.types import INTERPOLATED, Event, Gap, Item, Samples
from tests.soak import RATE_HZ, Account, Counted, counted, numbered, soak


@pytest.mark.parametrize("seed", [3])
def test_nothing_grows_and_every_sample_is_accounted_for(seed: int) -> None:
    seen = soak(1.0, seed)
    assert seen.wrong() == []
    assert {"left", "right"} == set(seen.accounts)
    assert len(seen.faults) > 2
    assert sum(c.found for c, _ in seen.counted.values()) > 4
    for account in seen.accounts.values():
        assert account.received + account.filled + account.in_gaps == account.last - account.first + 1
        assert account.last - account.first + 1 > 5900
        assert account.received > 4000


def samples(number: list[int], filled: bool = False) -> Samples:
    i = np.array(number)
    rows = numbered(np.random.default_rng(1).normal(0.0, 1.0, (len(i), 6)), i)
    flags = np.full(len(i), INTERPOLATED if filled else 0, np.uint8)
    return Samples(0, i / RATE_HZ, rows[:, :3], rows[:, 3:], flags)


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


def test_numbers_below_the_noise_go_on_when_they_come_again() -> None:
    account = Account()
    for first in range(0, 40_000, 50):
        account.take(samples(list(range(first, first + 50))))
    assert (account.last, account.received, account.unaccounted) == (39_999, 40_000, 0)


def held(start_s: float, end_s: float) -> Event:
    return Event("band-flexes", "hold", start_s, end_s, end_s)


def test_what_is_invented_double_or_too_many_is_seen() -> None:
    done = (held(10, 15), held(20, 25), held(30, 35))
    truth = Truth(done, (Segment("band-flexes", 5.0, 40.0),))
    assert counted(truth, [held(10, 15.2), held(29.8, 35)], "band-flexes") == Counted(3, 2)
    assert counted(truth, [held(50, 55)], "band-flexes") == Counted(3, 0)
    assert counted(truth, [held(16, 19)], "band-flexes") == Counted(3, 1, invented=1)
    twice = [*done, held(20.5, 25)]
    assert counted(truth, twice, "band-flexes") == Counted(3, 4, double=1, over=1)
    assert counted(truth, twice, "top-presses") == Counted()
