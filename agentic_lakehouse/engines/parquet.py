"""Write rows to Parquet in exactly the types that a kept table has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import StagedFile

_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

_POLARS: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "long": pl.Int64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}


def arrow_type(table_type: str) -> pa.DataType:
    """Return the Arrow type of one of `contracts.tables`' type words."""
    decimal = _DECIMAL.fullmatch(table_type)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _TYPES[table_type]


def polars_type(table_type: str) -> pl.DataType:
    """Return the Polars type of one of `contracts.tables`' type words."""
    decimal = _DECIMAL.fullmatch(table_type)
    return pl.Decimal(int(decimal[1]), int(decimal[2])) if decimal else _POLARS[table_type]


def arrow_schema(table: TableSchema) -> pa.Schema:
    """Return a table's columns, in order, as an Arrow schema."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


class ParquetSink:
    """A Parquet file of one table, written batch by batch; use as a context manager."""

    def __init__(self, path: Path, table: TableSchema) -> None:
        self._path = path
        self._schema = arrow_schema(table)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, rows: pl.DataFrame) -> None:
        """Append rows. A column of the table that `rows` lacks is null; others are left out."""
        if rows.is_empty():
            return
        lacking = [pl.lit(None).alias(name) for name in self._schema.names if name not in rows.columns]
        arrow = rows.with_columns(lacking).select(self._schema.names).to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writer.write_table(arrow.cast(self._schema))
        self._rows += rows.height

    @property
    def staged(self) -> StagedFile:
        """The file as written so far."""
        return StagedFile(self._path, self._rows)
