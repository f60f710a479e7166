"""Dagster's history in a home that is made by whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from agentic_lakehouse.orchestration.instance import open_instance
from agentic_lakehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))  # opening names the home there, and the next test has another
    return Settings(_env_file=None, home=tmp_path / "home")


def test_several_that_open_a_new_home_at_once_leave_it_whole(settings: Settings) -> None:
    start = Barrier(4)

    def first_look(_: int) -> int:
        start.wait()
        with open_instance(settings) as instance:
            return instance.get_runs_count()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(first_look, range(4))) == [0] * 4

    with open_instance(settings) as instance:
        instance.add_dynamic_partitions("feeds", ["acme/prices"])
        assert instance.get_dynamic_partitions("feeds") == ["acme/prices"]


def test_a_configuration_that_somebody_wrote_stays(settings: Settings) -> None:
    settings.home_path.mkdir()
    mine = settings.home_path / "dagster.yaml"
    mine.write_text("telemetry:\n  enabled: false\n")

    open_instance(settings).dispose()

    assert mine.read_text() == "telemetry:\n  enabled: false\n"
