"""Steps as a strip: each walk a row, each landing of the wearing foot a mark that says how it landed."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from footsense.report.drawing import Theme, beside, clock, new_figure, quiet
from footsense.routine import RoutineItem, load_routine
from footsense.types import Event

MOST_WALKS = 12
_LOOK = {True: ("toe-walk", "on tiptoe"), False: ("heel", "heel or flat"), None: ("null", "not told")}


def walk_target(items: Sequence[RoutineItem] = ()) -> RoutineItem:
    """The walk on tiptoe in a routine's `items`, else in the built-in `ground-up`."""
    return next(i for i in (*items, *load_routine("ground-up").items) if i.kind == "step")


def walks(events: Sequence[Event], longest_interval_s: float) -> list[list[Event]]:
    """Steps grouped into walks: consecutive ones at most `longest_interval_s` apart."""
    found: list[list[Event]] = []
    for step in sorted((e for e in events if e.kind == "step"), key=lambda e: e.start_s):
        if found and step.start_s - found[-1][-1].start_s <= longest_interval_s:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def step_figure(events: Sequence[Event], target: RoutineItem, theme: Theme, *, narrow: bool = False) -> Figure:
    """The walks with most steps, at most MOST_WALKS, in order of time."""
    rows = min(len(walks(events, target.max_step_interval_s)), MOST_WALKS)
    figure = new_figure(3.9 if narrow else 9.2, 1.3 + 0.46 * max(rows, 1), theme)
    draw_steps(figure.subplots(), events, target, theme)
    return figure


def draw_steps(axes: Axes, events: Sequence[Event], target: RoutineItem, theme: Theme) -> None:
    """A row a walk, from its first landing on."""
    quiet(axes, theme, grid="x")
    found = walks(events, target.max_step_interval_s)
    chosen = sorted(sorted(found, key=len, reverse=True)[:MOST_WALKS], key=lambda w: w[0].start_s)
    longest = max([target.shortest_s, *(w[-1].end_s - w[0].start_s for w in chosen)])
    for row, walk in enumerate(chosen):
        _draw_walk(axes, row, walk, theme)
    axes.axvline(target.shortest_s, color=theme["ink"], linewidth=1.4, linestyle=(0, (4, 3)), zorder=1)
    beside(axes, (target.shortest_s, -0.85), f"counts from {target.shortest_s:g} s", theme["soft"], right=True)
    axes.set_xlim(-0.02 * longest, longest * 1.06)
    axes.set_ylim(len(chosen) - 0.4, -1.2)
    axes.set_yticks(range(len(chosen)), [f"at {clock(w[0].start_s)}" for w in chosen])
    axes.set_xlabel("seconds since the walk's first landing")
    _legend(axes, theme)


def _draw_walk(axes: Axes, row: int, walk: Sequence[Event], theme: Theme) -> None:
    start_s = walk[0].start_s
    axes.plot(
        [0, walk[-1].end_s - start_s], [row, row], color=theme["rule"], linewidth=7, solid_capstyle="round"
    )
    for label, (role, _) in _LOOK.items():
        times = [e.start_s - start_s for e in walk if e.attributes.get("toe") is label]
        axes.plot(times, [row] * len(times), **_marker(label, theme[role]))


def _marker(label: bool | None, colour: str) -> dict[str, Any]:
    shape = {True: "^", False: "s", None: "o"}[label]
    filled = colour if label else "none"
    return {
        "linestyle": "none", "marker": shape, "markersize": 8 if label else 6, "markerfacecolor": filled,
        "markeredgecolor": colour, "markeredgewidth": 1.3,
    }  # fmt: skip


def _legend(axes: Axes, theme: Theme) -> None:
    handles = [Line2D([], [], label=name, **_marker(k, theme[role])) for k, (role, name) in _LOOK.items()]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, borderpad=0,
        labelcolor=theme["soft"], fontsize=9, handletextpad=0.2, columnspacing=1.2,
    )  # fmt: skip
