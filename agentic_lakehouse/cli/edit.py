"""`lakehouse review edit`: a person's own version of a spec or mapping."""

from __future__ import annotations

from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import print_json, say


def edit(
    proposal: Annotated[str, typer.Argument(help="Proposal, as `lakehouse review show` names it.")],
    file: Annotated[Path, typer.Argument(help="Its content as it should be, as YAML or JSON.")],
    by: Annotated[str | None, typer.Option("--by", help="Who decides; your login name by default.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Put your own version in the place of a spec or mapping; it is checked, filed, and approved in your name.

    Begin with what `lakehouse review show ID --json` prints. After a spec, `lakehouse replay` runs kept bad rows
    again, and `lakehouse reingest` good ones as well.

    Example: lakehouse review edit spec-1f2e3d4c5b6a mended.yaml --note "prices on request are none"
    """
    from agentic_lakehouse.pipeline.edit import edit as edited
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    done = edited(Lakehouse(), proposal, file, by=by or getuser(), note=note)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        say(f"{done.id} of {done.feed} is approved; the feed's next run uses it.")
