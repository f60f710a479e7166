"""The table of what people were told: an outbox, and by its newest row of a feed the memory of what was said last."""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake.columns import METADATA, long, seq, text
from agentic_lakehouse.lake.records import Json, UtcDateTime

NOTICES = sa.Table(
    "lake_notices",
    METADATA,
    seq(),
    text("id", unique=True),
    text("feed"),
    text("topic"),
    text("channel"),
    text("state"),
    text("text"),
    sa.Column("facts", Json, nullable=False),
    text("status"),
    long("attempts"),
    text("error"),
    sa.Column("next_try_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("lake_notices_of_feed", "feed", "topic", "channel", "seq"),
    sa.Index("lake_notices_by_status", "status"),
)
