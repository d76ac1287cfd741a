"""This machine's side of Bluetooth LE, on bleak: hears what is near, lets one sensor connect at a time.

The keyword arguments `scan_kw` and `client_kw` go to bleak as they are; `{}` means the platform's own
Bluetooth. Every wait has an end.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from footsense.devices import Profile
from footsense.errors import BluetoothError, NotHeardError, UsageError
from footsense.sources import battery
from footsense.sources.words import FAILURES, OldServiceError, explained
from footsense.text import display


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in s, and how often is tried.

    `listen_s`: until the system listens (it may ask the user first).
    `connect_s`: one attempt to connect and discover; `attempts` of it, `backoff_s` apart and doubling,
    up to `backoff_max_s`.
    `ready_s`: until a sensor streams for the first time, all attempts and its whole set-up together.
    `battery_s`: to connect and read how full the battery is.
    `write_s`: one write or subscription. `describe_s`: until a device has said what it sends.
    `mtu_s`: until the system tells the packet length negotiated.
    `stop_s`: the stop writes, and the disconnection. `silence_s` without a packet, or ten packets' time if
    that is longer, means that the link is lost; `unheard_s` (or that time) of one that only advertises,
    every 1 to 10 s, and is not heard each time. `settle_s`: the scan goes on after the first match, for
    others. `reconnect_s`: how long a lost sensor is tried again, as often as that takes: whoever wears it may
    be in another room meanwhile.
    """

    listen_s: float = 30.0
    connect_s: float = 20.0
    battery_s: float = 8.0
    attempts: int = 4
    ready_s: float = 120.0
    backoff_s: float = 0.25
    backoff_max_s: float = 4.0
    write_s: float = 5.0
    describe_s: float = 30.0
    mtu_s: float = 2.0
    stop_s: float = 3.0
    silence_s: float = 1.0
    unheard_s: float = 30.0
    settle_s: float = 1.0
    reconnect_s: float = 180.0

    def before(self, attempt: int) -> float:
        """How long is waited before an attempt after the first one (0), s."""
        return min(self.backoff_s * 2.0 ** min(attempt - 1, 64), self.backoff_max_s)


@dataclass(frozen=True, slots=True)
class Found:
    """A device that advertises. `profile` is its best match, None where no profile knows it; the larger
    `score`, the surer. `name` comes from the air: show `label`. `battery_percent`: None where it is not told.
    """

    device: BLEDevice
    name: str
    rssi_dbm: int
    profile: Profile | None
    score: int
    battery_percent: float | None = None

    @property
    def label(self) -> str:
        """What a person is shown."""
        return f"'{display(self.name)}'" if self.name else "a sensor without a name"


@contextlib.asynccontextmanager
async def listening(
    heard: Callable[[BLEDevice, AdvertisementData], None], scan_kw: Mapping[str, Any], patience: Patience
) -> AsyncIterator[None]:
    """Scanning, for as long as the context lasts. Raises what bleak raises, and TimeoutError if the system does
    not begin within `listen_s`; that it does not end is nobody's loss."""
    scanner = BleakScanner(heard, **scan_kw)
    try:
        async with asyncio.timeout(patience.listen_s):
            await scanner.start()
    except KeyError as error:
        raise OldServiceError(f"no {display(error)}") from error
    try:
        yield
    finally:
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(patience.stop_s):
                await scanner.stop()


_UNKNOWN_DBM = 127  # Core Specification, Vol 4, Part E, 7.7.65.2: not available
_EVERYWHERE = ("1800", "1801")  # services: the one is required of every device, the other is common


async def connected(
    scan_kw: Mapping[str, Any], patience: Patience
) -> list[tuple[BLEDevice, AdvertisementData]]:
    """What this machine is connected to, with what the system remembers of how it advertised; nothing where it
    does not tell. No scan hears such a device: a program that died may have left it so, or another one use it.
    """
    if "backend" in scan_kw:  # not the system's own Bluetooth
        return []
    try:
        async with asyncio.timeout(patience.stop_s):
            devices = await (await BleakAdapter.get()).get_connected_devices(list(_EVERYWHERE))
    except (NotImplementedError, KeyError, *FAILURES):
        return []
    return [(device, _remembered(device)) for device in devices]


def _remembered(device: BLEDevice) -> AdvertisementData:
    """On BlueZ from the properties that it keeps, elsewhere the name alone."""
    props = device.details.get("props", {}) if isinstance(device.details, Mapping) else {}
    made_by = {company: bytes(data) for company, data in props.get("ManufacturerData", {}).items()}
    return AdvertisementData(device.name, made_by, {}, list(props.get("UUIDs", [])), None, _UNKNOWN_DBM, ())


class Central:
    """This machine's side of Bluetooth: scans, chooses, and lets one sensor connect at a time.

    BlueZ answers two connection attempts at once with failures, so all scanning and connecting shares a lock.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        *,
        scan_kw: Mapping[str, Any] | None = None,
        client_kw: Mapping[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.profiles = tuple(profiles)
        self.scan_kw = dict(scan_kw or {})
        self.client_kw = dict(client_kw or {})
        self.patience = patience or Patience()
        self.lock = asyncio.Lock()

    async def scan(self, timeout_s: float) -> list[Found]:
        """All devices heard in `timeout_s`: those that a profile knows first, the surest and nearest before.

        Raises BluetoothError where there is no Bluetooth.
        """
        with explained():
            async with self.lock:
                seen: dict[str, tuple[BLEDevice, AdvertisementData]] = {}

                def heard(device: BLEDevice, data: AdvertisementData) -> None:
                    seen[device.address] = (device, data)

                async with listening(heard, self.scan_kw, self.patience):
                    await asyncio.sleep(timeout_s)
        return _ordered([self._with_battery(self._judge(device, data), data) for device, data in seen.values()])

    async def ask_battery(self, found: Found) -> Found:
        """The device with what its battery service tells in answer to one read, and as it was if that fails:
        it may have none, want to be paired, or be taken."""
        patience = self.patience
        client = BleakClient(found.device, timeout=patience.battery_s, **self.client_kw)
        percent = None
        try:
            async with self.lock, asyncio.timeout(patience.battery_s):
                await client.connect()
                char = characteristic(client, battery.LEVEL, battery.SERVICE)
                percent = battery.level(bytes(await client.read_gatt_char(char))) if char else None
        except FAILURES:
            return found
        finally:
            with contextlib.suppress(*FAILURES):
                async with asyncio.timeout(patience.stop_s):
                    await client.disconnect()
        return replace(found, battery_percent=percent)

    async def find(
        self, name: str | None = None, timeout_s: float = 15.0, *, address: str | None = None
    ) -> Found:
        """The one sensor that a profile knows, or the one of that name or address, or of that very address.

        One that is connected to this machine is taken where it is asked for alone: it may be in use.
        One that only advertises is taken where it is asked for, or where the profiles are of such alone: it
        may be anybody's, and is no match for one that streams. Scans `settle_s` longer than to the first match.
        Raises NotHeardError if none is heard, BluetoothError if no profile can use it, UsageError if there are
        several to choose from.
        """
        asked = bool(name or address) or all(profile.broadcasts for profile in self.profiles)

        def is_match(found: Found) -> bool:
            return found.profile is not None and (asked or not found.profile.broadcasts)

        wanted = _wanted(name, address)
        with explained():
            async with self.lock:
                there = [f for f in await self._connected() if is_match(f) and wanted(f)]
                heard = there if name or address else []
                heard = heard or await self._heard(wanted, is_match, timeout_s)
        matches = [f for f in heard if is_match(f)]
        if not matches:
            raise _taken(there[0]) if there else _none_found(name or address, timeout_s, heard)
        if len(matches) > 1:
            names = ", ".join(f"{f.label} ({display(f.device.address)})" for f in matches)
            raise UsageError(f"more than one sensor is near: {names}; choose with --device NAME or ADDRESS")
        return matches[0]

    async def again(self, device: BLEDevice, timeout_s: float) -> BLEDevice:
        """The device as it advertises now, the old one if it is not heard in `timeout_s`: BlueZ forgets devices
        whose connection failed."""
        there: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()

        def heard(now: BLEDevice, _data: AdvertisementData) -> None:
            if now.address.casefold() == device.address.casefold() and not there.done():
                there.set_result(now)

        found = device
        async with self.lock:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s), listening(heard, self.scan_kw, self.patience):
                    found = await there
        return found

    async def _connected(self) -> list[Found]:
        return [self._judge(d, data) for d, data in await connected(self.scan_kw, self.patience)]

    async def _heard(
        self, wanted: Callable[[Found], bool], is_match: Callable[[Found], bool], timeout_s: float
    ) -> list[Found]:
        """The devices that are wanted; until `settle_s` after the first match."""
        found: dict[str, Found] = {}
        first = asyncio.Event()

        def heard(device: BLEDevice, data: AdvertisementData) -> None:
            judged = self._judge(device, data)
            if wanted(judged):
                found[device.address] = judged
                if is_match(judged):
                    first.set()

        async with listening(heard, self.scan_kw, self.patience):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await first.wait()
                await asyncio.sleep(self.patience.settle_s)
        return _ordered(list(found.values()))

    def _with_battery(self, found: Found, data: AdvertisementData) -> Found:
        return replace(found, battery_percent=battery.advertised_percent(found.profile, data))

    def _judge(self, device: BLEDevice, data: AdvertisementData) -> Found:
        scores = [(profile.match_score(data), i) for i, profile in enumerate(self.profiles)]
        score, best = max(scores, default=(0, 0), key=lambda s: (s[0], -s[1]))
        name = data.local_name or device.name or ""
        return Found(device, name, data.rssi, self.profiles[best] if score > 0 else None, score)


def _ordered(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda f: (-f.score, -f.rssi_dbm, f.name, f.device.address))


def is_called(found: Found, name: str) -> bool:
    """Whether the device has that name or address."""
    return name.casefold() in (found.name.casefold(), found.device.address.casefold())


def _wanted(name: str | None, address: str | None) -> Callable[[Found], bool]:
    if address is not None:  # which no other device can have by calling itself so
        return lambda found: found.device.address.casefold() == address.casefold()
    return lambda found: name is None or is_called(found, name)


def _none_found(name: str | None, timeout_s: float, heard: Sequence[Found]) -> BluetoothError:
    if name and heard:
        return BluetoothError(unknown(heard[0]))
    tag = next((f for f in heard if f.profile), None)
    if tag is not None:
        which = f"{tag.label} ({display(tag.device.address)})"
        return NotHeardError(
            f"no sensor that streams was heard in {timeout_s:g} s; {which} only advertises, which is too slow "
            "to count anything: choose it with --device to record it all the same"
        )
    what = f"no sensor called '{display(name)}'" if name else "no sensor that a profile knows"
    hint = "switch it on, bring it near, and look with `footsense scan`"
    return NotHeardError(f"{what} was heard in {timeout_s:g} s: {hint}")


def _taken(found: Found) -> NotHeardError:
    which = f"{found.label} ({display(found.device.address)})"
    return NotHeardError(
        f"no sensor was heard, but {which} is connected to this machine: end the program that uses it; if none "
        "does, choose it with --device, and it is taken as it is"
    )


def unknown(found: Found) -> str:
    """One line on a device that no profile knows."""
    which = f"{found.label} ({display(found.device.address)})"
    return f"{which} is near, but none of the profiles knows it: `footsense profiles list` shows what is known"


def characteristic(client: BleakClient, char: str, service: str = "") -> BleakGATTCharacteristic | None:
    """The characteristic of that UUID in that service, else the only one of it anywhere; None where there is
    none or nobody can tell which."""
    found = [c for s in client.services for c in s.characteristics if c.uuid == char]
    there = [c for c in found if service in ("", c.service_uuid)]
    return there[0] if there else found[0] if len(found) == 1 else None
