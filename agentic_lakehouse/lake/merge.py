"""Publishing: a branch becomes main in one SQL transaction, or nothing happens at all.

Inside it the lease, the audits, the approval and the deliveries are looked up, main's pointers are
compared and swapped, the commit is recorded, deliveries are marked published and contracts put in force,
and the branch goes. Where main moved meanwhile, the transaction is left, the work is put onto the new
main (that is file I/O, and no writer should wait for it), and everything is looked up again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import Audit, CheckResult, Delivery, Proposal
from agentic_lakehouse.errors import MergeConflict, PublishRefused
from agentic_lakehouse.lake import catalog, commits, gate, leases, ledger, lifecycle, proposals
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.commits import AuditSummary
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.rebase import Rebased, Three, rebase, require_own_tables_unmoved
from agentic_lakehouse.lake.rows import AUDITS, values_of
from agentic_lakehouse.lake.view import View, changed
from agentic_lakehouse.lake.warehouse import Warehouse

ATTEMPTS = 100
"""How often main may move between a rebase and the merge. Each time another feed got through."""

Recheck = Callable[[View], Sequence[CheckResult]]
"""Checks the lake as it would be after a rebased merge, for rules that a slice alone cannot decide."""


@dataclass(frozen=True)
class Request:
    """What is to be published, by whom and why."""

    branch: Branch
    author: str
    message: str
    deliveries: Sequence[str]
    recheck: Recheck | None


@dataclass(frozen=True)
class Checked:
    """What was found to stand recorded for a branch, and where its tables and main's stand."""

    audit: Audit
    mapping: Proposal
    spec: Proposal | None
    deliveries: list[Delivery]
    base: Pointers
    mine: Pointers
    main: Pointers


@dataclass
class Prepared:
    """Work put onto newer heads of main, by table, and what was checked of it."""

    tables: dict[str, Rebased] = field(default_factory=dict)
    recheck: Audit | None = None

    def fits(self, table: str, head: str | None) -> bool:
        """Whether a table was put onto exactly this head."""
        return table in self.tables and self.tables[table].onto == head


def publish(database: Database, warehouse: Warehouse, request: Request) -> str:
    """Merge a branch into main and close it.

    Returns:
        The commit's id.

    Raises:
        PublishRefused: an audit or an approval is missing, or a check failed on the rebased tables.
        MergeConflict: main moved in this feed's own slice, bronze or ledger; nothing was published.
        LeaseLost: the run no longer holds the branch.
    """
    prepared = Prepared()
    for _ in range(ATTEMPTS):
        with database.write() as connection:
            checked = check(connection, request)
            moved = moved_tables(checked, prepared)
            if not moved:
                return merge(connection, warehouse, request, checked, prepared)
        prepare(database, warehouse, request, checked, moved, prepared)
    raise MergeConflict(
        f"{request.branch.feed} was not published: main moved {ATTEMPTS} times while it was being merged.",
        hint="Publish again when fewer feeds are being published.",
        feed=str(request.branch.feed),
    )


def check(connection: sa.Connection, request: Request) -> Checked:
    """Look up, in the merge's transaction, all that must stand for it."""
    feed = request.branch.feed
    row = leases.require(connection, request.branch.lease)
    base = commits.pointers_at(connection, row["base_seq"])
    mine = changed(catalog.pointers(connection, row["catalog"]), base)
    audit = gate.require_audits(connection, feed, row["audits_before"], mine)
    mapping = gate.require_approved(connection, feed, audit.mapping_sha256)
    deliveries = gate.require_deliveries(connection, feed, request.deliveries)
    spec = gate.require_specs(connection, feed, deliveries)
    main = catalog.pointers(connection, MAIN)
    require_own_tables_unmoved(feed, base, main)
    return Checked(audit, mapping, spec, deliveries, base, mine, main)


def moved_tables(checked: Checked, prepared: Prepared) -> list[str]:
    """Return the branch's tables that main moved, and that are not yet put onto main's head."""
    return sorted(
        table
        for table in checked.mine
        if checked.main.get(table) != checked.base.get(table) and not prepared.fits(table, checked.main.get(table))
    )


def prepare(
    database: Database,
    warehouse: Warehouse,
    request: Request,
    checked: Checked,
    moved: Sequence[str],
    prepared: Prepared,
) -> None:
    """Put the branch's work in moved tables onto main's head, and check the result where that is asked for."""
    branch = request.branch
    for table in moved:
        three = Three(table, checked.base.get(table), checked.mine[table], checked.main.get(table))
        prepared.tables[table] = rebase(database, warehouse, branch.feed, branch.lease, three)
    if request.recheck is None:
        return
    after = {**checked.main, **landing(checked, prepared)}
    results = tuple(request.recheck(View(after, warehouse, name=f"{branch.name} on main")))
    prepared.recheck = Audit(
        feed=str(branch.feed),
        run_id=branch.run_id,
        stage="rebased",
        pointers=landing(checked, prepared),
        results=results,
        mapping_sha256=checked.mapping.sha256,
        created_at=datetime.now(UTC),
    )
    if not prepared.recheck.passed:
        failed = ", ".join(r.name for r in results if not r.passed and r.severity == "ERROR")
        raise PublishRefused(
            f"{branch.feed} was not published: beside what other feeds published meanwhile, checks fail: {failed}.",
            hint=f"Do the feed again from main as it is: `lakehouse run --feed {branch.feed}`.",
            feed=str(branch.feed),
            checks=failed,
        )


def landing(checked: Checked, prepared: Prepared) -> Pointers:
    """Return where each changed table will stand on main."""
    return {
        table: prepared.tables[table].location if prepared.fits(table, checked.main.get(table)) else location
        for table, location in checked.mine.items()
    }


def merge(
    connection: sa.Connection, warehouse: Warehouse, request: Request, checked: Checked, prepared: Prepared
) -> str:
    """Write everything that publishing means; the caller's transaction makes it one."""
    branch = request.branch
    deltas = landing(checked, prepared)
    catalog.add_namespaces(connection, branch.lease.catalog, MAIN)
    for table, location in sorted(deltas.items()):
        if not catalog.point(connection, MAIN, table, old=checked.main.get(table), new=location):
            raise MergeConflict(f"{table} was changed on main by another program.", hint="Publish again.", table=table)
    rebased = tuple(sorted(table for table in deltas if deltas[table] != checked.mine[table]))
    if prepared.recheck is not None:
        connection.execute(AUDITS.insert().values(values_of(prepared.recheck)))
    commit_id = commits.record(
        connection,
        deltas,
        author=request.author,
        message=request.message,
        changes=commits.changes_of(warehouse, deltas, checked.main),
        feed=str(branch.feed),
        run_id=branch.run_id,
        audit=summary_of(checked.audit, prepared.recheck, rebased),
    )
    ledger.publish(connection, branch.feed, checked.deliveries, commit_id)
    for proposal in (checked.mapping, checked.spec):
        if proposal is not None:
            proposals.activate(connection, proposal)
    lifecycle.close(connection, branch.name)
    return commit_id


def summary_of(audit: Audit, recheck: Audit | None, rebased: tuple[str, ...]) -> AuditSummary:
    """Return what a commit remembers of its audits."""
    results = [*audit.results, *(recheck.results if recheck else ())]
    return AuditSummary(
        checks=len(results),
        warnings=sum(not result.passed for result in results),
        mapping_sha256=audit.mapping_sha256,
        fold_sha256=audit.fold_sha256,
        rebased=rebased,
    )
