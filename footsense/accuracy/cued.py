"""Top presses with cues: how often a hold answers one, by simulated wearers who follow them and by some who are
given them and do not move.

    rows = [*not_moving(range(0, 400)), following_cues(range(0, 100))]
    markdown(table(rows))
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from footsense.accuracy.columns import Table
from footsense.accuracy.measures import Rate, Share
from footsense.accuracy.words import NOTHING
from footsense.analysis import analyse_marked
from footsense.cues import Plan
from footsense.routine import load_routine
from footsense.simulate import Scenario, sample
from footsense.simulate.cued import Cued, following, ignoring
from footsense.types import Grade
from footsense.verify import Answer, ItemVerdict, verify

STILL = {"restless": 0.0, "tremor": 0.3}
IDLE = {
    "sitting still": ("sitting", STILL),
    "standing": ("standing", {}),
    "restless in the seat": ("sitting", {"restless": 2.0}),
    "fidgeting": ("fidget", {}),
}


@dataclass(frozen=True, slots=True)
class CuedRow:
    """Sets of one kind; of those whose data were not declined the hours and the cues given; holds counted (long
    enough, and sure), how many of them answered a cue, sets called complete, sets that cannot be verified, and
    presses that were meant to answer a cue."""

    what: str
    sets: int
    hours: float
    cues: int
    holds: int
    answered: int
    complete: int
    unverifiable: int
    followed: int


def not_moving(seeds: Iterable[int], plan: Plan | None = None) -> Iterator[CuedRow]:
    """People, devices and mountings as drawn from the seeds, the sensor on the foot, who are given cues and do
    not press: one row a motion."""
    seeds = list(seeds)
    for what, (motion, fixed) in IDLE.items():
        yield _row(what, seeds, partial(_idle, motion, fixed, plan))


def following_cues(seeds: Iterable[int], plan: Plan | None = None, misses: float = 0.1) -> CuedRow:
    """The same of people who follow the cues and miss a share of them."""
    return _row("following", seeds, partial(_following, plan, misses))


def table(rows: Iterable[CuedRow]) -> Table:
    """The rows in words."""
    head = (
        "wearer", "sets", "hours", "cues", "holds an hour", "after a cue an hour", "of the cues", "complete",
        "not verifiable",
    )  # fmt: skip
    note = (
        "Simulated, sensor on the foot. Cues for ten presses a set, whatever the wearer does. Where the data "
        "are declined, hours and cues do not count. Upper 95 % bounds in brackets: rates by Poisson, shares by "
        "Wilson."
    )
    return Table("Top presses with cues", note, head, tuple(map(_words, rows)))


def _idle(motion: str, fixed: dict[str, float], plan: Plan | None, seed: int) -> Cued:
    return ignoring(sample(motion, seed, placement="foot", **fixed), plan)


def _following(plan: Plan | None, misses: float, seed: int) -> Cued:
    return following(_presser(seed), plan, misses)


def _presser(seed: int) -> Scenario:
    return sample("top-presses", seed, placement="foot")


def _row(what: str, seeds: Iterable[int], make: Callable[[int], Cued]) -> CuedRow:
    routine = load_routine("top-presses-daily")
    judged: list[tuple[Cued, ItemVerdict]] = []
    seconds, cues = 0.0, 0
    for seed in seeds:
        cued = make(seed)
        analyses = list(analyse_marked(cued.recording()))
        if any(a.grade is not Grade.NOT_VERIFIABLE for a in analyses):
            seconds += float(cued.made.t_s[-1] - cued.made.t_s[0])
            cues += sum(c.asks == "press" for c in cued.cues)
        judged += [(cued, item) for item in verify(routine, analyses).items]
    return CuedRow(
        what=what,
        sets=len(judged),
        hours=seconds / 3600.0,
        cues=cues,
        holds=sum(i.counted["holds"] for _, i in judged),
        answered=sum(i.answered for _, i in judged),
        complete=sum(i.verdict is Answer.COMPLETE for _, i in judged),
        unverifiable=sum(i.verdict is Answer.NOT_VERIFIABLE for _, i in judged),
        followed=sum(c.followed for c, _ in judged),
    )


def _words(row: CuedRow) -> tuple[str, ...]:
    rates = (Rate(n, row.hours) for n in (row.holds, row.answered))
    shares = ((row.answered, row.cues), (row.complete, row.sets), (row.unverifiable, row.sets))
    return (
        row.what, str(row.sets), f"{row.hours:.1f}", str(row.cues),
        *(NOTHING if r.bound is None else f"{r.events / r.hours:.2f} (≤ {r.bound:.2f})" for r in rates),
        *(f"{n} ({n / max(of, 1):.1%}, ≤ {Share(n, of).interval[1]:.1%})" for n, of in shares),
    )  # fmt: skip
