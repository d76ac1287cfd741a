"""One picture of a whole session: over time above; circles, holds and steps below."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from footsense.report import circles, holds, steps, timeline
from footsense.report.drawing import Theme, new_figure, style, to_png
from footsense.report.series import Series
from footsense.report.theme import LIGHT
from footsense.routine import RoutineItem
from footsense.types import Event

Panel = tuple[float, Callable[[Axes], None]]  # width, and what draws it


def session_png(series: Series, events: Sequence[Event], items: Sequence[RoutineItem] = ()) -> bytes:
    """`session_figure` as a PNG, 1920 pixels wide, on a light ground."""
    with style():
        return to_png(session_figure(series, events, items), dpi=160)


def session_figure(
    series: Series, events: Sequence[Event], items: Sequence[RoutineItem] = (), theme: Theme = LIGHT
) -> Figure:
    """Tilt and lanes over time, and below a panel for each direction of circles, each exercise of holds, and
    the steps, as far as they occur among `events`, against the targets of a routine's `items`."""
    figure = new_figure(12.0, 6.6, theme)
    grid = figure.add_gridspec(2, 1, height_ratios=[1.0, 1.15])
    upper = grid[0].subgridspec(2, 1, height_ratios=[2.4, 1])
    tilt = figure.add_subplot(upper[0])
    timeline.draw_tilt(tilt, series, theme)
    timeline.draw_lanes(figure.add_subplot(upper[1], sharex=tilt), series, events, theme)
    tilt.tick_params(labelbottom=False)
    panels = [
        *_circle_panels(series, events, theme),
        *_hold_panels(events, items, theme),
        *_step_panels(events, items, theme),
    ]
    if panels:
        lower = grid[1].subgridspec(1, len(panels), width_ratios=[width for width, _ in panels])
        for i, (_, draw) in enumerate(panels):
            draw(figure.add_subplot(lower[i]))
    return figure


def _circle_panels(series: Series, events: Sequence[Event], theme: Theme) -> list[Panel]:
    found = circles.turns(series, events)

    def panel(way: str) -> Panel:
        return 1.0, lambda axes: circles.draw_turns(axes, found, way, theme)

    return [panel(way) for way in ("cw", "ccw") if any(t.direction == way for t in found)]


def _hold_panels(events: Sequence[Event], items: Sequence[RoutineItem], theme: Theme) -> list[Panel]:
    def panel(exercise: str) -> Panel:
        own = [e for e in events if e.exercise == exercise]

        def draw(axes: Axes) -> None:
            holds.draw_holds(axes, own, holds.target_of(exercise, items), theme)
            _title(axes, f"{len(own)} holds: {exercise.replace('-', ' ')}", theme)

        return 1.15, draw

    return [panel(exercise) for exercise in dict.fromkeys(e.exercise for e in events if e.kind == "hold")]


def _step_panels(events: Sequence[Event], items: Sequence[RoutineItem], theme: Theme) -> list[Panel]:
    own = [e for e in events if e.kind == "step"]

    def draw(axes: Axes) -> None:
        steps.draw_steps(axes, own, steps.walk_target(items), theme)
        toe = sum(e.attributes.get("toe") is True for e in own)
        _title(axes, f"{len(own)} steps, {toe} on tiptoe", theme, pad=24)

    return [(1.4, draw)] if own else []


def _title(axes: Axes, text: str, theme: Theme, pad: float = 10) -> None:
    axes.set_title(text, color=theme["ink"], fontsize=11, fontweight="bold", pad=pad)
