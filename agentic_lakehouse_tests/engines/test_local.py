"""The local engine as the rest of the house sees it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE, TableColumn, TableSchema
from agentic_lakehouse.engines.base import Engine, Lineage, Relation
from agentic_lakehouse.engines.local import LocalEngine

SPEC = FeedSpec(
    vendor_name="acme",
    table_name="prices",
    format=FileFormat(kind="csv", encoding="utf-8", delimiter=";", header_row=1),
    columns=(
        ColumnSpec(source_name="Artikel", name="artikel", type="string"),
        ColumnSpec(source_name="Preis", name="preis", type="decimal", format="1.234,56"),
    ),
)
GOOD = TableSchema(
    name="raw.acme__prices",
    columns=(
        TableColumn(name="artikel", type="string"),
        TableColumn(name="preis", type="decimal(18,4)"),
        *BRONZE_LINEAGE,
    ),
    partition_by=("ingestion_date", "vendor_name"),
)
BAD = TableSchema(
    name="raw.ingest_errors",
    columns=tuple(
        TableColumn(name=name, type=kind)
        for name, kind in {
            "vendor_name": "string", "source_table": "string", "ingestion_date": "date", "_delivery_id": "string",
            "_row_number": "long", "file": "string", "line": "long", "column": "string", "code": "string",
            "message": "string", "raw": "string", "spec_sha256": "string", "status": "string", "_run_id": "string",
            "_ingested_at": "timestamp",
        }.items()
    ),
    partition_by=("vendor_name", "source_table"),
)  # fmt: skip


def test_a_file_is_loaded_and_then_queried(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("Artikel;Preis\nA1;1.234,56\nA2;auf Anfrage\n", encoding="utf-8")
    engine: Engine = LocalEngine(memory_limit="500MB")
    lineage = Lineage(
        "00000001-abc", "acme/prices/prices.csv", "run", date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)
    )

    loaded = engine.load(file, SPEC, good=GOOD, bad=BAD, lineage=lineage, staging=tmp_path)
    bronze = Relation([file.path for file in loaded.good], GOOD.types)
    doubled = engine.transform(
        "SELECT artikel, preis * 2 AS preis FROM bronze",
        {"bronze": bronze},
        tmp_path / "out.parquet",
        types={"artikel": "string", "preis": "decimal(18,4)"},
    )

    assert engine.name == "local"
    assert (loaded.good_rows, loaded.bad.rows) == (1, 1)
    assert (
        pq.read_table(doubled.path).to_pylist()
        == engine.query(
            "SELECT artikel, CAST(preis * 2 AS DECIMAL(18,4)) AS preis FROM bronze", {"bronze": bronze}
        ).to_pylist()
    )
    assert engine.bind("preis", GOOD.types) == "DECIMAL(18,4)"


def test_the_database_given_is_the_one_used(tmp_path: Path) -> None:
    used = []

    def connect() -> closing[duckdb.DuckDBPyConnection]:
        used.append(duckdb.connect())
        return closing(used[-1])

    LocalEngine(connect=connect).query("SELECT 1 AS one", {})

    assert len(used) == 1
