"""Those that load a price list, each a function of the file, a tiny file like it, and a scratch folder.

Each does the same with the tiny file first, elsewhere: what is imported or set up late is not measured. Ours keeps
and hashes the bytes, types every cell, quarantines what does not fit and commits bronze with lineage; the others
commit all columns as text.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fresh import Work

Prepare = Callable[[Path, Path], Work]


def _rehearsed(prepare: Prepare, source: Path, tiny: Path, scratch: Path) -> Work:
    for name in ("rehearsal", "measured"):
        (scratch / name).mkdir()
    prepare(tiny, scratch / "rehearsal")()
    return prepare(source, scratch / "measured")


def floor(source: Path, tiny: Path, scratch: Path) -> Work:
    """DuckDB copies the file as text to zstd Parquet, nothing else."""

    def prepare(source: Path, scratch: Path) -> Work:
        import duckdb

        read = f"read_csv('{source}', delim=';', all_varchar=true, header=true)"
        copy = f"COPY (FROM {read}) TO '{scratch / 'floor.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        connection = duckdb.connect()
        connection.execute("SET enable_progress_bar=false")
        return lambda: connection.execute(copy)

    return _rehearsed(prepare, source, tiny, scratch)


def ours_cold(source: Path, tiny: Path, scratch: Path) -> Work:
    """Receive, describe and ingest a feed's first delivery."""
    return _rehearsed(_deliver, source, tiny, scratch)


def ours_warm(source: Path, tiny: Path, scratch: Path) -> Work:
    """Receive and ingest another delivery of a feed whose spec is known, and whose first one is published."""
    from agentic_lakehouse.orchestration.run import run_feeds

    _landed(tiny, scratch)
    run_feeds(_lakehouse(scratch), on_done=lambda _: None)
    return _deliver(source, scratch)


def _deliver(source: Path, scratch: Path) -> Work:
    from agentic_lakehouse.contracts.feed import Feed

    _landed(source, scratch)
    house, feed, run = _lakehouse(scratch), Feed("bench", "prices"), "bench"

    def work() -> None:
        house.receive(feed, run)
        house.describe(feed, run)
        house.ingest(feed, run)

    return work


def _landed(source: Path, scratch: Path) -> None:
    folder = scratch / "landing" / "bench" / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    # A link: a copy would leave the disk busy while we are measured.
    os.link(source, folder / f"{len(list(folder.iterdir()))}.csv")


def _lakehouse(scratch: Path) -> Any:
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.settings import load_settings

    return Lakehouse(load_settings(home=scratch / "home", landing=str(scratch / "landing")))


def describe(source: Path, tiny: Path, scratch: Path) -> Work:
    """What `lakehouse describe FILE` does."""

    def prepare(source: Path, scratch: Path) -> Work:
        from agentic_lakehouse.pipeline.lakehouse import Lakehouse
        from agentic_lakehouse.pipeline.preview import Preview, feed_of
        from agentic_lakehouse.settings import load_settings

        preview = Preview(
            Lakehouse(load_settings(home=scratch / "home")), source, feed_of(source, vendor="bench", feed="prices")
        )
        return lambda: preview.spec(preview.profile())

    return _rehearsed(prepare, source, tiny, scratch)


def polars_sink(source: Path, tiny: Path, scratch: Path) -> Work:
    """Polars sinks the file into an Iceberg table."""

    def prepare(source: Path, scratch: Path) -> Work:
        import polars as pl

        rows = pl.scan_csv(source, separator=";", infer_schema=False)
        table = _table(scratch, rows.head(0).collect().to_arrow(compat_level=pl.CompatLevel.oldest()).schema)
        return lambda: rows.sink_iceberg(table, mode="append")

    return _rehearsed(prepare, source, tiny, scratch)


def pyiceberg_append(source: Path, tiny: Path, scratch: Path) -> Work:
    """PyArrow reads the file, PyIceberg appends the table."""

    def prepare(source: Path, scratch: Path) -> Work:
        import pyarrow as pa
        from pyarrow import csv

        names = column_names(source)
        types = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        table = _table(scratch, pa.schema([(name, pa.string()) for name in names]))
        parse = csv.ParseOptions(delimiter=";")
        return lambda: table.append(csv.read_csv(source, parse_options=parse, convert_options=types))

    return _rehearsed(prepare, source, tiny, scratch)


def dlt_arrow(source: Path, tiny: Path, scratch: Path) -> Work:
    """Dlt takes Arrow batches of PyArrow's reader, its fastest way in, and loads an Iceberg table."""
    from benchmarks.load_dlt import arrow_batches, pipeline

    return _rehearsed(lambda file, folder: pipeline(arrow_batches(file), folder), source, tiny, scratch)


def dlt_duckdb(source: Path, tiny: Path, scratch: Path) -> Work:
    """Dlt takes Arrow batches of `read_csv_duckdb`, the fastest CSV reader that it ships."""
    from benchmarks.load_dlt import duckdb_batches, pipeline

    return _rehearsed(lambda file, folder: pipeline(duckdb_batches(file), folder), source, tiny, scratch)


def column_names(source: Path) -> list[str]:
    """Return the header of a price list."""
    with source.open(encoding="utf-8") as lines:
        return lines.readline().rstrip().split(";")


def _table(scratch: Path, schema: Any) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("bench", uri=f"sqlite:///{scratch}/catalog.db", warehouse=f"file://{scratch}/warehouse")
    catalog.create_namespace("bench")
    return catalog.create_table("bench.prices", schema)
