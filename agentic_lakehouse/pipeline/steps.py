"""How a step is taken: on the feed's branch, after the step it needs, recorded, and told in the run's row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import FeedUnreadable, LakehouseError, TooManyBadRows
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.pipeline.describing import Describing
from agentic_lakehouse.pipeline.runlog import RunLog


class Steps(Describing):
    """What all steps of a run have in common."""

    @contextmanager
    def _step(self, feed: Feed, run_id: str, name: str, *, after: str) -> Iterator[tuple[Branch, RunLog]]:
        """Do one step behind `after`, as if nothing had been done since; record it when it ends well."""
        inputs, lease = self.inputs(feed), self.policy.lease_seconds
        resume = partial(self.lake.resume, feed, run_id, after=after, inputs=inputs, lease_seconds=lease)
        with self._told(feed, run_id, resume) as (branch, log):
            yield branch, log
            branch.record_step(name, inputs)

    @contextmanager
    def _look(self, feed: Feed, run_id: str, *, after: str) -> Iterator[tuple[Branch, RunLog]]:
        """Take up the branch, on which `after` was done, for what changes no table there."""
        inputs, lease = self.inputs(feed), self.policy.lease_seconds
        resume = partial(self.lake.resume, feed, run_id, after=after, inputs=inputs, lease_seconds=lease, redo=False)
        with self._told(feed, run_id, resume) as found:
            yield found

    @contextmanager
    def _told(self, feed: Feed, run_id: str, opened: Callable[[], Branch]) -> Iterator[tuple[Branch, RunLog]]:
        """Whatever goes wrong is told in the run's row, and the branch is let go."""
        log = RunLog(self.lake.governance, feed, run_id)
        try:
            branch = opened()
            with ExitStack() as on_error, branch.keep_alive(lease_seconds=self.policy.lease_seconds):
                on_error.callback(branch.release)
                yield branch, log
                on_error.pop_all()
        except LakehouseError as error:
            if isinstance(error, (FeedUnreadable, TooManyBadRows)) and "file" in error.details:
                self.lake.ledger.failed(feed, path=error.details["file"])
            log.fail(error)
            raise
