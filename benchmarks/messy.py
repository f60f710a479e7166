"""`python -m benchmarks messy FOLDER`: readers of messy delimited text side by side, none given a parameter.

FOLDER holds `csv/`, files as they came, and `clean/`, the tables that were meant, under the same names as
plain RFC 4180 text in UTF-8. The measures follow Vitagliano et al., *Pollock: A Data Loading Benchmark*, VLDB 2023:

* files: share of the files that a reader reads without an error;
* record F1: the records of both tables as multisets, the header one of them; two records agree when all
  their cells do, in order. Precision is the share of read records that were meant, recall the share of
  meant records that were read, F1 their harmonic mean; 1 where both tables are empty;
* cell F1: the same over the values of all cells, wherever they stand.

A file that is not read counts 0 in both; both are means over files. An absent cell is an empty one.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import clevercsv
import duckdb
import polars as pl

from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.pipeline.export import export_text
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.preview import Preview, feed_of
from agentic_lakehouse.settings import load_settings
from benchmarks.report import machine, table

Table = list[tuple[str, ...]]

FAILURES = (
    LakehouseError,
    duckdb.Error,
    pl.exceptions.PolarsError,
    csv.Error,
    clevercsv.exceptions.NoDetectionResult,
    UnicodeError,
    ValueError,
)
"""How the readers say that they cannot read a file."""


def ours(path: Path) -> Table:
    """What `lakehouse read FILE --to OUT.csv --as-text` writes."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "out.csv"
        lakehouse = Lakehouse(load_settings(home=Path(folder) / "home"))
        export_text(Preview(lakehouse, path, feed_of(path, vendor="bench")), to)
        return rfc4180(to)


def rfc4180(path: Path) -> Table:
    """Read plain comma-separated text."""
    with path.open(newline="", encoding="utf-8") as source:
        return [tuple(row) for row in csv.reader(source) if row]


def by_clevercsv(path: Path) -> Table:
    """CleverCSV's encoding detection, dialect detection and reader."""
    return [tuple(row) for row in clevercsv.read_table(str(path)) if row]


def by_duckdb(path: Path) -> Table:
    """DuckDB's sniffer, all columns as text."""
    with duckdb.connect() as connection:
        found = connection.read_csv(str(path), all_varchar=True)
        return [tuple(found.columns), *_plain(found.fetchall())]


def by_polars(path: Path) -> Table:
    """Polars with its defaults, all columns as text."""
    frame = pl.read_csv(path, infer_schema=False)
    return [tuple(frame.columns), *_plain(frame.rows())]


def by_sniffer(path: Path) -> Table:
    """The standard library's `csv.Sniffer` and `csv.reader`."""
    with path.open(newline="", encoding="utf-8") as source:
        dialect = csv.Sniffer().sniff(source.read(1 << 20))
        source.seek(0)
        return [tuple(row) for row in csv.reader(source, dialect) if row]


def _plain(rows: Iterable[tuple[str | None, ...]]) -> Table:
    return [tuple(cell or "" for cell in row) for row in rows]


READERS: dict[str, Callable[[Path], Table]] = {
    "lakehouse": ours,
    "CleverCSV": by_clevercsv,
    "DuckDB": by_duckdb,
    "Polars": by_polars,
    "csv.Sniffer": by_sniffer,
}


@dataclass(frozen=True)
class Score:
    """How one reader did on one file."""

    file: str
    records: float
    cells: float
    failure: str | None
    missing: Table
    """Records that were meant and not read."""
    extra: Table
    """Records that were read and not meant."""


def f1(read: Iterable[Hashable], meant: Iterable[Hashable]) -> float:
    """Return the harmonic mean of precision and recall of two multisets; 1 where both are empty."""
    first, second = Counter(read), Counter(meant)
    both = first.total() + second.total()
    return 2 * (first & second).total() / both if both else 1.0


def score(reader: Callable[[Path], Table], path: Path, meant: Table) -> Score:
    """Let one reader read one file."""
    try:
        read = reader(path)
    except FAILURES as failure:
        return Score(path.name, 0.0, 0.0, str(failure).partition("\n")[0], meant, [])
    missing, extra = Counter(meant) - Counter(read), Counter(read) - Counter(meant)
    cells = f1((c for row in read for c in row), (c for row in meant for c in row))
    return Score(path.name, f1(read, meant), cells, None, list(missing.elements()), list(extra.elements()))


def main(arguments: Sequence[str]) -> None:
    """Print one line a reader, then the files that ours reads worst."""
    parser = argparse.ArgumentParser(
        prog="benchmarks messy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="holds csv/ and clean/")
    parser.add_argument("--reader", choices=READERS, action="append", help="measure these alone")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="list the N files that ours reads worst")
    chosen = parser.parse_args(arguments)
    if chosen.folder is None:
        print("messy: no folder of messy files given, nothing measured")
        return
    files = sorted(path for path in (chosen.folder / "csv").iterdir() if (chosen.folder / "clean" / path.name).exists())
    if not files:
        parser.error(f"{chosen.folder}: no file of csv/ has its truth in clean/")
    readers = {name: READERS[name] for name in chosen.reader or READERS}
    scores = {n: [score(r, p, rfc4180(chosen.folder / "clean" / p.name)) for p in files] for n, r in readers.items()}
    means = {
        name: {
            "files": fmean(s.failure is None for s in found),
            "record_f1": fmean(s.records for s in found),
            "cell_f1": fmean(s.cells for s in found),
        }
        for name, found in scores.items()
    }
    if chosen.json:
        print(json.dumps({"folder": str(chosen.folder), "file_count": len(files), "readers": means}, indent=2))
        return
    print(f"{machine()}\n{len(files)} files\n")
    lines = [(name, *(f"{mean:.4f}" for mean in row.values())) for name, row in means.items()]
    table(("reader", "files", "record F1", "cell F1"), lines, markdown=chosen.markdown)
    for found in sorted(scores.get("lakehouse", []), key=lambda s: (s.records, s.cells))[: chosen.worst]:
        _tell(found)


def _tell(found: Score) -> None:
    print(f"\n{found.file}: record F1 {found.records:.4f}, cell F1 {found.cells:.4f}  {found.failure or ''}")
    for mark, rows in (("-", found.missing), ("+", found.extra)):
        for row in rows[:2]:
            print(f"  {mark} {' | '.join(row)}"[:80])
        if len(rows) > 2:
            print(f"  {mark} ... {len(rows)} in all")
