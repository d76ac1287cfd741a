"""What the wearer is asked for, in order, and for how long: 20 s in all."""

from dataclasses import dataclass
from typing import Literal

from footsense.types import Side

Phase = Literal["stand", "lift", "circle", "settle", "end"]
KIND = "wearing"  # of the commands that tell a recording of it


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing asked for. `text` for a person; `{foot}` stands for the foot that wears the sensor."""

    phase: Phase
    lasts_s: float
    text: str


PROMPTS = (
    Prompt("stand", 4.0, "Stand still, both feet flat on the floor."),
    Prompt(
        "lift", 7.5, "Heel down: lift the front of {foot} as far as it goes, hold it, let it drop. Three times."
    ),
    Prompt("circle", 6.0, "Lift {foot} off the floor and draw one circle with the toes: up, out, down, in."),
    Prompt("settle", 2.5, "Put it down and stand still."),
)


def prompts() -> tuple[tuple[float, Prompt], ...]:
    """When each is due, in s from the beginning, and the end of the last as a prompt without words."""
    at_s, out = 0.0, []
    for prompt in PROMPTS:
        out.append((at_s, prompt))
        at_s += prompt.lasts_s
    return (*out, (at_s, Prompt("end", 0.0, "")))


def in_words(prompt: Prompt, side: Side | None) -> str:
    """The prompt for the wearer of this side."""
    foot = f"your {side.upper()} foot" if side else "the foot that wears the sensor"
    return prompt.text.format(foot=foot)
