"""`footsense scan`: the Bluetooth sensors nearby, and which of them is the wearer's."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from footsense.cli.options import Number
from footsense.cli.permission import ask_for_bluetooth
from footsense.cli.progress import Progress
from footsense.errors import UsageError

if TYPE_CHECKING:
    from footsense.sources.central import Central, Found
    from footsense.sources.remembered import Remembered

MOST_ASKED = 5  # sensors that are asked for their battery, one after the other


@click.command(name="scan")
@click.option("--seconds", default=5.0, show_default=True, help="How long to listen.",
              type=Number(0.1, 300))  # fmt: skip
@click.option("--remember", metavar="NAME", help="Use this sensor from now on; its name or address.")
@click.option("--forget", is_flag=True, help="Forget the remembered sensor; nothing is scanned.")
@click.option("--no-battery", is_flag=True, help="Connect to no sensor to ask how full its battery is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def command(*, seconds: float, remember: str | None, forget: bool, no_battery: bool, as_json: bool) -> None:
    """List the Bluetooth sensors nearby, those that a profile knows first.

    The nearest of these that do not tell their battery in passing are connected to and asked. Exit code 2 if
    there is no Bluetooth on this machine.
    """
    from footsense.devices import load_profile, profile_names  # noqa: PLC0415
    from footsense.sources.central import Central  # noqa: PLC0415
    from footsense.sources.remembered import remembered  # noqa: PLC0415

    if forget:
        click.echo(_forgotten(alone=not (remember or as_json)))
        return
    mine = remembered() if remember is None else None
    ask_for_bluetooth()
    central = Central([load_profile(n) for n in profile_names()])
    with Progress(f"listening for {seconds:g} s") as progress:
        found = asyncio.run(scan(central, seconds, progress, battery=not no_battery))
    if remember is not None:
        mine = choose(found, remember)
    click.echo(as_text_of_json(found, mine, seconds) if as_json else "\n".join(listed(found, mine, seconds)))


async def scan(central: "Central", seconds: float, progress: Progress, *, battery: bool) -> list["Found"]:
    """The devices heard in `seconds`; with `battery` the nearest that can be connected to have told theirs."""
    found = await central.scan(seconds)
    asked = [f for f in found if f.profile and not f.profile.broadcasts and f.battery_percent is None]
    for one in asked[: MOST_ASKED if battery else 0]:
        progress.say(f"asking {one.label} how full its battery is")
        found[found.index(one)] = await central.ask_battery(one)
    return found


def choose(found: Sequence["Found"], name: str) -> "Remembered":
    """Remember the one device of that name or address. Raises UsageError if it is not one that can be used."""
    from footsense.sources.central import is_called, unknown  # noqa: PLC0415
    from footsense.sources.plan import plan_for  # noqa: PLC0415
    from footsense.sources.remembered import Remembered, remember  # noqa: PLC0415
    from footsense.text import display  # noqa: PLC0415

    called = [f for f in found if is_called(f, name)]
    if not called:
        raise UsageError(f"no sensor called '{display(name)}' was heard: switch it on and bring it near")
    if len(called) > 1:
        addresses = ", ".join(display(f.device.address) for f in called)
        raise UsageError(f"more than one device is called '{display(name)}': choose by address ({addresses})")
    (one,) = called
    if one.profile is None:
        raise UsageError(unknown(one))
    plan_for(one.profile, {})  # which says so where nothing can be counted from it
    chosen = Remembered(one.name, one.device.address, one.profile.name)
    remember(chosen)
    return chosen


def _forgotten(*, alone: bool) -> str:
    from footsense.sources.remembered import forget  # noqa: PLC0415

    if not alone:
        raise UsageError("--forget goes alone: leave --remember and --json away")
    return "the remembered sensor is forgotten" if forget() else "no sensor was remembered"


def is_mine(found: "Found", mine: "Remembered | None") -> bool:
    """Whether it is the remembered sensor."""
    return mine is not None and found.device.address.casefold() == mine.address.casefold()


# shown


def listed(found: Sequence["Found"], mine: "Remembered | None", seconds: float) -> list[str]:
    """What a person is told."""
    if not found:
        return [f"no Bluetooth device was heard in {seconds:g} s: switch the sensor on and bring it near"]
    head = f"  {'sensor':<28} {'signal':>8} {'battery':>8}   {'profile':<16} address"
    return [head, *(_line(f, is_mine(f, mine)) for f in found), "", _hint(found, mine)]


def _line(found: "Found", mine: bool) -> str:
    from footsense.text import display  # noqa: PLC0415

    profile = display(found.profile.name, 16) if found.profile else "-"
    name = display(found.name, 28) if found.name else "(no name)"
    percent = "-" if found.battery_percent is None else f"{found.battery_percent:.0f} %"
    signal, address = f"{found.rssi_dbm:>4} dBm", display(found.device.address)
    return f"{'*' if mine else ' '} {name:<28} {signal:>8} {percent:>8}   {profile:<16} {address}"


def _hint(found: Sequence["Found"], mine: "Remembered | None") -> str:
    if mine is not None:
        near = "" if any(is_mine(f, mine) for f in found) else ", which was not heard"
        return f"* your sensor: {mine.label}{near}; `footsense scan --forget` forgets it"
    if any(f.profile and not f.profile.broadcasts for f in found):
        return "`footsense scan --remember NAME` (or ADDRESS) makes one yours: `footsense record` then takes it"
    if any(f.profile for f in found):
        return (
            "those that a profile knows only advertise, which is too slow to count anything; "
            "`footsense record --device NAME` records one all the same"
        )
    return "none of these is known to a profile; `footsense profiles list` shows which are"


def as_text_of_json(found: Sequence["Found"], mine: "Remembered | None", seconds: float) -> str:
    """What `--json` prints: names as they were heard, escaped so that none of them can move a cursor."""
    devices = [
        {
            "name": f.name,
            "address": f.device.address,
            "rssi_dbm": f.rssi_dbm,
            "profile": f.profile.name if f.profile else None,
            "battery_percent": f.battery_percent,
            "remembered": is_mine(f, mine),
        }
        for f in found
    ]
    from footsense.text import json_text  # noqa: PLC0415

    told = {"schema": "footsense.scan/1", "seconds": seconds, "devices": devices}
    return json_text(told)
