"""An event loop of our own, so that a synchronous step can ask a model wherever it runs.

The loop has a thread of its own: Dagster, notebooks and servers may run one in this thread already, and an event loop
swallows an interrupt that comes while it runs a callback. Whoever waits here is interrupted at once, and the question
is withdrawn. The loop is closed before returning, so nothing of it is left to warn about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the coroutine that `make` returns to its end, and return its result."""
    question = _Question(make)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="brain") as pool:
        try:
            return pool.submit(copy_context().run, lambda: asyncio.run(question.answer())).result()
        finally:
            question.withdraw()


class _Question(Generic[T]):
    """A coroutine that another thread may cancel at any time, before it began and after it ended too."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._make = make
        self._lock = Lock()
        self._withdrawn = False
        self._cancel: Callable[[], object] = bool

    async def answer(self) -> T:
        """Run it."""
        loop, asked = asyncio.get_running_loop(), asyncio.ensure_future(self._make())
        with self._lock:
            self._cancel = lambda: loop.call_soon_threadsafe(asked.cancel)
            if self._withdrawn:
                asked.cancel()
        return await asked

    def withdraw(self) -> None:
        """Cancel it."""
        with self._lock, suppress(RuntimeError):  # the loop is closed
            self._withdrawn = True
            self._cancel()
