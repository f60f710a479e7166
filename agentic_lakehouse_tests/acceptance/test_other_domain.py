"""Another ODCS contract, for a domain that has nothing to do with products, runs through the same code."""

from __future__ import annotations

from pathlib import Path

from agentic_lakehouse.testing import Sandbox

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_sensor_readings_are_published_without_a_change_in_python(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, standard=FIXTURES / "sensor_readings.odcs.yaml")
    feed = sandbox.drop("wetterdienst/messwerte", (FIXTURES / "sensor_readings.csv").read_bytes())

    run = sandbox.run(feed)
    if run.status == "awaiting_review":
        sandbox.approve(feed)
        run = sandbox.run(feed)

    assert (run.status, run.errors) == ("published", ())
    assert run.rows_in == run.bronze_rows + run.error_rows
    assert run.bronze_rows == run.core_rows + run.mapping_error_rows
    table = sandbox.lakehouse.standard.name
    assert table.startswith("telemetry_core.")
    [found] = sandbox.query(f"SELECT count(*) AS n, count(DISTINCT reading_key) AS keys FROM {table}")
    assert found["n"] == found["keys"] == run.core_rows
