"""What the commands that listen to a sensor share: recording, pumping, and a clean end on Ctrl-C."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from footsense.errors import BluetoothError
from footsense.recording import Recorder, Segment
from footsense.session import Session, SessionEvent
from footsense.sources.inbox import Inbox, Received
from footsense.sources.plan import Settings
from footsense.sources.source import Source
from footsense.types import Item, SensorMeta

_T = TypeVar("_T")


class Watcher(Protocol):
    """What is shown of a recording under way."""

    def on_item(self, sensor: SensorMeta, item: Item, /) -> None:
        """An item of a sensor's stream."""
        ...

    def seen(self, session: Session, item: Received | None, events: Sequence[SessionEvent]) -> None:
        """What came, and the events that it made final; None at the end."""
        ...


@dataclass(slots=True)
class Outcome:
    """How a recording ended: the file, its events, and the error that ended it, None if it was meant to end."""

    path: Path
    events: list[SessionEvent] = field(default_factory=list)
    error: Exception | None = None


async def record(
    source: Source, meta: SensorMeta, inbox: Inbox, path: Path, watcher: "Watcher", *, simulated: bool = False,
    segment: Segment | None = None, begun: Callable[[Settings], None] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Listen to the source, and record to `path` until the inbox closes or the link is lost for good. The
    recording keeps whether its wearer is `simulated`, and which `segment` of a session it is. `begun` is told
    what the sensor was set to and has said of itself, before there is a file; what it raises ends it all.

    The recording is closed and kept however it ends. Raises BluetoothError if the sensor cannot be connected,
    RecordingError if the file cannot be made.
    """
    outcome = Outcome(path)
    async with source:
        meta = replace(meta, settings=dict(source.settings or meta.settings))
        begun(meta.settings)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {"simulated": True} if simulated else None
        recorder = Recorder(path, [meta], created_utc=now, facts=facts, segment=segment)
        session = Session([meta], recorder=recorder, on_item=watcher.on_item)
        try:
            async for item in inbox:
                outcome.events += (events := session.process(item))
                watcher.seen(session, item, events)
        except BluetoothError as lost:
            outcome.error = lost
        finally:
            outcome.events += (events := session.close("link lost" if outcome.error else "closed"))
            watcher.seen(session, None, events)
    return outcome


async def until_interrupted(body: Coroutine[Any, Any, _T], source: Source, inbox: Inbox) -> tuple[_T, bool]:
    """The result of `body`, which records, and whether Ctrl-C (a cancellation) came.

    Ctrl-C closes the inbox, so that the body ends by itself, in order; before the sensor streams it cancels.
    A second one does not wait.
    """
    task = asyncio.create_task(body)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        if not source.streaming:
            task.cancel()
        inbox.close()
        return await task, True
