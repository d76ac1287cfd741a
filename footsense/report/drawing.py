"""What all figures share: how axes look, and how a figure becomes SVG inside a page or a PNG."""

import io
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from footsense.report.theme import PLACEHOLDER, styled

Theme = Mapping[str, str]

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.0,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and takes the page's typeface
    "svg.hashsalt": "footsense",  # the same figure gives the same bytes
    "text.parse_math": False,
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
    "axes.unicode_minus": True,
}


def style() -> AbstractContextManager[None]:
    """In force while a figure is drawn and saved; leaves no trace in matplotlib's own settings."""
    context: AbstractContextManager[None] = mpl.rc_context(_STYLE)
    return context


def _spacing() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04, wspace=0.04, hspace=0.04)


def new_figure(width_in: float, height_in: float, theme: Theme) -> Figure:
    """An empty figure, transparent on a page and on a card of its own as a picture."""
    figure = Figure(figsize=(width_in, height_in), layout=_spacing())
    figure.set_facecolor("none" if theme is PLACEHOLDER else theme["card"])
    return figure


def quiet(axes: Axes, theme: Theme, grid: Literal["x", "y"] | None = "y") -> Axes:
    """Axes without a box, a light grid behind the data, labels in the soft colour."""
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, colors=theme["soft"], labelsize=9)
    axes.xaxis.label.set_color(theme["soft"])
    axes.yaxis.label.set_color(theme["soft"])
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=theme["rule"], linewidth=0.8)
    return axes


def beside(
    axes: Axes, at: tuple[float, float], text: str, colour: str, *, right: bool = False, pad: float = 4
) -> None:
    """Text beside a point, `pad` points to its right (or, with `right`, ending that far to its left)."""
    axes.annotate(
        text, at, xytext=(-pad if right else pad, 0), textcoords="offset points", color=colour, fontsize=9,
        va="center", ha="right" if right else "left", annotation_clip=False,
    )  # fmt: skip


def seconds_axis(axes: Axes, span_s: tuple[float, float], ticks: int) -> None:
    """Time on the horizontal axis: seconds, or minutes:seconds from two minutes on."""
    axes.set_xlim(span_s[0], max(span_s[1], span_s[0] + 1.0))
    long = span_s[1] - span_s[0] > 120
    steps = [1, 1.5, 2, 3, 6, 10] if long else [1, 2, 2.5, 5, 10]
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=steps))
    if long:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda s, _: clock(s)))


def clock(seconds: float) -> str:
    """Seconds as minutes:seconds."""
    whole = round(abs(seconds))
    return f"{'−' if seconds < 0 else ''}{whole // 60}:{whole % 60:02d}"


def to_svg(figure: Figure, prefix: str) -> str:
    """The figure as an `<svg>` element for a page, its colours as CSS variables.

    `prefix` keeps the ids of several figures on one page apart.
    """
    out = io.StringIO()
    with style():
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"font: ([\d.]+px) 'DejaVu Sans'[^;\"]*", r"font-size: \1; font-family: inherit", svg)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"(\d\.\d{2})\d+", r"\1", svg)
    return styled(svg).replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def to_png(figure: Figure, dpi: float = 160.0) -> bytes:
    """The figure as a PNG picture."""
    out = io.BytesIO()
    with style():
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()
