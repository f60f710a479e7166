"""The lake as one object: what the pipeline, the faces and the tests open."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import catalog, commits, lifecycle, rows
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.catalog import MAIN, NamedCatalog
from agentic_lakehouse.lake.commits import CommitInfo, TableChange
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.lake.ledger import Ledger
from agentic_lakehouse.lake.lifecycle import BranchInfo
from agentic_lakehouse.lake.merge import Recheck, Request, publish
from agentic_lakehouse.lake.tables import create, evolve
from agentic_lakehouse.lake.view import View, changed
from agentic_lakehouse.lake.warehouse import Warehouse


class Lake:
    """Tables in a warehouse, and the catalog database that says which of their states is the truth.

    Attributes:
        ledger: deliveries of all feeds.
        governance: proposals, reviews, model calls, audits and runs.
    """

    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._database = database
        self._warehouse = warehouse
        self.ledger = Ledger(database)
        self.governance = Governance(database)

    @classmethod
    def open(cls, catalog_url: str, warehouse_uri: str) -> Lake:
        """Open a lake, or make a new one where there is none; many processes may do so at once.

        Args:
            catalog_url: SQLAlchemy URL of an SQLite file or a Postgres database.
            warehouse_uri: folder or fsspec URL.

        Raises:
            SettingsInvalid: one of them names nothing that a lake can stand in.
            CatalogUnavailable: the database or the folder cannot be opened, or is of another version.
        """
        warehouse = Warehouse(warehouse_uri)
        warehouse.make()
        database = Database.open(catalog_url)
        with database.read() as connection:
            absent = rows.version(connection) is None
        if absent:
            with database.write() as connection:
                rows.create_tables(connection)
        return cls(database, warehouse)

    def close(self) -> None:
        """Close the connections to the catalog database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create_shared(self, tables: Sequence[TableSchema]) -> None:
        """Let tables of which every feed writes its slice stand on main, empty; what stands there stays.

        Raises:
            UsageInvalid: one stands there otherwise than `tables` say: that takes a migration.
        """
        main = self.view().pointers()
        for schema in tables:
            if schema.name in main:
                evolve(self._warehouse.table_at(main[schema.name]), schema)
        if absent := [schema for schema in tables if schema.name not in main]:
            self._create_on_main(absent)

    def _create_on_main(self, tables: Sequence[TableSchema]) -> None:
        """Make tables under a name of their own, then give main those that it still lacks."""
        scratch = f"shared@{uuid.uuid4().hex}"
        maker = NamedCatalog(scratch, self._database.engine, self._warehouse)
        with self._database.told(), self._warehouse.told(self._warehouse.root):
            made = {schema.name: create(maker, schema, self._warehouse, shared=True) for schema in tables}
        with self._database.write() as connection:
            catalog.add_namespaces(connection, scratch, MAIN)
            new = {
                name: table.metadata_location
                for name, table in made.items()
                if catalog.point(connection, MAIN, name, old=None, new=table.metadata_location)
            }
            catalog.drop(connection, scratch)
            if new:
                commits.record(
                    connection,
                    new,
                    author="lakehouse",
                    message=f"create {', '.join(sorted(new))}",
                    changes=commits.changes_of(self._warehouse, new, {}),
                )

    def view(self, ref: str = MAIN, *, at: str | None = None) -> View:
        """Read the lake as it is now on main or on a branch, or as it was after a commit.

        Args:
            ref: `main` or the name of an open branch.
            at: a commit's id, or the beginning of one; of main alone.

        Raises:
            UsageInvalid: there is no such branch or commit.
        """
        if at is not None and ref != MAIN:
            raise UsageInvalid(
                f"Branch {ref!r} has no commits of its own.", hint="Give a branch or a commit, not both."
            )
        with self._database.read() as connection:
            if at is not None:
                name, found = f"commit {at}", commits.pointers_at(connection, commits.resolve(connection, at))
            elif ref == MAIN:
                name, found = MAIN, catalog.pointers(connection, MAIN)
            else:
                name, (found, _) = ref, lifecycle.pointers(connection, ref)
        return View(found, self._warehouse, name=name)

    def begin(self, feed: Feed, run_id: str, *, lease_seconds: int) -> Branch:
        """Open the feed's branch at main's head, or put it back there, for a run to write.

        Args:
            feed: whose branch.
            run_id: who will hold it.
            lease_seconds: how long after its last sign of life another run may take the branch.

        Raises:
            BranchLeased: another run holds it.
        """
        with self._database.write() as connection:
            lease = lifecycle.begin(connection, feed, run_id, lease_seconds=lease_seconds)
        return Branch(self._database, self._warehouse, feed, lease)

    def resume(self, feed: Feed, run_id: str, *, after: str, inputs: str, lease_seconds: int) -> Branch:
        """Take up the feed's branch as it stands, behind the step `after` done with inputs of that hash.

        Raises:
            StepOutOfOrder: there is no branch, or the step is not recorded there with those inputs.
            BranchLeased: another run holds it.
        """
        with self._database.write() as connection:
            lease = lifecycle.resume(connection, feed, run_id, after=after, inputs=inputs, lease_seconds=lease_seconds)
        return Branch(self._database, self._warehouse, feed, lease)

    def branches(self) -> list[BranchInfo]:
        """Return open branches, by name."""
        with self._database.read() as connection:
            return lifecycle.infos(connection)

    def abandon(self, branch_name: str) -> None:
        """Drop a branch unpublished, whoever holds it.

        Raises:
            UsageInvalid: there is no such branch.
        """
        with self._database.write() as connection:
            lifecycle.abandon(connection, branch_name)

    def diff(self, branch_name: str) -> list[TableChange]:
        """Return what a branch did to each table since it began.

        Raises:
            UsageInvalid: there is no such branch.
        """
        with self._database.read() as connection:
            there, base = lifecycle.pointers(connection, branch_name)
        return list(commits.changes_of(self._warehouse, changed(there, base), base))

    def log(self, limit: int | None = None, *, feed: Feed | None = None) -> list[CommitInfo]:
        """Return main's commits, newest first, those of a feed alone where one is given."""
        with self._database.read() as connection:
            return commits.log(connection, limit=limit, feed=str(feed) if feed else None)

    def published_fold(self, feed: Feed) -> str | None:
        """Return the `fold_sha256` under which the feed's slice on main was made; `None` before its first commit."""
        last = next(iter(self.log(1, feed=feed)), None)
        return last.audit.fold_sha256 if last is not None and last.audit is not None else None

    def publish(
        self,
        branch: Branch,
        *,
        author: str,
        message: str,
        deliveries: Sequence[str] = (),
        recheck: Recheck | None = None,
    ) -> str:
        """Merge a branch into main, all or nothing, and close it.

        The latest audits of both stages must be of exactly the branch's tables and have passed, and the
        mapping that the staged one names must be approved by a recorded review of that very sha256. The
        mapping and the spec of the newest delivery come into force.

        Args:
            branch: as its run holds it.
            author: who publishes.
            message: why.
            deliveries: ids of the deliveries whose rows the branch brings.
            recheck: called with the lake as it would be, where other feeds published meanwhile; a failed
                ERROR result refuses the merge.

        Returns:
            The commit's id.

        Raises:
            PublishRefused: what is missing, or failed.
            MergeConflict: main moved in this feed's own slice, bronze or ledger; nothing was published.
            LeaseLost: the run no longer holds the branch.
        """
        request = Request(branch, author, message, tuple(deliveries), recheck)
        return publish(self._database, self._warehouse, request)
