"""Dagster's home: the lakehouse's own, so that command-line runs and the UI share one history."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg

from agentic_lakehouse.settings import Settings

CONFIG = "dagster.yaml"
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

MAKING_SECONDS = 60.0
"""How long a process waits for another that makes the databases. It takes a second or two."""


def prepare_home(settings: Settings) -> Path:
    """Create the home with a `dagster.yaml`, and name it in `DAGSTER_HOME` for this process and its children."""
    home = settings.home_path
    home.mkdir(parents=True, exist_ok=True)
    if not (home / CONFIG).exists():
        _make(home)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _make(home: Path) -> None:
    """Let Dagster make its databases, one process at a time: several at once break them for good.

    The configuration comes last, so that whoever finds it finds them whole.
    """
    with closing(sqlite3.connect(home / "dagster.lock", timeout=MAKING_SECONDS, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        if (home / CONFIG).exists():
            return
        new = home / f"new-{CONFIG}"
        new.write_text(DAGSTER_YAML)
        dg.DagsterInstance.from_config(str(home), new.name).dispose()
        new.rename(home / CONFIG)


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open Dagster's history in the home."""
    return dg.DagsterInstance.from_config(str(prepare_home(settings)))
