"""The line that is refreshed on a terminal, and what is printed meanwhile."""

import io
import os
import sys
import time

import pytest

from footsense.cli import progress
from footsense.cli.progress import Progress

ERASE = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + 10
        while text not in self.getvalue() and time.monotonic() < until:
            time.sleep(0.001)


def replaced(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Both outputs become a terminal of 60 columns."""  # in the test: pytest sets them after its fixtures
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(progress, "_AFTER_S", 0.0)
    monkeypatch.setattr(progress, "_EVERY_S", 0.001)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((60, 24)))
    return shown


def test_what_is_printed_stands_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = replaced(monkeypatch)
    with Progress("replaying a.mcap") as line:
        terminal.wait_for("replaying a.mcap … 0 s")
        line.echo("an event")
        line.echo("a fault", err=True)
    for text in ("an event\n", "a fault\n"):
        before = terminal.getvalue().partition(text)[0]
        assert before.endswith((ERASE, "an event\n"))
    assert terminal.getvalue().endswith((ERASE, "a fault\n"))


def test_the_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = replaced(monkeypatch)
    with Progress("a" * 100):
        terminal.wait_for(" s")
    lines = [x for x in terminal.getvalue().split(ERASE) if x]
    assert lines
    assert all(len(x) < 60 and x.endswith("… 0 s") for x in lines)


def test_elsewhere_nothing_is_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = replaced(monkeypatch)
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    with Progress("a") as line:
        line.echo("an event")
    assert terminal.getvalue() == "an event\n"
