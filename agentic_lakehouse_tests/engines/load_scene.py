"""One raw file, a spec, and what loading makes of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat, FillDown
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE, bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import Lineage, Loaded
from agentic_lakehouse.engines.load import load_file
from agentic_lakehouse.engines.parquet import arrow_schema
from agentic_lakehouse.feeds.sniff import sniff

STANDARD = ProductStandard(id="p", name="product_core.product", version="1", domain="product", columns=(), rules=())
LINEAGE = Lineage(
    delivery_id="00000001-0123456789ab",
    file="acme/prices/a.csv",
    run_id="run-1",
    ingestion_date=dt.date(2024, 1, 31),
    ingested_at=dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC),
)


@dataclass(frozen=True)
class Outcome:
    """What loading wrote."""

    loaded: Loaded
    good: pa.Table
    bad: pa.Table

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Good rows without their lineage."""
        lineage = {c.name for c in BRONZE_LINEAGE}
        return [{k: v for k, v in row.items() if k not in lineage} for row in self.good.to_pylist()]

    def values(self, name: str) -> list[Any]:
        found: list[Any] = self.good.column(name).to_pylist()
        return found

    @property
    def faults(self) -> list[tuple[int, str | None, str]]:
        return [(row["line"], row["column"], row["code"]) for row in self.bad.to_pylist()]


def spec_of(fmt: FileFormat, *columns: ColumnSpec, fill_down: FillDown | None = None) -> FeedSpec:
    return FeedSpec(vendor_name="acme", table_name="prices", format=fmt, columns=columns, fill_down=fill_down)


def load(path: Path, *columns: ColumnSpec, fmt: FileFormat | None = None, fill_down: FillDown | None = None) -> Outcome:
    spec = spec_of(fmt or sniff(path, name=path.name), *columns, fill_down=fill_down)
    staging = path.parent / f"staging-{len(list(path.parent.iterdir()))}"
    staging.mkdir()
    table = bronze_table(STANDARD, spec)
    loaded = load_file(
        path,
        spec,
        good=table,
        bad=ingest_errors_table(STANDARD),
        lineage=LINEAGE,
        staging=staging,
    )
    good = pa.concat_tables(pq.read_table(file.path).cast(arrow_schema(table)) for file in loaded.good)
    return Outcome(loaded, good, pq.read_table(loaded.bad.path))


def csv_text(rows: list[list[str]], delimiter: str, line_end: str) -> str:
    """Write a well-formed table, its header among the rows."""
    out = io.StringIO()
    # The writer leaves a carriage return bare where lines end in a line feed, which is no well-formed table.
    quoting = csv.QUOTE_ALL if any("\r" in cell for row in rows for cell in row) else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return out.getvalue()


def load_values(folder: Path, values: list[str], column: ColumnSpec) -> Outcome:
    """Load one column of interest beside a number, from tab-divided text."""
    path = folder / "values.tsv"
    lines = ["id\tvalue", *(f"{i}\t{value}" for i, value in enumerate(values))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fmt = FileFormat(kind="csv", encoding="utf-8", delimiter="\t", quote='"', header_row=1)
    return load(path, ColumnSpec(source_name="id", name="id", type="integer"), column, fmt=fmt)
