"""dlt at its fastest: Arrow batches from end to end, no row normalised by itself, telemetry and progress off.

dlt holds no row as Python objects here: it writes the batches to Parquet, and commits them by PyIceberg.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.contenders import column_names
from benchmarks.fresh import Work

ROWS = 100_000
"""Rows of one batch of `read_csv_duckdb`; its default, 5,000, is slower."""
BLOCK = 8 << 20
"""Bytes of one batch of PyArrow's reader; its default, 1 MB, is slower."""


def pipeline(source: Any, scratch: Path) -> Work:
    """Set up a pipeline in `scratch` that appends `source` to an Iceberg table."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(scratch / "data"),
        "DLT_PROJECT_DIR": str(scratch),
    }
    import dlt

    made = dlt.pipeline(
        "bench",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{scratch}/warehouse"),
        dataset_name="bench",
        pipelines_dir=str(scratch / "pipelines"),
    )
    source.apply_hints(table_format="iceberg", write_disposition="append")
    return lambda: made.run(source, loader_file_format="parquet").raise_on_failed_jobs()


def arrow_batches(path: Path) -> Any:
    """Return a resource of the batches that PyArrow reads."""
    import dlt
    import pyarrow as pa
    from pyarrow import csv

    def prices() -> Iterator[pa.RecordBatch]:
        yield from csv.open_csv(
            path,
            read_options=csv.ReadOptions(block_size=BLOCK),
            parse_options=csv.ParseOptions(delimiter=";"),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(column_names(path), pa.string())),
        )

    return dlt.resource(prices, name="prices")


def duckdb_batches(path: Path) -> Any:
    """Return dlt's own filesystem source with its DuckDB reader."""
    from dlt.sources.filesystem import filesystem, read_csv_duckdb

    files = filesystem(bucket_url=path.parent.as_uri(), file_glob=path.name)
    read = read_csv_duckdb(chunk_size=ROWS, use_pyarrow=True, delimiter=";", header=True, all_varchar=True)
    return (files | read).with_name("prices")
