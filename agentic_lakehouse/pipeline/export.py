"""Write a file's rows as the lakehouse reads them, for people who want the reader alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE
from agentic_lakehouse.errors import FeedEmpty
from agentic_lakehouse.feeds.read import TextBatch, read_batches, source_names
from agentic_lakehouse.feeds.sniff import sniff
from agentic_lakehouse.pipeline.preview import Preview


@dataclass(frozen=True)
class Written:
    """What was written."""

    rows: int
    error_rows: int
    errors: str | None
    """Path of the bad rows, or `None` where there are none."""


def export_text(preview: Preview, to: Path) -> Written:
    """Write every cell as its text; structurally broken records go to the errors file. Nothing comes of an empty file.

    Raises:
        FeedUnreadable: the file is truncated, binary or of an unknown kind.
    """
    name = preview.path.name
    try:
        fmt = sniff(preview.path, name=name)
    except FeedEmpty:
        with _Out(to, ()):
            return Written(0, 0, _write_errors([], to).path)
    names = source_names(preview.path, fmt, name=name)
    with _Out(to, names) as out:
        errors = _write_errors(_broken(read_batches(preview.path, fmt, name=name, names=names), out), to)
    return Written(out.rows, errors.rows, errors.path)


def _broken(batches: Iterable[TextBatch], out: _Out) -> Iterator[dict[str, object]]:
    """Write the rows of batches, and yield what is broken."""
    for batch in batches:
        out.write(batch.rows)
        for b in batch.broken:
            yield {"line": b.line, "column": b.column, "code": b.code, "message": b.message, "raw": b.raw}


def export_typed(preview: Preview, to: Path) -> Written:
    """Write typed values under the spec that the brain gives the file; bad rows go to the errors file.

    Raises:
        FeedUnreadable: the file is empty, truncated, binary or of an unknown kind.
        AnswerRejected: no model gave a spec that holds.
    """
    spec = preview.spec(preview.profile()).value
    with preview.lakehouse.staging() as scratch:
        loaded = preview.load(spec, scratch)
        first, *others = (pl.scan_parquet(file.path) for file in loaded.good)
        rows = reduce(lambda rows, more: rows.merge_sorted(more, key="_row_number"), others, first)
        frame = rows.drop([c.name for c in BRONZE_LINEAGE])
        if to.suffix == ".csv":
            frame.sink_csv(to)
        else:
            frame.sink_parquet(to)
        errors = _write_errors(_bad_rows(loaded.bad.path), to)
    return Written(loaded.good_rows, errors.rows, errors.path)


def _bad_rows(path: Path) -> Iterator[dict[str, object]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["line", "column", "code", "message", "raw"]):
            yield from batch.to_pylist()


class _Out:
    """A file of text rows, written batch by batch; use as a context manager."""

    def __init__(self, to: Path, names: Sequence[str]) -> None:
        self.rows = 0
        self._header = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        self._csv = to.open("wb") if to.suffix == ".csv" else None
        schema = self._header.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        self._parquet = None if self._csv else pq.ParquetWriter(to, schema, compression="zstd")

    def __enter__(self) -> Self:
        if self._csv and self._header.width:
            self._header.write_csv(self._csv)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._csv, self._parquet):
            if file is not None:
                file.close()

    def write(self, rows: pl.DataFrame) -> None:
        """Append rows."""
        self.rows += rows.height
        if self._csv:
            rows.write_csv(self._csv, include_header=False)
        if self._parquet:
            self._parquet.write_table(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))


@dataclass(frozen=True)
class _Errors:
    rows: int
    path: str | None


def _write_errors(rows: Iterable[dict[str, object]], to: Path) -> _Errors:
    """Write bad rows beside the file that they are not in; no file where there are none."""
    path, count = Path(f"{to}.errors.jsonl"), 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    if not count:
        path.unlink()
    return _Errors(count, str(path) if count else None)
