"""The wearing check: whether the sensor sits where the wearer says, and the `Reference` for the detectors."""

from footsense.wearing.check import Outcome, WearingCheck
from footsense.wearing.findings import findings, turned
from footsense.wearing.marks import commands_of, found_in, referred, with_commands
from footsense.wearing.prompts import PROMPTS, Prompt, in_words, prompts
from footsense.wearing.shown import Circle, Lift, Shown, Stand, shown

__all__ = [
    "PROMPTS", "Circle", "Lift", "Outcome", "Prompt", "Shown", "Stand", "WearingCheck", "commands_of",
    "findings", "found_in", "in_words", "prompts", "referred", "shown", "turned", "with_commands",
]  # fmt: skip
