"""Read delimited text record by record, each with its lines, and recover after a broken one.

Python's `csv` module does the splitting (it takes lines from an iterator, so what each record consumed
is known exactly). Where quoting is broken, only the record's first line is given up: the lines behind
it, which a runaway quote swallowed, are read again as records of their own.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.names import positions, require_width, unique_names
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.text import MAX_LINE, is_undecodable, lines, printable, without_line_end

MAX_RECORD_LINES = 10_000
"""Most lines of one record. A quote that is open for longer was never meant to open."""

WIDTH_SAMPLE = 100
"""Records that decide how wide a file without a header is."""

NO_DELIMITER = "\x1f"
"""Splits nothing: the unit separator stands in for the delimiter of a file with one column."""


@dataclass(frozen=True)
class Dialect:
    """How one line of delimited text becomes cells."""

    delimiter: str | None
    """One character, or one character and a space: then spaces before a cell do not count."""
    quote: str | None = '"'
    escape: str | None = None

    @classmethod
    def of(cls, fmt: FileFormat) -> Dialect:
        """Return the dialect of a sniffed format."""
        return cls(fmt.delimiter, fmt.quote, fmt.escape)

    def reader(self, source: Iterable[str]) -> Iterator[list[str]]:
        """Return a strict `csv` reader of this dialect over `source`.

        A line break stays in the cell where it is quoted; a wrong quote raises `csv.Error`.
        """
        delimiter = self.delimiter or NO_DELIMITER
        return csv.reader(
            source,
            delimiter=delimiter[0],
            skipinitialspace=delimiter[1:] == " ",
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            doublequote=True,
            strict=True,
        )


class _Lines:
    """Lines that remember what was taken, and can be given back."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_RECORD_LINES or self._size > MAX_LINE:
            raise csv.Error("quote is never closed")
        line = self._returned.popleft() if self._returned else next(self._source)
        self.taken.append(line)
        self._size += len(line)
        return line

    def give_back(self, count: int) -> None:
        """Hand out the last `count` lines again."""
        if count:
            self._returned.extendleft(reversed(self.taken[-count:]))
            del self.taken[-count:]

    def start_record(self) -> None:
        """Forget what was taken."""
        self.taken = []
        self._size = 0


def records(source: Iterable[str], dialect: Dialect, *, first_line: int = 1) -> Iterator[Record | Fault]:
    """Split lines into records. Blank lines are none; nothing is said about the number of cells.

    Args:
        source: physical lines with their ends.
        dialect: how to split them.
        first_line: number of the first of them.
    """
    csv.field_size_limit(MAX_LINE)
    feed = _Lines(iter(source))
    reader = dialect.reader(feed)
    number = first_line
    while True:
        feed.start_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.give_back(len(feed.taken) - 1)
            yield _broken(number, feed.taken[0], error)
        else:
            raw = without_line_end(feed.taken[0] if len(feed.taken) == 1 else "".join(feed.taken))
            if "\0" in raw:
                yield Fault(number, printable(raw), "nul_byte", f"line {number} holds a NUL character")
            elif is_undecodable(raw):
                yield Fault(number, printable(raw), "bad_encoding", f"line {number} is not in the file's encoding")
            elif len(cells) > 1 or (raw and not raw.isspace()):
                yield Record(number, raw, cells)
        number += len(feed.taken)


def _broken(number: int, line: str, error: csv.Error) -> Fault:
    raw = printable(without_line_end(line))
    if "new-line character" in str(error):
        return Fault(number, raw, "stray_line_break", f"line {number} has a lone carriage return outside quotes")
    return Fault(number, raw, "bad_quoting", f"line {number} has a quote that is not closed, or closed too early")


def rows(path: Path, fmt: FileFormat, *, name: str) -> tuple[tuple[str, ...], Iterator[Record | Fault]]:
    """Return the column names of a delimited file and its records, each as wide as the header or a fault.

    Without a header, the file is as wide as most of its first records.

    Raises:
        FeedUnreadable: the file cannot be read, or its header is no record; while the records are read,
            as `lines`.
    """
    source = lines(path, fmt.encoding or "utf-8", name=name)
    skipped = (fmt.header_row or 1) - 1
    for _ in range(skipped):
        next(source, None)
    dialect = Dialect.of(fmt)
    found = records(source, dialect, first_line=skipped + 1)
    if fmt.header_row is None:
        first = list(islice(found, WIDTH_SAMPLE))
        widths = Counter(len(r.cells) for r in first if isinstance(r, Record))
        width = max(widths, key=lambda w: (widths[w], w), default=1)
        require_width(width, name=name)
        return positions(width), (_of_width(record, width, dialect) for record in chain(first, found))
    titles = _header(found, name=name)
    return unique_names(titles), (_of_width(record, len(titles), dialect, titles) for record in found)


def _header(found: Iterator[Record | Fault], *, name: str) -> list[str]:
    first = next(found, None)
    if first is None:
        raise unreadable(name, "holds no rows", hint="Ask the vendor whether the delivery is complete.")
    if isinstance(first, Fault):
        raise unreadable(
            name,
            f"its header cannot be read: {first.message}",
            hint="Ask the vendor to mend that line.",
            line=first.line,
        )
    require_width(len(first.cells), name=name)
    return [cell or "" for cell in first.cells]


def _of_width(
    record: Record | Fault, width: int, dialect: Dialect, titles: Sequence[str] | None = None
) -> Record | Fault:
    """Turn a record that is not `width` cells wide, or is the header once more, into a fault.

    A quote that a vendor forgot to double is no loss where the rest of its line still makes a whole row.
    """
    if isinstance(record, Fault):
        cells = split_loosely(record.raw, dialect) if record.code == "bad_quoting" else None
        return record if cells is None or len(cells) != width else Record(record.line, record.raw, cells)
    if len(record.cells) != width:
        code = "too_few_cells" if len(record.cells) < width else "too_many_cells"
        return Fault(record.line, record.raw, code, f"line {record.line} has {len(record.cells)} cells, not {width}")
    if width > 1 and record.cells == titles:
        return Fault(record.line, record.raw, "repeated_header", f"line {record.line} is the header once more")
    return record


def split_loosely(line: str, dialect: Dialect) -> list[str] | None:
    """Split a line whose cells hold quotes that are not doubled: only a quote at a cell's edge counts.

    Returns:
        The cells, or `None` where a quote that opens at a cell's edge never closes at one.
    """
    if dialect.quote is None or dialect.delimiter is None or is_undecodable(line):
        return None
    quote, spaced = dialect.quote, dialect.delimiter[1:] == " "
    cells: list[str] = []
    parts: list[str] = []
    for piece in line.split(dialect.delimiter[0]):
        parts.append(piece.lstrip(" ") if spaced and not parts else piece)
        if not parts[0].startswith(quote):
            cells.append(parts.pop())
            continue
        cell = dialect.delimiter[0].join(parts)
        trailing = len(cell) - len(cell.rstrip(quote))
        if cell == quote * 2 or (len(cell) > trailing and trailing % 2):
            cells.append(cell[1:-1].replace(quote * 2, quote))
            parts = []
    return None if parts else cells
