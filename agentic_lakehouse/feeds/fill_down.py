"""Fill blank cells down within a group of rows: what stands on a product's first row holds for its variants too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from agentic_lakehouse.contracts.feed_spec import FillDown
from agentic_lakehouse.feeds.batch import TextBatch

KEY = "group key"
"""Name of the trimmed group value beside the filled columns, which are known by their place."""


def fill_down(batches: Iterable[TextBatch], claim: FillDown) -> Iterator[TextBatch]:
    """Give blank cells what their group's first row holds, also where a group goes on in the next batch.

    A group is a run of rows with one value, trimmed, in the group column. A value that comes back after another one
    begins a group of its own, and so does each row without a value: nothing crosses a border. Broken records have no
    cells; they neither give nor take, and end no group. Only cells of `rows` change.
    """
    first: pl.DataFrame | None = None
    for batch in batches:
        columns = [name for name in claim.columns if name in batch.rows.columns]
        if batch.rows.is_empty() or claim.group not in batch.rows.columns:
            yield batch
            continue
        cells = batch.rows.select(
            blank_to_null(pl.col(claim.group)).alias(KEY),
            *(pl.col(name).alias(f"cell{place}") for place, name in enumerate(columns)),
        )
        # The first row of the group that the batch before ended in stands above this batch, as if read again.
        above = 0 if first is None else first.height
        cells = cells if first is None else pl.concat([first, cells])
        starts = starts_of(cells[KEY])
        group = starts.cum_sum()
        filled = cells.select(
            pl.when(blank_to_null(cell).is_null() & blank_to_null(opening).is_not_null())
            .then(opening)
            .otherwise(cell)
            .alias(name)
            for name, cell, opening in (
                (name, pl.col(f"cell{place}"), pl.col(f"cell{place}").first().over(group))
                for place, name in enumerate(columns)
            )
        )
        first = cells[int(starts.arg_true()[-1])]
        yield replace(batch, rows=batch.rows.with_columns(filled[above:]))


def blank_to_null(cell: pl.Expr) -> pl.Expr:
    """Return cells trimmed, null where nothing is left."""
    trimmed = cell.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def starts_of(keys: pl.Series) -> pl.Series:
    """Return which rows begin a group: those whose key is not the one above, or that have none."""
    return (keys != keys.shift(1)).fill_null(value=True)
