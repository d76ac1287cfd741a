"""The sensor that the wearer has chosen: kept in a file of the user's own, on this machine only."""

from pathlib import Path
from typing import Literal

import msgspec

from footsense.errors import UsageError
from footsense.private import config_folder, private_folder, write_private
from footsense.text import display

_NAME, _MAX_BYTES = "sensor.json", 4096
_FORGET = "`footsense scan --forget` forgets it"


class Remembered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor: its name as it was heard (from the air: show `label`), its address here, its profile.

    The address is what it is known by: on macOS one that holds on this Mac only.
    """

    name: str
    address: str
    profile: str
    schema: Literal["footsense.sensor/1"] = "footsense.sensor/1"

    @property
    def label(self) -> str:
        """What a person is shown."""
        name = f"'{display(self.name)}' " if self.name else ""
        return f"{name}({display(self.address)})"


def _path() -> Path:
    return config_folder() / _NAME


def remembered() -> Remembered | None:
    """The sensor that was chosen, None where none was. Raises UsageError if its file cannot be read."""
    path = _path()
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_BYTES), type=Remembered)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        what = display(getattr(error, "strerror", None) or error, 160)
        raise UsageError(
            f"{display(path)}: the remembered sensor cannot be read ({what}): {_FORGET}"
        ) from error


def remember(sensor: Remembered) -> Path:
    """Keep the choice in place of an earlier one: a file that only the user may read (0600), in a folder that,
    where it is made here, nobody else may enter (0700). Raises UsageError where it cannot be written."""
    path = _path()
    try:
        private_folder(path.parent)
        write_private(path, msgspec.json.encode(sensor))
    except OSError as error:
        raise UsageError(f"{display(path)}: cannot remember the sensor: {error.strerror}") from error
    return path


def forget() -> bool:
    """Whether there was a choice to forget. Raises UsageError where it cannot be removed."""
    path = _path()
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UsageError(f"{display(path)}: cannot forget the sensor: {error.strerror}; remove it") from error
    return True
