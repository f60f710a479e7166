"""Between typed records and rows: the column types that the lake's tables need, and the conversion both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic_core import to_jsonable_python

from agentic_lakehouse.contracts.base import Record, canonical_json

T = TypeVar("T", bound=Record)


class Json(sa.types.TypeDecorator[Any]):
    """JSON data as its canonical text: the same in SQLite and Postgres, and hashable as it stands."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> str | None:
        """Render; a number that JSON cannot hold (NaN, infinity) becomes null."""
        return None if value is None else canonical_json(to_jsonable_python(value, inf_nan_mode="null"))

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> Any:
        """Parse."""
        return None if value is None else json.loads(value)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant, kept as UTC without a zone and read back as UTC with one."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Turn an aware datetime into naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def values_of(record: Record) -> dict[str, Any]:
    """Return a record's fields as column values."""
    return {name: getattr(record, name) for name in type(record).model_fields}


def records(connection: sa.Connection, kind: type[T], query: sa.Select[Any]) -> list[T]:
    """Run a query over a record's table and return what its rows hold."""
    names = kind.model_fields
    rows = connection.execute(query).mappings().all()
    return [kind.model_validate({name: row[name] for name in names}) for row in rows]


def listed(
    connection: sa.Connection,
    kind: type[T],
    table: sa.Table,
    equal: Mapping[str, object],
    *,
    newest_first: bool = False,
    limit: int | None = None,
) -> list[T]:
    """Return a table's records in the order in which they were entered, or the newest first.

    Args:
        connection: to read by.
        kind: of the records.
        table: theirs.
        equal: columns and what they must hold, as text; `None` lets any value pass.
        newest_first: turns the order.
        limit: most records.
    """
    order = table.c.seq.desc() if newest_first else table.c.seq
    wanted = [table.c[name] == str(value) for name, value in equal.items() if value is not None]
    return records(connection, kind, sa.select(table).where(*wanted).order_by(order).limit(limit))
