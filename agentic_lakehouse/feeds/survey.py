"""Survey a delimited file before fast readers are let loose on it: which of its records are plain, and where.

Nearly all records of a file are plain, and are told apart by their bytes alone. Where one is not, the careful reader
takes over until it has seen some whole records in a row: such a stretch is an island. So one ragged line costs the
reading of a few lines with care, not of the file.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from agentic_lakehouse.feeds.batch import Record
from agentic_lakehouse.feeds.splitting import Dialect, records
from agentic_lakehouse.feeds.structure import Structure, structure
from agentic_lakehouse.feeds.tables import MIN_TABLE
from agentic_lakehouse.feeds.text import MAX_LINE

CHUNK = 1 << 20
"""Bytes that are looked at together: about as many as a core's cache holds."""
AFTER_ISLAND = 1 << 14
"""The same right behind an island: where one fault is, others are near."""
CALM = MIN_TABLE - 1
"""Whole records in a row that end an island: what follows a damaged record helps to tell what it is."""
STRIDE = 16
"""Every so-many-th plain record's place is kept, to find single ones again."""
FREE_ISLANDS = 8 << 20
MAX_ISLANDS = 0.1
"""Bytes of islands, and from then on their share of all bytes, past which a file is read with care from the start."""


class NotPlainError(Exception):
    """A file is not what fast readers took it for."""


@dataclass(frozen=True)
class Layout:
    """What a file's records are like, and where they begin."""

    dialect: Dialect
    """One delimiter and at most one quote, each a single byte; quotes in quotes are doubled."""
    width: int
    start: int
    """Offset of the first record behind the header."""
    line: int
    """Its physical line, from 1."""


class Island(NamedTuple):
    """A stretch of a file that must be read with care."""

    start: int
    end: int
    """Offsets."""
    line: int
    """Its first physical line, from 1."""
    first: int
    """Number of its first record, from 1."""
    records: int
    """How many of them the careful reader finds in it."""
    lines: int
    """Physical lines in it."""


@dataclass(frozen=True)
class Survey:
    """Where the records of a file are."""

    layout: Layout
    count: int
    """Records in the file, the header aside."""
    islands: tuple[Island, ...]
    """In order."""
    groups: np.ndarray
    """A row for each few plain records that stand together: first number, offset, end, line. In order."""

    @property
    def index(self) -> np.ndarray:
        """First record number of each group."""
        numbers: np.ndarray = self.groups[:, 0]
        return numbers


def survey(path: Path, layout: Layout, *, counts_cells: bool = True) -> Survey:
    """Look at every byte of a file of UTF-8 once.

    Args:
        path: local file.
        layout: what its records are like.
        counts_cells: whether plain records are known to have all their cells; see `structure`. Where not, the first
            record that is not plain ends the survey.

    Raises:
        NotPlainError: too much of the file is not plain, or a line is longer than any may be.
    """
    islands: list[Island] = []
    groups: list[np.ndarray] = []
    offset, line, number, reach, apart = layout.start, layout.line, 1, CHUNK, 0
    size = path.stat().st_size
    with path.open("rb") as source:
        while offset < size:
            found = _structure(source, offset, reach, size, layout, counts_cells=counts_cells)
            if found.count:
                groups.append(_groups(found, number, offset, line))
                number, offset, line = number + found.count, offset + found.size, line + found.feeds
                reach = min(2 * reach, CHUNK)
            if found.is_whole and (found.count or _may_grow(reach, offset, size)):
                reach = reach if found.count else 4 * reach
                continue
            if not counts_cells:
                raise NotPlainError
            island = _island(source, offset, line, number, layout, apart=apart)
            islands.append(island)
            number, line = number + island.records, line + island.lines
            apart += island.end - offset
            offset, reach = island.end, AFTER_ISLAND
    return Survey(layout, number - 1, tuple(islands), np.concatenate([np.empty((0, 4), np.int64), *groups]))


def _structure(
    source: BinaryIO, offset: int, reach: int, size: int, layout: Layout, *, counts_cells: bool
) -> Structure:
    source.seek(offset)
    block = source.read(reach)
    if offset + len(block) >= size and not block.endswith(b"\n"):
        block += b"\n"
    dialect = layout.dialect
    return structure(
        block,
        delimiter=dialect.delimiter or ",",
        quote=dialect.quote,
        width=layout.width,
        counts_cells=counts_cells,
    )


def _may_grow(reach: int, offset: int, size: int) -> bool:
    """Whether a block without a record's end may be the beginning of one that is only long."""
    return reach <= MAX_LINE and offset + reach < size


def _groups(found: Structure, number: int, offset: int, line: int) -> np.ndarray:
    starts = found.starts[::STRIDE]
    ends = np.append(starts[1:], found.size)
    first = np.arange(number, number + found.count, STRIDE)
    return np.column_stack((first, starts + offset, ends + offset, found.lines[::STRIDE] + line)).astype(np.int64)


def _island(source: BinaryIO, offset: int, line: int, first: int, layout: Layout, *, apart: int) -> Island:
    """Read with care from `offset` on, up to where some whole records in a row are behind.

    Args:
        source: the file.
        offset: where the island begins.
        line: its line there.
        first: number of its first record.
        layout: what its records are like.
        apart: bytes of the islands before.

    Raises:
        NotPlainError: a line is longer than any may be, or islands are too much of the file.
    """
    sizes = array("q")
    count = calm = last = read = 0
    end = None

    def note(size: int) -> None:
        nonlocal read
        read += size
        if apart + read > max(FREE_ISLANDS, MAX_ISLANDS * (offset + read - layout.start)):
            raise NotPlainError
        sizes.append(size)

    source.seek(offset)
    for record in records(texts_of(source, note), layout.dialect, first_line=line, width=layout.width):
        if calm >= CALM and record.line > last:
            end = record.line - line
            break
        count, last = count + 1, record.line
        calm = calm + 1 if isinstance(record, Record) and len(record.cells) == layout.width else 0
    return Island(offset, offset + sum(sizes[:end]), line, first, count, len(sizes[:end]))


def texts_of(source: BinaryIO, note: Callable[[int], object] = int) -> Iterator[str]:
    """Yield the lines of a file of UTF-8 from where it stands; `note` is told how many bytes each has.

    Raises:
        NotPlainError: a line is longer than any may be.
    """
    while content := source.readline(MAX_LINE + 1):
        if len(content) > MAX_LINE:
            raise NotPlainError
        note(len(content))
        yield content.decode("utf-8", "surrogateescape")
