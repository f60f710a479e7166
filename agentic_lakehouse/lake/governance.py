"""Governance: who proposed, decided, asked, checked and ran what.

These rows belong to no branch. They survive every rollback and every failed run, and are changed only by
compare-and-swap, one writer at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

import pyarrow as pa
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import (
    Audit,
    FeedRun,
    ModelCall,
    Proposal,
    ProposalKind,
    ProposalStatus,
    Review,
    Spending,
    Tally,
)
from agentic_lakehouse.contracts.inbox import InboxItem, InboxStatus
from agentic_lakehouse.contracts.precedent import Precedent
from agentic_lakehouse.lake import calls, export, inbox, precedents, proposals
from agentic_lakehouse.lake.calls import Grouping
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governed_rows import AUDITS, CALLS, PROPOSALS, REVIEWS, RUNS
from agentic_lakehouse.lake.inbox import Standing
from agentic_lakehouse.lake.records import T, records, values_of


class Governance:
    """The governance tables as typed values. Also the journal that `brain` writes its calls to."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        return self._all(Proposal, PROPOSALS, {"feed": _name(feed), "kind": kind, "status": status})

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

    def reviews(self, proposal_id: str | None = None) -> list[Review]:
        """Return decisions, oldest first."""
        return self._all(Review, REVIEWS, {"proposal_id": proposal_id})

    def enter_call(self, call: ModelCall, require: Callable[[ModelCall, Tally], None]) -> None:
        """Enter a call that is about to be made, where `require` does not refuse it by what was spent before.

        No other call is entered meanwhile, by whatever process: what `require` is told stays true until this one is in.

        Raises:
            BudgetExceeded: it does; nothing is entered.
        """
        with self._database.write() as connection:
            require(call, partial(calls.spent, connection))
            calls.record(connection, call)

    def complete_call(self, call: ModelCall) -> None:
        """Enter what came of a call: its answer, then how that was judged; a judged call is changed no more."""
        with self._database.write() as connection:
            calls.complete(connection, call)

    def inbox(self, feed: Feed | None = None, status: InboxStatus | None = None) -> list[InboxItem]:
        """Return what turned up, by feed and target, the most frequent first."""
        with self._database.read() as connection:
            return inbox.items(connection, _name(feed), status)

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

    def record_call(self, call: ModelCall) -> None:
        """Enter a call as it stands, such as an answer from the journal; the same call again changes nothing."""
        with self._database.write() as connection:
            calls.record(connection, call)

    def answered(self, request_sha256: str) -> ModelCall | None:
        """Return the latest call that answered exactly this request, and not badly: it need not be made again."""
        with self._database.read() as connection:
            return calls.answered(connection, request_sha256)

    def turn(self, call: ModelCall) -> ModelCall | None:
        """Return the latest call like this one in which a model wanted to look first: it need not be made again."""
        with self._database.read() as connection:
            return calls.turn(connection, call)

    def spending(self, by: Grouping, *, since: datetime | None = None) -> list[Spending]:
        """Return what calls took, by run, feed, prompt or model, the dearest first."""
        with self._database.read() as connection:
            return calls.spending(connection, by, since)

    def dead_letters(self, feed: Feed | None = None, limit: int | None = None) -> list[ModelCall]:
        """Return attempts at questions that no model answered well, newest first."""
        with self._database.read() as connection:
            return calls.dead(connection, _name(feed), limit)

    def calls(self, feed: Feed | None = None, run_id: str | None = None, limit: int | None = None) -> list[ModelCall]:
        """Return calls, newest first."""
        return self._all(ModelCall, CALLS, {"feed": _name(feed), "run_id": run_id}, newest_first=True, limit=limit)

    def record_audit(self, audit: Audit) -> None:
        """Enter what was checked on which state of a branch; the latest of a stage is the one that counts."""
        with self._database.write() as connection:
            connection.execute(AUDITS.insert().values(values_of(audit)))

    def audits(self, feed: Feed, run_id: str | None = None) -> list[Audit]:
        """Return a feed's audits, oldest first."""
        return self._all(Audit, AUDITS, {"feed": str(feed), "run_id": run_id})

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
        return next(iter(self._all(FeedRun, RUNS, {"run_id": run_id, "feed": str(feed)})), None)

    def last_run(self, feed: Feed) -> FeedRun | None:
        """Return the run of a feed that was entered last."""
        return next(iter(self._all(FeedRun, RUNS, {"feed": str(feed)}, newest_first=True, limit=1)), None)

    def runs(self, feed: Feed | None = None, limit: int | None = None) -> list[FeedRun]:
        """Return runs, newest first."""
        return self._all(FeedRun, RUNS, {"feed": _name(feed)}, newest_first=True, limit=limit)

    def as_arrow(self, names: Collection[str] = export.NAMES) -> dict[str, pa.Table]:
        """Return governance tables as rows for SQL, by their names `governance.<table>`, at one instant."""
        with self._database.read() as connection:
            return export.tables(connection, names)

    def _all(
        self,
        kind: type[T],
        table: sa.Table,
        equal: Mapping[str, str | None],
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[T]:
        order = table.c.seq.desc() if newest_first else table.c.seq
        wanted = [table.c[name] == value for name, value in equal.items() if value is not None]
        query = sa.select(table).where(*wanted).order_by(order).limit(limit)
        with self._database.read() as connection:
            return records(connection, kind, query)


def _name(feed: Feed | None) -> str | None:
    return None if feed is None else str(feed)
