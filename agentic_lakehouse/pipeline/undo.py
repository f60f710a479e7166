"""Taking a wrong approval back, with all that came of it.

What it taught counts no more. Its mapping, and those of other feeds that were proposed with its help, stand no more:
the next run of each feed proposes anew, without it. Core is a function of bronze and mapping, so a slice is mended by
being folded under the new mapping; until that is approved, what was published stands, and can be rolled back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.review import Reviewer, require_person, require_token

DECIDED = frozenset({"approved", "active", "superseded"})


def came_of(house: Lakehouse, wrong: Proposal) -> list[Proposal]:
    """Return the mappings that were made with the help of an approval, directly or through another, oldest first."""
    mappings = house.lake.governance.proposals(kind="mapping")
    reached, found = {wrong.id}, list[Proposal]()
    for proposal in mappings:  # oldest first: what a mapping was learned from stands before it
        if proposal.id not in reached and (reached & {*proposal.learned_from, proposal.parent}):
            reached.add(proposal.id)
            found.append(proposal)
    return found


def undo(house: Lakehouse, proposal_id: str, *, by: Reviewer, note: str = "") -> Sequence[Proposal]:
    """Take a wrong approval of a mapping back.

    Args:
        house: the lakehouse.
        proposal_id: mapping that was approved.
        by: who says that it was wrong.
        note: why.

    Returns:
        The mapping and those that came of it, as they stand now.

    Raises:
        UsageInvalid: there is no such proposal.
        ReviewRefused: it is no mapping that was approved, or the reviewer may not decide.
    """
    require_token(house, by.token)
    require_person(house, by.name)
    governance = house.lake.governance
    wrong = governance.proposal(proposal_id)
    if wrong.kind != "mapping" or wrong.status not in DECIDED or not governance.reviews(wrong.id):
        raise ReviewRefused(
            f"{wrong.id} of {wrong.feed} is a {wrong.status} {wrong.kind}: only an approved mapping can be undone.",
            hint="Mappings are listed by `lakehouse review list --all`.",
            proposal_id=wrong.id,
            status=wrong.status,
        )
    undone = [wrong, *came_of(house, wrong)]
    review = Review(
        proposal_id=wrong.id,
        sha256=wrong.sha256,
        decision="undone",
        by=by.name,
        note=note or f"with {wrong.id}",
        created_at=datetime.now(UTC),
    )
    house.lake.precedents.undo(undone, review)
    return [governance.proposal(p.id) for p in undone]
