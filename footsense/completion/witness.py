"""Puts a verdict and its evidence into whole numbers, bound to the bytes of its recordings.

Pure but for reading the recordings: the same files, routine and algorithm give the same result, so that a
check is to do it again and compare.
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import scipy

import footsense
from footsense.analysis import Analysis
from footsense.completion.canonical import sha256_of
from footsense.completion.model import (
    Answered,
    Asked,
    Damage,
    Item,
    Recorded,
    Result,
    Sensor,
    Software,
    Span,
    Why,
)
from footsense.recording.model import Recording, Track, ending, hashed
from footsense.routine import parse_routine
from footsense.types import Event, Floats, Placement, Samples, Side
from footsense.verify import HOLD_ERROR_S, Evidence, ItemVerdict, verify

_ROOT = Path(footsense.__file__).parent
_COUNTING = ("signal", "devices", "stream", "exercises", "analysis", "verify", "recording", "wearing")
_LISTED = 1000  # stretches of damage, and gaps, that a record names


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording as it was given: what was said of it, opened, and what was done in it."""

    path: Path
    recording: Recording
    analyses: Sequence[Analysis]
    side: Side | None = None
    placement: Placement | None = None
    exercise: str | None = None


@dataclass(frozen=True, slots=True)
class _Grid:
    """A track's sample times in s, and their indices in the stream."""

    t_s: Floats
    index: np.ndarray[tuple[int], np.dtype[np.int64]]

    def at(self, t_s: float) -> int:
        """The sample nearest to a time; 0 where there is none."""
        if not len(self.t_s):
            return 0
        i = min(max(int(np.searchsorted(self.t_s, t_s)), 1), len(self.t_s) - 1)
        nearer = i if i == 0 or self.t_s[i] - t_s <= t_s - self.t_s[i - 1] else i - 1
        return int(self.index[nearer])


def witnessed(toml: str, seen: Sequence[Seen]) -> tuple[Asked, Result]:
    """The routine as it was asked for, and what these recordings, one session, say of it.

    Raises UsageError for a routine that is none.
    """
    routine = parse_routine(toml, "the routine")
    # files go by number: no name gets into a record, not even in a reason's text
    names = [f"recording {n}" for n in range(1, len(seen) + 1)]
    analyses = [replace(a, file=n) for n, s in zip(names, seen, strict=True) for a in s.analyses]
    verdict = verify(routine, analyses)
    grids = [[_grid(t) for t in s.recording.tracks] for s in seen]
    spans = _Spans(names, seen, grids)
    return (
        Asked(name=routine.name, toml=toml, sha256=sha256_of(toml.encode())),
        Result(
            verdict=verdict.verdict.value,
            items=[_item(item, spans) for item in verdict.items],
            recordings=[_recorded(s, n, g) for s, n, g in zip(seen, names, grids, strict=True)],
        ),
    )


@cache
def software() -> Software:
    """The program as it is installed here."""
    return Software(
        version=footsense.__version__,
        algorithm_sha256=_algorithm(),
        python=platform.python_version(),
        numpy=np.__version__,
        scipy=scipy.__version__,
        system=f"{platform.system()} {platform.machine()}",
    )


def _algorithm() -> str:
    """SHA-256 over the names and the text of the modules between packet and verdict."""
    files = [*_ROOT.glob("*.py"), *(f for part in _COUNTING for f in (_ROOT / part).rglob("*.py"))]
    total = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.relative_to(_ROOT).as_posix()):
        text = file.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{file.relative_to(_ROOT).as_posix()}\n{len(text)}\n".encode() + text)
    return total.hexdigest()


def _grid(track: Track) -> _Grid:
    samples = [i for i in track.items() if isinstance(i, Samples) and len(i)]
    if not samples:
        return _Grid(np.empty(0), np.empty(0, np.int64))
    index = np.concatenate([np.arange(s.first, s.first + len(s)) for s in samples])
    return _Grid(np.concatenate([s.t_s for s in samples]), index)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Turns evidence in seconds into samples of a recording's sensor."""

    names: Sequence[str]
    seen: Sequence[Seen]
    grids: Sequence[Sequence[_Grid]]

    def of(self, evidence: Sequence[Evidence], side: str | None) -> list[Span]:
        return [self._one(e, side) for e in evidence]

    def _one(self, evidence: Evidence, side: str | None) -> Span:
        n = self.names.index(evidence.file)
        sensor = _worn_on(self.seen[n].recording.tracks, side)
        grid = self.grids[n][sensor]
        return n, sensor, grid.at(evidence.start_s), grid.at(evidence.end_s)


def _worn_on(tracks: Sequence[Track], side: str | None) -> int:
    return next((i for i, t in enumerate(tracks) if t.side == side), 0)


def _item(item: ItemVerdict, spans: _Spans) -> Item:
    side = item.seen_at if item.side == "both" else item.side
    return Item(
        exercise=item.exercise,
        side=item.side,
        required=_whole(item.required),
        counted=dict(item.counted),
        verdict=item.verdict.value,
        evidence=spans.of(item.evidence, side),
        undecided=spans.of(item.undecided, side),
        error_ms=_ms(HOLD_ERROR_S) if "min_hold_s" in item.required else None,
        seen=item.seen,
        not_seen=list(item.not_seen),
        reasons=[_why(r.code, r.text) for r in item.reasons],
        cues=item.cues,
        answered=item.answered,
        basis=item.basis,
    )


def _whole(required: Mapping[str, float]) -> dict[str, int]:
    """With `min_hold_s` and its like as `min_hold_ms`."""
    return {
        k.removesuffix("_s") + "_ms" if k.endswith("_s") else k: _ms(v) if k.endswith("_s") else int(v)
        for k, v in required.items()
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _why(code: str, text: str) -> Why:
    return Why(code=code, text=text[:1000])


def _recorded(seen: Seen, name: str, grids: Sequence[_Grid]) -> Recorded:
    recording = seen.recording
    digest, size = hashed(seen.path)
    return Recorded(
        kind=ending(seen.path.name),  # type: ignore[arg-type]
        bytes=size,
        sha256=digest,
        closed=recording.closed,
        simulated=recording.simulated,
        damage=[Damage(start=d.start_byte, end=d.end_byte, what=d.what) for d in recording.damage[:_LISTED]],
        damaged=len(recording.damage),
        side=seen.side,
        placement=seen.placement,
        exercise=seen.exercise,
        sensors=_sensors(seen, grids),
        found=[_answered(a, name, recording.tracks, grids) for a in seen.analyses],
    )


def _sensors(seen: Seen, grids: Sequence[_Grid]) -> list[Sensor]:
    first = seen.analyses[0]
    facts = [s.recording for s in first.sensors] or [first.recording]
    return [
        Sensor(
            side=track.side,
            placement=track.placement,
            rate_mhz=_ms(fact.rate_hz),
            samples=fact.samples,
            gyro=fact.gyro,
            coverage_ppm=_coverage(fact.duration_s, fact.gaps),
            holes=len(fact.gaps),
            gaps=[(grid.at(start_s), grid.at(end_s)) for start_s, end_s in _longest(fact.gaps)],
        )
        for track, fact, grid in zip(seen.recording.tracks, facts, grids, strict=True)
    ]


def _longest(gaps: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many as a record names, in order of time."""
    return sorted(sorted(gaps, key=lambda g: g[0] - g[1])[:_LISTED])


def _coverage(duration_s: float, gaps: Sequence[tuple[float, float]]) -> int:
    lost_s = sum(end_s - start_s for start_s, end_s in gaps)
    return round(1e6 * (1 - min(lost_s / duration_s, 1.0))) if duration_s > 0 else 0


def _answered(found: Analysis, name: str, tracks: Sequence[Track], grids: Sequence[_Grid]) -> Answered:
    events = [_event(e, grids[_worn_on(tracks, str(e.attributes.get("side")))]) for e in found.events]
    return Answered(
        exercise=found.exercise,
        grade=str(found.grade),
        reasons=[_why(r.code, r.text.replace(found.file, name)) for r in found.reasons],
        counts=dict(found.counts),
        events=len(events),
        events_sha256=sha256_of(json.dumps(events).encode()),
    )


def _event(event: Event, grid: _Grid) -> list[object]:
    told = event.attributes.get("direction", event.attributes.get("toe"))
    return [event.kind, event.exercise, grid.at(event.start_s), grid.at(event.end_s), told]
