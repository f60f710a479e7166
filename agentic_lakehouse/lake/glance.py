"""What the catalog database holds of many feeds, read at one instant in a fixed number of statements.

It answers the questions that `work_for` asks of a lake. To ask the lake itself costs a dozen statements a feed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery, FeedRun, Proposal, ProposalKind, ProposalStatus
from agentic_lakehouse.lake import lifecycle, policies
from agentic_lakehouse.lake.commits import CommitInfo, FeedMark
from agentic_lakehouse.lake.governed_rows import PROPOSALS, REVIEWS, RUNS
from agentic_lakehouse.lake.lifecycle import BranchInfo
from agentic_lakehouse.lake.records import records
from agentic_lakehouse.lake.rows import COMMITS, DELIVERIES, FEED_COMMITS

_STANDING = ("proposed", "approved", "active", "rejected")


class Glance:
    """The standing of feeds at one instant. Proposals come without their content, which may be long."""

    def __init__(self, connection: sa.Connection, feeds: Collection[Feed] | None) -> None:
        """Read it, of some feeds or of all."""
        self._only = None if feeds is None else [str(feed) for feed in feeds]
        self._deliveries: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in records(connection, Delivery, self._query(DELIVERIES).order_by(DELIVERIES.c.delivery_id)):
            self._deliveries[delivery.feed].append(delivery)
        self._runs = {run.feed: run for run in self._last(connection)}
        self._failing = self._failing_since(connection)
        self._proposals: dict[str, list[Proposal]] = defaultdict(list)
        for proposal in self._standing(connection):
            self._proposals[proposal.feed].append(proposal)
        self._deciders = self._last_deciders(connection)
        self._marks, self._heads = self._commits(connection)
        self.put_in = policies.put_in(connection)
        """Rule sets that people put in and nobody retired."""
        self._branches = {info.feed: info for info in lifecycle.infos(connection)}

    @property
    def ledger(self) -> Glance:
        """The same, by the name under which a lake has it."""
        return self

    @property
    def governance(self) -> Glance:
        """The same, by the name under which a lake has it."""
        return self

    def feeds(self) -> list[Feed]:
        """Return the feeds that ever delivered, sorted."""
        return sorted(map(Feed.parse, self._deliveries))

    def last_seen(self, feed: Feed) -> datetime | None:
        """Return when the feed's newest delivery was first seen."""
        return max((d.first_seen_at for d in self._deliveries.get(str(feed), ())), default=None)

    def failing_since(self, feed: Feed) -> datetime | None:
        """Return when the first of the feed's failed runs began that no other run came after."""
        return self._failing.get(str(feed))

    def branch(self, feed: Feed) -> BranchInfo | None:
        """Return the feed's open branch."""
        return self._branches.get(str(feed))

    def latest_by_path(self, feed: Feed) -> dict[str, Delivery]:
        """Return the latest delivery of each path that the feed ever had."""
        return {d.path: d for d in self._deliveries.get(str(feed), ())}

    def deliveries(self, feed: Feed) -> list[Delivery]:
        """Return the feed's deliveries, in their order."""
        return self._deliveries.get(str(feed), [])

    def pending(self, feed: Feed) -> list[Delivery]:
        """Return the deliveries that wait to be published, in their order."""
        all_of_them = self._deliveries.get(str(feed), ())
        return [d for d in all_of_them if d.is_asked_for or d.status in {"pending", "failed"}]

    def last_run(self, feed: Feed) -> FeedRun | None:
        """Return the run of a feed that was entered last."""
        return self._runs.get(str(feed))

    def proposals(
        self, feed: Feed, kind: ProposalKind | None = None, status: ProposalStatus | None = None
    ) -> list[Proposal]:
        """Return a feed's proposals that are not superseded, oldest first."""
        found = self._proposals.get(str(feed), ())
        return [p for p in found if kind in {None, p.kind} and status in {None, p.status}]

    def approved_or_active(self, feed: Feed, kind: ProposalKind) -> Proposal | None:
        """Return the spec or mapping that the next run uses: the approved one, else the one in force."""
        approved, active = self.proposals(feed, kind, "approved"), self.proposals(feed, kind, "active")
        return next(iter([*approved, *active]), None)

    def approver(self, proposal_id: str) -> str:
        """Return who decided last on a proposal that is not superseded; empty where nobody did."""
        return self._deciders.get(proposal_id, "")

    def mark(self, feed: Feed) -> FeedMark | None:
        """Return what the last commit that touched a feed means for it; `None` before its first."""
        return self._marks.get(str(feed))

    def log(self, limit: int | None = None, *, feed: Feed) -> list[CommitInfo]:
        """Return the last commit that touched a feed, whatever the limit."""
        del limit
        return self._heads.get(str(feed), [])

    def _query(self, table: sa.Table) -> sa.Select[Any]:
        return self._of(sa.select(table), table)

    def _of(self, query: sa.Select[Any], table: sa.Table) -> sa.Select[Any]:
        return query if self._only is None else query.where(table.c.feed.in_(self._only))

    def _last(self, connection: sa.Connection) -> list[FeedRun]:
        newest = self._of(sa.select(sa.func.max(RUNS.c.seq)), RUNS).group_by(RUNS.c.feed)
        return records(connection, FeedRun, sa.select(RUNS).where(RUNS.c.seq.in_(newest)))

    def _failing_since(self, connection: sa.Connection) -> dict[str, datetime]:
        other = RUNS.alias()
        well = sa.select(sa.func.max(other.c.seq)).where(other.c.feed == RUNS.c.feed, other.c.status != "failed")
        streak = (RUNS.c.status == "failed", RUNS.c.seq > sa.func.coalesce(well.scalar_subquery(), 0))
        query = self._of(sa.select(RUNS.c.feed, sa.func.min(RUNS.c.started_at)), RUNS)
        return {row[0]: row[1] for row in connection.execute(query.where(*streak).group_by(RUNS.c.feed))}

    def _standing(self, connection: sa.Connection) -> list[Proposal]:
        columns = [c for c in PROPOSALS.columns if c.name in Proposal.model_fields and c.name != "content"]
        query = self._of(sa.select(*columns), PROPOSALS).where(PROPOSALS.c.status.in_(_STANDING))
        rows = connection.execute(query.order_by(PROPOSALS.c.seq)).mappings()
        return [Proposal.model_validate({**row, "content": {}}) for row in rows]

    def _last_deciders(self, connection: sa.Connection) -> dict[str, str]:
        standing = self._of(sa.select(PROPOSALS.c.id), PROPOSALS).where(PROPOSALS.c.status.in_(_STANDING))
        query = sa.select(REVIEWS.c.proposal_id, REVIEWS.c.by).where(REVIEWS.c.proposal_id.in_(standing))
        return {row.proposal_id: row.by for row in connection.execute(query.order_by(REVIEWS.c.seq))}

    def _commits(self, connection: sa.Connection) -> tuple[dict[str, FeedMark], dict[str, list[CommitInfo]]]:
        f = FEED_COMMITS.c
        last = self._of(sa.select(f.feed, sa.func.max(f.seq).label("seq")), FEED_COMMITS).group_by(f.feed).subquery()
        here = sa.and_(f.feed == last.c.feed, f.seq == last.c.seq)
        marks = {mark.feed: mark for mark in records(connection, FeedMark, sa.select(FEED_COMMITS).join(last, here))}
        heads = sa.select(last.c.feed.label("of"), COMMITS).join_from(last, COMMITS, COMMITS.c.seq == last.c.seq)
        names = CommitInfo.model_fields
        return marks, {
            row["of"]: [CommitInfo.model_validate({name: row[name] for name in names})]
            for row in connection.execute(heads).mappings()
        }
