"""Mend the claims of a spec that the whole file refutes, where they were made on a sample of it.

What loading kept aside tells what the sample did not hold: a null word, an empty cell, a longer number, a leading
zero. No model is asked again; a claim that stands is not touched. A column that nobody has seen yet is added as text.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from agentic_lakehouse.brain.naming import bronze_names
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import Engine, Loaded, Relation
from agentic_lakehouse.feeds.numerals import decimal_notation, fraction_digits, whole_digits
from agentic_lakehouse.feeds.vocabulary import NULL_WORDS, SOFT_NULL_WORDS
from agentic_lakehouse.pipeline.describe import MIN_FIT
from agentic_lakehouse.sql.types import quote

MAX_READ = 100_000
"""Bad rows that are looked at: of more, the first ones."""
MAX_PRECISION, MAX_SCALE = 38, 18


@dataclass
class _Faults:
    """What did not fit one column."""

    codes: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    """As written, trimmed."""


def with_new_columns(spec: FeedSpec, loaded: Loaded) -> FeedSpec:
    """Return a spec with the columns that it does not name and the file has, as text; itself where there are none."""
    if not loaded.new_columns:
        return spec
    names = bronze_names([*(c.name for c in spec.columns), *loaded.new_columns])[len(spec.columns) :]
    added = (ColumnSpec(source_name=n, name=b, type="string") for n, b in zip(loaded.new_columns, names, strict=True))
    return FeedSpec.model_validate(spec.model_dump() | {"columns": (*spec.columns, *added)})


def retested(spec: FeedSpec, loaded: Loaded, *, table: TableSchema, engine: Engine, key_share: float) -> FeedSpec:
    """Return `spec` with the claims mended that its file, now read whole, refutes; itself where all stand.

    Args:
        spec: claims made on a sample of the file.
        loaded: what became of the file under them.
        table: bronze table of `spec`.
        engine: asked whether keys are unique.
        key_share: share of rows whose key may repeat before it is none.
    """
    faults = _faults_of(loaded.bad.path, {c.name: c.source_name for c in spec.columns})
    columns = tuple(_mended(c, faults[c.name], rows=loaded.rows) if c.name in faults else c for c in spec.columns)
    keys = [key for key in (spec.primary_key, *spec.natural_keys) if key]
    false = [key for key in keys if not _is_key(key, loaded, table, engine, key_share)]
    changes: dict[str, Any] = {"columns": columns} if columns != spec.columns else {}
    if false:
        natural = tuple(key for key in spec.natural_keys if key not in false)
        refuted = spec.primary_key in false
        changes["primary_key"] = (natural[0] if natural else ()) if refuted else spec.primary_key
        changes["natural_keys"] = natural[1:] if refuted else natural
    return FeedSpec.model_validate(spec.model_dump() | changes) if changes else spec


def _faults_of(bad: Path, source_names: dict[str, str]) -> dict[str, _Faults]:
    """Return what did not fit, by bronze column."""
    found: dict[str, _Faults] = defaultdict(_Faults)
    for typed, cells in _read(bad):
        for name, value in typed.items():
            if isinstance(value, dict):
                found[name].codes[value["fault"]] += 1
                found[name].texts.update([(cells.get(source_names[name]) or "").strip()])
    return dict(found)


def _read(bad: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield what was read of each bad row, and its cells as written."""
    with pq.ParquetFile(bad) as file:
        batches = file.iter_batches(columns=["typed", "cells"], batch_size=1_000)
        rows = islice((row for batch in batches for row in batch.to_pylist()), MAX_READ)
        yield from ((json.loads(row["typed"]), json.loads(row["cells"])) for row in rows if row["typed"])


def _mended(column: ColumnSpec, faults: _Faults, *, rows: int) -> ColumnSpec:
    words = {text for text in faults.texts if text.lower() in NULL_WORDS | SOFT_NULL_WORDS}
    changes: dict[str, Any] = {}
    if words - set(column.null_tokens):
        changes["null_tokens"] = tuple(sorted({*column.null_tokens, *words}))
    if words or faults.codes["missing_value"]:
        changes["nullable"] = True
    others = {text: count for text, count in faults.texts.items() if text and text not in words}
    if _is_no_number(column, others) or sum(others.values()) > (1 - MIN_FIT) * rows:
        changes |= {"type": "string", "format": None}
    elif faults.codes["decimal_too_long"]:
        changes |= _wider(column, others)
    return ColumnSpec.model_validate(column.model_dump() | changes)


def _is_no_number(column: ColumnSpec, texts: Iterable[str]) -> bool:
    """Whether a column of whole numbers holds one with a leading zero, or with too many digits: these are names."""
    return column.type == "integer" and any(text.lstrip("+-").isdecimal() for text in texts)


def _wider(column: ColumnSpec, texts: Iterable[str]) -> dict[str, Any]:
    """Return the digits that the numbers among `texts` need besides those that the column has."""
    notation = decimal_notation(column.format)
    written = pl.DataFrame({"text": sorted(texts)}, schema={"text": pl.String})
    numbers = (
        written.select(notation.plain(pl.col("text")).alias("number")).drop_nulls() if notation else written.clear()
    )
    most = numbers.select(whole_digits(pl.all()).max().alias("whole"), fraction_digits(pl.all()).max().alias("scale"))
    whole = max(column.precision - column.scale, most["whole"][0] or 0)
    scale = max(column.scale, most["scale"][0] or 0)
    if scale > MAX_SCALE or whole + scale > MAX_PRECISION:
        return {"type": "string", "format": None}
    return {"precision": max(column.precision, whole + scale), "scale": scale}


def _is_key(key: tuple[str, ...], loaded: Loaded, table: TableSchema, engine: Engine, key_share: float) -> bool:
    """Whether a key is as good as unique; it is counted exactly only where an estimate is in doubt."""
    relation = Relation([file.path for file in loaded.good], table.types)
    names = ", ".join(map(quote, key))
    counted = f"SELECT approx_count_distinct(hash({names})) AS n FROM good"
    if _number(engine, counted, relation) >= (1 - key_share) * loaded.good_rows:
        return True
    exact = f"SELECT count(DISTINCT hash({names})) AS n FROM good"
    return loaded.good_rows - _number(engine, exact, relation) <= key_share * loaded.good_rows


def _number(engine: Engine, sql: str, relation: Relation) -> int:
    return int(engine.query(sql, {"good": relation})["n"][0].as_py())
