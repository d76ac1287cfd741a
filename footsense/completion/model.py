"""What a completion record holds. Whole numbers and text only: a float has more than one way to be written.

Times are sample indices of the recording's own stream, lengths of time are in ms, rates in mHz, shares in ppm.
No name of a person, a file or a device is in it; recordings are known by their SHA-256.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SCHEMA = "footsense.completion/1"

PROVES = (
    "The signature shows that this record, and the recordings whose SHA-256 it names, are as they were when "
    "the holder of the key signed them. It does not show who wore the sensor, that the recording was made "
    "honestly, or when: whoever holds the key can sign anything. Compare the key's fingerprint with one you "
    "were given in person."
)

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}\\Z")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Text = Annotated[str, Meta(max_length=1000)]
Span = tuple[Count, Count, Count, Count]  # recording, its sensor, first and last sample
_Few = Meta(max_length=1000)


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The root of all parts of a record."""


class Software(Table, frozen=True, kw_only=True):
    """What counted: `algorithm_sha256` is over the source of everything from packet to verdict, parameters
    included."""

    version: Text
    algorithm_sha256: Sha256
    python: Text
    numpy: Text
    scipy: Text
    system: Text


class Why(Table, frozen=True, kw_only=True):
    """A stable code and a sentence for a person."""

    code: Text
    text: Text


class Damage(Table, frozen=True, kw_only=True):
    """A stretch of the file, in bytes, that was not taken."""

    start: Count
    end: Count
    what: Text


class Sensor(Table, frozen=True, kw_only=True):
    """One sensor's stream. `holes`: how many there are, `gaps`: the samples before and after the longest.
    `coverage_ppm`: share of the time from the first sample to the last that samples cover."""

    side: Literal["left", "right"] | None
    placement: Literal["foot", "ankle", "shank"] | None
    rate_mhz: Count
    samples: Count
    gyro: bool
    coverage_ppm: Count
    holes: Count
    gaps: Annotated[list[tuple[Count, Count]], _Few]


class Answered(Table, frozen=True, kw_only=True):
    """What was found in a recording for one exercise (None: whichever was recognised). `events_sha256` is over
    the events: kind, first and last sample, direction or label."""

    exercise: Text | None
    grade: Text
    reasons: Annotated[list[Why], _Few]
    counts: dict[str, Count | None]
    events: Count
    events_sha256: Sha256


class Recorded(Table, frozen=True, kw_only=True):
    """A recording, and what was said of it when it was judged: side, placement, exercise."""

    kind: Literal[".csv", ".csv.gz", ".mcap"]
    bytes: Count
    sha256: Sha256
    closed: bool
    simulated: bool
    damaged: Count  # stretches, of which the first are named
    damage: Annotated[list[Damage], _Few]
    side: Literal["left", "right"] | None
    placement: Literal["foot", "ankle", "shank"] | None
    exercise: Text | None
    sensors: Annotated[list[Sensor], _Few]
    found: Annotated[list[Answered], _Few]


class Asked(Table, frozen=True, kw_only=True):
    """The routine: its text as it was read, and the SHA-256 of that."""

    name: Text
    toml: str
    sha256: Sha256


class Item(Table, frozen=True, kw_only=True):
    """The answer for one exercise and side, as the verdict gives it; `error_ms` is the bound within which a
    length is undecided."""

    exercise: Text
    side: Literal["left", "right", "both"]
    required: dict[str, Count]
    counted: dict[str, Count]
    verdict: Literal["complete", "incomplete", "not-verifiable"]
    evidence: list[Span]
    undecided: list[Span]
    error_ms: Count | None
    seen: Text
    not_seen: list[Text]
    reasons: Annotated[list[Why], _Few]
    cues: Count
    answered: Count
    basis: Literal["cue-matched", "counted"] | None


class Result(Table, frozen=True, kw_only=True):
    """What replaying the recordings gives again."""

    verdict: Literal["complete", "incomplete", "not-verifiable"]
    items: Annotated[list[Item], _Few]
    recordings: Annotated[list[Recorded], Meta(min_length=1, max_length=1000)]


class Completion(Table, frozen=True, kw_only=True, tag="completion"):
    """A verdict and all that it rests on."""

    software: Software
    routine: Asked
    result: Result


class Correction(Table, frozen=True, kw_only=True, tag="correction"):
    """What the wearer says was counted wrong in the record `of` (its SHA-256); it changes nothing in that."""

    of: Sha256
    exercise: Text
    side: Literal["left", "right", "both"]
    counted: Text  # the key of `counted`: cw, ccw, holds, bouts
    by: Annotated[int, Meta(ge=-10_000, le=10_000)]
    why: Text


class Rotation(Table, frozen=True, kw_only=True):
    """The old key says that the new one follows it, and the new one that it has it."""

    old: Sha256
    new: Sha256
    day: Text
    signed_by_old: Annotated[str, Meta(pattern="^[0-9a-f]{128}\\Z")]
    signed_by_new: Annotated[str, Meta(pattern="^[0-9a-f]{128}\\Z")]


class Entry(Table, frozen=True, kw_only=True):
    """One link of a wearer's chain. `subject` is a keyed pseudonym, `seq` counts from 1, `previous` is the
    SHA-256 of the entry before. `key` is the public Ed25519 key; `rotations` lead to it from the key of the
    entry before. The signature is over the entry with an empty signature."""

    schema: Literal["footsense.completion/1"] = "footsense.completion/1"
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
    created_utc: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
    subject: Annotated[str, Meta(pattern="^[0-9a-f]{32}\\Z")]
    seq: Annotated[int, Meta(ge=1, le=10**6)]
    previous: Sha256 | None
    body: Completion | Correction
    proves: Text = PROVES
    rotations: Annotated[list[Rotation], _Few]
    key: Sha256
    signature: Annotated[str, Meta(pattern="^([0-9a-f]{128})?\\Z")] = ""
