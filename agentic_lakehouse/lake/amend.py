"""Changes to main that no branch makes: shared tables made or migrated, a way back, small files put together.

Files are written first, under a scratch name; then one transaction swaps main's pointers, where they are
still those that the change was prepared from. If not, it is prepared again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import MergeConflict
from agentic_lakehouse.lake import catalog, commits, leases, lifecycle
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.changes import TableChange, changes_of
from agentic_lakehouse.lake.commits import CommitKind, FeedMark
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse.lake.warehouse import Warehouse

ATTEMPTS = 100
"""How often main may move while a change is prepared."""


def no_marks(_connection: sa.Connection) -> Sequence[FeedMark]:
    """Return that a commit means nothing for any feed's standing."""
    return ()


@dataclass(frozen=True)
class Amendment:
    """A change whose files are written."""

    kind: CommitKind
    author: str
    message: str
    landing: Mapping[str, str | None]
    """Where each changed table will stand; `None` takes it off main."""
    feed: str = ""
    settle: Callable[[sa.Connection], Sequence[FeedMark]] = no_marks
    """What else changes in the same transaction; returns what the commit means for feeds. May refuse by raising."""


def amend(database: Database, warehouse: Warehouse, prepare: Callable[[Pointers, Scratch], Amendment]) -> str | None:
    """Prepare a change of main and commit it, all or nothing.

    Args:
        database: catalog database.
        warehouse: of the lake.
        prepare: given main's pointers and a scratch catalog, writes files and says what is to change; called
            again where main moved meanwhile.

    Returns:
        The commit's id; `None` where nothing is to change.

    Raises:
        MergeConflict: main moved again and again.
    """
    for _ in range(ATTEMPTS):
        scratch = Scratch(database, warehouse)
        with database.read() as connection:
            main = catalog.pointers(connection, MAIN)
        try:
            wanted = prepare(main, scratch)
            if not wanted.landing:
                return None
            changes = changes_of(warehouse, wanted.landing, main)
            with database.write() as connection:
                if _among(catalog.pointers(connection, MAIN), wanted) == _among(main, wanted):
                    return _commit(connection, scratch, wanted, changes)
        finally:
            with database.write() as connection:
                scratch.drop(connection)
    raise MergeConflict(
        f"Nothing was changed: main moved {ATTEMPTS} times while it was prepared to {wanted.message}.",
        hint="Try again when fewer feeds are being published.",
    )


def _among(pointers: Pointers, wanted: Amendment) -> dict[str, str | None]:
    return {table: pointers.get(table) for table in wanted.landing}


def _commit(connection: sa.Connection, scratch: Scratch, wanted: Amendment, changes: tuple[TableChange, ...]) -> str:
    marks = wanted.settle(connection)
    catalog.add_namespaces(connection, scratch.name, MAIN)
    for table, location in wanted.landing.items():
        catalog.put(connection, MAIN, table, location)
    return commits.record(
        connection,
        wanted.landing,
        kind=wanted.kind,
        author=wanted.author,
        message=wanted.message,
        changes=changes,
        feed=wanted.feed,
        marks=marks,
    )


def close_idle_branch(connection: sa.Connection, feed: Feed) -> None:
    """Drop a feed's open branch, whose work is to be done anew from a changed main.

    Raises:
        BranchLeased: a run holds it.
    """
    if (row := leases.row_of(connection, feed.branch)) is not None:
        leases.require_free(row, feed, "")
        lifecycle.close(connection, feed.branch)
