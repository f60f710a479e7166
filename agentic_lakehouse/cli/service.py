"""`lakehouse doctor` and `dev`: is everything in place, and the Dagster UI."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(dev)


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read every data file whole, not its footer alone.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check settings, contracts, storage, catalog, tables, model and engine: what is wrong, and what heals it.

    Example: lakehouse doctor --deep
    """
    from agentic_lakehouse.pipeline.diagnosis import diagnose

    lines = diagnose(deep=deep)
    if json:
        print_json({"checks": [{"name": x.name, "ok": x.ok, "message": x.message, "hint": x.hint} for x in lines]})
    else:
        print_table(("what", "", "says"), [(x.name, "ok", x.message) for x in lines if x.ok])
        for x in lines:
            if not x.ok:
                told = f"\n{x.name} WRONG: {x.message}" + (f"\nHint: {x.hint}" if x.hint else "")
                console().print(told, markup=False, soft_wrap=True)
    if not all(x.ok for x in lines):
        raise typer.Exit(2)


def dev(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
) -> None:
    """Serve the Dagster UI with the sensor on, over the home's history.

    Example: lakehouse dev --port 3001
    """
    from agentic_lakehouse.orchestration.instance import prepare_home
    from agentic_lakehouse.settings import forget_review_token, load_settings

    settings = load_settings()
    if (token := forget_review_token()) is not None:
        from agentic_lakehouse.pipeline.lakehouse import Lakehouse

        # The code location is never given it, and must know all the same that deciding needs one.
        Lakehouse(settings).lake.review_key.set_first(token.get_secret_value())
    prepare_home(settings)
    dagster = Path(sys.executable).with_name("dagster")
    module = "agentic_lakehouse.definitions"
    # Dagster handles signals and its children itself: it takes this process's place.
    os.execv(dagster, [str(dagster), "dev", "-m", module, "-h", host, "-p", str(port)])  # noqa: S606 (own interpreter's script, fixed arguments)
