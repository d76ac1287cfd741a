"""Writes `tests/ACCURACY.md`.

    python -m tests.accuracy --sets 40 --seed-from 95000 --hours 10

scores seeds that nobody has looked at; that they were is noted in `tests/accuracy/looked.csv`.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from footsense import __version__
from footsense.accuracy import Card, card
from footsense.accuracy.columns import Table, false_table, live_table, markdown, recognition_table, told_tables
from footsense.accuracy.population import Job, Population, lossy
from footsense.accuracy.run import run
from footsense.routine import load_routine
from footsense.simulate import NEGATIVES
from footsense.spread import processors
from tests.accuracy import SCORED_ONLY, calibrate, goals, real

LOOKED = Path(__file__).with_name("looked.csv")
REAL_S = 30.0
SEED_S, LIVE_S, HOUR_S = 1.7, 10.0, 2.5  # of one processor: a seed, one as if live, an hour of one motion

HEAD = """# How right the counts are

Made by `python -m tests.accuracy` for version {version} on {day}. Real and simulated data are never pooled.
`footsense accuracy` measures the same on anybody's own labelled recordings.

No public recording of ankle circles, band flexes, top presses, pencil pick-ups or tiptoe walking is known, so
**accuracy on people has not been measured for these**. What real recordings can show is below; what is
simulated shows only that nothing is broken under motions as we imagine them.

## Real recordings
"""
SIMULATED = """
## Simulated wearers

Sets of seeds {first} to {last}, {sets} for each row, the same wearers in all of them; motions that are none of
the exercises from the same seed on. What is drawn, and how often: `footsense/simulate/population.py`. In
brackets 95 % intervals (Wilson). Seeds from {scored_only} on are only scored. When which of them were looked
at, with which version: {looked}.
"""
NOT_SCORED_ONLY = "**These seeds are below {scored_only}: they may have been tuned on.**"


def lines(reference: Path, population: Population, jobs: int) -> Iterator[str]:
    """The document, line by line; `jobs` processes share the work."""
    yield HEAD.format(version=__version__, day=_today())
    yield from _real(reference)
    seeds, items = population.seeds, load_routine("ground-up").items
    yield SIMULATED.format(
        first=seeds.start, last=seeds.stop - 1, sets=len(seeds), scored_only=SCORED_ONLY, looked=_looked()
    )
    if seeds.start < SCORED_ONLY:
        yield NOT_SCORED_ONLY.format(scored_only=SCORED_ONLY) + "\n"
    scored = _scored(population.jobs(items), jobs)
    yield from goals.table(scored)
    yield "\n### Told the exercise\n"
    yield from _tables(told_tables(scored.rows))
    yield "### The same by rate\n"
    yield from _tables([t for t in told_tables(scored.by_rate) if t.title == "Counts"])
    yield "### The same with 2 % of the packets lost, in bursts\n"
    yield "What a hole longer than 0.25 s takes a part of may be counted or not, and is no error.\n"
    yield from _tables(told_tables(_scored(lossy(seeds, items), jobs).rows))
    yield from _table(recognition_table(scored.recognition), "###")
    yield from calibrate.table(scored.sets)
    yield ""
    if scored.live:
        yield from _table(live_table(scored.live), "###")
    if scored.false:
        yield from _table(false_table(scored.false), "###")


def _real(reference: Path) -> Iterator[str]:
    yield "### Steps\n"
    yield from real.steps(reference)
    yield ""
    yield from real.dropped(reference)
    yield ""
    yield from real.strides(reference)
    yield "\n### Holds: a leg lifted and held (`pt_exercises`, ankle, 25 Hz, 2 people), told `band-flexes`\n"
    yield "By protocol ten lifts a block; their length is not marked. Where the blocks end is taken from the"
    yield "two longest pauses.\n"
    yield from real.lifts(reference)
    yield "\n### What must not be counted\n"
    yield from real.negatives(reference)


def _scored(work: Sequence[Job], jobs: int) -> Card:
    return card(run(work, jobs, _say).simulated)


def _say(how_far: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{how_far}", end="", file=sys.stderr)


def _expected(population: Population, jobs: int) -> str:
    negatives_s = population.hours * len(NEGATIVES) * HOUR_S
    work_s = population.sets * SEED_S + population.live * LIVE_S + negatives_s
    return f"about {REAL_S + work_s / jobs:.0f} s on {jobs} processors that do nothing else"


def _tables(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        yield from _table(table, "####")


def _table(table: Table, level: str) -> Iterator[str]:
    yield f"{level} {table.title}\n\n{table.note}\n\n{markdown(table)}\n"


def _looked() -> str:
    with LOOKED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return "; ".join(f"{r['first']} to {r['last']} on {r['day']} ({r['version']})" for r in rows)


def _note_the_look(population: Population) -> None:
    """Whoever runs this over seeds that are only scored has looked at them."""
    first, stop = population.seed_from, max(population.seeds.stop, population.seeds_of_nothing.stop)
    if stop > SCORED_ONLY:
        with LOOKED.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([first, stop - 1, _today(), __version__])


def _today() -> str:
    return str(datetime.now(UTC).date())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=40, help="simulated sets of each kind")
    parser.add_argument("--seed-from", type=int, default=1000, help="first seed")
    parser.add_argument("--hours", type=float, default=0.0, help="of each motion that is no exercise")
    parser.add_argument("--live", type=int, default=5, help="of the sets, so many are followed as if live too")
    parser.add_argument("--jobs", type=int, default=processors(), help="processes")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent.parent / "ACCURACY.md")
    options = parser.parse_args()
    reference = os.environ.get("FOOTSENSE_DATA")
    if not reference:
        sys.exit("FOOTSENSE_DATA has to name the folder of the reference recordings")
    drawn = {name: getattr(options, name) for name in ("sets", "seed_from", "hours", "live")}
    population = Population(**drawn)
    print(_expected(population, options.jobs), file=sys.stderr)
    began_s = time.monotonic()
    _note_the_look(population)
    text = "\n".join(lines(Path(reference), population, options.jobs))
    options.output.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(f"\n{options.output}, after {time.monotonic() - began_s:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
