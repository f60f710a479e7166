"""The code location for one standard: assets, checks, jobs, sensors and the schedule."""

from __future__ import annotations

import warnings

import dagster as dg

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.orchestration.assets import build_assets
from agentic_lakehouse.orchestration.checks import build_checks
from agentic_lakehouse.orchestration.keys import Keys
from agentic_lakehouse.orchestration.maintenance import build_maintenance
from agentic_lakehouse.orchestration.resources import resources
from agentic_lakehouse.orchestration.review_job import build_review_job
from agentic_lakehouse.orchestration.sensors import build_landing_sensor
from agentic_lakehouse.orchestration.watch import FRESH, build_fresh_check, build_watch
from agentic_lakehouse.settings import Settings

JOB = "publish_feed"


def graph(settings: Settings) -> dg.Definitions:
    """Compose everything that the Dagster UI shows."""
    standard = load_standard(settings.standard)
    keys = Keys.of(standard)
    with warnings.catch_warnings():
        # A check with a partition is a preview feature; it is the only way to a status for each feed.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        checks = [*build_checks(standard, keys), build_fresh_check(keys.vendor_files)]
    steps = dg.AssetSelection.all() - dg.AssetSelection.checks(dg.AssetCheckKey(keys.vendor_files, FRESH))
    job = dg.define_asset_job(JOB, selection=steps, description="One feed, from file to core.")
    maintenance, daily = build_maintenance()
    return dg.Definitions(
        assets=build_assets(standard, keys),
        asset_checks=checks,
        jobs=[job, maintenance, build_review_job()],
        sensors=[build_landing_sensor(JOB), build_watch(keys.vendor_files)],
        schedules=[daily],
        resources=resources(settings),
        executor=dg.in_process_executor,
    )
