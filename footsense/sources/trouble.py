"""What can be wrong with Bluetooth on a machine, whatever the system calls it."""

from enum import StrEnum


class Trouble(StrEnum):
    """What was met when Bluetooth was asked to listen. The values stand in the JSON of `footsense doctor`."""

    NO_BACKEND = "no-backend"  # bleak's part for this system is not installed
    NO_ADAPTER = "no-adapter"
    NO_LOW_ENERGY = "no-low-energy"  # there is an adapter, which cannot connect to Low Energy sensors
    OFF = "powered-off"
    DENIED = "denied"  # by the user, the terminal's permissions or the bus's policy
    FORBIDDEN = "forbidden"  # by who administers the machine
    KILLED = "killed"  # macOS ends a program that it was never told may use Bluetooth
    NO_BUS = "no-bus"  # D-Bus
    NO_SERVICE = "no-service"  # BlueZ
    OLD_SERVICE = "old-service"  # older than bleak can use
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    OTHER = "other"
