"""The `lakehouse` command: gathers the commands, and turns errors into messages and exit codes."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import typer

from agentic_lakehouse.cli import (
    audit,
    drift,
    evaluation,
    files,
    governance,
    history,
    inbox,
    journal,
    main_job,
    maintenance,
    notify,
    recovery,
    review,
    rules,
    service,
    standard,
    trace,
)
from agentic_lakehouse.cli.output import print_error
from agentic_lakehouse.errors import LakehouseError

app = typer.Typer(
    name="lakehouse",
    help="Vendor files in, an audited product table out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    main_job,
    files,
    history,
    recovery,
    governance,
    trace,
    audit,
    review,
    rules,
    standard,
    drift,
    inbox,
    journal,
    evaluation,
    maintenance,
    notify,
    service,
):
    module.register(app)


@app.callback()
def root(debug: bool = typer.Option(False, "--debug", help="Show tracebacks of errors.")) -> None:
    """Vendor files in, an audited product table out."""
    del debug  # read from the arguments by `run`, which must know it even where parsing fails


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 a feed, check or audit failed, 2 wrong usage or refused."""
    try:
        app(args=list(arguments))
    except LakehouseError as error:
        if "--debug" in arguments:
            traceback.print_exc()
        print_error(error, as_json="--json" in arguments)
        return error.exit_code
    except SystemExit as stop:  # how typer ends every command, wrong usage included
        return stop.code if isinstance(stop.code, int) else 0
    return 0
