"""Type bad records again, by what is kept of them: their cells, or else their verbatim text.

Cells that were told apart are typed anew, never split anew: a row that is silently wrong costs more than one
that waits. Only a record whose own structure was at fault is split again, where the first lines of its file read
right by the spec's dialect, or else by the file's own.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import BadRecord, Lineage, Reloaded
from agentic_lakehouse.engines.cells import require_readable
from agentic_lakehouse.engines.load import bad_facts, constants, good_facts, split
from agentic_lakehouse.engines.parquet import ParquetSink
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.batch import BATCH_ROWS, TextBatch, blank_to_null
from agentic_lakehouse.feeds.delimited import Table, open_table
from agentic_lakehouse.feeds.sniff import sniff

SPLIT_AGAIN = frozenset({"too_few_cells", "too_many_cells", "bad_quoting"})
"""Faults of a record's own structure. Others lie in where it stands (a footer, a second header) or in bytes that
its text no longer shows."""

Cells = Mapping[str, str | None]


def reload_records(
    records: Sequence[BadRecord],
    spec: FeedSpec,
    *,
    original: Path | None,
    good: TableSchema,
    bad: TableSchema,
    lineage: Lineage,
    staging: Path,
) -> Reloaded:
    """Type bad records of one file again; see `engines.base.Engine.reload`.

    Raises:
        ContractInvalid: a column's format cannot be read by.
    """
    for column in spec.columns:
        require_readable(column)
    codes: Counter[str] = Counter()
    with (
        ParquetSink(staging / f"again-{uuid.uuid4().hex}.parquet", good) as fitting,
        ParquetSink(staging / f"changed-{uuid.uuid4().hex}.parquet", bad) as changed,
    ):
        for start in range(0, len(records), BATCH_ROWS):
            some = records[start : start + BATCH_ROWS]
            known = dict(_cells(some, spec, original, name=lineage.file))
            rows, faults = split(_batch([r for r in some if r.row_number in known], known), spec)
            fitting.write(rows.with_columns(constants(good_facts(spec, lineage))))
            news = _news(faults, some)
            changed.write(news.with_columns(constants(bad_facts(spec, lineage))))
            codes.update(faults["code"].to_list())
            codes.update(r.code for r in some if r.row_number not in known)
    return Reloaded(good=fitting.staged, changed=changed.staged, error_codes=dict(sorted(codes.items())))


def _cells(
    records: Sequence[BadRecord], spec: FeedSpec, original: Path | None, *, name: str
) -> Iterator[tuple[int, Cells]]:
    """Yield the cells of each record whose cells can be told apart, by the vendor's header."""
    broken = []
    for record in records:
        if record.cells is not None:
            yield record.row_number, json.loads(record.cells)
        elif record.code in SPLIT_AGAIN:
            broken.append(record)
    table = _table(original, spec, name=name) if broken and original is not None else None
    if table is None:
        return
    for record in broken:
        row = table.row_alone(record.raw, line=record.line)
        if row is not None:
            yield record.row_number, dict(zip(table.names, row.cells, strict=True))


def _table(original: Path, spec: FeedSpec, *, name: str) -> Table | None:
    """Return what the first records of a file tell of it, where its header reads as the spec says."""
    if spec.format.kind != "csv":
        return None
    wanted = {column.source_name for column in spec.columns}
    for own in (False, True):
        with suppress(FeedUnreadable):
            table = open_table(original, sniff(original, name=name) if own else spec.format, name=name)
            if set(table.names) == wanted:
                return table
    return None


def _batch(records: Sequence[BadRecord], cells: Mapping[int, Cells]) -> TextBatch:
    names = list(dict.fromkeys(name for record in records for name in cells[record.row_number]))
    columns = {name: [cells[r.row_number].get(name) for r in records] for name in names}
    return TextBatch(
        rows=blank_to_null(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))),
        row_number=pl.Series("row_number", [r.row_number for r in records], dtype=pl.Int64),
        line=pl.Series("line", [r.line for r in records], dtype=pl.Int64),
        raw=pl.Series("raw", [r.raw for r in records], dtype=pl.String),
        broken=(),
    )


def _news(faults: pl.DataFrame, before: Sequence[BadRecord]) -> pl.DataFrame:
    """Return the faults that are not what they were."""
    stood = {(r.row_number, r.column, r.code, r.message, r.typed) for r in before}
    told = faults.select("_row_number", "column", "code", "message", "typed")
    return faults.filter(pl.Series([row not in stood for row in told.iter_rows()], dtype=pl.Boolean))
