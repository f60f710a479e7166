"""Looking at the files of tables one by one, to tell all that are broken and not the first alone.

A file that several tables, branches or commits share is looked at once. What is found raises nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table

from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.files import PartitionValue, partition_columns
from agentic_lakehouse.lake.manifests import data_files, manifests
from agentic_lakehouse.lake.schemas import words_of
from agentic_lakehouse.lake.storage import damaged, told
from agentic_lakehouse.lake.warehouse import Warehouse

READERS = 8
"""Data files that are looked at at once: an object store answers late, but many at a time."""

PARQUET_MAGIC = b"PAR1"
"""Both ends of a Parquet file; before the last one stands the length of the footer, in 4 bytes (parquet-format)."""

Reader = Callable[[Path, Mapping[str, str]], None]
"""Reads a local data file of columns with these types; raises `CatalogUnavailable` where it is damaged."""


@dataclass(frozen=True)
class Broken:
    """A file that a table needs and that is gone, or not what it should be."""

    table: str
    location: str
    problem: str
    """One sentence that names the table and the file."""
    partition: Mapping[str, object] | None = field(default=None, hash=False)
    """Of a data file: the values that all its rows have in the partition columns; `None` for a metadata file."""


@dataclass
class Examined:
    """What was found about some tables."""

    tables: int = 0
    files: int = 0
    """Data files that were looked at, or known from before."""
    broken: list[Broken] = field(default_factory=list)


class Examiner:
    """Looks at tables, and remembers what it saw."""

    def __init__(self, warehouse: Warehouse, reader: Reader | None = None) -> None:
        """Take a warehouse.

        Args:
            warehouse: of the lake.
            reader: reads each data file whole; its size and footer alone are looked at where not given.
        """
        self._warehouse = warehouse
        self._reader = reader
        self._named: dict[str, list[DataFile]] = {}
        self._problems: dict[str, str | None] = {}

    def look(self, tables: Mapping[str, str], slice_: Mapping[str, PartitionValue] | None = None) -> Examined:
        """Look at tables, given by name and metadata location, down to their data files.

        Args:
            tables: full name to the location of the metadata.
            slice_: look at data files with these partition values alone, in tables that have such partitions.
        """
        found = Examined()
        for name, location in sorted(tables.items()):
            self._look_at(name, location, slice_ or {}, found)
        return found

    def _look_at(self, name: str, location: str, slice_: Mapping[str, PartitionValue], found: Examined) -> None:
        found.tables += 1
        try:
            table = self._warehouse.table_at(location)
            head = table.current_snapshot()
            listed = manifests(head, io=table.io) if head else ()
        except CatalogUnavailable as error:
            found.broken.append(Broken(name, error.details["location"], error.message))
            return
        columns = partition_columns(table)
        wanted = {columns.index(c): value for c, value in slice_.items()} if set(slice_) <= set(columns) else {}
        for manifest in listed:
            try:
                files = self._files_of(manifest, table)
            except CatalogUnavailable as error:
                found.broken.append(Broken(name, error.details["location"], error.message))
                continue
            mine = [file for file in files if all(file.partition[i] == value for i, value in wanted.items())]
            found.files += len(mine)
            self._look_at_all(table, mine)
            for file in mine:
                if problem := self._problems[file.file_path]:
                    partition = {column: file.partition[i] for i, column in enumerate(columns)}
                    found.broken.append(Broken(name, file.file_path, problem, partition))

    def _files_of(self, manifest: ManifestFile, table: Table) -> list[DataFile]:
        if manifest.manifest_path not in self._named:
            self._named[manifest.manifest_path] = data_files(manifest, io=table.io)
        return self._named[manifest.manifest_path]

    def _look_at_all(self, table: Table, files: Sequence[DataFile]) -> None:
        new = [file for file in files if file.file_path not in self._problems]
        with ThreadPoolExecutor(READERS) as pool:
            for file, problem in zip(new, pool.map(lambda f: self._problem(table, f), new), strict=True):
                self._problems[file.file_path] = problem

    def _problem(self, table: Table, file: DataFile) -> str | None:
        try:
            require_footer(table, file)
            if self._reader is not None:
                self._read(self._reader, table, file)
        except CatalogUnavailable as error:
            return error.message
        return None

    def _read(self, reader: Reader, table: Table, file: DataFile) -> None:
        with TemporaryDirectory() as scratch:
            path = self._warehouse.local_copy(file.file_path, Path(scratch), size=file.file_size_in_bytes)
            try:
                reader(path, words_of(table.schema()))
            except CatalogUnavailable as error:
                raise damaged(file.file_path, f"is damaged: {error.details['wrong']}") from error


def require_footer(table: Table, file: DataFile) -> None:
    """Look at both ends of a Parquet file; none of its rows is read.

    Raises:
        CatalogUnavailable: it is gone, of another size than its manifest says, or has no Parquet footer.
    """
    place, size = file.file_path, file.file_size_in_bytes
    with told(place), table.io.new_input(place).open() as source:
        found = source.seek(0, io.SEEK_END)
        if found != size:
            raise damaged(place, f"has {found} bytes instead of {size}")
        source.seek(0)
        head = source.read(4)
        source.seek(size - 8)
        length, tail = int.from_bytes(source.read(4), "little"), source.read(4)
    if head != PARQUET_MAGIC or tail != PARQUET_MAGIC:
        raise damaged(place, "is no Parquet file")
    if not 0 < length <= size - 12:
        raise damaged(place, f"has a footer of {length} bytes, which cannot be")
