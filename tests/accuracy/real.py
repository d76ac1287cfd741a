"""The real recordings: steps marked by hand, held lifts by protocol, and what must not be counted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from footsense.accuracy.measures import Rate, share
from footsense.accuracy.words import of_all
from footsense.analysis import Analysis, analyse
from footsense.recording import Recording, Track, open_recording
from footsense.recording.csv import read_csv
from footsense.stream import items_from_arrays
from footsense.types import Event, Grade, Samples


@dataclass(frozen=True, slots=True)
class File:
    """A recording with what `meta.json` says of it."""

    path: Path
    about: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".csv.gz")


def files(reference: Path, dataset: str) -> list[File]:
    """The recordings of one data set, in the order of its `meta.json`."""
    folder = reference / "data" / dataset
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return [File(folder / f["file"], f) for f in meta["files"].values()]


def counted(file: File, exercise: str, placement: str) -> Analysis:
    return analyse(open_recording(file.path), exercise, placement)  # type: ignore[arg-type]


def steps(reference: Path) -> Iterator[str]:
    """Steps on the foot against marks made by hand."""
    rows, exact, near, toe, labelled = [], 0, 0, 0, 0
    for file in files(reference, "ipol_gait"):
        true = file.about["truth"]["steps_this_foot"]
        events = counted(file, "toe-walk", "foot").events
        off = len(events) - true
        exact, near = exact + (off == 0), near + (abs(off) <= 1)
        toe += sum(e.attributes["toe"] is True for e in events)
        labelled += len(events)
        rows.append(
            f"| {file.name} | {file.about['packets_lost_share']:.1%} | {true} | {len(events)} | {off:+d} |"
        )
    yield f"{len(rows)} recordings of 6 people walking (`ipol_gait`, foot, 100 Hz, packets really lost):"
    yield f"exact in {exact}, within one in {near}. Of the {labelled} steps counted, all on the heel,"
    yield f"{toe} were labelled as on tiptoe."
    yield ""
    yield "| recording | packets lost | marked | counted | off by |"
    yield "| --- | --- | --- | --- | --- |"
    yield from rows


DROPPED, PACKET, DRAWS = (0.05, 0.1, 0.2), 4, 3  # shares; samples in a packet; how often they are drawn


def dropped(reference: Path) -> Iterator[str]:
    """The same with packets of some samples left out at random."""
    yield f"The same with packets of {PACKET} samples left out at random, {DRAWS} times each:"
    yield ""
    yield "| left out | recordings | exact | within one |"
    yield "| --- | --- | --- | --- |"
    every = files(reference, "ipol_gait")
    for lost in DROPPED:
        off = [
            abs(_dropped(f, lost, draw) - f.about["truth"]["steps_this_foot"])
            for f in every
            for draw in range(DRAWS)
        ]
        exact, near = share(o == 0 for o in off), share(o <= 1 for o in off)
        yield f"| {lost:.0%} | {len(off)} | {of_all(exact)} | {of_all(near)} |"


def _dropped(file: File, lost: float, draw: int) -> int:
    table = read_csv(file.path)
    n = len(table.t_s)
    kept = np.random.default_rng([draw, n]).uniform(size=-(-n // PACKET)).repeat(PACKET)[:n] >= lost
    gyr = None if table.gyr_dps is None else table.gyr_dps[kept]
    items = items_from_arrays(table.t_s[kept], table.acc_g[kept], gyr, placement="foot")
    track = Track("", None, "foot", lambda: iter(items))
    return len(analyse(Recording(file.name, (track,)), "toe-walk").events)


def strides(reference: Path) -> Iterator[str]:
    yield "| recording | strides marked | steps counted |"
    yield "| --- | --- | --- |"
    for file in files(reference, "gaitmap_examples"):
        if "strides" in file.about["truth"]:
            found = counted(file, "toe-walk", "foot")
            yield f"| {file.name} | {file.about['truth']['strides']} | {len(found.events)} |"


def lifts(reference: Path) -> Iterator[str]:
    """The right leg lifted and held ten times, then ten times too fast, then too low; by protocol."""
    yield "| recording | holds in all | while held | too fast | too low | not told: segments |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for file in files(reference, "pt_exercises"):
        if "_moving" in file.name and file.name[3:5] in {"e1", "e3", "e4", "e5"}:
            found = counted(file, "band-flexes", "ankle").events
            thirds = [sum(block[0] <= e.start_s < block[1] for e in found) for block in blocks(file)]
            untold = len(analyse(open_recording(file.path), None, "ankle").segments)
            yield f"| {file.name} | {len(found)} | {thirds[0]} | {thirds[1]} | {thirds[2]} | {untold} |"


def blocks(file: File) -> list[tuple[float, float]]:
    """The three blocks of a leg recording. Their borders are not marked: the pauses between blocks are the two
    longest stretches in which the leg lies still."""
    (track,) = open_recording(file.path).tracks
    t, moving = [], []
    for item in track.items():
        if isinstance(item, Samples) and item.gyr_dps is not None:
            t.append(item.t_s)
            moving.append(np.sqrt((item.gyr_dps**2).sum(axis=1)) > 12)
    times, on = np.concatenate(t), np.concatenate(moving)
    edges = times[on]
    pauses = np.diff(edges)
    a, b = sorted(np.argsort(pauses)[-2:])
    return [(times[0], edges[a] + pauses[a] / 2), (edges[a] + pauses[a] / 2, edges[b] + pauses[b] / 2),
            (edges[b] + pauses[b] / 2, times[-1] + 1)]  # fmt: skip


NEGATIVES = (
    ("ipol_gait", "foot", "walking, from the first marked step to the last"),
    ("gaitmap_examples", "foot", "walking, from the first marked stride to the last; stairs, all of it"),
    ("xio_foot", "foot", "walking with stops, all of it"),
    ("daphnet_ankle", "ankle", "the task: standing, walking, turning, freezing"),
)


def spans(file: File) -> list[tuple[float, float]]:
    """Where the file is known to hold no exercise of ours, in s."""
    truth = file.about["truth"]
    if "segments" in truth:
        return [(s["start_s"], s["end_s"]) for s in truth["segments"] if s["label"] > 0]
    marks = truth.get("step_intervals_s") or truth.get("stride_intervals_s")
    return [(marks[0][0], marks[-1][1])] if marks else [(0.0, file.about["duration_s"])]


def inside(events: Sequence[Event], where: Sequence[tuple[float, float]]) -> int:
    return sum(any(a <= (e.start_s + e.end_s) / 2 <= b for a, b in where) for e in events)


def negatives(reference: Path) -> Iterator[str]:
    """Circles and holds counted where none were made; where the data are declined there can be none, so those
    hours do not count."""
    yield "Upper 95 % bounds an hour in brackets. Where the data are declined, hours do not count."
    yield ""
    yield "| recordings | placement | what was looked at | circles | holds |"
    yield "| --- | --- | --- | --- | --- |"
    for dataset, placement, what in NEGATIVES:
        every = files(reference, dataset)
        circles, holds = (_false(every, told, placement) for told in ("ankle-circles", "band-flexes"))
        yield f"| {dataset} | {placement} | {what} | {_in_hours(circles)} | {_in_hours(holds)} |"


def _false(every: Sequence[File], exercise: str, placement: str) -> Rate:
    events, hours = 0, 0.0
    for file in every:
        found = counted(file, exercise, placement)
        if found.grade is not Grade.NOT_VERIFIABLE:
            events += inside(found.events, spans(file))
            hours += sum(b - a for a, b in spans(file)) / 3600
    return Rate(events, hours)


def _in_hours(rate: Rate) -> str:
    return "declined" if rate.bound is None else f"{rate.events} in {rate.hours:.2f} h (≤ {rate.bound:.1f}/h)"
