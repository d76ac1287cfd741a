"""Does all the harm there is and writes tests/RECORDING.md; with --check it only says what is wrong.

    python -m tests.recording [--check]

Takes a minute or two. What readers make of files with anything in them changed is told in tests/FUZZING.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from footsense import __version__
from footsense.text import display
from tests.recording import crashes, damage, disk, full, hostile
from tests.recording.source import SENSOR

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "tests" / "RECORDING.md"
KILLS, CUTS, FULL_S = 60, 300, 30
LOST_S = 1.0
# of a minute: a chunk of three quarters of a second and its neighbour; half of a file; 16 KiB
LOST_SHARE = {"one bit flipped": 0.02, "a sector of 512 bytes zeroed": 0.03, "cut short": 0.56,
              "the last 4 to 16 KiB zeroed": 0.06}  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, and what in it is not as it must be."""

    text: str
    faults: list[str]


class Child:
    """A module of this package in a process of its own, which goes on while others are waited for."""

    def __init__(self, module: str, *arguments: object, folder: Path) -> None:
        there = folder / module
        there.mkdir()
        command = [sys.executable, "-W", "ignore", "-m", f"tests.recording.{module}", *map(str, arguments)]
        self._process = subprocess.Popen(
            [*command, str(there)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )

    def rows(self) -> list[Row]:
        """What it has printed. Raises CalledProcessError if it failed."""
        out, _ = self._process.communicate()
        if self._process.returncode:
            raise subprocess.CalledProcessError(self._process.returncode, self._process.args)
        return [json.loads(line) for line in out.splitlines()]


def sections(folder: Path) -> Iterator[Section]:
    was_full = Child("full", FULL_S, folder=folder)
    killed = Child("crashes", KILLS, folder=folder)
    yield of_kills(killed.rows())
    yield of_cuts(disk.cuts(CUTS, folder))
    yield of_damage(list(damage.battery(folder)))
    yield of_full(was_full.rows()[0])
    yield of_hostile(Child("hostile", folder=folder).rows())


def paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 118, break_on_hyphens=False, break_long_words=False)


def table(head: str, rows: Iterable[Sequence[object]]) -> str:
    columns = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([head, "|" + " --- |" * (head.count("|") - 1), *columns])


def section(title: str, faults: list[str], *parts: str) -> Section:
    return Section("\n\n".join([f"## {title}", *parts]) + "\n", faults)


def of_kills(rows: list[Row]) -> Section:
    lost = sorted(r["lost_s"] for r in rows)
    closed = [r for r in rows if r["closed"]]
    faults = [f"a kill lost {r['lost_s']:.2f} s (seed {r['seed']})" for r in rows if r["lost_s"] > LOST_S]
    faults += [f"after a kill something is wrong: {r}" for r in rows if r["wrong"] or r["holes"]]
    faults += [f"not gone on with: {r}" for r in rows if r["handed"] and not r["resumed"]]
    faults += [f"called closed, and is not whole: {r}" for r in closed if r["lost_s"]]
    text = f"""{len(rows)} processes that record in real time were killed (SIGKILL) at random moments of
        their first
        {crashes.LIVES_S:g} s, the closing of the file among them. Lost, from the last notification that is
        there to
        the last that was handed over: median {lost[len(lost) // 2]:.2f} s, most {lost[-1]:.2f} s (allowed is
        {LOST_S:g} s). Before it {sum(r["holes"] for r in rows)} notifications are missing, and
        {sum(r["wrong"] for r in rows)} are wrong. {len(rows) - len(closed)} files say that they were not
        closed; the
        other {len(closed)} had been, and {sum(not r["lost_s"] for r in closed)} of them are whole.
        {sum(r["resumed"] for r in rows)} of the sessions went on in a new segment; of the others
        {sum(not r["resumed"] and not r["handed"] for r in rows)} had been given nothing yet."""
    return section("Killed", faults, paragraph(text))


def of_cuts(cuts: list[disk.Cut]) -> Section:
    lost, wrong = sum(c.lost for c in cuts), sum(c.wrong for c in cuts)
    faults = [f"{lost} acknowledged messages lost, {wrong} wrong after power cuts"] if lost or wrong else []
    text = f"""{len(cuts)} recordings to a disk in memory that takes writes in part, is full at times, drops
        what was
        not synced when a sync fails, and at the end loses its power: each unsynced block of {disk.BLOCK}
        bytes is
        there, missing or torn, in any order. Of {sum(c.acknowledged for c in cuts):,} messages that it had
        acknowledged {lost} were lost, and {wrong} came back wrong."""
    return section("The power cut", faults, paragraph(text))


def of_damage(tallies: list[tuple[str, damage.Tally]]) -> Section:
    faults = [f"{name}: {t}" for name, t in tallies if t.wrong or t.silent or t.lost_share > LOST_SHARE[name]]
    text = """A closed recording of a minute. *Wrong*: anything came back that was not recorded. *Silent*:
        something is
        missing, and neither damage nor a missing end is told. *Refused*: nothing whole is left."""
    rows = [(name, t.runs, t.wrong, t.silent, t.refused, f"{t.lost_share:.1%}") for name, t in tallies]
    head = "| damage | files | wrong | silent | refused | notifications lost, mean |"
    return section("Damaged", faults, paragraph(text), table(head, rows))


def of_full(row: Row) -> Section:
    good = row["told"] and not row["missing"] and row["closed"] and not row["damaged"]
    good = good and (row["refused"] or row["how"] != full.DISK)
    refused = f"A recording begun meanwhile was refused (`{row['refused']}`)." if row["refused"] else ""
    text = f"""For {row["full_s"]:g} s of a recording in real time, by {row["how"]}. It was told after
        {row["told_after_s"]:.1f} s (`{row["told"]}`). {refused} When there was room again all went on: of
        {row["handed"]} notifications {row["missing"]} are missing, {row["damaged"]} places are damaged, and
        the file
        is {"closed" if row["closed"] else "NOT CLOSED"}."""
    return section("The disk full", [] if good else [f"the disk was full: {row}"], paragraph(text))


def of_hostile(rows: list[Row]) -> Section:
    faults = [
        f"{r['file']}: {r['seconds']:.2f} s, {r['mb']:.0f} MB, {r['said']}"
        for r in rows
        if r["seconds"] > hostile.SECONDS or r["mb"] > hostile.MEGABYTES or "CRASHED" in r["said"]
    ]
    text = f"""Files made to keep a reader busy or to fill its memory, each opened in a process of its own.
        Allowed are
        {hostile.SECONDS:g} s of the processor and {hostile.MEGABYTES} MB in all, the program itself
        included."""
    listed = [
        (r["file"], f"{r['bytes']:,}", f"{r['seconds']:.2f}", f"{r['mb']:.0f}", _cut(r["said"], r["file"]))
        for r in rows
    ]
    return section("Hostile", faults, paragraph(text), table("| file | bytes | s | MB | told |", listed))


def _cut(said: str, name: str) -> str:
    return display(said.rpartition(f"{name}: ")[2].replace(SENSOR, "…"), 90)


def head() -> str:
    text = f"""Made by `python -m tests.recording` for version {__version__} on {datetime.now(UTC).date()}.
        How a recording
        is written is told in `footsense/recording/messages.py` and `writer.py`, what a reader takes of it in
        `reader.py`; recordings of every version of the format are in `tests/fixtures/recordings`, and the suite
        reads them."""
    return f"# What a recording survives\n\n{paragraph(text)}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = list(sections(Path(folder)))
    if not options.check:
        PAGE.write_text("\n".join([head(), *(s.text for s in done)]), encoding="utf-8")
    faults = [fault for section in done for fault in section.faults]
    for fault in faults:
        print(f"recording: {fault}", file=sys.stderr)
    print(f"recording: {len(faults)} faults, after {time.monotonic() - began_s:.0f} s")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
