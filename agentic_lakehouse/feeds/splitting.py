"""Split delimited text into records, each with its lines, and recover after a broken one.

Python's `csv` module does the splitting (it takes lines from an iterator, so what each record consumed
is known exactly). Where quoting is broken, only the record's first line is given up: the lines behind
it, which a runaway quote swallowed, are read again as records of their own. A quote among them that stays
open to the end of its line, too, ends where the first one did: it is not followed there once more.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.text import MAX_LINE, is_undecodable, printable, without_line_end

MAX_RECORD_LINES = 10_000
"""Most lines of one record. A quote that is open for longer was never meant to open."""

NO_DELIMITER = "\x1f"
"""Splits nothing: the unit separator stands in for the delimiter of a file with one column."""

_STAND_IN, _ESCAPE = "\ufdd0", "\ufdd1"
"""Noncharacters: one stands for a delimiter of several characters, the other marks the two where a text has them."""

_LONE_RETURN = re.compile(r"\r(?!\n)")


@dataclass(frozen=True)
class Dialect:
    """How one line of delimited text becomes cells."""

    delimiter: str | None
    """Any text. After one character and a space, further spaces before a cell do not count either."""
    quote: str | None = '"'
    escape: str | None = None

    @classmethod
    def of(cls, fmt: FileFormat) -> Dialect:
        """Return the dialect of a sniffed format."""
        return cls(fmt.delimiter, fmt.quote, fmt.escape)

    @property
    def skips_spaces(self) -> bool:
        """Whether spaces in front of a cell belong to the delimiter."""
        return self.delimiter is not None and len(self.delimiter) == 2 and self.delimiter[1] == " "

    def reader(self, source: Iterable[str]) -> Iterator[list[str]]:
        """Return a strict `csv` reader of this dialect over `source`.

        A line break stays in the cell where it is quoted; a wrong quote raises `csv.Error`.
        """
        delimiter = self.delimiter or NO_DELIMITER
        if self.escape is not None:
            source = map(self._with_plain_escapes, source)
        if len(delimiter) == 1 or self.skips_spaces:
            return self._csv_reader(source, delimiter[0])
        # No generators: after the end of the source, or an error, lines that were given back come through again.
        found = self._csv_reader(map(partial(_fold, delimiter=delimiter), source), _STAND_IN)
        return map(partial(_unfolded, delimiter=delimiter), found)

    def is_escaped(self, character: str) -> bool:
        r"""Whether an escape in front of a character means it; any other escape is text, as in `C:\new`."""
        return character in {self.quote, self.escape, (self.delimiter or "")[:1]} and character != ""

    def _with_plain_escapes(self, line: str) -> str:
        """Return a line in which escapes that are text are escaped themselves: `csv` would drop them."""
        if self.escape is None or self.escape not in line:
            return line
        escape = re.escape(self.escape)
        return re.sub(f"{escape}(.?)", lambda m: m[0] if self.is_escaped(m[1]) else f"{self.escape}{m[0]}", line)

    def _csv_reader(self, source: Iterable[str], delimiter: str) -> Iterator[list[str]]:
        return csv.reader(
            source,
            delimiter=delimiter,
            skipinitialspace=self.skips_spaces,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            doublequote=True,
            strict=True,
        )


def _fold(line: str, delimiter: str) -> str:
    """Put the stand-in where the delimiter is; what looked like it before is marked, so that nothing is lost."""
    if _STAND_IN in line or _ESCAPE in line:
        line = line.replace(_ESCAPE, f"{_ESCAPE}e").replace(_STAND_IN, f"{_ESCAPE}s")
    return line.replace(delimiter, _STAND_IN)


def _unfolded(cells: list[str], delimiter: str) -> list[str]:
    """Return cells with the delimiters that stand inside them as they were."""
    return [_unfold(cell, delimiter) for cell in cells]


def _unfold(cell: str, delimiter: str) -> str:
    cell = cell.replace(_STAND_IN, delimiter)
    return cell.replace(f"{_ESCAPE}s", _STAND_IN).replace(f"{_ESCAPE}e", _ESCAPE) if _ESCAPE in cell else cell


class _Lines:
    """Lines that remember what was taken, and can be given back."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self._most = MAX_RECORD_LINES
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self._most or self._size > MAX_LINE:
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

    def start_record(self, most: int = MAX_RECORD_LINES) -> None:
        """Forget what was taken; of the next record, give at most so many lines."""
        self.taken = []
        self._most = most
        self._size = 0


def records(
    source: Iterable[str], dialect: Dialect, *, first_line: int = 1, width: int | None = None
) -> Iterator[Record | Fault]:
    """Split lines into records. Blank lines are none; a record may have any number of cells.

    Args:
        source: physical lines with their ends.
        dialect: how to split them.
        first_line: number of the first of them.
        width: how many cells a record should have. Where it is known, a quote that swallows lines and
            leaves another number was never meant to open, and a line that lone carriage returns cut into
            such records is these records.
    """
    csv.field_size_limit(MAX_LINE)
    feed = _Lines(iter(source))
    reader = dialect.reader(feed)
    number = first_line
    swallowed = first_line  # lines up to here, a quote that was not meant ran over to their ends
    while True:
        feed.start_record(1 if number < swallowed else MAX_RECORD_LINES)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            swallowed = max(swallowed, number + len(feed.taken) - 1)
            feed.give_back(len(feed.taken) - 1)
            line = feed.taken[0]
            yield from _cut_at_returns(number, line, dialect, width) or [_broken(number, line, str(error))]
        else:
            if width is not None and len(feed.taken) > 1 and len(cells) != width:
                swallowed = max(swallowed, number + len(feed.taken) - 1)
                feed.give_back(len(feed.taken) - 1)
                yield _broken(number, feed.taken[0], "quote swallows lines")
                number += 1
                continue
            raw = without_line_end(feed.taken[0] if len(feed.taken) == 1 else "".join(feed.taken))
            if ("\0" in raw or not raw.isascii()) and (unreadable := _unreadable(number, raw)):
                yield unreadable
            elif len(cells) > 1 or (raw and not raw.isspace()):
                yield Record(number, raw, cells)
        number += len(feed.taken)


def _cut_at_returns(number: int, line: str, dialect: Dialect, width: int | None) -> list[Record | Fault]:
    """Return the records between the lone carriage returns of a line, if each is whole."""
    parts = _LONE_RETURN.split(without_line_end(line))
    if width is None or len(parts) == 1:
        return []
    found = [record for part in parts for record in records([part], dialect, first_line=number)]
    return found if all(isinstance(record, Record) and len(record.cells) == width for record in found) else []


def _broken(number: int, line: str, cause: str) -> Fault:
    raw = without_line_end(line)
    if unreadable := _unreadable(number, raw):
        return unreadable
    if "new-line character" in cause:
        return Fault(number, raw, "stray_line_break", f"line {number} has a lone carriage return outside quotes")
    return Fault(number, raw, "bad_quoting", f"line {number} has a quote that is not closed, or closed too early")


def _unreadable(number: int, raw: str) -> Fault | None:
    if "\0" in raw:
        return Fault(number, printable(raw), "nul_byte", f"line {number} holds a NUL character")
    if is_undecodable(raw):
        return Fault(number, printable(raw), "bad_encoding", f"line {number} is not in the file's encoding")
    return None
