"""`lakehouse drift`: how the shape of feeds changed, and what uses it."""

from __future__ import annotations

from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfFeed = Annotated[str | None, typer.Argument(metavar="[V/F]", help="One feed; all where left out.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(drift)


def drift(feed: OfFeed = None, json: Json = False) -> None:
    """List how deliveries differ from those before, the latest first: what stops a feed, and what only informs.

    Example: lakehouse drift kontor/preisliste
    """
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    found = Lakehouse().lake.drifts.of(Feed.parse(feed) if feed else None)
    if json:
        print_json([{**d.model_dump(mode="json"), "told": d.told} for d in found])
        return
    if not found:
        console().print("Nothing changed.")
        return
    rows = [(d.feed, d.severity, d.told, d.count, f"{d.last_at:%Y-%m-%d}") for d in found]
    print_table(("feed", "severity", "change", "times", "last"), rows, right=("times",))
