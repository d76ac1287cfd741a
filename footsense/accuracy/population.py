"""Simulated wearers to score: what is drawn, and how one of them becomes outcomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from footsense.accuracy.score import Outcome, score
from footsense.accuracy.truth import Labelled
from footsense.recording import Recording, Track
from footsense.routine import RoutineItem
from footsense.simulate import EXERCISES, NEGATIVES, Simulated, sample, simulate
from footsense.types import Placement

PLACEMENTS: tuple[Placement, ...] = ("foot", "ankle", "shank")
NOTHING_S = 120.0  # length of a recording of none of the exercises


@dataclass(frozen=True, slots=True)
class Job:
    """One simulated wearer. Person, side, mounting, posture, rate, range, noise, tremor and strap play are
    drawn from the seed; of the samples the share `loss` is lost in packets. `both` scores the recording a
    second time without its gyro; `live` follows it as a screen would."""

    motion: str
    seed: int
    placement: Placement
    items: tuple[RoutineItem, ...]
    gyro: bool | None = None
    loss: float = 0.0
    both: bool = False
    live: bool = False
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Whom to simulate: `sets` of each exercise at each placement, from a first seed on, and so many hours of
    each motion that is no exercise; `live` of the sets are followed as if live as well."""

    sets: int = 20
    live: int = 0
    seed_from: int = 1000
    hours: float = 0.0
    exercises: tuple[str, ...] = tuple(EXERCISES)
    placements: tuple[Placement, ...] = PLACEMENTS

    @property
    def seeds(self) -> range:
        """The seeds of the sets."""
        return range(self.seed_from, self.seed_from + self.sets)

    @property
    def seeds_of_nothing(self) -> range:
        """The seeds of the motions that are no exercise, from the same first one on."""
        return range(self.seed_from, self.seed_from + ceil(self.hours * 3600 / NOTHING_S))

    @property
    def number(self) -> int:
        """How many recordings it makes, each with and without gyro counted twice."""
        return sum(2 if job.both else 1 for job in self.jobs(()))

    def jobs(self, items: Sequence[RoutineItem]) -> list[Job]:
        """Every exercise at every placement, with and without the gyro, nothing lost; then what is none."""
        found = [
            Job(exercise, seed, placement, tuple(items), gyro=True, both=True, live=i < self.live)
            for exercise in self.exercises
            for placement in self.placements
            for i, seed in enumerate(self.seeds)
        ]
        return found + list(self._nothing())

    def _nothing(self) -> Iterator[Job]:
        for motion in NEGATIVES:
            for i, seed in enumerate(self.seeds_of_nothing):
                worn = self.placements[i % len(self.placements)]
                yield Job(motion, seed, worn, (), duration_s=NOTHING_S)

    def as_json(self) -> dict[str, object]:
        """As plain values."""
        return {
            "seed_first": self.seeds.start,
            "seed_last": max(self.seeds.stop, self.seeds_of_nothing.stop) - 1,
            "sets": self.sets,
            "hours": self.hours,
            "live": self.live,
            "exercises": list(self.exercises),
            "placements": list(self.placements),
        }


def lossy(seeds: Sequence[int], items: Sequence[RoutineItem], loss: float = 0.02) -> list[Job]:
    """Every exercise on the foot with a gyro, packets lost in bursts."""
    return [
        Job(exercise, seed, "foot", tuple(items), gyro=True, loss=loss)
        for exercise in EXERCISES
        for seed in seeds
    ]


def outcomes(job: Job) -> list[Outcome]:
    """Simulate, analyse and compare."""
    fixed = {"placement": job.placement, "loss": job.loss}
    fixed |= {k: v for k in ("gyro", "duration_s") if (v := getattr(job, k)) is not None}
    made = simulate(sample(job.motion, job.seed, **fixed))
    ways = [made, replace(made, gyr_dps=None)] if job.both else [made]
    return [score(labelled(m), recording(m), job.items, live=job.live) for m in ways]


def labelled(made: Simulated) -> Labelled:
    """What is known of a simulated recording of one motion."""
    wish = made.scenario
    return Labelled(
        name=f"{wish.motion}, seed {wish.seed}",
        simulated=True,
        exercise=wish.motion if wish.motion in EXERCISES else None,
        placement=wish.placement,
        side=wish.side,
        events=made.events if wish.motion in EXERCISES else (),
        person=f"seed {wish.seed}",
        motion=wish.motion,
        acc_range_g=wish.acc_range_g,
    )


def recording(made: Simulated) -> Recording:
    """A simulated recording as one that was opened."""
    wish = made.scenario
    track = Track("", wish.side, wish.placement, lambda: iter(made.items()))
    return Recording("", (track,), simulated=True)
