"""Finds the data that ships with footsense: in the wheel under `_data`, in a checkout at the top level."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_folder(kind: str) -> Path:
    """Folder of `firmware_profiles` or `sample_data`."""
    packed = _PACKAGE / "_data" / kind
    return packed if packed.is_dir() else _PACKAGE.parent / kind
