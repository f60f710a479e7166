"""A journal in memory, for questions that leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from threading import Lock

from agentic_lakehouse.contracts.governed import ModelCall, Spent, Tally


@dataclass
class MemoryJournal:
    """A journal that is forgotten."""

    calls: list[ModelCall] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def enter_call(self, call: ModelCall, require: Callable[[ModelCall, Tally], None]) -> None:
        """Keep a call that is about to be made, where `require` does not refuse it.

        Raises:
            BudgetExceeded: it does; nothing is kept.
        """
        with self._lock:
            require(call, self.spent)
            self.calls.append(call)

    def complete_call(self, call: ModelCall) -> None:
        """Keep what came of a call that was entered; nothing of a judged one is changed."""
        with self._lock:
            self.calls[:] = [call if c.id == call.id and c.status in {"sent", "received"} else c for c in self.calls]

    def record_call(self, call: ModelCall) -> None:
        """Keep the call for as long as this object lives."""
        self.calls.append(call)

    def answered(self, request_sha256: str) -> ModelCall | None:
        """Return the latest answer to the same request that is good or was not judged yet, or `None`."""
        answers = (c for c in reversed(self.calls) if c.status in {"ok", "received"} and not c.cached)
        return next((c for c in answers if c.request_sha256 == request_sha256), None)

    def turn(self, call: ModelCall) -> ModelCall | None:
        """Return the latest call like this one in which a model wanted to look first, or `None`."""
        turns = (c for c in reversed(self.calls) if c.status == "turn" and not c.cached)
        alike = attrgetter("request_sha256", "rendered_prompt", "attempt")
        return next((c for c in turns if alike(c) == alike(call)), None)

    def spent(self, *, feed: str | None = None, run_id: str | None = None, since: datetime | None = None) -> Spent:
        """Return what calls took together: of a feed, of a run, since an instant, where these are given."""
        made = [
            c
            for c in self.calls
            if not c.cached
            and feed in {None, c.feed}
            and run_id in {None, c.run_id}
            and (since is None or c.created_at >= since)
        ]
        return Spent(
            calls=len(made),
            tokens=sum(c.input_tokens + c.output_tokens for c in made),
            usd=sum(c.cost_usd or 0 for c in made),
        )
