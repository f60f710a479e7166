"""What publishing would do to core if what waits were approved: folded aside, nothing is written to the lake."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.contracts.tables import bronze_name, ingest_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import EngineFailed, GuardRefused
from agentic_lakehouse.pipeline import impact_review
from agentic_lakehouse.pipeline.conform import relation, run_facts, slice_of
from agentic_lakehouse.pipeline.fold import Sources, fold
from agentic_lakehouse.pipeline.impact import measure, nothing
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposals import mapping_of


def impact_of(house: Lakehouse, proposal: Proposal) -> Impact | None:
    """Return what an impact proposal holds; for a mapping that waits, measure it.

    Returns:
        `None` for a spec, for what is decided, and for a mapping that cannot run as it stands.
    """
    if proposal.kind == "impact":
        return impact_review.impact_of(proposal)
    feed = Feed.parse(proposal.feed)
    if proposal.kind != "mapping" or proposal.status != "proposed" or not house.has_work(feed):
        return None
    try:
        return _measured(house, feed, proposal)
    except (EngineFailed, GuardRefused):
        return None


def _measured(house: Lakehouse, feed: Feed, proposal: Proposal) -> Impact:
    standard, mine, branch = house.standard_for(feed), slice_of(feed), house.lake.view(feed.branch)
    waiting = [d.delivery_id for d in house.lake.ledger.pending(feed)]
    since = next((commit.id for commit in house.lake.log(1, feed=feed)), "")
    with house.staging() as scratch:
        deliveries = house.deliveries_to_fold(feed, proposal)
        bad = relation(branch, ingest_errors_table(standard).name, scratch, **mine) if deliveries.full else None
        published = relation(house.lake.view(), standard.name, scratch, **mine)
        sources = Sources(
            bronze=relation(branch, bronze_name(standard, house.spec_in_force(feed)), scratch),
            current=published if deliveries.new is not None else None,
            bad=bad,
        )
        with house.engine.session([*sources.relations, published], scratch) as session:
            folded = fold(
                deliveries,
                sources,
                mapping=mapping_of(proposal),
                standard=standard,
                facts=run_facts(feed, house.facts(feed)),
                unseen=house.policy.unseen_value,
                run_id="",
                engine=session,
                staging=scratch,
            )
            if not published.files:
                return nothing(str(feed), waiting=waiting, since=since, new=folded.core.rows)
            staged = Relation(files=[folded.core.path], types=published.types)
            return measure(
                published,
                staged,
                feed=str(feed),
                standard=standard,
                engine=session,
                waiting=waiting,
                since=since,
            )
