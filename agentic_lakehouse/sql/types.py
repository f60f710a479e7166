"""Table type words and how SQL writes them: names, literals and types of DuckDB and Spark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from agentic_lakehouse.errors import ContractInvalid

Dialect = Literal["duckdb", "spark"]

_DUCKDB = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}
"""The words of `contracts.tables`. A timestamp is microseconds in UTC, so DuckDB keeps its zone."""
_WORDS = {
    "VARCHAR": "string",
    "TINYINT": "long",
    "SMALLINT": "long",
    "INTEGER": "long",
    "BIGINT": "long",
    "UTINYINT": "long",
    "USMALLINT": "long",
    "UINTEGER": "long",
    "HUGEINT": "decimal(38,0)",
    "UBIGINT": "decimal(20,0)",
    "FLOAT": "double",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamp",
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)", re.IGNORECASE)


def decimal_of(table_type: str) -> tuple[int, int] | None:
    """Return precision and scale of a `decimal(p,s)`, or `None` for any other type.

    Raises:
        ContractInvalid: digits that no engine can hold (`p` 1 to 38, `s` 0 to `p`).
    """
    match = _DECIMAL.fullmatch(table_type.strip())
    if not match:
        return None
    precision, scale = int(match[1]), int(match[2])
    if not (1 <= precision <= 38 and scale <= precision):
        raise ContractInvalid(
            f"{table_type!r} has digits that no engine can hold.",
            hint="A decimal has 1 to 38 digits in all, and no more of them after the point.",
            type=table_type,
        )
    return precision, scale


def duckdb_type(table_type: str) -> str:
    """Return the DuckDB type of a table type word such as `long` or `decimal(18,4)`.

    Raises:
        ContractInvalid: the word is not a table type.
    """
    digits = decimal_of(table_type)
    if digits:
        return f"DECIMAL({digits[0]},{digits[1]})"
    if table_type not in _DUCKDB:
        raise ContractInvalid(
            f"{table_type!r} is not a table type.",
            hint=f"Use one of {', '.join(_DUCKDB)} or decimal(p,s).",
            type=table_type,
        )
    return _DUCKDB[table_type]


def table_type(duckdb_name: str) -> str | None:
    """Return the table type that holds a DuckDB type's values, or `None` where none does (lists, intervals, ...)."""
    name = duckdb_name.strip().upper()
    match = _DECIMAL.fullmatch(name)
    return f"decimal({match[1]},{match[2]})" if match else _WORDS.get(name)


def quote(name: str) -> str:
    """Return `name` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_table(name: str) -> str:
    """Return `schema.table` (or a bare table name) with each part quoted."""
    schema, dot, table = name.partition(".")
    return f"{quote(schema)}.{quote(table)}" if dot else quote(name)


def literal(text: str) -> str:
    """Return `text` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Return texts as the inside of an `IN (...)`, which nothing is in where there are none."""
    return ", ".join(literal(text) for text in texts) or "NULL"
