"""Says on a terminal's stderr that something long is under way."""

import sys
import threading
import time
from types import TracebackType

from footsense.text import display

_AFTER_S, _EVERY_S = 2.0, 0.5


class Progress:
    """While open, and after two seconds, one line on stderr that tells what is done and for how long.

    Silent where stderr is no terminal.
    """

    def __init__(self, what: str) -> None:
        self._what = display(what, 60)
        self._done = threading.Event()
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
        self._what = display(what, 60)

    def _show(self) -> None:
        began, shown = time.monotonic(), False
        while not self._done.wait(_EVERY_S):
            elapsed = time.monotonic() - began
            if elapsed >= _AFTER_S:
                shown = True
                sys.stderr.write(f"\r\x1b[K{self._what} … {elapsed:.0f} s")
                sys.stderr.flush()
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
