"""Daily housekeeping: what dead runs left is cleared away."""

import dagster as dg

from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.resources import LakehouseResource


def build_maintenance() -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """Return the maintenance job and its daily schedule (03:30 UTC)."""

    @dg.op
    def sweep(context: dg.OpExecutionContext, lakehouse: LakehouseResource) -> None:
        """Clear scratch folders and branches that dead runs left."""
        with told_clearly():
            swept = lakehouse.lakehouse.sweep()
        context.log.info("Swept %d scratch folders and %d branches.", swept.scratch_folders, swept.branches)

    @dg.job(name="maintenance", description="Clear away what dead runs left.")
    def maintenance() -> None:
        sweep()

    daily = dg.ScheduleDefinition(
        name="daily_maintenance",
        job=maintenance,
        cron_schedule="30 3 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return maintenance, daily
