"""Streams cut and shifted for tests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle

from footsense.engine import Engine
from footsense.signal.front import slice_samples
from footsense.types import Event, Gap, Item, Reason, Samples


def cut(items: Iterable[Item], sizes: Sequence[int]) -> Iterator[Item]:
    """The same stream, its samples in chunks of `sizes`, over and over."""
    size = cycle(sizes)
    for item in items:
        if not isinstance(item, Samples):
            yield item
            continue
        start = 0
        while start < len(item):
            stop = min(start + next(size), len(item))
            yield slice_samples(item, start, stop)
            start = stop


def shifted(items: Iterable[Item], by_s: float) -> Iterator[Item]:
    """The same stream, `by_s` later."""
    for item in items:
        if isinstance(item, Samples):
            yield replace(item, t_s=item.t_s + by_s)
        elif isinstance(item, Gap):
            yield Gap(item.start_s + by_s, item.end_s + by_s)
        else:
            yield item


def events(items: Iterable[Item], exercise: str) -> list[Event]:
    """All events of one exercise."""
    return told(items, exercise)[0]


def told(items: Iterable[Item], exercise: str) -> tuple[list[Event], tuple[Reason, ...]]:
    """All events of one exercise, each checked to be final with the item that brings its `decided_s`, and what
    its detector found in the data that lowers the grade."""
    engine = Engine([exercise])
    found: list[Event] = []
    reached = float("-inf")
    for item in items:
        before, reached = reached, _end(item, reached)
        new = engine.process(item)
        if isinstance(item, Gap):  # what a gap makes final was decided with the last sample before it
            before = float("-inf")
        assert all(before < e.decided_s <= reached for e in new), "an event came with the wrong samples"
        found += new
    last = engine.flush()
    assert all(e.decided_s == reached for e in last)
    return found + last, engine.reasons()[exercise]


def _end(item: Item, reached: float) -> float:
    return float(item.t_s[-1]) if isinstance(item, Samples) and len(item) else reached
