"""Bluetooth UUIDs in their full form."""

_BASE = "-0000-1000-8000-00805f9b34fb"  # Bluetooth Core Specification, Vol 3, Part B, 2.5.1


def full(uuid: str) -> str:
    """128-bit lower-case text of a UUID given in full or as four hexadecimal digits; another name of a place is
    given back in lower case."""
    return (f"0000{uuid}{_BASE}" if len(uuid) == 4 else uuid).lower()
