"""A run's line in the report, kept in governance as its steps end.

It says `failed: did not finish` until something better is known, which is the truth about a run whose
process was killed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.lake.governance import Governance


class RunLog:
    """One feed's row in `governance.runs`."""

    def __init__(self, governance: Governance, feed: Feed, run_id: str) -> None:
        self._governance = governance
        self._feed = feed
        self._run_id = run_id

    @property
    def row(self) -> FeedRun:
        """The row as it stands."""
        return self._governance.run(self._run_id, self._feed) or FeedRun(
            run_id=self._run_id,
            feed=str(self._feed),
            status="failed",
            reason="did not finish",
            branch=self._feed.branch,
            started_at=datetime.now(UTC),
        )

    def note(self, **facts: object) -> None:
        """Set fields of the row."""
        row = self.row
        seconds = (datetime.now(UTC) - row.started_at).total_seconds()
        self._governance.record_run(row.model_copy(update={"seconds": round(seconds, 3), **facts}))

    def count(self) -> None:
        """Enter what the journal holds of the run; a cached answer is no call, an unknown price no sum."""
        made = [c for c in self._governance.calls(self._feed, self._run_id) if not c.cached]
        known = [c.cost_usd for c in made if c.cost_usd is not None]
        self.note(
            model_calls=len(made),
            input_tokens=sum(c.input_tokens for c in made),
            output_tokens=sum(c.output_tokens for c in made),
            cost_usd=sum(known) if len(known) == len(made) else None,
        )

    def fail(self, error: LakehouseError) -> None:
        """Say why the run failed, and what its calls took all the same."""
        self.count()
        self.note(status="failed", reason=error.reason, errors=(str(error),))
