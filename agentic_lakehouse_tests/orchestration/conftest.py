"""A running `lakehouse dev` for all tests that go through its API, and a process that is gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from agentic_lakehouse.lake.holders import Holder
from agentic_lakehouse_tests.orchestration.dagster_dev import DagsterDev
from agentic_lakehouse_tests.orchestration.model_server import ModelServer


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterDev]:
    """One server, as it takes a while to come up, with its sensor stopped; each test has feeds of its own."""
    with ModelServer() as model, DagsterDev(tmp_path_factory.mktemp("dev"), model) as dev:
        dev.wait_until_up()
        yield dev


@pytest.fixture(scope="session")
def dead() -> Holder:
    """A process that has ended."""
    say_who = "from agentic_lakehouse.lake.holders import this_process; print(this_process().model_dump_json())"
    said = subprocess.run([sys.executable, "-c", say_who], capture_output=True, check=True)
    return Holder.model_validate_json(said.stdout)
