"""All files that metadata files refer to, directly and indirectly; each is read once, however many share it.

What is missing here will be taken for an orphan, so nothing is passed over: a file that cannot be read, or
that holds less than is said of it elsewhere, is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pyiceberg.manifest import ManifestFile
from pyiceberg.table.snapshots import Snapshot

from agentic_lakehouse.lake.manifests import data_files, manifests
from agentic_lakehouse.lake.warehouse import Warehouse

READERS = 8
"""Files that are read at once: an object store answers late, but many at a time."""


def reach(warehouse: Warehouse, metadata: Iterable[str]) -> set[str]:
    """Return the locations of metadata files and of all files that they refer to, in all snapshots that they list.

    Raises:
        CatalogUnavailable: one of them, a manifest list or a manifest is gone, damaged or incomplete.
    """
    found = set(metadata)
    snapshots: dict[str, Snapshot] = {}
    named: dict[str, ManifestFile] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for listed, statistics in pool.map(partial(_of_table, warehouse), sorted(found)):
            snapshots |= {snapshot.manifest_list: snapshot for snapshot in listed}
            found.update(statistics)
        for several in pool.map(partial(manifests, io=warehouse.io), snapshots.values()):
            named |= {manifest.manifest_path: manifest for manifest in several}
        for files in pool.map(partial(data_files, io=warehouse.io), named.values()):
            found.update(file.file_path for file in files)
    return found.union(snapshots, named)


def _of_table(warehouse: Warehouse, location: str) -> tuple[Sequence[Snapshot], list[str]]:
    """Return the snapshots that a metadata file lists, and the statistics files that it names."""
    table = warehouse.table_at(location).metadata
    return table.snapshots, [s.statistics_path for s in (*table.statistics, *table.partition_statistics)]
