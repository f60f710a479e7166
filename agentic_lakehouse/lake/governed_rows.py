"""The governance tables in the catalog database.

Each has the columns of its record in `contracts`, by name, and a number that tells the order of entry.
"""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake.columns import METADATA, long, seq, text
from agentic_lakehouse.lake.records import Json, UtcDateTime

PROPOSALS = sa.Table(
    "lake_proposals",
    METADATA,
    seq(),
    text("id", unique=True),
    text("feed"),
    text("kind"),
    text("status"),
    text("sha256"),
    sa.Column("content", Json, nullable=False),
    text("shape_sha256"),
    text("standard_sha256"),
    text("facts_sha256"),
    text("parent"),
    sa.Column("learned_from", Json, nullable=False),
    text("reason"),
    text("model"),
    sa.Column("call_id", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_proposals_of_feed", "feed", "kind", "status"),
)

REVIEWS = sa.Table(
    "lake_reviews",
    METADATA,
    seq(),
    sa.Column("proposal_id", sa.Text, sa.ForeignKey(PROPOSALS.c.id), nullable=False, index=True),
    text("sha256"),
    text("decision"),
    text("by"),
    text("note"),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

REVIEW_KEY = sa.Table(
    "lake_review_key",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    text("salt"),
    text("hash"),
    sa.Column("set_at", UtcDateTime, nullable=False),
)
"""At most one row: what the review token is compared with. The token itself is nowhere."""

CALLS = sa.Table(
    "lake_model_calls",
    METADATA,
    seq(),
    text("id", unique=True),
    text("feed"),
    text("run_id"),
    text("prompt"),
    text("prompt_sha256"),
    text("request_sha256", index=True),
    text("rendered_prompt"),
    text("model"),
    text("model_version"),
    long("attempt"),
    text("status"),
    sa.Column("errors", Json, nullable=False),
    text("raw_output"),
    sa.Column("cached", sa.Boolean, nullable=False),
    long("input_tokens"),
    long("output_tokens"),
    sa.Column("cost_usd", sa.Double),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_model_calls_of_question", "feed", "run_id", "prompt"),
)

AUDITS = sa.Table(
    "lake_audits",
    METADATA,
    seq(),
    text("feed"),
    text("run_id"),
    text("stage"),
    sa.Column("pointers", Json, nullable=False),
    sa.Column("results", Json, nullable=False),
    text("mapping_sha256"),
    text("fold_sha256"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_audits_of_feed", "feed", "stage"),
)

RUNS = sa.Table(
    "lake_runs",
    METADATA,
    seq(),
    text("run_id"),
    text("feed"),
    text("status"),
    text("reason"),
    sa.Column("errors", Json, nullable=False),
    long("files"),
    long("rows_in"),
    long("bronze_rows"),
    long("error_rows"),
    long("core_rows"),
    long("mapping_error_rows"),
    long("model_calls"),
    long("input_tokens"),
    long("output_tokens"),
    sa.Column("cost_usd", sa.Double),
    sa.Column("seconds", sa.Double, nullable=False),
    text("branch"),
    text("commit"),
    sa.Column("started_at", UtcDateTime, nullable=False),
    long("attempt"),
    text("work_sha256"),
    sa.UniqueConstraint("run_id", "feed"),
    sa.Index("lake_runs_of_feed", "feed", "seq"),
)

INBOX = sa.Table(
    "lake_inbox",
    METADATA,
    seq(),
    text("id", unique=True),
    text("feed"),
    text("kind"),
    text("target"),
    text("source"),
    text("word"),
    long("rows"),
    text("first_delivery"),
    text("last_delivery"),
    sa.Column("suggestion", sa.Text),
    sa.Column("confidence", sa.Double),
    text("suggested_by"),
    text("reason"),
    sa.Column("call_id", sa.Text),
    text("status"),
    sa.Column("answer", sa.Text),
    text("by"),
    text("note"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("lake_inbox_of_feed", "feed", "status"),
)

DEAD_LETTERS = sa.Table("lake_dead_letters", sa.MetaData(), *[sa.Column(c.name, c.type) for c in CALLS.columns])
"""A view: the last attempt at each question that was never answered well. Every attempt stays in the journal."""

CREATE_DEAD_LETTERS = """
CREATE VIEW lake_dead_letters AS
SELECT * FROM lake_model_calls AS c
WHERE c.status <> 'ok' AND NOT EXISTS (
    SELECT 1 FROM lake_model_calls AS later
    WHERE later.feed = c.feed AND later.run_id = c.run_id AND later.prompt = c.prompt
      AND later.seq > c.seq AND later.attempt = c.attempt + 1
)
"""
