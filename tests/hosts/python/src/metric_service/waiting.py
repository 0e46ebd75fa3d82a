"""Calls that can be given up: by Ctrl-C, by a task that is cancelled.

A call of the main thread or of a task runs in a thread of its own, and who asked waits beside it; who no longer waits
cancels it. Threads are started for a call and end with it: there is no pool whose threads a fork could lose.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


class Cancelled(Exception):
    """Nobody waits for the call any more. Ends it from within; nobody sees it."""


class Cancellation:
    """Whether a call has been given up, and what is to be woken then."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._condition: threading.Condition | None = None

    def wakes(self, condition: threading.Condition) -> None:
        """What the call waits on. Who waits there looks at `is_cancelled` first."""
        self._condition = condition

    def cancel(self) -> None:
        """Gives the call up."""
        self.is_cancelled = True
        if self._condition is not None:
            with self._condition:
                self._condition.notify_all()


class _Here(threading.local):
    cancellation: Cancellation | None = None


_here = _Here()


def current_cancellation() -> Cancellation:
    """That of the call that runs in this thread; one that nobody will use, if none does."""
    return _here.cancellation or Cancellation()


def interruptible(work: Callable[[], Result]) -> Result:
    """Does the work, and gives it up when the wait is interrupted. Work within work is part of it."""
    # Signals come to the main thread alone: in others there is nothing that could interrupt a wait.
    if _here.cancellation is not None or threading.current_thread() is not threading.main_thread():
        return work()
    future, cancellation = _started(work)
    try:
        return future.result()
    finally:
        cancellation.cancel()


async def awaited(work: Callable[[], Result]) -> Result:
    """The same under asyncio: the loop is free meanwhile, and a task that is cancelled gives the work up."""
    future, cancellation = _started(work)
    try:
        return await asyncio.wrap_future(future)
    finally:
        cancellation.cancel()


def _started(work: Callable[[], Result]) -> tuple[Future[Result], Cancellation]:
    future: Future[Result] = Future()
    cancellation = Cancellation()

    def run() -> None:
        _here.cancellation = cancellation
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    # From here on asyncio cannot cancel the future itself, only the wait for it.
    future.set_running_or_notify_cancel()
    threading.Thread(target=run, name="metric-service-call", daemon=True).start()
    return future, cancellation
