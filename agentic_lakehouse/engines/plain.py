"""Type a plain delimited file in one streaming pass, and look closely only at what is not certain.

Polars types the whole file and keeps the rows of which every cell is certain. The numbers that are missing there name
the others; they are found again by their place and go to the careful reader, which finds them good or says what is
wrong.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from agentic_lakehouse.engines.base import StagedFile
from agentic_lakehouse.engines.certain_rows import NUMBER, CertainRows
from agentic_lakehouse.feeds.batch import Fault, Record, TextBatch, numbered_batches
from agentic_lakehouse.feeds.plain import find_records, without_islands
from agentic_lakehouse.feeds.survey import Layout, NotPlainError, Survey, survey
from agentic_lakehouse.feeds.tables import MAX_FOOTER

TAIL = MAX_FOOTER + 1
"""Last records of a file, which are always looked at together: whether they are a footer is told by that."""
MAX_DOUBTS = 0.05
"""Share of records in doubt past which their cells are better counted."""


@dataclass(frozen=True)
class PlainFile:
    """A file that fast readers may try."""

    source: Path
    """Its text in UTF-8."""
    layout: Layout
    rows: CertainRows
    staging: Path
    """Existing folder to write into."""


@dataclass(frozen=True)
class Certain:
    """Rows of a plain file of which every cell is certain."""

    file: StagedFile
    null_counts: Mapping[str, int]
    """Bronze column to number of nulls."""
    survey: Survey
    others: np.ndarray
    """Numbers of the records to look at, ascending: those that are not among these rows, and the last ones."""
    last: frozenset[int]
    """Those of the last ones that are among these rows."""
    may_be_short: bool
    """Whether nobody has seen yet that no record lacks cells."""


Loader = Callable[[PlainFile], Certain]


def loaders(file: PlainFile) -> Sequence[Loader]:
    """Return ways to write a file's certain rows, the fastest first; each may raise `NotPlainError`."""
    ends_in_cells = all(cells[-1] for cells in file.rows.table.sound)
    return (_load_at_once, _load_by_survey) if ends_in_cells else (_load_by_survey,)


def _load_at_once(file: PlainFile) -> Certain:
    """Type a file while it is surveyed, each on a core of its own, and count no cells.

    Polars refuses a record with too many, and of one with too few the last cell is empty, so that it is in doubt.

    Raises:
        NotPlainError: some record is not plain after all, or many end in an empty cell.
    """
    out = _new(file.staging, "certain.parquet")
    with ThreadPoolExecutor(1) as beside:
        surveying = beside.submit(survey, file.source, file.layout, counts_cells=False)
        file.rows.write(file.source, file.layout, out)
    found = surveying.result()
    certain = _certain(file, out, found, may_be_short=True)
    if len(certain.others) > TAIL + MAX_DOUBTS * found.count:
        raise NotPlainError
    return certain


def _load_by_survey(file: PlainFile) -> Certain:
    """Survey a file to the last cell, then type its plain records but the last ones.

    Raises:
        NotPlainError: fast readers cannot be trusted with it.
    """
    found = survey(file.source, file.layout)
    out = _new(file.staging, "certain.parquet")
    plain = without_islands(file.source, found, _new(file.staging, "plain"))
    file.rows.write(plain, file.layout, out, first=max(0, found.count - TAIL))
    if plain != file.source:
        plain.unlink()
    return _certain(file, out, found, may_be_short=False)


def _certain(file: PlainFile, out: Path, found: Survey, *, may_be_short: bool) -> Certain:
    with pq.ParquetFile(out) as written:
        missing = _missing(written, found.count)
        last = np.arange(max(1, found.count - TAIL + 1), found.count + 1)
        return Certain(
            file=StagedFile(out, written.metadata.num_rows),
            null_counts=_null_counts(written, [column.name for column in file.rows.spec.columns]),
            survey=found,
            others=np.union1d(missing, last),
            last=frozenset(np.setdiff1d(last, missing).tolist()),
            may_be_short=may_be_short,
        )


def look_closely(file: PlainFile, certain: Certain) -> Iterator[TextBatch]:
    """Yield the records of a plain file that are not certain, read with care.

    Raises:
        NotPlainError: one lacks cells, so that those around it should be looked at, too; or one that was certain is no
            row of the table.
    """
    numbers: deque[int] = deque()

    def found() -> Iterator[Record | Fault]:
        for number, record in find_records(file.source, certain.survey, certain.others):
            if certain.may_be_short and not (isinstance(record, Record) and len(record.cells) == file.layout.width):
                raise NotPlainError
            numbers.append(number)
            yield record

    def uncertain() -> Iterator[tuple[int, Record | Fault]]:
        # Each record comes out once, in order, though some are held back until it is known what follows them.
        for record in file.rows.table.rows_of(found()):
            number = numbers.popleft()
            if number not in certain.last:
                yield number, record
            elif isinstance(record, Fault):
                raise NotPlainError

    return numbered_batches(uncertain(), file.rows.table.names)


def _new(staging: Path, kind: str) -> Path:
    return staging / f"{uuid.uuid4().hex}.{kind}"


def _missing(file: pq.ParquetFile, count: int) -> np.ndarray:
    """Return the numbers up to `count` that no row has; rows stand in order.

    Raises:
        NotPlainError: there is a number beyond.
    """
    gaps, before = [], 0
    for batch in file.iter_batches(columns=[NUMBER], batch_size=1 << 20):
        numbers = np.concatenate(([before], batch.column(0).to_numpy()))
        holes = np.flatnonzero(np.diff(numbers) > 1)
        gaps += [np.arange(numbers[at] + 1, numbers[at + 1]) for at in holes]
        before = int(numbers[-1])
    if before > count:
        raise NotPlainError
    return np.concatenate([*gaps, np.arange(before + 1, count + 1)]).astype(np.int64)


def _null_counts(file: pq.ParquetFile, names: Sequence[str]) -> dict[str, int]:
    """Return how many nulls columns have, told by the file's own statistics."""
    places = {name: place for place, name in enumerate(file.schema_arrow.names)}
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    return {name: sum(_nulls(group.column(places[name])) for group in groups) for name in names}


def _nulls(column: pq.ColumnChunkMetaData) -> int:
    if column.statistics is None or column.statistics.null_count is None:
        raise AssertionError(f"Polars wrote no statistics of {column.path_in_schema}")
    return column.statistics.null_count
