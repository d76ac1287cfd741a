"""The pictures of a report card: rows by exercise, placement and sensor on one scale."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from footsense.accuracy.card import Late, Row, place_of
from footsense.accuracy.columns import sensor
from footsense.accuracy.measures import Agreement, Share, agreement
from footsense.accuracy.score import SetScore
from footsense.report.drawing import Theme, new_figure, quiet
from footsense.report.theme import exercise_role
from footsense.text import display

_WIDE_IN, _NARROW_IN, _LINE_IN = 9.2, 3.9, 0.235
_ANSWERS = ("right", "not verifiable", "wrong")
_ROLES = {"right": "complete", "not verifiable": "rule", "wrong": "incomplete"}
_LATE_MARKS = {"circle": "o", "last circle": "D", "hold": "o", "step": "o"}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a picture: a heading without a row, or a row."""

    text: str
    row: Row | None


def lines(rows: Sequence[Row], *, narrow: bool = False) -> list[_Line]:
    """The exercise as a heading, its rows below it."""
    found: list[_Line] = []
    for exercise, group in groupby(rows, lambda r: r.key.exercise):
        found.append(_Line(display(exercise.replace("-", " "), 30), None))
        found += [_Line(_label(r, narrow=narrow), r) for r in group]
    return found


def _label(row: Row, *, narrow: bool) -> str:
    device = f", {display(row.key.device, 8 if narrow else 18)}" if row.key.device else ""
    return f"{row.key.placement or 'not said'}, {sensor(gyro=row.key.gyro).replace('with ', '')}{device}"


def _panels(
    rows: Sequence[Row], theme: Theme, names: Sequence[str], *, narrow: bool
) -> tuple[Figure, list[Axes]]:
    """Axes beside each other that share the lines on the left."""
    drawn = lines(rows, narrow=narrow)
    figure = new_figure(_NARROW_IN if narrow else _WIDE_IN, 1.0 + _LINE_IN * len(drawn), theme)
    grid = figure.subplots(1, len(names), sharey=True, squeeze=False)
    axes: list[Axes] = list(grid[0])
    for one, name in zip(axes, names, strict=True):
        quiet(one, theme, grid="x").set_title(name, fontsize=9, color=theme["ink"], loc="left")
    size = 8 if narrow else 9
    axes[0].set_yticks(range(len(drawn)), [line.text for line in drawn], fontsize=size)
    for line, label in zip(drawn, axes[0].get_yticklabels(), strict=True):
        label.set_color(theme["soft"] if line.row else theme["ink"])
        label.set_fontweight("normal" if line.row else "bold")
    axes[0].set_ylim(len(drawn) - 0.4, -0.6)
    return figure, axes


def _placed(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    return ((y, line.row) for y, line in enumerate(lines(rows)) if line.row is not None)


def completion_figure(rows: Sequence[Row], theme: Theme, *, narrow: bool = False) -> Figure:
    """For sets that were done as asked for and for those that were not: how many verdicts were right, not
    verifiable, or wrong."""
    figure, axes = _panels(rows, theme, ("done", "not done"), narrow=narrow)
    for y, row in _placed(rows):
        done, missing = row.completion.done, row.completion.not_done
        _stack(axes[0], y, (done["complete"], done["not-verifiable"], done["incomplete"]), theme)
        _stack(axes[1], y, (missing["incomplete"], missing["not-verifiable"], missing["complete"]), theme)
    for one in axes:
        _percent(one)
    handles = [Patch(color=theme[_ROLES[a]], label=a) for a in _ANSWERS]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=9, labelcolor=theme["soft"]
    )
    return figure


def _stack(axes: Axes, y: int, parts: Sequence[int], theme: Theme) -> None:
    whole, left = sum(parts), 0.0
    for answer, n in zip(_ANSWERS, parts, strict=True):
        if n:
            axes.barh(y, 100 * n / whole, left=left, height=0.62, color=theme[_ROLES[answer]], linewidth=0)
            left += 100 * n / whole


def _percent(axes: Axes) -> None:
    axes.set_xlim(-2, 102)
    axes.set_xticks((0, 50, 100), ("0", "50", "100 %"))


def count_figure(rows: Sequence[Row], theme: Theme, *, narrow: bool = False) -> Figure:
    """Share of the sets that were not declined with an exact count and with one within one, 95 % intervals."""
    figure, axes = _panels(rows, theme, ("exact", "within one"), narrow=narrow)
    for y, row in _placed(rows):
        role = exercise_role(row.key.exercise)
        for one, share in zip(axes, (row.counting.exact, row.counting.within_one), strict=True):
            _interval(one, y, share, theme[role])
    for one in axes:
        _percent(one)
    return figure


def _interval(axes: Axes, y: int, share: Share, colour: str) -> None:
    if share.of:
        low, high = share.interval
        axes.plot([100 * low, 100 * high], [y, y], color=colour, linewidth=2.2, alpha=0.45)
        axes.plot(100 * share.hits / share.of, y, "o", color=colour, markersize=5.5, clip_on=False)


def error_figure(rows: Sequence[Row], theme: Theme, *, narrow: bool = False) -> Figure:
    """Errors in time of the events that were found: bias and 95 % limits, found − true."""
    figure, axes = _panels(rows, theme, ("onset, s", "length, s"), narrow=narrow)
    for y, row in _placed(rows):
        colour = theme[exercise_role(row.key.exercise)]
        for one, a in zip(axes, (row.events.onset, row.events.length), strict=True):
            _limits(one, y, a, colour)
    for one in axes:
        one.xaxis.set_major_locator(MaxNLocator(3 if narrow else 6))
        one.axvline(0, color=theme["soft"], linewidth=0.9, zorder=0)
    return figure


def _limits(axes: Axes, y: int, a: Agreement | None, colour: str) -> None:
    if a is not None:
        if a.limits:
            axes.plot(a.limits, [y, y], color=colour, linewidth=2.2, alpha=0.45)
        axes.plot(a.bias, y, "o", color=colour, markersize=5.5, clip_on=False)


def late_figure(rows: Sequence[Row], theme: Theme, *, narrow: bool = False) -> Figure:
    """How soon an event was known: what 95 % keep."""
    figure, (axes,) = _panels(rows, theme, ("known after, 95 %, s",), narrow=narrow)
    for y, row in _placed(rows):
        for late in row.late:
            _mark(axes, y, late, theme[exercise_role(row.key.exercise)])
    axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
    axes.set_xlim(left=0)
    return figure


def _mark(axes: Axes, y: int, late: Late, colour: str) -> None:
    last = late.place == "last circle"
    axes.plot(
        late.p95_s, y, _LATE_MARKS[late.place], color=colour, markersize=5.5,
        markerfacecolor="none" if last else colour, clip_on=False,
    )  # fmt: skip


def difference_figure(sets: Sequence[SetScore], theme: Theme, *, narrow: bool = False) -> Figure:
    """Count found − true against their mean, a panel for each exercise, the bias and its 95 % limits as lines
    (Bland and Altman 1986). The area of a point is the number of sets there."""
    names = sorted({s.exercise for s in sets}, key=place_of)
    columns = min(len(names), 2 if narrow else 3)
    down = -(-len(names) // columns)
    figure = new_figure(_NARROW_IN if narrow else _WIDE_IN, 0.3 + down * (1.6 if narrow else 2.1), theme)
    grid = figure.subplots(down, columns, squeeze=False).ravel().tolist()
    for i, (axes, name) in enumerate(zip(grid, names, strict=False)):
        _differences(axes, [s for s in sets if s.exercise == name], theme, name)
        axes.set_ylabel("found − true" if i % columns == 0 else "")
        axes.set_xlabel("mean of both" if i + columns >= len(names) else "")
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    return figure


def _differences(axes: Axes, sets: Sequence[SetScore], theme: Theme, name: str) -> None:
    colour = theme[exercise_role(name)]
    title = display(name.replace("-", " "), 30)
    quiet(axes, theme).set_title(title, fontsize=9, color=theme["ink"], loc="left")
    points = Counter((s.count.found - s.count.off / 2, s.count.off) for s in sets)
    x, y = zip(*points, strict=True)
    axes.scatter(x, y, s=[10 + 6 * n for n in points.values()], color=colour, alpha=0.55, linewidth=0)
    off = agreement([s.count.off for s in sets])
    assert off is not None
    axes.axhline(off.bias, color=colour, linewidth=1.3)
    for limit in off.limits or ():
        axes.axhline(limit, color=colour, linewidth=1.0, linestyle=(0, (4, 3)))
    most = max(1.5, *(abs(v) + 0.5 for v in y), *(abs(v) + 0.5 for v in off.limits or ()))
    axes.set_ylim(-most, most)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
