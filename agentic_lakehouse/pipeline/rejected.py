"""What a feed waits for whose proposal a person rejected."""

from __future__ import annotations

from agentic_lakehouse.contracts.governed import Proposal


def rejected(proposal: Proposal, by: str) -> str:
    """Say why a feed waits that no proposal waits for."""
    return f"its {proposal.kind} was rejected by {by}; {way_on(proposal)}"


def way_on(proposal: Proposal) -> str:
    """Say in half a sentence how a feed goes on after a proposal was rejected."""
    own = f"your own version (`lakehouse review edit {proposal.id} FILE`)"
    match proposal.kind:
        case "mapping":
            anew = f"another proposal (`lakehouse map {proposal.feed} --renew`)"
            return f"the feed waits for another delivery, {own} or {anew}"
        case "spec":
            return f"the feed waits for another delivery or {own}"
        case "impact":
            return "the feed waits for another delivery"
