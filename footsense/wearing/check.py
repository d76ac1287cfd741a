"""Follows a stream, and says how the sensor is worn as soon as a wearing check in it is over."""

from dataclasses import dataclass, replace

from footsense.signal.front import slice_samples
from footsense.types import Command, Gap, Grade, Item, Reason, Reference, Samples, StreamInfo
from footsense.wearing.findings import findings
from footsense.wearing.path import path_of
from footsense.wearing.prompts import KIND, PROMPTS
from footsense.wearing.shown import Shown, shown

LATER_S = 0.3  # after its end a check is judged: what the filters lag behind, and more
MAX_S = 60.0  # longer is no check
_PHASES = tuple(p.phase for p in PROMPTS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check went: when, what it showed, the Reference it gives (None without a stand), and what is wrong
    with how the sensor is worn."""

    start_s: float
    end_s: float
    shown: Shown
    reference: Reference | None
    reasons: tuple[Reason, ...]


class WearingCheck:
    """Takes a stream's items in order; what a guide asked for is told by its commands, `wearing` with the field
    `phase`: `stand`, `lift`, `circle`, `settle`, `end`.

    `process` returns the Outcome with the samples that bring it, LATER_S after the end. It does not depend on
    how the stream is cut, and a shift of all times shifts its times alone. A hole in the data makes a check
    void. `before` is the reference of an earlier wearing of the same sensor.
    """

    def __init__(self, before: Reference | None = None) -> None:
        self._before = before
        self._info: StreamInfo | None = None
        self._asked_s: dict[str, float] = {}
        self._kept: list[Samples] = []
        self._whole = True

    def process(self, item: Item) -> Outcome | None:
        """The outcome, with the item that makes it known."""
        if isinstance(item, StreamInfo):
            self._whole = self._whole and not self._kept
            self._info = item
        elif isinstance(item, Gap):
            self._whole = self._whole and not self._asked_s
        elif isinstance(item, Command):
            self._told(item)
        elif isinstance(item, Samples) and len(item) and self._asked_s:
            return self._take(item)
        return None

    def flush(self) -> Outcome | None:
        """The outcome of a check whose last samples the end of the stream took."""
        return self._judged() if "end" in self._asked_s else None

    def _told(self, command: Command) -> None:
        phase, t_s = command.fields.get("phase"), command.fields.get("t_s")
        if command.kind != KIND or not isinstance(t_s, int | float):
            return
        if phase == _PHASES[0]:
            self._asked_s, self._kept, self._whole = {}, [], True
        if isinstance(phase, str) and (self._asked_s or phase == _PHASES[0]):
            self._asked_s.setdefault(phase, float(t_s))

    def _take(self, samples: Samples) -> Outcome | None:
        end_s = self._asked_s.get("end")
        if end_s is None:
            self._kept.append(samples)
            if samples.t_s[-1] - self._asked_s[_PHASES[0]] > MAX_S:
                self._asked_s, self._kept = {}, []
            return None
        due = int((samples.t_s < end_s + LATER_S).sum())
        self._kept.append(slice_samples(samples, 0, due))
        return self._judged() if due < len(samples) else None

    def _judged(self) -> Outcome | None:
        asked_s, kept, whole = self._asked_s, [k for k in self._kept if len(k)], self._whole
        self._asked_s, self._kept, self._whole = {}, [], True
        if self._info is None or not kept or any(p not in asked_s for p in _PHASES):
            return None
        span = asked_s[_PHASES[0]], asked_s["end"]
        if not whole:
            text = "samples are missing in the wearing check; keep the sensor near and repeat it"
            return Outcome(*span, Shown(None), None, (Reason("gaps", text, Grade.GOOD),))
        start_s = float(kept[0].t_s[0])
        # times from the first sample on, so that a shift of all of them changes no last bit
        near = [replace(k, t_s=k.t_s - start_s) for k in kept]
        seen = shown(path_of(near, self._info.rate_hz), {p: t - start_s for p, t in asked_s.items()})
        return Outcome(*span, seen, seen.reference(), findings(seen, self._info, self._before))
