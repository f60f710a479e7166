"""The tables that the lake adds to the catalog database, in one version.

pyiceberg's two tables stand beside them and are described by pyiceberg itself. A governance table has
the columns of its record in `contracts.governed`, by name, and a number that tells the order of entry.
"""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from pyiceberg.catalog.sql import SqlCatalogBaseTable

from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.records import Json, UtcDateTime

SCHEMA_VERSION = 4
"""Version of the tables below. A database of another version is refused, never guessed at."""

METADATA = sa.MetaData()

_TEXT, _LONG = sa.Text, sa.BigInteger


def _seq() -> sa.Column[int]:
    """Return a column that numbers rows in the order they were entered."""
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False, **options)


def _long(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, _LONG, nullable=False, **options)


STATE = sa.Table(
    "lake_state",
    METADATA,
    sa.Column("version", sa.Integer, nullable=False),
    _text("lake_id"),
    _long("last_token"),
)
"""One row: the version of these tables, which lake this is, and the last fencing token that was given out."""

BRANCHES = sa.Table(
    "lake_branches",
    METADATA,
    _text("name", primary_key=True),
    _text("feed"),
    _text("catalog"),
    _long("token"),
    sa.Column("run_id", _TEXT),
    sa.Column("holder", Json),
    _long("lease_seconds"),
    sa.Column("heartbeat_at", UtcDateTime, nullable=False),
    _long("base_seq"),
    _long("audits_before"),
    sa.Column("steps", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""Open branches. `catalog` is the name under which pyiceberg knows it; `run_id` is null while no run holds it;
`holder` is the process that does; `steps` are `[step, inputs, changed pointers when it was done]`."""

COMMITS = sa.Table(
    "lake_commits",
    METADATA,
    sa.Column("seq", _LONG, primary_key=True, autoincrement=False),
    _text("id", unique=True),
    sa.Column("parent", _TEXT),
    _text("kind"),
    sa.Column("at", UtcDateTime, nullable=False),
    _text("feed", index=True),
    _text("run_id"),
    _text("author"),
    _text("message"),
    sa.Column("changes", Json, nullable=False),
    sa.Column("audit", Json),
    sa.Column("deltas", Json, nullable=False),
    sa.Column("checkpoint", Json),
    sa.Column("forgotten", sa.Boolean, nullable=False),
)
"""Main's history. `deltas` is what each changed table points at since (null where it is gone), `checkpoint` is
what all tables do. Of a `forgotten` commit neither is kept: it stands in the log, and cannot be read."""

FEED_COMMITS = sa.Table(
    "lake_feed_commits",
    METADATA,
    _text("feed", primary_key=True),
    sa.Column("seq", _LONG, sa.ForeignKey(COMMITS.c.seq), primary_key=True, autoincrement=False),
    _text("fold_sha256"),
    _text("left_sha256"),
    sa.Column("deliveries", Json, nullable=False),
)
"""What a commit means for a feed, one row for each feed that it touched; see `commits.FeedMark`."""

DELIVERIES = sa.Table(
    "lake_deliveries",
    METADATA,
    _text("feed", primary_key=True),
    _text("delivery_id", primary_key=True),
    _text("path"),
    _text("sha256"),
    _long("byte_size"),
    _long("mtime_ns"),
    _text("raw_uri"),
    sa.Column("ingestion_date", sa.Date, nullable=False),
    _text("status"),
    _text("spec_sha256"),
    sa.Column("rows_in", _LONG),
    sa.Column("commit_id", _TEXT),
    sa.Column("redo", sa.Boolean, nullable=False),
    sa.Column("replay", sa.Boolean, nullable=False),
)
"""The ledger. A delivery id sorts in the order of delivery, and is unique within its feed alone."""

PROPOSALS = sa.Table(
    "lake_proposals",
    METADATA,
    _seq(),
    _text("id", unique=True),
    _text("feed"),
    _text("kind"),
    _text("status"),
    _text("sha256"),
    sa.Column("content", Json, nullable=False),
    _text("shape_sha256"),
    _text("standard_sha256"),
    _text("reason"),
    _text("model"),
    sa.Column("call_id", _TEXT),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_proposals_of_feed", "feed", "kind", "status"),
)

REVIEWS = sa.Table(
    "lake_reviews",
    METADATA,
    _seq(),
    sa.Column("proposal_id", _TEXT, sa.ForeignKey(PROPOSALS.c.id), nullable=False, index=True),
    _text("sha256"),
    _text("decision"),
    _text("by"),
    _text("note"),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

CALLS = sa.Table(
    "lake_model_calls",
    METADATA,
    _seq(),
    _text("id", unique=True),
    _text("feed"),
    _text("run_id"),
    _text("prompt"),
    _text("prompt_sha256"),
    _text("request_sha256", index=True),
    _text("rendered_prompt"),
    _text("model"),
    _text("model_version"),
    _long("attempt"),
    _text("status"),
    sa.Column("errors", Json, nullable=False),
    _text("raw_output"),
    sa.Column("cached", sa.Boolean, nullable=False),
    _long("input_tokens"),
    _long("output_tokens"),
    sa.Column("cost_usd", sa.Double),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_model_calls_of_question", "feed", "run_id", "prompt"),
)

AUDITS = sa.Table(
    "lake_audits",
    METADATA,
    _seq(),
    _text("feed"),
    _text("run_id"),
    _text("stage"),
    sa.Column("pointers", Json, nullable=False),
    sa.Column("results", Json, nullable=False),
    _text("mapping_sha256"),
    _text("fold_sha256"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("lake_audits_of_feed", "feed", "stage"),
)

RUNS = sa.Table(
    "lake_runs",
    METADATA,
    _seq(),
    _text("run_id"),
    _text("feed"),
    _text("status"),
    _text("reason"),
    sa.Column("errors", Json, nullable=False),
    _long("files"),
    _long("rows_in"),
    _long("bronze_rows"),
    _long("error_rows"),
    _long("core_rows"),
    _long("mapping_error_rows"),
    _long("model_calls"),
    _long("input_tokens"),
    _long("output_tokens"),
    sa.Column("cost_usd", sa.Double),
    sa.Column("seconds", sa.Double, nullable=False),
    _text("branch"),
    _text("commit"),
    sa.Column("started_at", UtcDateTime, nullable=False),
    _long("attempt"),
    _text("work_sha256"),
    sa.UniqueConstraint("run_id", "feed"),
    sa.Index("lake_runs_of_feed", "feed", "seq"),
)

INBOX = sa.Table(
    "lake_inbox",
    METADATA,
    _seq(),
    _text("id", unique=True),
    _text("feed"),
    _text("kind"),
    _text("target"),
    _text("source"),
    _text("word"),
    _long("rows"),
    _text("first_delivery"),
    _text("last_delivery"),
    sa.Column("suggestion", _TEXT),
    sa.Column("confidence", sa.Double),
    _text("suggested_by"),
    _text("reason"),
    sa.Column("call_id", _TEXT),
    _text("status"),
    sa.Column("answer", _TEXT),
    _text("by"),
    _text("note"),
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


def create_tables(connection: sa.Connection) -> None:
    """Create what is absent, in a write transaction: many processes may open a new lake at once."""
    if version(connection) is not None:
        return
    SqlCatalogBaseTable.metadata.create_all(connection)
    METADATA.create_all(connection)
    connection.execute(sa.text(CREATE_DEAD_LETTERS))
    connection.execute(STATE.insert().values(version=SCHEMA_VERSION, lake_id=uuid.uuid4().hex, last_token=0))


def version(connection: sa.Connection) -> int | None:
    """Return the version of the lake's tables in the database, or `None` where it holds none.

    Raises:
        CatalogUnavailable: it holds tables of a version that this code does not know.
    """
    if not sa.inspect(connection).has_table(STATE.name):
        return None
    found: int = connection.execute(sa.select(STATE.c.version)).scalar_one()
    if found != SCHEMA_VERSION:
        newer = found > SCHEMA_VERSION
        raise CatalogUnavailable(
            f"The catalog database has version {found}; this lakehouse reads version {SCHEMA_VERSION}.",
            hint="Upgrade agentic-lakehouse." if newer else "Open it with the release that wrote it.",
            found=found,
            expected=SCHEMA_VERSION,
        )
    return found
