"""Opens an `.mcap` recording: who was recorded, whether it is whole, and each sensor's stream, decoded anew."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from footsense.errors import FootsenseError, RecordingError
from footsense.recording import messages as m
from footsense.recording.model import Damage, Recording, Track
from footsense.recording.reader import CUT, Reader
from footsense.stream import Pipeline
from footsense.stream.chunks import joined
from footsense.text import display
from footsense.types import Command, Gap, Item, Placement, Samples, SensorMeta, Side, StreamInfo, Tick

_CHUNK = 4096  # samples an item
_MAX_SENSORS = 16
_MAX_PROFILE = 1 << 17


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


_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # larger ones need not fit a float


class _Said(msgspec.Struct):
    kind: str
    fields: dict[str, str | _Whole | float | None]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file tells: its sensors, whether its end was written, damage, number of packets,
    and whether the wearer was simulated."""

    sensors: tuple[SensorMeta, ...]
    closed: bool
    damage: tuple[Damage, ...]
    packets: int
    simulated: bool = False


def open_mcap(file: str, path: Path, side: Side | None, placement: Placement | None) -> Recording:
    """Open an `.mcap`; `side` and `placement` stand in where it does not say them. Raises RecordingError for a
    file that is none, or whose profile cannot decode it."""
    scan = scan_mcap(path)
    name = display(path.name)
    metas = [
        replace(meta, side=meta.side or side, placement=meta.placement or placement) for meta in scan.sensors
    ]
    for meta in metas:
        try:
            Pipeline(meta)
        except FootsenseError as error:
            raise RecordingError(f"{name}: its device profile cannot be used: {error}") from None
    tracks = tuple(Track(meta.id, meta.side, meta.placement, _source(path, meta)) for meta in metas)
    return Recording(file, tracks, scan.closed, scan.damage, scan.simulated)


def scan_mcap(path: Path) -> Scan:
    """Read a whole file once. Raises RecordingError where it holds no session of footsense."""
    sensors: tuple[SensorMeta, ...] | None = None
    last: m.Message | None = None
    packets, simulated = 0, False
    try:
        with path.open("rb") as opened:
            reader = Reader(opened)
            for last in reader.messages():
                packets += last.topic == m.RAW
                if sensors is None and last.topic == m.SESSION:
                    sensors, simulated = _session(last, display(path.name))
    except OSError as error:
        raise RecordingError(f"{display(path)}: cannot be read: {error.strerror or error}") from None
    if sensors is None:
        raise RecordingError(
            f"{display(path.name)}: holds no footsense session that is whole; get the file again or record anew"
        )
    closed = last is not None and last.topic == m.END
    damage = reader.damage if closed else _before_the_cut(reader.damage, reader.size)
    return Scan(sensors, closed, tuple(damage), packets, simulated)


def _before_the_cut(damage: Sequence[Damage], size: int) -> Sequence[Damage]:
    """The damage without what was being written when it stopped, at the end of the file: `closed` says so."""
    kept, end = list(damage), size
    # the record before the one that is cut is noted too, because its end does not lead to a whole record
    while kept and kept[-1].what == CUT and kept[-1].end_byte == end:
        end = kept.pop().start_byte
    return kept


def replayed(path: Path) -> Iterator[m.Message]:
    """Every message of a recording, in order. Raises RecordingError where it cannot be read."""
    try:
        with path.open("rb") as opened:
            yield from Reader(opened).messages()
    except OSError as error:
        raise RecordingError(f"{display(path)}: cannot be read: {error.strerror or error}") from None


def command_of(message: m.Message) -> Command | None:
    """The command that a message holds, None where it is not one that can be understood."""
    try:
        said = msgspec.convert(dict(message.fields or {}), _Said)
    except msgspec.ValidationError:
        return None
    return Command(message.host_ns, said.kind, said.fields)


def _session(message: m.Message, name: str) -> tuple[tuple[SensorMeta, ...], bool]:
    """The sensors of a session, and whether it says that the wearer was simulated."""
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
    return tuple(sensors), session.facts.get("simulated") is True


def _source(path: Path, meta: SensorMeta) -> Callable[[], Iterator[Item]]:
    return lambda: coalesced(_items(path, meta))


def _items(path: Path, meta: SensorMeta) -> Iterator[Item]:
    pipeline = Pipeline(meta)
    for message in replayed(path):
        if message.packet is not None:
            if message.packet.sensor == meta.id:
                yield from pipeline.process(message.packet)
        elif message.topic == m.TICK:
            yield Tick(message.host_ns)
        elif message.topic == m.COMMAND and (command := command_of(message)) is not None:
            yield from pipeline.command(command)
    yield from pipeline.flush()


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
