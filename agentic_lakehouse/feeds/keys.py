"""Find which columns together identify a row: proposed on the first rows, proved on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.contracts.profile import ColumnProfile
from agentic_lakehouse.feeds.read import read_batches

SAMPLE_ROWS = 50_000
MAX_KEY = 3
MAX_SAMPLED = 64
"""Columns, from the left, whose first rows are kept for the search."""
MAX_PARTS = 12
"""Columns, from the left, that pairs and triples are made of."""
MAX_PROVED = 6
"""Sets that are proved on the whole file at once: each costs eight bytes a row."""
MAX_PART_LENGTH = 100
"""Longer values are prose, not identifiers."""

Key = tuple[str, ...]


class KeySample:
    """Hashes of the first rows, from which keys are proposed."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take in a batch, as far as there is room."""
        wanted = rows.head(SAMPLE_ROWS - self._rows)
        if wanted.height:
            self._parts.append(_hashes(wanted[:, :MAX_SAMPLED]))
            self._rows += wanted.height

    @property
    def rows(self) -> pl.DataFrame:
        """The hashes, a column a source column."""
        return pl.concat(self._parts) if self._parts else pl.DataFrame()


def find_keys(
    columns: Sequence[ColumnProfile],
    exact: frozenset[str],
    sample: pl.DataFrame,
    *,
    path: Path,
    fmt: FileFormat,
    name: str,
) -> tuple[Key, ...]:
    """Return the smallest sets of columns, at most three, that never repeat and are never null.

    Where one column does, no pairs are looked at; where a pair does, no triples. Prose and measured
    quantities are left out.

    Args:
        columns: measured over the whole file.
        exact: columns whose `distinct` is exact.
        sample: hashes of the first rows.
        path: file, read again where the sample alone proves nothing.
        fmt: how to read it.
        name: what errors call it.
    """
    whole = [c for c in columns if c.rows > 1 and not c.nulls and c.distinct > 1 and _may_identify(c)]
    proved: list[Key] = [(c.source_name,) for c in whole if c.source_name in exact and c.distinct == c.rows]
    estimated: list[Key] = [
        (c.source_name,) for c in whole if c.source_name not in exact and c.distinct > 0.95 * c.rows
    ]
    open_sets = [key for key in estimated if key[0] in sample.columns][:MAX_PROVED]
    proved += _prove(open_sets, path=path, fmt=fmt, name=name)
    if proved:
        return tuple(sorted(proved, key=lambda key: _places(key, columns)))
    parts = [c.source_name for c in whole if c.source_name in sample.columns][:MAX_PARTS]
    for size in range(2, MAX_KEY + 1):
        likely = [key for key in combinations(parts, size) if _is_unique(sample, key)]
        if sample.height < max((c.rows for c in columns), default=0):
            likely = _prove(likely[:MAX_PROVED], path=path, fmt=fmt, name=name)
        if likely:
            return tuple(likely)
    return ()


def _may_identify(column: ColumnProfile) -> bool:
    """Whether a column could be part of an identifier: that prose and measured quantities do not repeat is chance."""
    measured = any(e.type == "decimal" and e.max_scale and e.matches == column.rows for e in column.evidence)
    return column.max_length <= MAX_PART_LENGTH and not measured


def _places(key: Key, columns: Sequence[ColumnProfile]) -> list[int]:
    return [c.position for c in columns if c.source_name in key]


def _is_unique(hashes: pl.DataFrame, key: Key) -> bool:
    return not hashes.select(key).is_duplicated().any()


def _prove(keys: Sequence[Key], *, path: Path, fmt: FileFormat, name: str) -> list[Key]:
    """Return the sets that do not repeat anywhere in the file."""
    seen = {key: pl.Series(dtype=pl.UInt64) for key in keys}
    for rows in _all_rows(path, fmt, name) if keys else ():
        for key in list(seen):
            hashes = pl.concat([seen[key], rows.select(pl.struct(key).hash().alias("key")).to_series()])
            if hashes.is_duplicated().any():
                del seen[key]
            else:
                seen[key] = hashes
        if not seen:
            break
    return list(seen)


def _all_rows(path: Path, fmt: FileFormat, name: str) -> Iterator[pl.DataFrame]:
    for batch in read_batches(path, fmt, name=name):
        yield _trimmed(batch.rows)


def _hashes(rows: pl.DataFrame) -> pl.DataFrame:
    return _trimmed(rows).select(pl.all().hash())


def _trimmed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.all().str.strip_chars())
