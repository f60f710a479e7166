"""Putting a branch's work onto a main that moved meanwhile, without rewriting a row.

Feeds share core and the error tables, each writing whole files of its own partitions. So what a branch
did to such a table is a set of files out and a set of files in, and can be done again to main's newer
head, provided that in the partitions it touched main still has the very files that the branch began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.manifest import DataFile
from pyiceberg.typedef import Record

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import MergeConflict
from agentic_lakehouse.lake import leases
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.files import live_files
from agentic_lakehouse.lake.leases import Lease
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse.lake.swap import swap
from agentic_lakehouse.lake.tables import is_shared
from agentic_lakehouse.lake.warehouse import Warehouse


@dataclass(frozen=True)
class Three:
    """Where one table stands: when the branch began, on the branch, and on main now."""

    table: str
    base: str | None
    branch: str
    main: str | None


def require_own_tables_unmoved(feed: Feed, base: Pointers, main: Mapping[str, str]) -> None:
    """Refuse where the feed's bronze table moved on main, whether or not the branch changed it as well.

    Raises:
        MergeConflict: core is a function of bronze, so the feed must be done again from there.
    """
    for table in main:
        if table.rpartition(".")[2] == feed.table and main[table] != base.get(table):
            raise conflict(feed, table, "the feed's bronze table")


def rebase(database: Database, warehouse: Warehouse, feed: Feed, lease: Lease, three: Three) -> str:
    """Write metadata for a table that is main's head with the branch's work done to it. Main is not touched.

    Returns:
        The location of the metadata, good for as long as main's head is the same.

    Raises:
        MergeConflict: main moved where the branch wrote as well.
        LeaseLost: the run no longer holds the branch.
    """
    if three.base is None or three.main is None or not is_shared(warehouse.table_at(three.main)):
        raise conflict(feed, three.table, "a table that is this feed's alone")
    base, mine, main = (_by_path(warehouse, location) for location in (three.base, three.branch, three.main))
    removed = [file for path, file in base.items() if path not in mine]
    added = [file for path, file in mine.items() if path not in base]
    touched = {file.partition for file in (*removed, *added)}
    if _within(base, touched) != _within(main, touched):
        raise conflict(feed, three.table, "the feed's own slice")
    return _commit_onto(database, warehouse, lease, three.table, three.main, removed=removed, added=added)


def conflict(feed: Feed, table: str, what: str) -> MergeConflict:
    """Return the error that says what moved."""
    return MergeConflict(
        f"{feed} was not published: since its branch began, {what} {table} was changed on main.",
        hint=f"Do the feed again from main as it is: `lakehouse run --feed {feed}`.",
        feed=str(feed),
        table=table,
    )


def _by_path(warehouse: Warehouse, location: str) -> dict[str, DataFile]:
    with warehouse.told(location):
        return {file.file_path: file for file in live_files(warehouse.table_at(location), {})}


def _within(files: Mapping[str, DataFile], partitions: set[Record]) -> set[str]:
    return {path for path, file in files.items() if file.partition in partitions}


def _commit_onto(
    database: Database,
    warehouse: Warehouse,
    lease: Lease,
    table: str,
    head: str,
    *,
    removed: list[DataFile],
    added: list[DataFile],
) -> str:
    """Commit to a copy of `head` under a scratch name, and return where that copy then stands."""
    with database.write() as connection:
        leases.change(connection, lease)
    scratch = Scratch(database, warehouse, name=lease.scratch)
    try:
        return scratch.edit(table, head, lambda copy: swap(copy, removed=removed, added=added))
    except (NoSuchTableError, CommitFailedException):
        # The scratch name is this lease's alone: it goes only with the lease.
        with database.read() as connection:
            leases.require(connection, lease)
        raise
