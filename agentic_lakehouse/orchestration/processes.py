"""Feeds in processes beside each other: one that is killed takes no other with it."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import Self

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun

Run = Callable[[Feed], FeedRun]

_SPAWN = multiprocessing.get_context("spawn")


def run_beside(run: Run, feeds: Sequence[Feed], *, jobs: int) -> Iterator[FeedRun]:
    """Call `run` for each feed, so many at a time, each call in a process.

    Args:
        run: can be pickled.
        feeds: in the order in which they are begun.
        jobs: processes.

    Yields:
        Results as they come; of a process that was killed, one that says so.

    Raises:
        KeyboardInterrupt: the command, or one of the calls, was interrupted; what has not begun does not.
    """
    left = deque(feeds)
    idle: list[_Worker] = []
    busy: list[_Worker] = []
    with ExitStack() as ends:
        while left or busy:
            while left and len(busy) < jobs:
                worker = idle.pop() if idle else ends.enter_context(_Worker(run))
                worker.begin(left.popleft())
                busy.append(worker)
            ready = wait([worker.link for worker in busy])
            for worker in [worker for worker in busy if worker.link in ready]:
                busy.remove(worker)
                try:
                    result = worker.result()
                except (EOFError, ConnectionError):
                    yield _killed(worker.feed)
                else:
                    idle.append(worker)
                    yield result


class _Worker:
    """A process that runs feeds one by one. A context manager: what it runs at the end, it runs to its end."""

    feed: Feed

    def __init__(self, run: Run) -> None:
        self.link, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(run, theirs))
        self._process.start()
        # Or the pipe would stay open when the process is gone.
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()
        self._process.join()

    def begin(self, feed: Feed) -> None:
        """Let the process run a feed."""
        self.feed = feed
        with suppress(ConnectionError):  # a process that is gone says so when its result is read
            self.link.send(feed)

    def result(self) -> FeedRun:
        """Return what became of the feed that was begun.

        Raises:
            EOFError, ConnectionError: the process is gone.
            Exception: what the run raised, itself.
        """
        found = self.link.recv()
        if isinstance(found, FeedRun):
            return found
        raise found


def _serve(run: Run, link: Connection) -> None:
    """Run feeds that come over `link`, until it is closed or somebody interrupts."""
    with link, suppress(EOFError, ConnectionError, KeyboardInterrupt):
        while True:
            feed = link.recv()
            try:
                link.send(run(feed))
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (it is raised in the other process)
                link.send(error)


def _killed(feed: Feed) -> FeedRun:
    told = f"{feed} did not come to its end: somebody or the system killed a process of this command."
    hint = "Run it again, with fewer `--jobs` where memory was short; what it published stands."
    return FeedRun(
        run_id="",
        feed=str(feed),
        status="failed",
        reason="killed",
        errors=(f"{told}\nHint: {hint}",),
        started_at=datetime.now(UTC),
    )
