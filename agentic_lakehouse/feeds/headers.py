"""Find the header of a table: below titles and notes, above data, or nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from agentic_lakehouse.feeds.cells import cell_kind, cell_shape

SAMPLE_ROWS = 100
MAX_HEADER_CELL = 80
"""Longer cells are text, not names."""
DOMINANT = 0.8
"""Share of a column's values that must agree before the column says anything."""

Row = tuple[int, Sequence[str | None]]
"""Line or sheet row, from 1, and its cells."""


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
    votes = [_vote(cell, [row[i] for row in below if row[i]]) for i, cell in enumerate(first) if cell]
    if sum(votes) != 0:
        return line if sum(votes) > 0 else None
    return line if _could_be_names(first) else None


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
