"""Rows of text on their way in: what every reader yields, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

BATCH_ROWS = 50_000
"""Most records in one batch."""
MAX_CELLS = 2_000_000
MAX_RAW = 64 << 20
"""Bounds of one batch besides its rows, in cells and in characters of raw text."""


@dataclass(frozen=True)
class BrokenRecord:
    """A record whose structure is at fault, so that its cells cannot be told apart."""

    row_number: int
    """Record number in the file, from 1; broken records count."""
    line: int
    """First physical line of the record, from 1."""
    raw: str
    """The record, verbatim."""
    code: str
    message: str
    column: str | None


@dataclass(frozen=True)
class TextBatch:
    """Some consecutive records: those that could be read as rows of text, and those that could not."""

    rows: pl.DataFrame
    """All columns are strings, named as `source_names` says; null where a cell is absent or empty."""
    row_number: pl.Series
    line: pl.Series
    raw: pl.Series
    """Record number, first line and verbatim text of each row of `rows`."""
    broken: tuple[BrokenRecord, ...]

    @property
    def records(self) -> int:
        """Number of records, broken ones too."""
        return self.rows.height + len(self.broken)


class Record(NamedTuple):
    """One record as its cells, in the order of the columns."""

    line: int
    raw: str
    cells: Sequence[str | None]


class Fault(NamedTuple):
    """One record that is not a row."""

    line: int
    raw: str
    code: str
    message: str
    column: str | None = None


def batches(records: Iterable[Record | Fault], names: Sequence[str], *, batch_rows: int) -> Iterator[TextBatch]:
    """Number records and gather them into batches that are bounded in rows, cells and text."""
    return numbered_batches(enumerate(records, start=1), names, batch_rows=batch_rows)


def numbered_batches(
    records: Iterable[tuple[int, Record | Fault]], names: Sequence[str], *, batch_rows: int = BATCH_ROWS
) -> Iterator[TextBatch]:
    """Gather records, each with its number, into batches that are bounded in rows, cells and text."""
    most = max(1, min(batch_rows, MAX_CELLS // max(1, len(names))))
    rows: list[tuple[int, Record]] = []
    broken: list[BrokenRecord] = []
    size = 0
    for number, record in records:
        if isinstance(record, Record):
            rows.append((number, record))
        else:
            broken.append(BrokenRecord(number, *record))
        size += len(record.raw)
        if len(rows) + len(broken) >= most or size >= MAX_RAW:
            yield _batch(rows, broken, names)
            rows, broken, size = [], [], 0
    if rows or broken:
        yield _batch(rows, broken, names)


def _batch(rows: list[tuple[int, Record]], broken: list[BrokenRecord], names: Sequence[str]) -> TextBatch:
    columns: Iterable[Sequence[str | None]] = (
        zip(*(r.cells for _, r in rows), strict=True) if rows else [()] * len(names)
    )
    cells = pl.DataFrame([pl.Series(name, cells, dtype=pl.String) for name, cells in zip(names, columns, strict=True)])
    return TextBatch(
        rows=blank_to_null(cells),
        row_number=pl.Series("row_number", [number for number, _ in rows], dtype=pl.Int64),
        line=pl.Series("line", [r.line for _, r in rows], dtype=pl.Int64),
        raw=pl.Series("raw", [r.raw for _, r in rows], dtype=pl.String),
        broken=tuple(broken),
    )


def blank_to_null(cells: pl.DataFrame) -> pl.DataFrame:
    """Return all-string `cells` with empty ones as null."""
    return cells.with_columns(pl.when(pl.all() != "").then(pl.all())) if cells.width else cells
