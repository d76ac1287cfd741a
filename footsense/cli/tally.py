"""Counts for a screen: what a routine asks for and how much of it has been seen. Never evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from footsense.routine import Routine, RoutineItem
from footsense.types import Event, Progress

_WAYS = ("this way", "the other way")  # a direction does not depend on the mounting, its name would
_AROUND, _LEAST_TITLE = 6, 8  # signs of a line that are neither title nor count; of a title at least


@dataclass(slots=True)
class Line:
    """One item of the routine for one side."""

    item: RoutineItem
    side: str
    span_s: tuple[float, float] | None = None  # of the stream, in which it was asked for
    events: list[Event] = field(default_factory=list)
    held_s: float = 0.0

    @property
    def title(self) -> str:
        """Exercise and side, as a person reads it."""
        name = self.item.exercise.replace("-", " ")
        return name if self.side == "both" else f"{name}, {self.side}"

    def counts(self, *, terse: bool = False) -> str:
        """How much of what was asked for; `terse` leaves out what a narrow screen has no room for."""
        return {"circle": self._circles, "hold": self._holds, "step": self._bout}[self.item.kind](terse)

    def _circles(self, terse: bool) -> str:
        seen = [str(e.attributes["direction"]) for e in self.events if e.attributes.get("direction")]
        order = list(dict.fromkeys([*seen, *self.item.directions]))
        ways = [
            f"{way} {_dots(seen.count(direction), self.item.reps or 0, terse)}"
            for way, direction in zip(_WAYS, order, strict=False)
        ]
        unclear = len(self.events) - len(seen)
        text = ("  " if terse else "   ").join(ways)
        return text + (f"   {unclear} {'unclear' if terse else 'of unclear direction'}" if unclear else "")

    def _holds(self, terse: bool) -> str:
        long = [e for e in self.events if e.end_s - e.start_s >= self.item.shortest_s]
        text = _dots(len(long), self.item.reps or 0, terse)
        if len(self.events) > len(long):
            text += f"   {len(self.events) - len(long)} too short"
        return text + (f"   holding {self.held_s:.1f} s of {self.item.shortest_s:g}" if self.held_s else "")

    def _bout(self, terse: bool) -> str:
        toe = sum(e.attributes.get("toe") is True for e in self.events)
        steps = f"{toe} of {len(self.events)}{'' if terse else ' steps'} on tiptoe"
        return f"{self._bout_s():.1f} s of {self.item.shortest_s:g}   {steps}"

    def _bout_s(self) -> float:
        best, start, last = 0.0, None, None
        for event in self.events:
            if start is None or last is None or event.start_s - last > self.item.max_step_interval_s:
                start = event.start_s
            last = event.start_s
            best = max(best, event.end_s - start)
        return best


def _dots(count: int, wanted: int, terse: bool) -> str:
    if terse or wanted > 20:
        return f"{count}/{wanted}"
    return "●" * min(count, wanted) + "○" * max(0, wanted - count) + f" {count}/{wanted}"


def _shortened(title: str, width: int) -> str:
    return title if len(title) <= width else f"{title[: width - 1]}…"


class Tally:
    """The lines of a routine, and which of them is being done."""

    def __init__(self, routine: Routine) -> None:
        self.lines = [Line(item, side) for item in routine.items for side in item.sides]
        self._now: Line | None = None

    def begin(self, exercise: str, side: str, at_s: float) -> None:
        """What follows is meant as this."""
        self._now = next((x for x in self.lines if (x.item.exercise, x.side) == (exercise, side)), None)
        if self._now:
            self._now.span_s = (at_s, inf)

    def end(self, at_s: float) -> None:
        """The exercise is over; events that lie, by their middle, before this still count."""
        if self._now and self._now.span_s:
            self._now.held_s, self._now.span_s = 0.0, (self._now.span_s[0], at_s)
        self._now = None

    def add(self, events: Iterable[Event]) -> list[Line]:
        """Take events; returns the lines that they changed, each once."""
        changed: list[Line] = []
        for event in events:
            line = self._line_of(event)
            if line:
                line.events.append(event)
                changed += [line] * (line not in changed)
        return changed

    def progress(self, snapshots: Iterable[Progress]) -> None:
        """Take the seconds of the hold under way."""
        for snapshot in snapshots:
            if self._now and snapshot.exercise == self._now.item.exercise:
                self._now.held_s = snapshot.held_s

    def shown(self, columns: int = 1000) -> list[str]:
        """One line each, the one being done marked. Where one is longer than `columns`, all are said in fewer
        signs, and the titles are shortened as far as the counts need it."""
        width = max(len(line.title) for line in self.lines)
        counts = [line.counts() for line in self.lines]
        if width + _AROUND + max(map(len, counts)) > columns:
            counts = [line.counts(terse=True) for line in self.lines]
            width = min(width, max(columns - _AROUND - max(map(len, counts)), _LEAST_TITLE))
        return [
            f" {'▸' if line is self._now else ' '} {_shortened(line.title, width):<{width}}   {count}"
            for line, count in zip(self.lines, counts, strict=True)
        ]

    def _line_of(self, event: Event) -> Line | None:
        middle_s = (event.start_s + event.end_s) / 2
        for line in self.lines:
            span_s = line.span_s or (inf, inf)
            if line.item.exercise == event.exercise and span_s[0] <= middle_s < span_s[1]:
                return line
        return None
