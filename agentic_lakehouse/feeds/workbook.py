"""Read a sheet of an Excel or OpenDocument workbook as rows of text, the way a person sees its values.

Formulas come as the values that were saved with them, whole numbers without a decimal point. Hidden rows
and columns are read like any other: a filter that somebody left on hides goods, not mistakes.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.archives import is_document, open_archive
from agentic_lakehouse.feeds.batch import MAX_CELLS, TextBatch
from agentic_lakehouse.feeds.headers import SAMPLE_ROWS, Header, Row, find_header, header_over, join_header
from agentic_lakehouse.feeds.names import positions, require_width, unique_names
from agentic_lakehouse.feeds.packing import FREE_BYTES, MAX_EXPANSION, packed_twice
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


class Sheet(NamedTuple):
    """The records of a sheet."""

    names: tuple[str, ...]
    cells: pl.DataFrame
    first_row: int
    """Sheet row of the first of them, from 1."""


class _Parsed(NamedTuple):
    kind: WorkbookKind
    sheet: str
    cells: pl.DataFrame


_LAST: dict[tuple[Hashable, ...], _Parsed] = {}
"""The sheet that was parsed last: a file is sniffed, described and read in a row. Its cells are a mapped file."""


def find_sheet(path: Path, *, name: str) -> FileFormat:
    """Return the format of a workbook: the visible sheet with the most cells, and its header row.

    Raises:
        FeedUnreadable: it is damaged, protected, too large, no workbook at all, or holds no table.
    """
    kind, sheet, cells = _parsed(path, None, name)
    header = _header(cells)
    return FileFormat(
        kind=kind, sheet=sheet, header_row=header.line if header else None, header_rows=header.rows if header else 1
    )


def column_names(path: Path, fmt: FileFormat, *, name: str) -> tuple[str, ...]:
    """Return the column names of a sheet.

    Raises:
        FeedUnreadable: as `find_sheet`, or the sheet is gone.
    """
    return _table(path, fmt, name).names


def batches(path: Path, fmt: FileFormat, *, name: str, batch_rows: int) -> Iterator[TextBatch]:
    """Yield the records of a sheet; rows without any value are none. Their raw text is their cells as JSON.

    Raises:
        FeedUnreadable: as `column_names`.
    """
    table = _table(path, fmt, name)
    most = max(1, min(batch_rows, MAX_CELLS // len(table.names)))
    number = 1
    for start in range(0, table.cells.height, most):
        cells = table.cells.slice(start, most)
        lines = pl.int_range(table.first_row + start, table.first_row + start + cells.height, eager=True)
        is_record = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
        cells, lines = cells.filter(is_record), lines.filter(is_record)
        if cells.height:
            yield TextBatch(
                rows=cells,
                row_number=pl.int_range(number, number + cells.height, eager=True).alias("row_number"),
                line=lines.alias("line"),
                raw=cells.select(pl.struct(pl.all()).struct.json_encode().alias("raw")).to_series(),
                broken=(),
            )
        number += cells.height


def _table(path: Path, fmt: FileFormat, name: str) -> Sheet:
    cells = _parsed(path, fmt.sheet, name).cells
    require_width(cells.width, name=name)
    if fmt.header_row is None:
        return Sheet(positions(cells.width), _named(_as_dates(cells), positions(cells.width)), 1)
    last = fmt.header_row + fmt.header_rows - 1
    if last > cells.height:
        raise unreadable(name, f"has no row {last}, where its header was", hint="Describe the file anew.")
    titles = join_header([cells.row(row - 1) for row in range(fmt.header_row, last + 1)])
    body = _as_dates(cells.slice(last))
    used = [i for i, title in enumerate(titles) if title or body[:, i].null_count() < body.height]
    unique = unique_names(titles)
    names = tuple(unique[i] for i in used)
    return Sheet(names, _named(body[:, used], names), last + 1)


def _named(cells: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return cells.rename(dict(zip(cells.columns, names, strict=True)))


def _header(cells: pl.DataFrame) -> Header | None:
    """Return the header of a sheet; one of several rows only where no empty one stands between them."""
    rows = _filled_rows(cells, 2 * SAMPLE_ROWS)
    header = header_over(rows)
    if header and header.rows > 1:
        lines = [line for line, _ in rows if line >= header.line][: header.rows]
        if lines[-1] - header.line >= header.rows:
            line = find_header(rows)
            return Header(line) if line else None
    return header


def _filled_rows(cells: pl.DataFrame, count: int) -> list[Row]:
    return [(number, row) for number, row in enumerate(cells.head(count).iter_rows(), start=1) if any(row)]


def _parsed(path: Path, sheet: str | None, name: str) -> _Parsed:
    try:
        at = path.stat()
        file_key = (path.absolute(), at.st_ino, at.st_size, at.st_mtime_ns)
    except OSError:
        file_key = None  # opening it says why
    if file_key is None or (file_key, sheet) not in _LAST:
        with unpacked_file(path, name=name) as file:
            kind = _kind(file, name)
            found, cells = sheet_cells(file, sheet, name=name)
        _LAST.clear()
        _LAST[file_key, sheet] = _LAST[file_key, found] = _Parsed(kind, found, cells)
    return _LAST[file_key, sheet]


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
            _require_no_bomb(archive, name)
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


def _require_no_bomb(archive: zipfile.ZipFile, name: str) -> None:
    for part in archive.infolist():
        if part.file_size > max(FREE_BYTES, MAX_EXPANSION * part.compress_size):
            raise unreadable(
                name,
                f"its part {part.filename} unpacks to {part.file_size:,} bytes, over {MAX_EXPANSION} times its size",
                hint="Ask the vendor for CSV or Parquet.",
            )
