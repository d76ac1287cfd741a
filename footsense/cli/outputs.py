"""Keeps commands from writing over what somebody may need."""

import os
from pathlib import Path

from footsense.errors import UsageError
from footsense.private import write_private
from footsense.text import display

_PAGE_MARK = b'<meta name="generator" content="footsense '
_PAGE_HEAD = 4096  # bytes in which the mark stands


def refuse_existing(path: Path, what_to_do: str) -> None:
    """Raises UsageError if there is anything of that name."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{display(path)}: there is a file of that name; {what_to_do}")


def refuse_for_recording(path: Path) -> None:
    """Raises UsageError where no recording could be made: known before a sensor is looked for."""
    refuse_existing(path, "choose another with -o")
    place = next(p for p in path.absolute().parents if p.exists())  # folders below it are made
    if not place.is_dir():
        raise UsageError(f"{display(place)}: is no folder; choose another place with -o")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"{display(place)}: may not be written to; choose another place with -o")


def refuse_for_page(path: Path, recording: Path | None = None) -> None:
    """Raises UsageError where a page would destroy a file: the recording, or any but an older page of ours."""
    hint = "choose another place with -o OUT.html"
    if recording and path.exists() and recording.exists() and path.samefile(recording):
        raise UsageError(f"{display(path)}: is the recording itself; {hint}")
    if path.is_dir():
        raise UsageError(f"{display(path)}: is a folder; {hint}")
    if not path.parent.is_dir():
        raise UsageError(f"{display(path)}: there is no folder {display(path.parent)}; make it, or {hint}")
    if path.is_file() and not _is_page(path):
        raise UsageError(f"{display(path)}: there is a file of that name that is no page of footsense; {hint}")


def _is_page(path: Path) -> bool:
    if path.suffix.lower() not in (".html", ".htm"):
        return False
    try:
        with path.open("rb") as file:
            return _PAGE_MARK in file.read(_PAGE_HEAD)
    except OSError:
        return False


def write_page(page: str, path: Path) -> None:
    """For nobody else to read, if it becomes a file. Raises UsageError where it cannot be written."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(page, encoding="utf-8")
        else:
            write_private(path.resolve(), page.encode())
    except OSError as error:
        hint = "choose another place with -o OUT.html"
        raise UsageError(f"{display(path)}: cannot write the page: {error.strerror}; {hint}") from error
