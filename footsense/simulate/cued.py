"""A wearer who is given cues for top presses, and follows them or does something else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from footsense.cues import Cue, Plan, asked
from footsense.devices import Encoder, load_profile
from footsense.errors import UsageError
from footsense.recording import Recorder, Recording, Track
from footsense.signal.front import slice_samples
from footsense.simulate.scenario import Scenario
from footsense.simulate.wearer import Simulated, simulate
from footsense.types import Command, Item, RawPacket, Samples, SensorMeta

REACTION_S = (0.2, 0.8)  # from a cue to the first movement; assumed
LONGER_S = (0.3, 1.3)  # than asked for is held by those who let go when they are told to
_STREAM = 101
_MARGIN_S = 4.0
_SENSOR = "simulated"
_RANGES_G = (2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Cued:
    """A recording of the simulated wearer with the cues that were given, in the recording's time; `followed` is
    the number of presses that were meant to answer one."""

    made: Simulated
    cues: tuple[Cue, ...]
    followed: int

    def items(self) -> Iterator[Item]:
        """The stream with each cue in its place, as an `.mcap` gives it."""
        waiting = list(self.commands())
        for item in self.made.items():
            at = 0
            while isinstance(item, Samples) and waiting and waiting[0][0] <= item.t_s[-1]:
                t_s, command = waiting.pop(0)
                before, at = at, int(np.searchsorted(item.t_s, t_s))
                if at > before:
                    yield slice_samples(item, before, at)
                yield replace(command, fields={**command.fields, "t_s": t_s})
            yield slice_samples(item, at, len(item)) if isinstance(item, Samples) else item

    def commands(self) -> Iterator[tuple[float, Command]]:
        """(t_s, command): the mark of the exercise, and the cues."""
        what = {"exercise": self.cues[0].exercise, "side": self.made.scenario.side}
        yield 0.0, Command(0, "exercise", what)
        for cue in self.cues:
            yield cue.t_s, asked(round(cue.t_s * 1e9), cue)

    def recording(self, name: str = "cued.mcap") -> Recording:
        """The same as a recording of that name that was opened."""
        wish = self.made.scenario
        return Recording(name, (Track(_SENSOR, wish.side, wish.placement, self.items),), simulated=True)


def following(wish: Scenario, plan: Plan | None = None, misses: float = 0.1) -> Cued:
    """Top presses by someone who follows cues with a reaction time of 0.2 to 0.8 s and misses some of them (a
    share `misses`). `wish` says who and with which device; its motion, number and times are not used."""
    plan = plan or Plan()
    rng = np.random.default_rng([_STREAM, wish.seed])
    presses = [c.t_s for c in plan.cues() if c.asks == "press"]
    begin_s = tuple(t + rng.uniform(*REACTION_S) for t in presses if rng.uniform() >= misses)
    if not begin_s:
        return ignoring(replace(wish, motion="standing"), plan)
    hold_s = plan.hold_s + float(rng.uniform(*LONGER_S))
    does = replace(
        wish, motion=plan.exercise, begin_s=begin_s, reps=None, hold_s=hold_s, rest_s=1.0,
        duration_s=plan.end_s + _MARGIN_S,
    )  # fmt: skip
    return Cued(simulate(does), _by_its_clock(wish, plan), len(begin_s))


def ignoring(wish: Scenario, plan: Plan | None = None) -> Cued:
    """Someone who is given the cues and does what `wish` says, whatever it is; exercises are not cut short."""
    plan = plan or Plan()
    does = replace(wish, duration_s=wish.duration_s or plan.end_s + _MARGIN_S)
    return Cued(simulate(does), _by_its_clock(wish, plan), 0)


def _by_its_clock(wish: Scenario, plan: Plan) -> tuple[Cue, ...]:
    """The cues at the times that a clock which runs too fast shows."""
    return tuple(replace(c, t_s=c.t_s * (1.0 + wish.clock_error)) for c in plan.cues())


def write_mcap(cued: Cued, path: Path) -> Path:
    """Write it as an `.mcap`, as a sensor of the profile `generic` sends it, with the cues. Raises UsageError
    for a wearer without a gyro, which that profile has, and RecordingError if it cannot be written there."""
    made, wish = cued.made, cued.made.scenario
    if made.gyr_dps is None:
        raise UsageError("an .mcap is written as the profile 'generic' sends it, with a gyro")
    profile = load_profile("generic")
    wide_enough = [g for g in _RANGES_G if g >= wish.acc_range_g]
    settings = {"rate_hz": round(wish.rate_hz), "acc_range_g": (wide_enough or _RANGES_G[-1:])[0]}
    meta = SensorMeta(_SENSOR, profile.text, settings, wish.side, wish.placement)
    recorder = Recorder(path, [meta], facts={"simulated": True})
    waiting = list(cued.commands())
    for packet in _packets(made, Encoder(profile, settings)):
        while waiting and waiting[0][0] <= packet.host_ns * 1e-9:
            recorder.command(waiting.pop(0)[1])
        recorder.packet(packet)
    return recorder.close()


def _packets(made: Simulated, encoder: Encoder) -> Iterator[RawPacket]:
    assert made.gyr_dps is not None
    begin_s = float(made.t_s[0]) if len(made.t_s) else 0.0
    number = np.rint((made.t_s - begin_s) * made.scenario.rate_hz).astype(int)
    for part in np.split(np.arange(len(number)), np.flatnonzero(np.diff(number) != 1) + 1):
        for k in range(0, len(part), 5):
            rows = part[k : k + 5]
            host_ns = round(float(made.t_s[rows[-1]]) * 1e9)
            sent = encoder.encode(int(number[rows[0]]), made.t_s[rows], made.acc_g[rows], made.gyr_dps[rows])
            yield from (RawPacket(_SENSOR, char, host_ns, payload) for char, payload in sent)
