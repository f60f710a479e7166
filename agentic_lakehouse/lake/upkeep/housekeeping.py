"""What keeps a lake lean. Each part can be looked at, and done: then with what it finds at that instant.

Safe while runs are at work: what is taken away is found, or found again, in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import CompactionPolicy, RetentionPolicy
from agentic_lakehouse.lake import catalog, commits
from agentic_lakehouse.lake.catalog import MAIN
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.lake.upkeep.bundles import Bundle, bundles
from agentic_lakehouse.lake.upkeep.compaction import Compaction
from agentic_lakehouse.lake.upkeep.leftovers import NOTHING, Leftovers, drop, leftovers
from agentic_lakehouse.lake.upkeep.listing import Listing, StoredFile
from agentic_lakehouse.lake.upkeep.orphans import orphans
from agentic_lakehouse.lake.upkeep.retention import KeptBytes, Past, past
from agentic_lakehouse.lake.warehouse import Warehouse

ABANDONED = timedelta(days=1)
"""Age at which a scratch catalog is nobody's: a change of main is prepared in minutes."""


class Housekeeping:
    """Leftovers, small files, history, kept bytes and orphans of one lake."""

    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._database = database
        self._warehouse = warehouse

    def leftovers(self, *, now: datetime) -> Leftovers:
        """Return the branches and scratch catalogs that dead runs left."""
        with self._database.read() as connection:
            return leftovers(connection, before=(now - ABANDONED).timestamp())

    def drop_leftovers(self, *, now: datetime) -> Leftovers:
        """Drop them, and return which they were."""
        with self._database.write() as connection:
            found = leftovers(connection, before=(now - ABANDONED).timestamp())
            drop(connection, found)
        return found

    def feeds(self) -> list[Feed]:
        """Return every feed that was ever published, sorted."""
        with self._database.read() as connection:
            return [Feed.parse(name) for name in commits.feeds_since(connection, 0)]

    def bundles(
        self, slices: Mapping[Feed, Mapping[str, PartitionValue]], policy: CompactionPolicy, *, order_by: str
    ) -> dict[Feed, list[Bundle]]:
        """Return the small files of feeds that are worth putting together; see `bundles.bundles`."""
        with self._database.read() as connection:
            main = catalog.pointers(connection, MAIN)
        return bundles(self._warehouse, main, slices, policy, order_by=order_by)

    def local_files(self, bundle: Bundle, staging: Path) -> list[Path]:
        """Return a bundle's files in its order as local paths, copied into `staging` where the warehouse is remote.

        Raises:
            CatalogUnavailable: a file is gone, or not of the size that the table says.
        """
        copy = self._warehouse.local_copy
        return [copy(file.file_path, staging, size=file.file_size_in_bytes) for file in bundle.files]

    def compact(self, feed: Feed, rewritten: Sequence[tuple[Bundle, Path]]) -> str | None:
        """Let local Parquet files with the same rows take the place of a feed's bundles, in one commit on main.

        Returns:
            The commit's id; `None` where there are none.

        Raises:
            UsageInvalid: a file has other columns, more or fewer rows, or another partition than its bundle.
            BranchLeased: a branch of the feed is open.
            MergeConflict: the feed was published meanwhile, and files of a bundle are gone.
        """
        return Compaction(self._database, self._warehouse, feed, rewritten).commit()

    def past(self, policy: RetentionPolicy, *, now: datetime, without: Leftovers = NOTHING, coming: int = 0) -> Past:
        """Return which commits the policy lets go; see `retention.past`."""
        with self._database.read() as connection:
            return past(connection, policy, now=now, without=without, coming=coming)

    def forget(self, policy: RetentionPolicy, *, now: datetime) -> Past:
        """Let go of the tables of those commits, and return which they were."""
        with self._database.write() as connection:
            found = past(connection, policy, now=now)
            if found.commits:
                commits.forget_before(connection, found.oldest)
        return found

    def kept_bytes(self, folder: str) -> KeptBytes:
        """Return the folder of kept bytes, named below the warehouse's root."""
        return KeptBytes(self._database, Listing(self._warehouse), folder)

    def orphans(
        self, policy: RetentionPolicy, *, now: datetime, oldest: int = 0, without: Leftovers = NOTHING
    ) -> list[StoredFile]:
        """Return files of tables that nothing refers to; see `orphans.orphans`.

        Raises:
            CatalogUnavailable: it cannot be told what is referred to.
        """
        before = now.timestamp() - timedelta(hours=policy.orphan_hours).total_seconds()
        return orphans(self._database, self._warehouse, before=before, oldest=oldest, without=without)

    def remove(self, files: Iterable[StoredFile]) -> None:
        """Remove files.

        Raises:
            CatalogUnavailable: one cannot be removed.
        """
        listing = Listing(self._warehouse)
        for file in files:
            listing.remove(file)
