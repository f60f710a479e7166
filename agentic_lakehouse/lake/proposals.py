"""What becomes of a proposed spec or mapping: one table of states, changed by compare-and-swap.

`proposed` → `approved`, `rejected` or `edited` (another was approved in its place) by a review that binds its
sha256; `approved` → `active` by the merge that first uses it; and `superseded` when another of the same feed and
kind takes its place. So at most one of a feed and kind is proposed, one approved and one active.
"""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.governed import Proposal, ProposalStatus, Review
from agentic_lakehouse.errors import ReviewRefused, UsageInvalid
from agentic_lakehouse.lake.governed_rows import PROPOSALS, REVIEWS
from agentic_lakehouse.lake.records import records, values_of

_P = PROPOSALS.c


def find(connection: sa.Connection, proposal_id: str) -> Proposal | None:
    """Return a proposal, or `None`."""
    return next(iter(records(connection, Proposal, sa.select(PROPOSALS).where(_P.id == proposal_id))), None)


def get(connection: sa.Connection, proposal_id: str) -> Proposal:
    """Return a proposal.

    Raises:
        UsageInvalid: there is none of that id.
    """
    if (found := find(connection, proposal_id)) is None:
        raise UsageInvalid(
            f"There is no proposal {proposal_id!r}.",
            hint="Proposals that wait are listed by `lakehouse review list`.",
            proposal_id=proposal_id,
        )
    return found


def was_published(connection: sa.Connection, vendor: str) -> bool:
    """Whether a mapping of any feed of a vendor was ever in force."""
    used = (_P.kind == "mapping", _P.status.in_(["active", "superseded"]))
    query = sa.select(_P.id).where(*used, _P.feed.startswith(f"{vendor}/", autoescape=True)).limit(1)
    return connection.scalar(query) is not None


def propose(connection: sa.Connection, proposal: Proposal) -> Proposal:
    """Enter a proposal; one that waits for the same feed and kind is superseded by it.

    The same content proposed again changes nothing but what it was made for. It keeps its standing: what
    was rejected stays so, and what is in force stays so; only a superseded or an edited one is proposed anew.

    Raises:
        UsageInvalid: its sha256 is not that of its content, or its id is taken by other content.
    """
    if proposal.sha256 != sha256_of(proposal.content):
        raise UsageInvalid(
            f"Proposal {proposal.id} does not hash to the sha256 that it states.",
            hint="State the sha256 of the content's canonical JSON.",
            proposal_id=proposal.id,
        )
    standing = find(connection, proposal.id)
    if standing is None:
        _supersede(connection, proposal, statuses=("proposed",))
        connection.execute(PROPOSALS.insert().values(values_of(proposal)))
        return proposal
    if (standing.feed, standing.kind, standing.sha256) != (proposal.feed, proposal.kind, proposal.sha256):
        raise UsageInvalid(f"The id {proposal.id} is taken by other content.", proposal_id=proposal.id)
    if standing.status in {"superseded", "edited"}:
        _supersede(connection, proposal, statuses=("proposed",))
        renewed = proposal
    else:
        made_for = proposal.model_dump(include={"shape_sha256", "standard_sha256", "facts_sha256"})
        renewed = standing.model_copy(update=made_for)
    connection.execute(PROPOSALS.update().where(_P.id == proposal.id).values(values_of(renewed)))
    return renewed


def decide(connection: sa.Connection, review: Review) -> Proposal:
    """Enter a review and approve or reject what it is about.

    Raises:
        UsageInvalid: there is no such proposal.
        ReviewRefused: it was decided before, or it is not what the reviewer saw.
    """
    proposal = get(connection, review.proposal_id)
    if proposal.status != "proposed":
        raise ReviewRefused(
            f"Proposal {proposal.id} of {proposal.feed} no longer waits: it is {proposal.status}"
            f"{_by(connection, proposal.id)}.",
            hint="See what waits with `lakehouse review list`.",
            proposal_id=proposal.id,
            status=proposal.status,
        )
    if review.sha256 != proposal.sha256:
        raise ReviewRefused(
            f"The review is of {review.sha256[:12]}, but proposal {proposal.id} holds {proposal.sha256[:12]}.",
            hint=f"Read it again with `lakehouse review show {proposal.id}`, then decide.",
            proposal_id=proposal.id,
            sha256=proposal.sha256,
        )
    if review.decision not in {"approved", "rejected"}:
        raise UsageInvalid(f"What waits is approved or rejected, not {review.decision}.", proposal_id=proposal.id)
    if review.decision == "approved":
        _supersede(connection, proposal, statuses=("approved",))
    connection.execute(REVIEWS.insert().values(values_of(review)))
    return _move(connection, proposal, "approved" if review.decision == "approved" else "rejected")


def replace(connection: sa.Connection, seen: Proposal, filed: Proposal, review: Review) -> Proposal:
    """Approve a person's own version in a proposal's place; one that waited is `edited` by it.

    Args:
        connection: in a write transaction.
        seen: the proposal as the person saw it.
        filed: their version.
        review: its approval, in their name.

    Raises:
        ReviewRefused: the proposal was decided meanwhile, or another one stands in its place.
    """
    now = get(connection, seen.id)
    if now.status != seen.status:
        raise ReviewRefused(
            f"Proposal {seen.id} of {seen.feed} is {now.status} by now{_by(connection, seen.id)}.",
            hint=f"Look at it again with `lakehouse review show {seen.id}`.",
            proposal_id=seen.id,
            status=now.status,
        )
    ours = {seen.id, filed.id}
    others = sa.select(_P.id).where(_P.feed == seen.feed, _P.kind == seen.kind, _P.id.not_in(ours))
    if (newer := connection.scalar(others.where(_P.status.in_(["proposed", "approved"])))) is not None:
        raise ReviewRefused(
            f"Proposal {seen.id} of {seen.feed} is not the newest: {newer} is to take its place.",
            hint=f"Edit that one: `lakehouse review show {newer}`.",
            proposal_id=seen.id,
            newer=newer,
        )
    if now.status == "proposed" and filed.id != seen.id:
        note = review.model_copy(update={"proposal_id": seen.id, "sha256": seen.sha256, "decision": "edited"})
        connection.execute(REVIEWS.insert().values(values_of(note)))
        _move(connection, now, "edited")
    propose(connection, filed)
    return decide(connection, review)


def activate(connection: sa.Connection, proposal: Proposal) -> None:
    """Put a proposal in force, in the merge that uses it; the one in force before is superseded.

    One that was approved meanwhile stays so: the next run uses it.
    """
    _supersede(connection, proposal, statuses=("active",))
    _move(connection, proposal, "active")


def close_impacts(connection: sa.Connection, feed: str) -> None:
    """Let no impact of a feed wait any longer: what would have come of publishing is moot where something else was."""
    waiting = (_P.feed == feed, _P.kind == "impact", _P.status == "proposed")
    connection.execute(PROPOSALS.update().where(*waiting).values(status="superseded"))


def _supersede(connection: sa.Connection, by: Proposal, *, statuses: tuple[ProposalStatus, ...]) -> None:
    others = (_P.feed == by.feed, _P.kind == by.kind, _P.id != by.id, _P.status.in_(statuses))
    connection.execute(PROPOSALS.update().where(*others).values(status="superseded"))


def _move(connection: sa.Connection, proposal: Proposal, status: ProposalStatus) -> Proposal:
    connection.execute(PROPOSALS.update().where(_P.id == proposal.id).values(status=status))
    return proposal.model_copy(update={"status": status})


def _by(connection: sa.Connection, proposal_id: str) -> str:
    name = approver(connection, proposal_id)
    return f", decided by {name}" if name else ""


def approver(connection: sa.Connection, proposal_id: str) -> str:
    """Return who decided on a proposal last, a person or `policy:<name>`; empty where nobody did."""
    last = sa.select(REVIEWS.c.by).where(REVIEWS.c.proposal_id == proposal_id).order_by(REVIEWS.c.seq.desc()).limit(1)
    return connection.scalar(last) or ""
