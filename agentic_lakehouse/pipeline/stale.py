"""Whether what a proposal was made of is still what there is."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.pipeline.impact_review import situation
from agentic_lakehouse.pipeline.standing import Standing
from agentic_lakehouse.pipeline.work import runnable_mapping


def changed_inputs(house: Standing, proposal: Proposal) -> list[str]:
    """Return what has changed since a proposal was made, one line each; empty where it is of today.

    A spec follows from its file alone, which is kept: it is never stale.
    """
    feed = Feed.parse(proposal.feed)
    if proposal.kind == "mapping":
        shape, standard, facts = house.spec_in_force(feed).shape_sha256, house.standard, house.facts(feed)
        made_of = [
            ("the feed's columns are others by now", proposal.shape_sha256, shape),
            (f"the standard is another by now ({standard.label})", proposal.standard_sha256, standard.sha256),
            ("what we know of the vendor has changed", proposal.facts_sha256, facts.judgement_sha256),
        ]
        return [why for why, then, today in made_of if then and then != today]
    if proposal.kind == "impact":
        mapping = runnable_mapping(house.lake, feed)
        fold = house.fold_in_force(feed, mapping.sha256) if mapping else ""
        waiting = [d.delivery_id for d in house.lake.ledger.pending(feed)]
        if situation(waiting, fold) != proposal.shape_sha256:
            return ["deliveries, mapping, rules or facts have changed since it was measured"]
    return []
