"""Dagster's home: the lakehouse's own, so that command-line runs and the UI share one history."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from agentic_lakehouse.settings import Settings

DAGSTER_YAML = """\
# Written once by the lakehouse; yours to change.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    # Feeds run in parallel, each as a run of its own. No pools: a killed run would keep its slot.
    max_concurrent_runs: 2
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""


def prepare_home(settings: Settings) -> Path:
    """Create the home with a `dagster.yaml`, and name it in `DAGSTER_HOME` for this process and its children."""
    home = settings.home_path
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open Dagster's history in the home."""
    return dg.DagsterInstance.from_config(str(prepare_home(settings)))
