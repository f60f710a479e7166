"""How every feed stands: for `status`, `checks` and `errors`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, FeedRun
from agentic_lakehouse.contracts.tables import ingest_errors_table, mapping_errors_table
from agentic_lakehouse.errors import RulesInvalid
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.sql.types import literal


class FeedStatus(Record):
    """One feed as it stands."""

    feed: str
    status: str
    """As its last run ended; `new` where it never ran."""
    core_rows: int
    pending: int
    """Deliveries that wait to be published."""
    work: str
    """What the next run would do; empty where nothing."""
    last_run: datetime | None
    reason: str


def overview(lakehouse: Lakehouse) -> list[FeedStatus]:
    """Tell how each feed of the landing zone stands, by name."""
    return [_status(lakehouse, feed) for feed in lakehouse.zone.feeds()]


def _status(lakehouse: Lakehouse, feed: Feed) -> FeedStatus:
    last = lakehouse.lake.governance.last_run(feed)
    try:
        work, problem = lakehouse.work(feed), ""
    except RulesInvalid as error:
        work, problem = None, error.message
    rows = lakehouse.slice_rows(feed)
    return FeedStatus(
        feed=str(feed),
        status=_stands(last, published=bool(rows)),
        core_rows=rows,
        pending=len(lakehouse.lake.ledger.pending(feed)),
        work=work.reason if work else "",
        last_run=last.started_at if last else None,
        reason=problem or ("; ".join(last.errors) or last.reason if last else ""),
    )


def _stands(last: FeedRun | None, *, published: bool) -> str:
    if last is None:
        return "new"
    return "published" if last.status == "unchanged" and published else last.status


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
