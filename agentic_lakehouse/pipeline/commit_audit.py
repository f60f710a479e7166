"""Accounts for one commit: what it changed, what it was checked for, who or what approved it, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from agentic_lakehouse.contracts.commit_audit import (
    AuditedDelivery,
    AuditedStage,
    CommitAudit,
    KeyDelta,
    RunCalls,
    TableDelta,
)
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, ModelCall
from agentic_lakehouse.contracts.trace import TracedContract
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.commits import CommitInfo
from agentic_lakehouse.pipeline.commit_keys import compare_keys
from agentic_lakehouse.pipeline.impact_review import impact_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.provenance import provenance


def audit_commit(house: Lakehouse, name: str) -> CommitAudit:
    """Tell all that stands recorded of a commit, and compare the lake before and after it.

    Args:
        house: the lakehouse.
        name: id of the commit, or how it begins.

    Raises:
        UsageInvalid: there is no such commit.
    """
    return _Account(house, house.lake.history.commit(name)).told()


class _Account:
    """One commit's account."""

    def __init__(self, house: Lakehouse, commit: CommitInfo) -> None:
        self._house, self._commit = house, commit
        self._governance, self._history = house.lake.governance, house.lake.history
        self._feed = Feed.parse(commit.feed) if commit.feed else None
        self._after = None if commit.forgotten else self._history.pointers(commit.id)
        self._before = self._history.pointers(commit.parent)
        self._marks = self._history.marks(commit.id)
        self._notes: list[str] = []

    def told(self) -> CommitAudit:
        commit = self._commit
        if commit.forgotten:
            self._notes.append("Its tables are no longer kept: which rows it changed cannot be told any more.")
        elif self._before is None:
            self._notes.append("The commit before it is no longer kept: which rows it changed cannot be told.")
        deliveries = self._deliveries()
        shared = CommitInfo.model_fields.keys() & CommitAudit.model_fields.keys()
        run = self._governance.run(commit.run_id, self._feed) if self._feed and commit.run_id else None
        mapping = commit.audit.mapping_sha256 if commit.audit else ""
        keys = self._keys()
        return CommitAudit(
            **{name: getattr(commit, name) for name in shared},
            tables=self._tables(),
            keys=keys,
            deliveries=deliveries,
            stages=self._stages(),
            mapping=provenance(self._governance, self._feed, "mapping", mapping) if self._feed and mapping else None,
            specs=self._specs(deliveries),
            impacts=self._impacts([d.delivery_id for d in deliveries]),
            calls=self._calls(),
            run=run.model_dump(mode="json") if run else {},
            notes=tuple(self._notes),
        )

    def _tables(self) -> tuple[TableDelta, ...]:
        tables = [change.table for change in self._commit.changes]
        before, after = (self._snapshots(pointers or {}, tables) for pointers in (self._before, self._after))
        return tuple(
            TableDelta(
                table=c.table,
                change=c.change,
                rows_before=c.rows_before,
                rows_after=c.rows_after,
                snapshot_before=before.get(c.table),
                snapshot_after=after.get(c.table),
            )
            for c in self._commit.changes
        )

    def _snapshots(self, pointers: Pointers, tables: Sequence[str]) -> dict[str, int | None]:
        return self._history.snapshots({t: pointers[t] for t in tables if t in pointers})

    def _keys(self) -> KeyDelta | None:
        """Compare core before and after; where a file is gone, say so."""
        house, commit = self._house, self._commit
        if self._before is None or self._after is None or commit.parent is None:
            return None
        before, after = house.lake.view(at=commit.parent), house.lake.view(at=commit.id)
        try:
            with house.staging() as scratch:
                return compare_keys(
                    before, after, self._feed, standard=house.standard, engine=house.engine, staging=scratch
                )
        except CatalogUnavailable as error:
            self._notes.append(f"Which rows it changed cannot be told: {error.message}")
            return None

    def _deliveries(self) -> tuple[AuditedDelivery, ...]:
        found = []
        for mark in self._marks:
            ledger = {d.delivery_id: d for d in self._house.lake.ledger.deliveries(Feed.parse(mark.feed))}
            for delivery_id, left in sorted(mark.deliveries.items()):
                found.append(
                    AuditedDelivery(
                        feed=mark.feed,
                        delivery_id=delivery_id,
                        path=ledger[delivery_id].path if delivery_id in ledger else "",
                        status=left.status,
                        rows_in=left.rows_in,
                        spec_sha256=left.spec_sha256,
                    )
                )
        return tuple(found)

    def _stages(self) -> tuple[AuditedStage, ...]:
        """Return the last audit of each stage that the commit's run had stored by then."""
        if self._feed is None or not self._commit.run_id:
            return ()
        audits = [
            a for a in self._governance.audits(self._feed, self._commit.run_id) if a.created_at <= self._commit.at
        ]
        return tuple(self._stage(audit) for audit in {a.stage: a for a in audits}.values())

    def _stage(self, audit: Audit) -> AuditedStage:
        after = self._after or {}
        return AuditedStage(
            feed=audit.feed,
            stage=audit.stage,
            at=audit.created_at,
            snapshots=self._history.snapshots(audit.pointers),
            merged=tuple(sorted(table for table, location in audit.pointers.items() if after.get(table) == location)),
            results=audit.results,
        )

    def _specs(self, deliveries: Sequence[AuditedDelivery]) -> tuple[TracedContract, ...]:
        wanted = dict.fromkeys((d.feed, d.spec_sha256) for d in deliveries if d.spec_sha256 and d.status == "published")
        found = (provenance(self._governance, Feed.parse(feed), "spec", sha256) for feed, sha256 in wanted)
        return tuple(spec for spec in found if spec is not None)

    def _impacts(self, deliveries: Sequence[str]) -> tuple[TracedContract, ...]:
        """Return what these deliveries would do to core, where that was approved before the commit."""
        if self._feed is None or self._commit.kind != "publish":
            return ()
        filed = [p for p in self._governance.proposals(self._feed, kind="impact") if p.created_at <= self._commit.at]
        mine = [p.sha256 for p in filed if list(impact_of(p).deliveries) == list(deliveries)]
        told = (provenance(self._governance, self._feed, "impact", sha256) for sha256 in mine)
        return tuple(t for t in told if t and any(d.decision == "approved" for d in t.decisions))

    def _calls(self) -> tuple[RunCalls, ...]:
        if self._feed is None or not self._commit.run_id:
            return ()
        calls = self._governance.calls(self._feed, self._commit.run_id)
        ordered = sorted(calls, key=_question)
        return tuple(_together(question, list(group)) for question, group in groupby(ordered, key=_question))


def _question(call: ModelCall) -> tuple[str, str]:
    return call.prompt, call.model_version or call.model


def _together(question: tuple[str, str], calls: Sequence[ModelCall]) -> RunCalls:
    made = [c for c in calls if not c.cached]
    costs = [c.cost_usd for c in made]
    return RunCalls(
        prompt=question[0],
        model=question[1],
        calls=len(made),
        cached=len(calls) - len(made),
        tokens=sum(c.input_tokens + c.output_tokens for c in made),
        cost_usd=None if None in costs else sum(c for c in costs if c is not None),
    )
