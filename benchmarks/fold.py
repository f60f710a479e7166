"""`python -m benchmarks fold`: bronze folded into a slice of core, beside the same fold written by hand.

Once all of bronze anew, once a delivery of five per cent into the slice as it stands; by our judgement, fold
SQL and engine, and by DuckDB SQL that was written for this one feed. Both have the same memory and threads,
take turns in fresh processes, and must come to the same rows. Medians; seconds are of the work alone.
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
from statistics import median

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard
from benchmarks import fold_scene as scene

MEMORY, THREADS = "2GB", 2
ONES_OWN = {"_mapping_sha256", "_run_id", "mapping_sha256", "message"}
"""Columns in which the two may differ: names of the run, and wording."""


def by_hand(folder: Path, out: Path, *, incremental: bool) -> None:
    """Fold by SQL that was written for this feed."""
    from benchmarks.fold_by_hand import fold

    bronze, current = _sources(folder, incremental=incremental)
    fold(bronze[-1:] if incremental else bronze, current, out, memory=MEMORY, threads=THREADS)


def ours(folder: Path, out: Path, *, incremental: bool) -> None:
    """Fold by SQL that contracts wrote."""
    from agentic_lakehouse.contracts.tables import core_table
    from agentic_lakehouse.engines.base import Relation
    from agentic_lakehouse.engines.duck import DuckSql
    from agentic_lakehouse.pipeline.fold import Sources, fold
    from agentic_lakehouse.pipeline.fold_sql import Deliveries

    standard = _standard()
    bronze, current = _sources(folder, incremental=incremental)
    sources = Sources(
        Relation(bronze, scene.BRONZE), Relation([current], core_table(standard).types) if current else None
    )
    with DuckSql(memory_limit=MEMORY, threads=THREADS).session(sources.relations, out) as engine:
        fold(
            Deliveries(new=(scene.SECOND,) if incremental else None),
            sources,
            mapping=scene.MAPPING,
            standard=standard,
            facts=scene.FACTS,
            run_id="run",
            engine=engine,
            staging=out,
        )


CONTENDERS = {"by hand": by_hand, "ours": ours}


def _standard() -> ProductStandard:
    return load_standard(Path("data/contracts/product_core.odcs.yaml"))


def _sources(folder: Path, *, incremental: bool) -> tuple[list[Path], Path | None]:
    first, second, current = (folder / f"{name}.parquet" for name in ("first", "second", "current"))
    return ([first, second], current) if incremental else ([first], None)


def measure(name: str, folder: Path, out: Path, *, incremental: bool) -> dict[str, float]:
    """Run one contender in this process, which has imported what it needs, and read the contract."""
    import agentic_lakehouse.engines.duck
    import agentic_lakehouse.pipeline.fold  # noqa: F401 (imports apart)
    import benchmarks.fold_by_hand  # noqa: F401 (imports apart)

    _standard()
    started, used = time.perf_counter(), time.process_time()
    CONTENDERS[name](folder, out, incremental=incremental)
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(arguments: Sequence[str]) -> None:
    """Print what each contender took, and our ratio to the hand-written one."""
    parser = argparse.ArgumentParser(prog="benchmarks fold", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--incremental", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.contender:
        print(json.dumps(measure(chosen.contender, chosen.folder, chosen.out, incremental=chosen.incremental)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder, part = Path(name), chosen.rows // 20
        scene.write_bronze(folder / "first.parquet", range(chosen.rows), delivery=scene.FIRST, day="2026-09-01")
        changed = range(chosen.rows - part // 2, chosen.rows + part - part // 2)
        scene.write_bronze(folder / "second.parquet", changed, delivery=scene.SECOND, day="2026-09-02", rise=5)
        print(f"{chosen.rows:,} rows, {MEMORY}, {THREADS} threads, {datetime.now(UTC):%Y-%m-%d}")
        compare(folder, incremental=False, repeats=chosen.repeats)
        compare(folder, incremental=True, repeats=chosen.repeats)


def compare(folder: Path, *, incremental: bool, repeats: int) -> None:
    """Let both take turns, check that they came to the same, and print medians."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        contents = {}
        for name, rows in found.items():
            with tempfile.TemporaryDirectory() as out:
                rows.append(_fresh(name, folder, Path(out), incremental=incremental))
                contents[name] = [content(Path(out) / f"{table}.parquet") for table in ("core", "mapping_errors")]
                if not incremental:
                    (Path(out) / "core.parquet").replace(folder / "current.parquet")
        if contents["ours"] != contents["by hand"]:
            sys.exit(f"the two did not come to the same rows: {contents}")
    print(f"{'incremental' if incremental else 'rebuild':12} {'wall s':>8} {'cpu s':>8} {'peak MB':>8}")
    medians = {name: {key: median(row[key] for row in rows) for key in rows[0]} for name, rows in found.items()}
    for name, row in medians.items():
        print(f"  {name:10} {row['seconds']:8.2f} {row['cpu']:8.2f} {row['mb']:8.0f}")
    ratios = {key: medians["ours"][key] / medians["by hand"][key] for key in medians["ours"]}
    print(f"  {'ratio':10} {ratios['seconds']:8.2f} {ratios['cpu']:8.2f} {ratios['mb']:8.2f}")


def _fresh(name: str, folder: Path, out: Path, *, incremental: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "fold", "--contender", name, "--folder", folder, "--out", out]
    done = subprocess.run(
        [str(c) for c in command] + ["--incremental"] * incremental, capture_output=True, text=True, check=True
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def content(path: Path) -> tuple[int, str]:
    """Return how many rows a file has and a hash of them, in whatever order, but for what may differ."""
    import duckdb

    names = [name for name in duckdb.read_parquet(str(path)).columns if name not in ONES_OWN]
    listed = ", ".join(f'"{name}"' for name in sorted(names))
    [(rows, hashes)] = duckdb.sql(f"SELECT count(*), sum(hash({listed})::HUGEINT)::VARCHAR FROM '{path}'").fetchall()
    return rows, hashes
