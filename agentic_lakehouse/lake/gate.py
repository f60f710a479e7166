"""What must stand recorded before a branch may be merged. Looked up in the merge's own transaction.

It believes no caller: not that checks ran, not on what, not that somebody approved the mapping. Whatever
shows these things elsewhere (a UI, an orchestrator's blocking checks) shows them only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, Delivery, Proposal
from agentic_lakehouse.errors import MergeConflict, PublishRefused, UsageInvalid
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.governed_rows import AUDITS, PROPOSALS, REVIEWS
from agentic_lakehouse.lake.records import records
from agentic_lakehouse.lake.rows import DELIVERIES


def require_audits(
    connection: sa.Connection,
    feed: Feed,
    *,
    since: int,
    mine: Pointers,
    tables: Collection[str],
    demands: Mapping[str, Collection[str]],
) -> Audit:
    """Return the audit of the staged branch, which is of exactly its tables, as is the one of bronze.

    Args:
        connection: in the merge's transaction.
        feed: whose branch it is.
        since: number of the last audit before the branch was begun; older ones are of another branch.
        mine: the branch's changed tables.
        tables: all tables of the branch.
        demands: checks that an audit of a stage must hold a result of.

    Raises:
        PublishRefused: names the audit that is missing, out of date, not whole, or failed.
    """
    bronze = _latest(connection, feed, "bronze", since)
    raw = next((_namespace(table) for table in tables if table.rpartition(".")[2] == feed.table), None)
    expected = {t: p for t, p in mine.items() if _namespace(t) == raw or t in bronze.pointers}
    _require_passed(feed, bronze, expected, demands.get("bronze", ()))
    staged = _latest(connection, feed, "staged", since)
    _require_passed(feed, staged, mine, demands.get("staged", ()))
    return staged


def _latest(connection: sa.Connection, feed: Feed, stage: str, since: int) -> Audit:
    a = AUDITS.c
    query = (
        sa.select(AUDITS).where(a.feed == str(feed), a.stage == stage, a.seq > since).order_by(a.seq.desc()).limit(1)
    )
    if found := records(connection, Audit, query):
        return found[0]
    raise _refused(feed, f"no audit of its {stage} tables is recorded", step=f"audit {stage}")


def _namespace(table: str) -> str:
    return table.rpartition(".")[0]


def _require_passed(feed: Feed, audit: Audit, expected: Pointers, demanded: Collection[str]) -> None:
    if audit.pointers != expected:
        differing = sorted(set(audit.pointers.items()) ^ set(expected.items()))
        raise _refused(
            feed,
            f"{differing[0][0]} is not as it was when its {audit.stage} tables were audited",
            step=f"audit {audit.stage}",
            tables=sorted({table for table, _ in differing}),
        )
    answered = {r.name for r in audit.results}
    if unanswered := set(demanded) - answered if answered else {"any check"}:
        raise _refused(
            feed,
            f"the audit of its {audit.stage} tables holds no result of: {', '.join(sorted(unanswered))}",
            step=f"audit {audit.stage}",
            checks=sorted(unanswered),
        )
    if not audit.passed:
        failed = [r for r in audit.results if not r.passed and r.severity == "ERROR"]
        told = ", ".join(f"{r.name} on {r.table} ({r.count})" for r in failed)
        raise _refused(feed, f"checks failed: {told}", step="ingest" if audit.stage == "bronze" else "map")


def require_approved(connection: sa.Connection, feed: Feed, sha256: str) -> Proposal:
    """Return the mapping of that sha256, which is in force or approved by a review of exactly that sha256.

    Raises:
        PublishRefused: it was never proposed, not approved, or is not what was approved.
    """
    if not sha256:
        raise _refused(feed, "its audit names no mapping", step="audit staged")
    p, r = PROPOSALS.c, REVIEWS.c
    query = sa.select(PROPOSALS).where(p.feed == str(feed), p.kind == "mapping", p.sha256 == sha256)
    found = records(connection, Proposal, query)
    if not found:
        raise _refused(feed, f"mapping {sha256[:12]} was never proposed", step="map")
    mapping = found[0]
    if mapping.status not in {"approved", "active"}:
        raise _refused(feed, f"mapping {mapping.id} is {mapping.status}, not approved", step="review")
    binding = (r.proposal_id == mapping.id, r.sha256 == sha256, r.decision == "approved")
    if connection.execute(sa.select(r.seq).where(*binding)).first() is None:
        raise _refused(feed, f"no recorded review approves mapping {mapping.id} as it is", step="review")
    if sha256_of(mapping.content) != sha256:
        raise _refused(feed, f"mapping {mapping.id} is not what was approved: its content was changed", step="map")
    return mapping


def require_deliveries(connection: sa.Connection, feed: Feed, ids: Sequence[str]) -> list[Delivery]:
    """Return the deliveries that a merge publishes, all loaded and waiting or asked for again, in order.

    Raises:
        UsageInvalid: the feed has no such delivery.
        PublishRefused: one was never loaded.
        MergeConflict: one was published or withdrawn meanwhile.
    """
    d = DELIVERIES.c
    query = sa.select(DELIVERIES).where(d.feed == str(feed), d.delivery_id.in_(ids)).order_by(d.delivery_id)
    found = records(connection, Delivery, query)
    if unknown := set(ids) - {delivery.delivery_id for delivery in found}:
        raise UsageInvalid(f"{feed} has no delivery {min(unknown)!r}.", feed=str(feed), delivery_id=min(unknown))
    for delivery in found:
        if delivery.status in {"published", "withdrawn"} and not delivery.is_asked_for:
            raise MergeConflict(
                f"Delivery {delivery.delivery_id} of {feed} is {delivery.status} by now; nothing was published.",
                hint=f"Run the feed again: `lakehouse run --feed {feed}`.",
                feed=str(feed),
                delivery_id=delivery.delivery_id,
            )
        if delivery.rows_in is None:
            raise _refused(feed, f"delivery {delivery.delivery_id} was never loaded", step="ingest")
    return found


def require_specs(connection: sa.Connection, feed: Feed, deliveries: Sequence[Delivery]) -> Proposal | None:
    """Return the spec of the newest delivery, where it was proposed; none of the deliveries' may be rejected.

    Raises:
        PublishRefused: a delivery was read under a rejected spec.
    """
    p = PROPOSALS.c
    spec = None
    for delivery in deliveries:
        query = sa.select(PROPOSALS).where(p.feed == str(feed), p.kind == "spec", p.sha256 == delivery.spec_sha256)
        spec = next(iter(records(connection, Proposal, query)), None)
        if spec is not None and spec.status == "rejected":
            raise _refused(feed, f"{delivery.path} was read under spec {spec.id}, which is rejected", step="describe")
    return spec


def _refused(feed: Feed, why: str, *, step: str, **details: object) -> PublishRefused:
    return PublishRefused(
        f"{feed} was not published: {why}.",
        hint=f"Do the step {step!r} on {feed.branch}, then publish; or begin anew: `lakehouse run --feed {feed}`.",
        feed=str(feed),
        branch=feed.branch,
        step=step,
        **details,
    )
