"""The files of a session as the command line names them, each with what was said of it, and opened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.copies import check_copies, check_repairs, check_resaved, real
from footsense.cli.opened import opened
from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.analysis import Analysis
    from footsense.recording.model import Recording
    from footsense.types import Placement, Side

_HOLD_FOR_FILES = ("--side", "--placement", "--exercise")
_VALUED = (*_HOLD_FOR_FILES, "--routine", "--wearer", "--signed-by")


@dataclass(frozen=True, slots=True)
class Said:
    """A file, and what was said of it before it on the command line."""

    file: str = ""
    side: "Side | None" = None
    placement: "Placement | None" = None
    exercise: str | None = None

    def but(self, what: str, value: str) -> "Said":
        """The same with `side`, `placement` or `exercise` said anew."""
        return replace(self, **{what: value})  # type: ignore[arg-type]


def walk(args: Sequence[str]) -> Iterator[Said]:
    """The files of a command line, each with the options that stand before it.

    Raises UsageError for an option that stands after the last file, where it would mean nothing.
    """
    said, rest, behind = Said(), list(args), ""
    while rest:
        arg = rest.pop(0)
        if arg == "--":
            yield from (replace(said, file=file) for file in rest)
            return
        name, equals, value = arg.partition("=")
        if name in _VALUED:
            value = value if equals else rest.pop(0)
            if name in _HOLD_FOR_FILES:
                said, behind = said.but(name[2:], value), f"{name} {value}"
        elif not arg.startswith("-") or arg == "-":
            yield replace(said, file=arg)
            behind = ""
    if behind:
        raise UsageError(f"{display(behind)} has no file after it; options hold for the files that follow them")


def check_repeats(said: Sequence[Said]) -> None:
    """Refuse a file that would be counted twice. It may be given again for another exercise."""
    seen: dict[Path, list[Said]] = {}
    for one in said:
        before = seen.setdefault(real(Path(one.file)), [])
        if any(one.exercise == b.exercise or None in (one.exercise, b.exercise) for b in before):
            raise UsageError(f"{display(one.file)} is given twice; what is in it would count twice")
        if any(one.side != b.side for b in before):
            raise UsageError(f"{display(one.file)} is given for both sides; a sensor sits on one foot")
        before.append(one)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file, opened and analysed; no recording where it could not be read."""

    said: Said
    recording: "Recording | None"
    analyses: "Sequence[Analysis]"


def open_session(said: Sequence[Said]) -> tuple[list[Opened], dict[str, str]]:
    """What was done in each file; a file that cannot be read stands as one that can show nothing."""
    from footsense.errors import RecordingError  # noqa: PLC0415
    from footsense.exercises import detector  # noqa: PLC0415

    check_repeats(said)
    check_copies([Path(one.file) for one in said])
    for one in said:
        if one.exercise is not None:
            detector(one.exercise)
    seen: list[Opened] = []
    errors: dict[str, str] = {}
    for one in said:
        try:
            seen.append(_opened(one))
        except RecordingError as error:
            errors[one.file] = str(error)
            click.echo(f"footsense: {display(error, 500)}", err=True)
            seen.append(Opened(one, None, [_unreadable(one)]))
    recordings = {Path(one.said.file): one.recording for one in seen if one.recording}
    check_repairs(recordings)
    check_resaved(recordings)
    return seen, errors


def _opened(said: Said) -> Opened:
    with Progress(said.file):
        return Opened(
            said, *opened(said.file, exercise=said.exercise, placement=said.placement, side=said.side)
        )


def _unreadable(said: Said) -> "Analysis":
    from footsense.analysis import Analysis, RecordingFacts  # noqa: PLC0415
    from footsense.types import Grade, Reason  # noqa: PLC0415

    why = Reason("unreadable", "the file cannot be read", Grade.NOT_VERIFIABLE)
    nothing = RecordingFacts(0.0, 0, 0.0, gyro=False)
    return Analysis(
        said.file, said.exercise, said.placement, said.side, nothing, (), {},
        grade=Grade.NOT_VERIFIABLE, reasons=(why,),
    )  # fmt: skip
