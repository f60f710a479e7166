"""A branch in the hands of a run: the whole lake once more, to change at will, seen by nobody else.

Every write needs the run's lease and is a sign of life. A write that was overtaken (the run slept, another
took the branch) finds the catalog name gone that it was to write to, and ends in `LeaseLost`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.errors import MergeConflict, UsageInvalid
from agentic_lakehouse.lake import catalog, leases
from agentic_lakehouse.lake.catalog import NamedCatalog, Pointers
from agentic_lakehouse.lake.commits import pointers_at
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.files import PartitionValue, data_file, live_files, row_count
from agentic_lakehouse.lake.heartbeat import keep_alive
from agentic_lakehouse.lake.leases import Lease
from agentic_lakehouse.lake.swap import swap
from agentic_lakehouse.lake.tables import create, evolve, is_shared, require_whole
from agentic_lakehouse.lake.view import View, changed
from agentic_lakehouse.lake.warehouse import Warehouse


class Branch(View):
    """A feed's branch, as one run holds it.

    Attributes:
        name: `feed/<vendor>/<feed>`.
        feed: whose branch it is.
        lease: the run's hold on it.
    """

    def __init__(self, database: Database, warehouse: Warehouse, feed: Feed, lease: Lease) -> None:
        super().__init__({}, warehouse, name=lease.branch)
        self._database = database
        self._catalog = NamedCatalog(lease.catalog, database.engine, warehouse)
        self.feed = feed
        self.lease = lease

    @property
    def run_id(self) -> str:
        """Run that the branch was given to."""
        return self.lease.run_id

    def pointers(self) -> Pointers:
        """Return each table's full name and the location of its metadata, as of now.

        Raises:
            LeaseLost: another run took the branch, or it was published or abandoned.
        """
        with self._database.read() as connection:
            leases.require_current(connection, self.lease)
            return catalog.pointers(connection, self.lease.catalog)

    def changed_pointers(self) -> Pointers:
        """Return the pointers of the tables that this branch created or changed: what an audit is about.

        Raises:
            LeaseLost: another run took the branch, or it was published or abandoned.
        """
        with self._database.read() as connection:
            row = leases.require_current(connection, self.lease)
            return changed(catalog.pointers(connection, self.lease.catalog), pointers_at(connection, row["base_seq"]))

    def ensure_table(self, schema: TableSchema) -> None:
        """Create a table, or give it the columns that it lacks and longer decimals.

        Raises:
            UsageInvalid: a column has another type in the table, or the table is shared and lacks something.
            LeaseLost: the run no longer holds the branch.
        """
        with self._writing(schema.name):
            if self.exists(schema.name):
                standing = self._catalog.load_table(schema.name)
                (require_whole if is_shared(standing) else evolve)(standing, schema)
            else:
                create(self._catalog, schema, self._warehouse, shared=False)

    def append(self, table: str, files: Sequence[Path]) -> None:
        """Move local Parquet files into a table, in one commit. A file without rows is left where it is.

        Raises:
            UsageInvalid: a file's columns are not the table's, or its rows are of several partitions.
            LeaseLost: the run no longer holds the branch.
        """
        with self._writing(table):
            target = self._catalog.load_table(table)
            swap(target, removed=[], added=self._take(files, table, target, {}))

    def replace_slice(self, table: str, slice_: Mapping[str, PartitionValue], files: Sequence[Path]) -> None:
        """Put local Parquet files in the place of all files of one slice, in one commit.

        Args:
            table: full name.
            slice_: partition columns and their values; files of other partitions are not touched.
            files: may be empty, or without rows: then the slice is empty.

        Raises:
            UsageInvalid: a file's columns are not the table's, or its rows are not of that slice.
            LeaseLost: the run no longer holds the branch.
        """
        with self._writing(table):
            target = self._catalog.load_table(table)
            old = live_files(target, slice_)
            swap(target, removed=old, added=self._take(files, table, target, slice_))

    def record_step(self, step: str, inputs: str) -> None:
        """Record that a step was done with inputs of that hash, and where it left the branch's tables.

        Raises:
            LeaseLost: the run no longer holds the branch.
        """
        with self._database.write() as connection:
            row = leases.require(connection, self.lease)
            there = catalog.pointers(connection, self.lease.catalog)
            left = changed(there, pointers_at(connection, row["base_seq"]))
            others = [done for done in row["steps"] if done[0] != step]
            leases.change(connection, self.lease, steps=[*others, [step, inputs, left]])

    def steps(self) -> dict[str, str]:
        """Return the steps recorded on the branch and the hashes of their inputs, in the order they were done.

        Raises:
            LeaseLost: another run took the branch, or it was published or abandoned.
        """
        with self._database.read() as connection:
            row = leases.require_current(connection, self.lease)
            return {name: inputs for name, inputs, _ in row["steps"]}

    def heartbeat(self) -> None:
        """Say that the run is alive.

        Raises:
            LeaseLost: the run no longer holds the branch.
        """
        with self._database.write() as connection:
            leases.change(connection, self.lease)

    def keep_alive(self, *, lease_seconds: float) -> AbstractContextManager[None]:
        """Say so by itself while a block runs, three times in the life of a lease."""
        return keep_alive(self.heartbeat, every=lease_seconds / 3)

    def release(self) -> None:
        """Let the branch go: its content stays, to be looked at and to be resumed. Nothing where it is lost already."""
        with self._database.write() as connection:
            leases.release(connection, self.lease)

    def _take(
        self, files: Sequence[Path], name: str, table: Table, slice_: Mapping[str, PartitionValue]
    ) -> list[DataFile]:
        """Move files with rows into the warehouse, after all of them were found to fit."""
        new = {path: self._warehouse.new_location(name) for path in files if row_count(path)}
        described = [data_file(path, location, table, slice_) for path, location in new.items()]
        for path, location in new.items():
            self._warehouse.put(path, location)
        return described

    @contextmanager
    def _writing(self, table: str) -> Iterator[None]:
        self.heartbeat()
        try:
            with self._database.told(), self._warehouse.told(self._warehouse.table_location(table)):
                yield
        except NoSuchTableError as error:
            self.heartbeat()
            raise UsageInvalid(
                f"There is no table {table!r} on {self.name}.", hint="Make it with `ensure_table`.", table=table
            ) from error
        except CommitFailedException as error:
            self.heartbeat()
            raise MergeConflict(
                f"{table} was changed on {self.name} by something else in the same run; this change was not made.",
                hint="Write to a branch from one place at a time.",
                table=table,
            ) from error
