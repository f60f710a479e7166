"""The landing zone's sensor: a run for each feed that has something to do.

A file counts as complete when two looks in a row saw the same size and time. The run key is the work's
identity and its attempt, so that a failed feed is tried again, a corrected file is new work, and the
same work is never run twice.
"""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.lakehouse import Lakehouse

MAX_RUNS_A_TICK = 20


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
        house = lakehouse.lakehouse
        before: dict[str, str] = json.loads(context.cursor or "{}")
        found = house.zone.feeds()
        looks = {str(feed): _look(house, feed) for feed in found}
        settled = [feed for feed in found if before.get(str(feed)) == looks[str(feed)]]
        requests = [r for r in (_request(house, feed) for feed in settled) if r is not None][:MAX_RUNS_A_TICK]
        known = set(context.instance.get_dynamic_partitions("feeds"))
        new = [str(feed) for feed in found if str(feed) not in known]
        return dg.SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=[feeds.build_add_request(new)] if new else [],
            cursor=json.dumps(looks),
        )

    return landing_zone


def _look(house: Lakehouse, feed: Feed) -> str:
    return sha256_of([[c.path, c.byte_size, c.mtime_ns] for c in house.zone.candidates(feed)])[:16]


def _request(house: Lakehouse, feed: Feed) -> dg.RunRequest | None:
    if any(b.feed == str(feed) and b.lease == "held" for b in house.lake.branches()):
        return None
    work = house.work(feed)
    if work is None or not _is_due(house, feed, work.attempt, house.policy):
        return None
    return dg.RunRequest(
        run_key=f"{feed}:{work.sha256}:{work.attempt}",
        partition_key=str(feed),
        tags={"vendor": feed.vendor, "feed": feed.name, "lakehouse/reason": work.reason},
    )


def _is_due(house: Lakehouse, feed: Feed, attempt: int, policy: Policy) -> bool:
    """Whether a failed feed has waited long enough, and not been tried too often."""
    if attempt == 1:
        return True
    last = house.lake.governance.last_run(feed)
    if attempt > policy.max_attempts or last is None:
        return False
    wait = timedelta(seconds=policy.retry_after_seconds * 2 ** (attempt - 2))
    return datetime.now(UTC) >= last.started_at + wait
