"""Work spread over the machine's processors, answers in the order of the work."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from footsense.errors import FootsenseError

A = TypeVar("A")
B = TypeVar("B")


def spread(work: Callable[[A], B], what: Sequence[A], processes: int) -> Iterator[B]:
    """`work` done on each of `what`, in up to so many processes; in this one for one. An error in one of them
    is raised here; FootsenseError where one of them was ended. Stopped early, it leaves no process behind."""
    if processes < 2 or len(what) < 2:
        yield from map(work, what)
        return
    # spawned: a fork of a process with threads may hang
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_leave_interrupts_to_the_parent)
    try:
        yield from pool.map(work, what)
    except BrokenProcessPool:
        text = "a process was ended before its work was done (memory?); use fewer of them"
        raise FootsenseError(text) from None
    finally:
        pool.shutdown(cancel_futures=True)


def processors() -> int:
    """How many processors this program may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
