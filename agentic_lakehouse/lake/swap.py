"""The one way in which a table's content changes: some whole files out, some in, in one Iceberg commit.

Commits stay flat however long a table lives: the head's metadata keeps a few snapshots (history is the
old metadata files, which stay and which `lake_commits` points at), manifests of which no file is left are
dropped, and the others are merged past a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import ExpireSnapshots, _OverwriteFiles

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
    with _Change(table) as transaction:
        with _Replacement(table, transaction) if removed else transaction.update_snapshot().fast_append() as producer:
            for file in removed:
                producer.delete_data_file(file)
            for file in added:
                producer.append_data_file(file)
        _merge_manifests(transaction, table)
        _forget_snapshots(transaction)


class _Change(Transaction):
    """pyiceberg's transaction, which asks itself two dozen times a commit what it leads to, and copies all of it."""

    _known: tuple[int, TableMetadata] | None = None
    """After how many updates, and to what they lead."""

    @property
    def table_metadata(self) -> TableMetadata:
        """What the table becomes by the updates so far."""
        if self._known is None or self._known[0] != len(self._updates):
            self._known = (len(self._updates), super().table_metadata)
        return self._known[1]


class _Replacement(_OverwriteFiles):
    """pyiceberg's overwrite, without two faults that it has in 0.12."""

    def __init__(self, table: Table, transaction: Transaction) -> None:
        super().__init__(Operation.OVERWRITE, transaction, table.io)

    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        # An evaluator keeps the manifest that it is looking at, and one is used by several threads at once: now and
        # then it looks at another's, and a file that is to be removed is not found.
        build = super()._build_manifest_evaluator

        def evaluate(manifest: ManifestFile) -> bool:
            return build(spec_id)(manifest)

        return evaluate

    def _existing_manifests(self) -> list[ManifestFile]:
        # An append drops manifests that name removed files alone; an overwrite carries them on for ever.
        return [m for m in super()._existing_manifests() if m.has_added_files() or m.has_existing_files()]


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
