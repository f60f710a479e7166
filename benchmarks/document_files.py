"""The price list as JSON, JSON Lines, XML and a workbook, written without holding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb

from benchmarks.price_list import HEADER, select

RECORD = "Artikel"
TINY = 1_000
"""Rows of the file on which contenders rehearse and from which a row's size is known."""
MOST_ROWS = 1_048_576
"""Rows that a sheet of an xlsx file can have, its header one of them (ECMA-376, SpreadsheetML)."""
BYTES_AS_CSV = 212
"""Bytes of a row of the price list as CSV: a workbook is packed, its own size says little."""


def rows_of(write: Callable[[Path, int], None], tiny: Path, mb: float) -> int:
    """Write the tiny file, and return how many rows make a file of so many MB."""
    write(tiny, TINY)
    if write is write_workbook:
        return min(int(mb * 1e6 / BYTES_AS_CSV), MOST_ROWS - 1)
    return max(int(mb * 1e6 * TINY / tiny.stat().st_size), 1)


def size_of(path: Path, rows: int) -> float:
    """Return the MB of a file; of a workbook, those of the same table as CSV."""
    return (rows * BYTES_AS_CSV if path.suffix == ".xlsx" else path.stat().st_size) / 1e6


def write_json(path: Path, rows: int) -> None:
    """Write one array of objects."""
    _copy(path, rows, "FORMAT json, ARRAY true")


def write_json_lines(path: Path, rows: int) -> None:
    """Write an object a line."""
    _copy(path, rows, "FORMAT json")


def write_xml(path: Path, rows: int) -> None:
    """Write an element a record, its cells as elements."""
    tags = [name.replace(" ", "_") for name in HEADER]
    with path.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<Preisliste>\n')
        for record in _records(rows):
            cells = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for tag, cell in zip(tags, record, strict=True))
            out.write(f"<{RECORD}>{cells}</{RECORD}>\n")
        out.write("</Preisliste>\n")


def write_workbook(path: Path, rows: int) -> None:
    """Write one sheet, row by row: texts as texts, the stock as a number."""
    from xlsxwriter import Workbook

    with Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Preisliste")
        sheet.write_row(0, 0, HEADER)
        for number, record in enumerate(_records(rows), start=1):
            for column, cell in enumerate(record):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)


def _copy(path: Path, rows: int, options: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar=false")
        connection.execute(f"COPY ({select(rows)}) TO '{path}' ({options})")


def _records(rows: int) -> Iterator[tuple[str | int, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar=false")
        found = connection.execute(select(rows))
        while batch := found.fetchmany(10_000):
            yield from batch
