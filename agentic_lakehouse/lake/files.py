"""Parquet files as Iceberg data files: what a staged file must be, and which files a table has.

A file belongs to exactly one partition, and that is read from its rows: column statistics are cut
short by some writers and left out by others, and a file filed under the wrong partition is never found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.manifests import live_data_files
from agentic_lakehouse.lake.schemas import arrow_word, fits, words_of

_BATCH_ROWS = 1 << 20
_FIELD_ID = b"PARQUET:field_id"

PartitionValue = str | int | date


def partition_columns(table: Table) -> tuple[str, ...]:
    """Return the columns by whose values a table's files are kept apart."""
    return tuple(field.name for field in table.spec().fields)


def data_file(path: Path, location: str, table: Table, slice_: Mapping[str, PartitionValue]) -> DataFile:
    """Return the data file that a local Parquet file will be once it stands at `location`.

    Args:
        path: local file with at least one row.
        location: where the table will find it.
        table: the table that it is for.
        slice_: partition values that its rows must have; may be empty.

    Raises:
        UsageInvalid: its columns are not the table's, or its rows are not of one partition, or of another slice.
    """
    metadata = pq.read_metadata(path)
    schema = table.schema()
    _require_columns(path, metadata.schema.to_arrow_schema(), schema)
    partition = Record(*_partition(path, table))
    if not _has(partition, _wanted(table, slice_)):
        raise UsageInvalid(
            f"{path.name} holds rows {partition} that are not of the slice {dict(slice_)}.", file=str(path)
        )
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=metadata,
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=path.stat().st_size,
        sort_order_id=None,
        spec_id=table.spec().spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def row_count(path: Path) -> int:
    """Return the number of rows of a local Parquet file."""
    return pq.read_metadata(path).num_rows


def live_files(table: Table, partition: Mapping[str, PartitionValue]) -> list[DataFile]:
    """Return the data files of a table's head that have these partition values; all of them where none are given.

    Raises:
        UsageInvalid: `partition` names a column by which the table is not partitioned, or a value it cannot have.
        CatalogUnavailable: the table's manifests are gone, damaged, or hold fewer files than they should.
    """
    return of_partition(table, live_data_files(table), partition)


def of_partition(table: Table, files: Iterable[DataFile], partition: Mapping[str, PartitionValue]) -> list[DataFile]:
    """Return those of a table's files that have these partition values.

    Raises:
        UsageInvalid: `partition` names a column by which the table is not partitioned, or a value it cannot have.
    """
    wanted = _wanted(table, partition)
    return [file for file in files if _has(file.partition, wanted)]


def partitions(table: Table, columns: Sequence[str]) -> Iterator[tuple[DataFile, tuple[object, ...]]]:
    """Yield the data files of a table's head, each with its partition's values of `columns`.

    Raises:
        UsageInvalid: the table is not partitioned by one of them.
        CatalogUnavailable: the table's manifests are gone, damaged, or hold fewer files than they should.
    """
    known = partition_columns(table)
    _require_partitions(table, columns)
    for file in live_data_files(table):
        yield file, tuple(file.partition[known.index(name)] for name in columns)


def _has(record: Record, wanted: Mapping[int, object]) -> bool:
    return all(record[place] == value for place, value in wanted.items())


def _wanted(table: Table, partition: Mapping[str, PartitionValue]) -> dict[int, object]:
    """Return partition values by their place in a file's partition record."""
    columns = partition_columns(table)
    _require_partitions(table, partition)
    return {columns.index(name): _kept(value, table.schema(), name) for name, value in partition.items()}


def _require_partitions(table: Table, names: Iterable[str]) -> None:
    columns = partition_columns(table)
    if unknown := set(names) - set(columns):
        raise UsageInvalid(
            f"The table at {table.location()} is not partitioned by {min(unknown)!r}.",
            hint=f"Its partition columns are {', '.join(columns)}.",
            column=min(unknown),
        )


def _kept(value: object, schema: Schema, column: str) -> object:
    """Return a partition value as Iceberg keeps it: a date is a number of days."""
    kind = schema.find_type(column)
    try:
        kept: object = literal(str(value)).to(kind).value
    except ValueError as error:
        raise UsageInvalid(f"{value!r} is no value of the {kind} column {column!r}.", column=column) from error
    return kept


def _partition(path: Path, table: Table) -> list[object]:
    """Return the one value that each partition column has in all rows."""
    columns = list(partition_columns(table))
    seen: dict[str, set[object]] = {name: set() for name in columns}
    with pq.ParquetFile(path, read_dictionary=columns) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
            for name in columns:
                seen[name].update(pc.unique(batch.column(name)).to_pylist())
    for name, values in seen.items():
        if len(values) != 1 or None in values:
            raise UsageInvalid(
                f"{path.name} holds rows of several partitions, or of none: {name} is "
                f"{', '.join(sorted(repr(v) for v in values)[:3])}.",
                hint="Write one file a partition, without nulls in partition columns.",
                file=str(path),
                column=name,
            )
    return [_kept(next(iter(values)), table.schema(), name) for name, values in seen.items()]


def _require_columns(path: Path, found: pa.Schema, schema: Schema) -> None:
    expected = words_of(schema)
    for field in found:
        word = arrow_word(field.type)
        if field.name not in expected:
            problem = f"its column {field.name!r} is not in the table"
        elif not _same(word, expected[field.name]):
            problem = f"its column {field.name!r} is {word}, the table has {expected[field.name]}"
        elif _field_id(field) not in {None, schema.find_field(field.name).field_id}:
            problem = f"its column {field.name!r} carries the field id {_field_id(field)} of another column"
        else:
            continue
        raise UsageInvalid(f"{path.name} does not fit the table: {problem}.", file=str(path), column=field.name)


def _same(word: str, expected: str) -> bool:
    both_decimal = word.startswith("decimal(") and expected.startswith("decimal(")
    return word == expected or (both_decimal and fits(word, expected))


def _field_id(field: pa.Field[pa.DataType]) -> int | None:
    number = (field.metadata or {}).get(_FIELD_ID)
    return None if number is None else int(number)
