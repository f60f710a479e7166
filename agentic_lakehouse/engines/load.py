"""Load one raw file: typed rows into one Parquet file, bad records whole and verbatim into another."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import Lineage, Loaded, StagedFile
from agentic_lakehouse.engines.cells import TypedColumn, fault_message, require_readable, type_column
from agentic_lakehouse.engines.certain_rows import CertainRows
from agentic_lakehouse.engines.parquet import ParquetSink
from agentic_lakehouse.engines.plain import Certain, PlainFile, loaders, look_closely
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.delimited import open_table
from agentic_lakehouse.feeds.fill_down import fill_down
from agentic_lakehouse.feeds.plain import as_utf8, could_be_plain, layout_of
from agentic_lakehouse.feeds.read import TextBatch, read_batches, source_names
from agentic_lakehouse.feeds.sampling import DOCUMENTS
from agentic_lakehouse.feeds.survey import NotPlainError
from agentic_lakehouse.feeds.tables import require_one_table

WORTHWHILE = 4 << 20
"""Bytes from which on a file is worth a fast path: below it, setting that up takes longer."""
_BAD_ROW = {
    "_row_number": pl.Int64,
    "line": pl.Int64,
    "column": pl.String,
    "code": pl.String,
    "message": pl.String,
    "raw": pl.String,
    "cells": pl.String,
    "typed": pl.String,
}


def load_file(
    path: Path, spec: FeedSpec, *, good: TableSchema, bad: TableSchema, lineage: Lineage, staging: Path
) -> Loaded:
    """Type a raw file by its spec; see `engines.base.Engine.load`.

    A record is good when each cell fits its column. It is bad, whole, from its first cell that does not,
    in the spec's order, or because its structure is broken. Where the spec says so, cells are first filled down
    within groups of rows. Columns that the spec does not name are left out; one that the file does not have is null
    in every row.

    Raises:
        ContractInvalid: a column's format cannot be read by.
        FeedUnreadable: the file cannot be read as the spec's format, has none of its columns, or lacks one
            that is claimed never null.
    """
    for column in spec.columns:
        require_readable(column)
    load = _Load(spec, lineage, good, bad, staging)
    if _is_worthwhile(path, spec):
        table = open_table(path, spec.format, name=lineage.file)
        require_columns(spec, table.names, name=lineage.file)
        facts = good_facts(spec, lineage)
        with suppress(NotPlainError):
            source = as_utf8(path, spec.format, staging / f"{uuid.uuid4().hex}.text", name=lineage.file)
            layout = layout_of(source, spec.format, len(table.names))
            file = PlainFile(source, layout, CertainRows(spec, table, good, facts), staging)
            for load_certain in loaders(file):
                with suppress(NotPlainError):
                    certain = load_certain(file)
                    return load.all_of(look_closely(file, certain), beside=certain)
    met: dict[str, None] = {}
    batches = _checked(path, spec, met, name=lineage.file)
    loaded = load.all_of(fill_down(batches, spec.fill_down) if spec.fill_down else batches)
    return replace(loaded, new_columns=tuple(name for name in met if spec.column(name) is None))


def _is_worthwhile(path: Path, spec: FeedSpec) -> bool:
    """Whether fast readers may and should try a file."""
    careful = spec.fill_down is not None or any(c.type == "json" for c in spec.columns)
    return not careful and could_be_plain(spec.format) and path.stat().st_size >= WORTHWHILE


def _checked(path: Path, spec: FeedSpec, met: dict[str, None], *, name: str) -> Iterator[TextBatch]:
    """Read a file of any kind with care, and see that it has the columns of its spec.

    Of JSON and XML that is known only at the end, as any record may bring one; `met` takes them.
    """
    names = [column.source_name for column in spec.columns]
    is_document, checked = spec.format.kind in DOCUMENTS, False
    for batch in read_batches(path, spec.format, name=name, names=names if is_document else None, met=met):
        if not (checked or is_document):
            require_columns(spec, batch.rows.columns, name=name)
            checked = True
        yield batch
    if is_document:
        require_columns(spec, tuple(met), name=name)
    elif not checked:
        require_columns(spec, source_names(path, spec.format, name=name), name=name)


@dataclass(frozen=True)
class _Load:
    """One file on its way into two."""

    spec: FeedSpec
    lineage: Lineage
    good: TableSchema
    bad: TableSchema
    staging: Path

    def all_of(self, batches: Iterable[TextBatch], *, beside: Certain | None = None) -> Loaded:
        """Type records with care; `beside` are the rows of the file that needed none."""
        codes: Counter[str] = Counter()
        nulls: Counter[str] = Counter({column.name: 0 for column in self.spec.columns})
        of_good = constants(good_facts(self.spec, self.lineage))
        of_bad = constants(bad_facts(self.spec, self.lineage))
        with (
            ParquetSink(self.staging / f"good-{uuid.uuid4().hex}.parquet", self.good) as good,
            ParquetSink(self.staging / f"bad-{uuid.uuid4().hex}.parquet", self.bad) as bad,
        ):
            for batch in batches:
                require_one_table(batch.broken, name=self.lineage.file)
                rows, faults = split(batch, self.spec)
                good.write(rows.with_columns(of_good))
                bad.write(faults.with_columns(of_bad))
                nulls.update({name: n for name, n in rows.null_count().row(0, named=True).items() if name in nulls})
                codes.update(faults["code"].to_list())
        if beside is not None:
            nulls.update(beside.null_counts)
        return Loaded(
            good=_filled(beside.file, good.staged) if beside else (good.staged,),
            bad=bad.staged,
            error_codes=dict(sorted(codes.items())),
            null_counts=dict(nulls),
        )


def _filled(first: StagedFile, second: StagedFile) -> tuple[StagedFile, ...]:
    return (first, second) if first.rows and second.rows else (first if first.rows else second,)


def require_columns(spec: FeedSpec, names: Sequence[str], *, name: str) -> None:
    """Refuse a file that is another feed's, or lacks what every row must have.

    Raises:
        FeedUnreadable: names the column.
    """
    missing = [c for c in spec.columns if c.source_name not in names]
    if len(missing) == len(spec.columns):
        raise FeedUnreadable(
            f"{name}: has none of the columns of {spec.feed}: {', '.join(map(repr, names[:8]))} stand there instead.",
            hint="Check that the file is in the right folder, or describe it anew.",
            file=name,
        )
    needed = next((c for c in missing if not c.nullable), None)
    if needed is not None:
        raise FeedUnreadable(
            f"{name}: lacks the column {needed.source_name!r}, which must have a value in every row.",
            hint="Ask the vendor for the column, or describe the file anew.",
            file=name,
            column=needed.source_name,
        )


def split(batch: TextBatch, spec: FeedSpec) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the good rows of a batch, typed, with `_row_number`; and its bad records, in order."""
    absent = pl.repeat(None, batch.rows.height, dtype=pl.String, eager=True)
    cells = [batch.rows[c.source_name] if c.source_name in batch.rows.columns else absent for c in spec.columns]
    typed = [type_column(column, text) for column, text in zip(spec.columns, cells, strict=True)]
    values = pl.DataFrame([column.values for column in typed])
    first = _first_bad(typed)
    rows = values.with_columns(batch.row_number.alias("_row_number")).filter(first.is_null())
    return rows, _bad_rows(batch, spec.columns, typed, first)


def _first_bad(typed: Sequence[TypedColumn]) -> pl.Series:
    """Return for each row the position of its first bad cell; null where there is none."""
    codes = pl.DataFrame([column.codes for column in typed])
    return codes.select(
        pl.coalesce(
            pl.when(pl.col(name).is_not_null()).then(pl.lit(i, pl.Int64)) for i, name in enumerate(codes.columns)
        ).alias("first")
    ).to_series()


def _bad_rows(
    batch: TextBatch, columns: Sequence[ColumnSpec], typed: Sequence[TypedColumn], first: pl.Series
) -> pl.DataFrame:
    found: list[tuple[Any, ...]] = [
        (b.row_number, b.line, b.column, b.code, b.message, b.raw, None, None) for b in batch.broken
    ]
    bad = first.is_not_null()
    lines, numbers, raws = (of.filter(bad).to_list() for of in (batch.line, batch.row_number, batch.raw))
    judged = [TypedColumn(column.values.filter(bad), column.codes.filter(bad)) for column in typed]
    texts, codes = [column.texts.to_list() for column in judged], [column.codes.to_list() for column in judged]
    positions, rows = first.filter(bad).to_list(), batch.rows.filter(bad).rows(named=True)
    for place, (position, row) in enumerate(zip(positions, rows, strict=True)):
        column, code = columns[position], codes[position][place]
        message = fault_message(column, code, row.get(column.source_name))
        read = {
            c.name: {"fault": faults[place]} if faults[place] else text[place]
            for c, faults, text in zip(columns, codes, texts, strict=True)
        }
        where = (numbers[place], lines[place], column.source_name)
        found.append((*where, code, message, raws[place], _json(row), _json(read)))
    return pl.DataFrame(sorted(found, key=lambda bad: bad[0]), schema=_BAD_ROW, orient="row")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def good_facts(spec: FeedSpec, lineage: Lineage) -> dict[str, Any]:
    """Return what all rows of bronze have in common that come of one file."""
    return {
        "_delivery_id": lineage.delivery_id,
        "_spec_sha256": spec.sha256,
        "_run_id": lineage.run_id,
        "_ingested_at": lineage.ingested_at,
        "ingestion_date": lineage.ingestion_date,
        "vendor_name": spec.vendor_name,
    }


def bad_facts(spec: FeedSpec, lineage: Lineage) -> dict[str, Any]:
    """Return what all rows of `ingest_errors` have in common that come of one file."""
    return {
        "vendor_name": spec.vendor_name,
        "source_table": spec.feed.table,
        "ingestion_date": lineage.ingestion_date,
        "_delivery_id": lineage.delivery_id,
        "file": lineage.file,
        "spec_sha256": spec.sha256,
        "status": "open",
        "_run_id": lineage.run_id,
        "_ingested_at": lineage.ingested_at,
    }


def constants(facts: dict[str, Any]) -> list[pl.Expr]:
    """Return facts as columns."""
    return [pl.lit(value).alias(name) for name, value in facts.items()]
