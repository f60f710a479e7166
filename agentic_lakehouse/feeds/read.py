"""Read a file of any kind as batches of text rows: the one door from bytes to cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds import columnar, delimited, documents, workbook, xml_records, xml_shape
from agentic_lakehouse.feeds.batch import BrokenRecord, TextBatch, batches
from agentic_lakehouse.feeds.json_cells import json_column

__all__ = ["BrokenRecord", "TextBatch", "read_batches", "source_names"]

BATCH_ROWS = 50_000


def source_names(path: Path, fmt: FileFormat, *, name: str, sample: int | None = None) -> tuple[str, ...]:
    """Return the columns of a file in order: headers, dotted paths of JSON and XML, or positions (`#1`).

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        name: what errors call the file.
        sample: characters of JSON and XML that are looked at. Without it they are read whole, since any record
            may bring a new column.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt`.
    """
    match fmt.kind:
        case "csv":
            return delimited.rows(path, fmt, name=name)[0]
        case "json" | "jsonl":
            return documents.column_names(path, fmt, name=name, sample=sample)
        case "xml":
            return xml_shape.column_names(path, fmt, name=name, sample=sample)
        case "xlsx" | "xls" | "ods":
            return workbook.column_names(path, fmt, name=name)
        case "parquet" | "arrow":
            return columnar.column_names(path, fmt.kind, name=name)


def read_batches(
    path: Path,
    fmt: FileFormat,
    *,
    name: str,
    batch_rows: int = BATCH_ROWS,
    names: Sequence[str] | None = None,
    met: dict[str, None] | None = None,
) -> Iterator[TextBatch]:
    """Yield a file's records in order, each exactly once: as a row, or as a broken record.

    Nothing is read ahead of what is asked for: a caller that has seen enough closes the iterator.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        name: what errors call the file.
        batch_rows: most records in one batch; wide tables come in smaller ones.
        names: the columns of JSON and XML, if they are known from a spec or a sample: spares a pass. Other kinds
            have them in one place.
        met: for JSON and XML, takes the columns that records have had so far, in order of first sight. Those
            that are not among `names` are not in the batches; of XML, only those that had a value are told.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt` (at once or on the way).
    """
    match fmt.kind:
        case "csv":
            header, records = delimited.rows(path, fmt, name=name)
            return batches(records, header, batch_rows=batch_rows)
        case "json" | "jsonl":
            columns = names or documents.column_names(path, fmt, name=name)
            objects = documents.rows(path, fmt, columns, name=name, met=met)
            return batches(objects, columns, batch_rows=batch_rows, column=json_column)
        case "xml":
            columns = names or xml_shape.column_names(path, fmt, name=name)
            elements = xml_records.rows(path, fmt, columns, name=name, met=met)
            return batches(elements, columns, batch_rows=batch_rows)
        case "xlsx" | "xls" | "ods":
            return workbook.batches(path, fmt, name=name, batch_rows=batch_rows)
        case "parquet" | "arrow":
            return columnar.batches(path, fmt.kind, name=name, batch_rows=batch_rows)
