"""The table of policies: rule sets, trust profiles and standards that were in force."""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake.columns import METADATA, long, seq, text
from agentic_lakehouse.lake.records import Json, UtcDateTime

POLICIES = sa.Table(
    "lake_policies",
    METADATA,
    seq(),
    text("kind"),
    text("name"),
    long("version"),
    text("sha256", index=True),
    text("owner"),
    sa.Column("effective_from", sa.Date),
    sa.Column("effective_until", sa.Date),
    text("origin"),
    sa.Column("content", Json, nullable=False),
    text("by"),
    text("note"),
    sa.Column("entered_at", UtcDateTime, nullable=False),
    sa.Column("left_at", UtcDateTime),
    text("left_by"),
    sa.UniqueConstraint("kind", "name", "version"),
)
