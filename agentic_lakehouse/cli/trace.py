"""`lakehouse trace`: one row of core, led back to the text in the vendor's file and the answers of the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table
from agentic_lakehouse.cli.telling import MAX_TEXT, cut, head, more, tell, tell_contract

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.trace import Trace, TracedFile, TracedLine

MAX_CELL = 60
COMMIT_LENGTH = 64


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


def trace(
    key: Annotated[str, typer.Argument(help="Primary key of the row, or how it begins; parts divided by `|`.")],
    *,
    by: Annotated[str | None, typer.Option(help="Core column that names the row instead of its key.")] = None,
    column: Annotated[str | None, typer.Option(help="Only this column of core, and what it is made of.")] = None,
    branch: Annotated[str | None, typer.Option(help="Look on this branch alone.")] = None,
    at: Annotated[str | None, typer.Option(help="Look at this commit alone; see `lakehouse log`.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Trace a row of core back: mapping, bronze row, file and line, spec, and which model answered what.

    Example: lakehouse trace 100234 --by source_product_id --column price
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.trace import trace as trace_row
    from agentic_lakehouse.pipeline.trace_lines import of_column

    found = trace_row(Lakehouse(), key, by=by, branch=branch, at=at)
    if column is not None:
        found = found.model_copy(update={"lines": of_column(found.lines, column)})
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found, why=column is not None)


def _print(found: Trace, *, why: bool) -> None:
    key = "|".join(str(value) for value in found.key.values())
    is_commit = len(found.at) == COMMIT_LENGTH and found.at.isalnum()
    head("row", f"{found.table} at {f'commit {found.at[:12]}' if is_commit else found.at}, feed {found.feed}")
    tell("key", key)
    tell("written by", f"run {found.run_id}" if found.run_id else "")
    tell("published", f"commit {found.commit_id[:12]}" if found.commit_id else "")
    tell("rules", ", ".join(found.rule_sets))
    for note in found.notes:
        tell("note", note)
    more(f"lakehouse audit {found.commit_id[:12]}" if found.commit_id else f"lakehouse errors {found.feed}")
    if found.mapping:
        tell_contract(found.mapping)
    _lines(found.lines, why=why)
    if found.bronze:
        head("bronze", f"{found.bronze.table}")
        tell("place", f"delivery {found.bronze.delivery_id}, row {found.bronze.row_number}")
        tell("typed by", f"run {found.bronze.run_id} at {found.bronze.ingested_at:%Y-%m-%d %H:%M} UTC")
        tell("cells", "; ".join(f"{n}={_cell(v)}" for n, v in found.bronze.cells.items() if v is not None))
    if found.file:
        _file(found.file)
    if found.spec:
        tell_contract(found.spec)


def _lines(lines: Sequence[TracedLine], *, why: bool) -> None:
    shown = [line for line in lines if line.how != "empty" or line.faults or line.value is not None]
    if not shown:
        return
    console().print()
    print_table(("target", "value", "how", "made of"), [_row(line) for line in shown])
    for line in shown:
        if why and line.rationale:
            sure = "" if line.confidence is None else f" Confidence {line.confidence:.2f}."
            tell("why", f"{line.target}: {line.rationale}{sure}")
        if line.given is not None:
            tell("by rules", f"{line.target}: the mapping gave {line.given}")
        for fault in line.faults:
            tell("broken", f"{line.target}: {fault}")


def _file(file: TracedFile) -> None:
    where = f", {'line' if file.verbatim else 'row'} {file.line}" if file.line is not None else ""
    head("file", f"{file.path}{where}")
    tell("delivery", f"{file.delivery_id}, {file.status}, first seen {file.ingestion_date}")
    tell("kept as", f"_raw/{file.sha256}, {file.byte_size} bytes")
    if file.raw is not None:
        tell("raw text" if file.verbatim else "cells", cut(file.raw.rstrip("\r\n")))
    for name, value in file.filled.items():
        tell("filled down", f"{name} = {value!r}, from line {file.filled_from}")
    tell("not shown", file.missing)
    if file.commit_id:
        more(f"lakehouse audit {file.commit_id[:12]}")


def _row(line: TracedLine) -> tuple[object, ...]:
    reads = ", ".join(f"{name}={_cell(value)}" for name, value in line.reads.items() if value is not None)
    made = " ".join(line.expression.split())
    told = reads if made.strip('"') in line.reads else f"{cut(made, MAX_TEXT // 4)}\n{reads}".rstrip()
    return line.target, _cell(line.value), line.how, told


def _cell(value: Any) -> str:
    return "" if value is None else cut(" ".join(str(value).split()), MAX_CELL)
