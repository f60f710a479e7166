"""Read a delimited file as rows of one width: what is no such row is mended with certainty, or is a fault.

The first records show how wide the table is and what its columns hold, see `mend`. Then every record of
the file comes out once, as a row or as a fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.headers import SAMPLE_ROWS, Header, find_header, header_over, join_header
from agentic_lakehouse.feeds.mend import MIN_ROWS, Cells, Mender, only_one, without_one_empty
from agentic_lakehouse.feeds.names import positions, require_width, unique_names
from agentic_lakehouse.feeds.quotes import Reading, readings
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.splitting import Dialect, records
from agentic_lakehouse.feeds.tables import only_first, require_rows, with_footer
from agentic_lakehouse.feeds.text import lines

__all__ = ["Dialect", "Table", "find_titles", "open_table", "records", "rows"]

HEAD_RECORDS = 500
HEAD_CHARS = 4 << 20
"""Records, and their text, that show how wide a table is and what its columns hold."""


@dataclass(frozen=True)
class Table:
    """What is known of a delimited file before its records are read."""

    names: tuple[str, ...]
    sound: Sequence[Sequence[str | None]]
    """Some of the first rows that are as wide as the header."""
    titles: Sequence[str | None] | None
    """Last line of the header as it stands there; `None` where there is none."""
    mender: Mender

    def rows_of(self, found: Iterable[Record | Fault]) -> Iterator[Record | Fault]:
        """Yield records of the file, in order, each as wide as the header or a fault.

        Only at the end of `found` is a footer looked for.
        """
        table = _as_rows(only_first(found, self.mender.width), self.mender, self.titles)
        return with_footer(table, self.mender.is_total)

    def row_alone(self, raw: str, *, line: int) -> Record | None:
        """Return one record that was cut out of the file as a row, or `None` where by itself it is none.

        Only what holds whatever stands around it counts: a row that lacks cells is not mended.
        """
        source = StringIO(raw, newline="\n")
        found = records(source, self.mender.dialect, first_line=line, width=self.mender.width)
        rows = list(_as_rows(found, self.mender, self.titles))
        return rows[0] if len(rows) == 1 and isinstance(rows[0], Record) else None


def rows(path: Path, fmt: FileFormat, *, name: str) -> tuple[tuple[str, ...], Iterator[Record | Fault]]:
    """Return the column names of a delimited file and its records, each as wide as the header or a fault.

    Without a header, the file is as wide as most of its first records.

    Raises:
        FeedUnreadable: the file cannot be read, or its header is no record; while the records are read,
            as `lines`, or hardly any are rows.
    """
    table = open_table(path, fmt, name=name)
    header_rows = 0 if table.titles is None else fmt.header_rows
    width = table.mender.width
    data = islice(_records(path, fmt, width, name=name), header_rows, None)
    return table.names, table.rows_of(require_rows(data, width, name=name))


def open_table(path: Path, fmt: FileFormat, *, name: str) -> Table:
    """Return what the first records of a delimited file tell of it.

    Raises:
        FeedUnreadable: as `rows`.
    """
    dialect = Dialect.of(fmt)
    titles: list[Sequence[str | None]] = []
    head = list(_head(_records(path, fmt, None, name=name)))
    width = usual_width(head)
    if fmt.header_row is not None:
        titles = _titles(head[: fmt.header_rows], head[fmt.header_rows :], dialect, name=name)
        width = len(titles[-1])
        if any(len(line) != width for line in titles):
            cause = "the lines of its header are not equally wide"
            raise unreadable(name, cause, hint="Describe the file anew.", line=fmt.header_row)
    require_width(width, name=name)
    sound = [r.cells for r in head[len(titles) :] if isinstance(r, Record) and len(r.cells) == width]
    names = unique_names(join_header(titles)) if titles else positions(width)
    return Table(names, sound, titles[-1] if titles else None, Mender(sound, width, dialect))


def _records(path: Path, fmt: FileFormat, width: int | None, *, name: str) -> Iterator[Record | Fault]:
    """Yield the records of a file from its header on, or all."""
    skipped = (fmt.header_row or 1) - 1
    source = islice(lines(path, fmt.encoding or "utf-8", name=name), skipped, None)
    return records(source, Dialect.of(fmt), first_line=skipped + 1, width=width)


def _head(found: Iterable[Record | Fault]) -> Iterator[Record | Fault]:
    """Yield the first records."""
    size = 0
    for record in islice(found, HEAD_RECORDS):
        yield record
        size += len(record.raw)
        if size > HEAD_CHARS:
            return


def usual_width(head: Iterable[Record | Fault]) -> int:
    """Return how many cells most records have."""
    widths = Counter(len(r.cells) for r in head if isinstance(r, Record))
    return max(widths, key=lambda w: (widths[w], w), default=1)


def find_titles(path: Path, encoding: str, dialect: Dialect, *, name: str) -> Header | None:
    """Return where the header of a delimited file is; `None` where it has none.

    Raises:
        FeedUnreadable: as `lines`.
    """
    head = list(islice(records(lines(path, encoding, name=name), dialect), 2 * SAMPLE_ROWS))
    found = header_over([(r.line, r.cells) for r in head if isinstance(r, Record)])
    if found is not None:
        return found
    width = usual_width(head)
    first = next((i for i, r in enumerate(head) if isinstance(r, Record) and len(r.cells) == width), 0)
    titles = _whole_titles(head[first - 1], head[first:], width, dialect) if first else None
    if titles is None:
        return None
    line = head[first - 1].line
    below = [(r.line, r.cells) for r in head[first:] if isinstance(r, Record)]
    return Header(line) if find_header([(line, titles), *below]) == line else None


def _titles(
    header: Sequence[Record | Fault], data: Sequence[Record | Fault], dialect: Dialect, *, name: str
) -> list[Sequence[str | None]]:
    """Return the lines of a header.

    Raises:
        FeedUnreadable: there are none, or one is no record.
    """
    if not header:
        raise unreadable(name, "holds no rows", hint="Ask the vendor whether the delivery is complete.")
    width = usual_width(data)
    return [_titles_of(record, _whole_titles(record, data, width, dialect), name=name) for record in header]


def _titles_of(record: Record | Fault, mended: Cells | None, *, name: str) -> Sequence[str | None]:
    if mended is not None:
        return mended
    if isinstance(record, Record):
        return record.cells
    raise unreadable(
        name,
        f"its header cannot be read: {record.message}",
        hint="Ask the vendor to mend that line.",
        line=record.line,
    )


def _whole_titles(record: Record | Fault, data: Sequence[Record | Fault], width: int, dialect: Dialect) -> Cells | None:
    """Return the titles of a damaged header as wide as the rows below it, where only one reading is.

    One empty title too many is dropped.
    """
    sound = [r.cells for r in data if isinstance(r, Record) and len(r.cells) == width]
    damaged = len(record.cells) != width if isinstance(record, Record) else record.code == "bad_quoting"
    if not damaged or len(sound) < MIN_ROWS or "\n" in record.raw:
        return None
    read = readings(record.raw, dialect, most=width + 1)
    wider = read.get(width + 1, ())
    fewer = (Reading(cost + 1, less) for cost, cells in wider for less in without_one_empty(cells))
    return only_one([*read.get(width, ()), *fewer])


def _as_rows(
    found: Iterator[Record | Fault], mender: Mender, titles: Sequence[str | None] | None
) -> Iterator[Record | Fault]:
    """Yield each record as a row as wide as the table, or as a fault."""
    width = mender.width
    record = next(found, None)
    while record is not None:
        following = next(found, None)
        if isinstance(record, Record) and len(record.cells) == width:
            yield _repeated(record) if record.cells == titles and width > 1 else record
        else:
            yield _mended(record, following, mender)
        record = following


def _repeated(record: Record) -> Fault:
    return Fault(record.line, record.raw, "repeated_header", f"line {record.line} is the header once more")


def _mended(record: Record | Fault, following: Record | Fault | None, mender: Mender) -> Record | Fault:
    """Return a damaged record as a row, or as a fault. A last one that is short may be all that came of it."""
    width = mender.width
    is_cut_off = following is None and isinstance(record, Record) and len(record.cells) < width
    if not is_cut_off and (isinstance(record, Record) or record.code == "bad_quoting"):
        cells = mender.mend(record.raw)
        if cells is not None and not (_may_go_on(cells, mender.dialect) and not _is_whole(following, width)):
            return Record(record.line, record.raw, cells)
    if isinstance(record, Fault):
        return record
    code = "too_few_cells" if len(record.cells) < width else "too_many_cells"
    return Fault(record.line, record.raw, code, f"line {record.line} has {len(record.cells)} cells, not {width}")


def _may_go_on(cells: Sequence[str], dialect: Dialect) -> bool:
    """Whether a quote that was never closed may have been meant to hold the lines behind it, too."""
    return dialect.quote is not None and cells[-1].startswith(dialect.quote)


def _is_whole(record: Record | Fault | None, width: int) -> bool:
    return isinstance(record, Record) and len(record.cells) == width
