"""An event loop of our own, so that a synchronous step can ask a model wherever it runs.

Dagster, notebooks and servers may run a loop in this thread already; then the question is asked from a thread of its
own. The loop is closed before returning, so nothing of it is left to warn about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the coroutine that `make` returns to its end, and return its result."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(make)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="brain") as pool:
        return pool.submit(copy_context().run, _run_here, make).result()


def _run_here(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with asyncio.Runner() as runner:
        return runner.run(make())
