"""Pencil pick-ups: grip a pencil with the toes, lift the foot, hold, drop it.

The whole leg is the lever. While it brakes at the end of the lift and starts to come down, an accelerometer
leans back towards rest; without a gyro that hides the first and the last 0.3 of the time that the fast middle
of the movement takes (in two simulated wearers independent of each other; not measured on people).
"""

from dataclasses import replace
from typing import ClassVar

from footsense.exercises._holding import FEW, RECENT_S, Attributes, HoldDetector, like
from footsense.exercises.base import About
from footsense.signal.plateau import Hold
from footsense.types import Event, Grade, Reason

LEAN, MOST_S = 0.3, 0.3
LIFT_M = 0.05  # a foot that is up by so much was lifted, however little it tilted: from the hip it hardly does
RESTLESS = 18  # movements within RECENT_S; sets that can be counted have up to 16, sitting and standing 14


class PencilPickups(HoldDetector):
    about: ClassVar[About] = About(
        exercise="pencil-pickups",
        kind="hold",
        title="Pencil pick-ups",
        sentence="Grip a pencil with the toes, lift it and hold it up.",
        min_rate_hz=10.0,
        not_seen=("the pencil", "the grip of the toes"),
    )

    def _is_wide(self, hold: Hold) -> bool:
        return super()._is_wide(hold) or hold.height_m >= LIFT_M

    def reasons(self) -> tuple[Reason, ...]:
        """Lifts that were none, not seen from the floor on or not at all, beside what all holds share."""
        return super().reasons() + self._lowered() + self._unlifted() + self._restless()

    def _lowered(self) -> tuple[Reason, ...]:
        """A foot comes down to rest, it is not held there: the lift was taken for rest. One that is like
        others that were up was up, too: the height is inexact."""
        up = [h for h in self.found if h.height_m >= LIFT_M]
        lowered = sum(h.height_m <= -LIFT_M and like(h, up) < FEW for h in self.found)
        if not lowered:
            return ()
        text = f"in {lowered} of {len(self.found)} holds the foot had come down; hold the lifted leg still"
        return (Reason("unlike", text, Grade.POOR),)

    def _restless(self) -> tuple[Reason, ...]:
        """Nothing held, but more movement than of who keeps still: a leg lifted from the hip may sway as far
        as it tilts."""
        moved = [] if self.found else sorted(self.tracker.state.departed_s)
        if not any(b - a <= RECENT_S for a, b in zip(moved, moved[RESTLESS - 1 :], strict=False)):
            return ()
        text = f"none of {len(moved)} movements was held, as in swaying; hold the lifted leg still"
        return (Reason("sway", text, Grade.POOR),)

    def _unlifted(self) -> tuple[Reason, ...]:
        """Reached from swaying, no higher than that: the lift was before, and how much of it is unknown."""
        late = sum(h.rise_s == 0.0 and h.height_m < LIFT_M for h in self.found)
        if not late:
            return ()
        text = f"{late} of {len(self.found)} lifts were seen in part: the leg swayed as far; hold it still"
        return (Reason("sway", text, Grade.POOR),)

    def _held_s(self) -> float:
        held_s, p = super()._held_s(), self.tracker.state.plateau
        return held_s + _hidden_s(p.rise_s) if held_s and p and not self.info.has_gyro else held_s

    def _event(self, hold: Hold, attributes: Attributes) -> Event:
        if self.info.has_gyro:
            return super()._event(hold, attributes)
        hidden_s = _hidden_s(hold.rise_s)
        before = [h.decided_s for h in self.found if h.decided_s <= hold.start_s]
        start_s = max([hold.start_s - hidden_s, *before])
        end_s = min(hold.end_s + hidden_s, hold.decided_s)
        return super()._event(replace(hold, start_s=start_s, end_s=end_s), attributes)


def _hidden_s(rise_s: float) -> float:
    return min(LEAN * rise_s, MOST_S)
