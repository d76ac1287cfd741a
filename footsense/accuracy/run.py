"""Scores recordings, of people and simulated, and keeps the two apart."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from footsense.accuracy.card import Card, card
from footsense.accuracy.population import Job, outcomes
from footsense.accuracy.recordings import Failed, File, score_file
from footsense.accuracy.score import Outcome
from footsense.spread import spread

_TOLD_S = 5.0  # seconds after which what is left is foretold

Say = Callable[[str], None]


@dataclass(slots=True)
class Scored:
    """Outcomes of real and of simulated recordings, and what could not be scored."""

    real: list[Outcome] = field(default_factory=list)
    simulated: list[Outcome] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def cards(self) -> tuple[Card | None, Card | None]:
        """The report cards of the real and of the simulated ones; None where there are none."""
        real, simulated = self.real, self.simulated
        return (card(real) if real else None), (card(simulated) if simulated else None)

    def add(self, one: Outcome | Failed) -> None:
        """Put it where it belongs."""
        if isinstance(one, Failed):
            self.failed.append(one)
        else:
            (self.simulated if one.simulated else self.real).append(one)


def run(work: Sequence[Job | File], processes: int, say: Say = lambda _: None) -> Scored:
    """Score all of it, in up to so many processes; `say` hears how far it is. The same work gives the same
    answer in any number of processes."""
    scored = Scored()
    began_s = time.monotonic()
    for done, found in enumerate(spread(_one, work, processes), 1):
        for one in found:
            scored.add(one)
        say(_how_far(done, len(work), time.monotonic() - began_s))
    return scored


def _one(work: Job | File) -> Sequence[Outcome | Failed]:
    return outcomes(work) if isinstance(work, Job) else [score_file(work)]


def _how_far(done: int, of: int, since_s: float) -> str:
    left = f", about {since_s / done * (of - done):.0f} s left" if since_s > _TOLD_S else ""
    return f"scored {done} of {of}{left}"
