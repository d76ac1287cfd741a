"""Leads a person through what a layout is learned from, and captures what the device notifies meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from footsense.cli.screen import Screen
from footsense.errors import BluetoothError

if TYPE_CHECKING:
    from footsense.devices.learning import Capture, Written
    from footsense.sources.central import Central
    from footsense.sources.inbox import Clock

SIDES = ("its back", "its front", "its left side", "its right side", "its upper end", "its lower end")


@dataclass(frozen=True, slots=True)
class Lesson:
    """How long each thing takes, in s; `packets` that a position needs at least."""

    first_s: float = 8.0
    turn_s: float = 2.5
    hold_s: float = 4.5
    shake_s: float = 5.0
    packets: int = 12


class Teacher:
    """Says what to do when it is due. `over` when all was done."""

    def __init__(self, screen: Screen, lesson: Lesson = Lesson()) -> None:
        self._screen, self._lesson = screen, lesson
        self._start_s: float | None = None
        self._due: list[tuple[float, str]] = []
        self.over = False

    def seen(self, now_s: float, packets: int) -> None:
        """At a moment, when so many packets have come. Raises BluetoothError where none comes."""
        if self._start_s is None:
            self._start_s = now_s
            self._screen.say("Lay the sensor down, still.")
        if not self._due:
            if now_s - self._start_s < self._lesson.first_s / 2:
                return
            self._due = self._plan(now_s, packets / (now_s - self._start_s))
        while self._due and now_s >= self._due[0][0]:
            _, text = self._due.pop(0)
            self._screen.say(text)
            if not self._due:
                self.over = True
                return

    def _plan(self, now_s: float, packets_hz: float) -> list[tuple[float, str]]:
        if packets_hz == 0:
            raise BluetoothError(
                "the device is connected and sends nothing: it may want to be told to, with --write CHAR=HEX"
            )
        lesson, at_s, due = self._lesson, now_s, []
        held_s = max(lesson.hold_s, lesson.packets / packets_hz)
        for i, side in enumerate(SIDES, 1):
            due.append((at_s, f"{i} of {len(SIDES)}: put it on {side}, and leave it still."))
            at_s += lesson.turn_s + held_s
        due.append((at_s, "Now take it in your hand and shake it hard."))
        at_s += max(lesson.shake_s, lesson.packets / packets_hz)
        return [*due, (at_s, "Done.")]


async def taught(
    central: "Central", name: str, writes: "Sequence[Written]", screen: Screen, clock: "Clock", *,
    scan_s: float = 6.0,
) -> "Capture":  # fmt: skip
    """What the device of that name notifies while somebody is led through the positions and the shake. Raises
    BluetoothError where it is not heard in `scan_s`, sends nothing, or the link is lost."""
    from footsense.devices.learning import Capture, Packet  # noqa: PLC0415
    from footsense.sources.inbox import Inbox  # noqa: PLC0415
    from footsense.sources.listen import called, heard_out  # noqa: PLC0415
    from footsense.types import RawPacket  # noqa: PLC0415

    screen.say("looking for the device …")
    found = await called(central, name, scan_s)
    inbox, teacher, packets = Inbox(clock), Teacher(screen), list[Packet]()
    start_ns = clock()
    async with heard_out(central, found, writes, inbox) as places:
        async for item in inbox:
            at_s = (item.host_ns - start_ns) / 1e9
            if isinstance(item, RawPacket):
                packets.append(Packet(at_s, item.char, item.payload))
            if not teacher.over:
                teacher.seen(at_s, len(packets))
                if teacher.over:
                    inbox.close()
    services = {char: place.service for char, place in places.items()}
    asked = [replace(w, service=services.get(w.char, w.service)) for w in writes]
    return Capture(packets, found.name, places, asked)
