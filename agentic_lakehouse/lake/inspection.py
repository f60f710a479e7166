"""A lake looked at from outside: nothing is made, marked, migrated or locked for it.

It opens where the lake itself does not: each part says for itself whether it is whole, or raises what it is
about. SQLite keeps its two lock files beside the database, as for every reader; they are gone with the next
writer that closes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.lake import catalog, commits, lifecycle, marker
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.examiner import Examined, Examiner, Reader
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.lake.lifecycle import BranchInfo
from agentic_lakehouse.lake.marker import Claim
from agentic_lakehouse.lake.records import records
from agentic_lakehouse.lake.rows import COMMITS, DELIVERIES
from agentic_lakehouse.lake.view import changed
from agentic_lakehouse.lake.warehouse import Warehouse

COMMITS_LOOKED_AT = 50
"""How far back a commit is searched at which all was whole."""


@dataclass(frozen=True)
class Recorded:
    """What the catalog database says, as of one instant."""

    main: Pointers
    branches: Mapping[str, tuple[BranchInfo, Pointers]]
    """Open branches by name, and where the tables stand that they changed."""
    deliveries: tuple[Delivery, ...]
    """Of all feeds, in their order."""
    commits: tuple[tuple[str, Pointers], ...]
    """Kept commits, newest first, and where all tables stood after each."""

    @property
    def waiting(self) -> list[Delivery]:
        """Deliveries that the next run of their feed will read."""
        return [d for d in self.deliveries if d.is_asked_for or d.status in {"pending", "failed"}]

    @property
    def feeds(self) -> list[Feed]:
        """Feeds that ever delivered, by name."""
        return sorted({Feed.parse(d.feed) for d in self.deliveries})


class Inspection:
    """One look at a lake."""

    def __init__(self, catalog_url: str, warehouse_uri: str, *, reader: Reader | None = None) -> None:
        """Find the lake; nothing is read.

        Args:
            catalog_url: SQLAlchemy URL of an SQLite file or a Postgres database.
            warehouse_uri: folder or fsspec URL.
            reader: reads each data file whole; its size and footer alone are looked at where not given.

        Raises:
            SettingsInvalid: one of them names nothing that a lake can stand in.
        """
        self.database = Database.look(catalog_url)
        self.warehouse = Warehouse(warehouse_uri)
        self._examiner = Examiner(self.warehouse, reader)

    @cached_property
    def claim(self) -> Claim | None:
        """Which lake the database is of; `None` where there is none.

        Raises:
            CatalogUnavailable: it cannot be read, is damaged, or of another version.
        """
        if not self.database.is_absent:
            self.database.require_sound()
        return marker.claim_of(self.database)

    def require_one_lake(self) -> None:
        """Demand that database and warehouse are of one lake.

        Raises:
            CatalogUnavailable: one of the two is gone, or of another.
        """
        marker.require_one_lake(self.database, self.warehouse, self.claim, marker.read(self.warehouse))

    @cached_property
    def recorded(self) -> Recorded:
        """What the database says.

        Raises:
            CatalogUnavailable: it cannot be read.
        """
        with self.database.read() as connection:
            main = catalog.pointers(connection, MAIN)
            return Recorded(
                main=main,
                branches={
                    info.name: (info, changed(lifecycle.pointers(connection, info.name)[0], main))
                    for info in lifecycle.infos(connection)
                },
                deliveries=tuple(
                    records(connection, Delivery, sa.select(DELIVERIES).order_by(*DELIVERIES.primary_key))
                ),
                commits=tuple(_kept_commits(connection)),
            )

    @cached_property
    def main(self) -> Examined:
        """What there is to say of main's tables."""
        return self._examiner.look(self.recorded.main)

    def branch(self, name: str) -> Examined:
        """Look at the tables that a branch changed."""
        return self._examiner.look(self.recorded.branches[name][1])

    def whole_commit(self, feed: Feed | None, slice_: Mapping[str, PartitionValue]) -> str | None:
        """Return the id of the newest kept commit after which a feed's tables stand whole; `None` where none does.

        Args:
            feed: the feed whose bronze table and slices are looked at; every table whole where `None`.
            slice_: partition values of the feed's rows in shared tables.
        """
        others = {other.table for other in self.recorded.feeds if feed and other != feed}
        for commit_id, pointers in self.recorded.commits:
            mine = {table: at for table, at in pointers.items() if table.rpartition(".")[2] not in others}
            if not self._examiner.look(mine, slice_).broken:
                return commit_id
        return None

    def close(self) -> None:
        """Close the connection to the catalog database."""
        self.database.close()


def _kept_commits(connection: sa.Connection) -> Iterator[tuple[str, Pointers]]:
    c = COMMITS.c
    newest = sa.select(c.seq, c.id).where(c.forgotten.is_(False)).order_by(c.seq.desc()).limit(COMMITS_LOOKED_AT)
    for seq, commit_id in connection.execute(newest).all():
        yield commit_id, commits.pointers_at(connection, seq)
