"""Refuses the same recording in two files, which would count twice: a copy, or one with its repair."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from footsense.errors import RecordingError, UsageError
from footsense.text import display

if TYPE_CHECKING:
    from footsense.recording.model import Recording
    from footsense.types import RawPacket

_BEGIN = 100  # samples that two recordings seldom have alike, and are quickly compared


def real(path: Path) -> Path:
    """Where the file is. Of links that lead round in a circle, the name: `Path.resolve` raises for them, on
    some versions of Python."""
    return Path(os.path.realpath(path))


def check_copies(files: Sequence[Path]) -> None:
    """Refuse two files of the same bytes, whatever their names; a path given again is no copy."""
    sizes: dict[int, list[Path]] = {}
    for path in {real(file): file for file in files}.values():
        sizes.setdefault(_size(path), []).append(path)
    sizes.pop(0, None)
    for alike in sizes.values():
        _check_alike(alike)


def _check_alike(files: Sequence[Path]) -> None:
    if len(files) < 2:  # most are: nothing is read for them
        return
    from footsense.recording.model import hashed  # noqa: PLC0415

    seen: dict[str, Path] = {}
    for path in files:
        try:
            first = seen.setdefault(hashed(path)[0], path)
        except RecordingError:  # said when it is opened
            continue
        if first is not path:
            _refuse(first, path)


def check_resaved(recordings: "Mapping[Path, Recording]") -> None:
    """Refuse two CSV files of which one is the beginning of the other: packed, shifted in time or cut at its
    end it is other bytes, and the same movement. Raises RecordingError where one cannot be read any more."""
    by_begin: dict[bytes, list[Path]] = {}
    for path in {real(path): path for path, one in recordings.items() if not one.has_commands}.values():
        alike = by_begin.setdefault(_acceleration(recordings[path], _BEGIN), [])
        for other in alike:
            if _is_begin_of_other(recordings[other], recordings[path]):
                _refuse(other, path)
        alike.append(path)


def _is_begin_of_other(first: "Recording", second: "Recording") -> bool:
    a, b = _acceleration(first), _acceleration(second)
    length = min(len(a), len(b))
    return length > 0 and a[:length] == b[:length]


def _acceleration(recording: "Recording", at_most: int | None = None) -> bytes:
    """Of the first samples, or all; nothing where it never changes, which two recordings may have alike."""
    import numpy as np  # noqa: PLC0415

    from footsense.types import Samples  # noqa: PLC0415

    parts = (item.acc_g for item in recording.tracks[0].items() if isinstance(item, Samples))
    found = list(parts if at_most is None else islice(parts, 1))
    acc_g = np.concatenate(found)[:at_most] if found else np.empty((0, 3))
    return acc_g.tobytes() if len(acc_g) and np.ptp(acc_g, axis=0).any() else b""


def check_repairs(recordings: "Mapping[Path, Recording]") -> None:
    """Refuse two files that hold the same packets, such as a recording and its repair.

    That both say they are the same segment is not enough: a session that was broken off may have been gone on
    with twice. Raises RecordingError where one cannot be read any more.
    """
    of_packets = {real(path): path for path, one in recordings.items() if one.has_commands}
    for first, second in combinations(of_packets.values(), 2):
        alike = recordings[first].segment == recordings[second].segment
        if alike and (_begins_in(first, second) or _begins_in(second, first)):
            _refuse(first, second)


def _begins_in(first: Path, second: Path) -> bool:
    """Whether the first packet of one is in the other; a repair drops some, and makes none up."""
    begin = next(_packets(first), None)
    return begin is not None and begin in _packets(second)


def _packets(path: Path) -> "Iterator[RawPacket]":
    from footsense.recording.mcap import replayed  # noqa: PLC0415

    return (message.packet for message in replayed(path) if message.packet is not None)


def _size(path: Path) -> int:
    """In bytes; 0 for what has none, such as a pipe, which would not end."""
    try:
        facts = path.stat()
    except OSError:
        return 0
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def _refuse(first: Path, second: Path) -> NoReturn:
    names = f"{display(first)} and {display(second)}"
    raise UsageError(f"{names} are the same recording; give one of them, or it would count twice")
