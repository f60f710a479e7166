"""Going back: a feed, or the whole lake, stands again as it did after a commit of the past. Itself a commit.

A feed goes back alone: its bronze table points at its old metadata, and in the shared tables the files of
its slice are swapped for those of then, so that no other feed's rows move. Deliveries that were published
since are withdrawn, and wait for nobody. What people decided and models answered never goes back; the spec and
the mapping of then are in force again (see `turn_back`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import commits, ledger
from agentic_lakehouse.lake.amend import Amendment, amend, close_idle_branch
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.commits import FeedMark
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.files import PartitionValue, live_files
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse.lake.swap import swap
from agentic_lakehouse.lake.tables import is_shared
from agentic_lakehouse.lake.turn_back import turn_back
from agentic_lakehouse.lake.warehouse import Warehouse


class Rollback:
    """One way back, prepared against whatever main is then."""

    def __init__(self, database: Database, warehouse: Warehouse, *, to: str, author: str, note: str) -> None:
        """Find the commit.

        Raises:
            UsageInvalid: there is none of that id, or its tables are no longer kept.
        """
        self._database, self._warehouse = database, warehouse
        self._author, self._note = author, note
        with database.read() as connection:
            self._seq = commits.resolve(connection, to)
            self._then = commits.pointers_at(connection, self._seq)
            self._id = commits.id_of(connection, self._seq)

    def feed(self, feed: Feed, slice_: Mapping[str, PartitionValue]) -> str:
        """Take one feed back.

        Args:
            feed: whose bronze table, slices and deliveries.
            slice_: partition values of its rows in shared tables.

        Returns:
            The commit's id.

        Raises:
            BranchLeased: a run is working on it.
            UsageInvalid: it stands so already.
        """

        def prepare(main: Pointers, scratch: Scratch) -> Amendment:
            landing: dict[str, str | None] = {}
            for table in sorted({*main, *self._then}):
                if table.rpartition(".")[2] == feed.table:
                    landing[table] = self._then.get(table)
                elif table in main and is_shared(self._warehouse.table_at(main[table])):
                    landing[table] = self._slice_as_then(table, main[table], slice_, scratch)
            return self._amendment(main, landing, [str(feed)], feed=str(feed))

        return self._done(amend(self._database, self._warehouse, prepare), str(feed))

    def all(self) -> str:
        """Take the whole lake back.

        Returns:
            The commit's id.

        Raises:
            BranchLeased: a run is working on a feed that goes back.
            UsageInvalid: it stands so already.
        """

        def prepare(main: Pointers, _scratch: Scratch) -> Amendment:
            landing = {table: self._then.get(table) for table in sorted({*main, *self._then})}
            with self._database.read() as connection:
                feeds = commits.feeds_since(connection, self._seq)
            return self._amendment(main, landing, feeds)

        return self._done(amend(self._database, self._warehouse, prepare), "The lake")

    def _slice_as_then(self, table: str, head: str, slice_: Mapping[str, PartitionValue], scratch: Scratch) -> str:
        now = {file.file_path: file for file in live_files(self._warehouse.table_at(head), slice_)}
        before = self._then.get(table)
        then = {file.file_path: file for file in live_files(self._warehouse.table_at(before), slice_)} if before else {}
        removed = [file for path, file in now.items() if path not in then]
        added = [file for path, file in then.items() if path not in now]
        if not removed and not added:
            return head
        return scratch.edit(table, head, lambda copy: swap(copy, removed=removed, added=added))

    def _amendment(
        self, main: Pointers, landing: Mapping[str, str | None], feeds: Sequence[str], *, feed: str = ""
    ) -> Amendment:
        """Say what changes; deliveries are looked up in the transaction that lets them go back."""

        def settle(connection: sa.Connection) -> list[FeedMark]:
            # Maintenance may have forgotten the commit meanwhile, and be about to remove its files.
            commits.resolve(connection, self._id)
            return [self._mark(connection, name) for name in feeds]

        return Amendment(
            kind="rollback",
            author=self._author,
            message=f"{feed or 'all'} back to {self._id[:12]}{f': {self._note}' if self._note else ''}",
            landing={table: location for table, location in landing.items() if location != main.get(table)},
            feed=feed,
            settle=settle,
        )

    def _mark(self, connection: sa.Connection, name: str) -> FeedMark:
        feed = Feed.parse(name)
        close_idle_branch(connection, feed)
        stood = commits.mark_at(connection, name, self._seq)
        turn_back(
            connection,
            stood,
            self._seq,
            by=self._author.removeprefix("person:"),
            note=f"back to {self._id[:12]}{f': {self._note}' if self._note else ''}",
        )
        left = commits.last_mark(connection, name)
        return FeedMark(
            feed=name,
            fold_sha256=stood.fold_sha256,
            left_sha256=left.fold_sha256 if left else "",
            deliveries=ledger.go_back(connection, feed, stood),
        )

    def _done(self, commit: str | None, what: str) -> str:
        if commit is None:
            raise UsageInvalid(
                f"{what} stands as it did at commit {self._id[:12]}; there is nothing to take back.",
                hint="Commits are listed by `lakehouse log`.",
                commit=self._id,
            )
        return commit
