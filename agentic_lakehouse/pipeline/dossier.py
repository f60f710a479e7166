"""All that a reviewer is shown of one proposal, and what waits: read off the lake as it stands, writing nothing."""

from __future__ import annotations

from agentic_lakehouse.contracts.dossier import Decided, Docket, Dossier, Fact, Summary
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.errors import LakehouseError, StepOutOfOrder
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.mapping_view import mapping_view
from agentic_lakehouse.pipeline.proposals import mapping_of, spec_of
from agentic_lakehouse.pipeline.removal_review import removal_of
from agentic_lakehouse.pipeline.sampled import cut
from agentic_lakehouse.pipeline.spec_view import spec_view

ROWS = 10
"""Rows of a proposal about data that are shown."""
LATELY = 15
"""Decisions that are shown beside what waits."""


def docket(house: Lakehouse) -> Docket:
    """Tell what waits and what was decided lately."""
    governance = house.lake.governance
    proposals = {p.id: p for p in governance.proposals()}
    waiting = sorted((p for p in proposals.values() if p.status == "proposed"), key=lambda p: p.created_at)
    reviews = [r for r in reversed(governance.reviews()) if r.proposal_id in proposals][:LATELY]
    return Docket(
        waiting=tuple(_summary(p) for p in waiting),
        decided=tuple(
            Decided(
                proposal=_summary(proposals[r.proposal_id]), decision=r.decision, by=r.by, note=r.note, at=r.created_at
            )
            for r in reviews
        ),
    )


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
    tellers = {"mapping": _of_mapping, "spec": _of_spec, "removal": _of_removal}
    teller = tellers.get(proposal.kind)
    return told if teller is None else teller(house, proposal, before, told)


def _of_mapping(house: Lakehouse, proposal: Proposal, before: Proposal | None, told: Dossier) -> Dossier:
    feed = Feed.parse(proposal.feed)
    mapping, old = mapping_of(proposal), mapping_of(before) if before else None
    try:
        spec = _spec_for(house, feed, proposal)
        view, caveats = mapping_view(house, spec, mapping, old)
    except StepOutOfOrder as error:
        return told.model_copy(update={"caveats": (error.message,)})
    if proposal.standard_sha256 and proposal.standard_sha256 != house.standard.sha256:
        caveats = (*caveats, f"It was not made for the standard in force, {house.standard.label}.")
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


def _of_removal(house: Lakehouse, proposal: Proposal, before: Proposal | None, told: Dossier) -> Dossier:
    del house, before  # a removal says all of itself, and nothing is ever in force
    removal = removal_of(proposal)
    facts = (
        Fact(label="published keys", value=f"{removal.published:,}"),
        Fact(label="keys that would go", value=f"{removal.removed:,} ({removal.share:.1%})", notable=True),
        Fact(label="deliveries that lack them", value=", ".join(removal.deliveries) or "none: the rules changed"),
        Fact(label="since commit", value=removal.since),
    )
    rows = tuple({name: cut(value) or "" for name, value in row.items()} for row in removal.sample[:ROWS])
    return told.model_copy(update={"facts": facts, "rows": rows})


def _summary(proposal: Proposal) -> Summary:
    return Summary.model_validate(proposal.model_dump(include=set(Summary.model_fields)))
