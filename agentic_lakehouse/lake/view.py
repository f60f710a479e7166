"""Reading: the whole lake as it stood at one instant, on main, on a branch, or at a commit of the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pyiceberg.manifest import DataFile
from pyiceberg.table import StaticTable

from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.files import PartitionValue, of_partition, partitions
from agentic_lakehouse.lake.schemas import words_of
from agentic_lakehouse.lake.warehouse import Warehouse


class View:
    """Tables at fixed metadata: what is read through it never changes, whatever is published meanwhile."""

    def __init__(self, pointers: Pointers, warehouse: Warehouse, *, name: str = "main") -> None:
        self._pointers = pointers
        self._warehouse = warehouse
        self.name = name

    def pointers(self) -> Pointers:
        """Return each table's full name and the location of its metadata."""
        return dict(self._pointers)

    def tables(self) -> list[str]:
        """Return the full names of all tables, sorted."""
        return sorted(self.pointers())

    def exists(self, table: str) -> bool:
        """Whether there is a table of that full name."""
        return table in self.pointers()

    def schema(self, table: str) -> dict[str, str]:
        """Return a table's columns and their types in the words of `contracts.tables`, in order.

        Raises:
            UsageInvalid: there is no such table.
        """
        return words_of(self._table(table).schema())

    def files(self, table: str, **partition: PartitionValue) -> list[str]:
        """Return the locations of a table's data files, or of those of one partition.

        Raises:
            UsageInvalid: there is no such table or partition column.
        """
        return sorted(file.file_path for file in self._live(table, partition))

    def local_files(self, table: str, staging: Path, **partition: PartitionValue) -> list[Path]:
        """Return the same files as local paths, copied into `staging` where the warehouse is remote.

        Raises:
            UsageInvalid: there is no such table or partition column.
            CatalogUnavailable: a file is gone, or not of the size that the table says.
        """
        live = sorted(self._live(table, partition), key=lambda file: file.file_path)
        return [self._warehouse.local_copy(f.file_path, staging, size=f.file_size_in_bytes) for f in live]

    def row_count(self, table: str, **partition: PartitionValue) -> int:
        """Return the number of rows of a table, or of one partition; no data is read.

        Raises:
            UsageInvalid: there is no such table or partition column.
        """
        return sum(file.record_count for file in self._live(table, partition))

    def partition_rows(self, table: str, *columns: str) -> Counter[tuple[object, ...]]:
        """Return the number of rows of each partition, by its values of `columns`; no data is read.

        Raises:
            UsageInvalid: there is no such table or partition column.
        """
        found = self._table(table)
        counts: Counter[tuple[object, ...]] = Counter()
        with self._warehouse.told(found.metadata_location):
            for file, values in partitions(found, columns):
                counts[values] += file.record_count
        return counts

    def _live(self, table: str, partition: Mapping[str, PartitionValue]) -> list[DataFile]:
        found = self._table(table)
        return of_partition(found, self._warehouse.data_files_at(found.metadata_location), partition)

    def _table(self, table: str) -> StaticTable:
        location = self.pointers().get(table)
        if location is None:
            raise UsageInvalid(
                f"There is no table {table!r} on {self.name}.",
                hint=f"Tables are {', '.join(self.tables()) or 'none yet'}.",
                table=table,
            )
        return self._warehouse.table_at(location)


def changed(new: Mapping[str, str], base: Mapping[str, str]) -> Pointers:
    """Return the pointers of `new` that are not those of `base`."""
    return {table: location for table, location in new.items() if base.get(table) != location}
