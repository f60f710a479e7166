"""The engine of one machine: Polars loads files, DuckDB runs SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import pyarrow as pa

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import BadRecord, Lineage, Loaded, Relation, Reloaded, StagedFile
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.engines.lockdown import Connect, in_memory


class LocalEngine:
    """An `Engine` without a server.

    Args:
        connect: gives a fresh in-memory DuckDB, such as a `DuckDBResource`'s `get_connection`; its settings
            are locked by each call.
        memory_limit: most memory for one SQL statement, as DuckDB writes it.
        timeout_seconds: most time for one SQL call.
    """

    name = "local"

    def __init__(
        self, connect: Connect | None = None, *, memory_limit: str = "2GB", timeout_seconds: float = 300.0
    ) -> None:
        self._sql = DuckSql(connect or in_memory, memory_limit=memory_limit, timeout_seconds=timeout_seconds)

    def load(
        self, path: Path, spec: FeedSpec, *, good: TableSchema, bad: TableSchema, lineage: Lineage, staging: Path
    ) -> Loaded:
        """Type a raw file by its spec; see `Engine.load`."""
        from agentic_lakehouse.engines.load import load_file

        return load_file(path, spec, good=good, bad=bad, lineage=lineage, staging=staging)

    def reload(
        self,
        records: Sequence[BadRecord],
        spec: FeedSpec,
        *,
        original: Path | None,
        good: TableSchema,
        bad: TableSchema,
        lineage: Lineage,
        staging: Path,
    ) -> Reloaded:
        """Type bad records of one file again; see `Engine.reload`."""
        from agentic_lakehouse.engines.reload import reload_records

        return reload_records(records, spec, original=original, good=good, bad=bad, lineage=lineage, staging=staging)

    def transform(
        self,
        sql: str,
        relations: Mapping[str, Relation],
        out: Path,
        *,
        types: Mapping[str, str],
        scratch: bool = False,
    ) -> StagedFile:
        """Run one `SELECT` over `relations` and write it to the Parquet file `out`; see `Engine.transform`."""
        return self._sql.transform(sql, relations, out, types=types, scratch=scratch)

    def query(self, sql: str, relations: Mapping[str, Relation], *, limit: int | None = None) -> pa.Table:
        """Run one `SELECT` over `relations` and return its rows; see `Engine.query`."""
        return self._sql.query(sql, relations, limit=limit)

    @contextmanager
    def session(self, relations: Iterable[Relation], staging: Path) -> Iterator[LocalEngine]:
        """Give an engine whose SQL calls share one database; see `Engine.session`."""
        with self._sql.session(relations, staging) as sql:
            shared = copy(self)
            shared._sql = sql  # noqa: SLF001
            yield shared

    def bind(self, expression: str, types: Mapping[str, str]) -> str:
        """Return the DuckDB type of a compiled expression over columns of `types`; see `Engine.bind`."""
        return self._sql.bind(expression, types)
