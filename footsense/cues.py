"""Cues: what a wearer was asked for while it was recorded, and when.

A cue is a `Command` of the kind `cue` in the recording, with the fields `exercise`, `asks` (`press` or
`release`) and, with a press, `hold_s`, how long it is to be held. Whoever gives it records it in that moment:

    session.process(asked(host_ns, Cue(0.0, "top-presses", "press", 3.0)))

Detectors never see cues. The verifier may match what was counted to them (`footsense.verify`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

from footsense.types import Command, Side

KIND = "cue"
Asks = Literal["press", "release"]


@dataclass(frozen=True, slots=True)
class Cue:
    """Something asked of the wearer at stream time `t_s`; `side` is that of the sensor whose time it is, where
    a recording has several."""

    t_s: float
    exercise: str
    asks: Asks
    hold_s: float | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Cues for so many presses: the first after `first_s` s; `there_s` to get there, `hold_s` to hold (a count
    of three), and after the release `rest_s` of rest. What the exercise does not say is ours: time for slow
    toes, and enough to stand still again."""

    presses: int = 10
    hold_s: float = 3.0
    there_s: float = 1.5
    rest_s: float = 4.0
    first_s: float = 5.0
    exercise: str = "top-presses"

    def cues(self) -> Iterator[Cue]:
        """Press and release in turn, in order of time."""
        for k in range(self.presses):
            begin_s = self.first_s + k * self._period_s
            yield Cue(begin_s, self.exercise, "press", self.hold_s)
            yield Cue(begin_s + self.there_s + self.hold_s, self.exercise, "release")

    @property
    def end_s(self) -> float:
        """When the last rest is over."""
        return self.first_s + self.presses * self._period_s

    @property
    def _period_s(self) -> float:
        return self.there_s + self.hold_s + self.rest_s


class Pacer:
    """Gives a plan's commands as stream time goes by: the exercise's mark, the cues, the mark of its end."""

    def __init__(self, plan: Plan, side: Side | None = None) -> None:
        self._plan = plan
        self._what: dict[str, str | float | int | None] = {"exercise": plan.exercise, "side": side}
        self._cues = list(plan.cues())
        self._begun = self.over = False

    def due(self, now_s: float, host_ns: int) -> list[Command]:
        """What has come due by now, s since the recording began."""
        due = [] if self._begun else [Command(host_ns, "exercise", self._what)]
        self._begun = True
        while self._cues and self._cues[0].t_s <= now_s:
            due.append(asked(host_ns, self._cues.pop(0)))
        if now_s >= self._plan.end_s and not self.over:
            self.over = True
            due.append(Command(host_ns, "end", self._what))
        return due


def asked(host_ns: int, cue: Cue) -> Command:
    """The command that records a cue given at this moment of the host's clock; its `t_s` is not used."""
    fields: dict[str, str | float | int | None] = {"exercise": cue.exercise, "asks": cue.asks}
    return Command(host_ns, KIND, fields | ({} if cue.hold_s is None else {"hold_s": cue.hold_s}))


def cue_of(command: Command) -> Cue | None:
    """The cue that a command of a recording's stream is, None where it is another or cannot be understood."""
    t_s, exercise, asks, hold_s = (command.fields.get(k) for k in ("t_s", "exercise", "asks", "hold_s"))
    if command.kind != KIND or asks not in get_args(Asks) or not isinstance(exercise, str):
        return None
    if not isinstance(t_s, int | float) or not isinstance(hold_s, int | float | None):
        return None
    return Cue(float(t_s), exercise, cast("Asks", asks), None if hold_s is None else float(hold_s))
