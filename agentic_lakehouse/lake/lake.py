"""The lake as one object: what the pipeline, the faces and the tests open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import catalog, commits, lifecycle, marker
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.catalog import MAIN
from agentic_lakehouse.lake.changes import TableChange, changes_of
from agentic_lakehouse.lake.commits import CommitInfo, FeedMark
from agentic_lakehouse.lake.database import BUSY_SECONDS, Database
from agentic_lakehouse.lake.drifts import Drifts
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.lake.glance import Glance
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.lake.history import History
from agentic_lakehouse.lake.ledger import Ledger
from agentic_lakehouse.lake.lifecycle import BranchInfo
from agentic_lakehouse.lake.merge import Demands, Recheck, Request, publish
from agentic_lakehouse.lake.migrate import TableMigration, create_absent, migrate, plan
from agentic_lakehouse.lake.namesakes import require_own_table
from agentic_lakehouse.lake.notices import Notices
from agentic_lakehouse.lake.policies import Policies
from agentic_lakehouse.lake.precedents import Precedents
from agentic_lakehouse.lake.review_key import ReviewKey
from agentic_lakehouse.lake.rollback import Rollback
from agentic_lakehouse.lake.tables import require_whole
from agentic_lakehouse.lake.upkeep.housekeeping import Housekeeping
from agentic_lakehouse.lake.view import View, changed
from agentic_lakehouse.lake.warehouse import Warehouse


class Lake:
    """Tables in a warehouse, and the catalog database that says which of their states is the truth.

    Attributes:
        ledger: deliveries of all feeds.
        governance: proposals, reviews, model calls, audits and runs.
        history: what each commit did and meant.
        policies: rule sets, trust profiles and standards that were in force.
        notices: what people were told of feeds, and are to be told.
        drifts: what changed in deliveries.
        review_key: what the token of those who decide is compared with.
        precedents: what their decisions teach.
        housekeeping: what `lakehouse maintain` does to the lake.
    """

    def __init__(self, database: Database, warehouse: Warehouse) -> None:
        self._database = database
        self._warehouse = warehouse
        self.ledger = Ledger(database)
        self.governance = Governance(database)
        self.history = History(database, warehouse)
        self.policies = Policies(database)
        self.notices = Notices(database)
        self.drifts = Drifts(database)
        self.review_key = ReviewKey(database)
        self.precedents = Precedents(database)
        self.housekeeping = Housekeeping(database, warehouse)

    @classmethod
    def open(cls, catalog_url: str, warehouse_uri: str, *, busy_seconds: float = BUSY_SECONDS) -> Lake:
        """Open a lake, or make a new one where there is none; many processes may do so at once.

        Args:
            catalog_url: SQLAlchemy URL of an SQLite file or a Postgres database.
            warehouse_uri: folder or fsspec URL.
            busy_seconds: how long a writer waits for the one before it.

        Raises:
            SettingsInvalid: one of them names nothing that a lake can stand in.
            CatalogUnavailable: the database or the folder cannot be opened, is of another version, or the two
                are not of one lake.
        """
        warehouse = Warehouse(warehouse_uri)
        warehouse.make()
        database = Database.open(catalog_url, busy_seconds=busy_seconds)
        marker.bind(database, warehouse)
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
                require_whole(self._warehouse.table_at(main[schema.name]), schema)
        if any(schema.name not in main for schema in tables):
            create_absent(self._database, self._warehouse, tables)

    def migrations(self, tables: Sequence[TableSchema]) -> list[TableMigration]:
        """Return what shared tables lack of what `tables` say, and have beyond it; writes nothing.

        Raises:
            UsageInvalid: a column would change its type, or a table its partitions.
        """
        return plan(self._warehouse, self.view().pointers(), tables)

    def migrate(self, tables: Sequence[TableSchema], *, author: str) -> str | None:
        """Give shared tables on main the columns that they lack; make those that do not stand.

        Returns:
            The commit's id; `None` where nothing was lacking.

        Raises:
            UsageInvalid: a column would change its type, or a table its partitions.
        """
        create_absent(self._database, self._warehouse, tables)
        return migrate(self._database, self._warehouse, tables, author=author)

    def rollback(
        self, commit: str, *, feed: Feed | None, slice_: Mapping[str, PartitionValue], author: str, note: str = ""
    ) -> str:
        """Let a feed, or the whole lake, stand as it did after a commit. Itself a commit.

        Args:
            commit: its id, or the beginning of it.
            feed: the feed that goes back; the whole lake where `None`.
            slice_: partition values of the feed's rows in shared tables.
            author: who does it.
            note: why.

        Returns:
            The new commit's id.

        Raises:
            UsageInvalid: there is no such commit, its tables are no longer kept, or all stands so already.
            BranchLeased: a run is working on what goes back.
        """
        back = Rollback(self._database, self._warehouse, to=commit, author=author, note=note)
        return back.all() if feed is None else back.feed(feed, slice_)

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

    def glance(self, feeds: Collection[Feed] | None = None) -> Glance:
        """Read how feeds stand, or all that ever delivered, in as many statements as for one."""
        with self._database.read() as connection:
            return Glance(connection, feeds)

    def begin(self, feed: Feed, run_id: str, *, lease_seconds: int) -> Branch:
        """Open the feed's branch at main's head, or put it back there, for a run to write.

        Args:
            feed: whose branch.
            run_id: who will hold it.
            lease_seconds: how long after its last sign of life another run may take the branch.

        Raises:
            BranchLeased: another run holds it.
            UsageInvalid: the feed's table is another feed's.
        """
        with self._database.write() as connection:
            require_own_table(connection, feed)
            lease = lifecycle.begin(connection, feed, run_id, lease_seconds=lease_seconds)
        return Branch(self._database, self._warehouse, feed, lease)

    def resume(
        self, feed: Feed, run_id: str, *, after: str, inputs: str, lease_seconds: int, redo: bool = True
    ) -> Branch:
        """Take up the feed's branch as the step `after` left it, done with inputs of that hash.

        Args:
            feed: whose branch.
            run_id: who will hold it.
            after: step that must stand recorded.
            inputs: hash of what it was done with.
            lease_seconds: how long after its last sign of life another run may take the branch.
            redo: forget the steps done since, to do the next one anew; `False` keeps them, and what they left,
                for who reads or publishes.

        Raises:
            StepOutOfOrder: there is no branch, or the step is not recorded there with those inputs.
            BranchLeased: another run holds it.
        """
        with self._database.write() as connection:
            lease = lifecycle.resume(
                connection, feed, run_id, after=after, inputs=inputs, lease_seconds=lease_seconds, redo=redo
            )
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
        return list(changes_of(self._warehouse, changed(there, base), base))

    def log(self, limit: int | None = None, *, feed: Feed | None = None) -> list[CommitInfo]:
        """Return main's commits, newest first, those of a feed alone where one is given."""
        with self._database.read() as connection:
            return commits.log(connection, limit=limit, feed=str(feed) if feed else None)

    def published_fold(self, feed: Feed) -> str | None:
        """Return the `fold_sha256` under which the feed's slice on main was made; `None` where it has none."""
        mark = self.mark(feed)
        return mark.fold_sha256 or None if mark else None

    def mark(self, feed: Feed) -> FeedMark | None:
        """Return what the last commit that touched a feed means for it; `None` before its first."""
        with self._database.read() as connection:
            return commits.last_mark(connection, str(feed))

    def publish(
        self,
        branch: Branch,
        *,
        author: str,
        message: str,
        deliveries: Sequence[str] = (),
        recheck: Recheck | None = None,
        demands: Demands | None = None,
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
            demands: stage to the names of the checks that its audit must hold a result of.

        Returns:
            The commit's id.

        Raises:
            PublishRefused: what is missing, or failed.
            MergeConflict: main moved in this feed's own slice, bronze or ledger; nothing was published.
            LeaseLost: the run no longer holds the branch.
        """
        request = Request(branch, author, message, tuple(deliveries), recheck, demands or {})
        return publish(self._database, self._warehouse, request)
