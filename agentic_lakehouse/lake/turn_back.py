"""Contracts in force when a feed goes back: those of then stand again, and what was turned away from asks a person.

Decisions never go back: what was approved then is approved. But a mapping that nothing published any more was made
by is not used again without a word: it waits, as one that the person who went back rejected.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import Proposal, ProposalKind, ProposalStatus, Review
from agentic_lakehouse.lake.commits import AuditSummary, FeedMark
from agentic_lakehouse.lake.governed_rows import PROPOSALS, REVIEWS
from agentic_lakehouse.lake.proposals import approver
from agentic_lakehouse.lake.records import records, values_of
from agentic_lakehouse.lake.rows import COMMITS

_P, _C = PROPOSALS.c, COMMITS.c


def turn_back(connection: sa.Connection, stood: FeedMark, seq: int, *, by: str, note: str) -> None:
    """Let a feed's spec and mapping be in force that were when `stood` held.

    Args:
        connection: in the transaction of the rollback.
        stood: how the feed stood after commit number `seq`.
        seq: number of that commit.
        by: who goes back.
        note: which way, and why.
    """
    used = _mappings(connection, stood.feed, seq)
    then = next((sha256 for sha256, fold in used if fold == stood.fold_sha256), "") if stood.fold_sha256 else ""
    left = _exchange(connection, stood.feed, "mapping", then)
    if left is not None and left.sha256 not in {sha256 for sha256, _ in used}:
        review = Review(
            proposal_id=left.id, sha256=left.sha256, decision="rejected", by=by, note=note, created_at=datetime.now(UTC)
        )
        connection.execute(REVIEWS.insert().values(values_of(review)))
        if _standing(connection, stood.feed, "mapping", "proposed") is None:
            _set(connection, left, "proposed", reason=f"{by} went {note}; it was in force until then")
    active = _standing(connection, stood.feed, "spec", "active")
    if active is not None and not approver(connection, active.id).startswith("policy:"):
        return  # how cells are read is a person's word since, which holds for the deliveries of before as well
    published = [mark.spec_sha256 for _, mark in sorted(stood.deliveries.items()) if mark.status == "published"]
    _exchange(connection, stood.feed, "spec", published[-1] if published else "")


def _mappings(connection: sa.Connection, feed: str, seq: int) -> list[tuple[str, str]]:
    """Return the mappings that a feed was published by up to a commit, each with its rules, newest first."""
    query = sa.select(_C.audit).where(_C.feed == feed, _C.seq <= seq, _C.kind == "publish").order_by(_C.seq.desc())
    audits = [AuditSummary.model_validate(audit) for audit in connection.scalars(query) if audit]
    return [(audit.mapping_sha256, audit.fold_sha256) for audit in audits]


def _exchange(connection: sa.Connection, feed: str, kind: ProposalKind, then: str) -> Proposal | None:
    """Put the contract of then in force, unless a person rejected it since; return the one that no longer is.

    Where there was none, the one in force stays: nothing else could take its place.
    """
    active = _standing(connection, feed, kind, "active")
    here = (_P.feed == feed, _P.kind == kind, _P.sha256 == then, _P.status != "rejected")
    found = records(connection, Proposal, sa.select(PROPOSALS).where(*here)) if then else []
    if not found or _is_undone(connection, found[0]) or (active is not None and active.sha256 == then):
        return None
    if active is not None:
        _set(connection, active, "superseded")
    if found[0].status != "approved":  # the next run uses an approved one anyway
        _set(connection, found[0], "active")
    return active


def _is_undone(connection: sa.Connection, proposal: Proposal) -> bool:
    """Whether a person took its approval back since: it is not put in force by the way."""
    decisions = sa.select(REVIEWS.c.decision).where(REVIEWS.c.proposal_id == proposal.id)
    return connection.scalar(decisions.order_by(REVIEWS.c.seq.desc()).limit(1)) == "undone"


def _standing(connection: sa.Connection, feed: str, kind: ProposalKind, status: ProposalStatus) -> Proposal | None:
    query = sa.select(PROPOSALS).where(_P.feed == feed, _P.kind == kind, _P.status == status)
    return next(iter(records(connection, Proposal, query)), None)


def _set(connection: sa.Connection, proposal: Proposal, status: ProposalStatus, *, reason: str | None = None) -> None:
    values = {"status": status} if reason is None else {"status": status, "reason": reason}
    connection.execute(PROPOSALS.update().where(_P.id == proposal.id).values(values))
