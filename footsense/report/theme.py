"""Colours by role. A page's figures carry placeholders that become CSS variables, so one drawing serves light
and dark; a picture on its own (PNG) takes the light colours."""

from collections.abc import Mapping
from typing import Final

# role: (light, dark). Text and lines keep a contrast of at least 4.5:1 on `card`; `rule` and `band` decorate.
PALETTE: Final[Mapping[str, tuple[str, str]]] = {
    "page": ("#f6f5f1", "#14161a"),
    "card": ("#ffffff", "#1d2026"),
    "ink": ("#1c1f24", "#eceae4"),
    "soft": ("#5d636e", "#a5abb6"),
    "rule": ("#dedbd2", "#353a43"),
    "band": ("#e9f3ec", "#22352b"),
    "ccw": ("#1f62c4", "#74aaf7"),
    "cw": ("#b4540a", "#f5a552"),
    "null": ("#646b78", "#9aa1ad"),
    "band-flexes": ("#0b7a58", "#4cc79c"),
    "top-presses": ("#b02a6b", "#f07fb3"),
    "pencil-pickups": ("#84640a", "#dcb64a"),
    "toe-walk": ("#6a3fc0", "#b197f5"),
    "heel": ("#646b78", "#9aa1ad"),
    "complete": ("#0b7a58", "#4cc79c"),
    "incomplete": ("#b3261e", "#ff8f86"),
    "not-verifiable": ("#8a5a00", "#e9b34f"),
    "trace": ("#33475f", "#b9c8dc"),
    "trace2": ("#6d7f95", "#7388a3"),
    "gap": ("#c2410c", "#fb923c"),
}

LIGHT: Final[Mapping[str, str]] = {role: light for role, (light, _) in PALETTE.items()}

# colours that nothing else uses; `styled` puts the variables in their place
PLACEHOLDER: Final[Mapping[str, str]] = {role: f"#0a{i:02x}0b" for i, role in enumerate(PALETTE)}


def styled(svg: str) -> str:
    """A drawing made with PLACEHOLDER, with the page's variables in place of its colours."""
    for role, colour in PLACEHOLDER.items():
        svg = svg.replace(colour, f"var(--{role})")
    return svg


def css_variables(dark: bool) -> str:
    """The palette as CSS declarations."""
    return " ".join(f"--{role}: {pair[dark]};" for role, pair in PALETTE.items())


def exercise_role(exercise: str) -> str:
    """The colour of an exercise whose events have no colours of their own."""
    return exercise if exercise in PALETTE else "trace"
