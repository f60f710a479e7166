"""Read a file of any kind as batches of text rows: the one door from bytes to cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds import columnar, delimited, documents, workbook, xml_records, xml_shape
from agentic_lakehouse.feeds.batch import BrokenRecord, TextBatch, batches

__all__ = ["BrokenRecord", "TextBatch", "read_batches", "source_names"]

BATCH_ROWS = 50_000


def source_names(path: Path, fmt: FileFormat, *, name: str) -> tuple[str, ...]:
    """Return the columns of a file in order: headers, dotted paths of JSON and XML, or positions (`#1`).

    JSON and XML are read whole for it, since any record may bring a new one.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt`.
    """
    match fmt.kind:
        case "csv":
            return delimited.rows(path, fmt, name=name)[0]
        case "json" | "jsonl":
            return documents.column_names(path, fmt, name=name)
        case "xml":
            return xml_shape.column_names(path, fmt, name=name)
        case "xlsx" | "xls" | "ods":
            return workbook.rows(path, fmt, name=name)[0]
        case "parquet" | "arrow":
            return columnar.column_names(path, fmt.kind, name=name)


def read_batches(
    path: Path, fmt: FileFormat, *, name: str, batch_rows: int = BATCH_ROWS, names: Sequence[str] | None = None
) -> Iterator[TextBatch]:
    """Yield a file's records in order, each exactly once: as a row, or as a broken record.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        name: what errors call the file.
        batch_rows: most records in one batch; wide tables come in smaller ones.
        names: the file's `source_names`, if they are known: spares JSON and XML a pass.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt` (at once or on the way).
    """
    match fmt.kind:
        case "csv":
            header, records = delimited.rows(path, fmt, name=name)
            return batches(records, header, batch_rows=batch_rows)
        case "json" | "jsonl":
            columns = names or documents.column_names(path, fmt, name=name)
            return batches(documents.rows(path, fmt, columns, name=name), columns, batch_rows=batch_rows)
        case "xml":
            columns = names or xml_shape.column_names(path, fmt, name=name)
            return batches(xml_records.rows(path, fmt, columns, name=name), columns, batch_rows=batch_rows)
        case "xlsx" | "xls" | "ods":
            titles, cells = workbook.rows(path, fmt, name=name)
            return batches(cells, titles, batch_rows=batch_rows)
        case "parquet" | "arrow":
            return columnar.batches(path, fmt.kind, name=name, batch_rows=batch_rows)
