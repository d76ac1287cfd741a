"""Finds out what the notifications of a device mean that nobody has described, and writes its profile.

While somebody holds the sensor still in several positions, turns it in between and shakes it at the end:
stillness is seen in the bytes (`stillness`), numbers of one size in all positions are the accelerometer
(`gravity`), repeated ones the samples of a packet (`rows`), numbers that turn gravity the gyroscope
(`turning`), numbers that go up counters and clocks (`clocks`).
"""

from footsense.devices.learning.capture import Capture, Packet, Place, Written, read_capture, written_capture
from footsense.devices.learning.learn import Declined, Learned, learn

__all__ = [
    "Capture",
    "Declined",
    "Learned",
    "Packet",
    "Place",
    "Written",
    "learn",
    "read_capture",
    "written_capture",
]
