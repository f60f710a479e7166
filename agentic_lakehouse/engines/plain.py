"""Type a plain delimited file in one streaming pass, and look closely only at what is not certain.

Polars types the whole file and keeps the rows of which every cell is certain. The numbers that are missing there name
the others; they are found again by their place and go to the careful reader, which finds them good or says what is
wrong.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import StagedFile
from agentic_lakehouse.engines.certain import may_be_padded, number_of, text_of, value_of
from agentic_lakehouse.engines.parquet import polars_type
from agentic_lakehouse.feeds.batch import Fault, Record, TextBatch, numbered_batches
from agentic_lakehouse.feeds.delimited import Table
from agentic_lakehouse.feeds.plain import as_utf8, find_records, layout_of, without_islands
from agentic_lakehouse.feeds.survey import Layout, NotPlainError, Survey, survey
from agentic_lakehouse.feeds.tables import MAX_FOOTER

_REFUSALS = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
"""What Polars raises where a file is not plain."""
NUMBER = "_row_number"
TAIL = MAX_FOOTER + 1
"""Last records of a file, which are always looked at together."""


@dataclass(frozen=True)
class Certain:
    """Rows of a plain file of which every cell is certain."""

    file: StagedFile
    null_counts: Mapping[str, int]
    """Bronze column to number of nulls."""
    source: Path
    """The file in UTF-8."""
    survey: Survey
    others: np.ndarray
    """Numbers of the records that are not among these rows, ascending."""


def load_certain(
    path: Path, spec: FeedSpec, table: Table, *, good: TableSchema, facts: Mapping[str, Any], staging: Path, name: str
) -> Certain:
    """Write the certain rows of a file.

    The last records are never among them: whether they are a footer is told by looking at them together.

    Args:
        path: local file.
        spec: claims to apply.
        table: what the file's first records tell of it.
        good: table whose columns and types the rows get.
        facts: lineage that all rows share.
        staging: existing folder to write into.
        name: what errors call the file.

    Raises:
        NotPlainError: fast readers cannot be trusted with it.
    """
    source = as_utf8(path, spec.format, _new(staging, "text"), name=name)
    layout = layout_of(source, spec.format, len(table.names))
    out = _new(staging, "certain.parquet")

    def write(plain: Path, count: int) -> None:
        _certain_rows(_scan(plain, layout, max(0, count - TAIL)), spec, table, good, facts).sink_parquet(out)

    # Most files have no islands: they are typed while they are surveyed, each on a core of its own.
    with ThreadPoolExecutor(1) as beside, suppress(*_REFUSALS):
        surveying, taken = beside.submit(survey, source, layout), None
        count = _scan(source, layout).select(pl.len()).collect(engine="streaming").item()
        write(source, count)
        taken = count
    found = surveying.result()
    if found.islands or found.count != taken:
        plain = without_islands(source, found, _new(staging, "plain"))
        try:
            write(plain, found.count)
        except _REFUSALS as error:
            raise NotPlainError from error
        if plain != source:
            plain.unlink()
    with pq.ParquetFile(out) as file:
        return Certain(
            file=StagedFile(out, file.metadata.num_rows),
            null_counts=_null_counts(file, [column.name for column in spec.columns]),
            source=source,
            survey=found,
            others=_missing(file, found.count),
        )


def look_closely(table: Table, certain: Certain) -> Iterator[TextBatch]:
    """Yield the records of a plain file that are not certain, read with care."""
    numbers: deque[int] = deque()

    def found() -> Iterator[Record | Fault]:
        for number, record in find_records(certain.source, certain.survey, certain.others):
            numbers.append(number)
            yield record

    # Each record comes out once, in order, though some are held back until it is known what follows them.
    return numbered_batches(((numbers.popleft(), record) for record in table.rows_of(found())), table.names)


def _new(staging: Path, kind: str) -> Path:
    return staging / f"{uuid.uuid4().hex}.{kind}"


def _scan(path: Path, layout: Layout, count: int | None = None) -> pl.LazyFrame:
    return pl.scan_csv(
        path,
        has_header=False,
        skip_lines=layout.line - 1,
        separator=layout.dialect.delimiter or ",",
        quote_char=layout.dialect.quote,
        schema={_cell(place): pl.String() for place in range(layout.width)},
        row_index_name=NUMBER,
        row_index_offset=1,
        n_rows=count,
    )


def _certain_rows(
    cells: pl.LazyFrame, spec: FeedSpec, table: Table, good: TableSchema, facts: Mapping[str, Any]
) -> pl.LazyFrame:
    places = {name: place for place, name in enumerate(table.names)}
    known = [(column, places[column.source_name]) for column in spec.columns if column.source_name in places]
    padded = {at: may_be_padded(column, [row[at] for row in table.sound]) for column, at in known}
    texts = cells.with_columns(
        text_of(column, pl.col(_cell(at)), padded=padded[at]).alias(_text(at)) for column, at in known
    )
    numbered = texts.with_columns(
        number_of(column, pl.col(_text(at))).alias(_number(at)) for column, at in known if column.type == "decimal"
    )
    valued = numbered.with_columns(
        value_of(
            column,
            pl.col(_text(at)),
            pl.col(_cell(at)),
            pl.col(_number(at)) if column.type == "decimal" else None,
            padded=padded[at],
        ).alias(_value(at))
        for column, at in known
    )
    shy = [
        pl.col(_value(at)).is_null() & (pl.col(_text(at)).is_not_null() if column.nullable else pl.lit(value=True))
        for column, at in known
        if column.type != "string" or not column.nullable or not padded[at]
    ]
    may_be_header = pl.col(_cell(0)).eq_missing(pl.lit((table.titles or [""])[0] or None, pl.String))
    is_blank = pl.all_horizontal(pl.col(_cell(at)).is_null() for at in range(len(table.names)))
    sources = {column.name: pl.col(_value(at)) for column, at in known}
    sources |= {name: pl.lit(value) for name, value in facts.items()} | {NUMBER: pl.col(NUMBER)}
    return valued.filter(~pl.any_horizontal(*shy, *([may_be_header] if table.titles else []), is_blank)).select(
        sources.get(column.name, pl.lit(None)).cast(polars_type(column.type)).alias(column.name)
        for column in good.columns
    )


def _missing(file: pq.ParquetFile, count: int) -> np.ndarray:
    """Return the numbers up to `count` that no row has; rows stand in order."""
    gaps, before = [], 0
    for batch in file.iter_batches(columns=[NUMBER], batch_size=1 << 20):
        numbers = np.concatenate(([before], batch.column(0).to_numpy()))
        holes = np.flatnonzero(np.diff(numbers) > 1)
        gaps += [np.arange(numbers[at] + 1, numbers[at + 1]) for at in holes]
        before = int(numbers[-1])
    return np.concatenate([*gaps, np.arange(before + 1, count + 1)]).astype(np.int64)


def _null_counts(file: pq.ParquetFile, names: Sequence[str]) -> dict[str, int]:
    """Return how many nulls columns have, told by the file's own statistics."""
    places = {name: place for place, name in enumerate(file.schema_arrow.names)}
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    return {name: sum(_nulls(group.column(places[name])) for group in groups) for name in names}


def _nulls(column: pq.ColumnChunkMetaData) -> int:
    if column.statistics is None or column.statistics.null_count is None:
        raise AssertionError(f"Polars wrote no statistics of {column.path_in_schema}")
    return column.statistics.null_count


def _cell(place: int) -> str:
    return f"cell{place}"


def _text(place: int) -> str:
    return f"text{place}"


def _number(place: int) -> str:
    return f"number{place}"


def _value(place: int) -> str:
    return f"value{place}"
