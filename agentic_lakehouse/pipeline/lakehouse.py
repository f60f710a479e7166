"""The lakehouse as one object: the steps as methods.

A step can be run by anyone who names the feed and the run. It continues the feed's branch, where the
step it needs stands recorded with the same inputs, or refuses; what it did is in its outcome, in the
run's row of `governance.runs`, and on the branch. Only `publish` changes main.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pyarrow as pa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.rules_in_force import periods
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_name, bronze_table, mapping_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.pipeline.audit import BRONZE_CHECKS, staged_check_names
from agentic_lakehouse.pipeline.auditing import Auditing
from agentic_lakehouse.pipeline.conform import conform, relation, slice_of
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.ingest import ingest
from agentic_lakehouse.pipeline.map import mapped_from, propose, runnable, waiting
from agentic_lakehouse.pipeline.outcomes import (
    Conformed,
    Described,
    Ingested,
    Mapped,
    Published,
    Received,
)
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.query import query
from agentic_lakehouse.pipeline.receive import receive
from agentic_lakehouse.pipeline.remap import Remapping
from agentic_lakehouse.pipeline.unseen import unseen


class Lakehouse(Auditing):
    """Vendor files in, an audited core table out."""

    def query(self, sql: str, *, branch: str = "main", at: str | None = None, limit: int | None = None) -> pa.Table:
        """Run one read-only `SELECT` over the lake and `governance.*`.

        Raises:
            GuardRefused: it is more than one read-only query over tables of the lake.
            EngineFailed: it does not bind or run.
        """
        with self.staging() as scratch:
            return query(
                sql,
                view=self.lake.view(branch, at=at),
                governance=self.lake.governance,
                engine=self.engine,
                staging=scratch,
                limit=limit,
            )

    def receive(self, feed: Feed, run_id: str) -> Received:
        """Begin the feed's branch at main, keep the bytes of new files, and enter them in the ledger."""
        self.note_policies()
        work = self.work(feed)
        begin = partial(self.lake.begin, feed, run_id, lease_seconds=self.policy.lease_seconds)
        with self._told(feed, run_id, begin) as (branch, log):
            log.note(work_sha256=work.sha256 if work else "", attempt=work.attempt if work else 1)
            received = receive(feed, zone=self.zone, ledger=self.lake.ledger, raw_root=self.raw_root)
            received = replace(received, rebuild=bool(work) and self.fold_changed(feed))
            if received.has_work:
                log.note(files=len(received.pending))
                branch.record_step("receive", self.inputs(feed))
            else:
                still = ", ".join(received.unsettled)
                log.note(status="unchanged", reason=f"still being written: {still}" if still else "")
                self.lake.abandon(branch.name)
                self.lake.governance.close_impacts(feed)
        return received

    def describe(self, feed: Feed, run_id: str) -> Described:
        """Give each pending delivery the spec it is read under, asking the brain only for a new shape."""
        with self._step(feed, run_id, "describe", after="receive") as (branch, log):
            types = self.bronze_types(feed, branch)
            found = []
            for delivery in self.lake.ledger.pending(feed):
                again = delivery.replay and not delivery.redo
                known = self.spec_as_now(feed, delivery) if again else self.spec_for(feed, delivery, run_id, types)
                found.append(known)
                types |= bronze_table(self.standard, found[-1].spec).types
            calls = tuple(call for described in found for call in described.calls)
            log.count()
            if not found:
                return Described((self.spec_in_force(feed),), ())
        warnings = tuple(dict.fromkeys(warning for d in found for warning in d.warnings))
        return Described(tuple(d.spec for d in found), calls, warnings)

    def ingest(self, feed: Feed, run_id: str) -> Ingested:
        """Load pending deliveries into bronze on the branch, bad rows into `ingest_errors`."""
        with self._step(feed, run_id, "ingest", after="describe") as (branch, log), self.staging() as scratch:
            pending = self.lake.ledger.pending(feed)
            done = ingest(
                [(d, self.spec_of(feed, d)) for d in pending],
                self.spec_in_force(feed),
                standard=self.standard,
                policy=self.policy,
                engine=self.engine,
                branch=branch,
                ledger=self.lake.ledger,
                run_id=run_id,
                staging=scratch,
                mend=partial(self.mended_spec, feed, branch),
            )
            log.note(rows_in=done.rows_in, bronze_rows=done.bronze_rows, error_rows=done.error_rows)
            self.tell_drifts(feed, self.drifts(feed, branch))
        return done

    def map(self, feed: Feed, run_id: str, *, renew: bool = False) -> Mapped:
        """Find the mapping that still fits, else the one that waits, else have one proposed and judged."""
        with self._step(feed, run_id, "map", after="ingest") as (branch, log):
            mapped = self._map(feed, run_id, branch, renew=renew)
            log.count()
            if not mapped.may_run:
                log.note(status="awaiting_review", reason="; ".join(mapped.reasons))
        if not mapped.may_run:
            branch.release()
        return mapped

    def _map(self, feed: Feed, run_id: str, branch: Branch, *, renew: bool) -> Mapped:
        spec, governance = self.spec_in_force(feed), self.lake.governance
        proposals = governance.proposals(feed, kind="mapping")
        found = runnable(proposals, spec=spec, standard=self.standard) or waiting(
            proposals, spec=spec, standard=self.standard, facts=self.facts(feed)
        )
        changes = self.changes_to_review(feed, branch)
        unseen = self.unseen_changes(feed, changes, proposals)
        stands = found is not None and (found.status not in {"approved", "active"} or not unseen)
        if found is not None and stands and not renew:
            return mapped_from(found, spec)
        before, learned = None if renew else self.mapping_before(feed), self.learned(feed)
        with self.staging() as scratch, ExitStack() as trials:

            @cache
            def dry_run() -> DryRun:
                bronze = relation(branch, bronze_name(self.standard, spec), scratch)
                return trials.enter_context(self.dry_run(spec, bronze, scratch, standard=learned.standard))

            if before is not None:
                return Remapping(
                    before=before,
                    spec=spec,
                    changes=changes,
                    unseen=unseen,
                    learned=learned,
                    facts=self.facts(feed),
                    policy=self.policy,
                    brain=self.brain,
                    governance=governance,
                    run_id=run_id,
                ).propose(lambda: self.newest_profile(feed), dry_run)
            return propose(
                self.newest_profile(feed),
                spec,
                learned=learned,
                facts=self.facts(feed),
                policy=self.policy,
                brain=self.brain,
                governance=governance,
                dry_run=dry_run(),
                run_id=run_id,
            )

    @contextmanager
    def dry_run(
        self, spec: FeedSpec, bronze: Relation, scratch: Path, *, standard: ProductStandard | None = None
    ) -> Iterator[DryRun]:
        """Give a trial of mappings on the first rows of `bronze`, for as long as the `with` lasts."""
        with self.engine.session([bronze], scratch) as engine:
            yield DryRun(
                spec,
                bronze,
                standard=standard or self.standard_for(spec.feed),
                facts=self.facts(spec.feed),
                unseen=self.policy.unseen_value,
                engine=engine,
                scratch=scratch,
            )

    def conform(self, feed: Feed, run_id: str) -> Conformed | None:
        """Fold bronze into the feed's slice of core on the branch; `None` where no mapping is approved yet."""
        approved = self.mapping_in_force(feed)
        if approved is None:
            return None
        with self._step(feed, run_id, "conform", after="map") as (branch, log), self.staging() as scratch:
            standard = self.standard_for(feed)
            self._note_rules(standard)
            done = conform(
                feed,
                mapping_of(approved),
                bronze_name(self.standard, self.spec_in_force(feed)),
                deliveries=self.deliveries_to_fold(feed, approved),
                standard=standard,
                facts=self.facts(feed),
                unseen=self.policy.unseen_value,
                engine=self.engine,
                branch=branch,
                run_id=run_id,
                staging=scratch,
            )
            log.note(core_rows=done.core_rows, mapping_error_rows=done.rejected_rows)
            unseen_words = self._notice(feed, approved, branch, run_id, scratch)
            self.close_mapped(feed, approved)
            log.count()
        return replace(done, unseen_words=unseen_words, rule_sets=standard.rule_sets)

    def _note_rules(self, standard: ProductStandard) -> None:
        """Let governance know every version that rows may be conformed under, before one is."""
        for period in periods(standard.rule_sets):
            if period.sets:
                self.lake.policies.note_in_force(period.sets)

    def _notice(self, feed: Feed, mapping: Proposal, branch: Branch, run_id: str, scratch: Path) -> int:
        """Let words that the mapping does not know wait in the inbox; return how many there are."""
        spec, faults = self.spec_in_force(feed), mapping_errors_table(self.standard).name
        columns = branch.schema(bronze_name(self.standard, spec))
        inbox = unseen(mapping, spec, self.lake.governance, standard=self.standard, columns=columns)
        words = inbox.read(relation(branch, faults, scratch, **slice_of(feed)), self.engine)
        inbox.suggest(lambda: self.brain, run_id)
        return words

    def publish(self, feed: Feed, run_id: str) -> Published:
        """Merge the feed's branch into main, if its audit and its mapping's approval stand recorded."""
        with self._look(feed, run_id, after="conform") as (branch, log):
            pending = self.lake.ledger.pending(feed)
            commit = self.lake.publish(
                branch,
                author=f"run:{run_id}",
                message=f"publish {feed}: {len(pending)} deliver{'y' if len(pending) == 1 else 'ies'}",
                deliveries=[d.delivery_id for d in pending],
                recheck=partial(self._recheck, feed),
                demands={"bronze": BRONZE_CHECKS, "staged": staged_check_names(self.standard_for(feed))},
            )
            log.note(status="published", reason="", errors=(), commit=commit)
        return Published(commit, tuple(d.delivery_id for d in pending))
