"""bleak's errors in words that say what to do."""

import contextlib
from collections.abc import Iterator

from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError, BleakGATTProtocolError
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from footsense.errors import BluetoothError
from footsense.text import display

FAILURES = (BleakError, TimeoutError, EOFError, OSError)  # what bleak raises when a link or a system fails
_INSTEAD = "to try footsense without Bluetooth, run `footsense demo`"
_REASONS = {
    Reason.NO_BLUETOOTH: "this machine has no Bluetooth adapter: plug one in",
    Reason.NO_BLE_CENTRAL_ROLE: "this Bluetooth adapter cannot connect to Low Energy sensors: use another one",
    Reason.POWERED_OFF: "Bluetooth is switched off: switch it on",
    Reason.DENIED_BY_USER: "the use of Bluetooth was denied: allow it in the system's privacy settings",
    Reason.DENIED_BY_SYSTEM: "the system does not let this user use Bluetooth: ask its administrator",
}
_SERVICE_MISSING = ("ServiceUnknown", "NameHasNoOwner", "Spawn.")
_NEEDS_PAIRING = {0x05, 0x08, 0x0C, 0x0F}  # ATT (Vol 3, Part F, 3.4.1.1): authentication, authorization, keys


def no_bluetooth(error: BaseException) -> BluetoothError | None:
    """The error in words if it means that there is no usable Bluetooth here, else None."""
    what = _what_is_missing(error)
    return BluetoothError(f"{what}; {_INSTEAD}") if what else None


def _what_is_missing(error: BaseException) -> str | None:
    if isinstance(error, BleakBluetoothNotAvailableError):
        return _REASONS.get(error.reason, f"no Bluetooth on this machine ({display(error.args[0])})")
    if isinstance(error, BleakDBusError) and any(part in error.dbus_error for part in _SERVICE_MISSING):
        return "no Bluetooth service runs on this machine: install and start bluez (bluetoothd)"
    if isinstance(error, FileNotFoundError | ConnectionRefusedError | PermissionError):
        return "no Bluetooth on this machine (no system bus to reach it by)"
    return None


def in_words(error: BaseException, who: str) -> str:
    """One line on what went wrong with the sensor `who`."""
    if isinstance(error, BleakGATTProtocolError) and int(error.code) in _NEEDS_PAIRING:
        return f"{who} wants to be paired: pair it in the system's Bluetooth settings, then try again"
    if isinstance(error, TimeoutError):
        return f"{who} did not answer in time: bring it nearer, wake it up, and close other apps that use it"
    return f"{who}: {display(str(error) or type(error).__name__, 160)}"


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns bleak's errors, and those of a machine without Bluetooth, into a BluetoothError."""
    try:
        yield
    except FAILURES as error:
        raise no_bluetooth(error) or BluetoothError(in_words(error, "Bluetooth")) from error
