"""The wearing check: what it finds in simulated checks, how its Reference reaches the detectors, its laws."""

from collections.abc import Iterable

import pytest

from footsense.simulate import PLAIN, sample
from footsense.simulate.wearing_check import Check, Mistakes, simulate_check
from footsense.types import Item, Placement
from footsense.wearing import Outcome, WearingCheck
from tests.streams import cut


def check(seed: int, placement: Placement = "foot", mistakes: Mistakes | None = None, **fixed: object) -> Check:
    alike = {**PLAIN, "loss": 0.0, **fixed}
    return simulate_check(sample("standing", seed, placement=placement, **alike), mistakes)


def outcome(items: Iterable[Item]) -> Outcome | None:
    follower = WearingCheck()
    found = [o for i in items if (o := follower.process(i)) is not None]
    return found[-1] if found else follower.flush()


def codes(items: Iterable[Item]) -> set[str]:
    found = outcome(items)
    assert found is not None
    return {r.code for r in found.reasons}


@pytest.mark.parametrize("placement", ["foot", "ankle", "shank"])
def test_a_check_done_as_asked_finds_nothing_wrong(placement: Placement) -> None:
    items = check(3, placement, rate_hz=100.0, acc_range_g=8.0).items()
    found = outcome(items)
    assert found is not None
    assert found.reasons == ()
    assert found.reference is not None


@pytest.mark.parametrize("sizes", [[1], [7], [500], [3, 64, 1]])
def test_cutting_the_stream_differently_changes_nothing(sizes: list[int]) -> None:
    items = check(5, loss=0.01).items()
    assert outcome(cut(items, sizes)) == outcome(items)
