"""Top presses: standing, grip the floor with the toes for a count of three, release.

The instep tilts by some 1.5 to 4°. That is near to what standing people sway, so this exercise is the first to
be declined: where the rest is too unsteady, and where the movements go in all directions. An ankle strap tilts
by less than 1°, which is no more than swaying; movements that stand out there are others.
"""

from statistics import median
from typing import ClassVar

from footsense.exercises._holding import FAINT_DEG, SEEN_DEG, Excursions, HoldDetector
from footsense.exercises.base import About
from footsense.types import Grade, Reason

SMALLEST_PRESS_DEG = 1.5
HELD = 1 / 3, 4  # of swaying less than a quarter is held
COARSE_G = 0.01  # half of what tilting by SMALLEST_PRESS_DEG changes, and a little less


class TopPresses(HoldDetector):
    about: ClassVar[About] = About(
        exercise="top-presses",
        kind="hold",
        title="Top presses",
        sentence="Stand and grip the floor with the toes.",
        min_rate_hz=10.0,
        both_feet=True,
        not_seen=("the grip of the toes",),
        placements={"ankle": Grade.NOT_VERIFIABLE, "shank": Grade.NOT_VERIFIABLE},
    )
    smallest_deg: ClassVar[Excursions] = SEEN_DEG
    max_rise_s: ClassVar[float] = 1.2
    least_held: ClassVar[tuple[float, int]] = HELD

    def reasons(self) -> tuple[Reason, ...]:
        """Noise, resolution and size, beside what all holds share."""
        return super().reasons() + self._noise() + self._coarse()

    def _noise(self) -> tuple[Reason, ...]:
        noises = self.tracker.state.rest_noise_deg
        limit = SMALLEST_PRESS_DEG / (2.0 * self.tracker.params.noise_factor)
        if not noises or median(noises) <= limit:
            return ()
        text = f"at rest the posture varies by {median(noises):.1f}°, too much to see a toe grip; stand still"
        return (Reason("noise", text, Grade.NOT_VERIFIABLE),)

    def _coarse(self) -> tuple[Reason, ...]:
        step_g = median(self.tracker.state.steps_g or [0.0])
        if step_g <= COARSE_G:
            return ()
        text = f"the sensor's steps of {1e3 * step_g:.0f} mg are too coarse for a toe grip; set a smaller range"
        return (Reason("resolution", text, Grade.NOT_VERIFIABLE),)

    def _faint(self) -> tuple[Reason, ...]:
        if not self.found:
            return ()
        middle_deg = median(h.excursion_deg for h in self.found)
        if middle_deg >= FAINT_DEG:
            return ()
        text = f"the instep tilts by {middle_deg:.1f}° only: presses may be missed; wear it nearer the toes"
        return (Reason("faint", text, Grade.NOT_VERIFIABLE),)
