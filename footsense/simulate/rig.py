"""A whole virtual set-up: radio, sensor, wearer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from footsense.devices import Profile
from footsense.simulate.air import Air
from footsense.simulate.firmware import Motion, ProfileFirmware, Settings
from footsense.simulate.virtual_link import Radio
from footsense.simulate.virtual_sensor import HOPS, VirtualSensor
from footsense.simulate.wearer import Simulated


@dataclass(frozen=True, slots=True)
class Rig:
    """The client's radio, and the sensor in the same air."""

    radio: Radio
    sensor: VirtualSensor
    start_ns: int

    def clock(self) -> int:
        """The host's clock in ns as it would be if the motion were played at its own speed: what a client needs
        that listens to a sensor playing faster, however fast this machine is."""
        return self.start_ns + round(self.sensor.now_s * 1e9)

    async def when_over(self, then: Callable[[], None]) -> None:
        """Call `then` when the motion is over and its last packet has arrived."""
        await self.sensor.finished.wait()
        for _ in range(HOPS):
            await asyncio.sleep(0)
        then()


@asynccontextmanager
async def virtual_rig(
    profile: Profile,
    wearer: Simulated,
    speed: float | None = 1.0,
    *,
    settings: Settings | None = None,
    air: Air | None = None,
    mtu: int = 247,
) -> AsyncIterator[Rig]:
    """A device of this profile that measures what the wearer does, `speed` times as fast (None: as fast as it
    goes), and a radio to reach it by. `settings`: what the client is going to ask for, if not the defaults."""
    air = air or Air()
    motion = Motion(wearer.t_s, wearer.acc_g, wearer.gyr_dps)
    firmware = ProfileFirmware(profile, lambda _: motion, [settings] if settings else [])
    sensor = VirtualSensor(air, firmware, speed=speed, mtu=mtu)
    radio = await Radio.start(air)
    await sensor.start()
    try:
        yield Rig(radio, sensor, time.time_ns())
    finally:
        await radio.close()
        await sensor.stop()
