"""Which small files of a feed are worth putting together: those of one partition, where there are many.

A run writes a few rows into a file of its own, and whoever reads a table opens every file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import CompactionPolicy
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.files import PartitionValue, live_files, of_partition
from agentic_lakehouse.lake.schemas import words_of
from agentic_lakehouse.lake.tables import is_shared
from agentic_lakehouse.lake.warehouse import Warehouse

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bundle:
    """Small files of one partition of a table that are to become one file."""

    table: str
    head: str
    """Location of the table's metadata when they were found."""
    types: Mapping[str, str]
    """The table's columns, as the new file must have them."""
    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """Rows of all its files."""
        return sum(file.record_count for file in self.files)

    @property
    def byte_size(self) -> int:
        """Bytes of all its files."""
        return sum(file.file_size_in_bytes for file in self.files)


def bundles(
    warehouse: Warehouse,
    main: Pointers,
    slices: Mapping[Feed, Mapping[str, PartitionValue]],
    policy: CompactionPolicy,
    *,
    order_by: str,
) -> dict[Feed, list[Bundle]]:
    """Return the bundles of feeds' bronze tables and of their slices of shared tables; each table is read once.

    Args:
        warehouse: of the lake.
        main: main's pointers.
        slices: feeds, and the partition values of their rows in shared tables.
        policy: which files are small, and how many of them are worth a rewrite.
        order_by: column by whose least value the files are put in order, where a table has it.

    Returns:
        Feeds that have bundles, in the order of `slices`.

    Raises:
        CatalogUnavailable: a table's metadata is gone or damaged.
    """
    found: dict[Feed, list[Bundle]] = {feed: [] for feed in slices}
    for table, location in sorted(main.items()):
        head = warehouse.table_at(location)
        files = live_files(head, {})
        for feed, slice_ in slices.items():
            if table.rpartition(".")[2] == feed.table:
                mine = files
            elif is_shared(head):
                mine = of_partition(head, files, slice_)
            else:
                continue
            for partition in _partitions(mine):
                packs = _packs(_in_order(partition, head, order_by), policy)
                found[feed] += [Bundle(table, location, words_of(head.schema()), pack) for pack in packs]
    return {feed: several for feed, several in found.items() if several}


def _partitions(files: Sequence[DataFile]) -> list[list[DataFile]]:
    found: dict[Record, list[DataFile]] = defaultdict(list)
    for file in files:
        found[file.partition].append(file)
    return list(found.values())


def _in_order(files: Sequence[DataFile], table: Table, column: str) -> list[DataFile]:
    number = next((field.field_id for field in table.schema().fields if field.name == column), -1)
    return sorted(files, key=lambda file: ((file.lower_bounds or {}).get(number, b""), file.file_path))


def _packs(files: Sequence[DataFile], policy: CompactionPolicy) -> Iterator[tuple[DataFile, ...]]:
    """Yield the small ones of a partition's files in packs of at most the target size, and of at least two."""
    target = policy.target_mb * MEGABYTE
    small = [file for file in files if file.file_size_in_bytes * 2 < target]
    if len(small) < policy.min_files:
        return
    packs: list[list[DataFile]] = [[]]
    size = 0
    for file in small:
        if size + file.file_size_in_bytes > target:
            packs.append([])
            size = 0
        packs[-1].append(file)
        size += file.file_size_in_bytes
    yield from (tuple(pack) for pack in packs if len(pack) > 1)
