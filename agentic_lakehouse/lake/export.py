"""Governance tables as Arrow, so that `lakehouse query` can join them with the lake as `governance.*`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from agentic_lakehouse.contracts.base import canonical_json
from agentic_lakehouse.lake.drift_rows import DRIFTS
from agentic_lakehouse.lake.governed_rows import AUDITS, CALLS, DEAD_LETTERS, INBOX, PROPOSALS, REVIEWS, RUNS
from agentic_lakehouse.lake.notice_rows import NOTICES
from agentic_lakehouse.lake.policy_rows import POLICIES
from agentic_lakehouse.lake.precedent_rows import PRECEDENTS
from agentic_lakehouse.lake.records import Json, UtcDateTime
from agentic_lakehouse.lake.rows import COMMITS, DELIVERIES

_HIDDEN = frozenset({"seq", "deltas", "checkpoint"})
"""Columns that are the lake's own business."""

_QUERIES: Mapping[str, sa.Select[Any]] = {
    "deliveries": sa.select(DELIVERIES).order_by(DELIVERIES.c.feed, DELIVERIES.c.delivery_id),
    "feed_specs": sa.select(PROPOSALS).where(PROPOSALS.c.kind == "spec").order_by(PROPOSALS.c.seq),
    "mappings": sa.select(PROPOSALS).where(PROPOSALS.c.kind == "mapping").order_by(PROPOSALS.c.seq),
    "reviews": sa.select(REVIEWS).order_by(REVIEWS.c.seq),
    "model_calls": sa.select(CALLS).order_by(CALLS.c.seq),
    "dead_letters": sa.select(DEAD_LETTERS).order_by(DEAD_LETTERS.c.seq),
    "commits": sa.select(COMMITS).order_by(COMMITS.c.seq),
    "runs": sa.select(RUNS).order_by(RUNS.c.seq),
    "audits": sa.select(AUDITS).order_by(AUDITS.c.seq),
    "policies": sa.select(POLICIES).order_by(POLICIES.c.seq),
    "precedents": sa.select(PRECEDENTS).order_by(PRECEDENTS.c.seq),
    "inbox": sa.select(INBOX).order_by(INBOX.c.seq),
    "notices": sa.select(NOTICES).order_by(NOTICES.c.seq),
    "drifts": sa.select(DRIFTS).order_by(DRIFTS.c.seq),
}


NAMES = tuple(f"governance.{name}" for name in _QUERIES)
"""Every governance table."""


def tables(connection: sa.Connection, names: Collection[str] = NAMES) -> dict[str, pa.Table]:
    """Read governance tables, those of `names` alone: name to rows, with the same types when it is empty."""
    wanted = {f"governance.{name}": query for name, query in _QUERIES.items()}
    return {name: _read(connection, query) for name, query in wanted.items() if name in names}


def _read(connection: sa.Connection, query: sa.Select[Any]) -> pa.Table:
    columns = [c for c in query.selected_columns if c.name not in _HIDDEN]
    rows = connection.execute(query.with_only_columns(*columns)).all()
    arrays = [
        pa.array([_plain(row[place]) for row in rows], type=_arrow_type(column.type))
        for place, column in enumerate(columns)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _plain(value: Any) -> Any:
    """JSON goes out as text."""
    return canonical_json(value) if isinstance(value, (dict, list)) else value


def _arrow_type(kind: sa.types.TypeEngine[Any]) -> pa.DataType:
    by_column: Mapping[type[Any], pa.DataType] = {
        Json: pa.string(),
        UtcDateTime: pa.timestamp("us", tz="UTC"),
        sa.Text: pa.string(),
        sa.BigInteger: pa.int64(),
        sa.Boolean: pa.bool_(),
        sa.Double: pa.float64(),
        sa.Date: pa.date32(),
    }
    return by_column[type(kind)]
