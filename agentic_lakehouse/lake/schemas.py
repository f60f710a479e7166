"""Between the house's table schemas and Iceberg's and Arrow's.

Every Iceberg column is optional (*required* is a check), every partition is by identity, and every
timestamp is an instant in UTC with microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)

from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.errors import ContractInvalid

_ICEBERG: Mapping[str, IcebergType] = {
    "string": StringType(),
    "long": LongType(),
    "double": DoubleType(),
    "boolean": BooleanType(),
    "date": DateType(),
    "timestamp": TimestamptzType(),
}
_WORDS = {kind: word for word, kind in _ICEBERG.items()}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def iceberg_type(word: str) -> IcebergType:
    """Return the Iceberg type of a table type such as `long` or `decimal(18,4)`.

    Raises:
        ContractInvalid: no such type.
    """
    if (found := _ICEBERG.get(word)) is not None:
        return found
    if (decimal := _DECIMAL.fullmatch(word)) and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return DecimalType(int(decimal[1]), int(decimal[2]))
    raise ContractInvalid(
        f"{word!r} is not a type that a table can have.",
        hint=f"Types are {', '.join(_ICEBERG)} and decimal(p,s) with p up to 38.",
        type=word,
    )


def word_of(kind: IcebergType) -> str:
    """Return the table type of an Iceberg type; Iceberg's own name where the house has none."""
    if isinstance(kind, DecimalType):
        return f"decimal({kind.precision},{kind.scale})"
    return _WORDS.get(kind, str(kind))


def iceberg_schema(schema: TableSchema) -> Schema:
    """Return the Iceberg schema of a new table, its field ids in column order from 1."""
    return Schema(
        *(
            NestedField(number, column.name, iceberg_type(column.type), required=False, doc=column.doc or None)
            for number, column in enumerate(schema.columns, start=1)
        )
    )


def partition_spec(schema: TableSchema) -> PartitionSpec:
    """Return the identity partitions of a new table with `iceberg_schema`'s field ids."""
    ids = {column.name: number for number, column in enumerate(schema.columns, start=1)}
    return PartitionSpec(
        *(
            PartitionField(ids[name], PARTITION_FIELD_ID_START + place, IdentityTransform(), name)
            for place, name in enumerate(schema.partition_by)
        )
    )


def words_of(schema: Schema) -> dict[str, str]:
    """Return an Iceberg schema's columns and table types, in order."""
    return {field.name: word_of(field.field_type) for field in schema.fields}


def fits(word: str, wider: str) -> bool:
    """Whether every value of type `word` is one of type `wider`, digit for digit: equal, or a longer decimal."""
    narrow, wide = iceberg_type(word), iceberg_type(wider)
    if isinstance(narrow, DecimalType) and isinstance(wide, DecimalType):
        return narrow.scale == wide.scale and narrow.precision <= wide.precision
    return narrow == wide


def arrow_word(kind: pa.DataType) -> str:
    """Return the table type of a Parquet column as Arrow reads it; Arrow's own name where the house has none."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_dictionary(kind):
        return arrow_word(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.unit == "us" and kind.tz in {"UTC", "+00:00", "Etc/UTC"} else str(kind)
    words = {
        pa.string(): "string",
        pa.large_string(): "string",
        pa.string_view(): "string",
        pa.int64(): "long",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
    }
    return words.get(kind, str(kind))
