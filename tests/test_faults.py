"""Each fault, with a few seeds: nothing invented, holes told, never wrongly complete. All: tests/faults.py."""

import pytest

from tests.faults import EXERCISES, FAULTS, PROFILES, wrongs


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_certainty_and_nothing_else(name: str, seed: int) -> None:
    at = list(FAULTS).index(name) + seed
    exercise, profile = list(EXERCISES)[at % 2], list(PROFILES)[at % 3]
    assert wrongs(name, exercise, profile, seed)[1] == []


def test_without_a_fault_all_is_complete() -> None:
    assert {wrongs("none", e, "generic", 1)[0] for e in EXERCISES} == {"complete"}
