"""Files and folders that are nobody else's business: 0600 and 0700, whatever the umask."""

import contextlib
import os
import secrets
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """Where this user's records and keys are kept: FOOTSENSE_HOME, or what is usual on this system."""
    return _home() or Path(platformdirs.user_data_dir("footsense", appauthor=False))


def config_folder() -> Path:
    """Where this user's choices are kept: FOOTSENSE_HOME, or what is usual on this system."""
    return _home() or Path(platformdirs.user_config_dir("footsense", appauthor=False))


def _home() -> Path | None:
    said = os.environ.get("FOOTSENSE_HOME")
    return Path(said).expanduser().absolute() if said else None


def private_folder(path: Path) -> Path:
    """Makes the folder, and what is missing above it, with mode 0700. One that is there is left as it is."""
    for folder in [f for f in (path, *path.parents) if not f.exists()][::-1]:
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Puts the file there whole or not at all, mode 0600, on the disk when this returns. Raises OSError."""
    part = _written(path, data)
    try:
        part.replace(path)
    except OSError:
        part.unlink()
        raise
    sync_folder(path.parent)


def create_private(path: Path, data: bytes) -> None:
    """The same for a file that must not be there yet. Raises FileExistsError, OSError."""
    part = _written(path, data)
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a disk without links: there it may be cut short
        _fill(new_private(path), data)
    finally:
        part.unlink()
    sync_folder(path.parent)


def new_private(path: Path) -> int:
    """The descriptor of a new file, to write bytes to, mode 0600. Raises FileExistsError, OSError."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _written(path: Path, data: bytes) -> Path:
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    file = new_private(part)
    try:
        _fill(file, data)
    except OSError:
        part.unlink()
        raise
    return part


def _fill(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
