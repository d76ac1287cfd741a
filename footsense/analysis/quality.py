"""What lowers the grade of a recording whatever the exercise, and how reasons add up to a grade."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from footsense.analysis.facts import Watcher
from footsense.exercises.base import About
from footsense.recording.mcap import Scan
from footsense.recording.model import Recording
from footsense.types import Grade, Placement, Reason

MIN_DURATION_S = 2.0
MIN_RATE_HZ = 10.0
_CLIPPED_SHARE = 0.01
_LOST_SHARE, _LOST_TOO_MUCH = 0.05, 0.5
_FILLED_SHARE = 0.2
_UNEVEN_SHARE = 0.1
_SPAN_SHARE = 0.5
_CONSTANT_S = 10.0
_FORCE_G = (0.5, 2.0)
_HOLE_S, _AROUND_S = 0.25, 3.0


def common_reasons(watcher: Watcher, what: str = "the recording") -> list[Reason]:
    """Reasons that lie in the data alone; `what` was watched."""
    facts = watcher.facts()
    reasons = []
    if facts.duration_s < MIN_DURATION_S:
        text = f"{what} lasts {facts.duration_s:.3g} s; at least {MIN_DURATION_S:g} s are needed"
        reasons.append(Reason("too-short", text, Grade.NOT_VERIFIABLE))
    elif facts.rate_hz < MIN_RATE_HZ:
        text = f"{facts.rate_hz:.3g} samples a second are too few; at least {MIN_RATE_HZ:g} are needed"
        reasons.append(Reason("rate", text, Grade.NOT_VERIFIABLE))
    reasons += _constant(watcher, what) + _scale(watcher)
    return reasons + _holes(watcher) + _times(watcher) + _clipping(watcher) + _stuck(watcher)


def _constant(watcher: Watcher, what: str) -> list[Reason]:
    """Of a sensor that is worn no two seconds are the same: noise alone moves more than a count."""
    if not watcher.constant or watcher.duration_s < _CONSTANT_S:
        return []
    text = f"every sample of {what} is the same: the sensor does not measure, or nobody wore it"
    return [Reason("constant", text, Grade.NOT_VERIFIABLE)]


def _scale(watcher: Watcher) -> list[Reason]:
    if not watcher.facts().samples or _FORCE_G[0] <= watcher.force_g <= _FORCE_G[1]:
        return []
    about = "above 4" if watcher.force_g > 4.0 else f"{watcher.force_g:.2f}"
    text = f"the force at rest has to be 1 g and is {about} g; are the units right, and is gravity in it?"
    return [Reason("scale", text, Grade.NOT_VERIFIABLE)]


def cut_reasons(
    gaps: Sequence[tuple[float, float]], spans: Iterable[tuple[str, float, float]]
) -> Iterator[Reason]:
    """Holes, too long to fill, in or near the spans (exercise, start_s, end_s) in which one was done."""
    for exercise, start_s, end_s in spans:
        a, b = start_s - _AROUND_S, end_s + _AROUND_S
        cut = [g[1] - g[0] for g in gaps if g[1] - g[0] > _HOLE_S and a < g[1] and g[0] < b]
        if cut:
            holes = "a hole" if len(cut) == 1 else f"{len(cut)} holes"
            text = f"{holes} of up to {max(cut):.1f} s in {exercise}: a repetition in it was not counted"
            yield Reason("gaps", text, Grade.POOR, (start_s, end_s), exercise)


def _holes(watcher: Watcher) -> list[Reason]:
    whole = max(watcher.duration_s, 1e-9)
    lost = watcher.lost_s / whole
    if lost > _LOST_SHARE:
        grade = Grade.NOT_VERIFIABLE if lost > _LOST_TOO_MUCH else Grade.POOR
        text = f"{lost:.0%} of the time no samples came; keep the sensor nearer to the receiver"
        return [Reason("gaps", text, grade)]
    filled = watcher.filled / max(1, watcher.filled + watcher.facts().samples)
    if filled > _FILLED_SHARE:
        return [Reason("gaps", f"{filled:.0%} of the samples are missing, one here and there", Grade.POOR)]
    return []


def _times(watcher: Watcher) -> list[Reason]:
    share = watcher.uneven / max(1, watcher.facts().samples)
    if share <= _UNEVEN_SHARE:
        return []
    text = f"{share:.0%} of the time stamps are uneven, as if they told when samples arrived"
    return [Reason("uneven-times", text, Grade.POOR)]


def _clipping(watcher: Watcher) -> list[Reason]:
    share = watcher.clipped / max(1, watcher.facts().samples)
    share = max(share, min(1.0, watcher.at_end_s / max(watcher.duration_s, 1e-9)))
    if share <= _CLIPPED_SHARE:
        return []
    text = f"{share:.1%} of the samples stand at the end of the accelerometer's range; choose a larger range"
    return [Reason("range-clipped", text, Grade.POOR)]


def _stuck(watcher: Watcher) -> list[Reason]:
    return [_stuck_axis(watcher, axis) for axis in dict.fromkeys(axis for axis, _, _ in watcher.stuck)]


def _stuck_axis(watcher: Watcher, axis: str) -> Reason:
    spans = [(a, b) for name, a, b in watcher.stuck if name == axis]
    which = f"axes {axis}" if "," in axis else f"axis {axis}"
    text = f"{which} kept one value for {sum(b - a for a, b in spans):.1f} s while others moved"
    return Reason("stuck-axis", text, Grade.POOR, (spans[0][0], spans[-1][1]))


def file_reasons(file: Recording | Scan) -> list[Reason]:
    """Reasons that lie in the file: stretches that the reader could not take, and an end that is missing, of
    the file or of the link.

    Without its end what there is stays good; what came after is not known.
    """
    reasons, damage = [], file.damage
    if damage:
        # messages missing after a stretch that was not taken are that stretch's
        apart = 1 + sum(b.start_byte > a.end_byte for a, b in pairwise(damage))
        places = "one place" if apart == 1 else f"{apart} places"
        text = f"the file is damaged in {places} ({damage[0].what}); what stood there is missing"
        reasons.append(Reason("damaged", text, Grade.POOR))
    if not file.closed:
        text = "the recording was never closed, or its end was cut off; what came after is not in it"
        reasons.append(Reason("not-closed", text, Grade.GOOD))
    if file.gone:
        text = "the link to the sensor was lost and did not come back; what was done after is not in it"
        reasons.append(Reason("link-lost", text, Grade.GOOD))
    return reasons


def exercise_reasons(about: About, placement: Placement | None, rate_hz: float) -> list[Reason]:
    """Reasons that lie in what was asked: where the sensor sat, and how fast it sampled."""
    reasons = []
    grade = Grade.GOOD if placement is None else about.placements.get(placement, Grade.GOOD)
    if grade is not Grade.GOOD:
        better = _better_placement(about)
        how = "does not show" if grade is Grade.NOT_VERIFIABLE else "shows only weakly"
        text = f"a sensor on the {placement} {how} {about.exercise}{better}"
        reasons.append(Reason("placement", text, grade, None, about.exercise))
    if MIN_RATE_HZ <= rate_hz < about.min_rate_hz:
        text = f"{rate_hz:.3g} samples a second; {about.exercise} wants {about.min_rate_hz:g} or more"
        reasons.append(Reason("rate", text, Grade.POOR, None, about.exercise))
    return reasons


def slowness(exercises: Iterable[About], rate_hz: float) -> str:
    """A line on what a sensor of this rate cannot show of these exercises; empty where it is nothing."""
    if rate_hz < MIN_RATE_HZ:
        return (
            f"it samples at {rate_hz:.3g} Hz, and at least {MIN_RATE_HZ:g} are needed to count anything: the "
            "recording will not be verifiable"
        )
    slow = [f"{about.exercise} ({about.min_rate_hz:g})" for about in exercises if rate_hz < about.min_rate_hz]
    if not slow:
        return ""
    return f"it samples at {rate_hz:.3g} Hz, which is few for {', '.join(slow)}: the count may be off"


def _better_placement(about: About) -> str:
    good = [p for p in ("foot", "ankle", "shank") if about.placements.get(p, Grade.GOOD) is Grade.GOOD]
    return f"; wear it on the {good[0]}" if good else ""


def grade_of(reasons: Iterable[Reason], duration_s: float) -> Grade:
    """The worst of the reasons; what speaks of less than half of the recording makes it poor at most."""
    worst = Grade.GOOD
    for reason in reasons:
        grade = reason.grade
        if grade is Grade.NOT_VERIFIABLE and reason.span_s is not None:
            part = reason.span_s[1] - reason.span_s[0]
            grade = grade if part > _SPAN_SHARE * duration_s else Grade.POOR
        if grade is Grade.NOT_VERIFIABLE or worst is Grade.GOOD:
            worst = grade
    return worst
