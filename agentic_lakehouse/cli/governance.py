"""`lakehouse checks` and `errors`: what was asserted, and what was refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfFeed = Annotated[str | None, typer.Argument(metavar="[V/F]", help="One feed; all where left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(checks)
    app.command()(errors)


def checks(
    feed: OfFeed = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write the report that a data owner reads.")
    ] = None,
    json: Json = False,
) -> None:
    """Report the newest audit of each feed: what was asserted, and what did not hold.

    Example: lakehouse checks kontor/preisliste --html checks.html
    """
    from agentic_lakehouse.pipeline.checks_report import checks_report, write_html
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.overview import newest_audits

    house = Lakehouse()
    found = newest_audits(house, feed)
    if html is not None:
        write_html(checks_report(house, feed), html)
        say(f"The report is in {html}.")
    if json:
        print_json({"audits": [a.model_dump(mode="json") for a in found]})
    else:
        for audit in found:
            mark = "passed" if audit.passed else "FAILED"
            console().print(
                f"\n{audit.feed} {audit.stage}, {audit.created_at:%Y-%m-%d %H:%M} UTC: {mark}", markup=False
            )
            print_table(
                ("check", "severity", "", "count", "what"),
                [(r.name, r.severity, "ok" if r.passed else "BROKEN", r.count, r.description) for r in audit.results],
                right=("count",),
            )
    if not all(a.passed for a in found):
        raise typer.Exit(1)


def errors(
    feed: OfFeed = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Rows to show of each kind.")] = 20,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE.csv", help="Write all open ones as a report for the vendor."),
    ] = None,
    settled: Annotated[bool, typer.Option("--all", help="Also those that fit by now.")] = False,
    json: Json = False,
) -> None:
    """List open bad rows: records that do not fit their spec, rows and cells that break a rule.

    Example: lakehouse errors kontor/preisliste --export for-kontor.csv
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.overview import kept_errors
    from agentic_lakehouse.pipeline.vendor_report import write_report

    if export is not None:
        written = write_report(Lakehouse(), feed, export)
        if json:
            print_json({"rows": written, "file": str(export)})
        else:
            console().print(f"{written} bad rows in {export}", markup=False, soft_wrap=True)
        return
    found = kept_errors(Lakehouse(), feed, limit=limit, settled=settled)
    if json:
        print_json(found)
        return
    shown = {
        "ingest_errors": ("file", "line", "column", "code", "status", "message"),
        "mapping_errors": ("source_table", "_row_number", "rule", "cost", "status", "value"),
    }
    for kind, columns in shown.items():
        console().print(f"\n{kind}: {found[kind]['count']}", markup=False)
        groups = found[kind]["groups"]
        print_table(
            ("feed", "fault", "column", "status", "rows"),
            [(group["feed"], group["fault"], group["column"], group["status"], group["count"]) for group in groups],
            right=("rows",),
        )
        console().print()
        print_table(columns, [[row[c] for c in columns] for row in found[kind]["rows"]])
