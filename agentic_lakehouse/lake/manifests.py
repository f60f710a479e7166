"""A table's manifests and the data files that they name: all of them, or an error that says which one lacks some.

A manifest that was cut short just between two of its entries looks whole. What is said of it one level up,
in the manifest list and in the snapshot, tells that it is not.
"""

from __future__ import annotations

from functools import partial

from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.utils.concurrent import ExecutorFactory

from agentic_lakehouse.lake.storage import damaged, told


def live_data_files(table: Table) -> list[DataFile]:
    """Return the data files of a table's head; several manifests are read at once.

    Raises:
        CatalogUnavailable: names the manifest list or manifest that is gone, damaged or incomplete.
    """
    head = table.current_snapshot()
    if head is None:
        return []
    readers = ExecutorFactory.get_or_create()
    found = readers.map(partial(data_files, io=table.io), manifests(head, io=table.io))
    return [file for files in found for file in files]


def manifests(snapshot: Snapshot, *, io: FileIO) -> list[ManifestFile]:
    """Return the manifests of a snapshot.

    Raises:
        CatalogUnavailable: their list is gone, damaged or incomplete.
    """
    with told(snapshot.manifest_list):
        found = snapshot.manifests(io)
    said = snapshot.summary.additional_properties if snapshot.summary else {}
    promised, led = int(said.get("total-data-files", 0)), sum(_live(manifest) for manifest in found)
    if led != promised:
        raise damaged(snapshot.manifest_list, f"leads to {led} data files instead of {promised}")
    return found


def data_files(manifest: ManifestFile, *, io: FileIO) -> list[DataFile]:
    """Return the data files that a manifest names, without those that it says are removed.

    Raises:
        CatalogUnavailable: the manifest is gone, damaged or incomplete.
    """
    with told(manifest.manifest_path):
        found = [entry.data_file for entry in manifest.fetch_manifest_entry(io)]
    if len(found) != _live(manifest):
        raise damaged(manifest.manifest_path, f"names {len(found)} data files instead of {_live(manifest)}")
    return found


def _live(manifest: ManifestFile) -> int:
    return (manifest.added_files_count or 0) + (manifest.existing_files_count or 0)
