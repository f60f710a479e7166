"""`lakehouse notify`: tell people what changed of a feed's state, for cron."""

from __future__ import annotations

from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(notify)


def notify(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be told; send and write nothing.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what was given up.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what changed of each feed and was not told yet: late, failed, waiting for review, published again.

    Example: lakehouse notify --dry-run
    """
    from datetime import UTC, datetime

    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.notify import Notifier
    from agentic_lakehouse.pipeline.states import states

    house = Lakehouse()
    notifier = Notifier(house)
    notifier.require_channel()
    if again and not dry_run:
        say(f"{house.bare_lake.notices.send_again(now=datetime.now(UTC))} notices are tried again.")
    found = states(house)
    told = notifier.untold(found) if dry_run else notifier.tell(found)
    if json:
        print_json({"notices": [notice.model_dump(mode="json") for notice in told]})
    elif told:
        print_table(
            ("channel", "", "what"),
            [(n.channel, "" if dry_run else n.status, f"{n.text}{f' [{n.error}]' if n.error else ''}") for n in told],
        )
    else:
        console().print("Nothing is new.")
    if any(notice.error for notice in told):
        raise typer.Exit(1)
