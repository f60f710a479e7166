"""The tables that the lake adds to the catalog database, in one version.

pyiceberg's two tables stand beside them and are described by pyiceberg itself. A governance table has
the columns of its record in `contracts.governed`, by name, and a number that tells the order of entry.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from pyiceberg.catalog.sql import SqlCatalogBaseTable

from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.columns import METADATA, long, text
from agentic_lakehouse.lake.drift_rows import DRIFTS
from agentic_lakehouse.lake.governed_rows import CREATE_DEAD_LETTERS
from agentic_lakehouse.lake.notice_rows import NOTICES
from agentic_lakehouse.lake.policy_rows import POLICIES
from agentic_lakehouse.lake.precedent_rows import PRECEDENTS
from agentic_lakehouse.lake.records import Json, UtcDateTime

SCHEMA_VERSION = 5
"""Version of the tables below. A database of another version is refused, never guessed at."""

STATE = sa.Table(
    "lake_state",
    METADATA,
    sa.Column("version", sa.Integer, nullable=False),
    text("lake_id"),
    long("last_token"),
)
"""One row: the version of these tables, which lake this is, and the last fencing token that was given out."""

BRANCHES = sa.Table(
    "lake_branches",
    METADATA,
    text("name", primary_key=True),
    text("feed"),
    text("catalog"),
    long("token"),
    sa.Column("run_id", sa.Text),
    sa.Column("holder", Json),
    long("lease_seconds"),
    sa.Column("heartbeat_at", UtcDateTime, nullable=False),
    long("base_seq"),
    long("audits_before"),
    sa.Column("steps", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""Open branches. `catalog` is the name under which pyiceberg knows it; `run_id` is null while no run holds it;
`holder` is the process that does; `steps` are `[step, inputs, changed pointers when it was done]`."""

COMMITS = sa.Table(
    "lake_commits",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    text("id", unique=True),
    sa.Column("parent", sa.Text),
    text("kind"),
    sa.Column("at", UtcDateTime, nullable=False),
    text("feed", index=True),
    text("run_id"),
    text("author"),
    text("message"),
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
    text("feed", primary_key=True),
    sa.Column("seq", sa.BigInteger, sa.ForeignKey(COMMITS.c.seq), primary_key=True, autoincrement=False),
    text("fold_sha256"),
    text("left_sha256"),
    sa.Column("deliveries", Json, nullable=False),
)
"""What a commit means for a feed, one row for each feed that it touched; see `commits.FeedMark`."""

DELIVERIES = sa.Table(
    "lake_deliveries",
    METADATA,
    text("feed", primary_key=True),
    text("delivery_id", primary_key=True),
    text("path"),
    text("sha256"),
    long("byte_size"),
    long("mtime_ns"),
    text("raw_uri"),
    sa.Column("ingestion_date", sa.Date, nullable=False),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    text("status"),
    text("spec_sha256"),
    sa.Column("rows_in", sa.BigInteger),
    sa.Column("commit_id", sa.Text),
    sa.Column("redo", sa.Boolean, nullable=False),
    sa.Column("replay", sa.Boolean, nullable=False),
)
"""The ledger. A delivery id sorts in the order of delivery, and is unique within its feed alone."""

BESIDE = (DRIFTS, POLICIES, PRECEDENTS)
BESIDE = (DRIFTS, NOTICES, PRECEDENTS)
"""Tables of modules of their own, named here so that they are created with the others."""


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
