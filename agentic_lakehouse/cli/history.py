"""`lakehouse query`, `status`, `log`, `branches` and `diff`: the lake's state and history."""

from __future__ import annotations

import csv as csv_module
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.overview import FeedStatus

TURNS = {"vendor": "vendor", "engineer": "you", "reviewer": "reviewer", "lakehouse": "lakehouse", "nobody": ""}

FEW = 3
"""Pending feeds of which each is told by itself; more are told by one line."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (query, status, log, branches, diff):
        app.command()(command)


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over the lake's tables and governance.*.")],
    branch: Annotated[str, typer.Option(help="Branch to read, such as `feed/kontor/preisliste`.")] = "main",
    at: Annotated[str | None, typer.Option(help="Commit to read main at; see `lakehouse log`.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Json = False,
) -> None:
    """Run read-only SQL over the lake.

    Example: lakehouse query "SELECT vendor_name, count(*) FROM product_core.product GROUP BY ALL"
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    table = Lakehouse().query(sql, branch=branch, at=at)
    rows = [list(row.values()) for row in table.to_pylist()]
    if json:
        print_json({"columns": table.column_names, "rows": rows})
    elif csv:
        writer = csv_module.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(rows)
    else:
        print_table(table.column_names, rows)


def status(json: Json = False) -> None:
    """Show each feed: what is late, failing or waiting, since when, and whose turn it is.

    Example: lakehouse status
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.overview import overview

    house = Lakehouse()
    rows, given_up = overview(house), house.lake.notices.given_up()
    if json:
        feeds = [row.model_dump(mode="json") for row in rows]
        print_json({"feeds": feeds, "notices": [notice.model_dump(mode="json") for notice in given_up]})
        return
    print_table(
        ("feed", "state", "since (UTC)", "turn", "core rows", "pending"),
        [(r.feed, r.state, _minute(r.since), TURNS[r.turn], r.core_rows, r.pending) for r in rows],
        right=("core rows", "pending"),
    )
    pending = Counter(r.work for r in rows if r.state == "pending")
    together = pending.total() > FEW
    for r in rows:
        for line in _told(r, pending=not together):
            console().print(f"\n{r.feed}: {line}", markup=False)
    if together:
        counts = ", ".join(f"{work}: {count}" for work, count in pending.most_common())
        console().print(f"\n{pending.total()} feeds are pending ({counts}): `lakehouse run`", markup=False)
    if given_up:
        told = f"\n{len(given_up)} notices were given up: see `lakehouse doctor`."
        console().print(told, markup=False)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _told(row: FeedStatus, *, pending: bool) -> Iterator[str]:
    """Yield what a table has no room for: why, what comes next, and the command of whose turn it is."""
    if row.state == "failed":
        again = f"next try {_minute(row.next_try_at)}" if row.next_try_at else "not tried again by itself"
        tried = f" (attempt {row.attempt} of {row.max_attempts}, {again})" if row.attempt else ""
        yield f"failed{tried}: {row.reason}"
    elif row.state == "waiting":
        yield f"{row.reason}\n`{row.command}`"
    elif row.state == "pending" and pending:
        yield f"{row.work}: `{row.command}`"
    if row.late and row.due_at is None:
        yield f"late: expected {row.expected}, and nothing was ever delivered"
    elif row.late:
        last = _minute(row.last_delivery)
        yield f"late since {_minute(row.due_at)}: expected {row.expected}, the last one came {last}"


def log(
    feed: Annotated[str | None, typer.Option(help="Only commits that touched this feed, `vendor/feed`.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Newest commits to show.")] = 20,
    json: Json = False,
) -> None:
    """List the commits on main, newest first.

    Example: lakehouse log -n 5
    """
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    commits = Lakehouse().lake.log(limit=limit, feed=Feed.parse(feed) if feed else None)
    if json:
        print_json({"commits": [c.model_dump(mode="json") for c in commits]})
        return
    print_table(
        ("commit", "when (UTC)", "tables", "message"),
        [
            (c.id[:12], f"{c.at:%Y-%m-%d %H:%M}", len(c.changes), f"{c.message}{' (not kept)' if c.forgotten else ''}")
            for c in commits
        ],
        right=("tables",),
    )


def branches(
    abandon: Annotated[str | None, typer.Option(help="Drop this branch unpublished, whoever holds it.")] = None,
    json: Json = False,
) -> None:
    """List open branches: whose they are, and how far their run came.

    Example: lakehouse branches --abandon feed/kontor/preisliste
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    lake = Lakehouse().lake
    if abandon:
        lake.abandon(abandon)
    found = lake.branches()
    if json:
        print_json({"branches": [b.model_dump(mode="json") for b in found]})
        return
    print_table(
        ("branch", "run", "steps", "heartbeat (UTC)", "lease"),
        [
            (b.name, (b.run_id or "")[:8], " ".join(b.steps), f"{b.heartbeat_at:%Y-%m-%d %H:%M:%S}", b.lease)
            for b in found
        ],
    )
    if not found:
        console().print("No branch is open.")


def diff(
    branch: Annotated[str, typer.Argument(help="Branch, as `lakehouse branches` names it.")], json: Json = False
) -> None:
    """Show what merging a branch would change.

    Example: lakehouse diff feed/kontor/preisliste
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    changes = Lakehouse().lake.diff(branch)
    if json:
        print_json({"branch": branch, "changes": [c.model_dump(mode="json") for c in changes]})
        return
    print_table(
        ("table", "change", "rows on main", "rows on branch"),
        [(c.table, c.change, c.rows_before, c.rows_after) for c in changes],
        right=("rows on main", "rows on branch"),
    )
