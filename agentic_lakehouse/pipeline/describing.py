"""Which spec each delivery is read under: a known one, a new one, or one that the whole file mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.engines.base import Loaded
from agentic_lakehouse.feeds.keep import is_kept, local_copy
from agentic_lakehouse.feeds.sampling import DOCUMENTS
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.pipeline.describe import describe, known_spec
from agentic_lakehouse.pipeline.drift import compare, reordered
from agentic_lakehouse.pipeline.drifting import Drifting
from agentic_lakehouse.pipeline.outcomes import Described
from agentic_lakehouse.pipeline.proposals import by_standing, decide_by_policy, spec_of, spec_proposal
from agentic_lakehouse.pipeline.respec import Carried, carried, respecified
from agentic_lakehouse.pipeline.retest import retested, with_new_columns
from agentic_lakehouse.pipeline.retype import named_apart

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer
    from agentic_lakehouse.brain.renames import Renaming

MOSTLY = 0.5
"""Share of a column's values that no longer fit its type from which it is another column than it was. Below, it is the
same one with bad cells: more of them than the policy allows refuse the delivery."""


class Describing(Drifting):
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
                fitting = known_spec(path, name=delivery.path, specs=[spec_of(p) for p in known])
            if fitting is not None:
                spec, headers = fitting
                self._note_order(feed, delivery, spec, headers)
        if spec is None:
            measured = self.profile_of(delivery, feed)
            warnings = tuple(f"{name!r}: {text}" for name, told in measured.warnings.items() for text in told)
            base = self.spec_before(feed)
            if base is None:
                answer = describe(measured, feed=feed, facts=self.facts(feed), brain=self.brain, run_id=run_id)
                spec = answer.value
            else:
                spec, answer = self._described_anew(feed, delivery, base, measured, run_id)
            spec = named_apart(spec, types)
        self._settle(feed, delivery, spec, answer)
        return Described((spec,), answer.calls if answer else (), warnings)

    def _described_anew(
        self, feed: Feed, delivery: Delivery, base: FeedSpec, measured: FeedProfile, run_id: str
    ) -> tuple[FeedSpec, Answer[FeedSpec] | None]:
        """Return the spec of a file that no spec fits: of what is new, only what the mapping reads is asked about."""
        from agentic_lakehouse.brain.feed_specs import part_of
        from agentic_lakehouse.brain.settled import described_by_evidence

        renamed = self._renamed(feed, base, measured)
        found = carried(base, measured, renamed)
        by_evidence = described_by_evidence(measured, feed, self.facts(feed))
        columns = {c.source_name: c for c in by_evidence.columns}
        columns |= {name: columns[name].model_copy(update={"nullable": True}) for name in found.added}
        answer = None
        if asked := self._used(feed, base, found):
            answer = describe(
                part_of(measured, asked), feed=feed, facts=self.facts(feed), brain=self.brain, run_id=run_id
            )
            columns |= {c.source_name: c for c in answer.value.columns}
        new = [columns[name] for name in (*found.added, *found.retyped)]
        spec = respecified(base, measured, found, new, by_evidence)
        self.tell_renamings(feed, delivery, base, renamed)
        self._note_order(feed, delivery, base, measured.source_names)
        return spec, answer

    def _renamed(self, feed: Feed, base: FeedSpec, measured: FeedProfile) -> dict[str, Renaming]:
        """Return the columns that stand under another header; the file before is measured only where some may."""
        from agentic_lakehouse.brain.renames import renamings

        known, there = {c.source_name for c in base.columns}, set(measured.source_names)
        before = self.delivery_before(feed)
        if known <= there or there <= known or before is None:
            return {}
        if not is_kept(before.raw_uri, byte_size=before.byte_size):
            return {}  # a name alone is no evidence
        gone = [c for c in self.profile_of(before, feed).columns if c.source_name in known - there]
        found = renamings(gone, [c for c in measured.columns if c.source_name in there - known])
        # A column that would change its type, too, is another one.
        taken = carried(base, measured, found).kept
        return {name: renaming for name, renaming in found.items() if name in taken}

    def _used(self, feed: Feed, base: FeedSpec, found: Carried) -> list[str]:
        """Return the headers of retyped columns that the mapping in force reads, or that are of the key."""
        use = self.use_of(feed, base)
        return [name for name in found.retyped if use.of(name) or name in use.key]

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
        elif loaded.bad.rows > self.policy.max_error_share * loaded.rows:
            found = self._retyped(feed, delivery, spec)
        found = with_new_columns(found, loaded)
        if found == spec:
            return None
        found = named_apart(found, self.bronze_types(feed, branch))
        self._settle(feed, delivery, found)
        return found

    def _retyped(self, feed: Feed, delivery: Delivery, spec: FeedSpec) -> FeedSpec:
        """Return a spec for a file under whose headers other values stand than before; itself where these are bad.

        No model is asked: what is read, is read as measured. Text where something else stood is told, and refused with
        the delivery: nobody can tell it from cells that went wrong.
        """
        from agentic_lakehouse.brain.settled import described_by_evidence

        measured = self.profile_of(delivery, feed)
        found = carried(spec, measured, {})
        by_evidence = described_by_evidence(measured, feed, self.facts(feed))
        profiles = {c.source_name: c for c in measured.columns}
        told = {c.source_name: c for c in by_evidence.columns}
        others = [name for name in found.retyped if _is_another(spec.column(name), told[name], profiles[name])]
        # Where a column is the same one with bad cells, its claim stands, and refuses them.
        same = {name: claim for name in found.retyped if name not in others and (claim := spec.column(name))}
        if found.added or set(measured.source_names) != {c.source_name for c in spec.columns}:
            return spec
        kept = Carried({**found.kept, **same}, (), tuple(others))
        anew = respecified(spec, measured, kept, [told[name] for name in others], by_evidence)
        self.tell_change(feed, delivery, spec, tuple(compare(spec, anew, self.use_of(feed, spec))))
        read = {c.source_name: (c.type, c.format) for c in spec.columns}
        is_text = any(told[name].type == "string" for name in others)
        return spec if is_text or read == {c.source_name: (c.type, c.format) for c in anew.columns} else anew

    def _note_order(self, feed: Feed, delivery: Delivery, spec: FeedSpec, headers: Sequence[str]) -> None:
        """Tell that a file has its columns in another order; of documents, whose fields have none, nothing."""
        if spec.format.kind in DOCUMENTS or self.delivery_before(feed) is None:
            return
        if (change := reordered(spec, headers)) is not None:
            self.tell_change(feed, delivery, spec, (change,))


def _is_another(claim: ColumnSpec | None, told: ColumnSpec, column: ColumnProfile) -> bool:
    """Whether a column that no longer fits its claim holds something else now: values of another type, all in all."""
    values = column.rows - column.nulls
    fitting = max((e.matches for e in column.evidence if claim is not None and e.type == claim.type), default=0)
    return told.type != "string" or fitting < MOSTLY * values
