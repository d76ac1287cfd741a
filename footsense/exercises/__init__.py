"""One file an exercise; this folder is the registry. A new file is found by its name, nothing else to edit."""

import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, cast

from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.exercises.base import Detector

_NOT_EXERCISES = {"__init__", "base"}


def exercise_names() -> tuple[str, ...]:
    """Names of all exercises, without importing any of them."""
    files = sorted(p.stem for p in Path(__file__).parent.glob("*.py"))
    return tuple(f.replace("_", "-") for f in files if f not in _NOT_EXERCISES and not f.startswith("_"))


def detector(exercise: str) -> "type[Detector]":
    """The detector class of an exercise. Raises UsageError for a name that is none."""
    if exercise not in exercise_names():
        known = ", ".join(exercise_names())
        raise UsageError(f"unknown exercise '{display(exercise)}'; known are: {known}")
    module = importlib.import_module(f"{__name__}.{exercise.replace('-', '_')}")
    found = [
        c
        for _, c in inspect.getmembers(module, inspect.isclass)
        if c.__module__ == module.__name__ and hasattr(c, "about")
    ]
    (only,) = found
    return cast("type[Detector]", only)
