"""One error root, and a subclass where a caller would act differently.

Every message is one line that says what is wrong, where, and what to do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy is not loaded for an error
    from footsense.types import Decoded


class FootsenseError(Exception):
    """Root of all errors that footsense raises on purpose."""


class UsageError(FootsenseError):
    """The call is wrong: an option, an unknown exercise, routine or profile."""


class RecordingError(FootsenseError):
    """A recording (CSV or MCAP) cannot be read as what it claims to be."""


class RecordError(FootsenseError):
    """A completion record, or a key, is not what it claims to be."""


class ProfileError(FootsenseError):
    """A device profile is not valid."""


class PacketError(FootsenseError):
    """A packet does not have the layout that its profile declares.

    `frames`: those of the same notification that do.
    """

    def __init__(self, text: str, frames: "Sequence[Decoded]" = ()) -> None:
        super().__init__(text)
        self.frames = list(frames)


class StreamError(FootsenseError):
    """Samples break the rules of the stream, such as an index that jumps without a Gap."""


class BluetoothError(FootsenseError):
    """No Bluetooth here, no such device, or the link failed."""


class NotHeardError(BluetoothError):
    """Bluetooth works, but no such sensor was heard."""
