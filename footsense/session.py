"""Puts packet, recorder, stream and engine together; live and replay feed the very same object."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from footsense.engine import Engine
from footsense.recording import messages as m
from footsense.recording import open_recording
from footsense.recording.mcap import Scan, command_of, replayed, scan_mcap, status_of
from footsense.recording.model import ending
from footsense.recording.writer import Recorder
from footsense.signal.front import slice_samples
from footsense.stream import Pipeline
from footsense.stream.chunks import joined
from footsense.text import json_text
from footsense.types import Command, Event, Item, Progress, RawPacket, Samples, SensorMeta, Status, Tick

__all__ = ["Pipeline", "Session", "SessionEvent", "event_line", "inputs_of", "replay"]

_SLICE_S = 0.1
_BATCH = 4096

Input = RawPacket | Tick | Command | Status


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """An event and the sensor whose stream it lies in."""

    sensor: SensorMeta
    event: Event


class Session:
    """One session of one or more sensors.

    `process` takes whatever came, in the order in which it came, records it first if there is a recorder, and
    returns the events that became final. It reads no clock: the same inputs give the same events, live or
    replayed. `on_item` is shown every item of each sensor's stream (pictures, coach). A packet of a sensor
    that is not among `sensors` is recorded and otherwise ignored. With `batch` so many samples are gathered
    before the detectors run: the same events, later and with less work.
    """

    def __init__(
        self,
        sensors: Sequence[SensorMeta],
        *,
        recorder: Recorder | None = None,
        exercises: Sequence[str] | None = None,
        on_event: Callable[[SessionEvent], None] | None = None,
        on_item: Callable[[SensorMeta, Item], None] | None = None,
        batch: int = 1,
    ) -> None:
        self.recorder = recorder
        self._batch = batch
        self._lanes = {meta.id: _Lane(meta, exercises) for meta in sensors}
        self._on_event = on_event
        self._on_item = on_item
        self._closed = False

    def process(self, item: Input) -> list[SessionEvent]:
        """Take what came; return the events that are final with it."""
        self._record(item)
        if isinstance(item, Status):
            return []
        if isinstance(item, Command):
            return [e for lane in self._lanes.values() for e in self._run(lane, lane.pipeline.command(item))]
        if isinstance(item, Tick):
            return [e for lane in self._lanes.values() for e in self._run(lane, [item])]
        lane = self._lanes.get(item.sensor)
        return [] if lane is None else self._run(lane, lane.pipeline.process(item))

    def close(self, reason: str = "closed") -> list[SessionEvent]:
        """The end: the events that it makes final, and the recording closed. Again: nothing."""
        if self._closed:
            return []
        self._closed = True
        try:
            return [e for lane in self._lanes.values() for e in self._end(lane)]
        finally:
            if self.recorder is not None:
                self.recorder.close(reason)

    def _end(self, lane: "_Lane") -> list[SessionEvent]:
        events = self._run(lane, lane.pipeline.flush())
        events += self._told(lane, [e for rest in lane.rest() for e in lane.engine.process(rest)])
        return events + self._told(lane, lane.engine.flush())

    def progress(self) -> dict[str, list[Progress]]:
        """For each sensor's id, what a screen may show meanwhile; never evidence."""
        return {name: lane.engine.progress() for name, lane in self._lanes.items()}

    def stream_time(self, sensor: str, host_ns: int) -> float:
        """A sensor's stream time at a moment of the host's clock."""
        return self._lanes[sensor].pipeline.stream_time(host_ns)

    def bad_packets(self) -> dict[str, tuple[int, str | None]]:
        """For each sensor's id, how many packets could not be decoded, and what was wrong with the last."""
        return {n: (lane.pipeline.bad_packets, lane.pipeline.last_problem) for n, lane in self._lanes.items()}

    def _record(self, item: Input) -> None:
        if self.recorder is None:
            return
        if isinstance(item, RawPacket):
            self.recorder.packet(item)
        elif isinstance(item, Tick):
            self.recorder.tick(item)
        elif isinstance(item, Status):
            self.recorder.status(item)
        else:
            self.recorder.command(item)

    def _run(self, lane: "_Lane", items: Sequence[Item]) -> list[SessionEvent]:
        out = []
        for item in items:
            if self._on_item is not None:
                self._on_item(lane.meta, item)
            for part in lane.gathered(item, self._batch):
                out += self._told(lane, lane.engine.process(part))
        return out

    def _told(self, lane: "_Lane", events: Sequence[Event]) -> list[SessionEvent]:
        out = [SessionEvent(lane.meta, e) for e in events]
        if self._on_event is not None:
            for event in out:
                self._on_event(event)
        return out


class _Lane:
    """One sensor's pipeline and engine."""

    def __init__(self, meta: SensorMeta, exercises: Sequence[str] | None) -> None:
        self.meta = meta
        self.pipeline = Pipeline(meta)
        self.engine = Engine(exercises)
        self._waiting: list[Samples] = []

    def gathered(self, item: Item, batch: int) -> list[Item]:
        """What the engine is to see now: samples by the batch, what stands between them in its place."""
        if isinstance(item, Tick | Command):
            return []
        if not isinstance(item, Samples):
            return [*self.rest(), item]
        self._waiting.append(item)
        return self.rest() if sum(map(len, self._waiting)) >= batch else []

    def rest(self) -> list[Item]:
        """The samples that are gathered and not yet seen."""
        waiting, self._waiting = self._waiting, []
        return [joined(waiting)] if waiting else []


def event_line(event: SessionEvent) -> str:
    """An event as one line of canonical JSON: keys sorted, floats exact, so that runs compare byte for byte."""
    e = event.event
    whole = {
        **e.attributes, "sensor": event.sensor.id, "side": event.sensor.side, "exercise": e.exercise,
        "kind": e.kind, "start_s": e.start_s, "end_s": e.end_s, "decided_s": e.decided_s,
    }  # fmt: skip
    return json_text(whole, sort_keys=True, separators=(",", ":"), allow_nan=False)


def inputs_of(path: Path) -> Iterator[Input]:
    """What a recorded session was fed, in order. Raises RecordingError for a file that cannot be read."""
    for message in replayed(path):
        if message.packet is not None:
            yield message.packet
        elif message.topic == m.TICK:
            yield Tick(message.host_ns)
        elif message.topic == m.COMMAND and (command := command_of(message)) is not None:
            yield command
        elif message.topic in m.STATUS.values() and (status := status_of(message)) is not None:
            yield status


def replay(
    path: Path,
    exercises: Sequence[str] | None = None,
    *,
    paced: bool = True,
    on_scan: Callable[[Scan], None] | None = None,
) -> Iterator[tuple[float, list[SessionEvent]]]:
    """A recording played again by the same path as live: after each input, how many seconds of the recording
    have gone by, and the events that became final. Of a CSV the input is its samples, a tenth of a second at
    a time. Not `paced`, samples are gathered: the same events sooner. `on_scan` is shown, before all
    else, what a pass over an `.mcap` tells of it. Raises RecordingError for a file that cannot be read."""
    if ending(path.name) == ".mcap" and not path.is_dir():
        scan = scan_mcap(path)
        if on_scan is not None:
            on_scan(scan)
        yield from _replay_packets(path, scan.sensors, exercises, paced=paced)
    else:
        yield from _replay_samples(path, exercises, paced=paced)


def _replay_packets(
    path: Path, sensors: Sequence[SensorMeta], exercises: Sequence[str] | None, *, paced: bool
) -> Iterator[tuple[float, list[SessionEvent]]]:
    # the events of two sensors come in the order of their packets, which gathering would change
    session = Session(sensors, exercises=exercises, batch=1 if paced or len(sensors) > 1 else _BATCH)
    began_ns: int | None = None
    elapsed_s = 0.0
    for item in inputs_of(path):
        began_ns = item.host_ns if began_ns is None else began_ns
        elapsed_s = (item.host_ns - began_ns) * 1e-9
        yield elapsed_s, session.process(item)
    yield elapsed_s, session.close()


def _replay_samples(
    path: Path, exercises: Sequence[str] | None, *, paced: bool
) -> Iterator[tuple[float, list[SessionEvent]]]:
    meta, engine = SensorMeta("", ""), Engine(exercises)
    began_s: float | None = None
    elapsed_s = 0.0
    for track in open_recording(path).tracks:
        for item in (part for whole in track.items() for part in (_slices(whole) if paced else [whole])):
            if isinstance(item, Samples):
                began_s = float(item.t_s[0]) if began_s is None else began_s
                elapsed_s = float(item.t_s[-1]) - began_s
            yield elapsed_s, [SessionEvent(meta, e) for e in engine.process(item)]
    yield elapsed_s, [SessionEvent(meta, e) for e in engine.flush()]


def _slices(item: Item) -> Iterator[Item]:
    if not isinstance(item, Samples):
        yield item
        return
    step = max(1, round(_SLICE_S * (len(item) - 1) / max(float(item.t_s[-1] - item.t_s[0]), 1e-9)))
    for start in range(0, len(item), step):
        yield slice_samples(item, start, start + step)
