"""Tries to listen for sensors in a process of its own, whose end or silence harms nobody.

macOS ends a program that uses Bluetooth without permission, without a word to it; and a system's Bluetooth can
be stuck so that no time-out within the program helps.
"""

import asyncio
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from footsense.sources.trouble import Trouble

LISTEN_S = 10.0  # until the system listens
ASKING_S = 60.0  # the same where it may ask the user first, which is macOS
_START_S = 20.0  # until Python and bleak are loaded, and until they have ended

Met = tuple[Trouble | None, str]


def attempt(system: str = "", run: Callable[..., "subprocess.CompletedProcess[str]"] = subprocess.run) -> Met:
    """What was met in listening for a moment, None where it went well, and what the system said of it."""
    system = system or platform.system()
    listen_s = ASKING_S if system == "Darwin" else LISTEN_S
    try:
        done = run(
            [sys.executable, "-P", "-m", __name__, str(listen_s)],
            env=_environment(),
            timeout=listen_s + _START_S,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Trouble.NO_ANSWER, ""
    except OSError as error:
        return Trouble.OTHER, str(error)
    return _told(system, done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    """Ours, with this very package to be found first."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def _told(system: str, code: int, out: str, errors: str) -> Met:
    try:
        said = json.loads(out.splitlines()[-1])
        return Trouble(said["trouble"]) if said["trouble"] else None, str(said["detail"])
    except (IndexError, KeyError, TypeError, ValueError):
        if code < 0:  # a signal: abort, from the guard of macOS
            return (
                Trouble.KILLED if system == "Darwin" else Trouble.OTHER,
                f"ended by signal {-code}",
            )
        last = errors.strip().splitlines()[-1:]
        return Trouble.OTHER, last[0] if last else f"ended with code {code}"


def main(arguments: Sequence[str]) -> None:
    """In the process of its own: listen, and print what was met."""
    trouble, detail = _listen(float(arguments[0]))
    print(json.dumps({"trouble": trouble, "detail": detail}))  # noqa: T201, to the process that waits for it


def _listen(listen_s: float, **scan_kw: Any) -> Met:
    try:
        from footsense.sources.central import Patience, listening  # noqa: PLC0415, bleak itself may be missing
        from footsense.sources.words import trouble_of  # noqa: PLC0415
    except ImportError as error:
        return Trouble.NO_BACKEND, str(error)

    async def listen() -> None:
        async with listening(lambda _device, _data: None, scan_kw, Patience(listen_s=listen_s)):
            return

    try:
        asyncio.run(listen())
    except Exception as error:
        return trouble_of(error), str(error) or type(error).__name__
    return None, ""


if __name__ == "__main__":
    main(sys.argv[1:])
