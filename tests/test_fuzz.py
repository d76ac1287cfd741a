"""Any bytes at all to every reader (`tests/fuzz`): taken, or refused in one line, and never for long."""

import random
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from footsense.errors import PacketError
from tests.fuzz import __main__ as loop
from tests.fuzz.mutation import Reached, mutated
from tests.fuzz.targets import TARGETS, Target, Wrong, attempt


@cache
def seeds(name: str) -> Sequence[bytes]:
    return TARGETS[name].seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_begins_from_is_taken(name: str) -> None:
    assert all(attempt(TARGETS[name], raw) for raw in seeds(name))


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=300))
@example(data=b"")
@settings(max_examples=20, deadline=None)
def test_any_bytes_are_taken_or_refused(name: str, data: bytes) -> None:
    attempt(TARGETS[name], data)


@pytest.mark.parametrize("name", TARGETS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_bytes_that_are_nearly_right_are_taken_or_refused(name: str, seed: int) -> None:
    attempt(TARGETS[name], mutated(list(seeds(name)), random.Random(seed)))


def test_what_is_looked_for_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FOUND", tmp_path)
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=count().__next__))  # a try takes a "second"

    def reads(data: bytes) -> None:
        if data[:1] == b"\x00":
            raise PacketError("a name \x1b[2J")
        if len(data) > 2 and data[0] == 0x41:
            raise IndexError("out of range")

    found = loop.fuzz(Target("toy", reads, lambda: [b"AB"]), 50)
    assert found.tried == 3000  # what it began from, and one a "second"
    assert [p.name[:4] for p in tmp_path.iterdir()] == ["toy-"] * len(found.wrong)
    assert {w.partition(" (")[0] for w in found.wrong.values()} >= {"IndexError: out of range"}
    with pytest.raises(Wrong, match="not safe to print"):
        attempt(Target("toy", reads, list), b"\x00")


def test_new_lines_are_seen() -> None:
    reached = Reached()
    with reached:
        attempt(TARGETS["routine"], b"x")
    before = len(reached.lines)
    with reached:
        attempt(TARGETS["routine"], seeds("routine")[0])
    assert 0 < before < len(reached.lines)
