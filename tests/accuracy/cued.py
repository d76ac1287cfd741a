"""Prints how often a hold answers a cue, of simulated wearers who press and of some who do not.

    python -m tests.accuracy.cued [--sets 400] [--seed-from 20000] [--following 100]

Each set has cues for ten presses in 94 s; 400 sets are 10.4 hours of each motion, some minutes of one core.
"""

import argparse
from collections.abc import Sequence

from footsense.accuracy.columns import markdown
from footsense.accuracy.cued import following_cues, not_moving, table


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--following", type=int, default=100)
    parser.add_argument("--seed-from", type=int, default=20_000)
    options = parser.parse_args(arguments)
    first = options.seed_from
    rows = [*not_moving(range(first, first + options.sets))]
    rows.append(following_cues(range(first, first + options.following)))
    told = table(rows)
    print(f"{told.title}, seeds from {first} on. {told.note}\n\n{markdown(told)}")


if __name__ == "__main__":
    main()
