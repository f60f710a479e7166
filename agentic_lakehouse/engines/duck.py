"""SQL from Parquet to Parquet in a locked-down DuckDB: the transform half of the local engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from copy import copy
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from agentic_lakehouse.engines.base import Relation, StagedFile
from agentic_lakehouse.engines.culprit import may_be_a_file, require_readable
from agentic_lakehouse.engines.lockdown import Connect, in_memory, locked, told
from agentic_lakehouse.sql.types import duckdb_type, literal, quote, quote_table


class DuckSql:
    """Runs guarded SQL over relations, each call or session in a database of its own.

    Args:
        connect: gives a fresh in-memory DuckDB, such as a `DuckDBResource`'s `get_connection`.
        memory_limit: most memory for one statement.
        timeout_seconds: most time for one call.
        threads: most threads, or `None` for one a core.
    """

    def __init__(
        self,
        connect: Connect = in_memory,
        *,
        memory_limit: str = "2GB",
        timeout_seconds: float = 300.0,
        threads: int | None = None,
    ) -> None:
        self._connect = connect
        self._memory_limit = memory_limit
        self._timeout_seconds = timeout_seconds
        self._threads = threads
        self._shared: _Database | None = None

    def transform(
        self,
        sql: str,
        relations: Mapping[str, Relation],
        out: Path,
        *,
        types: Mapping[str, str],
        scratch: bool = False,
    ) -> StagedFile:
        """Run one `SELECT` over `relations` and write it to the Parquet file `out`; see `Engine.transform`.

        All columns are written as optional, timestamps as microseconds in UTC. On failure no file is left.
        """
        # Opened by its resolved path: a link on the way would not be the allowed file.
        target = out.resolve()
        columns = ", ".join(
            f"CAST({quote(name)} AS {duckdb_type(word)}) AS {quote(name)}" for name, word in types.items()
        )
        with ExitStack() as undo, self._open(relations, target) as connection:
            undo.callback(target.unlink, missing_ok=True)
            copied = connection.execute(
                f"COPY (SELECT {columns} FROM ({sql}\n)) TO {literal(str(target))}"
                f" (FORMAT parquet, COMPRESSION {'snappy' if scratch else 'zstd'}, USE_TMP_FILE false)"
            ).fetchone()
            undo.pop_all()
        return StagedFile(path=out, rows=int(copied[0]) if copied else 0)

    def query(self, sql: str, relations: Mapping[str, Relation], *, limit: int | None = None) -> pa.Table:
        """Run one `SELECT` over `relations` and return its rows, at most `limit`; see `Engine.query`."""
        with self._open(relations) as connection:
            found = connection.sql(sql)
            rows: pa.Table = (found if limit is None else found.limit(limit)).to_arrow_table()
        return rows

    def bind(self, expression: str, types: Mapping[str, str]) -> str:
        """Return the DuckDB type of a compiled expression over columns of `types`; see `Engine.bind`."""
        with self._open({"bound": Relation(files=(), types=types)}) as connection:
            row = connection.execute(f"DESCRIBE SELECT {expression}\n FROM {quote('bound')}").fetchone()
        return str(row[1]) if row else ""

    @contextmanager
    def session(self, relations: Iterable[Relation], staging: Path) -> Iterator[DuckSql]:
        """Give an engine whose calls share one database; see `Engine.session`."""
        folder = staging.resolve()
        with self._database([path for relation in relations for path in relation.files], folder) as database:
            shared = copy(self)
            shared._shared = database  # noqa: SLF001
            yield shared

    @contextmanager
    def _open(self, relations: Mapping[str, Relation], *outputs: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        paths = [path for relation in relations.values() for path in relation.files]
        database = nullcontext(self._shared) if self._shared else self._database([*paths, *outputs])
        with database as found, found.showing(relations) as connection:
            yield connection

    @contextmanager
    def _database(self, paths: Iterable[Path], folder: Path | None = None) -> Iterator[_Database]:
        allowed = [path.resolve() for path in paths]
        limit = self._memory_limit
        with locked(self._connect, allowed, folder=folder, memory_limit=limit, threads=self._threads) as connection:
            bounds = partial(told, connection, allowed, memory_limit=limit, timeout_seconds=self._timeout_seconds)
            yield _Database(connection, bounds)


class _Database:
    """One locked database, and the relations that are views in it."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, bounds: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._connection = connection
        self._bounds = bounds
        self._shown: dict[str, Relation] = {}

    @contextmanager
    def showing(self, relations: Mapping[str, Relation]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Let exactly `relations` be views for one call, bounded in time."""
        with self._bounds():
            try:
                for name in self._shown.keys() - relations.keys():
                    self._connection.execute(f"DROP VIEW {quote_table(name)}")
                    del self._shown[name]
                for name, relation in relations.items():
                    if self._shown.get(name) != relation:
                        _create_view(self._connection, name, relation)
                        self._shown[name] = relation
                yield self._connection
            except duckdb.Error as error:
                if may_be_a_file(error):
                    require_readable(self._connection, relations)
                raise


def _create_view(connection: duckdb.DuckDBPyConnection, name: str, relation: Relation) -> None:
    """Make a relation a view of exactly its columns and types; a column that no file has is null."""
    schema, dot, _ = name.partition(".")
    if dot:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
    source, present = _source(connection, relation.files)
    columns = [
        f"CAST({quote(column) if column.lower() in present else 'NULL'} AS {duckdb_type(word)}) AS {quote(column)}"
        for column, word in relation.types.items()
    ]
    connection.execute(
        f"CREATE OR REPLACE VIEW {quote_table(name)} AS SELECT {', '.join(columns) or '1 AS none'} {source}"
    )


def _source(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[str, frozenset[str]]:
    """Return the `FROM` clause over files, and the columns that at least one of them has, in lower case."""
    if not files:
        return "WHERE FALSE", frozenset()
    paths = ", ".join(literal(str(path.resolve())) for path in files)
    source = f"FROM read_parquet([{paths}], union_by_name=true, hive_partitioning=false)"
    described = connection.execute(f"DESCRIBE SELECT * {source}").fetchall()
    return source, frozenset(str(row[0]).lower() for row in described)
