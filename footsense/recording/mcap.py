"""Opens an `.mcap` recording: who was recorded, whether it is whole, and each sensor's stream, decoded anew."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from footsense.errors import FootsenseError, RecordingError
from footsense.recording import messages as m
from footsense.recording.dates import Calendar, Dates, Reading, reading_of
from footsense.recording.model import ALONE, Damage, Recording, Segment, Track, hashed, reading
from footsense.recording.reader import CUT, Reader
from footsense.stream import Pipeline
from footsense.stream.chunks import joined
from footsense.text import display
from footsense.types import (
    Command,
    Gap,
    Item,
    Placement,
    Samples,
    SensorMeta,
    Side,
    Status,
    StreamInfo,
    Tick,
)

_CHUNK = 4096  # samples an item
_LINK = {"connected", "heard", "lost", "back"}
_MAX_SENSORS = 16
_MAX_PROFILE = 1 << 17


_UUID = r"^([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})?\Z"


class _Sensor(msgspec.Struct):
    id: str
    profile: str
    settings: dict[str, str | int | float]
    side: Literal["left", "right"] | None
    placement: Literal["foot", "ankle", "shank"] | None


class _Session(msgspec.Struct):
    schema: str
    sensors: list[_Sensor]
    facts: dict[str, object] = msgspec.field(default_factory=dict)
    session: Annotated[str, msgspec.Meta(pattern=_UUID)] = ""
    segment: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    after_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None


_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # larger ones need not fit a float


class _Said(msgspec.Struct):
    kind: str
    fields: dict[str, str | _Whole | float | None]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file tells: its sensors, whether its end was written, damage, number of packets,
    whether the wearer was simulated, which part of a session it is, the sensors (ids) whose link was lost and
    did not come back, and what the host's clocks showed."""

    sensors: tuple[SensorMeta, ...]
    closed: bool
    damage: tuple[Damage, ...]
    packets: int
    simulated: bool = False
    segment: Segment = ALONE
    gone: frozenset[str] = frozenset()
    readings: tuple[Reading, ...] = ()


def open_mcap(file: str, path: Path, side: Side | None, placement: Placement | None) -> Recording:
    """Open an `.mcap`; `side` and `placement` stand in where it does not say them. Raises RecordingError for a
    file that is none, or whose profile cannot decode it."""
    scan = scan_mcap(path)
    name = display(path)
    metas = [
        replace(meta, side=meta.side or side, placement=meta.placement or placement) for meta in scan.sensors
    ]
    for meta in metas:
        try:
            Pipeline(meta)
        except FootsenseError as error:
            raise RecordingError(f"{name}: its device profile cannot be used: {error}") from None
    calendar = Calendar.of(scan.readings)
    sources = [_Source(path, meta, calendar) for meta in metas]
    tracks = tuple(Track(s.meta.id, s.meta.side, s.meta.placement, s, s.dates) for s in sources)
    return Recording(file, tracks, scan.closed, scan.damage, scan.simulated, scan.segment, scan.gone)


def scan_mcap(path: Path) -> Scan:
    """Read a whole file once. Raises RecordingError where it holds no session of footsense."""
    scan: Scan | None = None
    packets, closed = 0, False
    links: dict[object, bool] = {}
    readings: list[Reading] = []
    with reading(path) as opened:
        reader = Reader(opened)
        for message in reader.messages():
            packets += message.topic == m.RAW
            closed |= message.topic == m.END
            if message.topic == m.CLOCK and (shown := reading_of(message)) is not None:
                readings.append(shown)
            said = status_of(message) if message.topic == m.LINK else None
            if said is not None and said.fields.get("event") in _LINK:
                links[said.fields.get("sensor")] = said.fields["event"] == "lost"
            if scan is None and message.topic == m.SESSION:
                scan = _session(message, display(path))
    if scan is None:
        raise RecordingError(
            f"{display(path)}: holds no footsense session that is whole; get the file again or record anew"
        )
    damage = reader.damage if closed else _before_the_cut(reader.damage, reader.size)
    return replace(
        scan, closed=closed, damage=tuple(damage), packets=packets, gone=_gone(links), readings=tuple(readings)
    )


def _gone(links: Mapping[object, bool]) -> frozenset[str]:
    return frozenset(sensor for sensor, lost in links.items() if lost and isinstance(sensor, str))


def _before_the_cut(damage: Sequence[Damage], size: int) -> Sequence[Damage]:
    """The damage without what was being written when it stopped, at the end of the file: `closed` says so."""
    kept, end = list(damage), size
    # the record before the one that is cut is noted too, because its end does not lead to a whole record
    while kept and kept[-1].what == CUT and kept[-1].end_byte == end:
        end = kept.pop().start_byte
    return kept


def resumed(path: Path) -> Segment:
    """The segment that goes on where a recording was broken off. Raises RecordingError for no recording."""
    before = scan_mcap(path).segment
    return Segment(before.session or str(uuid.uuid4()), before.number + 1, hashed(path)[0])


def replayed(path: Path) -> Iterator[m.Message]:
    """Every message of a recording, in order. Raises RecordingError where it cannot be read."""
    with reading(path) as opened:
        yield from Reader(opened).messages()


def command_of(message: m.Message) -> Command | None:
    """The command that a message holds, None where it is not one that can be understood."""
    try:
        said = msgspec.convert(dict(message.fields or {}), _Said)
    except msgspec.ValidationError:
        return None
    return Command(message.host_ns, said.kind, said.fields)


def status_of(message: m.Message) -> Status | None:
    """What machine or link said, None where it cannot be understood."""
    about = next((about for about, topic in m.STATUS.items() if topic == message.topic), None)
    try:
        said = msgspec.convert(dict(message.fields or {}), dict[str, str | _Whole | None])
    except msgspec.ValidationError:
        return None
    return None if about is None else Status(message.host_ns, about, said)


def _session(message: m.Message, name: str) -> Scan:
    """What a session says of itself."""
    try:
        session = msgspec.convert(dict(message.fields or {}), _Session)
    except msgspec.ValidationError as error:
        raise RecordingError(f"{name}: its session is not valid: {display(error)}") from None
    if session.schema != m.SCHEMA:
        raise RecordingError(f"{name}: written as {display(session.schema)}; this version reads {m.SCHEMA}")
    ids = {s.id for s in session.sensors}
    if not 0 < len(ids) <= _MAX_SENSORS or len(ids) != len(session.sensors):
        raise RecordingError(f"{name}: its session names no sensor, one twice, or more than {_MAX_SENSORS}")
    if any(len(s.profile) > _MAX_PROFILE for s in session.sensors):
        raise RecordingError(f"{name}: a device profile in it is longer than {_MAX_PROFILE >> 10} KiB")
    sensors = [SensorMeta(s.id, s.profile, s.settings, s.side, s.placement) for s in session.sensors]
    segment = Segment(session.session, session.segment, session.after_sha256)
    return Scan(tuple(sensors), False, (), 0, session.facts.get("simulated") is True, segment)


class _Source:
    """One sensor's stream, decoded anew at every call, and the dates of its times."""

    def __init__(self, path: Path, meta: SensorMeta, calendar: Calendar | None) -> None:
        self.meta = meta
        self._path, self._calendar = path, calendar
        self._dates: Dates | None = None
        self._is_dated = calendar is None  # no clocks, no dates

    def __call__(self) -> Iterator[Item]:
        return coalesced(self._items())

    def dates(self) -> Dates | None:
        """The dates, found when the stream first comes to its end; None where the clocks were not recorded."""
        if not self._is_dated:
            for _ in self._items():
                pass
        return self._dates

    def _items(self) -> Iterator[Item]:
        pipeline = Pipeline(self.meta)
        if not self._is_dated:
            pipeline.keep_arrivals()
        for message in replayed(self._path):
            if message.packet is not None:
                if message.packet.sensor == self.meta.id:
                    yield from pipeline.process(message.packet)
            elif message.topic == m.TICK:
                yield Tick(message.host_ns)
            elif message.topic == m.COMMAND and (command := command_of(message)) is not None:
                yield from pipeline.command(command)
        yield from pipeline.flush()
        if self._calendar is not None and not self._is_dated:
            host = pipeline.host_map()
            self._dates = None if host is None else Dates(host, self._calendar)
            self._is_dated = True


def coalesced(items: Iterable[Item]) -> Iterator[Item]:
    """The same stream with its Samples joined to chunks of some thousand; Ticks are left out."""
    waiting: list[Samples] = []
    count = 0
    for item in items:
        if isinstance(item, Samples):
            waiting.append(item)
            count += len(item)
            if count < _CHUNK:
                continue
        if isinstance(item, Tick):
            continue
        if waiting:
            yield joined(waiting)
            waiting, count = [], 0
        if isinstance(item, StreamInfo | Gap | Command):
            yield item
    if waiting:
        yield joined(waiting)
