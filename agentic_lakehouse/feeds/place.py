"""One record of a file, found again by its number: where it stands, and what stands there, word for word."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FeedSpec, FillDown
from agentic_lakehouse.feeds.batch import BATCH_ROWS, TextBatch
from agentic_lakehouse.feeds.fill_down import blank_to_null, fill_down, starts_of
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse.feeds.sampling import DOCUMENTS

VERBATIM = frozenset({"csv", "json", "jsonl", "xml"})
"""Kinds of files whose records are text. Of the others a record's raw text is its cells as JSON."""


@dataclass(frozen=True)
class Place:
    """A record as it stands in its file."""

    line: int
    """First line of the record; its row in a workbook, its number in Parquet and Arrow."""
    raw: str
    cells: dict[str, str | None] | None
    """As written, by the vendor's header; `None` where they cannot be told apart."""
    filled: dict[str, str] = field(default_factory=dict)
    """Cells that the first row of its group fills, and with what."""
    filled_from: int | None = None
    """Line of that row."""


def record_at(path: Path, spec: FeedSpec, number: int, *, name: str) -> Place | None:
    """Read a file up to one record, as it was read when it was loaded.

    Args:
        path: local file.
        spec: that it was loaded under.
        number: of the record, from 1; broken ones count.
        name: what errors call the file.

    Returns:
        The record; `None` where the file has fewer.

    Raises:
        FeedUnreadable: the file cannot be read as the spec's format.
    """
    names = [column.source_name for column in spec.columns] if spec.format.kind in DOCUMENTS else None
    # The batch ends with the record where that is possible: nothing behind it is read.
    found = read_batches(path, spec.format, name=name, names=names, batch_rows=min(number, BATCH_ROWS))
    with closing(_closable(found)) as batches:
        groups = _Groups(spec.fill_down) if spec.fill_down else None
        read = groups.filled(batches) if groups else ((batch, batch) for batch in batches)
        for batch, filled in read:
            for broken in batch.broken:
                if broken.row_number == number:
                    return Place(broken.line, broken.raw, None)
            if (at := batch.row_number.index_of(number)) is not None:
                return _place(batch, filled, at, groups)
    return None


def _place(batch: TextBatch, filled: TextBatch, at: int, groups: _Groups | None) -> Place:
    cells = batch.rows.row(at, named=True)
    given = {name: cell for name, cell in filled.rows.row(at, named=True).items() if cell != cells[name]}
    opening = groups.opening(at) if groups and given else None
    return Place(batch.line[at], batch.raw[at], cells, given, opening)


def _closable(batches: Iterator[TextBatch]) -> Generator[TextBatch, None, None]:
    """Return the same as what can be closed, whatever the reader gave."""
    yield from batches


class _Groups:
    """Remembers where the groups of rows begin that cells are filled down in."""

    def __init__(self, claim: FillDown) -> None:
        self._claim = claim
        self._last: str | None = None
        self._carried: int | None = None
        self._openings = pl.Series("line", [], dtype=pl.Int64)

    def filled(self, batches: Iterator[TextBatch]) -> Iterator[tuple[TextBatch, TextBatch]]:
        """Yield each batch as it stands, and with its cells filled down."""
        read: list[TextBatch] = []

        def noting() -> Iterator[TextBatch]:
            for batch in batches:
                read[:] = [batch]
                self._note(batch)
                yield batch

        for filled in fill_down(noting(), self._claim):
            yield read[0], filled

    def _note(self, batch: TextBatch) -> None:
        if batch.rows.is_empty() or self._claim.group not in batch.rows.columns:
            return
        if self._openings.len():
            self._carried = self._openings[-1]
        keys = batch.rows.select(blank_to_null(pl.col(self._claim.group)).alias("key"))["key"]
        starts = starts_of(pl.concat([pl.Series("key", [self._last], dtype=pl.String), keys]))[1:]
        lines = pl.DataFrame({"line": batch.line, "starts": starts})
        carried = pl.lit(self._carried, dtype=pl.Int64)
        opened = lines.select(pl.coalesce(pl.when("starts").then("line").forward_fill(), carried))
        self._openings, self._last = opened.to_series(), keys[-1]

    def opening(self, at: int) -> int | None:
        """Return the line of the row that begins the group of a row of the last batch."""
        line = self._openings[at]
        return None if line is None else int(line)
