"""Read an Excel sheet as rows of text, the way a person sees its values."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Record
from agentic_lakehouse.feeds.headers import SAMPLE_ROWS, Row, find_header
from agentic_lakehouse.feeds.names import positions, require_width, unique_names
from agentic_lakehouse.feeds.source import unreadable

MAX_UNPACKED = 1 << 30
"""Most bytes that a workbook's parts may have together, unpacked."""
ERROR_VALUES = {
    "NA": "#N/A",
    "Div0": "#DIV/0!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
"""Faults of formulas, as the reader calls them and as Excel shows them."""
MIDNIGHT = " 00:00:00"

_INSTANT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"


def find_sheet(path: Path, *, name: str) -> FileFormat:
    """Return the format of a workbook: the visible sheet with the most cells, and its header row.

    Raises:
        FeedUnreadable: it is damaged, protected, too large, or holds no table.
    """
    _require_sound(path, name)
    book = _book(path, name)
    best: tuple[int, str, pl.DataFrame] | None = None
    for sheet in book.sheet_names:
        loaded, cells = _cells(book, sheet, name)
        size = sum(cells.height - count for count in cells.null_count().row(0)) if cells.width else 0
        if size and loaded.visible == "visible" and (best is None or size > best[0]):
            best = size, sheet, cells
    if best is None:
        raise unreadable(name, "has no visible sheet with values", hint="Ask the vendor for the sheet with the table.")
    return FileFormat(kind="xlsx", sheet=best[1], header_row=find_header(_filled_rows(best[2], 2 * SAMPLE_ROWS)))


def rows(path: Path, fmt: FileFormat, *, name: str) -> tuple[tuple[str, ...], Iterator[Record]]:
    """Return the column names of a sheet and its records; rows without any value are none.

    Raises:
        FeedUnreadable: as `find_sheet`, or the sheet is gone.
    """
    _require_sound(path, name)
    _, cells = _cells(_book(path, name), fmt.sheet or 0, name)
    require_width(cells.width, name=name)
    if fmt.header_row is None:
        names = positions(cells.width)
        return names, _records(_as_dates(cells), names, first_row=1)
    if fmt.header_row > cells.height:
        raise unreadable(name, f"has no row {fmt.header_row}, where its header was", hint="Describe the file anew.")
    titles, body = cells.row(fmt.header_row - 1), _as_dates(cells.slice(fmt.header_row))
    used = [i for i, title in enumerate(titles) if title or body[:, i].null_count() < body.height]
    titles = unique_names(titles)
    names = tuple(titles[i] for i in used)
    return names, _records(body[:, used], names, first_row=fmt.header_row + 1)


def _records(cells: pl.DataFrame, names: tuple[str, ...], *, first_row: int) -> Iterator[Record]:
    for number, row in enumerate(cells.iter_rows(), start=first_row):
        if any(row):
            yield Record(number, json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False), row)


def _filled_rows(cells: pl.DataFrame, count: int) -> list[Row]:
    return [(number, row) for number, row in enumerate(cells.head(count).iter_rows(), start=1) if any(row)]


def _as_dates(cells: pl.DataFrame) -> pl.DataFrame:
    """Write instants as days in columns where every one is a midnight: Excel knows no other date."""
    for column in cells.columns:
        instants = cells[column].drop_nulls()
        instants = instants.filter(instants.str.contains(_INSTANT))
        if instants.len() and instants.str.ends_with(MIDNIGHT).all():
            days = pl.when(pl.col(column).str.contains(_INSTANT)).then(pl.col(column).str.head(10))
            cells = cells.with_columns(days.otherwise(pl.col(column)).alias(column))
    return cells


def _book(path: Path, name: str) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(path.read_bytes())
    except fastexcel.FastExcelError as error:
        raise _damaged(name, error) from error


def _cells(book: Any, sheet: str | int, name: str) -> tuple[Any, pl.DataFrame]:
    """Load a sheet as text, whole, so that its rows count as a person counts them."""
    import fastexcel

    try:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        arrow, faults = loaded.to_arrow_with_errors()
    except fastexcel.FastExcelError as error:
        raise _damaged(name, error) from error
    cells = pl.DataFrame(arrow).with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))
    for fault in faults.errors if faults else ():
        shown = next((text for word, text in ERROR_VALUES.items() if f"Error({word})" in fault.detail), None)
        row, column = fault.offset_position
        cells[row, column] = shown
    return loaded, cells


def _damaged(name: str, error: Exception) -> Exception:
    cause = str(error).partition("\n")[0]
    return unreadable(
        name, f"is no readable workbook ({cause})", hint="Ask the vendor to save it as XLSX without a password."
    )


def _require_sound(path: Path, name: str) -> None:
    """Unpack every part once, within bounds: what the parts claim of their size may be a lie."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise unreadable(
                    name, f"unpacks to more than {MAX_UNPACKED:,} bytes", hint="Ask the vendor for CSV or Parquet."
                )
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name, error) from error
    if broken is not None:
        raise unreadable(name, f"its part {broken} is damaged", hint="Ask the vendor to send it again.")
