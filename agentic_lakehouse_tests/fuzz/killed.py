"""Work done in a child process that kills itself at a chosen instant.

Instants are countable: each statement and each commit that the catalog database gets, and each file that is
opened, renamed or removed. So a crash is repeatable, and shrinks with the rest of an example.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.fuzz.world import World, walk

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.move", "shutil.rmtree"}
"""See the table of audit events in Python's documentation."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "agentic_lakehouse.engines.local", "agentic_lakehouse.engines.load"])


def killed_at(
    instant: int, root: Path, deed: Literal["run", "rollback"], feed: Feed | None, *arguments: str
) -> tuple[bool, int]:
    """Do a deed in a child process that dies at the given instant, counted from 1.

    Returns:
        Whether it died, and how many instants it lived through where it did not.
    """
    receiving, sending = _CONTEXT.Pipe(duplex=False)
    # The server from which children are forked may have been started by a test that had another environment.
    child = _CONTEXT.Process(target=_do, args=(dict(os.environ), sending, instant, root, deed, feed, arguments))
    child.start()
    sending.close()
    child.join()
    if child.exitcode == -signal.SIGKILL:
        receiving.close()
        return True, instant
    assert child.exitcode == 0
    with receiving:
        return False, int(receiving.recv())


def _do(
    environment: dict[str, str],
    told: Connection,
    instant: int,
    root: Path,
    deed: str,
    feed: Feed | None,
    arguments: tuple[str, ...],
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    world = World(root)
    counter = itertools.count(1)
    lived = 0

    def tick(*_: object) -> None:
        nonlocal lived
        lived = next(counter)
        if lived == instant:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(event: str, details: tuple[object, ...]) -> None:
        if event in FILE_EVENTS and str(details[0]).startswith(str(root)):
            tick()

    sys.addaudithook(audited)
    for event in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sa.event.listen(sa.Engine, event, tick)
    if deed == "run" and feed is not None:
        walk(world.house, feed, f"child {os.getpid()}")
    else:
        with suppress(UsageInvalid):  # all stands so already
            world.house.rollback(*arguments, feed, by="mia")
    told.send(lived)
