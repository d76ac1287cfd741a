"""bleak's errors: what they mean for this machine, and in words that say what to do."""

import contextlib
import platform
from collections.abc import Iterator, Mapping

from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError, BleakGATTProtocolError
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from footsense.errors import BluetoothError
from footsense.sources.doctor import in_one_line
from footsense.sources.machine import this_machine
from footsense.sources.trouble import Trouble
from footsense.text import display

# what bleak raises when a link or a system fails; an ImportError, where its part for the system is missing
FAILURES = (BleakError, TimeoutError, EOFError, OSError, ImportError)
_PASSING = (Trouble.NO_ANSWER, Trouble.BUSY, Trouble.OTHER)  # where trying again may help

_REASONS = {
    Reason.NO_BLUETOOTH: Trouble.NO_ADAPTER,
    Reason.NO_BLE_CENTRAL_ROLE: Trouble.NO_LOW_ENERGY,
    Reason.POWERED_OFF: Trouble.OFF,
    Reason.DENIED_BY_USER: Trouble.DENIED,
    Reason.DENIED_BY_SYSTEM: Trouble.FORBIDDEN,
    Reason.DENIED_BY_UNKNOWN: Trouble.DENIED,
}
# D-Bus specification, "Standard errors"; BlueZ, doc/org.bluez.Adapter.rst
_DBUS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": Trouble.NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": Trouble.NO_SERVICE,
    "org.freedesktop.DBus.Error.AccessDenied": Trouble.DENIED,
    "org.freedesktop.DBus.Error.AuthFailed": Trouble.DENIED,
    "org.freedesktop.DBus.Error.NoReply": Trouble.NO_ANSWER,
    "org.freedesktop.DBus.Error.Timeout": Trouble.NO_ANSWER,
    "org.freedesktop.DBus.Error.TimedOut": Trouble.NO_ANSWER,
    "org.bluez.Error.NotReady": Trouble.OFF,
    "org.bluez.Error.InProgress": Trouble.BUSY,
}
_SPAWN = "org.freedesktop.DBus.Error.Spawn."  # the bus could not start the service
# HRESULT: "the device is not ready for use", "class not available", "access denied"
_WINDOWS = {-2147020577: Trouble.OFF, -2147221231: Trouble.NO_ADAPTER, -2147024891: Trouble.DENIED}
_NEEDS_PAIRING = {0x05, 0x08, 0x0C, 0x0F}  # ATT (Vol 3, Part F, 3.4.1.1): authentication, authorization, keys


class OldServiceError(BleakError):
    """BlueZ before 5.55 does not tell of its adapters what bleak reads."""


_KINDS: Mapping[type[BaseException], Trouble] = {
    ImportError: Trouble.NO_BACKEND,
    OldServiceError: Trouble.OLD_SERVICE,
    TimeoutError: Trouble.NO_ANSWER,
}


def trouble_of(error: BaseException, system: str | None = None) -> Trouble:
    """What an error met in starting to listen means, on this or on that system."""
    match error:
        case BleakBluetoothNotAvailableError():
            return _REASONS.get(error.reason, Trouble.OTHER)
        case BleakDBusError():
            started = Trouble.NO_SERVICE if error.dbus_error.startswith(_SPAWN) else Trouble.OTHER
            return _DBUS.get(error.dbus_error, started)
        case OSError() if not isinstance(error, TimeoutError):
            return _refused(error, system or platform.system())
    return next((trouble for kind, trouble in _KINDS.items() if isinstance(error, kind)), Trouble.OTHER)


def _refused(error: OSError, system: str) -> Trouble:
    if system == "Windows":
        return _WINDOWS.get(getattr(error, "winerror", None) or 0, Trouble.OTHER)
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return Trouble.NO_BUS
    return Trouble.DENIED if isinstance(error, PermissionError) else Trouble.OTHER


def no_bluetooth(error: BaseException) -> BluetoothError | None:
    """The error in words if it means that there is no usable Bluetooth here, else None."""
    trouble = trouble_of(error)
    return None if trouble in _PASSING else met(trouble, str(error))


def met(trouble: Trouble, detail: str = "") -> BluetoothError:
    """What is wrong with Bluetooth on this machine, as an error."""
    return BluetoothError(in_one_line(this_machine(), trouble, detail))


def in_words(error: BaseException, who: str) -> str:
    """One line on what went wrong with the sensor `who`."""
    if isinstance(error, BleakGATTProtocolError) and int(error.code) in _NEEDS_PAIRING:
        return f"{who} wants to be paired: pair it in the system's Bluetooth settings, then try again"
    if isinstance(error, TimeoutError):
        return f"{who} did not answer in time: bring it nearer, wake it up, and close other apps that use it"
    return f"{who}: {display(str(error) or type(error).__name__, 160)}"


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns what goes wrong in listening into a BluetoothError that says what to do."""
    try:
        yield
    except FAILURES as error:
        raise met(trouble_of(error), str(error) or type(error).__name__) from error
