"""Read a damaged line the one way that makes a row of it, or not at all.

A stray quote, a lost delimiter or one too many leaves a line of the wrong width. What the columns hold in
the file's sound rows tells where the cells were: a date and a time that run into each other come apart
again, as only one cut leaves both. Where two readings are left, or none, the line stays a fault: a row
that is silently wrong costs more than one that waits for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice

from agentic_lakehouse.feeds.cells import cell_kind, digit_shape
from agentic_lakehouse.feeds.quotes import Reading, readings
from agentic_lakehouse.feeds.splitting import Dialect

MIN_ROWS = 8
"""Sound rows that must be known before they judge another; fewer prove no habit."""
MAX_SHAPES = 12
"""A column of at most so many shapes, each seen `MIN_REPEATS` times on average, holds these shapes alone."""
MIN_REPEATS = 4
RARE = 0.02
"""Share of a column's cells below which a kind of cell in it, or an empty one, proves nothing."""
MAX_CUTS = 300
"""Longest merged cell, in characters, that is tried to be cut in two."""
MAX_QUOTES = 40
"""Most quotes in a line that is tried."""
MAX_TRIES = 500
"""Most lines of a table that are tried: so much damage is no accident, and trying takes its time."""
OTHER_DELIMITERS = (",", ";", "\t", "|", " ")
"""What may divide the cells of a line that another program appended."""

Cells = tuple[str, ...]


class ColumnHabit:
    """What the cells of one column look like."""

    def __init__(self, cells: Sequence[str]) -> None:
        """Learn from the cells of sound rows."""
        filled = [cell for cell in cells if cell.strip()]
        self.may_be_empty = len(cells) - len(filled) > may_be_chance(len(cells))
        shapes = Counter(map(digit_shape, filled))
        self.shapes = repeated(shapes) if len(shapes) <= MAX_SHAPES and shapes_repeat(shapes) else None
        self.holds_codes = self.shapes is not None and not any(" " in shape for shape in self.shapes)
        kinds = Counter(map(cell_kind, filled))
        self.kinds = frozenset(kind for kind, count in kinds.items() if count > may_be_chance(len(filled)))

    def fits(self, cell: str, quote: str | None = None, *, exactly: bool = True) -> bool:
        """Whether a cell looks like the column's others, stray quotes aside.

        Where that need not be exact, a number may have more digits than the others; a code may not.
        """
        bare = cell.strip(quote).strip() if quote else cell.strip()
        if not bare:
            return self.may_be_empty
        kind = cell_kind(bare)
        if self.shapes is not None and (exactly or (kind == "text" and self.holds_codes)):
            return digit_shape(bare) in self.shapes
        return kind in self.kinds

    @property
    def is_telling(self) -> bool:
        """Whether most texts would not fit."""
        return self.shapes is not None or "text" not in self.kinds


def may_be_chance(rows: int) -> float:
    """Return how many of so many rows prove no habit."""
    return max(1, RARE * rows)


def repeated(shapes: Counter[str]) -> frozenset[str]:
    """Return the shapes seen more than once: the last row of a table may be one of totals."""
    return frozenset(shape for shape, count in shapes.items() if count > 1)


def shapes_repeat(shapes: Counter[str]) -> bool:
    """Whether shapes come back often enough to be all that there are."""
    return shapes.total() >= MIN_REPEATS * len(shapes)


class Mender:
    """Reads damaged lines of one table by what its sound rows look like."""

    def __init__(self, sound: Sequence[Sequence[str | None]], width: int, dialect: Dialect) -> None:
        """Learn a table.

        Args:
            sound: some of its rows, each `width` cells wide.
            width: how many columns it has.
            dialect: how its lines become cells.
        """
        self.width = width
        self.dialect = dialect
        self._sound = sound if len(sound) >= MIN_ROWS else []
        self._tries = 0

    @cached_property
    def habits(self) -> list[ColumnHabit]:
        """What each column holds; nothing where too few rows are known."""
        return [ColumnHabit([row[i] or "" for row in self._sound]) for i in range(self.width if self._sound else 0)]

    @cached_property
    def _always(self) -> list[int]:
        """Columns that are hardly ever empty."""
        most = may_be_chance(len(self._sound))
        return [i for i in range(self.width) if self._sound and sum(not row[i] for row in self._sound) <= most]

    def mend(self, line: str) -> Cells | None:
        """Return the cells of one physical line without its end, or `None` where they cannot be told apart.

        The smallest repair decides whose cells all look like their columns' others, exactly if one does so;
        where two are as small, none does. While the columns are not known, quotes alone are repaired.
        """
        self._tries += 1
        if self.width == 1 or self._tries > MAX_TRIES or line.count(self.dialect.quote or '"') > MAX_QUOTES:
            return None
        if not self.habits:
            return only_one(readings(line, self.dialect, most=self.width, closed=True).get(self.width, []))
        read = readings(line, self.dialect, most=self.width + 1)
        rows = list(self._repaired(line, read))
        for exactly in (True, False):
            fitting = [row for row in rows if self._fits(row.cells, exactly=exactly)]
            if fitting:
                return only_one(fitting)
        return None

    def is_total(self, cells: Sequence[str | None]) -> bool:
        """Whether a whole row is a line of totals: it begins unlike all others, and lacks what no other does."""
        if "" not in cells or all(cells[i] for i in self._always):
            return False
        first = next((i for i, cell in enumerate(cells) if cell), None)
        if first is None or not self.habits[first].is_telling:
            return False
        return not self.habits[first].fits(cells[first] or "", exactly=False)

    def _repaired(self, line: str, read: dict[int, list[Reading]]) -> Iterator[Reading]:
        """Yield rows of the table's width that small repairs make of a line, dearer ones where less speaks for them."""
        yield from read.get(self.width, ())
        for cost, cells in read.get(self.width + 1, ()):
            yield from (Reading(cost + 1, fewer) for fewer in without_one_empty(cells))
        for cost, cells in read.get(self.width - 1, ()):
            yield from (Reading(cost + 2, more) for more in islice(self._cut_in_two(cells), 2))
        for cost, cells in self._cut_at_quotes(line):
            yield Reading(cost + 1, cells)
        for cost, cells in self._by_other_delimiters(line):
            yield Reading(cost + 3, cells)

    def _fits(self, cells: Cells, *, exactly: bool) -> bool:
        return all(h.fits(c, self.dialect.quote, exactly=exactly) for h, c in zip(self.habits, cells, strict=True))

    def _cut_at_quotes(self, line: str) -> Iterator[Reading]:
        """Yield sound rows that a delimiter makes which was lost before or behind a quote."""
        quote, delimiter = self.dialect.quote, self.dialect.delimiter
        if quote is None or delimiter is None:
            return
        for at in (k + behind for k, c in enumerate(line) if c == quote for behind in (0, 1)):
            found = readings(f"{line[:at]}{delimiter}{line[at:]}", self.dialect, most=self.width).get(self.width, ())
            yield from (reading for reading in found if reading.cost == 0)

    def _cut_in_two(self, cells: Cells) -> Iterator[Cells]:
        """Yield the cells with one of them cut anywhere, or with an empty one beside it."""
        for i in self._places(cells):
            cell = cells[i]
            for at in range(len(cell) + 1 if len(cell) <= MAX_CUTS else 0):
                before, behind = cell[:at], cell[at:]
                if self.habits[i].fits(before) and self.habits[i + 1].fits(behind):
                    yield (*cells[:i], before, behind, *cells[i + 1 :])

    def _places(self, cells: Cells) -> Iterator[int]:
        """Yield where a cell may be two: all before it fit their columns, all behind it the next ones."""
        quote = self.dialect.quote
        for i in range(len(cells)):
            whole = (
                *zip(self.habits[:i], cells[:i], strict=True),
                *zip(self.habits[i + 2 :], cells[i + 1 :], strict=True),
            )
            if all(habit.fits(cell, quote, exactly=False) for habit, cell in whole):
                yield i

    def _by_other_delimiters(self, line: str) -> Iterator[Reading]:
        """Yield whole rows that other delimiters make, where most columns can tell."""
        if 2 * sum(habit.is_telling for habit in self.habits) < self.width:
            return
        for delimiter in OTHER_DELIMITERS:
            if delimiter != self.dialect.delimiter and delimiter in line:
                other = replace(self.dialect, delimiter=delimiter)
                yield from readings(line, other, most=self.width).get(self.width, [])


def only_one(found: Sequence[Reading]) -> Cells | None:
    """Return the least strange reading; `None` where there is none, or another as little strange."""
    least = min((reading.cost for reading in found), default=0)
    cells = {reading.cells for reading in found if reading.cost == least}
    return cells.pop() if len(cells) == 1 else None


def without_one_empty(cells: Cells) -> Iterator[Cells]:
    """Yield the cells less one of those that are empty."""
    return ((*cells[:i], *cells[i + 1 :]) for i, cell in enumerate(cells) if not cell.strip())
