"""Marks in a stream: a guide's commands where a check was found, and the reference where it ends."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from footsense.signal.front import slice_samples
from footsense.types import Command, Item, Samples, StreamInfo
from footsense.wearing.check import Outcome, WearingCheck
from footsense.wearing.prompts import KIND


def commands_of(asked_s: Iterable[tuple[str, float]], side: str | None) -> list[Command]:
    """The commands of a guide that asked for each phase at its time, in s of the stream."""
    return [Command(0, KIND, {"phase": phase, "side": side, "t_s": t_s}) for phase, t_s in asked_s]


def with_commands(items: Iterable[Item], commands: Sequence[Command]) -> Iterator[Item]:
    """The items with each command before the first sample that is not before its `t_s`."""
    waiting = list(commands)
    for item in items:
        rest = item
        while isinstance(rest, Samples) and waiting and (at := _before(rest, waiting[0])) < len(rest):
            if at:
                yield slice_samples(rest, 0, at)
            yield waiting.pop(0)
            rest = slice_samples(rest, at, len(rest))
        yield rest
    yield from waiting


def _before(samples: Samples, command: Command) -> int:
    return int(np.searchsorted(samples.t_s, float(command.fields["t_s"] or 0.0)))


def referred(items: Iterable[Item], check: WearingCheck) -> Iterator[Item]:
    """The items, and where a check ends the stream opened anew with the reference it gives, as a guide does it
    while recording."""
    info: StreamInfo | None = None
    for item in items:
        if isinstance(item, StreamInfo):
            info = item
        for part in check.parts(item) if isinstance(item, Samples) else [item]:
            outcome = check.process(part)
            yield part
            if outcome is not None and outcome.reference is not None and info is not None:
                info = replace(info, reference=outcome.reference)
                yield info


def found_in(items: Iterable[Item]) -> Outcome | None:
    """The check that a stream begins with, by its samples alone."""
    check = WearingCheck(told=False)
    for item in items:
        outcome = check.process(item)
        if outcome is not None or not check.awaits:
            return outcome
    return check.flush()
