"""What the end-to-end suite runs on. The sensors are the same, all in one air; what differs is the Bluetooth by
which the client reaches them.

    virtual   footsense's own backend, through bleak's public `backend=`
    bluez     bleak's BlueZ backend against a scripted org.bluez (tests/system/bluez.sh starts its bus)
    vm        bleak's BlueZ backend against the bluetoothd and the kernel of a virtual machine, whose Bluetooth
              controller is in this process (tests/system/vm.sh starts the machine)
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from footsense.devices import load_profile
from footsense.simulate import Simulated
from footsense.simulate.air import Air
from footsense.simulate.firmware import Motion, ProfileFirmware
from footsense.simulate.virtual_link import Radio
from footsense.simulate.virtual_sensor import VirtualSensor

KINDS = ("virtual", "bluez", "vm")
FIRST, SECOND = "C0:00:00:00:01:01", "C0:00:00:00:01:02"


@dataclass(frozen=True, slots=True)
class Rig:
    """An air for sensors, and what bleak's classes take so that they hear what is in it."""

    air: Air
    scan_kw: Mapping[str, Any] = field(default_factory=dict)
    client_kw: Mapping[str, Any] = field(default_factory=dict)

    @asynccontextmanager
    async def sensor(
        self, wearer: Simulated, address: str = FIRST, mtu: int = 247, profile: str = "generic", **settings: Any
    ) -> AsyncIterator[VirtualSensor]:
        """A sensor that is switched on, and measures what the wearer does in real time; `settings`: what it is
        going to be asked for, if not the defaults."""
        motion = Motion(wearer.t_s, wearer.acc_g, wearer.gyr_dps)
        firmware = ProfileFirmware(load_profile(profile), lambda _: motion, [settings] if settings else [])
        sensor = VirtualSensor(self.air, firmware, address=address, mtu=mtu)
        await sensor.start()
        try:
            yield sensor
        finally:
            await sensor.stop()


@asynccontextmanager
async def rig(kind: str) -> AsyncIterator[Rig]:
    """A rig of that kind, empty of sensors."""
    air = Air()
    if kind == "vm":
        from tests.rigs.vm import adapter  # noqa: PLC0415, bleak's BlueZ backend is of Linux only

        async with adapter(air, os.environ["FOOTSENSE_VM_HCI"]):
            yield Rig(air)
        return
    radio = await Radio.start(air)
    try:
        if kind == "virtual":
            yield Rig(air, radio.scan_kw, radio.client_kw)
            return
        from tests.rigs.bluez import served  # noqa: PLC0415

        async with served("well", radio):
            yield Rig(air)
    finally:
        await radio.close()
