"""What a recording listens to: a sensor that is connected, or one that only advertises."""

from types import TracebackType
from typing import Protocol, Self

from footsense.sources.ble import Link
from footsense.sources.broadcast import Broadcast
from footsense.sources.central import Central, Found
from footsense.sources.inbox import Inbox
from footsense.sources.plan import Plan, Settings


class Source(Protocol):
    """One sensor, whose packets go into an inbox for as long as the context lasts."""

    id: str
    packets: int

    @property
    def settings(self) -> Settings:
        """What its packets are read with."""
        ...

    @property
    def streaming(self) -> bool:
        """Whether it has begun to send."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def source_of(central: Central, found: Found, plan: Plan, inbox: Inbox) -> Source:
    """What listens to this sensor as its plan says."""
    kind = Broadcast if plan.said else Link
    return kind(central, found.device, found.label, plan, inbox, rssi_dbm=found.rssi_dbm)
