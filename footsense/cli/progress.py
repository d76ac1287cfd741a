"""Says on a terminal's stderr that something long is under way."""

import os
import sys
import threading
import time
from types import TracebackType

import click

from footsense.text import display

_AFTER_S, _EVERY_S = 2.0, 0.5
_LONGEST, _USUAL_COLUMNS = 60, 80


class Progress:
    """While open, and after two seconds, one line on stderr that tells what is done and for how long.

    Silent where stderr is no terminal. What is printed meanwhile goes through `echo`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._done = threading.Event()
        self._lock = threading.Lock()  # of the terminal
        self._shown = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Progress":
        if sys.stderr is not None and sys.stderr.isatty():  # None where it is closed
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def say(self, what: str) -> None:
        """Change what is told."""
        self._what = what

    def echo(self, text: str, *, err: bool = False) -> None:
        """Print a line where the one that is refreshed stands, which comes back below it."""
        with self._lock:
            self._erase()
            click.echo(text, err=err)

    def _show(self) -> None:
        began = time.monotonic()
        while not self._done.wait(_EVERY_S):
            elapsed_s = time.monotonic() - began
            if elapsed_s >= _AFTER_S:
                with self._lock:
                    self._draw(f" … {elapsed_s:.0f} s")
        with self._lock:
            self._erase()

    def _draw(self, tail: str) -> None:
        room = _columns() - 1 - len(tail)  # a wrapped line could not be erased
        sys.stderr.write(f"\r\x1b[K{display(self._what, max(1, min(room, _LONGEST)))}{tail}")
        sys.stderr.flush()
        self._shown = True

    def _erase(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._shown = False


def _columns() -> int:
    """The width of the terminal on stderr, which need not be the one that stdout goes to."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    except (OSError, ValueError):
        return _USUAL_COLUMNS
