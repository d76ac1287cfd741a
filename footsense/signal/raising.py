"""Up onto the toes before a walk, and down again after it: both without a swing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from footsense.signal.gait import StepTracker
from footsense.signal.landing import ACC, ENV, JERK, Landing
from footsense.signal.stands import Stand, cosine, cosines
from footsense.types import Floats


@dataclass(frozen=True, slots=True)
class RaisingParams:
    """Tuning; knows no rate.

    Before a bout the wearer rose if within `rises_s` the posture went from the flat stand to one beyond
    `risen_cos` of it, with no movement of the share `rises` of the first swing's, and that swing began within
    `pause_s`; who rises until then is up `ready_s` before it. Postures are taken over `half_s` either way.

    The heels came down, and it was no step, if the posture was beyond `risen_cos` of the flat stand before and
    is near it afterwards (by the share `down`), where it stays for `stays_s`, and the movement between took up
    to `drops_s`: a swing takes longer, with the push-off before it. It is where the jerk is above the share
    `moves` of its greatest, with pauses up to `apart_s`. They went up likewise, within `soon_s` of the stand,
    if there was no impact of `soft_g`.
    """

    risen_cos: tuple[float, float] = (0.99, 0.9976)  # 8° on the foot, 4° on the leg
    rises: float = 0.5
    rises_s: float = 2.4
    ready_s: float = 0.3
    pause_s: float = 2.0
    half_s: float = 0.06
    moves: float = 0.1
    apart_s: float = 0.16
    drops_s: float = 0.6
    before_s: float = 0.9
    after_s: float = 0.25
    stays_s: float = 0.9
    down: float = 0.3
    soon_s: float = 0.5
    soft_g: float = 0.1


class Rise(NamedTuple):
    """The postures (3,) of a wearer who stood flat and then rose, and half the square of the way between."""

    flat: Floats
    raised: Floats
    length: float

    def share(self, posture: Floats) -> float:
        """How far on the way from the flat stand (0) to the posture risen to (1) a stance is."""
        return 0.5 + 0.5 * (cosine(posture, self.raised) - cosine(posture, self.flat)) / self.length


class Raising:
    """Looks at how the wearer came to a landing. Keeps nothing."""

    def __init__(self, *, on_foot: bool) -> None:
        self.params = RaisingParams()
        self._risen_cos = self.params.risen_cos[not on_foot]

    def risen(self, landing: Landing, stands: Sequence[Stand], tracker: StepTracker) -> Rise | None:
        """How a wearer rose before the first step of a bout: in one of the `stands`, and soon after, with no
        swing between, in another posture where there was least movement before that step, or shortly before its
        swing, should the rise itself have been going on there."""
        p, found = self.params, None
        if landing.land - landing.still > tracker.slow_index(p.pause_s):
            return None
        for at in (landing.still, landing.swing - tracker.slow_index(p.ready_s)):
            raised = self.posture(at, tracker)
            if raised is None:
                continue
            before = tracker.slow.view(at - tracker.slow_index(p.rises_s), at + tracker.slow_index(p.half_s))
            if before[ENV].max() >= p.rises * landing.peak_gps:
                continue
            for flat in stands:
                risen = cosine(flat.posture, raised)
                stood = cosines(before[ACC], flat.posture[:, None]).max() >= 0.75 + 0.25 * risen
                if stood and risen <= (self._risen_cos if found is None else 1.0 - found.length):
                    found = Rise(flat.posture, raised, 1.0 - risen)
        return found

    def came_down(self, landing: Landing, posture: Floats, flat: Floats, tracker: StepTracker) -> bool:
        """Whether the heels came down here, from tiptoe to the `flat` posture (3,), and no foot landed;
        `posture` (3,) is that afterwards."""
        raised = self.posture(landing.still, tracker)
        stays = landing.end_s - landing.start_s >= self.params.stays_s
        return stays and raised is not None and self._between(landing, flat, raised, posture, tracker)

    def went_up(self, landing: Landing, posture: Floats, stand: Stand, tracker: StepTracker) -> bool:
        """Whether the heels went up here, right after a flat `stand`, to the `posture` (3,), and no foot
        landed."""
        flat = self.posture(landing.still, tracker)
        soon = landing.still - stand.end <= tracker.slow_index(self.params.soon_s)
        soft = landing.impact_g < self.params.soft_g
        return (
            soon and soft and flat is not None and self._between(landing, stand.posture, posture, flat, tracker)
        )

    def _between(
        self, landing: Landing, flat: Floats, raised: Floats, again: Floats, tracker: StepTracker
    ) -> bool:
        """Whether a foot went between a posture `raised` (3,) against the `flat` one and one near that, `again`
        (3,), in less time than a swing takes."""
        length = 1.0 - cosine(flat, raised)
        if length < 1.0 - self._risen_cos or Rise(flat, raised, length).share(again) >= self.params.down:
            return False
        return self._moved(landing, tracker) <= tracker.slow_index(self.params.drops_s)

    def posture(self, at: int, tracker: StepTracker) -> Floats | None:
        """The sum (3,) of the specific force around a slow index, None where it is no longer known."""
        half = tracker.slow_index(self.params.half_s)
        if at - half < tracker.slow.start:
            return None
        return np.asarray(tracker.slow.view(at - half, at + half + 1)[ACC].sum(axis=1))

    def _moved(self, landing: Landing, tracker: StepTracker) -> int:
        """For how many slow samples there was movement until a foot rested after a landing."""
        p, apart = self.params, tracker.slow_index(self.params.apart_s)
        start = landing.land - tracker.slow_index(p.before_s)
        jerk = tracker.slow.view(start, landing.land + tracker.slow_index(p.after_s))[JERK]
        moving = np.flatnonzero(jerk >= p.moves * jerk.max())
        pauses = np.flatnonzero(np.diff(moving) > apart)
        return int(moving[-1] - moving[pauses[-1] + 1 if len(pauses) else 0]) + 1
