"""The circle's path: how the foot tilts during each turn, seen from above, one panel a direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from footsense.report.drawing import Theme, new_figure, quiet
from footsense.report.series import Series, mean_direction, tilt_deg
from footsense.types import Event, Floats

_BOUT_PAUSE_S = 5.0  # circles further apart are of two bouts, each about its own mean
_POINTS = 72  # of the mean turn
_RAYS_DEG = np.arange(-45.0, 315.0, 5.0)  # for the labels of rings; the first of equals is taken
_LABEL_WIDTH = 1.8  # of its height
_NAMES = {"cw": "one way (cw)", "ccw": "the other way (ccw)", "null": "direction not told"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One circle's path: tilt (n, 2) in degrees about the mean of its bout."""

    direction: str
    path_deg: Floats


def turns(series: Series, events: Sequence[Event]) -> list[Turn]:
    """The paths of all circles. One that has no samples is left out."""
    ordered = sorted((e for e in events if e.kind == "circle"), key=lambda e: e.start_s)
    found: list[Turn] = []
    for bout in _bouts(ordered):
        inside = _between(series, bout[0].start_s, bout[-1].end_s)
        known = np.isfinite(series.up[inside]).all(axis=1)
        t_s = series.slow_t_s[inside][known]
        path = tilt_deg(series.up[inside][known], mean_direction(series.up[inside]))
        for event in bout:
            during = (t_s >= event.start_s) & (t_s <= event.end_s)
            if during.sum() > 3:
                found.append(Turn(str(event.attributes.get("direction") or "null"), path[during]))
    return found


def _bouts(circles: Sequence[Event]) -> list[list[Event]]:
    bouts: list[list[Event]] = []
    for event in circles:
        if bouts and event.start_s - bouts[-1][-1].end_s <= _BOUT_PAUSE_S:
            bouts[-1].append(event)
        else:
            bouts.append([event])
    return bouts


def _between(series: Series, start_s: float, end_s: float) -> slice:
    known = np.where(np.isfinite(series.slow_t_s), series.slow_t_s, -np.inf)
    order = np.maximum.accumulate(known) if len(known) else known
    return slice(int(np.searchsorted(order, start_s)), int(np.searchsorted(order, end_s, side="right")))


def circle_figure(found: Sequence[Turn], theme: Theme, *, narrow: bool = False) -> Figure:
    """A panel for each direction that occurs, on one scale."""
    shown = [d for d in ("cw", "ccw", "null") if any(t.direction == d for t in found)]
    rows, columns = (len(shown), 1) if narrow else (1, len(shown))
    figure = new_figure(3.9 if narrow else 9.2, 3.6 * rows if narrow else 4.3, theme)
    panels = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes, direction in zip(panels, shown, strict=True):
        draw_turns(axes, found, direction, theme)
    return figure


def draw_turns(axes: Axes, found: Sequence[Turn], direction: str, theme: Theme) -> None:
    """Every turn of one direction as a thin line, their middle as a thick one with arrows that go the way the
    foot went. Rings and scale are those of all turns, so that the panels of one recording can be compared."""
    quiet(axes, theme, grid=None)
    radii = _rings(axes, found, theme)
    found = [t for t in found if t.direction == direction]
    colour = theme[direction]
    for turn in found:
        axes.plot(*turn.path_deg.T, color=colour, linewidth=1.1, alpha=0.32, solid_capstyle="round")
    mean = mean_turn(found)
    for radius, (x, y) in zip(radii, label_places(radii, mean, found), strict=True):
        axes.text(
            x, y, f"{radius:g}°", color=theme["soft"], fontsize=8, ha="center", va="center", zorder=1,
            bbox={"facecolor": theme["card"], "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    axes.fill(*mean.T, color=colour, alpha=0.08, linewidth=0)
    axes.plot(*mean.T, color=colour, linewidth=3.2, solid_joinstyle="round")
    if direction != "null":
        for i in (_POINTS // 4, _POINTS // 4 + _POINTS // 2):
            _arrow(axes, mean[i - 2], mean[i + 2], colour)
    circles = f"{len(found)} circle{'' if len(found) == 1 else 's'}"
    axes.set_title(f"{circles} {_NAMES[direction]}", color=theme["ink"], fontsize=11, fontweight="bold", pad=10)
    axes.set_aspect("equal", adjustable="box")


def mean_turn(found: Sequence[Turn]) -> Floats:
    """The middle of turns as a closed path (n, 2): the median of their distances from the centre at each angle,
    so that turns which begin at different places fall on each other and a false start does not show."""
    grid = np.linspace(-np.pi, np.pi, _POINTS + 1)
    radii = []
    for turn in found:
        centred = turn.path_deg - (turn.path_deg.max(axis=0) + turn.path_deg.min(axis=0)) / 2
        angle = np.arctan2(centred[:, 1], centred[:, 0])
        order = np.argsort(angle)
        radii.append(np.interp(grid, angle[order], np.hypot(*centred[order].T), period=2 * np.pi))
    middle = np.mean([(t.path_deg.max(axis=0) + t.path_deg.min(axis=0)) / 2 for t in found], axis=0)
    radius = _smooth(np.median(radii, axis=0))
    path = middle + np.column_stack((radius * np.cos(grid), radius * np.sin(grid)))
    return np.asarray(path if found[0].direction != "cw" else path[::-1])


def _smooth(closed: Floats) -> Floats:
    # the last point is the first again
    ring = closed[:-1]
    smooth = np.mean([np.roll(ring, k) for k in (-2, -1, 0, 1, 2)], axis=0)
    return np.append(smooth, smooth[0])


def _rings(axes: Axes, found: Sequence[Turn], theme: Theme) -> Floats:
    """Draws the rings around all turns and returns their radii, in degrees."""
    reach = 1.06 * max(float(np.hypot(*t.path_deg.T).max()) for t in found)
    step = next(s for s in (2, 5, 10, 20, 45, 90) if reach / s <= 4 or s == 90)
    angle = np.linspace(0, 2 * np.pi, 120)
    radii = np.arange(step, reach + 0.4 * step, step)
    for radius in radii:
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color=theme["rule"], linewidth=0.8, zorder=0)
    axes.plot(0, 0, "+", color=theme["soft"], markersize=7, zorder=0)
    edge = 1.06 * max(reach, radii[-1])
    axes.set(xticks=[], yticks=[], xlim=(-edge, edge), ylim=(-edge, edge))
    return radii


def label_places(radii: Floats, mean: Floats, found: Sequence[Turn]) -> Floats:
    """Where the labels (n, 2) of rings go: on the ray on which they keep furthest from turns and `mean`."""
    angle = np.radians(_RAYS_DEG)
    rays = np.column_stack((np.cos(angle), np.sin(angle)))
    places = radii[None, :, None] * rays[:, None, :]
    room = _room(places, np.concatenate([mean, *(t.path_deg for t in found)]))
    return np.asarray(places[np.argmax(room)])


def _room(places: Floats, points: Floats) -> Floats:
    """The least distance (rays,) of the places (rays, n, 2) from points; a label is wider than high."""
    apart = (places[:, :, None, :] - points) / (_LABEL_WIDTH, 1.0)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]).min(axis=(1, 2)))


def _arrow(axes: Axes, tail: Floats, head: Floats, colour: str) -> None:
    axes.add_patch(
        FancyArrowPatch(
            tuple(tail), tuple(head), arrowstyle="-|>", mutation_scale=24, color=colour, linewidth=0, zorder=5
        )
    )
