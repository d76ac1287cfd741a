"""`footsense scan`: the Bluetooth sensors nearby."""

import asyncio
from typing import TYPE_CHECKING

import click

from footsense.cli.permission import ask_for_bluetooth
from footsense.cli.progress import Progress

if TYPE_CHECKING:
    from footsense.sources.ble import Central, Found


@click.command(name="scan")
@click.option("--seconds", default=5.0, show_default=True, help="How long to listen.",
              type=click.FloatRange(0.1, 300))  # fmt: skip
def command(seconds: float) -> None:
    """List the Bluetooth sensors nearby, those that a profile knows first.

    Exit code 2 if there is no Bluetooth on this machine.
    """
    from footsense.devices import load_profile, profile_names  # noqa: PLC0415
    from footsense.sources.ble import Central  # noqa: PLC0415

    ask_for_bluetooth()
    with Progress(f"listening for {seconds:g} s"):
        lines = asyncio.run(scan(Central([load_profile(n) for n in profile_names()]), seconds))
    for line in lines:
        click.echo(line)


async def scan(central: "Central", seconds: float) -> list[str]:
    """What is said of the devices heard in `seconds`."""
    found = await central.scan(seconds)
    if not found:
        return [f"no Bluetooth device was heard in {seconds:g} s: switch the sensor on and bring it near"]
    known = sum(f.profile is not None for f in found)
    return [
        f"{'sensor':<28} {'signal':>8}   {'profile':<16} address",
        *map(_line, found),
        "" if known else "none of these is known to a profile; `footsense profiles list` shows which are",
    ][: len(found) + 1 + (not known)]


def _line(found: "Found") -> str:
    from footsense.text import display  # noqa: PLC0415

    profile = display(found.profile.name, 16) if found.profile else "-"
    name = display(found.name, 28) if found.name else "(no name)"
    return f"{name:<28} {found.rssi_dbm:>4} dBm   {profile:<16} {display(found.device.address)}"
