"""How a kind of device says what it sends."""

from collections.abc import Sequence

from footsense.devices.model import ProfileData


class Telling:
    """One kind of device. What it says is kept as the value of a setting, as it came."""

    def whole(self, heard: bytes) -> bytes | None:
        """What the device says of itself in all that was heard so far, None while more must come. Raises
        PacketError where that cannot be it."""
        return heard or None

    def parts(self, said: bytes) -> list[bytes]:
        """The notifications in which the device says it."""
        return [said]

    def found(self, uuids: Sequence[str]) -> bytes | None:
        """What its characteristics alone say of it, None where they say nothing."""
        del uuids
        return None

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        """The profile of the device that says this. Raises PacketError where it says nothing that makes one."""
        raise NotImplementedError
