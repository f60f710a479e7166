"""How every feed stands, and what was found of it: for `status`, `checks` and `errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit
from agentic_lakehouse.contracts.tables import ingest_errors_table, mapping_errors_table
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.states import FeedState, states
from agentic_lakehouse.sql.types import literal


class FeedStatus(FeedState):
    """One feed as it stands, with what is published of it."""

    core_rows: int


def overview(lakehouse: Lakehouse) -> list[FeedStatus]:
    """Tell how each feed of the landing zone or the ledger stands, by name.

    The database is asked as often, and the core table's manifests are read as often, for many feeds as for one.
    """
    rows = lakehouse.lake.view().partition_rows(lakehouse.standard.name, "vendor_name", "source_table")
    return [_with_rows(state, rows) for state in states(lakehouse)]


def _with_rows(state: FeedState, rows: Mapping[tuple[object, ...], int]) -> FeedStatus:
    feed = Feed.parse(state.feed)
    count = rows.get((feed.vendor, feed.table), 0)
    status = "published" if state.status == "unchanged" and count else state.status
    return FeedStatus(**{**dict(state), "status": status}, core_rows=count)


def newest_audits(lakehouse: Lakehouse, name: str | None) -> list[Audit]:
    """Return the newest audit of each stage, of one feed or of all."""
    feeds = [Feed.parse(name)] if name else lakehouse.zone.feeds()
    return [audit for feed in feeds for audit in lakehouse.lake.governance.latest_audits(feed)]


def kept_errors(lakehouse: Lakehouse, name: str | None, *, limit: int, settled: bool = False) -> dict[str, Any]:
    """Return the kept rows of both error tables, counted by fault, column and status, and the newest `limit` of each.

    Those that are settled (replayed) count only where `settled` asks for them. Rows of a feed that has an
    open branch are read there: they are not on main before it is published.
    """
    feeds = [Feed.parse(name)] if name else lakehouse.zone.feeds()
    tables = {
        "ingest_errors": ingest_errors_table(lakehouse.standard).name,
        "mapping_errors": mapping_errors_table(lakehouse.standard).name,
    }
    found: dict[str, Any] = {kind: {"count": 0, "groups": [], "rows": []} for kind in tables}
    for feed in feeds:
        ref = feed.branch if lakehouse.has_work(feed) else "main"
        where = f"vendor_name = {literal(feed.vendor)} AND source_table = {literal(feed.table)}"
        where += "" if settled else " AND status = 'open'"
        for kind, table in tables.items():
            fault = "code" if kind == "ingest_errors" else "rule"
            groups = lakehouse.query(
                f'SELECT {literal(str(feed))} AS feed, {fault} AS fault, "column", status, count(*) AS count '
                f"FROM {table} WHERE {where} GROUP BY ALL ORDER BY status, count DESC, fault",
                branch=ref,
            ).to_pylist()
            total = sum(group["count"] for group in groups)
            found[kind]["count"] += total
            found[kind]["groups"] += groups
            wanted = limit - len(found[kind]["rows"])
            if total and wanted > 0:
                newest = "ORDER BY _delivery_id DESC, _row_number"
                rows = lakehouse.query(f"SELECT * FROM {table} WHERE {where} {newest}", branch=ref, limit=wanted)
                found[kind]["rows"] += rows.to_pylist()
    return found
