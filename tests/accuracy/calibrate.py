"""Makes `footsense/confidence.csv`, the shares of simulated sets and events that are right.

python -m tests.accuracy.calibrate --sets 100
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from footsense import __version__
from footsense.accuracy.measures import share
from footsense.accuracy.population import Population
from footsense.accuracy.run import run
from footsense.accuracy.score import SetScore
from footsense.accuracy.words import of_all
from footsense.confidence import TABLE, rate_band, shipped
from footsense.routine import load_routine
from footsense.spread import processors
from tests.accuracy import SCORED_ONLY

HEAD = ("exercise", "placement", "gyro", "rate_band", "sets", "exact", "found", "true")


def rows(sets: Sequence[SetScore]) -> Iterator[tuple[object, ...]]:
    """A row for each exercise, placement and sensor, of each band of rates and of all ("")."""
    groups: dict[tuple[str, str, str, str], list[SetScore]] = {}
    for s in sets:
        for band in ("", rate_band(s.stratum.rate_hz)):
            key = (s.exercise, str(s.stratum.placement), "yes" if s.stratum.gyro else "no", band)
            groups.setdefault(key, [])
            if not s.declined:
                groups[key].append(s)
    for key, group in sorted(groups.items()):
        if group:
            right = sum(p.label != "wrong" for s in group for p in s.pairs)
            found = sum(len(s.pairs) + s.extra for s in group)
            yield (*key, len(group), sum(s.count.off == 0 for s in group), found, right)


BANDS = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)  # of what the table says


def table(sets: Sequence[SetScore]) -> Iterator[str]:
    """What the shipped table says of counts, and how many of other sets were exact, as Markdown."""
    yield "### What `--confidence` says, and what is true\n"
    yield f"The table was made of {shipped().calibrated_on}.\n"
    yield "| said | sets | said on average | exact |"
    yield "| --- | --- | --- | --- |"
    told = [(c, s.count.off == 0) for s in sets if not s.declined and (c := _said(s)) is not None]
    for low, high in pairwise(BANDS):
        here = [(c, right) for c, right in told if low <= c < high]
        if here:
            mean = sum(c for c, _ in here) / len(here)
            exact = of_all(share(right for _, right in here))
            yield f"| {low:g} to {high:g} | {len(here)} | {mean:.2f} | {exact} |"


def _said(s: SetScore) -> float | None:
    worn = s.stratum
    entry = shipped().entry(s.exercise, worn.placement, gyro=worn.gyro, rate_hz=worn.rate_hz)
    return None if entry is None else entry.count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=100, help="simulated sets of each kind")
    parser.add_argument("--seed-from", type=int, default=2000, help="first seed")
    parser.add_argument("-o", "--output", type=Path, default=TABLE)
    options = parser.parse_args()
    population = Population(sets=options.sets, seed_from=options.seed_from)
    first, last = population.seeds.start, population.seeds.stop - 1
    if last >= SCORED_ONLY:
        sys.exit(f"seeds from {SCORED_ONLY} on are only scored")
    found = run(population.jobs(load_routine("ground-up").items), processors())
    scored = [s for outcome in found.simulated for s in outcome.sets]
    with options.output.open("w", encoding="utf-8", newline="") as file:
        print(f"# simulated wearers, seeds {first} to {last}, footsense {__version__}", file=file)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([HEAD, *rows(scored)])


if __name__ == "__main__":
    main()
