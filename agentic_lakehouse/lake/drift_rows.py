"""The table of drifts in the catalog database: one row a feed and distinct change."""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake.columns import METADATA, long, seq, text
from agentic_lakehouse.lake.records import Json, UtcDateTime

DRIFTS = sa.Table(
    "lake_drifts",
    METADATA,
    seq(),
    text("id", unique=True),
    text("feed", index=True),
    text("kind"),
    sa.Column("columns", Json, nullable=False),
    text("before"),
    text("after"),
    sa.Column("used_by", Json, nullable=False),
    text("severity"),
    text("evidence"),
    sa.Column("confidence", sa.Double),
    text("since"),
    long("count"),
    text("first_delivery"),
    text("last_delivery"),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
)
