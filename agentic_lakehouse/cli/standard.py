"""`lakehouse standard`: bring the canonical model in from a catalog server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    standard = typer.Typer(help="Bring the standard in from elsewhere.", no_args_is_help=True)
    standard.callback()(_several)
    standard.command(name="import")(bring_in)
    app.add_typer(standard, name="standard")


def _several() -> None:
    """Bring the standard in from elsewhere."""


def bring_in(
    url: Annotated[str, typer.Argument(help="OpenMetadata server, such as https://om.example.com.")],
    *,
    to: Annotated[Path, typer.Option("--to", help="File to write, `*.odcs.yaml`.")],
    table: Annotated[str | None, typer.Option("--table", help="Fully qualified table that the contract is of.")] = None,
    contract: Annotated[str | None, typer.Option("--contract", help="Fully qualified name of the contract.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import a data contract in its ODCS export, once it is tested as any standard is.

    LAKEHOUSE_OPENMETADATA_TOKEN is sent to that server, and to no other.

    Example: lakehouse standard import https://om.example.com --contract products --to products.odcs.yaml
    """
    from agentic_lakehouse.pipeline.import_standard import import_standard
    from agentic_lakehouse.pipeline.openmetadata import OpenMetadata
    from agentic_lakehouse.settings import load_openmetadata_token

    server = OpenMetadata(url, load_openmetadata_token())
    done = import_standard(server, table=table, contract=contract, to=to, force=force)
    found = done.standard
    if json:
        told = {"standard": found.label, "columns": len(found.columns), "rules": len(found.rules)}
        print_json({"path": str(done.path), "source": done.source, **told, "sha256": found.sha256})
    else:
        say(f"{found.label}, {len(found.columns)} columns, {len(found.rules)} rules: {done.path}.")
        say(f"Use it with LAKEHOUSE_STANDARD={done.path}.")
