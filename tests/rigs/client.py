"""footsense's client as `footsense record` uses it, and all that it heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from footsense.devices import load_profile
from footsense.errors import BluetoothError
from footsense.session import Session
from footsense.sources.ble import Link
from footsense.sources.central import Central, Patience
from footsense.sources.inbox import Inbox, steady_clock
from footsense.sources.plan import plan_for
from footsense.types import INTERPOLATED, Gap, Item, RawPacket, Samples, SensorMeta, Status
from tests.rigs import FIRST, Rig

PATIENCE = Patience(settle_s=0.1, reconnect_s=90.0)
WAIT_S = 90.0  # in vain only; a machine that is emulated on a busy host takes its time
DATA = "5f8a0002-7c41-4d2e-9b36-2ee1d0a4c853"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what is going to come."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.01)


@dataclass(slots=True)
class Heard:
    """One sensor's link and session: what the radio brought, and what was made of it."""

    link: Link
    inbox: Inbox
    session: Session
    received: list[Any] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    error: Exception | None = None

    @property
    def packets(self) -> list[RawPacket]:
        """Those of the motion; on BlueZ a battery level that is read is notified too."""
        return [i for i in self.received if isinstance(i, RawPacket) and i.char == DATA]

    @property
    def gaps(self) -> list[Gap]:
        return [i for i in self.items if isinstance(i, Gap)]

    def said(self, key: str = "event") -> list[Any]:
        """What the link told of itself, but for the battery."""
        told = [i.fields for i in self.received if isinstance(i, Status) and i.fields["event"] != "battery"]
        return [f[key] for f in told if key in f]

    def connections(self) -> list[list[RawPacket]]:
        """The packets of each connection."""
        found: list[list[RawPacket]] = [[]]
        for item in self.received:
            if isinstance(item, RawPacket) and item.char == DATA:
                found[-1].append(item)
            elif isinstance(item, Status) and item.fields["event"] == "back":
                found.append([])
        return found

    def samples(self) -> tuple[Any, Any, Any]:
        """Stream times (n,), accelerations and rates (n, 3) that were measured."""
        parts = [i for i in self.items if isinstance(i, Samples) and len(i)]
        real = np.concatenate([(p.flags & INTERPOLATED) == 0 for p in parts])
        gyr = np.concatenate([p.gyr_dps for p in parts if p.gyr_dps is not None])
        return (
            np.concatenate([p.t_s for p in parts])[real],
            np.concatenate([p.acc_g for p in parts])[real],
            gyr[real],
        )

    async def _pump(self) -> None:
        try:
            async for item in self.inbox:
                self.session.process(item)
                self.received.append(item)
        except Exception as error:
            self.error = error


def central(rig: Rig, patience: Patience = PATIENCE) -> Central:
    """This machine's side of Bluetooth on the rig, which knows one kind of sensor."""
    return Central([load_profile("generic")], scan_kw=rig.scan_kw, client_kw=rig.client_kw, patience=patience)


async def heard_of(here: Central, address: str = FIRST, **asked: Any) -> Heard:
    """A link to the sensor of that address, not yet connected."""
    found = await here.find(address=address, timeout_s=WAIT_S)
    assert found.profile
    settings, inbox = found.profile.settings_for(asked), Inbox(steady_clock())
    link = Link(here, found.device, found.label, plan_for(found.profile, settings), inbox)
    meta = SensorMeta(link.id, found.profile.text, settings)
    items: list[Item] = []
    session = Session([meta], exercises=[], on_item=lambda _, item: items.append(item))
    return Heard(link, inbox, session, items=items)


@asynccontextmanager
async def streaming(heard: Heard) -> AsyncIterator[Heard]:
    """The link connected, and what it brings taken, for as long as the context lasts; complete after it."""
    async with heard.link:
        pump = asyncio.create_task(heard._pump())
        try:
            yield heard
        finally:
            heard.inbox.close()
            await pump
            heard.session.close()
        if heard.error is not None and not isinstance(heard.error, BluetoothError):
            raise heard.error  # none that a test waits for


def assert_none_twice_none_missing(heard: Heard) -> None:
    """Every packet of each connection came, once, in order (before anything removes doubled ones)."""
    stamps = [p.payload[4:8] for p in heard.packets]
    assert len(set(stamps)) == len(stamps)
    for packets in heard.connections():
        numbers = [int.from_bytes(p.payload[2:4], "little") for p in packets]
        assert [b - a for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)
