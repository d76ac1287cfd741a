"""Top presses by cues: says when to press and when to let go, and records that it was said."""

from typing import TYPE_CHECKING

from footsense.cli.screen import Screen
from footsense.cues import Pacer, Plan

if TYPE_CHECKING:
    from footsense.session import Session
    from footsense.types import Side

_WORDS = {
    "exercise": "stand with the knees slightly bent, and wait for the first word",
    "press": "press: grip the floor with the toes",
    "release": "let go",
    "end": "that was all",
}


class PressGuide:
    """Paced by stream time, from the first that it is shown; `over` once the last rest is."""

    def __init__(self, screen: Screen, presses: int, side: "Side | None") -> None:
        self._screen, self._pacer = screen, Pacer(Plan(presses), side)
        self._begun_s: float | None = None

    @property
    def over(self) -> bool:
        return self._pacer.over

    def seen(self, session: "Session", host_ns: int, now_s: float) -> None:
        """Say and record what has come due by stream time `now_s`."""
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        for command in self._pacer.due(now_s - self._begun_s, host_ns):
            session.process(command)
            words = _WORDS[str(command.fields.get("asks", command.kind))]
            self._screen.say(f"{now_s:7.1f} s  {words}")
