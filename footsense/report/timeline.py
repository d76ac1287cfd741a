"""The whole recording over time: posture, strength of the movement, and every counted event in its lane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from footsense.report.drawing import Theme, new_figure, quiet, seconds_axis
from footsense.report.series import Series, envelope, mean_direction, tilt_deg
from footsense.report.theme import exercise_role
from footsense.types import Event, Floats

_WIDE, _NARROW = 1100, 420  # columns of the drawing, more would not be seen
_LANES_SHARE, _LEAST_COLUMNS = 0.8, 4  # of the width; that a block needs to bear a separator


def timeline_figure(series: Series, events: Sequence[Event], theme: Theme, *, narrow: bool = False) -> Figure:
    """Tilt, force and a lane for each exercise, one above the other on one time axis."""
    heights = [2.0, 1.1, 0.32 * max(len(_exercises(events)), 1) + 0.25]
    figure = new_figure(3.9 if narrow else 9.2, sum(heights) + 0.8, theme)
    tilt, force, lanes = figure.subplots(3, 1, sharex=True, height_ratios=heights)
    draw_tilt(tilt, series, theme, narrow=narrow)
    _draw_force(force, series, _NARROW if narrow else _WIDE, theme)
    draw_lanes(lanes, series, events, theme, narrow=narrow)
    return figure


def _exercises(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(e.exercise for e in sorted(events, key=lambda e: e.start_s)))


def draw_tilt(axes: Axes, series: Series, theme: Theme, *, narrow: bool = False) -> None:
    """Tilt from the mean posture, along the axis on which it varies most and across it."""
    quiet(axes, theme)
    tilt = tilt_deg(series.up, mean_direction(series.up))
    for axis, role in ((1, "trace2"), (0, "trace")):
        _band(axes, *envelope(series.slow_t_s, tilt[:, axis], _NARROW if narrow else _WIDE), theme[role])
    axes.set_ylabel("tilt, °")
    _shade_gaps(axes, series, theme)


def _draw_force(axes: Axes, series: Series, columns: int, theme: Theme) -> None:
    quiet(axes, theme)
    _band(axes, *envelope(series.t_s, series.force_g, columns), theme["trace"])
    axes.set_ylabel("force, g")
    _shade_gaps(axes, series, theme)


def _band(axes: Axes, t_s: Floats, low: Floats, high: Floats, colour: str) -> None:
    axes.fill_between(t_s, low, high, color=colour, linewidth=0, alpha=0.55)
    axes.plot(t_s, (low + high) / 2, color=colour, linewidth=1.0)


def draw_lanes(
    axes: Axes, series: Series, events: Sequence[Event], theme: Theme, *, narrow: bool = False
) -> None:
    """A lane for each exercise with its events, over the axis of time."""
    quiet(axes, theme, grid=None)
    exercises = _exercises(events)
    for row, exercise in enumerate(exercises):
        axes.axhline(row, color=theme["rule"], linewidth=0.8, zorder=0)
        own = [e for e in events if e.exercise == exercise]
        _draw_lane(axes, row, own, _wide_enough(own, series, narrow=narrow), theme)
    axes.set_ylim(max(len(exercises), 1) - 0.5, -0.5)
    names = [e.replace("-", "\n" if narrow else " ") for e in exercises]
    axes.set_yticks(range(len(exercises)), names, fontsize=8 if narrow else 9)
    _shade_gaps(axes, series, theme)
    seconds_axis(axes, series.span_s, 5 if narrow else 10)
    axes.set_xlabel("time" if series.span_s[1] - series.span_s[0] > 120 else "time, s")


def _wide_enough(events: Sequence[Event], series: Series, *, narrow: bool) -> bool:
    """Whether a turn is drawn wide enough that a separator leaves it its colour."""
    start_s, end_s = series.span_s
    middle_s = float(np.median([e.end_s - e.start_s for e in events]))
    return middle_s * (_NARROW if narrow else _WIDE) * _LANES_SHARE >= _LEAST_COLUMNS * (end_s - start_s)


def _draw_lane(axes: Axes, row: int, events: Sequence[Event], rims: bool, theme: Theme) -> None:
    rim = 0.5 if rims and events[0].kind == "circle" else 0.0  # keeps turns apart; a step is too narrow for one
    for role in dict.fromkeys(_role(e) for e in events):
        spans = [(e.start_s, e.end_s - e.start_s) for e in events if _role(e) == role]
        axes.broken_barh(
            spans, (row - 0.32, 0.64), facecolor=theme[role], edgecolor=theme["card"], linewidth=rim
        )


def _role(event: Event) -> str:
    """The colour of an event: a circle's is that of its direction, a step's that of its landing."""
    if event.kind == "circle":
        return str(event.attributes.get("direction") or "null")
    if event.kind == "step":
        return {True: "toe-walk", False: "heel"}.get(event.attributes.get("toe"), "null")  # type: ignore[arg-type]
    return exercise_role(event.exercise)


def _shade_gaps(axes: Axes, series: Series, theme: Theme) -> None:
    for start_s, end_s in series.gaps:
        axes.axvspan(
            start_s,
            end_s,
            facecolor=theme["gap"],
            alpha=0.25,
            hatch="////",
            edgecolor=theme["gap"],
            linewidth=0,
        )
