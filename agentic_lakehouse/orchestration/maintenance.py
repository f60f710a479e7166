"""Daily housekeeping: what `lakehouse maintain` does, by the clock."""

import dagster as dg

from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.maintain import Tidied


def build_maintenance() -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """Return the maintenance job and its daily schedule (03:30 UTC)."""

    @dg.op(out=dg.Out(dg.Nothing))
    def maintain(context: dg.OpExecutionContext, lakehouse: LakehouseResource) -> None:
        """Clear away what dead runs left, put small files together, let go of what the policy keeps no longer."""

        def tell(part: Tidied) -> None:
            context.log.info("%s: %d, %d bytes", part.part, part.count, part.byte_size)
            if part.busy:
                context.log.info("Left alone, since they are being worked on: %s", ", ".join(part.busy))

        with told_clearly():
            done = lakehouse.lakehouse.maintain(on_done=tell)
        context.add_output_metadata(
            {str(part.part): part.count for part in done}
            | {f"{part.part}/bytes": part.byte_size for part in done if part.byte_size}
        )

    @dg.job(name="maintenance", description="Clear away what dead runs left, compact, and let go of what is old.")
    def maintenance() -> None:
        maintain()

    daily = dg.ScheduleDefinition(
        name="daily_maintenance",
        job=maintenance,
        cron_schedule="30 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return maintenance, daily
