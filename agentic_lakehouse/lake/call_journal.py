"""The journal of model calls: entered before they are made, completed by what came of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import ModelCall, Spending, Tally
from agentic_lakehouse.lake import calls
from agentic_lakehouse.lake.calls import Grouping
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governed_rows import CALLS
from agentic_lakehouse.lake.records import listed


class CallJournal:
    """What `brain` asks before it calls, and tells afterwards."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            return calls.dead(connection, str(feed) if feed else None, limit)

    def calls(self, feed: Feed | None = None, run_id: str | None = None, limit: int | None = None) -> list[ModelCall]:
        """Return calls, newest first."""
        with self._database.read() as connection:
            equal = {"feed": feed, "run_id": run_id}
            return listed(connection, ModelCall, CALLS, equal, newest_first=True, limit=limit)
