"""Feeds in processes beside each other: what one of them is killed for stops none that has not begun."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun

Run = Callable[[Feed], FeedRun]


def run_beside(run: Run, feeds: Sequence[Feed], *, jobs: int) -> Iterator[FeedRun]:
    """Call `run` for each feed, so many at a time, each call in a process.

    Args:
        run: can be pickled.
        feeds: in the order in which they are begun.
        jobs: processes.

    Yields:
        Results as they come. A process that is killed takes those with it that run beside it.

    Raises:
        KeyboardInterrupt: the command, or one of the calls, was interrupted; what has not begun does not.
    """
    spawn = multiprocessing.get_context("spawn")
    left = deque(feeds)
    while left:
        with ProcessPoolExecutor(max_workers=jobs, mp_context=spawn) as pool:
            yield from _until_broken(pool, run, left, jobs)


def _until_broken(pool: ProcessPoolExecutor, run: Run, left: deque[Feed], jobs: int) -> Iterator[FeedRun]:
    """Begin what is left as processes become free, until nothing is or one was killed; see to the end of the rest."""
    running: dict[Future[FeedRun], Feed] = {}
    whole = True
    while running or (whole and left):
        while whole and left and len(running) < jobs:
            try:
                begun = pool.submit(run, left[0])
            except BrokenProcessPool:
                whole = False
            else:
                running[begun] = left.popleft()
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            feed = running.pop(future)
            try:
                yield future.result()
            except BrokenProcessPool:
                whole = False
                yield _killed(feed)


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
