"""Publishing: a branch becomes main in one SQL transaction, or nothing happens at all.

First all that must stand recorded is looked up, and where main moved meanwhile the branch's work is put
onto the new main: that is file I/O, and no writer should wait for it. Then everything is looked up once
more in the merge's own transaction. If it is the same, main's pointers are swapped there, the commit is
recorded, deliveries are published, contracts come into force and the branch goes; if not, it starts over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import Audit, CheckResult, Delivery, Proposal
from agentic_lakehouse.errors import MergeConflict, PublishRefused
from agentic_lakehouse.lake import catalog, commits, gate, leases, ledger, lifecycle, proposals
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.changes import TableChange, changes_of
from agentic_lakehouse.lake.commits import AuditSummary
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governed_rows import AUDITS
from agentic_lakehouse.lake.rebase import Three, rebase, require_own_tables_unmoved
from agentic_lakehouse.lake.records import values_of
from agentic_lakehouse.lake.view import View, changed
from agentic_lakehouse.lake.warehouse import Warehouse

ATTEMPTS = 100
"""How often main may move while a merge is prepared. Each time another feed got through."""

Recheck = Callable[[View], Sequence[CheckResult]]
"""Checks the lake as a rebased merge would leave it, for rules that a slice alone cannot decide."""

Demands = Mapping[str, Collection[str]]
"""Stage to the names of the checks that its audit must hold a result of."""


@dataclass(frozen=True)
class Request:
    """What is to be published, by whom and why."""

    branch: Branch
    author: str
    message: str
    deliveries: Sequence[str]
    recheck: Recheck | None
    demands: Demands


@dataclass(frozen=True)
class Standing:
    """What is recorded about a branch, and where its tables stand. Two lookups are equal when nothing moved."""

    audit: Audit
    mapping: Proposal
    spec: Proposal | None
    deliveries: Sequence[Delivery]
    base: Pointers = field(repr=False)
    """Changed tables on main when the branch began."""
    mine: Pointers = field(repr=False)
    """Changed tables on the branch."""
    heads: Pointers = field(repr=False)
    """Changed tables on main now."""
    main: Pointers = field(repr=False, compare=False)
    """All tables on main now."""


@dataclass(frozen=True)
class Plan:
    """Files that are written and wait for pointers."""

    landing: Pointers
    """Where each changed table will stand on main."""
    changes: tuple[TableChange, ...]
    rebased: tuple[str, ...]
    """Tables whose files were put onto a newer main than the branch began at."""
    recheck: Audit | None


def publish(database: Database, warehouse: Warehouse, request: Request) -> str:
    """Merge a branch into main and close it.

    Returns:
        The commit's id.

    Raises:
        PublishRefused: an audit or an approval is missing, or a check failed beside newer data of other feeds.
        MergeConflict: main moved in this feed's own slice, bronze or ledger; nothing was published.
        LeaseLost: the run no longer holds the branch.
    """
    for _ in range(ATTEMPTS):
        with database.read() as connection:
            standing = look_up(connection, request)
        plan = prepare(database, warehouse, request, standing)
        with database.write() as connection:
            if look_up(connection, request) == standing:
                return merge(connection, request, standing, plan)
    raise MergeConflict(
        f"{request.branch.feed} was not published: main moved {ATTEMPTS} times while the merge was prepared.",
        hint="Publish again when fewer feeds are being published.",
        feed=str(request.branch.feed),
    )


def look_up(connection: sa.Connection, request: Request) -> Standing:
    """Return what stands recorded for the branch; raise what `publish` does where it is not enough."""
    feed = request.branch.feed
    row = leases.require(connection, request.branch.lease)
    base = commits.pointers_at(connection, row["base_seq"])
    there = catalog.pointers(connection, row["catalog"])
    mine = changed(there, base)
    audit = gate.require_audits(
        connection, feed, since=row["audits_before"], mine=mine, tables=there, demands=request.demands
    )
    mapping = gate.require_approved(connection, feed, audit.mapping_sha256)
    deliveries = gate.require_deliveries(connection, feed, request.deliveries)
    spec = gate.require_specs(connection, feed, deliveries)
    main = catalog.pointers(connection, MAIN)
    require_own_tables_unmoved(feed, base, main)
    return Standing(audit, mapping, spec, deliveries, _among(base, mine), mine, _among(main, mine), main)


def _among(pointers: Pointers, tables: Pointers) -> Pointers:
    return {table: location for table, location in pointers.items() if table in tables}


def prepare(database: Database, warehouse: Warehouse, request: Request, standing: Standing) -> Plan:
    """Put the branch's work in tables that main moved onto main's head, and check that where it is asked for."""
    branch, base, heads = request.branch, standing.base, standing.heads
    landing = dict(standing.mine)
    for table, mine in standing.mine.items():
        if heads.get(table) != base.get(table):
            three = Three(table, base.get(table), mine, heads.get(table))
            landing[table] = rebase(database, warehouse, branch.feed, branch.lease, three)
    rebased = tuple(sorted(changed(landing, standing.mine)))
    checked = _recheck(warehouse, request, standing, landing) if rebased else None
    return Plan(landing, changes_of(warehouse, landing, heads), rebased, checked)


def _recheck(warehouse: Warehouse, request: Request, standing: Standing, landing: Pointers) -> Audit | None:
    if request.recheck is None:
        return None
    branch = request.branch
    after = View({**standing.main, **landing}, warehouse, name=f"{branch.name} put onto main")
    audit = Audit(
        feed=str(branch.feed),
        run_id=branch.run_id,
        stage="rebased",
        pointers=landing,
        results=tuple(request.recheck(after)),
        mapping_sha256=standing.mapping.sha256,
        created_at=datetime.now(UTC),
    )
    if not audit.passed:
        failed = ", ".join(r.name for r in audit.results if not r.passed and r.severity == "ERROR")
        raise PublishRefused(
            f"{branch.feed} was not published: beside what other feeds published meanwhile, checks fail: {failed}.",
            hint=f"Do the feed again from main as it is: `lakehouse run --feed {branch.feed}`.",
            feed=str(branch.feed),
            checks=failed,
        )
    return audit


def merge(connection: sa.Connection, request: Request, standing: Standing, plan: Plan) -> str:
    """Write all that publishing means; the caller's transaction makes it one."""
    branch = request.branch
    catalog.add_namespaces(connection, branch.lease.catalog, MAIN)
    for table, location in sorted(plan.landing.items()):
        if not catalog.point(connection, MAIN, table, old=standing.heads.get(table), new=location):
            raise MergeConflict(f"{table} was changed on main by another program.", hint="Publish again.", table=table)
    if plan.recheck is not None:
        connection.execute(AUDITS.insert().values(values_of(plan.recheck)))
    commit_id = commits.record(
        connection,
        plan.landing,
        kind="publish",
        author=request.author,
        message=request.message,
        changes=plan.changes,
        feed=str(branch.feed),
        run_id=branch.run_id,
        audit=_summary(standing.audit, plan),
        marks=[ledger.published_mark(branch.feed, standing.deliveries, fold_sha256=standing.audit.fold_sha256)],
    )
    ledger.publish(connection, branch.feed, standing.deliveries, commit_id)
    proposals.activate(connection, standing.mapping)
    if standing.spec is not None:
        proposals.activate(connection, standing.spec)
    proposals.close_impacts(connection, str(branch.feed))
    lifecycle.close(connection, branch.name)
    return commit_id


def _summary(audit: Audit, plan: Plan) -> AuditSummary:
    results = [*audit.results, *(plan.recheck.results if plan.recheck else ())]
    return AuditSummary(
        checks=len(results),
        warnings=sum(not result.passed for result in results),
        mapping_sha256=audit.mapping_sha256,
        fold_sha256=audit.fold_sha256,
        rebased=plan.rebased,
    )
