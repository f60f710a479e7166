"""`python -m benchmarks fold`: bronze folded into a slice of core, beside the same fold written by hand.

Once all of bronze anew, once a delivery of five per cent into the slice as it stands; by our judgement, fold
SQL and engine, and by DuckDB SQL that was written for this one feed. Both have the same memory and threads,
take turns in fresh processes, and must come to the same rows. Medians; seconds are of the work alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agentic_lakehouse.contracts.odcs import load_standard
from benchmarks import fold_scene as scene
from benchmarks.fresh import Cost, Work, cost_of
from benchmarks.report import machine, table

MEMORY, THREADS = "2GB", 2
ONES_OWN = {"_mapping_sha256", "_run_id", "mapping_sha256", "message"}
"""Columns in which the two may differ: names of the run, and wording."""


def rebuild_by_hand(folder: Path, out: Path) -> Work:
    """Fold all of bronze by SQL that was written for this feed."""
    return _by_hand([folder / "first.parquet"], None, out)


def rebuild_ours(folder: Path, out: Path) -> Work:
    """Fold all of bronze by SQL that contracts wrote."""
    return _ours([folder / "first.parquet"], None, out)


def incremental_by_hand(folder: Path, out: Path) -> Work:
    """Fold the second delivery into the slice by SQL that was written for this feed."""
    return _by_hand([folder / "second.parquet"], folder / "current.parquet", out)


def incremental_ours(folder: Path, out: Path) -> Work:
    """Fold the second delivery into the slice by SQL that contracts wrote."""
    return _ours([folder / "first.parquet", folder / "second.parquet"], folder / "current.parquet", out)


def _by_hand(bronze: list[Path], current: Path | None, out: Path) -> Work:
    from benchmarks.fold_by_hand import fold

    return lambda: fold(bronze, current, out, memory=MEMORY, threads=THREADS)


def _ours(bronze: list[Path], current: Path | None, out: Path) -> Work:
    from agentic_lakehouse.contracts.tables import core_table
    from agentic_lakehouse.engines.base import Relation
    from agentic_lakehouse.engines.duck import DuckSql
    from agentic_lakehouse.pipeline.fold import Sources, fold
    from agentic_lakehouse.pipeline.fold_sql import Deliveries

    standard = load_standard(Path("data/contracts/product_core.odcs.yaml"))
    sources = Sources(
        Relation(bronze, scene.BRONZE), Relation([current], core_table(standard).types) if current else None
    )

    def work() -> None:
        with DuckSql(memory_limit=MEMORY, threads=THREADS).session(sources.relations, out) as engine:
            fold(
                Deliveries(new=(scene.SECOND,) if current else None),
                sources,
                mapping=scene.MAPPING,
                standard=standard,
                facts=scene.FACTS,
                run_id="run",
                engine=engine,
                staging=out,
            )

    return work


CONTENDERS = {
    "rebuild": {"by hand": "benchmarks.fold:rebuild_by_hand", "ours": "benchmarks.fold:rebuild_ours"},
    "incremental": {"by hand": "benchmarks.fold:incremental_by_hand", "ours": "benchmarks.fold:incremental_ours"},
}


def main(arguments: Sequence[str]) -> None:
    """Print what each contender took, and our ratio to the hand-written one."""
    parser = argparse.ArgumentParser(prog="benchmarks fold", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    chosen = parser.parse_args(arguments)
    print(f"{machine()}\n{chosen.rows:,} rows, {MEMORY}, {THREADS} threads\n")
    with tempfile.TemporaryDirectory() as name:
        folder, part = Path(name), chosen.rows // 20
        scene.write_bronze(folder / "first.parquet", range(chosen.rows), delivery=scene.FIRST, day="2026-09-01")
        changed = range(chosen.rows - part // 2, chosen.rows + part - part // 2)
        scene.write_bronze(folder / "second.parquet", changed, delivery=scene.SECOND, day="2026-09-02", rise=5)
        found = [row for fold in CONTENDERS for row in compare(fold, folder, repeats=chosen.repeats)]
    table(("", "wall s", "CPU s", "peak MB", "anonymous MB"), found, markdown=chosen.markdown)


def compare(fold: str, folder: Path, *, repeats: int) -> list[tuple[str, ...]]:
    """Let both take turns, check that they came to the same, and return the lines of the table.

    A rebuild leaves our slice in `folder`, for incremental folds.
    """
    found: dict[str, list[Cost]] = {name: [] for name in CONTENDERS[fold]}
    for _ in range(repeats):
        contents = {}
        for name, costs in found.items():
            with tempfile.TemporaryDirectory() as out:
                costs.append(cost_of(CONTENDERS[fold][name], (folder, Path(out))))
                contents[name] = [content(Path(out) / f"{file}.parquet") for file in ("core", "mapping_errors")]
                if fold == "rebuild":
                    (Path(out) / "core.parquet").replace(folder / "current.parquet")
        if contents["ours"] != contents["by hand"]:
            sys.exit(f"the two did not come to the same rows: {contents}")
    middle = {name: Cost.middle(costs) for name, costs in found.items()}
    ratio = middle["ours"].over(middle["by hand"])
    return [
        *(
            (f"{fold}, {name}", f"{c.seconds:.2f}", f"{c.cpu:.2f}", f"{c.peak_mb:,.0f}", f"{c.anon_mb:,.0f}")
            for name, c in middle.items()
        ),
        ("ratio", f"{ratio.seconds:.2f}", f"{ratio.cpu:.2f}", f"{ratio.peak_mb:.2f}", f"{ratio.anon_mb:.2f}"),
    ]


def content(path: Path) -> tuple[int, str]:
    """Return how many rows a file has and a hash of them, in whatever order, but for what may differ."""
    import duckdb

    names = [name for name in duckdb.read_parquet(str(path)).columns if name not in ONES_OWN]
    listed = ", ".join(f'"{name}"' for name in sorted(names))
    [(rows, hashes)] = duckdb.sql(f"SELECT count(*), sum(hash({listed})::HUGEINT)::VARCHAR FROM '{path}'").fetchall()
    return rows, hashes
