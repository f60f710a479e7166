"""Write a file's rows as the lakehouse reads them, for people who want the reader alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE
from agentic_lakehouse.errors import FeedEmpty
from agentic_lakehouse.feeds.read import read_batches, source_names
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
    broken: list[dict[str, object]] = []
    try:
        fmt = sniff(preview.path, name=name)
    except FeedEmpty:
        _write(pl.DataFrame(), to)
        return Written(0, 0, _write_errors(broken, to))
    names = source_names(preview.path, fmt, name=name)
    frames = [pl.DataFrame(schema=dict.fromkeys(names, pl.String))]
    for batch in read_batches(preview.path, fmt, name=name, names=names):
        frames.append(batch.rows)
        broken += [
            {"line": b.line, "column": b.column, "code": b.code, "message": b.message, "raw": b.raw}
            for b in batch.broken
        ]
    frame = pl.concat(frames)
    _write(frame, to)
    return Written(frame.height, len(broken), _write_errors(broken, to))


def export_typed(preview: Preview, to: Path) -> Written:
    """Write typed values under the spec that the brain gives the file; bad rows go to the errors file.

    Raises:
        FeedUnreadable: the file is empty, truncated, binary or of an unknown kind.
        AnswerRejected: no model gave a spec that holds.
    """
    spec = preview.spec(preview.profile()).value
    with preview.lakehouse.staging() as scratch:
        loaded = preview.load(spec, scratch)
        rows = pl.read_parquet([file.path for file in loaded.good]).sort("_row_number")
        frame = rows.drop([c.name for c in BRONZE_LINEAGE])
        _write(frame, to)
        shown = ["line", "column", "code", "message", "raw"]
        bad = pq.read_table(loaded.bad.path, columns=shown).to_pylist() if loaded.bad.rows else []
    return Written(frame.height, len(bad), _write_errors(bad, to))


def _write(frame: pl.DataFrame, to: Path) -> None:
    if to.suffix == ".csv":
        frame.write_csv(to, include_header=frame.width > 0)
    else:
        frame.write_parquet(to)


def _write_errors(rows: Iterable[dict[str, object]], to: Path) -> str | None:
    path = Path(f"{to}.errors.jsonl")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if not lines:
        path.unlink(missing_ok=True)
        return None
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
