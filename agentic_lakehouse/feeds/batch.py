"""Rows of text on their way in: what every reader yields, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import polars as pl

BATCH_ROWS = 50_000
"""Most records in one batch."""
MAX_CELLS = 2_000_000
MAX_RAW = 64 << 20
"""Bounds of one batch besides its rows, in cells and in characters of raw text."""
PIECE_ROWS = 1_000
PIECE_CELLS = 100_000
"""Bounds of what is gathered as Python objects: few stay in the processor's cache and out of the collector's way."""


ToColumn = Callable[[str, Sequence[Any]], pl.Series]


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
    cells: Sequence[Any]
    """Text or `None`, or what a reader's `ToColumn` makes text of."""


class Rows(NamedTuple):
    """Consecutive records as columns of cells."""

    lines: Sequence[int]
    raws: Sequence[str]
    columns: Sequence[Sequence[Any]]

    def slice(self, start: int, end: int) -> Rows:
        """Return some of them."""
        return Rows(self.lines[start:end], self.raws[start:end], [column[start:end] for column in self.columns])


class Fault(NamedTuple):
    """One record that is not a row."""

    line: int
    raw: str
    code: str
    message: str
    column: str | None = None


def text_column(name: str, cells: Sequence[str | None]) -> pl.Series:
    """Make a column of cells that are text."""
    return pl.Series(name, cells, dtype=pl.String)


def batches(
    records: Iterable[Record | Rows | Fault], names: Sequence[str], *, batch_rows: int, column: ToColumn = text_column
) -> Iterator[TextBatch]:
    """Number records and gather them into batches that are bounded in rows, cells and text.

    Args:
        records: in the order of the file.
        names: their columns.
        batch_rows: most records in one batch.
        column: makes a column of strings of the records' cells, where these are not text yet.
    """
    gathered = _Gathered(names, batch_rows, column)
    number = 1
    for record in records:
        if isinstance(record, Rows):
            at = 0
            while at < len(record.lines):
                end = min(len(record.lines), at + gathered.room)
                gathered.add_rows(number, record.slice(at, end))
                number += end - at
                at = end
                if gathered.is_full:
                    yield gathered.taken()
        else:
            gathered.add(number, record)
            number += 1
            if gathered.is_full:
                yield gathered.taken()
    if gathered.count:
        yield gathered.taken()


def numbered_batches(
    records: Iterable[tuple[int, Record | Fault]], names: Sequence[str], *, batch_rows: int = BATCH_ROWS
) -> Iterator[TextBatch]:
    """Gather records, each with its number, into batches that are bounded in rows, cells and text."""
    gathered = _Gathered(names, batch_rows, text_column)
    for number, record in records:
        gathered.add(number, record)
        if gathered.is_full:
            yield gathered.taken()
    if gathered.count:
        yield gathered.taken()


class _Gathered:
    """A batch that comes to be, in pieces: few records at a time are Python objects."""

    def __init__(self, names: Sequence[str], batch_rows: int, column: ToColumn) -> None:
        self._names = names
        self._column = column
        self._most = max(1, min(batch_rows, MAX_CELLS // max(1, len(names))))
        self._piece_rows = max(1, min(PIECE_ROWS, PIECE_CELLS // max(1, len(names))))
        self._clear()

    def _clear(self) -> None:
        self.count = self._size = 0
        self._pieces: list[TextBatch] = []
        self._rows: list[tuple[int, Record]] = []
        self._many: list[tuple[int, Rows]] = []
        self._broken: list[BrokenRecord] = []

    @property
    def room(self) -> int:
        """How many records it still takes."""
        return self._most - self.count

    @property
    def is_full(self) -> bool:
        return self.count >= self._most or self._size >= MAX_RAW

    def add(self, number: int, record: Record | Fault) -> None:
        if isinstance(record, Record):
            if self._many or len(self._rows) >= self._piece_rows:
                self._flush()
            self._rows.append((number, record))
        else:
            self._broken.append(BrokenRecord(number, *record))
        self.count += 1
        self._size += len(record.raw)

    def add_rows(self, number: int, rows: Rows) -> None:
        if self._rows or sum(len(many.lines) for _, many in self._many) >= self._piece_rows:
            self._flush()
        self._many.append((number, rows))
        self.count += len(rows.lines)
        self._size += sum(map(len, rows.raws))

    def taken(self) -> TextBatch:
        """Return the batch, and begin the next."""
        self._flush()
        pieces = self._pieces or [self._piece((), (), (), [()] * len(self._names))]
        batch = TextBatch(
            rows=blank_to_null(pl.concat([piece.rows for piece in pieces], rechunk=True)),
            row_number=pl.concat([piece.row_number for piece in pieces], rechunk=True),
            line=pl.concat([piece.line for piece in pieces], rechunk=True),
            raw=pl.concat([piece.raw for piece in pieces], rechunk=True),
            broken=tuple(self._broken),
        )
        self._clear()
        return batch

    def _flush(self) -> None:
        if self._rows:
            numbers = [number for number, _ in self._rows]
            lines, raws, cells = zip(*(record for _, record in self._rows), strict=True)
            self._pieces.append(self._piece(numbers, lines, raws, [*zip(*cells, strict=True)]))
            self._rows = []
        if self._many:
            numbers = [n for first, rows in self._many for n in range(first, first + len(rows.lines))]
            many = [rows for _, rows in self._many]
            lines, raws = [n for rows in many for n in rows.lines], [raw for rows in many for raw in rows.raws]
            columns = [[*chain.from_iterable(c)] for c in zip(*(rows.columns for rows in many), strict=True)]
            self._pieces.append(self._piece(numbers, lines, raws, columns))
            self._many = []

    def _piece(
        self, numbers: Sequence[int], lines: Sequence[int], raws: Sequence[str], columns: Sequence[Sequence[Any]]
    ) -> TextBatch:
        return TextBatch(
            # By name, as a list of columns would lose an empty one: a JSON key may be that.
            rows=pl.DataFrame(
                {name: self._column(name, cells) for name, cells in zip(self._names, columns, strict=True)}
            ),
            row_number=pl.Series("row_number", numbers, dtype=pl.Int64),
            line=pl.Series("line", lines, dtype=pl.Int64),
            raw=pl.Series("raw", raws, dtype=pl.String),
            broken=(),
        )


def blank_to_null(cells: pl.DataFrame) -> pl.DataFrame:
    """Return all-string `cells` with empty ones as null."""
    return cells.with_columns(pl.when(pl.all() != "").then(pl.all())) if cells.width else cells
