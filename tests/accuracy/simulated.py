"""Simulated wearers: counts against truth by the contract's definitions. No evidence of accuracy on people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from footsense.analysis import Analysis, analyse
from footsense.exercises import detector
from footsense.recording import Recording, Track
from footsense.simulate import EXERCISES, NEGATIVES, Simulated, sample, simulate
from footsense.types import Event, Grade, Placement
from tests.accuracy.measures import match, rate_bound, share

PLACEMENTS: tuple[Placement, ...] = ("foot", "ankle", "shank")


@dataclass(frozen=True, slots=True)
class Set:
    """One simulated set: what was true, what was found."""

    made: Simulated
    found: Analysis

    @property
    def declined(self) -> bool:
        return self.found.grade is Grade.NOT_VERIFIABLE

    @property
    def off(self) -> int:
        return len(self.found.events) - len(self.true)

    @property
    def true(self) -> tuple[Event, ...]:
        return tuple(e for e in self.made.events if e.kind in _KINDS[self.found.exercise or ""])


_KINDS = {None or "": ("circle", "hold", "step")} | {e: (detector(e).about.kind,) for e in EXERCISES}


def counted(made: Simulated, exercise: str | None) -> Analysis:
    """The recording as `analyze` would take it."""
    wish = made.scenario
    track = Track("", wish.side, wish.placement, lambda: iter(made.items()))
    return analyse(Recording("simulated", (track,)), exercise)


def sets(exercise: str, seeds: Iterable[int], **fixed: object) -> list[Set]:
    made = (simulate(sample(exercise, seed, **fixed)) for seed in seeds)
    return [Set(m, counted(m, exercise)) for m in made]


def table(seeds: Sequence[int]) -> Iterator[str]:
    """Each exercise told, at each placement, with and without a gyro; everything else drawn, nothing lost."""
    yield "| exercise | placement | gyro | sets | declined | exact | within one | of the events themselves |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for exercise in EXERCISES:
        for placement in PLACEMENTS:
            for gyro in (True, False):
                done = sets(exercise, seeds, placement=placement, gyro=gyro, loss=0.0)
                yield _row(exercise, placement, gyro, done)


def lossy(seeds: Sequence[int], loss: float = 0.02) -> Iterator[str]:
    """On the foot with a gyro, packets lost in bursts: what a hole longer than 0.25 s cuts is not counted."""
    yield "| exercise | sets | holes longer than 0.25 s | exact | within one | too many |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for exercise in EXERCISES:
        done = sets(exercise, seeds, placement="foot", gyro=True, loss=loss)
        holes = sum(b - a > 0.25 for s in done for a, b in s.found.recording.gaps)
        exact = share(sum(s.off == 0 for s in done), len(done))
        near = share(sum(abs(s.off) <= 1 for s in done), len(done))
        yield f"| {exercise} | {len(done)} | {holes} | {exact} | {near} | {sum(s.off > 0 for s in done)} |"


def _row(exercise: str, placement: str, gyro: bool, done: Sequence[Set]) -> str:
    judged = [s for s in done if not s.declined]
    exact = share(sum(s.off == 0 for s in judged), len(judged))
    near = share(sum(abs(s.off) <= 1 for s in judged), len(judged))
    declined = len(done) - len(judged)
    cells = [exercise, placement, "yes" if gyro else "no", len(done), declined, exact, near, _events(judged)]
    return f"| {' | '.join(map(str, cells))} |"


def _events(judged: Sequence[Set]) -> str:
    """Direction, label or length of the events that were paired with true ones."""
    pairs = [p for s in judged for p in match(s.true, s.found.events).pairs]
    if not pairs:
        return "–"
    kind = pairs[0][0].kind
    if kind == "hold":
        off = np.array([(f.end_s - f.start_s) - (t.end_s - t.start_s) for t, f in pairs])
        mean, most = np.abs(off).mean(), np.percentile(np.abs(off), 95)
        return f"length off by {mean:.2f} s on average, 95 % ≤ {most:.2f}, bias {off.mean():+.2f}"
    name = "direction" if kind == "circle" else "toe"
    told = [(t, f) for t, f in pairs if f.attributes[name] is not None and t.attributes[name] is not None]
    right = sum(t.attributes[name] == f.attributes[name] for t, f in told)
    return f"{name} right in {right}/{len(told)}, not told in {len(pairs) - len(told)}"


def negatives(seeds: Sequence[int], duration_s: float = 120.0) -> Iterator[str]:
    """False events an hour where the exercise told was not done; upper 95 % bound."""
    yield f"| motion | hours | {' | '.join(EXERCISES)} | untold: any |"
    yield f"| --- | --- | {'--- | ' * len(EXERCISES)}--- |"
    for motion in NEGATIVES:
        made = [simulate(sample(motion, s, duration_s=duration_s, placement=PLACEMENTS[s % 3])) for s in seeds]
        hours = sum(float(m.t_s[-1] - m.t_s[0]) for m in made) / 3600
        cells = [_false(made, exercise, hours) for exercise in (*EXERCISES, None)]
        yield f"| {motion} | {hours:.1f} | {' | '.join(cells)} |"


def _false(made: Sequence[Simulated], exercise: str | None, hours: float) -> str:
    """Tiptoe steps only: a step is no false event in walking."""
    events = [e for m in made for e in counted(m, exercise).events]
    count = sum(e.kind != "step" or e.attributes["toe"] is True for e in events)
    return f"{count} (≤ {rate_bound(count, hours):.1f}/h)"


def recognition(seeds: Sequence[int]) -> Iterator[str]:
    """What a set is taken for when no exercise is told."""
    yield "| exercise | placement | sets | recognised | taken for another | for nothing |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for exercise in EXERCISES:
        for placement in PLACEMENTS:
            made = [simulate(sample(exercise, s, placement=placement)) for s in seeds]
            seen = [{g.exercise for g in counted(m, None).segments} for m in made]
            right = sum(s == {exercise} for s in seen)
            none = sum(not s for s in seen)
            cells = (exercise, placement, len(made), share(right, len(made)), len(made) - right - none, none)
            yield f"| {' | '.join(map(str, cells))} |"
