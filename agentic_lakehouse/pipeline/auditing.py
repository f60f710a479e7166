"""Asks the checks of a feed's branch, and records what they found: `publish` trusts that record alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, CheckResult, Proposal
from agentic_lakehouse.contracts.tables import bronze_name
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.audit import Scope
from agentic_lakehouse.pipeline.audit_bronze import audit_bronze
from agentic_lakehouse.pipeline.audit_staged import audit_staged
from agentic_lakehouse.pipeline.audit_table import audit_table
from agentic_lakehouse.pipeline.impact_review import reviewed
from agentic_lakehouse.pipeline.outcomes import Audited
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.steps import Steps

Stage = Literal["bronze", "staged"]


class Auditing(Steps):
    """Audits what a run has made so far."""

    def audit(self, feed: Feed, run_id: str, stage: Stage) -> Audited:
        """Assert what contracts promise of the branch's tables, and record it with the branch's pointers."""
        after = "ingest" if stage == "bronze" else "conform"
        with self._look(feed, run_id, after=after) as (branch, log), self.staging() as scratch:
            scope = Scope(feed, branch, self.standard_for(feed), self.policy, self.engine, scratch)
            spec = self.spec_in_force(feed)
            mapping = self.mapping_in_force(feed) if stage == "staged" else None
            if mapping is None:
                read = [(d, self.spec_of(feed, d)) for d in self.lake.ledger.pending(feed)]
                audited = Audited(stage, tuple(audit_bronze(scope, spec, read)))
            else:
                audited = self._audit_staged(scope, mapping, bronze_name(self.standard, spec))
            self._record(feed, run_id, branch, audited, mapping)
            if audited.waits:
                log.note(status="awaiting_review", reason=audited.waits.reason, errors=())
                branch.release()
            elif audited.failed:
                names = ", ".join(f"{r.name} ({r.count})" for r in audited.failed)
                hint = f"Hint: `lakehouse checks {feed}` says what was asserted, and what to do."
                log.note(status="failed", reason="audit", errors=(f"Checks failed on {feed.branch}: {names}.\n{hint}",))
                branch.release()
        return audited

    def _audit_staged(self, scope: Scope, mapping: Proposal, bronze: str) -> Audited:
        feed, governance = scope.feed, self.lake.governance
        staged = audit_staged(
            scope,
            mapping_of(mapping),
            bronze,
            deliveries=self.deliveries_to_fold(feed, mapping),
            facts=self.facts(feed),
            main=self.lake.view(),
            waiting=[d.delivery_id for d in self.lake.ledger.pending(feed)],
            since=next((commit.id for commit in self.lake.log(1, feed=feed)), ""),
            approved_by_person=not governance.approver(mapping.id).startswith("policy:"),
            inbox=governance.inbox(feed, "open"),
        )
        fold = self.fold_in_force(feed, mapping.sha256)
        results, waits = reviewed(
            staged.results, staged.impact, policy=self.policy, fold_sha256=fold, governance=governance
        )
        return Audited("staged", tuple(results), waits, staged.impact)

    def _record(self, feed: Feed, run_id: str, branch: Branch, audited: Audited, mapping: Proposal | None) -> None:
        self.lake.governance.record_audit(
            Audit(
                feed=str(feed),
                run_id=run_id,
                stage=audited.stage,
                pointers=branch.changed_pointers(),
                results=audited.results,
                mapping_sha256=mapping.sha256 if mapping else "",
                fold_sha256=self.fold_in_force(feed, mapping.sha256) if mapping else "",
                created_at=datetime.now(UTC),
            )
        )

    def _recheck(self, feed: Feed, merged: View) -> list[CheckResult]:
        """Check the rules that a slice alone cannot decide again, on the lake as the merge would leave it."""
        with self.staging() as scratch:
            return audit_table(Scope(feed, merged, self.standard, self.policy, self.engine, scratch))
