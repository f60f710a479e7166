"""Find the header of a table: below titles and notes, above data, or nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from agentic_lakehouse.feeds.cells import cell_kind, cell_shape

SAMPLE_ROWS = 100
MAX_HEADER_CELL = 80
"""Longer cells are text, not names."""
DOMINANT = 0.8
"""Share of a column's values that must agree before the column says anything."""
MAX_HEADER_ROWS = 5
MIN_DATA_ROWS = 3
"""Rows below it that must show what a further line of a header is not."""
MIN_VOTES = 2
"""Columns that a further line of a header must be unlike; one may be a word among numbers."""
MIN_GROUPS = 2
"""Titles of groups that make a line above the header part of it; one alone is the title of the table."""

Row = tuple[int, Sequence[str | None]]
"""Line or sheet row, from 1, and its cells."""


class Header(NamedTuple):
    """Where the header of a table is."""

    line: int
    """Of its first record, from 1."""
    rows: int = 1
    """Its records."""


def header_over(rows: Sequence[Row]) -> Header | None:
    """Return the header of a table with all its lines; `None` where it has none.

    Lines below the first that are as unlike the data belong to it, and so do titles of groups right above it.
    """
    line = find_header(rows)
    if line is None:
        return None
    top = bottom = next(i for i, row in enumerate(rows) if row[0] == line)
    width = len(rows[top][1])
    while bottom - top < MAX_HEADER_ROWS - 1 and _continues_header(rows[top], rows[bottom + 1 :], width):
        bottom += 1
    if bottom == top and top > 0 and _is_group_row(rows[top - 1], rows[top]):
        top -= 1
    return Header(rows[top][0], bottom - top + 1)


def _continues_header(header: Row, rows: Sequence[Row], width: int) -> bool:
    """Whether the first of `rows` repeats the header, or is unlike at least two columns below it and like none."""
    if not rows or len(rows[0][1]) != width:
        return False
    cells = [(cell or "").strip() for cell in rows[0][1]]
    below = [[(cell or "").strip() for cell in row] for _, row in rows[1:] if len(row) == width]
    below = [row for row in below if row != cells]
    if len(below) < MIN_DATA_ROWS:
        return False
    if list(header[1]) == list(rows[0][1]):
        return True
    votes = _votes(cells, below)
    return sum(votes) >= MIN_VOTES and min(votes) >= 0


def _is_group_row(above: Row, header: Row) -> bool:
    """Whether titles stand above the header's, with gaps behind them that they span."""
    cells = [(cell or "").strip() for cell in above[1]]
    spans = any(cell and not behind for cell, behind in pairwise(cells))
    texts = all(cell_kind(cell) in {"text", "empty"} for cell in cells)
    return len(cells) == len(header[1]) and _filled(cells) >= MIN_GROUPS and spans and texts


def find_header(rows: Sequence[Row]) -> int | None:
    """Return the line of the header, or `None` where the first row of the table is data.

    Args:
        rows: the first records of the file, titles and notes included.
    """
    table = _table(rows)
    if not table:
        return None
    line, cells = table[0]
    first = [(cell or "").strip() for cell in cells]
    below = [[(cell or "").strip() for cell in row] for _, row in table[1 : SAMPLE_ROWS + 1]]
    below = [row for row in below if row != first]
    if not below:
        return None if any(cell_kind(cell) not in {"text", "empty"} for cell in first) else line
    unlike = sum(_votes(first, below))
    if unlike != 0:
        return line if unlike > 0 else None
    return line if _could_be_names(first) else None


def heads(rows: Sequence[Row]) -> bool:
    """Whether the first of some equally wide rows is proved to be their header: it is unlike them."""
    first, *below = ([(cell or "").strip() for cell in cells] for _, cells in rows)
    return sum(_votes(first, below)) > 0


def _table(rows: Sequence[Row]) -> list[Row]:
    """Return the rows as wide as most, from the first that is about as full as most."""
    widths = Counter(len(cells) for _, cells in rows)
    if len(widths) > 1:
        del widths[1]
    width = max(widths, key=lambda w: (widths[w], w), default=0)
    wide = [row for row in rows if len(row[1]) == width]
    usual = median(_filled(cells) for _, cells in wide) if wide else 0
    for start, (_, cells) in enumerate(wide):
        if _filled(cells) == width or _filled(cells) > usual / 2:
            return wide[start:]
    return wide


def _filled(cells: Sequence[str | None]) -> int:
    return sum(bool(cell and cell.strip()) for cell in cells)


def _votes(first: list[str], below: list[list[str]]) -> list[int]:
    """Return how unlike its column each filled cell is."""
    return [_vote(cell, [row[i] for row in below if row[i]]) for i, cell in enumerate(first) if cell]


def _vote(cell: str, values: list[str]) -> int:
    """Return 1 where `cell` is unlike its column, as names are; -1 or less where it is one more value; 0 in doubt."""
    if not values:
        return 0
    if len(cell) > MAX_HEADER_CELL:
        return -1
    kind, kinds = cell_kind(cell), Counter(map(cell_kind, values))
    usual, count = kinds.most_common(1)[0]
    if count < DOMINANT * len(values):
        return 0
    if usual != "text":
        return -1 if kind == usual else int(kind == "text")
    if kind != "text":
        return -int(kind == "link")
    return -1 if cell in values else _vote_of_shapes(cell, values)


def _vote_of_shapes(cell: str, values: list[str]) -> int:
    usual_length = median(map(len, values))
    if usual_length > MAX_HEADER_CELL / 2:
        return int(len(cell) < usual_length / 3)
    shape, count = Counter(map(cell_shape, values)).most_common(1)[0]
    if count < DOMINANT * len(values) or len(values) == 1 or "9" not in shape:
        return 0
    return -2 if cell_shape(cell) == shape else 1


def _could_be_names(cells: list[str]) -> bool:
    """Whether nothing speaks against a header: short texts, few of them missing or repeated."""
    names = [cell for cell in cells if cell]
    plain = all(len(cell) <= MAX_HEADER_CELL and cell_kind(cell) == "text" for cell in names)
    return plain and len(set(names)) * 2 > len(cells)


def join_header(lines: Sequence[Sequence[str | None]]) -> list[str]:
    """Return one name a column from the lines of a header, from top to bottom.

    A title that spans columns stands in the first of them; the empty cells behind it are its own.
    """
    if len(lines) == 1:
        return [cell or "" for cell in lines[0]]
    spread = [*map(_spread, lines[:-1]), lines[-1]]
    return [" ".join(part for part in parts if part and part.strip()) for parts in zip(*spread, strict=True)]


def _spread(line: Sequence[str | None]) -> list[str]:
    title = ""
    return [title := cell if cell and cell.strip() else title for cell in line]
