"""Which file a query stumbled over: DuckDB does not always say, and a damaged file is not the query's fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.sql.types import literal


def may_be_a_file(error: duckdb.Error) -> bool:
    """Whether an error can come from a damaged Parquet file; some of those have no class of their own."""
    return type(error) is duckdb.Error or isinstance(
        error, (duckdb.IOException, duckdb.InvalidInputException, duckdb.PermissionException)
    )


def require_readable(connection: duckdb.DuckDBPyConnection, relations: Mapping[str, Relation]) -> None:
    """Read every file of `relations` whole, after a query over them failed.

    Raises:
        CatalogUnavailable: names the table and the file that cannot be read.
    """
    for name, relation in relations.items():
        for path in relation.files:
            if (wrong := _fault(connection, path)) is not None:
                table = relation.table or name
                raise CatalogUnavailable(
                    f"{table} cannot be read: its data file {path.name} is damaged: {wrong}.",
                    hint="`lakehouse doctor --deep` reads every data file, and says what heals it.",
                    table=table,
                    location=str(path),
                    wrong=wrong,
                )


def _fault(connection: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    try:
        connection.execute(f"SELECT max(hash(t)) FROM read_parquet({literal(str(path.resolve()))}) t").fetchone()
    except duckdb.Error as error:
        if not may_be_a_file(error):
            raise
        said = str(error).partition("\n")[0].replace(f"{path.resolve().parent}/", "")
        return said.partition("Error: ")[2] or said
    return None
