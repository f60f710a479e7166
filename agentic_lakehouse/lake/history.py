"""Main's history, commit by commit: what each did, what it meant for deliveries, and which snapshots it left."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from agentic_lakehouse.errors import CatalogUnavailable, UsageInvalid
from agentic_lakehouse.lake import commits
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.commits import CommitInfo, FeedMark
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.records import records
from agentic_lakehouse.lake.rows import COMMITS, FEED_COMMITS
from agentic_lakehouse.lake.warehouse import Warehouse


class History:
    """Questions about commits, also about those whose tables are no longer kept."""

    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._database, self._warehouse = database, warehouse

    def commit(self, prefix: str) -> CommitInfo:
        """Return the commit whose id begins with `prefix`.

        Raises:
            UsageInvalid: none does, or several.
        """
        query = sa.select(COMMITS).where(COMMITS.c.id.startswith(prefix, autoescape=True)).limit(2)
        with self._database.read() as connection:
            found = records(connection, CommitInfo, query)
        if not prefix or len(found) != 1:
            problem = "several commits begin so" if found else "there is no such commit"
            raise UsageInvalid(
                f"At {prefix!r}: {problem}.", hint="Commits are listed by `lakehouse log`.", commit=prefix
            )
        return found[0]

    def marks(self, commit_id: str) -> list[FeedMark]:
        """Return what a commit meant for each feed that it touched, by feed."""
        seq = sa.select(COMMITS.c.seq).where(COMMITS.c.id == commit_id).scalar_subquery()
        query = sa.select(FEED_COMMITS).where(FEED_COMMITS.c.seq == seq).order_by(FEED_COMMITS.c.feed)
        with self._database.read() as connection:
            return records(connection, FeedMark, query)

    def pointers(self, commit_id: str | None) -> Pointers | None:
        """Return where tables stood after a commit, before the first where `None`; `None` where that is forgotten."""
        if commit_id is None:
            return {}
        with self._database.read() as connection:
            seq, forgotten = connection.execute(
                sa.select(COMMITS.c.seq, COMMITS.c.forgotten).where(COMMITS.c.id == commit_id)
            ).one()
            return None if forgotten else commits.pointers_at(connection, seq)

    def snapshots(self, pointers: Mapping[str, str]) -> dict[str, int | None]:
        """Return the snapshot that each table is at in its metadata; `None` where that is gone, or it has none."""
        return {table: self._snapshot(location) for table, location in pointers.items()}

    def _snapshot(self, location: str) -> int | None:
        try:
            snapshot = self._warehouse.table_at(location).current_snapshot()
        except CatalogUnavailable:
            return None
        return snapshot.snapshot_id if snapshot else None
