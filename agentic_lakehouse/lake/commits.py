"""Main's history: who published what, why, and where every table stood then.

A commit keeps the pointers that it changed; every hundredth keeps all of them, so that the lake at any
commit is one checkpoint and at most a hundred deltas away, however many tables and commits there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from agentic_lakehouse.contracts.base import Record, sha256_of
from agentic_lakehouse.contracts.governed import DeliveryStatus
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import catalog
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.changes import TableChange
from agentic_lakehouse.lake.records import records, values_of
from agentic_lakehouse.lake.rows import COMMITS, FEED_COMMITS

CHECKPOINT_EVERY = 100

CommitKind = Literal["create", "publish", "rollback", "compact", "migrate"]
"""What a commit did: made shared tables, published a feed, went back, put small files together, changed a schema."""


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
    kind: CommitKind
    at: datetime
    feed: str
    """Feed that it publishes; empty where it is the lake's own."""
    run_id: str
    author: str
    message: str
    changes: tuple[TableChange, ...]
    audit: AuditSummary | None
    forgotten: bool
    """Its tables are no longer kept: it can neither be read nor gone back to."""


class DeliveryMark(Record):
    """How a commit left one delivery."""

    status: DeliveryStatus
    spec_sha256: str = ""
    rows_in: int | None = None


class FeedMark(Record):
    """What a commit means for one feed."""

    feed: str
    fold_sha256: str = ""
    """Under which rules its slice stands since; empty where it has none."""
    left_sha256: str = ""
    """Rules that a rollback turned away from: they rebuild the slice no more until something else is new."""
    deliveries: dict[str, DeliveryMark] = Field(default_factory=dict)
    """Deliveries that it changed, and to what."""


def head(connection: sa.Connection) -> int:
    """Return the number of the last commit, 0 before the first."""
    return connection.scalar(sa.select(sa.func.max(COMMITS.c.seq))) or 0


def record(
    connection: sa.Connection,
    deltas: Mapping[str, str | None],
    *,
    kind: CommitKind,
    author: str,
    message: str,
    changes: tuple[TableChange, ...],
    feed: str = "",
    run_id: str = "",
    audit: AuditSummary | None = None,
    marks: Sequence[FeedMark] = (),
) -> str:
    """Append a commit to main's history, in the transaction that changed main's pointers to `deltas`.

    Args:
        connection: in that transaction.
        deltas: where each changed table stands now; `None` where it is gone.
        kind: what was done.
        author: who did it.
        message: why.
        changes: what it did to each table.
        feed: feed that it is about; empty where it is about several or none.
        run_id: run that did it.
        audit: what it was checked for.
        marks: what it means for each feed that it touched.

    Returns:
        The commit's id: a hash over its content and its parent's id.
    """
    seq = head(connection) + 1
    at = datetime.now(UTC)
    parent = connection.scalar(sa.select(COMMITS.c.id).where(COMMITS.c.seq == seq - 1))
    commit_id = sha256_of([parent, at.isoformat(), kind, feed, run_id, author, message, dict(deltas)])
    connection.execute(
        COMMITS.insert().values(
            seq=seq,
            id=commit_id,
            parent=parent,
            kind=kind,
            at=at,
            feed=feed,
            run_id=run_id,
            author=author,
            message=message,
            changes=changes,
            audit=audit,
            deltas=dict(deltas),
            checkpoint=catalog.pointers(connection, MAIN) if seq % CHECKPOINT_EVERY == 0 else None,
            forgotten=False,
        )
    )
    for mark in marks:
        connection.execute(FEED_COMMITS.insert().values(seq=seq, **values_of(mark)))
    return commit_id


def pointers_at(connection: sa.Connection, seq: int) -> Pointers:
    """Return where each table stood after commit number `seq`; nothing before the first."""
    c = COMMITS.c
    checkpoint = sa.select(sa.func.max(c.seq)).where(c.seq <= seq, c.checkpoint.is_not(None)).scalar_subquery()
    start = sa.func.coalesce(checkpoint, 0)
    query = sa.select(c.deltas, c.checkpoint).where(c.seq >= start, c.seq <= seq).order_by(c.seq)
    found: dict[str, str | None] = {}
    for deltas, whole in connection.execute(query):
        found = whole or {**found, **deltas}
    return {table: location for table, location in found.items() if location is not None}


def resolve(connection: sa.Connection, prefix: str) -> int:
    """Return the number of the commit whose id begins with `prefix`.

    Raises:
        UsageInvalid: none does, or several.
    """
    c = COMMITS.c
    query = sa.select(c.seq, c.id, c.at, c.forgotten).where(c.id.startswith(prefix, autoescape=True)).limit(2)
    found = connection.execute(query).all()
    if not prefix or len(found) != 1:
        problem = "several commits begin so" if found else "there is no such commit"
        raise UsageInvalid(f"At {prefix!r}: {problem}.", hint="Commits are listed by `lakehouse log`.", commit=prefix)
    if found[0].forgotten:
        raise UsageInvalid(
            f"Commit {found[0].id[:12]} of {found[0].at:%Y-%m-%d} is in the log, but its tables are no longer kept.",
            hint="The policy's `retention` says how far back `query --at` and `rollback` reach.",
            commit=found[0].id,
        )
    return int(found[0].seq)


def last_mark(connection: sa.Connection, feed: str) -> FeedMark | None:
    """Return what the last commit that touched a feed means for it; `None` before its first."""
    f = FEED_COMMITS.c
    query = sa.select(FEED_COMMITS).where(f.feed == feed).order_by(f.seq.desc()).limit(1)
    return next(iter(records(connection, FeedMark, query)), None)


def mark_at(connection: sa.Connection, feed: str, seq: int) -> FeedMark:
    """Return how a feed stood after commit number `seq`: its rules, and every delivery that was changed by then."""
    f = FEED_COMMITS.c
    query = sa.select(FEED_COMMITS).where(f.feed == feed, f.seq <= seq).order_by(f.seq)
    stood = FeedMark(feed=feed)
    for mark in records(connection, FeedMark, query):
        stood = mark.model_copy(update={"deliveries": {**stood.deliveries, **mark.deliveries}})
    return stood


def feeds_since(connection: sa.Connection, seq: int) -> list[str]:
    """Return the feeds that commits after number `seq` touched, sorted."""
    f = FEED_COMMITS.c
    return sorted(set(connection.scalars(sa.select(f.feed).where(f.seq > seq))))


def forget_before(connection: sa.Connection, seq: int) -> int:
    """Let go of the tables of all commits before number `seq`, which becomes the oldest that can be read.

    Returns:
        How many commits were forgotten.
    """
    c = COMMITS.c
    connection.execute(
        COMMITS.update().where(c.seq == seq, c.checkpoint.is_(None)).values(checkpoint=pointers_at(connection, seq))
    )
    older = COMMITS.update().where(c.seq < seq, c.forgotten.is_(False))
    return connection.execute(older.values(forgotten=True, deltas={}, checkpoint=None)).rowcount


def id_of(connection: sa.Connection, seq: int) -> str:
    """Return the id of commit number `seq`."""
    return str(connection.execute(sa.select(COMMITS.c.id).where(COMMITS.c.seq == seq)).scalar_one())


def log(connection: sa.Connection, *, limit: int | None = None, feed: str | None = None) -> list[CommitInfo]:
    """Return commits, newest first; those that touched a feed alone where one is given."""
    c = COMMITS.c
    query = sa.select(COMMITS).order_by(c.seq.desc()).limit(limit)
    if feed is not None:
        query = query.where(c.seq.in_(sa.select(FEED_COMMITS.c.seq).where(FEED_COMMITS.c.feed == feed)))
    return records(connection, CommitInfo, query)
