"""The landing zone's sensor: a run for each feed that has something to do.

A file counts as complete when two looks in a row saw the same size and time. The run key is the work's
identity, its attempt and the feed's run that ended last, so that what failed, was killed or terminated is
tried again, a corrected file is new work, and nothing is asked for twice while its run waits in the queue.
"""

import json
import logging
import time
from collections.abc import Iterator

import dagster as dg

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import ContractInvalid, FeedUnreadable
from agentic_lakehouse.lake.glance import Glance
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.killed import end_killed
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.states import work_of

MAX_RUNS_A_TICK = 20
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def build_landing_sensor(job_name: str) -> dg.SensorDefinition:
    """Return the sensor that starts the job `job_name` for feeds with work."""

    @dg.sensor(
        name="landing_zone",
        job_name=job_name,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def landing_zone(context: dg.SensorEvaluationContext, lakehouse: LakehouseResource) -> dg.SensorResult:
        """Look for new, changed, mended and approved feeds."""
        house, instance = lakehouse.lakehouse, context.instance
        for run_id in end_killed(instance):
            context.log.warning("Run %s was killed; it is told as failed now.", run_id)
        before: dict[str, str] = json.loads(context.cursor or "{}")
        with told_clearly():
            found, looks = _looks(house, context.log)
        settled = [feed for feed in found if str(feed) in looks and before.get(str(feed)) == looks[str(feed)]]
        glance = house.lake.glance()
        requests = list(_requests(house, settled, glance, context))
        known = set(instance.get_dynamic_partitions("feeds"))
        new = [str(feed) for feed in found if str(feed) not in known]
        return dg.SensorResult(
            run_requests=requests[:MAX_RUNS_A_TICK],
            dynamic_partitions_requests=[feeds.build_add_request(new)] if new else [],
            cursor=json.dumps(looks),
        )

    return landing_zone


def _looks(house: Lakehouse, log: logging.Logger) -> tuple[list[Feed], dict[str, str]]:
    """Return the zone's feeds, and what was seen of each that can be looked at; one that cannot stops no other."""
    found, looks = house.zone.feeds(), {}
    for feed in found:
        try:
            looks[str(feed)] = _look(house, feed)
        except FeedUnreadable as error:
            log.warning("%s is left for the next look. %s", feed, error)
    return found, looks


def _look(house: Lakehouse, feed: Feed) -> str:
    return sha256_of([[c.path, c.byte_size, c.mtime_ns] for c in house.zone.candidates(feed)])[:16]


def _requests(
    house: Lakehouse, settled: list[Feed], glance: Glance, context: dg.SensorEvaluationContext
) -> Iterator[dg.RunRequest]:
    """Yield a request for each feed that is due; what is wrong with the facts of one vendor stops no other."""
    for feed in settled:
        try:
            request = _request(house, feed, glance, context.instance)
        except ContractInvalid as error:
            context.log.warning("%s is left for the next look. %s", feed, error)
            continue
        if request is not None:
            yield request


def _request(house: Lakehouse, feed: Feed, glance: Glance, instance: dg.DagsterInstance) -> dg.RunRequest | None:
    branch = glance.branch(feed)
    if branch is not None and branch.lease == "held":
        return None
    work = work_of(house, feed, glance)
    if work is None:
        return None
    of_feed = dg.RunsFilter(tags={"dagster/partition": str(feed)}, statuses=ENDED)
    ended = next(iter(instance.get_run_records(of_feed, limit=1)), None)
    if not _is_due(house, feed, work.attempt, ended):
        return None
    return dg.RunRequest(
        run_key=f"{feed}:{work.sha256}:{work.attempt}:{ended.dagster_run.run_id if ended else ''}",
        partition_key=str(feed),
        tags={"vendor": feed.vendor, "feed": feed.name, "lakehouse/reason": work.reason},
    )


def _is_due(house: Lakehouse, feed: Feed, attempt: int, ended: dg.RunRecord | None) -> bool:
    """Whether a feed that failed has waited long enough, and was not tried too often."""
    wait = house.policy.wait_before(attempt)
    if wait is None:
        return False
    if ended is None or ended.dagster_run.status is dg.DagsterRunStatus.SUCCESS:
        return True
    began = house.lake.governance.run(ended.dagster_run.run_id, feed) is not None
    if began and attempt == 1:
        return True
    # A run that ended before its first step (killed, taken from the queue) is no attempt, but waited for as well.
    return time.time() >= (ended.end_time or 0) + wait.total_seconds()
