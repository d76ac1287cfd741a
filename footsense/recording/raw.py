"""The notifications of an `.mcap` recording, as they came."""

from pathlib import Path

from footsense.errors import RecordingError
from footsense.recording.mcap import replayed
from footsense.text import display
from footsense.types import RawPacket


def raw_packets(path: Path) -> dict[str, list[RawPacket]]:
    """The notifications by sensor, in the order in which they came; damaged stretches are left out. Raises
    RecordingError for a file that cannot be read, or holds none."""
    found: dict[str, list[RawPacket]] = {}
    for message in replayed(path):
        if message.packet is not None:
            found.setdefault(message.packet.sensor, []).append(message.packet)
    if not found:
        raise RecordingError(f"{display(path)}: holds no notification; take a recording of a sensor")
    return found
