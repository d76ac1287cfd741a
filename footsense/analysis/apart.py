"""One exercise at a time, where a recording holds several.

What a detector says against the data is asked of the stretch in which its exercise was done, because elsewhere
it sees other movements.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from footsense.analysis.model import Analysis
from footsense.analysis.quality import grade_of
from footsense.engine import Engine
from footsense.signal.front import slice_samples
from footsense.types import Gap, Item, Reason, Samples, StreamInfo

_BEFORE_S, _AFTER_S = 8.0, 4.0  # so that a detector learns the rest before, and decides the last event


@dataclass(slots=True)
class _Stretch:
    exercise: str
    start_s: float
    end_s: float
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine([self.exercise])

    def show(self, item: Item) -> None:
        """Let the detector see what of the item lies in the stretch, with some time before and after."""
        begin_s, end_s = self.start_s - _BEFORE_S, self.end_s + _AFTER_S
        if isinstance(item, StreamInfo) or (isinstance(item, Gap) and begin_s < item.start_s < end_s):
            self.engine.process(item)
        elif isinstance(item, Samples):
            a, b = np.searchsorted(item.t_s, [begin_s, end_s]).tolist()
            if b > a:
                self.engine.process(slice_samples(item, a, b))

    def reasons(self) -> Iterator[Reason]:
        self.engine.flush()
        for reason in self.engine.reasons()[self.exercise]:
            yield replace(reason, exercise=self.exercise, span_s=(self.start_s, self.end_s))


def reasons_within(
    items: Iterator[Item], stretches: Sequence[tuple[str, float, float]]
) -> list[tuple[Reason, ...]]:
    """For each stretch, (exercise, start_s, end_s), what its detector says against the data there."""
    watched = [_Stretch(*s) for s in stretches]
    if not watched:
        return []
    for item in items:
        for stretch in watched:
            stretch.show(item)
    return [tuple(stretch.reasons()) for stretch in watched]


def by_exercise(analysis: Analysis) -> list[Analysis]:
    """An analysis in which exercises were recognised, as one for each of them, and one for the rest, which says
    that nothing else was recognised. One that was told its exercise stays as it is."""
    if analysis.exercise is not None:
        return [analysis]
    names = dict.fromkeys(s.exercise for s in analysis.segments)
    return [*(_part(analysis, name) for name in names), _part(analysis, None)]


def _part(analysis: Analysis, exercise: str | None) -> Analysis:
    reasons = tuple(r for r in analysis.reasons if r.exercise in (None, exercise))
    return replace(
        analysis,
        exercise=exercise,
        events=tuple(e for e in analysis.events if e.exercise == exercise),
        segments=tuple(s for s in analysis.segments if s.exercise == exercise),
        reasons=reasons,
        grade=grade_of(reasons, analysis.recording.duration_s),
    )
