"""The one way in which a table's content changes: some whole files out, some in, in one Iceberg commit.

Commits stay flat however long a table lives: the head's metadata keeps a few snapshots (history is the
old metadata files, which stay and which `lake_commits` points at), and manifests are merged past a bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.update.snapshot import ExpireSnapshots

from agentic_lakehouse.lake.files import live_files

SNAPSHOTS_KEPT = 3
"""In the head's metadata: enough to see what the last commits did."""

MANIFESTS_BOUND = 40
"""Reading a table opens each manifest; past this many they become one."""


def swap(table: Table, *, removed: Sequence[DataFile], added: Sequence[DataFile]) -> None:
    """Take `removed` out of the table and put `added` in, in one commit; nothing at all where both are empty.

    Raises:
        pyiceberg.exceptions.CommitFailedException: somebody else changed the table.
        pyiceberg.exceptions.ValidationException: a removed file is not in the table.
    """
    if not removed and not added:
        return
    with table.transaction() as transaction:
        update = transaction.update_snapshot()
        with update.overwrite() if removed else update.fast_append() as producer:
            for file in removed:
                producer.delete_data_file(file)
            for file in added:
                producer.append_data_file(file)
        _merge_manifests(transaction, table)
        _forget_snapshots(transaction)


def _merge_manifests(transaction: Transaction, table: Table) -> None:
    head = transaction.table_metadata.current_snapshot()
    if head is not None and len(head.manifests(table.io)) > MANIFESTS_BOUND:
        live_files(table, {})  # refuses a manifest that was cut short: merged, its files would be lost for good
        with transaction.update_snapshot().merge_append():
            pass  # an append of nothing: its side effect is the merge


def _forget_snapshots(transaction: Transaction) -> None:
    snapshots = sorted(transaction.table_metadata.snapshots, key=lambda s: s.sequence_number or 0)
    if old := [s.snapshot_id for s in snapshots[:-SNAPSHOTS_KEPT]]:
        ExpireSnapshots(transaction).by_ids(old).commit()
