"""What is asked of the simulator, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from footsense.errors import UsageError
from footsense.simulate.body import Person
from footsense.simulate.curves import MAX_DURATION_S
from footsense.text import display
from footsense.types import Floats, Placement, Side

EXERCISES: Mapping[str, str] = {
    "ankle-circles": "turns of the foot, both ways",
    "band-flexes": "legs stretched out, the foot flexed back and held",
    "top-presses": "standing, the toes grip the floor and let go",
    "pencil-pickups": "the foot grips a pencil, is lifted, held, and lowered",
    "toe-walk": "bouts of walking on tiptoe",
}
NEGATIVES: Mapping[str, str] = {
    "walking": "level walking with heel strike, with turns",
    "stairs": "stairs, up or down",
    "sitting": "sitting still, now and then moving a little",
    "standing": "standing, swaying and shifting weight",
    "heel-raises": "standing, up on the toes and down again",
    "chair-rises": "standing up and sitting down, the feet flat",
    "fidget": "restless feet in every direction",
    "pumps": "flexing up and down without holding",
    "driving": "the heel on the floor, the foot on a pedal",
    "leg-swing": "the hanging leg swings",
    "tapping": "the toes tap with the heel on the floor",
    "cycling": "pedalling",
    "other-foot": "the other foot does it, this one rests",
    "shaking": "the sensor shaken in the hand",
    "donning": "the sensor handled, put on, then worn at rest",
}
MOTIONS: Mapping[str, str] = {**EXERCISES, **NEGATIVES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One recording to make. What is None is drawn from the seed.

    The wearer: `motion` is an exercise or one of the negatives; `reps` counts turns (each way), holds, or
    steps of the wearing foot in each bout; `sets` the bouts of steps; `tempo_hz` is turns, pumps or strides a
    second; `hold_s` the meant length of holds; `rest_s` the rest between holds or bouts; `size_deg` the
    amplitude of circles, the excursion of holds, how far the foot points down on tiptoe; `direction` and
    `posture` of circles; `duration_s` of a negative; `tremor` and `restless` scale tremor and fidgeting. `tidy`
    leaves out what a careful person would not do: parts of turns, pauses inside a set, movements too short to
    be a hold, slips, long rests. `person_seed` keeps the person the same over several recordings.

    What differs between people and days; the defaults are a grown-up who does as asked for. `stature_m`;
    `supple` scales how far the ankle goes, `uneven` how much repetitions differ. `fatigue` is the share of the
    size lost from the first to the last repetition (negative: it grows).

    * Of circles: `roundness` is width to length, `egg` makes one end narrower (0.5 an egg, 0.8 a drop), `lilt`
      is how uneven the speed is around the circle, `jerky` how nearly the foot stops at corners of each turn,
      `wander` how far the centre moves (share of the size), `leg` the share that the leg makes, `tempo_drift`
      the natural log of the tempo's change over a set.
    * Of holds: `slow` scales the time to enter and leave, `return_off` how far beside rest the foot comes to
      rest afterwards (rms share of the excursion).
    * Of steps: `step_length` is a scale, `shuffle` how little the foot is lifted, `toe_out_deg` how far it
      points outwards, `swing_share` the share of a stride in the air, `lively` how much the foot rolls, turns
      and is jolted, and how rough the moves of holds are (0: schematic; about 1 in recordings of people),
      `lingers_s` how much longer one stands still on tiptoe before the first step.
    * Chances, for each repetition: `hesitations` (stops for less than a second within a turn, on the way into
      a hold or out of it; between steps, for longer), `reversals` (goes back by a part of a turn, then on),
      `false_starts` (begins, goes back the same way, begins again), `dips` (gives way in a hold for longer than
      the 0.3 s that are allowed), `stumbles`; `shifts` of the seat or leg in a rest. `hurried` cuts rests
      short. `begin_s` are times before which the flexes or presses do not begin, one for
      each; `duration_s` then says how long the recording lasts at least.

    The device: `rate_hz` (10 to 400), `gyro`, `acc_range_g` and `gyr_range_dps` (clip), `bits` of resolution,
    `noise` and `bias` scale what is drawn, `drift` slow changes of the offsets while it warms up, `acc_scale`
    and `gyr_scale` are rms errors of the axes' scale. `loss` is the share of samples lost, in packets or in
    holes of the mean length `burst_s`; `gaps_s` are holes (start, length), `jitter` the rms error of stamps in
    sample periods, `clock_error` the share by which the recording's clock is fast: truth is told by that clock.

    On the leg: `mounting` is a unit quaternion (w, x, y, z), body from sensor. `slop` scales the strap's play,
    `strap_hz` and `strap_damping` (share of critical) are the resonance of a sensor on its strap; it turns by
    `slip_deg` in sudden slips within the recording and by `creep_deg` slowly. `worn` is the foot that really
    wears the sensor, and does it, where that is not the declared `side`.
    """

    motion: str
    seed: int = 0
    person_seed: int | None = None
    placement: Placement = "foot"
    side: Side = "right"
    reps: int | None = None
    sets: int | None = None
    tempo_hz: float | None = None
    hold_s: float | None = None
    rest_s: float | None = None
    begin_s: tuple[float, ...] = ()
    size_deg: float | None = None
    posture: Literal["hanging", "stretched", "crossed"] | None = None
    direction: Literal["cw", "ccw", "both"] = "both"
    duration_s: float | None = None
    tremor: float = 1.0
    restless: float = 1.0
    tidy: bool = False
    stature_m: float | None = None
    supple: float = 1.0
    uneven: float = 1.0
    roundness: float | None = None
    egg: float = 0.0
    lilt: float | None = None
    jerky: float = 0.0
    wander: float = 0.0
    leg: float = 0.0
    fatigue: float = 0.0
    tempo_drift: float = 0.0
    hesitations: float = 0.0
    reversals: float = 0.0
    false_starts: float = 0.0
    shifts: float = 0.0
    hurried: bool = False
    dips: float = 0.0
    slow: float = 1.0
    return_off: float = 0.0
    stumbles: float = 0.0
    step_length: float = 1.0
    shuffle: float = 0.0
    toe_out_deg: float = 0.0
    swing_share: float | None = None
    lively: float = 0.0
    lingers_s: float = 0.0
    rate_hz: float = 100.0
    gyro: bool = True
    acc_range_g: float = 8.0
    bits: int = 16
    noise: float = 1.0
    bias: float = 1.0
    slop: float = 1.0
    loss: float = 0.0
    jitter: float = 0.0
    gaps_s: tuple[tuple[float, float], ...] = ()
    mounting: tuple[float, float, float, float] | None = None
    burst_s: float | None = None
    clock_error: float = 0.0
    strap_hz: float | None = None
    strap_damping: float = 0.3
    slip_deg: float = 0.0
    creep_deg: float = 0.0
    acc_scale: float = 0.0
    gyr_scale: float = 0.0
    drift: float = 0.0
    gyr_range_dps: float = 2000.0
    worn: Side | None = None

    def __post_init__(self) -> None:
        if self.motion not in MOTIONS:
            raise UsageError(f"cannot simulate '{display(self.motion)}'; known are: {', '.join(MOTIONS)}")
        for name, low, high in _BOUNDS:
            _check(name, getattr(self, name), low, high)
        for name, among in _CHOICES.items():
            if getattr(self, name) not in among:
                *first, last = [a for a in among if a is not None]
                known = f"{', '.join(first)} or {last}"
                raise UsageError(f"{name} is '{display(getattr(self, name))}'; it is {known}")
        if self.mounting is not None and not 1e-6 < sum(x * x for x in self.mounting) < 1e6:
            raise UsageError("mounting is no rotation; give a quaternion (w, x, y, z) of unit length")
        if any(not at >= 0.0 or not length > 0.0 for at, length in self.gaps_s):
            raise UsageError("gaps_s are pairs of a start and a length above 0, in s")


_CHOICES = {
    "posture": (None, "hanging", "stretched", "crossed"),
    "direction": ("cw", "ccw", "both"),
    "placement": ("foot", "ankle", "shank"),
    "side": ("left", "right"),
    "worn": (None, "left", "right"),
}
_WHOLE = ("seed", "person_seed", "reps", "sets", "bits")
_BOUNDS = (
    ("seed", 0, 2**63 - 1),
    ("reps", 1, 2000),
    ("sets", 1, 100),
    ("tempo_hz", 0.1, 3.0),
    ("hold_s", 0.0, 600.0),
    ("rest_s", 1.0, 600.0),
    ("size_deg", 0.5, 60.0),
    ("duration_s", 2.0, MAX_DURATION_S),
    ("tremor", 0.0, 20.0),
    ("restless", 0.0, 20.0),
    ("rate_hz", 10.0, 400.0),
    ("acc_range_g", 1.0, 200.0),
    ("bits", 8, 24),
    ("noise", 0.0, 100.0),
    ("bias", 0.0, 100.0),
    ("slop", 0.0, 20.0),
    ("loss", 0.0, 0.9),
    ("jitter", 0.0, 0.2),
    ("stature_m", 0.9, 2.2),
    ("supple", 0.3, 2.0),
    ("roundness", 0.0, 1.0),
    ("egg", 0.0, 0.9),
    ("lilt", 0.0, 0.8),
    ("jerky", 0.0, 0.95),
    ("wander", 0.0, 0.5),
    ("leg", 0.0, 0.5),
    ("fatigue", -0.8, 0.8),
    ("tempo_drift", -1.0, 1.0),
    ("hesitations", 0.0, 1.0),
    ("reversals", 0.0, 1.0),
    ("false_starts", 0.0, 1.0),
    ("shifts", 0.0, 1.0),
    ("uneven", 0.0, 5.0),
    ("dips", 0.0, 1.0),
    ("slow", 0.3, 6.0),
    ("return_off", 0.0, 0.5),
    ("stumbles", 0.0, 1.0),
    ("step_length", 0.2, 2.0),
    ("shuffle", 0.0, 1.0),
    ("toe_out_deg", -30.0, 60.0),
    ("swing_share", 0.28, 0.5),
    ("lively", 0.0, 5.0),
    ("lingers_s", 0.0, 600.0),
    ("burst_s", 0.01, 10.0),
    ("clock_error", -0.05, 0.05),
    ("strap_hz", 2.0, 90.0),
    ("strap_damping", 0.02, 2.0),
    ("slip_deg", 0.0, 60.0),
    ("creep_deg", 0.0, 60.0),
    ("acc_scale", 0.0, 0.2),
    ("gyr_scale", 0.0, 0.2),
    ("drift", 0.0, 20.0),
    ("gyr_range_dps", 100.0, 4000.0),
)


def _check(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise UsageError(f"{name} is {value:g}; it has to be from {low:g} to {high:g}")


_TOLD_OTHERWISE = {"motion", "seed", "gaps_s", "begin_s", "mounting"}
SETTINGS = tuple(sorted(f.name for f in fields(Scenario) if f.name not in _TOLD_OTHERWISE))


def setting(text: str) -> tuple[str, str | float | bool]:
    """A field and its value from `name=value`, as on a command line: a number, yes or no, or a word.

    Raises UsageError for an unknown field or a value of another kind.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {display(text)}: expected NAME=VALUE, such as jerky=0.5")
    if name not in SETTINGS:
        raise UsageError(f"--set {display(text)}: no such field; known are: {', '.join(SETTINGS)}")
    default = {f.name: f.default for f in fields(Scenario)}[name]
    if isinstance(default, bool):
        if value not in ("yes", "no"):
            raise UsageError(f"--set {display(text)}: say {name}=yes or {name}=no")
        return name, value == "yes"
    if name in _CHOICES:
        return name, value
    try:
        return name, int(value) if name in _WHOLE else float(value)
    except ValueError:
        raise UsageError(f"--set {display(text)}: '{display(value)}' is no number") from None


@dataclass(frozen=True, slots=True)
class Session:
    """Who does it, and the random numbers of how. `rng` is used up by the motion only, so that device,
    placement and mounting leave the motion as it is; `mishaps` by what goes wrong, so that a chance of 0 leaves
    the rest as it is. `before` is the pose (9,) in which the last part of a routine ended."""

    wish: Scenario
    person: Person
    rng: np.random.Generator
    mishaps: np.random.Generator
    before: Floats | None = None

    @property
    def foot(self) -> Side:
        """The foot that does it and wears the sensor."""
        return self.wish.worn or self.wish.side
