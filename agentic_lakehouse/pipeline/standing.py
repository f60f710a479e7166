"""How a feed stands: the spec and mapping in force, what waits, and what there is to do. Writes nothing."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery, FeedRun, Proposal
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.errors import StepOutOfOrder
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import slice_of
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.impact_review import at_issue
from agentic_lakehouse.pipeline.learning import Learned, language_of
from agentic_lakehouse.pipeline.map import runnable, waiting
from agentic_lakehouse.pipeline.parts import Parts
from agentic_lakehouse.pipeline.proposals import by_standing, mapping_of
from agentic_lakehouse.pipeline.proposals import spec_of as read_spec
from agentic_lakehouse.pipeline.runlog import RunLog
from agentic_lakehouse.pipeline.work import Work, fold_is_new, fold_sha256, runnable_mapping, was_folded, work_for


class Standing(Parts):
    """Questions about one feed, answered from the landing zone, the ledger and governance."""

    def work(self, feed: Feed) -> Work | None:
        """Return what there is to do for `feed`, or `None`; reads no file."""
        return work_for(
            feed,
            zone=self.zone,
            lake=self.lake,
            standard=self.standard,
            rule_sets=self.rules(feed),
            policy=self.policy,
            facts=self.facts(feed),
        )

    def has_work(self, feed: Feed) -> bool:
        """Whether a branch stands on which a run of this feed goes on."""
        return any(info.name == feed.branch for info in self.lake.branches())

    def undecided(self, feed: Feed) -> Proposal | None:
        """Return the mapping or impact that waits for a person, or `None`."""
        if (impact := self.undecided_impact(feed)) is not None:
            return impact
        spec = self.spec_in_force(feed)
        proposals = self.lake.governance.proposals(feed, kind="mapping")
        if runnable(proposals, spec=spec, standard=self.standard) is not None:
            return None
        return waiting(proposals, spec=spec, standard=self.standard, facts=self.facts(feed))

    def undecided_impact(self, feed: Feed) -> Proposal | None:
        """Return the impact that the feed's last run came to wait for and that nobody approved, or `None`."""
        mapping = runnable_mapping(self.lake, feed)
        impact = at_issue(self.lake, feed, self.fold_in_force(feed, mapping.sha256)) if mapping else None
        return impact if impact is not None and impact.status != "approved" else None

    def learned(self, feed: Feed) -> Learned:
        """Return the standard with what people decided on for other vendors of the feed's language."""
        language = language_of(self.facts(feed))
        return Learned(self.standard, self.lake.precedents.of_standard(self.standard.name, language=language))

    def mapping_line(self, feed: Feed) -> tuple[Mapping, FeedSpec]:
        """Return the mapping in force and the spec that it reads."""
        proposal = self.mapping_in_force(feed)
        if proposal is None:
            raise StepOutOfOrder(
                f"{feed} has no approved mapping.", hint=f"See `lakehouse review list`, then run {feed}."
            )
        return mapping_of(proposal), self.spec_in_force(feed)

    def slice_rows(self, feed: Feed, ref: str = "main") -> int:
        """Return how many rows of the core table are the feed's."""
        return self.lake.view(ref).row_count(self.standard.name, **slice_of(feed))

    def result(self, feed: Feed, run_id: str) -> FeedRun:
        """Return a run's line of the report."""
        return RunLog(self.lake.governance, feed, run_id).row

    def fold_changed(self, feed: Feed) -> bool:
        """Whether the slice on main was folded under another mapping, standard, policy or vendor facts."""
        mapping = runnable_mapping(self.lake, feed)
        if mapping is None:
            return was_folded(self.lake, feed)
        return fold_is_new(self.lake, feed, self.fold_in_force(feed, mapping.sha256))

    def fold_in_force(self, feed: Feed, mapping_sha256: str) -> str:
        """Return the identity of what the feed's slice would be folded under."""
        return fold_sha256(mapping_sha256, standard=self.standard_for(feed), policy=self.policy, facts=self.facts(feed))

    def spec_in_force(self, feed: Feed) -> FeedSpec:
        """Return the spec of the newest delivery that was described, pending or published."""
        return self.spec_of(feed, self._described(feed)[-1])

    def _described(self, feed: Feed) -> list[Delivery]:
        standing = [d for d in self.lake.ledger.deliveries(feed) if d.redo or d.status != "withdrawn"]
        described = [d for d in standing if d.spec_sha256]
        if not described:
            raise StepOutOfOrder(
                f"{feed} has no described delivery.",
                hint=f"Run the feed from its start: `lakehouse run --feed {feed}`.",
            )
        return described

    def is_first_under_its_spec(self, feed: Feed, delivery: Delivery) -> bool:
        """Whether no other delivery of the feed was loaded under the spec of this one, and no person approved it."""
        proposals = self.lake.governance.proposals(feed, kind="spec")
        approver = self.lake.governance.approver(next(p.id for p in proposals if p.sha256 == delivery.spec_sha256))
        others = (d for d in self.lake.ledger.deliveries(feed) if d.delivery_id != delivery.delivery_id)
        loaded = any(d.spec_sha256 == delivery.spec_sha256 and d.rows_in is not None for d in others)
        return not loaded and approver.startswith("policy:")

    def bronze_types(self, feed: Feed, view: View) -> dict[str, str]:
        """Return the columns and types of the feed's bronze table in a view; none before its first delivery."""
        table = f"{self.standard.raw_namespace}.{feed.table}"
        return view.schema(table) if view.exists(table) else {}

    def newest_profile(self, feed: Feed) -> FeedProfile:
        """Measure the newest described delivery."""
        return self.profile_of(self._described(feed)[-1], feed)

    def spec_of(self, feed: Feed, delivery: Delivery) -> FeedSpec:
        """Return the spec that a described delivery is read under."""
        proposals = self.lake.governance.proposals(feed, kind="spec")
        return next(read_spec(p) for p in proposals if p.sha256 == delivery.spec_sha256)

    def spec_now(self, feed: Feed, delivery: Delivery) -> FeedSpec:
        """Return the spec that bad rows of a described delivery are run again under.

        It is the one that the delivery would be read under if it came today, told without its bytes: the newest
        approved one for the same kind of file with the same columns.
        """
        own = self.spec_of(feed, delivery)
        columns = {c.source_name for c in own.columns}
        known = map(read_spec, by_standing(self.lake.governance.proposals(feed, kind="spec")))
        fitting = (
            s for s in known if s.format.kind == own.format.kind and {c.source_name for c in s.columns} == columns
        )
        return next(fitting, own)

    def mapping_in_force(self, feed: Feed) -> Proposal | None:
        """Return the approved or active mapping that fits the feed as it is now, or `None`."""
        proposals = self.lake.governance.proposals(feed, kind="mapping")
        return runnable(proposals, spec=self.spec_in_force(feed), standard=self.standard)

    def deliveries_to_fold(self, feed: Feed, mapping: Proposal) -> Deliveries:
        """Return the deliveries to fold into the slice as it stands, or that all of bronze is to be folded anew."""
        waiting = self.lake.ledger.pending(feed)
        published = [d for d in self.lake.ledger.deliveries(feed, "published") if not d.is_asked_for]
        new = tuple(d.delivery_id for d in waiting)
        # What is done again, or comes late, may give up rows that older ones must stand in for.
        late = any(
            d.is_asked_for or d.delivery_id < max((p.delivery_id for p in published), default="") for d in waiting
        )
        anew = late or self.lake.published_fold(feed) != self.fold_in_force(feed, mapping.sha256)
        everything = sorted(new + tuple(p.delivery_id for p in published)) if anew else new
        full = tuple(everything) if self.facts(feed).delivery == "full" else ()
        return Deliveries(new=None if anew else new, full=full)
