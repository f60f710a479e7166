"""`lakehouse audit`: one commit, accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table
from agentic_lakehouse.cli.telling import head, more, tell, tell_contract

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.commit_audit import AuditedStage, CommitAudit, KeyDelta


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    commit: Annotated[str, typer.Argument(help="Commit, or how its id begins; see `lakehouse log`.")],
    *,
    sql: Annotated[bool, typer.Option("--sql", help="Also print the query of each check.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what a commit changed, which checks passed on which snapshot, and who or what approved it.

    Example: lakehouse audit 3f2a9c
    """
    from agentic_lakehouse.pipeline.commit_audit import audit_commit
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    found = audit_commit(Lakehouse(), commit)
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found, sql=sql)


def _print(found: CommitAudit, *, sql: bool) -> None:
    head("commit", f"{found.id[:12]} {found.message}")
    tell("id", found.id)
    tell("kind", found.kind)
    tell("by", f"{found.author} on {found.at:%Y-%m-%d %H:%M} UTC")
    tell("after", found.parent[:12] if found.parent else "nothing: it is the first")
    for note in found.notes:
        tell("note", note)
    console().print()
    print_table(
        ("table", "change", "before", "after", "snapshot"),
        [(t.table, t.change, t.rows_before, t.rows_after, t.snapshot_after) for t in found.tables],
        right=("before", "after"),
    )
    if found.keys:
        _keys(found.keys)
    if found.deliveries:
        console().print()
        print_table(
            ("delivery", "became", "records", "file"),
            [(d.delivery_id, d.status, d.rows_in, d.path) for d in found.deliveries],
            right=("records",),
        )
    for stage in found.stages:
        _stage(stage, sql=sql)
    for contract in (*([found.mapping] if found.mapping else []), *found.specs, *found.impacts):
        tell_contract(contract, answer=False)
    if found.run_id:
        _run(found)
    if not found.forgotten:
        more(f'lakehouse query "SELECT …" --at {found.id[:12]}')


def _keys(keys: KeyDelta) -> None:
    head("keys", f"{keys.added} added, {keys.changed} changed, {keys.removed} removed")
    tell(
        "rewritten",
        f"{keys.rewritten} with the same values, from another delivery, run or mapping" if keys.rewritten else "",
    )
    tell("columns", ", ".join(f"{name} {count}" for name, count in sorted(keys.columns.items(), key=lambda c: -c[1])))
    for what, some in keys.samples.items():
        tell(what, ", ".join(some))
    if any(keys.samples.values()):
        more("lakehouse trace KEY")


def _stage(stage: AuditedStage, *, sql: bool) -> None:
    broken = [r for r in stage.results if not r.passed]
    kept = len(stage.results) - len(broken)
    head("checks", f"{stage.stage}: {kept} passed, {len(broken)} did not hold")
    for table, snapshot in stage.snapshots.items():
        how = "published as checked" if table in stage.merged else "put onto a newer main since, or not kept"
        tell("checked", f"{table} at snapshot {snapshot or 'no longer kept'}, {how}")
    print_table(
        ("check", "severity", "", "count", "what"),
        [(r.name, r.severity, "ok" if r.passed else "BROKEN", r.count, r.description) for r in stage.results],
        right=("count",),
    )
    for result in stage.results if sql else ():
        if result.sql:
            console().print(f"\n-- {result.name}\n{result.sql}", soft_wrap=True)


def _run(found: CommitAudit) -> None:
    head("run", found.run_id)
    if found.run:
        run = found.run
        tell(
            "rows",
            f"{run['rows_in']} in, {run['bronze_rows']} bronze, {run['error_rows']} bad, {run['core_rows']} core",
        )
    for asked in found.calls:
        cost = "cost unknown" if asked.cost_usd is None else f"{asked.cost_usd:.4f} USD"
        again = f", {asked.cached} answered by the journal" if asked.cached else ""
        tell("asked", f"{asked.prompt} of {asked.model}: {asked.calls} calls, {asked.tokens} tokens, {cost}{again}")
    if not found.calls:
        tell("asked", "no model")
