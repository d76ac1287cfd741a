"""The answer for one recording, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from footsense.cues import Cue
from footsense.recognise import Segment
from footsense.types import Event, Grade, Placement, Reason, Side


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """Duration in s, number of samples received, rate in Hz, gyro or not, holes as (start_s, end_s), and the
    times, s, at which the stream began anew, with a hole or without (a sensor that restarted, another rate)."""

    duration_s: float
    samples: int
    rate_hz: float
    gyro: bool
    gaps: tuple[tuple[float, float], ...] = ()
    breaks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SensorFacts:
    """One sensor of a recording of several. `host_s`: its first and its last time, s, and where each lies on
    the host's clock, s after the recording's `began`, which may be off by `host_within_s`; empty and None where
    that is not known."""

    id: str
    side: Side | None
    placement: Placement | None
    recording: RecordingFacts
    host_s: tuple[tuple[float, float], ...] = ()
    host_within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer for one recording. `exercise` is the one asked for, None when all were looked for.

    `counts` are None where the data cannot show it (`grade` is `not-verifiable`). With more than one sensor
    `sensors` names them; every event has its `side` among its attributes, and its times are that sensor's own;
    `segments` are in those of the sensor with most samples, as `recording` and `began` are. `lost` is not empty
    where the file is damaged or has no end, or the link was lost for good, so that more may have been done than
    is in it: the sides of its sensors. `cues` were given while it was recorded; they have no part in what was
    counted.
    `began` is the date of time 0 by the clock of the machine that recorded it, None where it did not keep it;
    `date_set_s` by how much that clock was set meanwhile, each time, s: the date is by the last setting.
    """

    file: str
    exercise: str | None
    placement: Placement | None
    side: Side | None
    recording: RecordingFacts
    events: tuple[Event, ...]
    counts: Mapping[str, int | None]
    segments: tuple[Segment, ...] = ()
    grade: Grade = Grade.GOOD
    reasons: tuple[Reason, ...] = field(default=())
    sensors: tuple[SensorFacts, ...] = ()
    lost: frozenset[Side | None] = frozenset()
    cues: tuple[Cue, ...] = ()
    began: datetime | None = None
    date_set_s: tuple[float, ...] = ()
