"""Read Parquet and Arrow as rows of text: each value in the one spelling that reads back as itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.feeds.batch import MAX_CELLS, MAX_RAW, TextBatch, blank_to_null
from agentic_lakehouse.feeds.names import require_width, unique_names
from agentic_lakehouse.feeds.source import unpacked_file, unreadable
from agentic_lakehouse.feeds.text import MAX_LINE

ColumnarKind = Literal["parquet", "arrow"]

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"
"""First bytes of an Arrow stream: the mark before every message, in Arrow 0.15 and later."""

MAX_DEPTH = 16
"""Nested structs that are spread over columns; deeper ones stay JSON text."""


def kind_of(start: bytes) -> ColumnarKind | None:
    """Return the kind of a file that begins so; `None` where it is of neither."""
    if start.startswith(PARQUET_MAGIC):
        return "parquet"
    return "arrow" if start.startswith((ARROW_MAGIC, STREAM_MAGIC)) else None


def column_names(path: Path, kind: ColumnarKind, *, name: str) -> tuple[str, ...]:
    """Return the column names of a Parquet or Arrow file; fields of structs by dotted path.

    Raises:
        FeedUnreadable: the file is truncated, damaged or encrypted, or has too many columns.
    """
    with _opened(path, kind, name) as file:
        return _names(file.schema.empty_table(), name)


def batches(path: Path, kind: ColumnarKind, *, name: str, batch_rows: int) -> Iterator[TextBatch]:
    """Yield the rows of a Parquet or Arrow file; a row's line is its number, its raw text its cells as JSON.

    Raises:
        FeedUnreadable: as `column_names`.
    """
    with _opened(path, kind, name) as file:
        names = _names(file.schema.empty_table(), name)
        done = 0
        most = min(batch_rows, MAX_CELLS // max(1, len(names)), MAX_RAW // max(1, file.row_size))
        for batch in file.batches(max(1, most)):
            table = _flat(pa.Table.from_batches([batch]))
            columns = [_text(table.column(i)).alias(column) for i, column in enumerate(names)]
            cells = blank_to_null(pl.DataFrame(columns))
            numbers = pl.int_range(done + 1, done + 1 + table.num_rows, dtype=pl.Int64, eager=True)
            done += table.num_rows
            yield TextBatch(
                rows=cells,
                row_number=numbers.alias("row_number"),
                line=numbers.alias("line"),
                raw=cells.select(pl.struct(pl.all()).struct.json_encode().alias("raw")).to_series(),
                broken=(),
            )


class _Columnar(NamedTuple):
    schema: pa.Schema
    batches: Callable[[int], Iterator[pa.RecordBatch]]
    """Gives the rows, at most so many at a time."""
    row_size: int = 0
    """Bytes of a row, on average, where they are most; 0 where that is not told."""


@contextmanager
def _opened(path: Path, kind: ColumnarKind, name: str) -> Iterator[_Columnar]:
    try:
        with unpacked_file(path, name=name) as unpacked:
            if kind == "parquet":
                with pq.ParquetFile(unpacked, page_checksum_verification=True) as file:
                    yield _Columnar(file.schema_arrow, file.iter_batches, _row_size(file.metadata, name))
            else:
                with pa.memory_map(str(unpacked)) as source:
                    yield _arrow(source)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(
            name,
            f"is no whole {kind.capitalize()} file ({str(error).strip().partition(chr(10))[0]})",
            hint="Ask the vendor to send it again.",
        ) from error


def _row_size(told: pq.FileMetaData, name: str) -> int:
    groups = [told.row_group(number) for number in range(told.num_row_groups)]
    size = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
    if size > MAX_LINE:
        raise unreadable(
            name,
            f"has rows of {size:,} bytes; at most {MAX_LINE:,} are read",
            hint="Ask the vendor for links in place of pictures and documents.",
        )
    return size


def _arrow(source: pa.MemoryMappedFile) -> _Columnar:
    """Open an Arrow file (which is what Feather is, too) or stream, whose batches may be of any size."""
    is_file = source.read(len(ARROW_MAGIC)) == ARROW_MAGIC
    source.seek(0)
    if is_file:
        file = pa.ipc.open_file(source)
        return _Columnar(file.schema, partial(_cut, map(file.get_batch, range(file.num_record_batches))))
    stream = pa.ipc.open_stream(source)
    return _Columnar(stream.schema, partial(_cut, stream))


def _cut(batches: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        batch.validate(full=True)  # its offsets are a stranger's word
        for start in range(0, batch.num_rows, most):
            yield batch.slice(start, most)


def _names(empty: pa.Table, name: str) -> tuple[str, ...]:
    names = _flat(empty).column_names
    require_width(len(names), name=name)
    return unique_names(names)


def _flat(table: pa.Table) -> pa.Table:
    """Spread structs over columns of dotted names."""
    for _ in range(MAX_DEPTH):
        if not any(pa.types.is_struct(field.type) for field in table.schema):
            break
        table = table.flatten()
    return table


def _text(column: pa.ChunkedArray[Any]) -> pl.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or _is_odd(kind):
        return pl.Series([None if value is None else _spell(value) for value in column.to_pylist()], dtype=pl.String)
    values = pl.Series(column)
    if values.dtype.is_float():
        return _plain_floats(values.cast(pl.String))
    if isinstance(values.dtype, pl.Datetime):
        return _instants(values)
    return values.cast(pl.String)


def _is_odd(kind: pa.DataType) -> bool:
    return pa.types.is_fixed_size_binary(kind) or pa.types.is_duration(kind) or pa.types.is_time(kind)


def _plain_floats(texts: pl.Series) -> pl.Series:
    """Write floats without an exponent, as far as that is readable."""
    odd = texts.filter(texts.str.contains("e", literal=True)).unique()
    plain = {text: f"{Decimal(text):f}" for text in odd if abs(Decimal(text).adjusted()) < 40}
    return texts.replace(plain) if plain else texts


def _instants(values: pl.Series) -> pl.Series:
    """Write ISO 8601, with a fraction only where there is one and an offset only where a zone is known."""
    zone = values.dtype.time_zone if isinstance(values.dtype, pl.Datetime) else None
    utc = values.dt.convert_time_zone("UTC") if zone else values
    whole = utc.dt.nanosecond() == 0
    offset = "Z" if zone else ""
    short, long = utc.dt.to_string(f"%Y-%m-%dT%H:%M:%S{offset}"), utc.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.6f{offset}")
    return short.zip_with(whole, short) if whole.all() else short.zip_with(whole.fill_null(value=True), long)


def _spell(value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=_spell, separators=(",", ":"))
    return str(value)
