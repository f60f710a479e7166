"""Main's history: who published what, why, and where every table stood then.

A commit keeps the pointers that it changed; every hundredth keeps all of them, so that the lake at any
commit is one checkpoint and at most a hundred deltas away, however many tables and commits there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from agentic_lakehouse.contracts.base import Record, sha256_of
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import catalog
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.records import records
from agentic_lakehouse.lake.rows import COMMITS
from agentic_lakehouse.lake.warehouse import Warehouse

CHECKPOINT_EVERY = 100


class TableChange(Record):
    """What one commit, or one branch, did to one table."""

    table: str
    change: Literal["created", "updated"]
    rows_before: int
    rows_after: int
    files: int
    """Data files that the table has after it."""


class AuditSummary(Record):
    """What a commit was checked for."""

    checks: int
    warnings: int
    """WARN checks that failed."""
    mapping_sha256: str
    fold_sha256: str
    rebased: tuple[str, ...] = ()
    """Tables whose files were put onto a newer main than the one that the audit saw."""


class CommitInfo(Record):
    """One entry of the lake's history."""

    id: str
    parent: str | None
    at: datetime
    feed: str
    """Feed that it publishes; empty where it is the lake's own."""
    run_id: str
    author: str
    message: str
    changes: tuple[TableChange, ...]
    audit: AuditSummary | None


def head(connection: sa.Connection) -> int:
    """Return the number of the last commit, 0 before the first."""
    return connection.scalar(sa.select(sa.func.max(COMMITS.c.seq))) or 0


def record(
    connection: sa.Connection,
    deltas: Pointers,
    *,
    author: str,
    message: str,
    changes: tuple[TableChange, ...],
    feed: str = "",
    run_id: str = "",
    audit: AuditSummary | None = None,
) -> str:
    """Append a commit to main's history, in the transaction that changed main's pointers to `deltas`.

    Returns:
        The commit's id: a hash over its content and its parent's id.
    """
    seq = head(connection) + 1
    at = datetime.now(UTC)
    parent = connection.scalar(sa.select(COMMITS.c.id).where(COMMITS.c.seq == seq - 1))
    commit_id = sha256_of([parent, at.isoformat(), feed, run_id, author, message, deltas])
    connection.execute(
        COMMITS.insert().values(
            seq=seq,
            id=commit_id,
            parent=parent,
            at=at,
            feed=feed,
            run_id=run_id,
            author=author,
            message=message,
            changes=changes,
            audit=audit,
            deltas=deltas,
            checkpoint=catalog.pointers(connection, MAIN) if seq % CHECKPOINT_EVERY == 0 else None,
        )
    )
    return commit_id


def pointers_at(connection: sa.Connection, seq: int) -> Pointers:
    """Return where each table stood after commit number `seq`; nothing before the first."""
    c = COMMITS.c
    checkpoint = sa.select(sa.func.max(c.seq)).where(c.seq <= seq, c.checkpoint.is_not(None)).scalar_subquery()
    start = sa.func.coalesce(checkpoint, 0)
    query = sa.select(c.deltas, c.checkpoint).where(c.seq >= start, c.seq <= seq).order_by(c.seq)
    found: Pointers = {}
    for deltas, whole in connection.execute(query):
        found.update(whole or deltas)
    return found


def resolve(connection: sa.Connection, prefix: str) -> int:
    """Return the number of the commit whose id begins with `prefix`.

    Raises:
        UsageInvalid: none does, or several.
    """
    query = sa.select(COMMITS.c.seq, COMMITS.c.id).where(COMMITS.c.id.startswith(prefix, autoescape=True)).limit(2)
    found = connection.execute(query).all()
    if not prefix or len(found) != 1:
        problem = "several commits begin with" if found else "there is no commit"
        raise UsageInvalid(
            f"At {prefix!r}: {problem} that id.", hint="Commits are listed by `lakehouse log`.", commit=prefix
        )
    return int(found[0].seq)


def log(connection: sa.Connection, *, limit: int | None = None, feed: str | None = None) -> list[CommitInfo]:
    """Return commits, newest first."""
    query = sa.select(COMMITS).order_by(COMMITS.c.seq.desc()).limit(limit)
    return records(connection, CommitInfo, query if feed is None else query.where(COMMITS.c.feed == feed))


def changes_of(warehouse: Warehouse, new: Mapping[str, str], old: Mapping[str, str]) -> tuple[TableChange, ...]:
    """Say what pointers `new` do to tables that stood at `old`; reads metadata alone."""
    found = []
    for table, location in sorted(new.items()):
        before = old.get(table)
        after = _totals(warehouse, location)
        found.append(
            TableChange(
                table=table,
                change="updated" if before else "created",
                rows_before=_totals(warehouse, before)["total-records"] if before else 0,
                rows_after=after["total-records"],
                files=after["total-data-files"],
            )
        )
    return tuple(found)


def _totals(warehouse: Warehouse, location: str) -> dict[str, int]:
    """Read a table's totals from its head snapshot's summary."""
    snapshot = warehouse.table_at(location).current_snapshot()
    summary: Mapping[str, Any] = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
    return {name: int(summary.get(name, 0)) for name in ("total-records", "total-data-files")}
