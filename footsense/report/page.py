"""One self-contained HTML page for a recording: verdict, counts, pictures, quality.

No script, nothing loaded."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from footsense.analysis import Analysis
from footsense.analysis.facts import Watcher
from footsense.recording.model import Recording, Track
from footsense.report import words
from footsense.report.html import rendered
from footsense.report.pictures import Sensor, pictures
from footsense.report.series import collect
from footsense.routine import Routine
from footsense.text import STATEMENT, display
from footsense.types import Event, Item
from footsense.verify import Verdict


def report_page(
    recording: Recording,
    analyses: Sequence[Analysis],
    routine: Routine | None = None,
    verdict: Verdict | None = None,
) -> str:
    """The page as HTML text.

    `analyses` are those of this recording (one, or one for each exercise that was marked in it); holds and
    walks are shown against the targets of `routine`, by default the built-in one's; `verdict` comes first if
    given. The same input gives the same bytes.
    """
    events = tuple(e for a in analyses for e in a.events)
    sensors = [_sensor(track, events, alone=len(recording.tracks) == 1) for track in recording.tracks]
    items = routine.items if routine else ()
    page = {
        "title": display(Path(recording.file).name, 120),
        "facts": [
            *(["a simulated wearer"] if recording.simulated else []),
            *words.date_words(analyses),
            *_facts(recording.tracks, sensors),
        ],
        "verdict": words.verdict_words(verdict, recording.file) if verdict else None,
        "tiles": words.tiles(events),
        "nothing": words.nothing_words(analyses),
        "pictures": [p for i, s in enumerate(sensors) for p in pictures(s, items, f"p{i}")],
        "quality": words.quality_words(analyses),
        "gaps": words.gap_words([g for s in sensors for g in s.facts.gaps]),
        "events": words.event_rows(events),
    }
    return rendered(Path(__file__).with_name("page.html.j2"), page, STATEMENT)


def _sensor(track: Track, events: Sequence[Event], *, alone: bool) -> Sensor:
    own = tuple(e for e in events if alone or e.attributes.get("side") == track.side)
    name = "" if alone else f"{track.side} foot" if track.side else f"sensor {display(track.id, 12)}"
    watcher = Watcher()
    series = collect(_watched(track.items(), watcher))
    return Sensor(name, series, watcher.facts(), own)


def _watched(items: Iterable[Item], watcher: Watcher) -> Iterator[Item]:
    for item in items:
        watcher.watch(item)
        yield item


def _facts(tracks: Sequence[Track], sensors: Sequence[Sensor]) -> list[str]:
    if not sensors:
        return []
    facts = sensors[0].facts
    sides = " and ".join(f"{t.side} foot" for t in tracks if t.side)
    placements = " and ".join(dict.fromkeys(str(t.placement) for t in tracks if t.placement))
    found = [
        sides,
        f"sensor on the {placements}" if placements else "",
        _duration(facts.duration_s),
        f"{facts.samples:,} samples at {facts.rate_hz:.4g} Hz",
        "accelerometer and gyroscope" if facts.gyro else "accelerometer",
    ]
    return [f for f in found if f]


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
