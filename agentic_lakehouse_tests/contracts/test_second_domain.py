from __future__ import annotations

import csv
from pathlib import Path

from agentic_lakehouse.contracts.odcs import load_standard

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_a_standard_about_sensors_loads_as_the_product_standard_does() -> None:
    standard = load_standard(FIXTURES / "sensor_readings.odcs.yaml")

    assert standard.label == "telemetry_core.reading@1.0.0"
    assert standard.raw_namespace == "telemetry_raw"
    assert [column.name for column in standard.offered] == [
        "sensor_id",
        "measured_at",
        "value",
        "unit",
        "battery_pct",
        "site",
        "quality_flag",
    ]
    assert {rule.kind for rule in standard.rules} >= {"required", "minimum", "maximum", "valid_values", "row_sql"}


def test_the_headers_of_its_sample_file_are_among_its_synonyms() -> None:
    standard = load_standard(FIXTURES / "sensor_readings.odcs.yaml")
    with (FIXTURES / "sensor_readings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))

    known = {word for column in standard.offered for word in column.synonyms["de"]}
    assert len(rows) == 200
    assert set(rows[0]) <= known
