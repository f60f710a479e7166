"""A plain DuckDB, and the vectors that are run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import duckdb
import pytest

from agentic_lakehouse.sql.types import duckdb_type, literal, quote

Evaluate = Callable[..., str | None]


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB in UTC for all tests that only evaluate."""
    with closing(duckdb.connect()) as connection:
        connection.execute("SET TimeZone='UTC'")
        yield connection


@pytest.fixture(scope="session")
def evaluate(duck: duckdb.DuckDBPyConnection) -> Evaluate:
    """Evaluate SQL over one row and return the result as text."""

    def run(sql: str, types: Mapping[str, str], *values: Any) -> str | None:
        columns = ", ".join(
            f"CAST({'NULL' if value is None else literal(str(value))} AS {duckdb_type(word)}) AS {quote(name)}"
            for (name, word), value in zip(types.items(), values, strict=True)
        )
        source = f"FROM (SELECT {columns})" if columns else ""
        row = duck.execute(f"SELECT CAST(({sql}) AS VARCHAR) {source}").fetchone()
        assert row is not None
        return row[0]

    return run
