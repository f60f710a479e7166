"""Signs of life while a step does long work between two writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agentic_lakehouse.errors import CatalogUnavailable, LeaseLost


@contextmanager
def keep_alive(beat: Callable[[], None], *, every: float) -> Iterator[None]:
    """Call `beat` every so many seconds from a thread of its own, until the block ends.

    A lost lease ends the beating and is not told here: the step's next write says so. A database that
    cannot be reached is tried again at the next beat.
    """
    done = threading.Event()

    def beating() -> None:
        while not done.wait(every):
            try:
                beat()
            except LeaseLost:
                return
            except CatalogUnavailable:
                continue

    thread = threading.Thread(target=beating, name="lake-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
