"""`lakehouse checks`, `errors` and `review`: what was asserted, refused and decided."""

from __future__ import annotations

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agentic_lakehouse.cli.edit import edit
from agentic_lakehouse.cli.output import console, print_json, print_table, say

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.governed import Proposal

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfFeed = Annotated[str | None, typer.Argument(metavar="[V/F]", help="One feed; all where left out.")]
Id = Annotated[str, typer.Argument(help="Proposal, as `lakehouse review list` names it.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; your login name by default.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


MAX_COLUMNS = 6
"""Columns of a removed row that fit a terminal."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(checks)
    app.command()(errors)
    review = typer.Typer(help="See what waits for a person, and decide.", no_args_is_help=True)
    review.command(name="list")(review_list)
    review.command()(show)
    review.command()(approve)
    review.command()(reject)
    review.command()(edit)
    app.add_typer(review, name="review")


def checks(feed: OfFeed = None, json: Json = False) -> None:
    """Report the newest audit of each feed: what was asserted, and what did not hold.

    Example: lakehouse checks kontor/preisliste
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.overview import newest_audits

    found = newest_audits(Lakehouse(), feed)
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


def review_list(json: Json = False) -> None:
    """List proposals that wait for a person.

    Example: lakehouse review list
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    waiting = Lakehouse().lake.governance.proposals(status="proposed")
    if json:
        keys = ("id", "feed", "kind", "status", "sha256", "reason", "created_at")
        print_json([{k: v for k, v in p.model_dump(mode="json").items() if k in keys} for p in waiting])
        return
    print_table(("id", "feed", "kind", "reason"), [(p.id, p.feed, p.kind, p.reason) for p in waiting])
    if not waiting:
        console().print("Nothing waits.")


def show(proposal: Id, json: Json = False) -> None:
    """Show one proposal.

    Example: lakehouse review show mapping-1f2e3d4c5b6a
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.proposals import mapping_of
    from agentic_lakehouse.pipeline.removal_review import removal_of

    found = Lakehouse().lake.governance.proposal(proposal)
    if json or found.kind == "spec":
        print_json(found.model_dump(mode="json"))
        return
    console().print(f"{found.id} {found.feed} {found.status}: {found.reason}", markup=False)
    if found.kind == "removal":
        rows = removal_of(found).sample
        names = list(dict.fromkeys(name for row in rows for name in row))[:MAX_COLUMNS]
        print_table(names, [[row.get(name, "") for name in names] for row in rows])
        return
    print_table(
        ("target", "sources", "expression", "conf.", "why"),
        [(c.target, ", ".join(c.sources), c.expression, c.confidence, c.rationale) for c in mapping_of(found).columns],
    )


def approve(proposal: Id, by: By = None, note: Note = "", json: Json = False) -> None:
    """Approve a proposal; the next run of its feed uses it.

    Example: lakehouse review approve mapping-1f2e3d4c5b6a --note "checked against the catalogue"
    """
    _decide(proposal, "approved", by=by, note=note, json=json)


def reject(proposal: Id, by: By = None, note: Note = "", json: Json = False) -> None:
    """Reject a proposal; its feed waits until another one is filed.

    Example: lakehouse review reject mapping-1f2e3d4c5b6a --note "price is net"
    """
    _decide(proposal, "rejected", by=by, note=note, json=json)


def _decide(
    proposal_id: str, decision: Literal["approved", "rejected"], *, by: str | None, note: str, json: bool
) -> None:
    from agentic_lakehouse.contracts.governed import Review
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    governance = Lakehouse().lake.governance
    found: Proposal = governance.proposal(proposal_id)
    governance.decide(
        Review(
            proposal_id=found.id,
            sha256=found.sha256,
            decision=decision,
            by=by or getuser(),
            note=note,
            created_at=datetime.now(UTC),
        )
    )
    if json:
        print_json(governance.proposal(found.id).model_dump(mode="json"))
    else:
        say(f"{found.id} of {found.feed} is {decision}. Run it with `lakehouse run --feed {found.feed}`.")
