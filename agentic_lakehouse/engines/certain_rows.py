"""The rows of a plain file of which every cell is certain, as one streaming plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.certain import may_be_padded, number_of, text_of, value_of
from agentic_lakehouse.engines.parquet import polars_type
from agentic_lakehouse.feeds.delimited import Table
from agentic_lakehouse.feeds.survey import Layout, NotPlainError

NUMBER = "_row_number"
CSV_CHUNK = 2 << 20
"""Bytes that a core of Polars parses at a time: as fast as its own choice, with 200 MB less in flight."""
_REFUSALS = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
"""What Polars raises where a file is not plain."""


@dataclass(frozen=True)
class CertainRows:
    """How certain rows are told and typed."""

    spec: FeedSpec
    """Claims to apply."""
    table: Table
    """What the file's first records tell of it."""
    good: TableSchema
    """Table whose columns and types the rows get."""
    facts: Mapping[str, Any]
    """Lineage that all rows share."""

    def write(self, source: Path, layout: Layout, out: Path, *, first: int | None = None) -> None:
        """Write the certain rows of a file of UTF-8 to a Parquet file.

        Rows that end in an empty cell are among them only where `first` is given: one that lacks cells looks the same.

        Args:
            source: the file.
            layout: where its records begin; all of them are plain, but where `first` is `None`, their widths have not
                been looked at.
            out: new file.
            first: so many records are looked at, else all.

        Raises:
            NotPlainError: some record has more cells than the header, or Polars refuses the file for something else.
        """
        cells = pl.scan_csv(
            source,
            has_header=False,
            skip_lines=layout.line - 1,
            separator=layout.dialect.delimiter or ",",
            quote_char=layout.dialect.quote,
            schema={_cell(place): pl.String() for place in range(layout.width)},
            row_index_name=NUMBER,
            row_index_offset=1,
            n_rows=first,
        )
        os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(CSV_CHUNK))
        try:
            self._of(cells, may_be_short=first is None).sink_parquet(out, compression_level=1)
        except _REFUSALS as error:
            raise NotPlainError from error

    def _of(self, cells: pl.LazyFrame, *, may_be_short: bool) -> pl.LazyFrame:
        table = self.table
        places = {name: place for place, name in enumerate(table.names)}
        known = [(column, places[column.source_name]) for column in self.spec.columns if column.source_name in places]
        padded = {at: may_be_padded(column, [row[at] for row in table.sound]) for column, at in known}
        texts = cells.with_columns(
            text_of(column, pl.col(_cell(at)), padded=padded[at]).alias(_text(at)) for column, at in known
        )
        numbered = texts.with_columns(
            number_of(column, pl.col(_text(at))).alias(_number(at)) for column, at in known if column.type == "decimal"
        )
        valued = numbered.with_columns(
            _value_of(column, at, padded=padded[at]).alias(_value(at)) for column, at in known
        )
        doubts = [_is_in_doubt(column, at) for column, at in known if _may_be_in_doubt(column, padded=padded[at])]
        if table.titles:
            doubts.append(pl.col(_cell(0)).eq_missing(pl.lit(table.titles[0] or None, pl.String)))
        if may_be_short:
            doubts.append(pl.col(_cell(len(table.names) - 1)).is_null())
        # All cells stand in the plan: Polars does not look for records that are too long where it may skip a column.
        doubts.append(pl.all_horizontal(pl.col(_cell(at)).is_null() for at in range(len(table.names))))
        sources = {column.name: pl.col(_value(at)) for column, at in known}
        sources |= {name: pl.lit(value) for name, value in self.facts.items()} | {NUMBER: pl.col(NUMBER)}
        return valued.filter(~pl.any_horizontal(*doubts)).select(
            sources.get(column.name, pl.lit(None)).cast(polars_type(column.type)).alias(column.name)
            for column in self.good.columns
        )


def _value_of(column: ColumnSpec, at: int, *, padded: bool) -> pl.Expr:
    number = pl.col(_number(at)) if column.type == "decimal" else None
    return value_of(column, pl.col(_text(at)), pl.col(_cell(at)), number, padded=padded)


def _may_be_in_doubt(column: ColumnSpec, *, padded: bool) -> bool:
    return column.type != "string" or not column.nullable or not padded


def _is_in_doubt(column: ColumnSpec, at: int) -> pl.Expr:
    """Whether a cell has no value though it holds something, or should."""
    is_null = pl.col(_value(at)).is_null()
    return is_null & pl.col(_text(at)).is_not_null() if column.nullable else is_null


def _cell(place: int) -> str:
    return f"cell{place}"


def _text(place: int) -> str:
    return f"text{place}"


def _number(place: int) -> str:
    return f"number{place}"


def _value(place: int) -> str:
    return f"value{place}"
