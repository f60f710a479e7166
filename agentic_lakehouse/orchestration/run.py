"""Run feeds through the whole graph from the command line, as Dagster runs in the home's history."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.errors import (
    ContractInvalid,
    FeedUnreadable,
    LakehouseError,
    LandingUnavailable,
    UsageInvalid,
)
from agentic_lakehouse.orchestration.graph import JOB, graph
from agentic_lakehouse.orchestration.instance import open_instance
from agentic_lakehouse.orchestration.killed import end_killed
from agentic_lakehouse.orchestration.partitions import add_missing
from agentic_lakehouse.orchestration.processes import run_beside
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.rejected import rejected
from agentic_lakehouse.settings import Settings

# An asset that has nothing to do skips its checks, which Dagster warns of one by one.
logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
NOT_LOOKED_AT = (FeedUnreadable, ContractInvalid)
"""What is wrong with one feed's files, its vendor's facts or its rules; no other feed minds."""
INTERRUPTS = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
OnDone = Callable[[FeedRun], None]


def run_feeds(lakehouse: Lakehouse, wanted: Sequence[Feed] = (), *, jobs: int = 1, on_done: OnDone) -> list[FeedRun]:
    """Run every feed with work; one feed's trouble stops no other.

    Args:
        lakehouse: opened lakehouse.
        wanted: these feeds alone, also where only their kept bytes are left; all of the landing zone where empty.
        jobs: feeds at a time, each in a process of its own where more than 1.
        on_done: told each feed's result as it comes.

    Returns:
        A result for each feed, in the order of their names.

    Raises:
        UsageInvalid: a wanted feed is not in the landing zone and never was.
        SettingsInvalid: the model is unknown, or its key is missing.
        LandingUnavailable: nothing answers at the landing zone.
    """
    found = lakehouse.zone.feeds()
    if not lakehouse.zone.exists():
        raise UsageInvalid(
            f"There is no landing zone at {lakehouse.zone.uri}.",
            hint="Name a folder with <vendor>/<feed>/<file> in `--landing` or LAKEHOUSE_LANDING.",
        )
    if missing := [feed for feed in wanted if feed not in found and not lakehouse.lake.ledger.deliveries(feed)]:
        names = ", ".join(map(str, found)) or "none"
        raise UsageInvalid(
            f"{missing[0]} is not in the landing zone {lakehouse.zone.uri}.", hint=f"Feeds there: {names}."
        )
    lakehouse.brain.verify()
    results = {}
    busy = []
    with open_instance(lakehouse.settings) as instance:
        end_killed(instance)
        for feed in wanted or found:
            if (result := _looked_at(lakehouse, feed)) is None:
                busy.append(feed)
            else:
                results[feed] = result
                on_done(result)
        if busy:
            for result in _run_all(lakehouse.settings, instance, busy, jobs):
                results[Feed.parse(result.feed)] = result
                on_done(result)
    return [results[feed] for feed in sorted(results)]


def _looked_at(lakehouse: Lakehouse, feed: Feed) -> FeedRun | None:
    """Say how a feed stands that has nothing to do, or that cannot be looked at; `None` where a run is due."""
    try:
        return at_rest(lakehouse, feed) if lakehouse.work(feed) is None else None
    except NOT_LOOKED_AT as error:
        return unseen(feed, error)


def unseen(feed: Feed, error: LakehouseError) -> FeedRun:
    """Say that a feed's files could not be looked at."""
    return FeedRun(
        run_id="",
        feed=str(feed),
        status="failed",
        reason=error.reason,
        errors=(str(error),),
        started_at=datetime.now(UTC),
    )


def at_rest(lakehouse: Lakehouse, feed: Feed) -> FeedRun:
    """Say how a feed without work stands: unchanged, or still waiting for a person."""
    last = lakehouse.lake.governance.last_run(feed)
    waits = lakehouse.undecided(feed) if last is not None and last.status == "awaiting_review" else None
    reason = waits.reason if waits else ""
    if waits is not None and waits.status == "rejected":
        reason = rejected(waits, lakehouse.lake.governance.approver(waits.id))
    return FeedRun(
        run_id="",
        feed=str(feed),
        status="awaiting_review" if waits else "unchanged",
        reason=reason,
        started_at=datetime.now(UTC),
    )


def _run_all(settings: Settings, instance: dg.DagsterInstance, feeds: Sequence[Feed], jobs: int) -> Iterator[FeedRun]:
    if jobs == 1 or len(feeds) == 1:
        return map(FeedRunner(settings, instance), feeds)
    return run_beside(partial(_run_one, settings), feeds, jobs=jobs)


def _run_one(settings: Settings, feed: Feed) -> FeedRun:
    with open_instance(settings) as instance:
        return FeedRunner(settings, instance)(feed)


class FeedRunner:
    """Runs feeds one by one in this process."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        """Compose the graph for `settings`; runs are kept in `instance`."""
        self._instance = instance
        self._job = graph(settings).resolve_job_def(JOB)
        self._lakehouse = Lakehouse(settings)

    def __call__(self, feed: Feed) -> FeedRun:
        """Run one feed through the whole graph and return its line of the report.

        Raises:
            KeyboardInterrupt: the run was interrupted; its end stands in Dagster's history.
        """
        add_missing(self._instance, [feed])
        try:
            work = self._lakehouse.work(feed)
        except (*NOT_LOOKED_AT, LandingUnavailable) as error:
            return unseen(feed, error)
        tags = {"vendor": feed.vendor, "feed": feed.name, "lakehouse/reason": work.reason if work else ""}
        result = self._job.execute_in_process(
            partition_key=str(feed), instance=self._instance, tags=tags, raise_on_error=False, run_config=QUIET
        )
        if _interrupted(result):
            raise KeyboardInterrupt
        row = self._lakehouse.result(feed, result.run_id)
        if row.status == "failed" and not row.errors:
            row = row.model_copy(update={"errors": tuple(_unforeseen(result))})
        return row


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether Ctrl-C or SIGTERM ended the run: Dagster takes them for the run's failure, and returns."""
    ends = [e.job_failure_data.error for e in result.all_events if e.event_type is dg.DagsterEventType.RUN_FAILURE]
    return any(error is not None and error.cls_name in INTERRUPTS for error in ends)


def _unforeseen(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Name errors that no step foresaw; their tracebacks stand in Dagster's history."""
    hint = f"Hint: the traceback stands in run {result.run_id} of `lakehouse dev`."
    for event in result.get_step_failure_events():
        if (told := event.step_failure_data.user_failure_data) is not None and told.description:
            yield told.description
            continue
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        yield f"{event.step_key} ended in {error.message.strip() if error else 'an unknown error'}\n{hint}"
    if not result.get_step_failure_events():
        yield from (f"{event.message}\n{hint}" for event in result.all_events if event.is_failure)
