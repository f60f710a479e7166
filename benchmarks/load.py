"""`python -m benchmarks load`: the loader beside the floor, DuckDB copying the same file as text to zstd Parquet.

Each runs in a fresh process; seconds are of the work alone, imports apart. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.price_list import write


def floor(source: Path, scratch: Path) -> None:
    """Copy the file as text, nothing else."""
    import duckdb

    read = f"read_csv('{source}', delim=';', all_varchar=true, header=true)"
    duckdb.sql(f"COPY (FROM {read}) TO '{scratch / 'floor.parquet'}' (FORMAT parquet, COMPRESSION zstd)")


def ours(source: Path, scratch: Path) -> None:
    """Sniff, profile, describe, type and quarantine."""
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.preview import Preview, feed_of
    from agentic_lakehouse.settings import load_settings

    preview = Preview(Lakehouse(load_settings(home=scratch / "home")), source, feed_of(source, vendor="bench"))
    preview.load(preview.spec(preview.profile()).value, scratch)


CONTENDERS = {"floor": floor, "ours": ours}


def measure(name: str, source: Path) -> dict[str, float]:
    """Run one contender in this process."""
    import duckdb  # noqa: F401 (imports apart)

    import agentic_lakehouse.engines.load
    import agentic_lakehouse.pipeline.preview  # noqa: F401 (imports apart)

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        CONTENDERS[name](source, Path(folder))
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main(arguments: Sequence[str]) -> None:
    """Print one line a contender, and its ratio to the floor."""
    parser = argparse.ArgumentParser(prog="benchmarks load", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--source", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.contender:
        print(json.dumps(measure(chosen.contender, chosen.source)))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "prices.csv"
        write(source, chosen.rows)
        print(f"{chosen.rows} rows, {source.stat().st_size / 1e6:.0f} MB, {datetime.now(UTC):%Y-%m-%d}")
        found = {}
        for name in CONTENDERS:
            command = [sys.executable, "-m", "benchmarks", "load", "--contender", name, "--source", str(source)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name] = json.loads(done.stdout)
        for name, row in found.items():
            ratio = row["seconds"] / found["floor"]["seconds"]
            print(f"{name:8} {row['seconds']:7.2f} s  {ratio:6.1f} x floor  {row['peak_mb']:7.0f} MB")
