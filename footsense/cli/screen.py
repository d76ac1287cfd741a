"""Lines that are refreshed in place on a terminal, and printed only when they change elsewhere."""

import io
import shutil
import sys
import time
from collections.abc import Sequence
from typing import TextIO

_PLAIN = str.maketrans({"●": "*", "○": ".", "━": "=", "▸": ">", "…": "...", "✓": "+", "✗": "x"})
_UP, _CLEAR = "\x1b[{}A", "\x1b[K"
_REFRESH_S = 0.1


class Screen:
    """Shows a block of lines. `update` takes what changes often (a terminal only), `say` what is worth a line
    for ever: above the block on a terminal, plainly otherwise."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout or io.StringIO()  # a closed stdout is None
        self.live = self._out.isatty()
        self._shown = 0
        self._last: Sequence[str] = ()
        self._due = 0.0

    @property
    def due(self) -> bool:
        """Whether a new block would be shown now."""
        return self.live and time.monotonic() >= self._due

    @property
    def columns(self) -> int:
        """How long a line of the block may be; what is longer is cut."""
        return shutil.get_terminal_size().columns - 1

    def update(self, lines: Sequence[str], *, now: bool = False) -> None:
        """Show the block anew; more often than ten times a second only with `now`."""
        if not self.live or list(lines) == list(self._last) or (not now and time.monotonic() < self._due):
            return
        self._due = time.monotonic() + _REFRESH_S
        self._last = list(lines)
        self._draw()

    def say(self, line: str) -> None:
        """A line that stays."""
        self._erase()
        self._write(f"{line}\n")
        self._draw()

    def close(self) -> None:
        """Leave the block as it is and go on below it."""
        self._shown, self._last = 0, ()

    def _write(self, text: str) -> None:
        """Write, with plainer signs where the terminal has no others."""
        encoding = self._out.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
        self._out.write(text)

    def _erase(self) -> None:
        if self._shown:
            self._out.write(_UP.format(self._shown) + "\x1b[J")
            self._shown = 0

    def _draw(self) -> None:
        self._erase()
        for line in self._last:  # a wrapped line would break the counting of lines
            self._write(f"{line[: self.columns]}{_CLEAR}\n")
        self._shown = len(self._last)
        self._out.flush()
