"""Ending tasks so that they do end."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], again_s: float = 1.0) -> None:
    """Cancel the tasks and wait until they have ended, whatever they end with.

    A cancellation can be swallowed on its way, by `asyncio.wait_for` (until Python 3.12) when what it waits for
    comes at the same moment; a task that goes on is cancelled anew every `again_s`.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=again_s)
        for task in done:
            _ = task.cancelled() or task.exception()  # looked at, so that nothing reports it as forgotten
