"""A capture: what a device notified, when, and on which characteristic, as text that a person can read.

One line is one notification: the time of its arrival in s, the characteristic, the bytes in hexadecimal, with
commas between. Lines that begin with `#` are remarks, but for these, which `profiles learn` writes itself:

    # device: NAME
    # characteristic: UUID, UUID of its service, what it can (notify …)
    # written: UUID, UUID of its service, bytes
"""

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from footsense.devices.model import PLACE, UUID
from footsense.devices.uuids import full
from footsense.errors import UsageError
from footsense.text import display

HEAD = "t_s,characteristic,hex"
MAX_BYTES = 64 * 1024 * 1024
MAX_PACKET = 512  # bytes; Bluetooth Core 5.4, Vol 3, Part F, 3.2.9: the longest value of an attribute


@dataclass(frozen=True, slots=True)
class Packet:
    """One notification: when it came in s, the characteristic (UUID, or what was advertised), its bytes."""

    at_s: float
    char: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a characteristic is: UUID of its service ("" where that is not known), and what it can."""

    service: str = ""
    properties: tuple[str, ...] = ("notify",)


@dataclass(frozen=True, slots=True)
class Written:
    """A write that made the device stream: characteristic, its service, bytes."""

    char: str
    service: str
    payload: bytes


@dataclass(frozen=True)
class Capture:
    """All that came, in order of arrival; the device's name, its characteristics, and what was written."""

    packets: Sequence[Packet]
    device: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)
    written: Sequence[Written] = ()


def read_capture(text: str, where: str) -> Capture:
    """Read the text of a capture. Raises UsageError with `where`, the line and what was expected."""
    packets: list[Packet] = []
    facts = _Facts()
    for number, line in enumerate(io.StringIO(text), 1):
        said = line.strip().lstrip("\ufeff")
        try:
            if said.startswith("#"):
                facts.take(said[1:].strip())
            elif said and said.replace(" ", "").lower() != HEAD:
                packets.append(_packet(said, packets[-1].at_s if packets else -math.inf))
        except ValueError as error:
            raise UsageError(f"{where}, line {number}: {error}") from None
    if not packets:
        raise UsageError(f"{where}: no notification in it; expected lines such as 12.345,2a19,64")
    return Capture(packets, facts.device, facts.places, facts.written)


def written_capture(capture: Capture) -> str:
    """The text of a capture, which `read_capture` reads."""
    lines = [f"# device: {display(capture.device)}"] if capture.device else []
    lines += [
        f"# characteristic: {c}, {p.service}, {' '.join(p.properties)}" for c, p in capture.places.items()
    ]
    lines += [f"# written: {w.char}, {w.service}, {w.payload.hex()}" for w in capture.written]
    lines += [HEAD, *(f"{p.at_s:.6f},{p.char},{p.payload.hex()}" for p in capture.packets)]
    return "\n".join(lines) + "\n"


class _Facts:
    """What the remarks of a capture tell."""

    def __init__(self) -> None:
        self.device = ""
        self.places: dict[str, Place] = {}
        self.written: list[Written] = []

    def take(self, remark: str) -> None:
        """Raises ValueError for a remark that begins as one of ours and is none."""
        key, _, said = remark.partition(":")
        parts = [part.strip() for part in said.split(",")]
        if key == "device":
            self.device = said.strip()
        elif key == "characteristic":
            char, service, can = _three(parts, "UUID, UUID of its service, what it can")
            self.places[_place(char)] = Place(_service(service), tuple(can.split()) or ("notify",))
        elif key == "written":
            char, service, sent = _three(parts, "UUID, UUID of its service, bytes")
            self.written.append(Written(_place(char), _service(service), _bytes(sent)))


def _three(parts: list[str], expected: str) -> list[str]:
    if len(parts) != 3:
        raise ValueError(f"expected three things with commas between: {expected}")
    return parts


def _packet(line: str, last_s: float) -> Packet:
    at, char, payload = _three([p.strip() for p in line.split(",")], HEAD)
    try:
        at_s = float(at)
    except ValueError:
        at_s = math.nan
    if not math.isfinite(at_s):
        raise ValueError(f"'{display(at, 30)}' is no time in s, such as 12.345")
    if at_s < last_s:
        raise ValueError(f"the time goes back from {last_s:g} to {at_s:g} s; sort the lines")
    return Packet(at_s, _place(char), _bytes(payload))


def _place(text: str) -> str:
    spelt = text.lower().removeprefix("0x")
    if not re.fullmatch(PLACE, spelt):
        raise ValueError(f"'{display(text, 40)}' is no characteristic: expected a UUID, or manufacturer:0x0499")
    return full(spelt)


def _service(text: str) -> str:
    if text and not re.fullmatch(UUID, text):
        raise ValueError(f"'{display(text, 40)}' is no UUID of a service")
    return full(text) if text else ""


def _bytes(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.replace(":", " ").replace("-", " "))
    except ValueError:
        raise ValueError(f"'{display(text, 40)}' is not hexadecimal: two digits for each byte") from None
    check_length(found)
    return found


def check_length(payload: bytes) -> None:
    """Raises ValueError for more bytes than a notification can have."""
    if len(payload) > MAX_PACKET:
        raise ValueError(f"{len(payload)} bytes; a notification has {MAX_PACKET} at most")


def by_char(packets: Iterable[Packet]) -> dict[str, list[Packet]]:
    """The packets of each characteristic, in order."""
    sorted_out: dict[str, list[Packet]] = {}
    for packet in packets:
        sorted_out.setdefault(packet.char, []).append(packet)
    return sorted_out
