"""Lines for a person, no longer than the terminal is wide."""

import os
import shutil
import sys
import textwrap

_PROSE = 96  # columns beyond which running text is tiring
_NARROWEST = 20


def columns() -> int | None:
    """The width of the terminal on stdout, or what COLUMNS says; None for a file or a pipe, whose lines stay
    whole for the programs that read them."""
    wanted = os.environ.get("COLUMNS", "").isdecimal() or (sys.stdout is not None and sys.stdout.isatty())
    return max(shutil.get_terminal_size().columns, _NARROWEST) if wanted else None


def wrapped(text: str, begin: str = "", then: str | None = None) -> str:
    """One item: `begin` before its first line, `then` (the same, if not given) before those that follow. No
    word, path or command's option is broken."""
    width = columns()
    return begin + text if width is None else _filled(text, width, begin, begin if then is None else then)


def prose(text: str) -> str:
    """Running text, which is always wrapped."""
    return _filled(text, min(_PROSE, columns() or _PROSE), "", "")


def _filled(text: str, width: int, begin: str, then: str) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=begin,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
