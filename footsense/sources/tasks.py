"""Ending tasks so that they do end."""

import asyncio
from collections.abc import Iterable
from typing import Any

from footsense.errors import BluetoothError


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], again_s: float = 1.0, attempts: int = 10) -> None:
    """Cancel the tasks and wait until they have ended, whatever they end with.

    A cancellation can be swallowed on its way, by `asyncio.wait_for` (until Python 3.12) when what it waits for
    comes at the same moment; a task that goes on is cancelled anew every `again_s`. Raises BluetoothError if
    one still goes on after `attempts` of these.
    """
    pending = set(tasks)
    for _ in range(attempts):
        if not pending:
            return
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=again_s)
        for task in done:
            _ = task.cancelled() or task.exception()  # looked at, so that nothing reports it as forgotten
    if pending:
        names = ", ".join(sorted(task.get_name() for task in pending))
        raise BluetoothError(
            f"a part of the Bluetooth link does not end ({names}): it is left; restart footsense"
        )
