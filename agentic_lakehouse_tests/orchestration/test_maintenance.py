from __future__ import annotations

import os

import dagster as dg

from agentic_lakehouse.orchestration.graph import graph
from agentic_lakehouse.testing import Sandbox


def test_the_daily_job_maintains_the_lake_and_says_what_it_did(sandbox: Sandbox) -> None:
    lakehouse = sandbox.lakehouse
    lost = sandbox.settings.home_path / "warehouse" / "product_core" / "product" / "data" / "lost.parquet"
    assert lakehouse.lake.view().tables()
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(b"rows")
    os.utime(lost, (0, 0))

    job = graph(sandbox.settings).resolve_job_def("maintenance")
    result = job.execute_in_process(instance=sandbox.instance)

    [output] = [e.step_output_data for e in result.all_node_events if e.is_successful_output]
    told = {key: value.value for key, value in output.metadata.items()}
    assert (told["orphans"], told["orphans/bytes"], told["compaction"]) == (1, 4, 0)
    assert not lost.exists()


def test_it_runs_every_night(sandbox: Sandbox) -> None:
    [daily] = [s for s in graph(sandbox.settings).schedules or [] if isinstance(s, dg.ScheduleDefinition)]

    assert (daily.cron_schedule, daily.execution_timezone) == ("30 3 * * *", "UTC")
    assert daily.default_status == dg.DefaultScheduleStatus.RUNNING
