"""Writes `tests/ACCURACY.md`."""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from footsense import __version__
from tests.accuracy import real, simulated

HEAD = """# How right the counts are

Made by `python -m tests.accuracy` for version {version} on {day}. Real and simulated data are never pooled.

No public recording of ankle circles, band flexes, top presses, pencil pick-ups or tiptoe walking is known, so
**accuracy on people has not been measured for these**. What real recordings can show is below; what is
simulated shows only that nothing is broken under motions as we imagine them.

## Real recordings
"""
SIMULATED = """
## Simulated wearers

Sets of seeds {first} to {last}, which nothing was tuned on; person, side, mounting, posture, rate (25 to
400 Hz), range, noise, tremor and strap play are drawn. In brackets 95 % intervals (Wilson).
"""


def lines(reference: Path, seeds: range) -> Iterator[str]:
    yield HEAD.format(version=__version__, day=datetime.now(UTC).date())
    yield "### Steps\n"
    yield from real.steps(reference)
    yield ""
    yield from real.strides(reference)
    yield "\n### Holds: a leg lifted and held (`pt_exercises`, ankle, 25 Hz, 2 people), told `band-flexes`\n"
    yield "By protocol ten lifts a block; their length is not marked. Where the blocks end is taken from the"
    yield "two longest pauses.\n"
    yield from real.lifts(reference)
    yield "\n### What must not be counted\n"
    yield from real.negatives(reference)
    yield SIMULATED.format(first=seeds.start, last=seeds.stop - 1)
    yield "### Told the exercise\n"
    yield from simulated.table(seeds)
    yield "\n### The same with 2 % of the packets lost, in bursts (foot, gyro)\n"
    yield "What a hole longer than 0.25 s cuts is not counted, so that counts can be too low, not too high.\n"
    yield from simulated.lossy(seeds)
    yield "\n### False events where the exercise told was not done (count, upper 95 % bound an hour)\n"
    yield from simulated.negatives(seeds)
    yield "\n### Not told the exercise\n"
    yield from simulated.recognition(seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=30, help="simulated sets of each kind")
    parser.add_argument("--first-seed", type=int, default=90_000)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent.parent / "ACCURACY.md")
    options = parser.parse_args()
    reference = os.environ.get("FOOTSENSE_DATA")
    if not reference:
        sys.exit("FOOTSENSE_DATA has to name the folder of the reference recordings")
    seeds = range(options.first_seed, options.first_seed + options.sets)
    with options.output.open("w", encoding="utf-8") as out:
        for line in lines(Path(reference), seeds):
            print(line, file=out)
            print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
