"""Tasks end, or it is said that they do not."""

import asyncio
import contextlib

import pytest

from footsense.errors import BluetoothError
from footsense.sources.tasks import end_tasks


async def deaf(times: int) -> None:
    """Swallows that many cancellations."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


def test_a_task_that_swallows_cancellations_is_cancelled_again() -> None:
    async def run() -> None:
        task = asyncio.create_task(deaf(3))
        await asyncio.sleep(0)
        await end_tasks([task], 0.001)
        assert task.done()

    asyncio.run(run())


def test_a_task_that_never_ends_is_left_and_named() -> None:
    async def run() -> None:
        task = asyncio.create_task(deaf(1000), name="stubborn")
        ended = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        with pytest.raises(BluetoothError, match=r"does not end \(stubborn\)"):
            await end_tasks([task, ended], 0.001, attempts=5)
        assert ended.cancelled()
        await end_tasks([task], 0.0005, attempts=2000)

    asyncio.run(run())
