"""The simulated wearer: a scenario in, samples and truth out.

It serves tests and the demo. It is no evidence of accuracy on people: the movements are as we imagine them,
drawn wide, and a detector that does well here has only not failed yet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from footsense.analysis import Segment
from footsense.simulate import circles, gait, holds, others, sensor
from footsense.simulate.body import Person, draw_site
from footsense.simulate.motion import Motion, linked
from footsense.simulate.scenario import Scenario, Session
from footsense.simulate.truth import Truth, truth
from footsense.stream import items_from_arrays
from footsense.types import Event, Floats, Item

GENERATORS: Mapping[str, Callable[[Session], Motion]] = {
    "ankle-circles": circles.circles,
    "band-flexes": holds.band_flexes,
    "top-presses": holds.top_presses,
    "pencil-pickups": holds.pencil_pickups,
    "toe-walk": gait.tiptoe,
    "walking": gait.level,
    "stairs": gait.stairs,
    "sitting": others.sitting,
    "standing": others.standing,
    "heel-raises": gait.heel_raises,
    "chair-rises": others.chair_rises,
    "fidget": others.fidget,
    "pumps": others.pumps,
    "driving": others.driving,
    "leg-swing": others.leg_swing,
    "tapping": others.tapping,
    "cycling": others.cycling,
    "other-foot": others.other_foot,
    "shaking": others.shaking,
    "donning": others.donning,
}
MAX_FILLED_S = 0.25
_PERSON, _MOTION, _SITE, _MOUNT, _DEVICE, _NOISE, _PLAY, _LOSS, _JITTER, _MISHAPS, _ERRORS, _SLIPS = range(
    12
)  # separate random numbers for each


@dataclass(frozen=True, slots=True)
class Simulated:
    """A recording of the simulated wearer.

    `t_s` (n,), `acc_g` (n, 3) specific force, `gyr_dps` (n, 3) or None; rows that were lost are missing.
    `scenario` is the first of a routine's; `truth` holds events and segments.
    """

    scenario: Scenario
    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None
    truth: Truth

    @property
    def events(self) -> tuple[Event, ...]:
        return self.truth.events

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.truth.segments

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Holes across which nothing is counted: longer than 0.25 s."""
        after = np.flatnonzero(np.diff(self.t_s) > MAX_FILLED_S + 1e-9)
        return tuple((float(self.t_s[i]), float(self.t_s[i + 1])) for i in after)

    def cut(self, event: Event) -> bool:
        """Whether a gap takes a part of an event."""
        return any(event.start_s < end and start < event.end_s for start, end in self.gaps)

    def items(self) -> list[Item]:
        """The stream of these samples, holes as the stream stage treats them."""
        s = self.scenario
        return items_from_arrays(
            self.t_s,
            self.acc_g,
            self.gyr_dps,
            side=s.side,
            placement=s.placement,
            acc_range_g=s.acc_range_g,
        )


def simulate(scenario: Scenario) -> Simulated:
    """One recording. The same scenario gives the same numbers."""
    person = draw_person(scenario)
    return worn(scenario, person, motion_of(scenario, person))


def simulate_routine(scenarios: Sequence[Scenario], pause_s: tuple[float, float] = (2.5, 5.0)) -> Simulated:
    """Several motions in one continuous recording, with changes of posture between them.

    Person, side, placement and device are those of the first scenario. Truth has the exercises' segments.
    """
    first = scenarios[0]
    person = draw_person(first)
    parts: list[Motion] = []
    for i, scenario in enumerate(scenarios):
        alike = replace(scenario, side=first.side, worn=first.worn, placement=first.placement)
        before = parts[-1].last_pose if parts else None
        motion = motion_of(alike, person, i, before)
        parts.append(replace(motion, segments=((scenario.motion, 0.0, motion.duration_s),)))
    rng = _random(first, _PERSON, len(scenarios))
    motion = linked(parts, rng.uniform(*pause_s, len(parts) - 1).tolist())
    return worn(first, person, motion)


def motion_of(scenario: Scenario, person: Person, part: int = 0, before: Floats | None = None) -> Motion:
    """The motion alone, whatever device and placement. `before` is the pose (9,) that it follows."""
    rng = _random(scenario, _MOTION, part)
    mishaps = _random(scenario, _MISHAPS, part)
    return GENERATORS[scenario.motion](Session(scenario, person, rng, mishaps, before))


def draw_person(scenario: Scenario) -> Person:
    """Who it is that does a scenario."""
    seed = scenario.seed if scenario.person_seed is None else scenario.person_seed
    drawn = Person.draw(np.random.default_rng([_PERSON, seed]), scenario.stature_m)
    return replace(drawn, unevenness=scenario.uneven * drawn.unevenness)


def _random(scenario: Scenario, purpose: int, part: int = 0) -> np.random.Generator:
    return np.random.default_rng([purpose, scenario.seed, part, sum(scenario.motion.encode())])


def worn(wish: Scenario, person: Person, motion: Motion) -> Simulated:
    """What a person's sensor records of a motion."""
    device = sensor.Device.draw(_random(wish, _DEVICE), _random(wish, _ERRORS), wish)
    side = wish.worn or wish.side
    slop = sensor.play(_random(wish, _PLAY), motion, device) + sensor.slips(_random(wish, _SLIPS), motion, wish)
    site = draw_site(_random(wish, _SITE), wish.placement)
    mount = sensor.mounting(wish, _random(wish, _MOUNT))
    acc, gyr = sensor.kinematics(motion, person, side, site=site, mount=mount, slop=slop)
    acc, gyr = sensor.on_strap(_random(wish, _SLIPS, 1), acc, gyr, wish)
    at_s = np.arange(int((motion.duration_s - 0.01) * wish.rate_hz)) / wish.rate_hz
    both = sensor.read(np.column_stack([acc, gyr]), at_s, wish.rate_hz, anti_alias=device.anti_alias)
    both = device.measured(both, at_s, _random(wish, _NOISE).standard_normal(both.shape))
    arrives = sensor.kept(_random(wish, _LOSS), at_s, wish)
    return Simulated(
        scenario=wish,
        t_s=sensor.stamps(_random(wish, _JITTER), at_s, wish)[arrives],
        acc_g=sensor.quantised(both[:, :3], wish.acc_range_g, wish.bits)[arrives],
        gyr_dps=sensor.quantised(both[:, 3:], wish.gyr_range_dps, 16)[arrives] if wish.gyro else None,
        truth=truth(motion, person, side, site).by_clock(1.0 + wish.clock_error),
    )
