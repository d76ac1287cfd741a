"""Options that several commands share, read in one way."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import click

from footsense.errors import UsageError
from footsense.text import display

PLACEMENTS = ("foot", "ankle", "shank")
SIDES = ("left", "right")


class Number(click.FloatRange):
    """A number within limits, which "nan" is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Fails as click's own types do."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a number that can be used.", param, ctx)
        return number


class Output(click.Path):
    """Where something is to be written: a name, which neither "" (of a variable that is not set) nor "-" is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Fails as click's own types do."""
        if value in ("", "-"):
            self.fail(
                f"'{value}' is no name of a file or folder; give one, or leave the option out.", param, ctx
            )
        return super().convert(value, param, ctx)


placement = click.option("--placement", type=click.Choice(PLACEMENTS), help="Where the sensor sits.")
side = click.option("--side", type=click.Choice(SIDES), help="Which foot wears it.")


def key_values(pairs: Iterable[str], example: str) -> Iterator[tuple[str, str]]:
    """The key and value of each `--set`. Raises UsageError for one without a `=`."""
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set {display(pair)}: expected KEY=VALUE, such as {example}")
        yield key, value
