"""A journal in memory, for questions that leave no trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from agentic_lakehouse.contracts.governed import ModelCall, Spent


@dataclass
class MemoryJournal:
    """A journal that is forgotten."""

    calls: list[ModelCall] = field(default_factory=list)

    def record_call(self, call: ModelCall) -> None:
        """Keep the call for as long as this object lives."""
        self.calls.append(call)

    def answered(self, request_sha256: str) -> ModelCall | None:
        """Return the good answer to the same request, or `None`."""
        return next(
            (c for c in self.calls if c.request_sha256 == request_sha256 and c.status == "ok" and not c.cached), None
        )

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
