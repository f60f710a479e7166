"""Between contracts and governance: a spec or mapping as a proposal, and the policy's decision on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal, ProposalKind, Review
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.lake.governance import Governance

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer


def proposal_id(kind: ProposalKind, feed: Feed, sha256: str) -> str:
    """Return the id of a proposal of that content."""
    return f"{kind}-{sha256_of([str(feed), sha256])[:12]}"


def spec_proposal(feed: Feed, spec: FeedSpec, *, shape_sha256: str, answer: Answer[FeedSpec] | None) -> Proposal:
    """Make a spec's proposal; `answer` is the brain's, or `None` where only the dialect changed."""
    return Proposal(
        id=proposal_id("spec", feed, spec.sha256),
        feed=str(feed),
        kind="spec",
        status="proposed",
        sha256=spec.sha256,
        content=spec.model_dump(mode="json"),
        shape_sha256=shape_sha256,
        model=answer.model_version if answer else "",
        call_id=answer.calls[-1].id if answer and answer.calls else None,
        created_at=datetime.now(UTC),
    )


def mapping_proposal(
    feed: Feed,
    mapping: Mapping,
    *,
    spec: FeedSpec,
    standard: ProductStandard,
    facts: VendorFacts,
    answer: Answer[Mapping],
) -> Proposal:
    """Make a mapping's proposal."""
    return Proposal(
        id=proposal_id("mapping", feed, mapping.sha256),
        feed=str(feed),
        kind="mapping",
        status="proposed",
        sha256=mapping.sha256,
        content=mapping.model_dump(mode="json"),
        shape_sha256=spec.shape_sha256,
        standard_sha256=standard.sha256,
        facts_sha256=facts.judgement_sha256,
        model=answer.model_version,
        call_id=answer.calls[-1].id if answer.calls else None,
        created_at=datetime.now(UTC),
    )


def spec_of(proposal: Proposal) -> FeedSpec:
    """Read a spec proposal's content."""
    return FeedSpec.model_validate(proposal.content)


def mapping_of(proposal: Proposal) -> Mapping:
    """Read a mapping proposal's content."""
    return Mapping.model_validate(proposal.content)


def by_standing(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Return those that may be used: approved before active before superseded, newer before older."""
    ranks = {"approved": 0, "active": 1, "superseded": 2}
    newest_first = sorted(proposals, key=lambda p: p.created_at, reverse=True)
    return sorted((p for p in newest_first if p.status in ranks), key=lambda p: ranks[p.status])


def turned_away(governance: Governance, proposal_id: str) -> list[str]:
    """Return that a person last rejected, edited or undid a proposal, in one line; empty where nobody did."""
    last = governance.reviews(proposal_id)[-1:]
    return [f"{r.by} turned away from just this before ({r.decision})" for r in last if r.decision != "approved"]


def decide_by_policy(
    governance: Governance, proposal: Proposal, *, policy: Policy, reasons: Sequence[str] = ()
) -> Proposal:
    """Approve a proposed contract in the policy's name, unless there are reasons for a person to look.

    What a person turned away from, be it by a rollback, is for a person to approve.
    """
    if proposal.status != "proposed" or reasons or turned_away(governance, proposal.id):
        return proposal
    governance.decide(
        Review(
            proposal_id=proposal.id,
            sha256=proposal.sha256,
            decision="approved",
            by=f"policy:{policy.name}",
            note="every claim was re-tested" if proposal.kind == "spec" else "every bar of the policy is met",
            created_at=datetime.now(UTC),
        )
    )
    return governance.proposal(proposal.id)
