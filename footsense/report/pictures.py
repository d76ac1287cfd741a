"""The pictures of a page: each drawn for a wide and a narrow screen, with words for those who cannot see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from footsense.analysis import RecordingFacts
from footsense.analysis.quality import MIN_DURATION_S
from footsense.report import circles, holds, steps, timeline
from footsense.report.drawing import Theme, style, to_svg
from footsense.report.series import Series
from footsense.report.theme import PLACEHOLDER
from footsense.routine import RoutineItem
from footsense.types import Event
from footsense.verify import HOLD_ERROR_S

Draw = Callable[[Theme, bool], Figure]


@dataclass(frozen=True, slots=True)
class Picture:
    """A titled picture as two SVG texts; `alt` says what it shows, `caption` how to read it."""

    title: str
    alt: str
    caption: str
    wide: str
    narrow: str


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor's share of a recording: what to call it (empty if it is the only one), and what it holds."""

    name: str
    series: Series
    facts: RecordingFacts
    events: tuple[Event, ...]


def pictures(sensor: Sensor, items: Sequence[RoutineItem], prefix: str) -> list[Picture]:
    """The recording over time, then a picture for each kind of event that occurs, against the targets of a
    routine's `items`; none where there is nothing to see. `prefix` keeps the ids of several sensors' pictures
    apart."""
    if not sensor.events and sensor.facts.duration_s < MIN_DURATION_S:
        return []
    found = [_over_time(sensor, f"{prefix}t")]
    found += _circle_picture(sensor, f"{prefix}c")
    held = dict.fromkeys(e.exercise for e in sensor.events if e.kind == "hold")
    found += [_hold_picture(sensor, name, items, f"{prefix}h{i}") for i, name in enumerate(held)]
    if any(e.kind == "step" for e in sensor.events):
        found.append(_step_picture(sensor, items, f"{prefix}s"))
    return found


def _picture(sensor: Sensor, title: str, words: tuple[str, str], prefix: str, draw: Draw) -> Picture:
    with style():
        wide = to_svg(draw(PLACEHOLDER, False), f"{prefix}w")
        narrow = to_svg(draw(PLACEHOLDER, True), f"{prefix}n")
    return Picture(f"{title}, {sensor.name}" if sensor.name else title, *words, wide, narrow)


def _over_time(sensor: Sensor, prefix: str) -> Picture:
    start_s, end_s = sensor.series.span_s
    alt = f"Tilt and force over {end_s - start_s:.0f} seconds, with {len(sensor.events)} counted events marked."
    caption = (
        "Tilt of the sensor against its mean posture (two directions), the force it felt, and what was counted."
    )
    if sensor.series.gaps:
        caption += " Shaded: no samples came; nothing is counted across it."

    def draw(theme: Theme, narrow: bool) -> Figure:
        return timeline.timeline_figure(sensor.series, sensor.events, theme, narrow=narrow)

    return _picture(sensor, "Over time", (alt, caption), prefix, draw)


def _circle_picture(sensor: Sensor, prefix: str) -> list[Picture]:
    found = circles.turns(sensor.series, sensor.events)
    if not found:
        return []
    ways = {d: sum(t.direction == d for t in found) for d in ("cw", "ccw", "null")}
    widest = max(float(abs(t.path_deg).max()) for t in found)
    alt = f"Paths of {ways['cw']} circles one way and {ways['ccw']} the other way, to {widest:.0f} degrees."
    caption = (
        "The way the foot's tilt went in each turn, seen from above, in degrees from its mean. "
        "Thin: every turn. Thick: their middle."
    )

    def draw(theme: Theme, narrow: bool) -> Figure:
        return circles.circle_figure(found, theme, narrow=narrow)

    return [_picture(sensor, "The circle’s path", (alt, caption), prefix, draw)]


def _hold_picture(sensor: Sensor, exercise: str, items: Sequence[RoutineItem], prefix: str) -> Picture:
    target = holds.target_of(exercise, items)
    lengths = [e.end_s - e.start_s for e in sensor.events if e.exercise == exercise and e.kind == "hold"]
    alt = (
        f"{len(lengths)} holds, lasting "
        + ", ".join(f"{s:.1f}" for s in lengths[: holds.MOST_BARS])
        + " seconds."
    )
    caption = "How long the posture was kept, each time."
    if target:
        caption += (
            f" Counts from {target.least_s:g} s. Pale ✗: shorter; pale ?: undecided, within {HOLD_ERROR_S:g} s."
        )
    if len(lengths) > holds.MOST_BARS:
        caption += f" The first {holds.MOST_BARS} of {len(lengths)}."

    def draw(theme: Theme, narrow: bool) -> Figure:
        return holds.hold_figure(sensor.events, exercise, target, theme, narrow=narrow)

    return _picture(sensor, f"Holds: {exercise.replace('-', ' ')}", (alt, caption), prefix, draw)


def _step_picture(sensor: Sensor, items: Sequence[RoutineItem], prefix: str) -> Picture:
    target = steps.walk_target(items)
    labels = [e.attributes.get("toe") for e in sensor.events if e.kind == "step"]
    walks = steps.walks(sensor.events, target.max_step_interval_s)
    alt = f"{len(labels)} steps of the wearing foot in {len(walks)} walks, {labels.count(True)} on tiptoe."
    caption = "Each landing of the wearing foot, a row for each walk."
    if len(walks) > steps.MOST_WALKS:
        caption += f" The {steps.MOST_WALKS} longest of {len(walks)} walks."

    def draw(theme: Theme, narrow: bool) -> Figure:
        return steps.step_figure(sensor.events, target, theme, narrow=narrow)

    return _picture(sensor, "Steps", (alt, caption), prefix, draw)
