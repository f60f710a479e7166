"""`python -m benchmarks documents`: describe and read JSON, JSON Lines, XML and a workbook, beside a bare parser.

Describe is what `lakehouse describe FILE` does, read what `lakehouse read FILE --to OUT.parquet` does: it describes,
types and writes. The parsers beside them do neither: they come to cells and drop them. All hold the price list of
`load`; the workbook has as many rows as make that size as CSV, or as many as a sheet can hold.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import document_files as files
from benchmarks.fresh import ContenderFailed, Cost, Work, take_turns
from benchmarks.report import machine, table


def describe(source: Path, tiny: Path, scratch: Path) -> Work:
    """What `lakehouse describe FILE` does; rehearsed on the tiny file."""
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.preview import Preview, feed_of
    from agentic_lakehouse.settings import load_settings

    def prepare(path: Path, home: str) -> Work:
        house = Lakehouse(load_settings(home=scratch / home))
        preview = Preview(house, path, feed_of(path, vendor="bench", feed="prices"))
        return lambda: preview.spec(preview.profile())

    prepare(tiny, "rehearsal")()
    return prepare(source, "measured")


def read(source: Path, tiny: Path, scratch: Path) -> Work:
    """What `lakehouse read FILE --to OUT.parquet` does; rehearsed on the tiny file."""
    from agentic_lakehouse.pipeline.export import export_typed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.preview import Preview, feed_of
    from agentic_lakehouse.settings import load_settings

    def prepare(path: Path, home: str) -> Work:
        house = Lakehouse(load_settings(home=scratch / home))
        preview = Preview(house, path, feed_of(path, vendor="bench", feed="prices"))
        return lambda: export_typed(preview, scratch / f"{home}.parquet")

    prepare(tiny, "rehearsal")()
    return prepare(source, "measured")


def parsed_json(source: Path, tiny: Path, _scratch: Path) -> Work:
    """DuckDB parses every value, none of its types guessed from more than its sample."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar=false")

    def prepare(path: Path) -> Work:
        query = f"CREATE OR REPLACE TABLE parsed AS FROM read_json('{path}')"
        return lambda: connection.execute(query)

    prepare(tiny)()
    return prepare(source)


def parsed_xml(source: Path, tiny: Path, _scratch: Path) -> Work:
    """Expat tells every element and every text, and nobody keeps them."""
    from xml.parsers import expat

    def ignore(*_: object) -> None:
        """Come to a part of the document."""

    def prepare(path: Path) -> Work:
        def work() -> None:
            parser = expat.ParserCreate()
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = ignore
            parser.buffer_text = True
            with path.open("rb") as document:
                parser.ParseFile(document)

        return work

    prepare(tiny)()
    return prepare(source)


def parsed_workbook(source: Path, tiny: Path, _scratch: Path) -> Work:
    """Fastexcel reads the first sheet as text."""
    import fastexcel

    def prepare(path: Path) -> Work:
        return lambda: fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_arrow()

    prepare(tiny)()
    return prepare(source)


KINDS: dict[str, tuple[Callable[[Path, int], None], str, str]] = {
    "json": (files.write_json, "DuckDB", "parsed_json"),
    "jsonl": (files.write_json_lines, "DuckDB", "parsed_json"),
    "xml": (files.write_xml, "expat", "parsed_xml"),
    "xlsx": (files.write_workbook, "fastexcel", "parsed_workbook"),
}
"""Ending to what writes it, and the parser beside ours: its name and its function."""


def main(arguments: Sequence[str]) -> None:
    """Print one table: a line for each format and each thing done to it."""
    parser = argparse.ArgumentParser(prog="benchmarks documents", description=__doc__)
    parser.add_argument("--mb", type=float, default=200, help="size of a file, of a workbook as CSV")
    parser.add_argument("--only", choices=KINDS, nargs="+", default=list(KINDS), metavar="KIND")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="rounds; medians are shown")
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    chosen = parser.parse_args(arguments)
    print(f"{machine()}\n")
    found = [row for kind in chosen.only for row in of_kind(kind, chosen.mb, repeats=chosen.repeat)]
    header = ("", "rows", "MB", "s", "MB/s", "CPU s", "peak MB", "anonymous MB")
    table(header, found, markdown=chosen.markdown)


def of_kind(kind: str, mb: float, *, repeats: int) -> list[tuple[str, ...]]:
    """Measure one format; return the lines of the table."""
    write, name, parse = KINDS[kind]
    contenders = {
        f"{kind}, describe": "benchmarks.documents:describe",
        f"{kind}, read": "benchmarks.documents:read",
        f"{kind}, {name} parses": f"benchmarks.documents:{parse}",
    }
    with tempfile.TemporaryDirectory() as folder:
        source, tiny, scratch = Path(folder) / f"prices.{kind}", Path(folder) / f"tiny.{kind}", Path(folder) / "scratch"
        rows = files.rows_of(write, tiny, mb)
        write(source, rows)
        size = files.size_of(source, rows)
        scratch.mkdir()

        def clear() -> None:
            shutil.rmtree(scratch)
            scratch.mkdir()

        costs = take_turns(contenders, (source, tiny, scratch), repeats=repeats, afterwards=clear)
    return [_row(name, rows, size, cost) for name, cost in costs.items()]


def _row(name: str, rows: int, size: float, cost: Cost | ContenderFailed) -> tuple[str, ...]:
    if isinstance(cost, ContenderFailed):
        return (name, f"{rows:,}", f"{size:,.0f}", f"failed: {cost}", "", "", "", "")
    return (
        name,
        f"{rows:,}",
        f"{size:,.0f}",
        f"{cost.seconds:.2f}",
        f"{size / cost.seconds:,.1f}",
        f"{cost.cpu:.2f}",
        f"{cost.peak_mb:,.0f}",
        f"{cost.anon_mb:,.0f}",
    )
