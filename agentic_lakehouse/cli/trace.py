"""`lakehouse trace`: one row of core, led back to the text in the vendor's file and the answers of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.trace import Trace, TracedCall, TracedContract, TracedFile, TracedLine

MAX_TEXT = 600
"""Characters of a record or an answer that are printed; `--json` has all of it."""
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
        _print(found)


def _print(found: Trace) -> None:
    key = "|".join(str(value) for value in found.key.values())
    is_commit = len(found.at) == COMMIT_LENGTH and found.at.isalnum()
    _head("row", f"{found.table} at {f'commit {found.at[:12]}' if is_commit else found.at}, feed {found.feed}")
    _say("key", key)
    _say("written by", f"run {found.run_id}" if found.run_id else "")
    _say("published", f"commit {found.commit_id[:12]}" if found.commit_id else "")
    for note in found.notes:
        _say("note", note)
    _more(f"lakehouse audit {found.commit_id[:12]}" if found.commit_id else f"lakehouse errors {found.feed}")
    if found.mapping:
        _contract(found.mapping)
    lines = [line for line in found.lines if line.how != "empty" or line.faults or line.value is not None]
    if lines:
        console().print()
        print_table(("target", "value", "how", "made of"), [_row(line) for line in lines])
        for line in lines:
            for fault in line.faults:
                _say("broken", f"{line.target}: {fault}")
    if found.bronze:
        _head("bronze", f"{found.bronze.table}")
        _say("place", f"delivery {found.bronze.delivery_id}, row {found.bronze.row_number}")
        _say("typed by", f"run {found.bronze.run_id} at {found.bronze.ingested_at:%Y-%m-%d %H:%M} UTC")
        _say("cells", "; ".join(f"{n}={_cell(v)}" for n, v in found.bronze.cells.items() if v is not None))
    if found.file:
        _file(found.file)
    if found.spec:
        _contract(found.spec)


def _contract(contract: TracedContract) -> None:
    _head(contract.kind, f"{contract.id}, {contract.status}")
    _say("sha256", contract.sha256)
    for decision in contract.decisions:
        note = f": {decision.note}" if decision.note else ""
        _say(decision.decision, f"by {decision.by} on {decision.at:%Y-%m-%d %H:%M} UTC{note}")
    if not contract.decisions:
        _say("approved", "by nobody yet")
    _say("waited for", contract.reason)
    _say("edited from", contract.parent)
    _say("comes from", contract.asked)
    if contract.call:
        _call(contract.call)
    if contract.others:
        _say("besides", f"{len(contract.others)} more calls of that run")
    _more(f"lakehouse review show {contract.id}")


def _call(call: TracedCall) -> None:
    cost = "cost unknown" if call.cost_usd is None else f"{call.cost_usd:.4f} USD"
    tokens = call.input_tokens + call.output_tokens
    _say("prompt", f"{call.prompt}, sha256 {call.prompt_sha256[:12]}")
    _say("model", f"{call.model}, version {call.model_version or 'not told'}, {tokens} tokens, {cost}")
    _say("call", f"{call.id}, {call.at:%Y-%m-%d %H:%M} UTC, {call.status}")
    _say("raw answer", _cut(call.raw_output))


def _file(file: TracedFile) -> None:
    where = f", {'line' if file.verbatim else 'row'} {file.line}" if file.line is not None else ""
    _head("file", f"{file.path}{where}")
    _say("delivery", f"{file.delivery_id}, {file.status}, first seen {file.ingestion_date}")
    _say("kept as", f"_raw/{file.sha256}, {file.byte_size} bytes")
    if file.raw is not None:
        _say("raw text" if file.verbatim else "cells", _cut(file.raw.rstrip("\r\n")))
    for name, value in file.filled.items():
        _say("filled down", f"{name} = {value!r}, from line {file.filled_from}")
    _say("not shown", file.missing)
    if file.commit_id:
        _more(f"lakehouse audit {file.commit_id[:12]}")


def _row(line: TracedLine) -> tuple[object, ...]:
    reads = ", ".join(f"{name}={_cell(value)}" for name, value in line.reads.items() if value is not None)
    made = " ".join(line.expression.split())
    told = reads if made.strip('"') in line.reads else f"{_cut(made, MAX_TEXT // 4)}\n{reads}".rstrip()
    return line.target, _cell(line.value), line.how, told


def _cell(value: Any) -> str:
    return "" if value is None else _cut(" ".join(str(value).split()), MAX_CELL)


def _cut(text: str, length: int = MAX_TEXT) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _head(kind: str, text: str) -> None:
    console().print(f"\n{kind.upper()}  {text}", markup=False, style="bold")


def _say(label: str, text: str) -> None:
    if text:
        from rich.padding import Padding
        from rich.table import Table

        line = Table.grid(padding=(0, 1))
        line.add_column(width=11)
        line.add_column(overflow="fold")
        line.add_row(label, text)
        console().print(Padding(line, (0, 0, 0, 2)))


def _more(command: str) -> None:
    console().print(f"  → {command}", markup=False, style="dim")
