"""What a profile file may hold: one struct for each table of the TOML, checked on reading.

The words are explained in `firmware_profiles/README.md`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

WORD = r"^[a-z][a-z0-9_]{0,31}$"
HEX = r"^ *([0-9A-Fa-f]{2} *)*$"
UUID = r"^([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"
PLACE = UUID[:-2] + r"|(manufacturer|service-data):0x[0-9A-Fa-f]{4})$"
KIND = r"^(>?([iu](8|16|24|32|64)|f16|f32|f64)|digits[2-6])$"  # little-endian without the '>'
FIELD_KIND = KIND.replace("8|16", "8|12|16")  # 12 bits have no byte of their own: several in a row alone
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
IN_WORDS = {
    WORD: "a short name of a-z, 0-9 and _",
    HEX: "hexadecimal bytes such as 01 ff",
    UUID: "a UUID, four hexadecimal digits or all of it with dashes",
    PLACE: "a UUID, or what is advertised: manufacturer:0x0499, service-data:0xfeaa",
    KIND: "a number type such as u8, i16, >i16 or f32",
    FIELD_KIND: "a number type such as u8, i12, i16, >i16 or f32",
    NAME: "a name of a-z, 0-9 and -",
}

Word = Annotated[str, Meta(pattern=WORD)]
Line = Annotated[str, Meta(min_length=1, max_length=400)]
Expression = Annotated[str, Meta(min_length=1, max_length=200)]
Hex = Annotated[str, Meta(pattern=HEX, max_length=2048)]
Uuid = Annotated[str, Meta(pattern=UUID)]
Place = Annotated[str, Meta(pattern=PLACE)]
Kind = Annotated[str, Meta(pattern=KIND)]
FieldKind = Annotated[str, Meta(pattern=FIELD_KIND)]
At = Annotated[int, Meta(ge=0, le=511)]
Byte = Annotated[int, Meta(ge=0, le=255)]
Scalar = str | int | float
Only = Annotated[dict[Word, Scalar | Annotated[list[Scalar], Meta(max_length=32)]], Meta(max_length=8)]
Phase = Literal["probe", "setup", "start", "stop", "keepalive"]
Property = Literal["read", "notify", "indicate", "write", "write-without-response", "broadcast"]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables: an unknown key is an error."""


class Match(Table, frozen=True, kw_only=True):
    """A rule on an advertisement; all that it states must hold."""

    name: Line | None = None
    name_prefix: Line | None = None
    name_contains: Line | None = None
    service: Uuid | None = None
    company: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None
    service_data: Uuid | None = None
    data: Hex | None = None  # what the manufacturer's data, or the service's, begin with
    data_mask: Hex | None = None


class Check(Table, frozen=True, kw_only=True):
    """A checksum over the frame from byte `start` to its end."""

    kind: Literal["sum8", "xor8", "crc32"]
    at: At
    type: Kind = "u8"
    start: At


FrameLength = Annotated[int, Meta(ge=1, le=512)]


class LengthField(Table, frozen=True, kw_only=True):
    """The number that tells how long a frame is: the whole frame has `add` bytes more than it says."""

    at: At
    type: Kind
    add: Annotated[int, Meta(ge=-64, le=512)] = 0


class When(Table, frozen=True, kw_only=True):
    """A byte that tells whether a packet belongs to the stream."""

    at: At
    eq: Byte
    mask: Annotated[int, Meta(ge=1, le=255)] = 255


Sizes = Annotated[dict[str, At], Meta(min_length=1, max_length=128)]  # by type, two hexadecimal digits


class Elements(Table, frozen=True, kw_only=True):
    """A frame (of those that `when` tells) that from byte `at` on is a row of elements: type, length, as many
    bytes. Each is read as a packet of its own that begins with the bytes before `at`.

    `sizes`: elements have no length, their type (two hexadecimal digits) tells how many bytes follow.
    `inside`: an element is itself a row of elements, from byte `at` of the packet that it makes.
    """

    when: Annotated[list[When], Meta(max_length=4)] = []
    at: At
    type: Kind = "u8"
    length: Kind = "u8"
    sizes: Sizes | None = None
    inside: "Elements | None" = None


class Passed(Table, frozen=True, kw_only=True):
    """Bytes that may stand between frames and are not looked at: how they begin, and how many they are."""

    begin: Annotated[Hex, Meta(min_length=2)]
    length: Annotated[int, Meta(ge=1, le=64)]


class Frame(Table, frozen=True, kw_only=True):
    """How what a characteristic notifies is cut into frames.

    Of several values of `length` a frame has the one after which the notification ends or the next frame
    begins. `before`: bytes that a notification has in front, which are not looked at. `straddles`: a frame may
    go on in the next one. `ahead`: so many whole frames stand first, before what goes on from the notification
    before, as the one byte in front is less than `before`.
    """

    begin: Hex = ""
    length: Annotated[list[FrameLength], Meta(min_length=1, max_length=4)] | FrameLength | None = None
    length_field: LengthField | None = None
    end: Hex = ""
    check: Check | None = None
    before: Hex = ""
    ahead: bool = False
    longest: Annotated[int, Meta(ge=1, le=8192)] = 512
    straddles: bool = False
    passed: Annotated[list[Passed], Meta(max_length=8)] = []


class Text(Table, frozen=True, kw_only=True):
    """A frame is a line of text: its numbers are read as if they had been sent in these `types`, one after the
    other. Lines that do not begin with `begin` are passed over. `paths`: where the numbers of JSON stand."""

    form: Literal["csv", "json"]
    begin: Annotated[str, Meta(max_length=16)] = ""
    separator: Annotated[str, Meta(pattern=r"^[,;\t ]$")] = ","
    types: Annotated[list[Kind], Meta(min_length=1, max_length=32)]
    paths: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=32)] = []


class Char(Table, frozen=True, kw_only=True):
    """A characteristic, or what is advertised in its place (`broadcast`, without a service); `value` is what a
    virtual device answers when it is read."""

    service: Uuid = ""
    uuid: Place
    properties: Annotated[list[Property], Meta(min_length=1, max_length=5)]
    optional: bool = False
    value: Hex = ""
    frame: Frame | None = None
    text: Text | None = None
    elements: Elements | None = None


Codes = Annotated[dict[str, Scalar], Meta(min_length=1, max_length=32)]


class CodeTable(Table, frozen=True, kw_only=True):
    """The values and codes that there are with these other settings."""

    only: Only
    values: Codes


MAX_SAID = 16_384  # bytes that a device may say of itself


class Setting(Table, frozen=True, kw_only=True):
    """What a person or the link chooses: a table value to code, or one of several such `tables`, or limits, or
    text made of other settings, or what the device has `said` of itself (in hexadecimal, at most so many
    bytes). `same_as`: without a wish it is what that setting is, or the nearest."""

    default: Scalar | None = None
    same_as: Word | None = None
    values: Codes | None = None
    tables: Annotated[list[CodeTable], Meta(min_length=1, max_length=8)] | None = None
    limits: Annotated[list[int | float], Meta(min_length=2, max_length=2)] | None = None
    pattern: Line | None = None
    said: Annotated[int, Meta(ge=1, le=MAX_SAID)] | None = None  # what is in single quotes is text
    choose: Literal["exact", "nearest"] = "exact"
    about: Line | None = None


class Capture(Table, frozen=True, kw_only=True):
    """The number of an answer that a setting takes its value from; `missing` where the answer ends before.

    `row` and `key`: the answer is from `at` on a row of records of `row` bytes that begin with a key, and the
    number follows this one.
    """

    at: At
    type: Kind = "u8"
    mask: Annotated[int, Meta(ge=1)] | None = None  # of a whole number: these bits, as a number of their own
    row: Annotated[int, Meta(ge=2, le=64)] | None = None
    key: Byte = 0
    missing: int | float | None = None


class Reply(Table, frozen=True, kw_only=True):
    """What the device answers to a write, on another characteristic, or to a read on the same.

    `bytes` is what a virtual device says; a real one's answer begins with `begin`, and `capture` gives settings
    their values. `describes`: the setting of [[described]] that takes the whole answer.
    """

    char: Word
    bytes: Line
    begin: Hex = ""
    capture: Annotated[dict[Word, Capture], Meta(max_length=8)] = {}
    describes: Word | None = None


class Step(Table, frozen=True, kw_only=True):
    """A write; `bytes` is a template. A probe without `bytes` is a read."""

    phase: Phase
    char: Word
    bytes: Line | None = None
    only: Only = {}
    chunk: Annotated[int, Meta(ge=1, le=512)] | None = None  # bytes of one write, where there are more
    check: Check | None = None  # a checksum, put into the bytes
    expect: Reply | None = None
    delay_ms: Annotated[int, Meta(ge=0, le=10_000)] = 0
    every_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    about: Line | None = None


class Stamp(Table, frozen=True, kw_only=True):
    """The device's time stamp."""

    at: At
    type: Kind
    unit: Literal["s", "ms", "us", "ns"] | None = None
    tick_s: Expression | None = None
    wrap: Annotated[int, Meta(ge=2)] | None = None
    anchor: Literal["first", "last"] = "first"


class Counter(Table, frozen=True, kw_only=True):
    """The device's sequence counter. `null`: the number that says that there is none."""

    at: At
    type: Kind
    null: int | None = None
    wrap: Annotated[int, Meta(ge=2)] | None = None
    counts: Literal["packets", "samples"] = "packets"


class Number(Table, frozen=True, kw_only=True):
    """Another number of the header: `add` and `scale` times the number, of which `mask` takes bits; `null`:
    that number says that there is none. `value` is what a virtual device sends there; `size_of`: it sends how
    large this is, in m/s2 or deg/s."""

    at: At
    type: Kind
    mask: Annotated[int, Meta(ge=1)] | None = None
    null: int | None = None
    scale: Expression = "1"
    add: Expression = "0"
    value: Expression | None = None
    size_of: Literal["acc", "gyr"] | None = None


class PackedNumbers(Table, frozen=True, kw_only=True):
    """Numbers of one thing, such as an orientation, that reviewed Python unpacks; where they are none, none."""

    at: At
    codec: Literal["smallest_three_20"]


class Header(Table, frozen=True, kw_only=True):
    """What a packet holds once. `sent` is not looked at, only sent by a virtual device."""

    timestamp: Stamp | None = None
    sequence: Counter | None = None
    count: Number | None = None
    battery_percent: Number | None = None
    fields: Annotated[dict[Word, Number], Meta(max_length=16)] = {}
    packed: Annotated[dict[Word, PackedNumbers], Meta(max_length=4)] = {}
    sent: Annotated[list[Number], Meta(max_length=16)] = []


class Affine(Table, frozen=True, kw_only=True):
    """What makes units of a sensor's three numbers: nine numbers, row by row, times what is left of them after
    `offset`. A device's own calibration."""

    offset: Annotated[list[float], Meta(min_length=3, max_length=3)]
    matrix: Annotated[list[float], Meta(min_length=9, max_length=9)]


class Field(Table, frozen=True, kw_only=True):
    """Numbers of one channel in a sample: `acc`, `gyr`, `mag`, or a name with its unit. `null`: a number that
    says that nothing was measured; then the packet has none of this channel."""

    ch: Word
    type: FieldKind
    n: Annotated[int, Meta(ge=1, le=16)] = 3
    null: int | None = None
    zero: Expression = "0"  # the number that means 0
    scale: Expression = "1"
    unit: Literal["g", "mg", "m/s2", "dps", "mdps", "rad/s", "uT", "mG"] | None = None
    axes: Annotated[list[Literal["x", "y", "z", "-x", "-y", "-z"]], Meta(min_length=3, max_length=3)] | None = (
        None
    )
    affine: Affine | None = None


class Samples(Table, frozen=True, kw_only=True):
    """The samples of a packet. `count`: a number or an expression, `count` (the header says it) or `fill`.

    `after_several`: bytes that follow where there are several of them, which are not looked at.
    """

    at: At
    count: Annotated[int, Meta(ge=1, le=512)] | Expression = 1
    after_several: Annotated[int, Meta(ge=0, le=16)] = 0
    per_packet: Expression = "1"  # how many a virtual device sends where the count is free
    layout: Literal["interleaved", "planar"] = "interleaved"
    codec: Literal["polar_pmd_delta"] | None = None  # reviewed Python unpacks the numbers of all fields
    fields: Annotated[list[Field], Meta(min_length=1, max_length=16)]


class Fragments(Table, frozen=True, kw_only=True):
    """A message in several packets, put together by the byte at `key`."""

    key: At
    header: Annotated[int, Meta(ge=1, le=64)]  # bytes that each part begins with
    longest: Annotated[int, Meta(ge=1, le=512)]  # bytes after the header that one packet carries
    rest: Annotated[list[When], Meta(min_length=1, max_length=4)]


class Stream(Table, frozen=True, kw_only=True):
    """One kind of packet on one characteristic."""

    char: Word
    about: Line | None = None
    when: Annotated[list[When], Meta(max_length=8)] = []
    length: FrameLength | None = None  # of the packets that are of this stream
    only: Only = {}
    rate: Expression = "rate_hz"
    header: Header = Header()
    samples: Samples | None = None
    pad_to: Annotated[list[At], Meta(max_length=8)] = []
    asked: bool | Only = True  # false: it is decoded where it comes, but nothing asks the device for it
    rest: Word | None = None  # name under which further bytes are given, in hex
    fragments: Fragments | None = None


class Limits(Table, frozen=True, kw_only=True):
    """What the device cannot do, for people."""

    about: Annotated[list[Line], Meta(max_length=16)] = []


Describer = Literal[
    "bluest_masks",
    "openearable_scheme",
    "phyphox_xml",
    "shimmer3_inquiry",
    "shimmer3_calibration",
    "shimmer3r_inquiry",
]


class Described(Table, frozen=True, kw_only=True):
    """The device says itself what it sends: reviewed code (`by`) makes the streams of what the `setting` holds.

    With an empty value those of the file hold.
    """

    by: Describer
    setting: Word


class Golden(Table, frozen=True, kw_only=True):
    """Packets and what they mean, in the words of `profiles decode`."""

    source: Line
    basis: Literal["captured", "vendor", "composed"]
    settings: Annotated[dict[Word, Scalar], Meta(max_length=16)] = {}
    char: Word
    hex: Annotated[list[Hex], Meta(min_length=1, max_length=16)]
    expected: dict[str, object]
    tolerance: Annotated[float, Meta(gt=0)] = 1e-6


class ProfileData(Table, frozen=True, kw_only=True):
    """The whole file."""

    schema: Literal["footsense.profile/1"]
    name: Annotated[str, Meta(pattern=NAME)]
    title: Line
    grade: Literal["A", "A-", "B", "C", "own"]
    sources: Annotated[list[Line], Meta(min_length=1, max_length=16)]
    firmware: Line | None = None
    notes: Annotated[list[Line], Meta(max_length=32)] = []
    match: Annotated[list[Match], Meta(min_length=1, max_length=16)]
    chars: Annotated[dict[Word, Char], Meta(max_length=32)] = {}
    settings: Annotated[dict[Word, Setting], Meta(max_length=16)] = {}
    described: Annotated[list[Described], Meta(max_length=2)] = []
    steps: Annotated[list[Step], Meta(max_length=48)] = []
    streams: Annotated[dict[Word, Stream], Meta(max_length=32)] = {}
    limits: Limits = Limits()
    golden: Annotated[list[Golden], Meta(max_length=32)] = []
