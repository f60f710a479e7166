"""What an engine is: files to typed Parquet, and SQL from Parquet to Parquet, in a staging folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.tables import TableSchema


@dataclass(frozen=True)
class Lineage:
    """What each loaded row carries of where it came from."""

    delivery_id: str
    file: str
    """Path below the landing zone, as error rows name it."""
    run_id: str
    ingestion_date: date
    ingested_at: datetime
    """UTC."""

    @classmethod
    def of(cls, delivery: Delivery, *, run_id: str) -> Lineage:
        """Return the lineage of a delivery's rows that are loaded now."""
        return cls(
            delivery_id=delivery.delivery_id,
            file=delivery.path,
            run_id=run_id,
            ingestion_date=delivery.ingestion_date,
            ingested_at=datetime.now(UTC),
        )


@dataclass(frozen=True)
class StagedFile:
    """One Parquet file in the staging folder."""

    path: Path
    rows: int


@dataclass(frozen=True)
class Loaded:
    """What became of one file's records: every record is in exactly one of the files."""

    good: tuple[StagedFile, ...]
    bad: StagedFile
    error_codes: Mapping[str, int]
    """Fault code to number of rows."""
    null_counts: Mapping[str, int]
    """Bronze column to number of nulls among good rows."""
    new_columns: tuple[str, ...] = ()
    """Columns that records have and the spec does not name, of JSON and XML; their values are in no file."""

    @property
    def rows(self) -> int:
        """Records in the file."""
        return self.good_rows + self.bad.rows

    @property
    def good_rows(self) -> int:
        """Records that fit their spec."""
        return sum(file.rows for file in self.good)


@dataclass(frozen=True)
class BadRecord:
    """What `ingest_errors` keeps of one record, as far as it bears on reading it again."""

    row_number: int
    line: int
    column: str | None
    code: str
    message: str
    raw: str
    cells: str | None
    typed: str | None
    """See `contracts.tables.ingest_errors_table`."""


@dataclass(frozen=True)
class Reloaded:
    """What became of bad records that were run again."""

    good: StagedFile
    """Those that fit now, as rows of bronze."""
    changed: StagedFile
    """Those that are at fault otherwise than before, as rows of `ingest_errors`."""
    error_codes: Mapping[str, int]
    """Of all that still do not fit: fault code to number of rows."""

    @property
    def is_news(self) -> bool:
        """Whether any of them is no longer what it was."""
        return bool(self.good.rows or self.changed.rows)


@dataclass(frozen=True)
class Relation:
    """A table as an engine reads it: local Parquet files (possibly none) and their types."""

    files: Sequence[Path]
    types: Mapping[str, str]
    """Column name to type, in the words of `contracts.tables`. A file that lacks a column reads as null."""
    table: str = ""
    """Table of the lake that the files are of, as errors name it; empty where they are of none."""


class Engine(Protocol):
    """Compute, swappable. Sees the staging folder alone: no catalog, no network."""

    name: str

    def load(
        self, path: Path, spec: FeedSpec, *, good: TableSchema, bad: TableSchema, lineage: Lineage, staging: Path
    ) -> Loaded:
        """Type a raw file by its spec; a record that does not fit goes whole and verbatim to the bad file.

        Args:
            path: local file.
            spec: claims to apply; each is re-tested on every row.
            good: bronze table, whose columns and types the good file has.
            bad: `ingest_errors`, whose columns and types the bad file has.
            lineage: written to every row.
            staging: existing folder to write into.

        Raises:
            FeedUnreadable: the file cannot be read as the spec's format at all.
        """
        ...

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
        """Type records of one file again that did not fit its spec, by what is kept of them.

        Args:
            records: as `ingest_errors` keeps them, in file order.
            spec: claims to apply now.
            original: kept bytes of the file, whose first lines say how a record without known cells is split;
                such records stay as they are where it is `None`.
            good: bronze table, whose columns and types the good file has.
            bad: `ingest_errors`, whose columns and types the changed file has.
            lineage: written to every row.
            staging: existing folder to write into.
        """
        ...

    def transform(
        self,
        sql: str,
        relations: Mapping[str, Relation],
        out: Path,
        *,
        types: Mapping[str, str],
        scratch: bool = False,
    ) -> StagedFile:
        """Run one `SELECT` over `relations` in a locked-down DuckDB and write it to the Parquet file `out`.

        The result's columns are those of `types`, by name and in that order, cast to exactly those types.

        Args:
            sql: the query.
            relations: what it reads, by name.
            out: file to write.
            types: columns of the result.
            scratch: nobody keeps the file: it is written fast rather than small.

        Raises:
            EngineFailed: the query does not bind or run.
            CatalogUnavailable: a file of a relation is damaged; names it.
        """
        ...

    def query(self, sql: str, relations: Mapping[str, Relation], *, limit: int | None = None) -> pa.Table:
        """Run one `SELECT` over `relations`, locked down, and return its rows.

        Raises:
            EngineFailed: the query does not bind or run.
            CatalogUnavailable: a file of a relation is damaged; names it.
        """
        ...

    def session(self, relations: Iterable[Relation], staging: Path) -> AbstractContextManager[Engine]:
        """Give an engine for several SQL calls one after the other, which spares opening a database for each.

        Args:
            relations: what calls may read, besides what they find in `staging`.
            staging: existing folder into which calls write.
        """
        ...

    def bind(self, expression: str, types: Mapping[str, str]) -> str:
        """Return the DuckDB type of a compiled expression over columns of `types`, running nothing.

        Raises:
            EngineFailed: it does not bind; the message is DuckDB's, without SQL positions.
        """
        ...
