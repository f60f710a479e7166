"""Governance: who proposed, decided, asked, checked and ran what.

These rows belong to no branch. They survive every rollback and every failed run, and are changed only by
compare-and-swap, one writer at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import (
    Audit,
    FeedRun,
    Proposal,
    ProposalKind,
    ProposalStatus,
    Review,
)
from agentic_lakehouse.contracts.inbox import InboxItem, InboxStatus
from agentic_lakehouse.contracts.precedent import Precedent
from agentic_lakehouse.lake import export, inbox, precedents, proposals
from agentic_lakehouse.lake.call_journal import CallJournal
from agentic_lakehouse.lake.governed_rows import AUDITS, PROPOSALS, REVIEWS, RUNS
from agentic_lakehouse.lake.inbox import Standing
from agentic_lakehouse.lake.records import listed, records, values_of


class Governance(CallJournal):
    """The governance tables as typed values. Also the journal that `brain` writes its calls to."""

    def propose(self, proposal: Proposal) -> Proposal:
        """Enter a proposal and return it as it now stands; see `proposals.propose`.

        Raises:
            UsageInvalid: its sha256 is not that of its content, or its id is taken by other content.
        """
        with self._database.write() as connection:
            return proposals.propose(connection, proposal)

    def decide(self, review: Review, learned: Iterable[Precedent] = ()) -> Proposal:
        """Approve or reject a proposal, enter what that teaches, and return it as it now stands.

        Raises:
            UsageInvalid: there is no such proposal.
            ReviewRefused: it was decided before, or it is not what the reviewer saw.
        """
        with self._database.write() as connection:
            done = proposals.decide(connection, review)
            precedents.enter(connection, learned)
            return done

    def replace(self, seen: Proposal, filed: Proposal, review: Review, learned: Iterable[Precedent] = ()) -> Proposal:
        """Approve a person's own version in a proposal's place; see `proposals.replace`.

        Raises:
            ReviewRefused: the proposal was decided meanwhile, or another one stands in its place.
        """
        with self._database.write() as connection:
            done = proposals.replace(connection, seen, filed, review)
            precedents.enter(connection, learned)
            return done

    def proposal(self, proposal_id: str) -> Proposal:
        """Return one proposal.

        Raises:
            UsageInvalid: there is none of that id.
        """
        with self._database.read() as connection:
            return proposals.get(connection, proposal_id)

    def proposals(
        self, feed: Feed | None = None, kind: ProposalKind | None = None, status: ProposalStatus | None = None
    ) -> list[Proposal]:
        """Return proposals, oldest first, those of a feed, kind or status alone where one is given."""
        with self._database.read() as connection:
            return listed(connection, Proposal, PROPOSALS, {"feed": feed, "kind": kind, "status": status})

    def active(self, feed: Feed, kind: ProposalKind) -> Proposal | None:
        """Return the spec or mapping in force for a feed."""
        return next(iter(self.proposals(feed, kind, "active")), None)

    def approved_or_active(self, feed: Feed, kind: ProposalKind) -> Proposal | None:
        """Return the spec or mapping that the next run uses: the approved one, else the one in force."""
        return next(iter(self.proposals(feed, kind, "approved")), None) or self.active(feed, kind)

    def knows_vendor(self, vendor: str) -> bool:
        """Whether a mapping of any feed of a vendor was ever in force."""
        with self._database.read() as connection:
            return proposals.was_published(connection, vendor)

    def approver(self, proposal_id: str) -> str:
        """Return who decided on a proposal last, a person or `policy:<name>`; empty where nobody did."""
        with self._database.read() as connection:
            return proposals.approver(connection, proposal_id)

    def close_impacts(self, feed: Feed) -> None:
        """Let no impact of a feed wait any longer: there is nothing to publish."""
        with self._database.write() as connection:
            proposals.close_impacts(connection, str(feed))

    def reviews(self, proposal_id: str | None = None) -> list[Review]:
        """Return decisions, oldest first."""
        with self._database.read() as connection:
            return listed(connection, Review, REVIEWS, {"proposal_id": proposal_id})

    def inbox(self, feed: Feed | None = None, status: InboxStatus | None = None) -> list[InboxItem]:
        """Return what turned up, by feed and target, the most frequent first."""
        with self._database.read() as connection:
            return inbox.items(connection, str(feed) if feed else None, status)

    def inbox_item(self, item_id: str) -> InboxItem:
        """Return the item of an id, or of the beginning of one.

        Raises:
            UsageInvalid: there is none, or more than one.
        """
        with self._database.read() as connection:
            return inbox.get(connection, item_id)

    def tell(self, told: Iterable[InboxItem]) -> None:
        """Enter what turned up; of what is known, the counts; see `inbox.tell`."""
        with self._database.write() as connection:
            inbox.tell(connection, told)

    def settle(
        self, seen: InboxItem, status: InboxStatus, *, at: datetime, answer: str | None = None, by: str, note: str = ""
    ) -> InboxItem:
        """Move an inbox item on from how its author saw it.

        Raises:
            UsageInvalid: it was changed meanwhile.
        """
        with self._database.write() as connection:
            return inbox.settle(connection, seen, status, answer=answer, by=by, note=note, at=at)

    def standing_mappings(self, feed: Feed) -> Standing:
        """Return the ids of a feed's approved and of its active mapping."""
        with self._database.read() as connection:
            return inbox.standing_mappings(connection, str(feed))

    def answer(
        self,
        seen: InboxItem,
        value: str | None,
        *,
        standing: Standing,
        filed: Proposal,
        review: Review,
        learned: Iterable[Precedent] = (),
    ) -> InboxItem | None:
        """Answer an inbox item by a mapping that knows it, made of those that stand; see `inbox.answer`.

        Raises:
            UsageInvalid: the item was changed meanwhile, or the mapping cannot be approved.
        """
        with self._database.write() as connection:
            done = inbox.answer(connection, seen, value, standing=standing, filed=filed, review=review)
            if done is not None:
                precedents.enter(connection, learned)
            return done

    def record_audit(self, audit: Audit) -> None:
        """Enter what was checked on which state of a branch; the latest of a stage is the one that counts."""
        with self._database.write() as connection:
            connection.execute(AUDITS.insert().values(values_of(audit)))

    def audits(self, feed: Feed, run_id: str | None = None) -> list[Audit]:
        """Return a feed's audits, oldest first."""
        with self._database.read() as connection:
            return listed(connection, Audit, AUDITS, {"feed": str(feed), "run_id": run_id})

    def latest_audits(self, feed: Feed) -> list[Audit]:
        """Return a feed's last audit of each stage."""
        a = AUDITS.c
        last = sa.select(sa.func.max(a.seq)).where(a.feed == str(feed)).group_by(a.stage)
        with self._database.read() as connection:
            return records(connection, Audit, sa.select(AUDITS).where(a.seq.in_(last)).order_by(a.seq))

    def record_run(self, run: FeedRun) -> None:
        """Enter how a run of a feed stands; what was entered before for the same run and feed is replaced."""
        here = (RUNS.c.run_id == run.run_id, RUNS.c.feed == run.feed)
        with self._database.write() as connection:
            if connection.execute(RUNS.update().where(*here).values(values_of(run))).rowcount == 0:
                connection.execute(RUNS.insert().values(values_of(run)))

    def run(self, run_id: str, feed: Feed) -> FeedRun | None:
        """Return how a run of a feed stands."""
        with self._database.read() as connection:
            return next(iter(listed(connection, FeedRun, RUNS, {"run_id": run_id, "feed": str(feed)})), None)

    def last_run(self, feed: Feed) -> FeedRun | None:
        """Return the run of a feed that was entered last."""
        with self._database.read() as connection:
            return next(iter(listed(connection, FeedRun, RUNS, {"feed": str(feed)}, newest_first=True, limit=1)), None)

    def runs(self, feed: Feed | None = None, limit: int | None = None) -> list[FeedRun]:
        """Return runs, newest first."""
        with self._database.read() as connection:
            return listed(connection, FeedRun, RUNS, {"feed": feed}, newest_first=True, limit=limit)

    def as_arrow(self, names: Collection[str] = export.NAMES) -> dict[str, pa.Table]:
        """Return governance tables as rows for SQL, by their names `governance.<table>`, at one instant."""
        with self._database.read() as connection:
            return export.tables(connection, names)
