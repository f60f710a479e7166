"""Read a sheet of an Excel or OpenDocument workbook as rows of text, the way a person sees its values.

Formulas come as the values that were saved with them, whole numbers without a decimal point. Hidden rows
and columns are read like any other: a filter that somebody left on hides goods, not mistakes.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.archives import is_document, open_archive
from agentic_lakehouse.feeds.batch import Record
from agentic_lakehouse.feeds.headers import SAMPLE_ROWS, Row, find_header
from agentic_lakehouse.feeds.names import positions, require_width, unique_names
from agentic_lakehouse.feeds.packing import packed_twice
from agentic_lakehouse.feeds.sheet_process import sheet_cells
from agentic_lakehouse.feeds.source import unpacked_file, unreadable

WorkbookKind = Literal["xlsx", "xls", "ods"]

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of Microsoft's compound files: XLS, and XLSX with a password."""
MIME_TYPES: dict[bytes, WorkbookKind] = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.spreadsheet-template": "ods",
}

MAX_UNPACKED = 1 << 30
"""Most bytes that a workbook's parts may have together, unpacked."""
MIDNIGHT = " 00:00:00"

_INSTANT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"


def find_sheet(path: Path, *, name: str) -> FileFormat:
    """Return the format of a workbook: the visible sheet with the most cells, and its header row.

    Raises:
        FeedUnreadable: it is damaged, protected, too large, no workbook at all, or holds no table.
    """
    with unpacked_file(path, name=name) as file:
        kind = _kind(file, name)
        sheet, cells = sheet_cells(file, None, name=name)
    return FileFormat(kind=kind, sheet=sheet, header_row=find_header(_filled_rows(cells, 2 * SAMPLE_ROWS)))


def rows(path: Path, fmt: FileFormat, *, name: str) -> tuple[tuple[str, ...], Iterator[Record]]:
    """Return the column names of a sheet and its records; rows without any value are none.

    Raises:
        FeedUnreadable: as `find_sheet`, or the sheet is gone.
    """
    with unpacked_file(path, name=name) as file:
        _kind(file, name)
        _, cells = sheet_cells(file, fmt.sheet, name=name)
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


def _kind(file: Path, name: str) -> WorkbookKind:
    """Tell the kind of an unpacked workbook, and that it can be read within bounds.

    Every part of a ZIP is unpacked once: what the parts claim of their size may be a lie.
    """
    with file.open("rb") as raw:
        if raw.read(len(OLE_MAGIC)) == OLE_MAGIC:
            _require_size(file.stat().st_size, name)
            return "xls"
        with open_archive(raw, name=name) as archive:
            if not is_document(archive):
                raise packed_twice(name)
            parts = {part.filename for part in archive.infolist()}
            _require_size(sum(part.file_size for part in archive.infolist()), name)
            try:
                broken = archive.testzip()
                kind = MIME_TYPES.get(archive.read("mimetype")) if "mimetype" in parts else None
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
                raise unreadable(
                    name, f"is no readable workbook ({error})", hint="Ask the vendor for it without a password."
                ) from error
    if broken is not None:
        raise unreadable(name, f"its part {broken} is damaged", hint="Ask the vendor to send it again.")
    if kind is None and "xl/workbook.xml" in parts:
        return "xlsx"
    if kind is None:
        raise unreadable(name, "is an Office file but no workbook", hint="Ask the vendor for CSV, XLSX or ODS.")
    return kind


def _require_size(size: int, name: str) -> None:
    if size > MAX_UNPACKED:
        raise unreadable(
            name, f"unpacks to more than {MAX_UNPACKED:,} bytes", hint="Ask the vendor for CSV or Parquet."
        )
