"""Where the system may end a program that uses Bluetooth unasked, it is asked in another one first."""

from footsense.cli.progress import Progress


def ask_for_bluetooth() -> None:
    """On macOS, which would end this process without a word: raises BluetoothError with what to do."""
    from footsense.sources import attempt  # noqa: PLC0415
    from footsense.sources.machine import this_machine  # noqa: PLC0415
    from footsense.sources.words import met  # noqa: PLC0415

    if this_machine().system != "Darwin":
        return
    with Progress("asking macOS for Bluetooth (it may ask you to allow it)"):
        trouble, detail = attempt.attempt("Darwin")
    if trouble is not None:
        raise met(trouble, detail)
