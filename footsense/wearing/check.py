"""Follows a stream, and says how the sensor is worn as soon as a wearing check in it is over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from footsense.signal.front import slice_samples
from footsense.types import Command, Gap, Grade, Item, Reason, Reference, Samples, StreamInfo
from footsense.wearing.alone import located
from footsense.wearing.findings import findings
from footsense.wearing.path import Path, path_of
from footsense.wearing.prompts import KIND, PROMPTS
from footsense.wearing.shown import Shown, shown

LATER_S = 0.3  # after its end a check is judged: what the filters lag behind, and more
MAX_S = 60.0  # longer is no check
MIN_RATE_HZ = 10.0
_PHASES = (*(p.phase for p in PROMPTS), "end")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check went: when each phase was asked for (in s, in order), what it showed, the Reference it gives
    (None without a stand), and what is wrong with how the sensor is worn."""

    asked_s: tuple[tuple[str, float], ...]
    shown: Shown
    reference: Reference | None
    reasons: tuple[Reason, ...]


class WearingCheck:
    """Takes a stream's items in order; what a guide asked for is told by its commands, `wearing` with the field
    `phase`: `stand`, `lift`, `circle`, `settle`, `end`. Not `told`, the phases are looked for in the first
    MAX_S of the samples, once a second of them.

    `process` returns the Outcome with the sample that brings it, LATER_S after the end. It does not depend on
    how the stream is cut, and a shift of all times shifts its times alone. A hole in the data makes a check
    void. `before` is the reference of an earlier wearing of the same sensor.
    """

    def __init__(self, before: Reference | None = None, *, told: bool = True) -> None:
        self._before = before
        self._info: StreamInfo | None = None
        self._asked_s: dict[str, float] = {}
        self._kept: list[Samples] = []
        self._whole = True
        self._seeking = not told

    def process(self, item: Item) -> Outcome | None:
        """The outcome, with the item that makes it known."""
        if isinstance(item, Samples):
            return next((o for part in self.parts(item) if (o := self._take(part)) is not None), None)
        if isinstance(item, StreamInfo):
            self._info = item
        if isinstance(item, StreamInfo | Gap):
            self._interrupt()
        elif isinstance(item, Command):
            self._told(item)
        return None

    @property
    def awaits(self) -> bool:
        """Whether a check is under way or looked for."""
        return self._seeking or bool(self._asked_s)

    def parts(self, samples: Samples) -> Iterator[Samples]:
        """The samples divided after each of them that may bring the outcome."""
        start = 0
        while start < len(samples):
            stop = self._stop(samples, start)
            yield slice_samples(samples, start, stop)
            start = stop

    def flush(self) -> Outcome | None:
        """The outcome of a check whose last samples the end of the stream took."""
        if self._seeking and self._kept:
            self._seek()
        return self._judged() if "end" in self._asked_s else None

    def _stop(self, samples: Samples, start: int) -> int:
        if self._seeking and self._info is not None:
            second = max(1, round(self._info.rate_hz))
            return min(len(samples), start + second - (samples.first + start) % second)
        if "end" in self._asked_s:
            before = int((samples.t_s[start:] < self._asked_s["end"] + LATER_S).sum())
            return min(len(samples), start + before + 1)
        return len(samples)

    def _interrupt(self) -> None:
        self._whole = self._whole and not self._asked_s
        if self._seeking:
            self._kept = []

    def _told(self, command: Command) -> None:
        phase, t_s = command.fields.get("phase"), command.fields.get("t_s")
        if command.kind != KIND or not isinstance(t_s, int | float):
            return
        if phase == _PHASES[0]:
            self._asked_s, self._kept, self._whole, self._seeking = {}, [], True, False
        if isinstance(phase, str) and (self._asked_s or phase == _PHASES[0]):
            self._asked_s.setdefault(phase, float(t_s))

    def _take(self, samples: Samples) -> Outcome | None:
        if not self._asked_s and not self._seeking:
            return None
        self._kept.append(samples)
        if self._seeking and self._info is not None:
            return self._sought(samples, max(1, round(self._info.rate_hz)))
        if samples.t_s[-1] >= self._asked_s.get("end", float("inf")) + LATER_S:
            return self._judged()
        if samples.t_s[-1] - self._asked_s[_PHASES[0]] > MAX_S:
            self._asked_s, self._kept = {}, []
        return None

    def _sought(self, samples: Samples, second: int) -> Outcome | None:
        """Whether with the last of the samples there is a check in what was kept."""
        if samples.t_s[-1] - self._kept[0].t_s[0] > MAX_S:
            self._seeking, self._kept = False, []
        elif (samples.first + len(samples)) % second == 0:
            self._seek()
        return self._judged() if self._asked_s else None

    def _seek(self) -> None:
        """Take a check in what was kept as one that was asked for."""
        start_s, path = self._path()
        asked_s = located(path) if self._rate_hz >= MIN_RATE_HZ else None
        if asked_s is not None:
            self._seeking = False
            self._asked_s = {phase: t + start_s for phase, t in asked_s.items()}

    @property
    def _rate_hz(self) -> float:
        return 0.0 if self._info is None else self._info.rate_hz

    def _path(self) -> tuple[float, Path]:
        """What was kept, by times from its first sample on, so that a shift of all changes no last bit."""
        start_s = float(self._kept[0].t_s[0])
        return start_s, path_of([replace(k, t_s=k.t_s - start_s) for k in self._kept], self._rate_hz)

    def _judged(self) -> Outcome | None:
        asked_s, whole, info = self._asked_s, self._whole, self._info
        self._asked_s = {}
        times = [asked_s.get(phase, float("nan")) for phase in _PHASES]
        if info is None or info.rate_hz < MIN_RATE_HZ or not self._kept:
            return None
        if not all(a < b for a, b in pairwise(times)):
            return None
        asked = tuple(zip(_PHASES, times, strict=True))
        if not whole:
            text = "samples are missing in the wearing check; keep the sensor near and repeat it"
            return Outcome(asked, Shown(None), None, (Reason("gaps", text, Grade.GOOD),))
        start_s, path = self._path()
        self._kept = []
        seen = shown(path, {p: t - start_s for p, t in asked_s.items()})
        return Outcome(asked, seen, seen.reference(), findings(seen, info, self._before))
