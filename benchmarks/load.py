"""`python -m benchmarks load`: a file into bronze, beside the floor and beside what others would use.

The floor is DuckDB copying the file as text to zstd Parquet. Contenders take turns, each in a fresh process; seconds
are of the work alone, imports apart; medians. `benchmarks/fresh.py` tells what is measured, `contenders.py` what each
does. Ratios matter, not seconds. The file lies in the page cache, for all of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.fresh import ContenderFailed, Cost, take_turns
from benchmarks.price_list import write
from benchmarks.report import machine, table

FLOOR, COLD, WARM, DESCRIBE = "floor", "ours-cold", "ours-warm", "describe"
DLT = ("dlt-arrow", "dlt-duckdb")
CONTENDERS = {
    FLOOR: "benchmarks.contenders:floor",
    COLD: "benchmarks.contenders:ours_cold",
    WARM: "benchmarks.contenders:ours_warm",
    "polars": "benchmarks.contenders:polars_sink",
    "pyiceberg": "benchmarks.contenders:pyiceberg_append",
    DLT[0]: "benchmarks.contenders:dlt_arrow",
    DLT[1]: "benchmarks.contenders:dlt_duckdb",
    DESCRIBE: "benchmarks.contenders:describe",
}
TINY = 2_000
"""Rows of the file on which each contender rehearses."""

Costs = Mapping[str, Cost | ContenderFailed]


def main(arguments: Sequence[str]) -> None:
    """Print a table a size, then what was to be reached."""
    parser = argparse.ArgumentParser(prog="benchmarks load", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000], metavar="N", help="sizes of the file")
    parser.add_argument("--only", choices=CONTENDERS, nargs="+", default=list(CONTENDERS), metavar="NAME")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds; medians are shown")
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    chosen = parser.parse_args(arguments)
    names = [name for name in CONTENDERS if name in chosen.only]
    if importlib.util.find_spec("dlt") is None:
        print(f"dlt is not installed (`make bench` does): {', '.join(DLT)} left out\n")
        names = [name for name in names if name not in DLT]
    print(f"{machine()}\n")
    found = {}
    for rows in sorted(chosen.rows):
        found[rows] = of_size(rows, names, repeats=chosen.repeat, markdown=chosen.markdown)
    table(("", "reached", "target"), verdicts(found), markdown=chosen.markdown)


def of_size(rows: int, names: Sequence[str], *, repeats: int, markdown: bool) -> Costs:
    """Let the contenders take turns on a file of so many rows, and print what they took."""
    with tempfile.TemporaryDirectory() as folder:
        source, tiny, scratch = (Path(folder) / name for name in ("prices.csv", "tiny.csv", "scratch"))
        write(source, rows)
        write(tiny, TINY)
        scratch.mkdir()

        def clear() -> None:
            shutil.rmtree(scratch)
            scratch.mkdir()

        contenders = {name: CONTENDERS[name] for name in names}
        costs = take_turns(contenders, (source, tiny, scratch), repeats=repeats, afterwards=clear)
        print(f"{rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB, medians of {repeats}\n")
    header = ("", "wall s", "x floor", "CPU s", "peak MB", "anonymous MB")
    table(header, [_row(name, cost, costs.get(FLOOR)) for name, cost in costs.items()], markdown=markdown)
    return costs


def _row(name: str, cost: Cost | ContenderFailed, floor: Cost | ContenderFailed | None) -> tuple[str, ...]:
    if isinstance(cost, ContenderFailed):
        return (name, f"failed: {cost}", "", "", "", "")
    ratio = f"{cost.seconds / floor.seconds:.2f}" if isinstance(floor, Cost) else ""
    return (
        name,
        f"{cost.seconds:.2f}",
        ratio,
        f"{cost.cpu:.2f}",
        f"{cost.peak_mb:,.0f}",
        f"{cost.anon_mb:,.0f}",
    )


def verdicts(found: Mapping[int, Costs]) -> list[tuple[str, str, str]]:
    """Return what was to be reached at the largest size, with what was; `-` where something was not measured."""
    smallest, largest = (
        {name: cost for name, cost in found[size].items() if isinstance(cost, Cost)}
        for size in (min(found), max(found))
    )

    def ratio(of: Cost | None, to: Cost | None, measure: str = "seconds") -> str:
        return f"{getattr(of, measure) / getattr(to, measure):.2f}" if of and to else "-"

    floor, cold, warm, described = map(largest.get, (FLOOR, COLD, WARM, DESCRIBE))
    dlt = min((largest[name] for name in DLT if name in largest), key=lambda cost: cost.seconds, default=None)
    grown = ratio(cold, smallest.get(COLD), "peak_mb") if len(found) > 1 else "-"
    return [
        ("ours cold / floor, wall", ratio(cold, floor), "at most 1.5"),
        ("ours warm / floor, wall", ratio(warm, floor), "at most 1.3"),
        ("dlt at its fastest / ours cold, wall", ratio(dlt, cold), "at least 2.5"),
        ("ours cold, peak MB", f"{cold.peak_mb:,.0f}" if cold else "-", "at most 800"),
        ("ours cold, peak at largest / at smallest size", grown, "at most 1.1"),
        ("describe, s", f"{described.seconds:.2f}" if described else "-", "under 2"),
    ]
