"""Refuses the same recording in two files, which would count twice: a copy, or one with its repair."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from footsense.errors import UsageError
from footsense.text import display


def check_copies(files: Sequence[Path]) -> None:
    """Refuse two files of the same bytes, whatever their names; a path given again is no copy."""
    sizes: dict[int, list[Path]] = {}
    for path in {file.resolve(): file for file in files}.values():
        sizes.setdefault(_size(path), []).append(path)
    sizes.pop(0, None)
    for alike in sizes.values():
        _check_alike(alike)


def _check_alike(files: Sequence[Path]) -> None:
    if len(files) < 2:  # most are: nothing is read for them
        return
    from footsense.completion.witness import file_sha256  # noqa: PLC0415

    seen: dict[str, Path] = {}
    for path in files:
        try:
            first = seen.setdefault(file_sha256(path), path)
        except OSError:  # said when it is opened
            continue
        if first is not path:
            _refuse(first, path)


def _size(path: Path) -> int:
    """In bytes; 0 for what has none, such as a pipe, which would not end."""
    try:
        facts = path.stat()
    except OSError:
        return 0
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def _refuse(first: Path, second: Path) -> NoReturn:
    names = f"{display(first)} and {display(second)}"
    raise UsageError(f"{names} are the same recording; give one of them, or it would count twice")
