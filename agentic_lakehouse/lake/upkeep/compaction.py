"""Files with the same rows take the place of many small ones, in one commit on main; nothing else moves.

Whole files go out and in, so that other feeds' branches are put onto the result as onto any newer main. A
feed with an open branch of its own is left alone: its work stands on the very files that would go.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from pyiceberg.manifest import DataFile

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, MergeConflict, UsageInvalid
from agentic_lakehouse.lake import commits, leases
from agentic_lakehouse.lake.amend import Amendment, amend
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.commits import FeedMark
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.files import data_file, live_files
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse.lake.swap import swap
from agentic_lakehouse.lake.upkeep.bundles import Bundle
from agentic_lakehouse.lake.warehouse import Warehouse

AUTHOR = "maintenance"


class Compaction:
    """One feed's bundles and the files that replace them, prepared against whatever main is then."""

    def __init__(
        self, database: Database, warehouse: Warehouse, feed: Feed, rewritten: Sequence[tuple[Bundle, Path]]
    ) -> None:
        """Take local Parquet files, one for each bundle, and move them into the warehouse.

        Raises:
            UsageInvalid: a file has other columns, more or fewer rows, or another partition than its bundle.
        """
        self._database, self._warehouse, self._feed = database, warehouse, feed
        places = [warehouse.new_location(bundle.table) for bundle, _ in rewritten]
        self._pairs = [
            (bundle, _described(warehouse, bundle, path, place))
            for (bundle, path), place in zip(rewritten, places, strict=True)
        ]
        for (_, path), place in zip(rewritten, places, strict=True):
            warehouse.put(path, place)

    def commit(self) -> str | None:
        """Exchange the files.

        Returns:
            The commit's id; `None` where there are none.

        Raises:
            BranchLeased: a branch of the feed is open.
            MergeConflict: the feed was published meanwhile, and files of a bundle are gone.
        """
        return amend(self._database, self._warehouse, self._prepare)

    def _prepare(self, main: Pointers, scratch: Scratch) -> Amendment:
        files = sum(len(bundle.files) for bundle, _ in self._pairs)
        return Amendment(
            kind="compact",
            author=AUTHOR,
            message=f"compact {self._feed}: {files} files into {len(self._pairs)}",
            landing={
                table: self._exchanged(table, main.get(table), scratch)
                for table in sorted({bundle.table for bundle, _ in self._pairs})
            },
            feed=str(self._feed),
            settle=self._mark,
        )

    def _exchanged(self, table: str, head: str | None, scratch: Scratch) -> str:
        """Write metadata for a table at `head` with the files exchanged, if those that go still stand there."""
        pairs = [(bundle, file) for bundle, file in self._pairs if bundle.table == table]
        gone = {file.file_path for bundle, _ in pairs for file in bundle.files}
        removed = [f for f in live_files(self._warehouse.table_at(head), {}) if f.file_path in gone] if head else []
        if head is None or len(removed) < len(gone):
            raise MergeConflict(
                f"{table} was changed while small files of {self._feed} were put together.",
                hint="The next maintenance does it.",
                table=table,
            )
        return scratch.edit(table, head, lambda copy: swap(copy, removed=removed, added=[file for _, file in pairs]))

    def _mark(self, connection: sa.Connection) -> list[FeedMark]:
        """Return that the feed stands as it did: under the same rules, with the same deliveries."""
        if leases.row_of(connection, self._feed.branch) is not None:
            raise BranchLeased(
                f"{self._feed} has an open branch, whose work stands on the files that would go.",
                hint="The first maintenance after it is published or abandoned does it.",
                feed=str(self._feed),
            )
        stood = commits.last_mark(connection, str(self._feed))
        return [stood.model_copy(update={"deliveries": {}})] if stood else []


def _described(warehouse: Warehouse, bundle: Bundle, path: Path, location: str) -> DataFile:
    """Return a local file as the data file at `location` that takes a bundle's place."""
    new = data_file(path, location, warehouse.table_at(bundle.head), {})
    if (new.record_count, new.partition) != (bundle.rows, bundle.files[0].partition):
        raise UsageInvalid(
            f"{path.name} holds {new.record_count} rows of {new.partition}; the files of {bundle.table} "
            f"that it is to replace hold {bundle.rows} of {bundle.files[0].partition}.",
            table=bundle.table,
        )
    return new
