"""The nouns of footsense. Units are in the names: g, deg/s, s, Hz; angles in degrees.

Everything here is a value: frozen, without behaviour that depends on a clock or on where it came from. What is
made for every packet is a msgspec.Struct, which takes a tenth of the time of a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.uint8]

Placement = Literal["foot", "ankle", "shank"]
Side = Literal["left", "right"]

INTERPOLATED = 1  # bit of Samples.flags: made by interpolation over a hole of at most 0.25 s
CLIPPED = 2  # bit of Samples.flags: an acceleration axis stood at the end of its range


class RawPacket(Struct, frozen=True):
    """One notification as received. `sensor` is a random id, never the address."""

    sensor: str
    char: str
    host_ns: int
    payload: bytes


Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """What the wearing check learned of how the sensor sits, in the sensor's own frame. Holds for one wearing.

    `up`: unit direction of the specific force while standing flat. `flex_deg`: by how much the sensor turned
    when the toes were lifted, `flex_axis` the unit axis of that (right-handed: it points to the wearer's
    right on either foot); both None where no lift was seen. `noise_deg`: rms angle of the posture about its
    mean in the flat stand, below 2 Hz; `noise_g`: rms of the specific force's fast part there.
    """

    up: Vector
    flex_axis: Vector | None
    flex_deg: float | None
    noise_deg: float
    noise_g: float


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a sensor's stream before its samples. Opens a stream; a second one starts it anew."""

    rate_hz: float
    has_gyro: bool
    sensor: str = ""
    side: Side | None = None
    placement: Placement | None = None
    acc_range_g: float | None = None  # None where the recording does not say it
    reference: Reference | None = None  # None without a wearing check


@dataclass(frozen=True, slots=True)
class Samples:
    """`n` consecutive samples on the stream's grid.

    `first` is the index of the first of them in the stream; `t_s` (n,) are stream times;
    `acc_g` (n, 3) specific force; `gyr_dps` (n, 3) angular rate, or None where the device has no gyro;
    `flags` (n,) bits INTERPOLATED and CLIPPED.
    """

    first: int
    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None
    flags: Flags

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in the stream longer than 0.25 s; the next Samples may jump in `first`.
    Nothing is counted across it."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Tick:
    """The source's clock, 4 a second: what time-outs run on when samples stop."""

    host_ns: int


@dataclass(frozen=True, slots=True)
class Command:
    """Something said to the session and recorded with it: `kind` is `exercise` (fields `exercise`, `side`: what
    follows is meant as that), `end` (of that), `note`, `cue`, `wearing` (field `phase`: what the wearer is
    asked for in the wearing check), `reference` (its result). Detectors never see it."""

    host_ns: int
    kind: str
    fields: Mapping[str, str | float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """What machine (`clock`: its clocks) or link (`link`: connected, heard, lost, battery, …) say of
    themselves, recorded with the session. `fields` are listed where recordings' messages are. Detectors never
    see it."""

    host_ns: int
    about: Literal["clock", "link"]
    fields: Mapping[str, str | int | None] = field(default_factory=dict)


Item = StreamInfo | Samples | Gap | Tick | Command


@dataclass(frozen=True, slots=True)
class Event:
    """A counted thing. Final: emitted once, never changed. `decided_s` is the stream time of the sample
    with which it became final with all its attributes.

    An attribute that is no finite number (how rough a turn without a width is) is None: JSON, which all
    events end up in, has no word for it."""

    exercise: str
    kind: str
    start_s: float
    end_s: float
    decided_s: float
    attributes: Mapping[str, str | float | bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in self.attributes.items()}
        object.__setattr__(self, "attributes", known)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a screen may show before events are final; never evidence.

    `count` includes what is provisional; `held_s` are the seconds of the hold under way (0 outside one);
    `phase` is `rest` or `moving` or `holding`.
    """

    exercise: str
    kind: str
    count: int
    held_s: float
    phase: str


class Grade(StrEnum):
    """How far a result can be trusted."""

    GOOD = "good"
    POOR = "poor"
    NOT_VERIFIABLE = "not-verifiable"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a grade is not `good`: a stable code, a sentence for a person, and the grade it leads to.

    `span_s` is the stretch of the recording that it speaks of, None for all of it; `exercise` the one whose
    count it touches, None for any.
    """

    code: str
    text: str
    grade: Grade
    span_s: tuple[float, float] | None = None
    exercise: str | None = None


class Decoded(Struct, frozen=True):
    """What one complete frame of a device says, in units.

    `stream` names the profile's stream; arrays are (n, 3) or None; `ticks` is the device's time stamp and
    `sequence` its counter, both raw, before unwrapping; `fields` is anything else, unit in the name.
    """

    stream: str
    acc_g: Floats | None = None
    gyr_dps: Floats | None = None
    mag_ut: Floats | None = None
    ticks: int | None = None
    sequence: int | None = None
    battery_percent: float | None = None
    fields: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """How a profile's stream tells time: what the stream stage needs to know of the device.

    `rate_hz` is the sample rate asked for; `tick_s` the length of one device tick (None without time
    stamps), wrapping at `tick_modulus` (None: never); `anchor` the sample of a frame that the stamp belongs
    to; `sequence_modulus` of the counter (None without one), which counts `packets` or `samples`.
    """

    stream: str
    carries_acc: bool
    carries_gyr: bool
    rate_hz: float
    tick_s: float | None = None
    tick_modulus: int | None = None
    anchor: Literal["first", "last"] = "first"
    sequence_modulus: int | None = None
    sequence_counts: Literal["packets", "samples"] = "packets"


@dataclass(frozen=True, slots=True)
class SensorMeta:
    """A sensor of a session, as the recording keeps it.

    `id` is random, never the address; `profile` the TOML text that decodes it; `settings` what was asked
    for, negotiated and probed (`rate_hz`, `acc_range_g`, …).
    """

    id: str
    profile: str
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    side: Side | None = None
    placement: Placement | None = None
