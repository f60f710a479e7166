"""What a commit, or a branch, did to each table, told by metadata alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.lake.warehouse import Warehouse


class TableChange(Record):
    """What one commit, or one branch, did to one table."""

    table: str
    change: Literal["created", "updated", "dropped"]
    rows_before: int
    rows_after: int
    files: int
    """Data files that the table has after it."""


def changes_of(warehouse: Warehouse, new: Mapping[str, str | None], old: Mapping[str, str]) -> tuple[TableChange, ...]:
    """Say what pointers `new` do to tables that stood at `old`; reads metadata alone."""
    found = []
    for table, location in sorted(new.items()):
        before = old.get(table)
        after = _totals(warehouse, location)
        found.append(
            TableChange(
                table=table,
                change="dropped" if location is None else "updated" if before else "created",
                rows_before=_totals(warehouse, before)["total-records"],
                rows_after=after["total-records"],
                files=after["total-data-files"],
            )
        )
    return tuple(found)


def _totals(warehouse: Warehouse, location: str | None) -> dict[str, int]:
    """Read a table's totals from its head snapshot's summary; a table that is not there has none."""
    snapshot = warehouse.table_at(location).current_snapshot() if location else None
    summary: Mapping[str, Any] = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
    return {name: int(summary.get(name, 0)) for name in ("total-records", "total-data-files")}
