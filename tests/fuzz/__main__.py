"""Fuzzes every reader for so long and writes tests/FUZZING.md.

    python -m tests.fuzz [--minutes 2] [--target NAME …]

The loop is that in `mutation.py`, which needs nothing else; `guided.py` runs libFuzzer on the same readers.
What goes wrong is written to `tests/fuzz/found/`, as the bytes that did it.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from footsense import __version__
from footsense.text import display
from tests.fuzz.mutation import Reached, mutated
from tests.fuzz.targets import SLOW_S, TARGETS, Target, Wrong, attempt
from tests.soak import memory_mb

FOUND = Path(__file__).with_name("found")
GROWTH_MB = 256.0
GUIDED = "## libFuzzer"  # what is said by hand of `guided.py`, kept


@dataclass
class Fuzzed:
    """What became of a target: inputs tried and taken, those kept because they reached a new line, lines of
    footsense reached, what was wrong, growth of the process, MB."""

    name: str
    minutes: float
    tried: int = 0
    taken: int = 0
    kept: int = 0
    lines: int = 0
    growth_mb: float = 0.0
    wrong: dict[str, str] = field(default_factory=dict)


def fuzz(target: Target, minutes: float, seed: int = 1) -> Fuzzed:
    """Change what the target reads for so long."""
    rng, done, reached = random.Random(f"{target.name} {seed}"), Fuzzed(target.name, minutes), Reached()
    corpus = list(target.seeds())
    for raw in corpus:
        _try(target, raw, done, reached)
    began_mb, until_s = memory_mb(), time.monotonic() + 60 * minutes
    while time.monotonic() < until_s:
        raw, before = mutated(corpus, rng), len(reached.lines)
        _try(target, raw, done, reached)
        if len(reached.lines) > before:
            corpus.append(raw)
            done.kept += 1
    done.lines, done.growth_mb = len(reached.lines), memory_mb() - began_mb
    if done.growth_mb > GROWTH_MB:
        done.wrong["memory"] = f"grew by {done.growth_mb:.0f} MB"
    return done


def _try(target: Target, raw: bytes, done: Fuzzed, reached: Reached) -> None:
    done.tried += 1
    try:
        with reached:
            done.taken += attempt(target, raw, SLOW_S)
    except Wrong as wrong:
        if str(wrong).startswith("took"):  # being watched takes time; again without
            try:
                attempt(target, raw, SLOW_S)
            except Wrong as again:
                wrong = again
            else:
                return
        _keep(target, raw, str(wrong), done)


def _keep(target: Target, raw: bytes, what: str, done: Fuzzed) -> None:
    kind = what.partition(":")[0] + what.partition(":")[2][:20]
    if kind in done.wrong:
        return
    FOUND.mkdir(exist_ok=True)
    file = FOUND / f"{target.name}-{hashlib.sha256(raw).hexdigest()[:12]}"
    file.write_bytes(raw)
    done.wrong[kind] = f"{display(what, 200)} ({file.name})"
    print(f"{target.name}: {done.wrong[kind]}", file=sys.stderr, flush=True)


def page(done: Sequence[Fuzzed], command: str) -> str:
    """The figures."""
    about = (
        f"Made by `{command}` for version {__version__}: bytes that each reader takes, changed at random again "
        "and again; what reaches a line that nothing before has reached is changed further "
        "(`tests/fuzz/mutation.py`). *Taken*: read without an error. *Wrong* would be an error that is not "
        "footsense's own, a message that is not one line safe to print, more than a second of the processor, a "
        f"stream out of order, or a process that grows by more than {GROWTH_MB:.0f} MB. The suite does the "
        "same with hypothesis (`tests/test_fuzz.py`); `python -m tests.fuzz.guided NAME` runs libFuzzer."
    )
    head = "| reader | minutes | tried | taken | kept | lines reached | grew by, MB | wrong |"
    rows = [
        f"| {f.name} | {f.minutes:g} | {f.tried:,} | {f.taken:,} | {f.kept} | {f.lines:,} | {f.growth_mb:.0f} "
        f"| {len(f.wrong)} |"
        for f in done
    ]
    wrong = [f"- {f.name}: {what}" for f in done for what in f.wrong.values()]
    lines = [
        "# Fuzzing",
        "",
        about,
        "",
        head,
        f"|{' --- |' * 8}",
        *rows,
        "",
        "Wrong:" if wrong else "Wrong: none.",
    ]
    return "\n".join([*lines, *wrong]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parents[1] / "FUZZING.md")
    given = parser.parse_args()
    done = []
    for name in given.target:
        done.append(fuzz(TARGETS[name], given.minutes, given.seed))
        print(done[-1], file=sys.stderr, flush=True)
    command = f"python -m tests.fuzz --minutes {given.minutes:g} --seed {given.seed}"
    before = given.output.read_text(encoding="utf-8") if given.output.exists() else ""
    _, heading, said = before.partition(f"\n{GUIDED}")
    given.output.write_text(page(done, command) + heading + said, encoding="utf-8")
    sys.exit(any(f.wrong for f in done))


if __name__ == "__main__":
    main()
