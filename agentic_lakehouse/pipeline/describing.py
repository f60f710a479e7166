"""Which spec each delivery is read under: a known one, a new one, or one that the whole file mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.engines.base import Loaded
from agentic_lakehouse.feeds.keep import local_copy
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.pipeline.describe import describe, known_spec
from agentic_lakehouse.pipeline.outcomes import Described
from agentic_lakehouse.pipeline.proposals import by_standing, decide_by_policy, spec_of, spec_proposal
from agentic_lakehouse.pipeline.retest import retested, with_new_columns
from agentic_lakehouse.pipeline.retype import named_apart
from agentic_lakehouse.pipeline.upkeep import Upkeep

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer


class Describing(Upkeep):
    """Finds specs, has them proposed, and files them."""

    def spec_for(self, feed: Feed, delivery: Delivery, run_id: str, types: Mapping[str, str]) -> Described:
        """Return the spec a delivery is read under; the brain is asked only where no spec of the feed fits.

        Args:
            feed: whose delivery it is.
            delivery: its bytes are kept.
            run_id: for the journal.
            types: bronze columns as they stand, which a new spec must not contradict.
        """
        governance = self.lake.governance
        known = by_standing(governance.proposals(feed, kind="spec"))
        spec = answer = None
        warnings: tuple[str, ...] = ()
        if known:
            with self.staging() as scratch:
                path = local_copy(delivery.raw_uri, scratch, name=delivery.path, byte_size=delivery.byte_size)
                spec = known_spec(path, name=delivery.path, specs=[spec_of(p) for p in known])
        if spec is None:
            measured = self.profile_of(delivery, feed)
            warnings = tuple(f"{name!r}: {text}" for name, told in measured.warnings.items() for text in told)
            answer = describe(measured, feed=feed, facts=self.facts(feed), brain=self.brain, run_id=run_id)
            spec = named_apart(answer.value, types)
        self._settle(feed, delivery, spec, answer)
        return Described((spec,), answer.calls if answer else (), warnings)

    def spec_as_now(self, feed: Feed, delivery: Delivery) -> Described:
        """Return the spec that kept bad rows of a delivery are run again under."""
        spec = self.spec_now(feed, delivery)
        self.lake.ledger.described(feed, delivery.delivery_id, spec_sha256=spec.sha256)
        return Described((spec,), ())

    def _settle(self, feed: Feed, delivery: Delivery, spec: FeedSpec, answer: Answer[FeedSpec] | None = None) -> None:
        """Say under which spec a delivery is read; one that is new is proposed, and decided on by the policy."""
        governance = self.lake.governance
        if spec.sha256 not in {p.sha256 for p in by_standing(governance.proposals(feed, kind="spec"))}:
            proposal = spec_proposal(feed, spec, shape_sha256=spec.shape_sha256, answer=answer)
            decide_by_policy(governance, governance.propose(proposal), policy=self.policy)
        self.lake.ledger.described(feed, delivery.delivery_id, spec_sha256=spec.sha256)

    def mended_spec(self, feed: Feed, branch: Branch, delivery: Delivery, loaded: Loaded) -> FeedSpec | None:
        """Return the spec to read a delivery under instead; `None` where the one it was read under stands.

        The whole file refutes what a sample of it told, or holds columns that no record of before had.
        """
        spec = found = self.spec_of(feed, delivery)
        if self.is_first_under_its_spec(feed, delivery) and self.profile_of(delivery, feed).is_sample:
            table, share = bronze_table(self.standard, spec), self.policy.max_error_share
            found = retested(spec, loaded, table=table, engine=self.engine, key_share=share)
        found = with_new_columns(found, loaded)
        if found == spec:
            return None
        found = named_apart(found, self.bronze_types(feed, branch))
        self._settle(feed, delivery, found)
        return found
