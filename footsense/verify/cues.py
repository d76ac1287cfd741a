"""Which of the holds that were counted followed a cue. One hold answers one cue, and the other way round.

A cue never makes a hold: what is matched was counted by the detector, which sees no cue, and is as long as
the routine asks for. Nor does it settle a doubt about the data: a poor grade is never complete. Weaker
movements after a cue are not looked for: with thresholds low enough to bring back 27 of 71 missed presses,
simulated standing gave seven times as many candidates (60 sets, 2 h).
"""

from collections.abc import Iterable, Sequence
from math import inf

from footsense.analysis import Analysis
from footsense.cues import Cue
from footsense.types import Side

Span = tuple[float, float]

# From the cue to the plateau, s: people react within 0.2 to 0.8 s and get there within about 2 s. Sooner is
# no reaction, later is something else.
SOONEST_S, LATEST_S = 0.2, 3.0
MATCHED = {"top-presses"}  # exercises of which that is done


def presses(cues: Iterable[Cue], exercise: str, side: Side | None) -> list[Cue]:
    """The cues that ask for a hold of this exercise, in a sensor's own time, in order; none for one that is not
    matched."""
    if exercise not in MATCHED:
        return []
    asked = (c for c in cues if c.asks == "press" and c.exercise == exercise and c.side in (None, side))
    return sorted(asked, key=lambda c: c.t_s)


def answers(spans: Iterable[Span], cues: Sequence[Cue]) -> frozenset[Span]:
    """The holds, as (start_s, end_s), that answer one of these cues (in order): the first to begin within the
    window after it, and before the next one is given."""
    waiting = sorted(spans)
    found: set[Span] = set()
    ends = [*(c.t_s for c in cues), inf][1:]
    for cue, next_s in zip(cues, ends, strict=True):
        first_s, last_s = cue.t_s + SOONEST_S, min(cue.t_s + LATEST_S, next_s)
        found |= set([span for span in waiting if first_s <= span[0] <= last_s][:1])
    return frozenset(found)


def given(analyses: Iterable[Analysis], exercise: str, side: Side | None) -> int:
    """How many cues there were for the sensor on this side; where its side is not known, for one sensor."""
    sides: list[Side | None] = [side] if side is not None else [None, "left", "right"]
    return sum(max([len(presses(a.cues, exercise, s)) for s in sides]) for a in analyses)
