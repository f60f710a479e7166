"""Measure a file: one pass over its text rows, every column at once, memory bounded.

A big delimited file is measured in places, see `sampling`; any other whole. Counts cover all measured rows. Beyond
bounds that a normal feed does not meet, `distinct` becomes an estimate
(about 1 %) and `top_values` and `patterns` become lower bounds; `unique_keys` is always proved.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.feeds.column import Beliefs, ColumnTally
from agentic_lakehouse.feeds.keys import KeySample, find_keys
from agentic_lakehouse.feeds.read import read_batches, source_names
from agentic_lakehouse.feeds.sampling import sample
from agentic_lakehouse.feeds.tables import require_one_table
from agentic_lakehouse.feeds.variants import VariantSearch
from agentic_lakehouse.feeds.vocabulary import date_order, decimal_mark

MAX_HASHES = 16_000_000
"""Value hashes kept in all while a file is read, 8 bytes each."""


def profile(path: Path, fmt: FileFormat, *, name: str, locale: str | None = None) -> FeedProfile:
    """Return what a file holds: size, columns, types that fit, keys, and rows of variants.

    Args:
        path: local file.
        fmt: as sniffed.
        name: the vendor's file name.
        locale: CLDR locale of the vendor; settles dates and decimal marks that a column leaves open.
            Without it, dates that could be read two ways are no dates.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt`.
    """
    some = sample(path, fmt, name=name)
    names = some.names if some else source_names(path, fmt, name=name)
    limit = max(10_000, MAX_HASHES // max(1, len(names)))
    tallies = [ColumnTally(column, i, distinct_limit=limit) for i, column in enumerate(names)]
    first, variants = KeySample(), VariantSearch(names)
    records = 0
    for batch in some.batches if some else read_batches(path, fmt, name=name, names=names):
        require_one_table(batch.broken, name=name)
        records += batch.records
        first.add(batch.rows)
        variants.add(batch.rows)
        for tally in tallies:
            tally.add(batch.rows[tally.source_name])
    beliefs = _beliefs(tallies, locale)
    columns = tuple(tally.profile(beliefs) for tally in tallies)
    exact = frozenset(tally.source_name for tally in tallies if tally.distinct.is_exact)
    return FeedProfile(
        format=fmt,
        file_name=name,
        row_count=records,
        is_sample=some is not None,
        rows_in_file=some.rows_in_file if some else records,
        byte_size=path.stat().st_size,
        columns=columns,
        unique_keys=find_keys(columns, exact, first.rows, path=path, fmt=fmt, name=name),
        variants=variants.found(columns, exact),
    )


def _beliefs(tallies: list[ColumnTally], locale: str | None) -> Beliefs:
    """Settle what columns leave open: by locale, else by what other columns of the file prove."""
    votes: Counter[str] = Counter()
    for tally in tallies:
        votes += tally.types.mark_votes
    proved = votes.most_common(1)[0][0] if votes else "."
    told = decimal_mark(locale) if locale else None
    return Beliefs(mark=told or proved, order=date_order(locale) if locale else None, is_mark_known=bool(told or votes))
