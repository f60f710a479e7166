"""All that a reviewer is shown of one proposal, and what waits: read off the lake as it stands, writing nothing."""

from __future__ import annotations

from agentic_lakehouse.contracts.dossier import Decided, Docket, Dossier, Summary
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.errors import LakehouseError, StepOutOfOrder
from agentic_lakehouse.pipeline.impact_review import impact_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.mapping_view import mapping_view
from agentic_lakehouse.pipeline.proposals import mapping_of, spec_of
from agentic_lakehouse.pipeline.spec_view import spec_view
from agentic_lakehouse.pipeline.stale import changed_inputs

POLICY = "policy:"
"""Beginning of the names under which policies decide."""
LATELY = 15
"""Decisions that are shown beside what waits."""


def docket(house: Lakehouse) -> Docket:
    """Tell what waits and what was decided lately."""
    governance = house.lake.governance
    proposals = {p.id: p for p in governance.proposals()}
    waiting = sorted((p for p in proposals.values() if p.status == "proposed"), key=lambda p: p.created_at)
    reviews = [r for r in reversed(governance.reviews()) if r.proposal_id in proposals]
    by_people = [r for r in reviews if not r.by.startswith(POLICY)]
    by_policies = [r for r in reviews if r.by.startswith(POLICY)]
    return Docket(
        waiting=tuple(_summary(p) for p in waiting),
        decided=tuple(_decided(r, proposals[r.proposal_id]) for r in by_people[:LATELY]),
        let_pass=tuple(_decided(r, proposals[r.proposal_id]) for r in by_policies[:LATELY]),
    )


def _decided(review: Review, proposal: Proposal) -> Decided:
    told = {"decision": review.decision, "by": review.by, "note": review.note, "at": review.created_at}
    return Decided.model_validate({"proposal": _summary(proposal), **told})


def dossier(house: Lakehouse, proposal_id: str) -> Dossier:
    """Tell all that bears on a proposal, decided or not.

    Raises:
        UsageInvalid: there is no such proposal.
    """
    governance = house.lake.governance
    proposal = governance.proposal(proposal_id)
    current = governance.approved_or_active(Feed.parse(proposal.feed), proposal.kind)
    before = current if current is not None and current.id != proposal.id else None
    told = Dossier(
        summary=_summary(proposal),
        sha256=proposal.sha256,
        content=proposal.content,
        parent=proposal.parent,
        in_force=before.id if before else "",
        reviews=tuple(governance.reviews(proposal.id)),
    )
    tellers = {"mapping": _of_mapping, "spec": _of_spec, "impact": _of_impact}
    told = tellers[proposal.kind](house, proposal, before, told)
    return told.model_copy(update={"stale": _stale(house, proposal)}) if proposal.status == "proposed" else told


def _stale(house: Lakehouse, proposal: Proposal) -> tuple[str, ...]:
    try:
        return tuple(changed_inputs(house, proposal))
    except StepOutOfOrder as error:
        return (error.message,)


def _of_mapping(house: Lakehouse, proposal: Proposal, before: Proposal | None, told: Dossier) -> Dossier:
    feed = Feed.parse(proposal.feed)
    mapping, old = mapping_of(proposal), mapping_of(before) if before else None
    try:
        spec = _spec_for(house, feed, proposal)
        view, caveats = mapping_view(house, spec, mapping, old)
    except StepOutOfOrder as error:
        return told.model_copy(update={"caveats": (error.message,)})
    return told.model_copy(update={"mapping": view, "caveats": caveats})


def _spec_for(house: Lakehouse, feed: Feed, proposal: Proposal) -> FeedSpec:
    """Return the newest spec of the shape that a mapping was made for, else the one in force.

    Raises:
        StepOutOfOrder: the feed has neither.
    """
    specs = [spec_of(p) for p in house.lake.governance.proposals(feed, kind="spec")]
    fitting = [spec for spec in specs if spec.shape_sha256 == proposal.shape_sha256]
    return fitting[-1] if fitting else house.spec_in_force(feed)


def _of_spec(house: Lakehouse, proposal: Proposal, before: Proposal | None, told: Dossier) -> Dossier:
    spec, old = spec_of(proposal), spec_of(before) if before else None
    measured, caveats = _measured(house, spec)
    return told.model_copy(update={"spec": spec_view(spec, old, measured), "caveats": caveats})


def _measured(house: Lakehouse, spec: FeedSpec) -> tuple[FeedProfile | None, tuple[str, ...]]:
    """Measure the newest delivery that has the columns of a spec; tell why where it cannot be."""
    try:
        measured = house.newest_profile(spec.feed)
    except LakehouseError as error:  # the bytes may be gone, damaged or out of reach: the claims are shown all the same
        return None, (f"No cells are shown: {error.message}",)
    if not {c.source_name for c in spec.columns} & set(measured.source_names):
        return None, ("No cells are shown: the newest delivery has other columns.",)
    return measured, ()


def _of_impact(house: Lakehouse, proposal: Proposal, before: Proposal | None, told: Dossier) -> Dossier:
    del house, before  # an impact says all of itself
    return told.model_copy(update={"impact": impact_of(proposal)})


def _summary(proposal: Proposal) -> Summary:
    return Summary.model_validate(proposal.model_dump(include=set(Summary.model_fields)))
