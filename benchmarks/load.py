"""`python -m benchmarks load`: a file into bronze, beside the floor: DuckDB copying it as text to zstd Parquet.

Ours keeps and hashes the bytes, types every cell, quarantines what does not fit, and commits bronze with lineage;
the spec is known, or (`--cold`) described first. The others commit all columns as text. Each runs in a fresh process;
seconds are of the work alone, imports apart. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.price_list import write

Work = Callable[[], object]
FEW = 2_000
"""Rows of the file from which a spec is known."""


def floor(source: Path, scratch: Path) -> Work:
    """Copy the file as text, nothing else."""
    import duckdb

    read = f"read_csv('{source}', delim=';', all_varchar=true, header=true)"
    copy = f"COPY (FROM {read}) TO '{scratch / 'floor.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar=false")
    return lambda: connection.execute(copy)


def known(source: Path, scratch: Path) -> Work:
    """Load a delivery of a feed whose spec is known."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as first:
        write(Path(first.name), FEW)
        _load(Path(first.name), scratch)()
    return _load(source, scratch)


def cold(source: Path, scratch: Path) -> Work:
    """Describe and load a feed's first delivery."""
    return _load(source, scratch)


def _load(source: Path, scratch: Path) -> Work:
    import agentic_lakehouse.brain.planner.model
    import agentic_lakehouse.engines.load  # noqa: F401 (imports apart)
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.settings import load_settings

    folder = scratch / "landing" / "bench" / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{len(list(folder.iterdir()))}.csv"
    shutil.copy(source, file)
    house = Lakehouse(load_settings(home=scratch / "home", landing=str(scratch / "landing")))
    feed, run = Feed("bench", "prices"), "bench"

    def work() -> None:
        house.receive(feed, run)
        house.describe(feed, run)
        house.ingest(feed, run)

    return work


def polars_iceberg(source: Path, scratch: Path) -> Work:
    """Sink the file as text into an Iceberg table by Polars."""
    import polars as pl

    rows = pl.scan_csv(source, separator=";", infer_schema=False)
    table = _table(scratch, rows.head(0).collect().to_arrow(compat_level=pl.CompatLevel.oldest()).schema)
    return lambda: rows.sink_iceberg(table, mode="append")


def pyiceberg(source: Path, scratch: Path) -> Work:
    """Read the file by PyArrow and append it to an Iceberg table."""
    import pyarrow as pa
    from pyarrow import csv

    names = source.open(encoding="utf-8").readline().rstrip().split(";")
    types = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    table = _table(scratch, pa.schema([(name, pa.string()) for name in names]))
    return lambda: table.append(
        csv.read_csv(source, parse_options=csv.ParseOptions(delimiter=";"), convert_options=types)
    )


def _table(scratch: Path, schema: Any) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("bench", uri=f"sqlite:///{scratch}/catalog.db", warehouse=f"file://{scratch}/warehouse")
    catalog.create_namespace("bench")
    return catalog.create_table("bench.prices", schema)


CONTENDERS: dict[str, Callable[[Path, Path], Work]] = {
    "floor": floor,
    "ours": known,
    "ours, cold": cold,
    "polars": polars_iceberg,
    "pyiceberg": pyiceberg,
}


def measure(name: str, source: Path) -> dict[str, float]:
    """Run one contender in this process."""
    with tempfile.TemporaryDirectory() as folder:
        work = CONTENDERS[name](source, Path(folder))
        start, used = time.perf_counter(), time.process_time()
        work()
        return {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - used,
            "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def main(arguments: Sequence[str]) -> None:
    """Print one line a contender, and its ratio to the floor."""
    parser = argparse.ArgumentParser(prog="benchmarks load", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--cold", action="store_true", help="describe the file as well")
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--source", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.contender:
        print(json.dumps(measure(chosen.contender, chosen.source)))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "prices.csv"
        write(source, chosen.rows)
        print(f"{chosen.rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB, {datetime.now(UTC):%Y-%m-%d}")
        print(f"{'':12} {'wall s':>8} {'x floor':>8} {'cpu s':>8} {'peak MB':>8}")
        found: dict[str, dict[str, float]] = {}
        for name in CONTENDERS:
            if name == "ours, cold" and not chosen.cold:
                continue
            found[name] = row = _fresh(name, source)
            ratio = row["seconds"] / found["floor"]["seconds"]
            print(f"{name:12} {row['seconds']:8.2f} {ratio:8.2f} {row['cpu']:8.2f} {row['mb']:8.0f}")


def _fresh(name: str, source: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "load", "--contender", name, "--source", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured
