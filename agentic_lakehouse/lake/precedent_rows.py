"""The table of precedents in the catalog database."""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake.columns import METADATA, seq, text
from agentic_lakehouse.lake.records import UtcDateTime

PRECEDENTS = sa.Table(
    "lake_precedents",
    METADATA,
    seq(),
    text("standard"),
    text("kind"),
    text("language"),
    text("key"),
    text("text"),
    text("target"),
    text("value"),
    text("stance"),
    text("feed"),
    text("proposal_id", index=True),
    text("by"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    text("withdrawn_by"),
    sa.Index("lake_precedents_of_standard", "standard", "withdrawn_by"),
)
"""What people's decisions teach: entered with the decision, in its transaction, and never changed but by withdrawal."""
