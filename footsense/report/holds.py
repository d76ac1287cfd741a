"""Holds against their target: a bar for each, in seconds, on the band that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from footsense.report.drawing import Theme, beside, new_figure, quiet
from footsense.report.theme import exercise_role
from footsense.routine import RoutineItem, load_routine
from footsense.types import Event
from footsense.verify import HOLD_ERROR_S

MOST_BARS = 40


@dataclass(frozen=True, slots=True)
class Target:
    """What a hold is measured against, s: it counts from `least_s`; `asked_s` is from and to."""

    least_s: float
    asked_s: tuple[float, float]


def target_of(exercise: str, items: Sequence[RoutineItem] = ()) -> Target | None:
    """The target in a routine's `items`, else in the built-in `ground-up`, else None."""
    for item in (*items, *load_routine("ground-up").items):
        if item.exercise == exercise and item.hold_s:
            return Target(item.shortest_s, item.hold_s)
    return None


def hold_figure(
    events: Sequence[Event], exercise: str, target: Target | None, theme: Theme, *, narrow: bool = False
) -> Figure:
    """The exercise's holds in order of time, at most the first MOST_BARS."""
    held = [e for e in events if e.kind == "hold" and e.exercise == exercise]
    bars = min(len(held), MOST_BARS)
    figure = new_figure(3.9 if narrow else 9.2, 0.9 + 0.27 * max(bars, 2), theme)
    draw_holds(figure.subplots(), held, target, theme)
    return figure


def draw_holds(axes: Axes, held: Sequence[Event], target: Target | None, theme: Theme) -> None:
    """Bars from the top; full where it counts, pale where it does not, striped where that is undecided."""
    quiet(axes, theme, grid="x")
    held = sorted(held, key=lambda e: e.start_s)[:MOST_BARS]
    lengths = np.array([e.end_s - e.start_s for e in held])
    if target:
        _draw_target(axes, target, theme)
    for row, (event, length) in enumerate(zip(held, lengths, strict=True)):
        colour = theme[exercise_role(event.exercise)]
        axes.barh(row, length, height=0.62, color=colour, alpha=_weight(float(length), target), linewidth=0)
        beside(axes, (float(length), row), f"{length:.1f} s{_mark(float(length), target)}", theme["ink"])
    longest = max([*lengths, target.asked_s[1] if target else 0.0, 1.0])
    axes.set_xlim(0, longest * 1.18)
    axes.set_ylim(len(held) - 0.4, -0.6 if not target else -1.25)
    axes.set_yticks(range(len(held)), [str(i + 1) for i in range(len(held))])
    axes.set_xlabel("seconds held")


def _draw_target(axes: Axes, target: Target, theme: Theme) -> None:
    low, high = target.asked_s
    asked = f"{low:g} to {high:g} s" if high > low else f"{low:g} s"
    if high > low:
        axes.axvspan(low, high, color=theme["band"], linewidth=0, zorder=0)
    axes.axvline(target.least_s, color=theme["ink"], linewidth=1.4, linestyle=(0, (4, 3)), zorder=3)
    text = f"asked for: {asked}" + (f", counts from {target.least_s:g} s" if target.least_s < low else "")
    beside(axes, (target.least_s, -0.85), text, theme["soft"])


def _weight(length_s: float, target: Target | None) -> float:
    return 1.0 if target is None or length_s >= target.least_s + HOLD_ERROR_S else 0.45


def _mark(length_s: float, target: Target | None) -> str:
    if target is None or length_s >= target.least_s + HOLD_ERROR_S:
        return ""
    return "  ?" if length_s > target.least_s - HOLD_ERROR_S else "  ✗"
