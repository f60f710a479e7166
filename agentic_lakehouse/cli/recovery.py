"""`lakehouse rollback`, `reingest`, `replay` and `migrate`: going back, doing again, changing shared tables."""

from __future__ import annotations

from getpass import getuser
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; your login name by default.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (rollback, reingest, replay, migrate):
        app.command()(command)


def rollback(
    commit: Annotated[str, typer.Argument(help="Commit to go back to; see `lakehouse log`.")],
    *,
    feed: Annotated[str | None, typer.Option(help="Only this feed, `vendor/feed`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole lake.")] = False,
    by: By = None,
    note: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Let one feed, or the whole lake, stand as it did after a commit; itself a commit.

    Later deliveries are withdrawn: they are published again only by `lakehouse reingest`.

    Example: lakehouse rollback 3f2a9c --feed kontor/preisliste --note "prices were net"
    """
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.errors import UsageInvalid
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    if (feed is None) != everything:
        raise UsageInvalid("Say what goes back.", hint="Give either `--feed vendor/feed` or `--all`.")
    lakehouse = Lakehouse()
    lakehouse.rollback(commit, Feed.parse(feed) if feed else None, by=by or getuser(), note=note)
    [done] = lakehouse.bare_lake.log(limit=1)
    if json:
        print_json({"commit": done.model_dump(mode="json")})
        return
    print_table(
        ("table", "change", "rows before", "rows now"),
        [(c.table, c.change, c.rows_before, c.rows_after) for c in done.changes],
        right=("rows before", "rows now"),
    )
    console().print(f"\nCommit {done.id[:12]}: {done.message}.", markup=False)
    for mark in lakehouse.bare_lake.history.marks(done.id):
        gone, governance = Feed.parse(mark.feed), lakehouse.bare_lake.governance
        used = governance.approved_or_active(gone, "mapping")
        told = f"{gone}: the next delivery is mapped by {used.id}" if used else f"{gone}: no mapping is in force"
        waits = [
            f"; {p.id} waits, see `lakehouse review list`" for p in governance.proposals(gone, "mapping", "proposed")
        ]
        console().print(f"{told}{''.join(waits)}.")


def reingest(
    feed: Annotated[str, typer.Argument(help="Feed, `vendor/feed`.")],
    delivery: Annotated[
        list[str] | None,
        typer.Option(help="Delivery to do again; may be repeated. Default: all withdrawn ones, else the newest."),
    ] = None,
    json: Json = False,
) -> None:
    """Do settled deliveries again from their kept bytes, good rows and bad, and publish the result.

    Example: lakehouse reingest kontor/preisliste --delivery 00000002-5f0c9d1e2a3b
    """
    from agentic_lakehouse.cli.main_job import report
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.orchestration.run import run_feeds
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    lakehouse, wanted = Lakehouse(), Feed.parse(feed)
    asked = lakehouse.reingest(wanted, delivery or ())
    if not json:
        for found in asked:
            console().print(f"Doing {found.delivery_id} again: {found.path}", markup=False)
    report(lakehouse, run_feeds(lakehouse, [wanted], on_done=lambda _: None), json=json)


def replay(feed: Annotated[str, typer.Argument(help="Feed, `vendor/feed`.")], json: Json = False) -> None:
    """Run kept bad rows again after a fix of the spec, the rules or the code, and publish those that fit now.

    Example: lakehouse replay kontor/preisliste
    """
    from agentic_lakehouse.cli.main_job import report
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.orchestration.run import run_feeds
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    lakehouse, wanted = Lakehouse(), Feed.parse(feed)
    asked = lakehouse.replay(wanted)
    if not json:
        for found in asked:
            console().print(f"Running bad rows of {found.delivery_id} again: {found.path}", markup=False)
        if not asked:
            console().print(f"No kept row of {wanted} is told otherwise by now.", markup=False)
    report(lakehouse, run_feeds(lakehouse, [wanted], on_done=lambda _: None), json=json)


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    by: By = None,
    json: Json = False,
) -> None:
    """Give the shared tables (core, error tables) the columns of their contracts that they lack.

    Example: lakehouse migrate --dry-run
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    lakehouse = Lakehouse()
    lines = lakehouse.migrations()
    commit = None if dry_run else lakehouse.migrate(by=by or getuser())
    if json:
        print_json({"tables": [line.model_dump(mode="json") for line in lines], "commit": commit})
        return
    rows = [
        *((x.table, "add", f"{name} {kind}") for x in lines for name, kind in x.added.items()),
        *((x.table, "widen", f"{name} to {kind}") for x in lines for name, kind in x.widened.items()),
        *((x.table, "keep", f"{name}, which the contract has no longer") for x in lines for name in x.beyond),
    ]
    print_table(("table", "", "column"), rows)
    told = f"Commit {commit[:12]}." if commit else "Nothing was changed."
    console().print(told if rows else "Every shared table is as its contract says.", markup=False)
