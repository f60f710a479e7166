"""Plain files: delimited text that fast readers may be trusted with, once it is UTF-8 and its odd records are aside."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.source import packing
from agentic_lakehouse.feeds.splitting import Dialect, records
from agentic_lakehouse.feeds.survey import CHUNK, Island, Layout, NotPlainError, Survey, texts_of
from agentic_lakehouse.feeds.text import line_end, open_text

UTF8 = frozenset({"utf-8", "utf-8-sig", "ascii"})


def could_be_plain(fmt: FileFormat) -> bool:
    """Whether fast readers know the format: one delimiter, quotes that are doubled, each one byte long."""
    return (
        fmt.kind == "csv"
        and fmt.delimiter is not None
        and len(fmt.delimiter.encode()) == 1
        and (fmt.quote is None or len(fmt.quote.encode()) == 1)
        and fmt.escape is None
    )


def as_utf8(path: Path, fmt: FileFormat, scratch: Path, *, name: str) -> Path:
    """Return a file of the same text in UTF-8, unpacked: the file itself where it is that, else a copy.

    Args:
        path: local file.
        fmt: its format.
        scratch: where a copy is written.
        name: what errors call it.

    Raises:
        NotPlainError: lines do not end in a line feed, or some bytes cannot be decoded.
        FeedUnreadable: as `open_text`.
    """
    encoding = fmt.encoding or "utf-8"
    if line_end(path, encoding, name=name) != "\n":
        raise NotPlainError
    if encoding in UTF8 and packing(path, name=name) is None and not _marked_rows(path, fmt):
        return path
    with open_text(path, encoding, name=name) as text, scratch.open("wb") as copy:
        while chunk := text.read(CHUNK):
            try:
                copy.write(chunk.encode())
            except UnicodeEncodeError as error:
                raise NotPlainError from error
    return scratch


def _marked_rows(path: Path, fmt: FileFormat) -> bool:
    """Whether a byte order mark stands before the first row; before a header, it is skipped with it."""
    with path.open("rb") as source:
        return fmt.header_row is None and source.read(len(BOM_UTF8)) == BOM_UTF8


def layout_of(path: Path, fmt: FileFormat, width: int) -> Layout:
    """Return where the records of a file of UTF-8 begin.

    Raises:
        NotPlainError: it has one column only, or its header cannot be told from what follows.
    """
    dialect = Dialect.of(fmt)
    if width == 1:  # a blank line could be a row
        raise NotPlainError
    if fmt.header_row is None:
        return Layout(dialect, width, start=0, line=1)
    sizes: list[int] = []
    with path.open("rb") as source:
        texts = islice(texts_of(source, sizes.append), fmt.header_row - 1, None)
        header = records(texts, dialect, first_line=fmt.header_row, width=width)
        behind = next(islice(header, fmt.header_rows, None), None)
    lines = len(sizes) if behind is None else behind.line - 1
    return Layout(dialect, width, start=sum(sizes[:lines]), line=lines + 1)


def without_islands(path: Path, found: Survey, scratch: Path) -> Path:
    """Return a file with only plain records: the file itself, or a copy with rows of empty cells instead of islands.

    The empty rows keep the numbers of all others as they are.
    """
    if not found.islands:
        return path
    layout = found.layout
    empty = (layout.dialect.delimiter or ",").encode() * (layout.width - 1) + b"\n"
    with path.open("rb") as source, scratch.open("wb") as copy:
        for island in found.islands:
            _copy(source, copy, island.start - source.tell())
            copy.write(empty * island.records)
            source.seek(island.end)
        _copy(source, copy, path.stat().st_size - source.tell())
    return scratch


def _copy(source: io.BufferedReader, copy: io.BufferedWriter, size: int) -> None:
    while size > 0 and (chunk := source.read(min(size, CHUNK))):
        copy.write(chunk)
        size -= len(chunk)


def find_records(path: Path, found: Survey, wanted: np.ndarray) -> Iterator[tuple[int, Record | Fault]]:
    """Yield single records of a file, each with its number, read with care.

    Args:
        path: the file that was surveyed.
        found: what the survey told.
        wanted: their numbers, ascending; among them all records of islands.
    """
    islands = iter(found.islands)
    island = next(islands, None)
    places = np.searchsorted(found.index, wanted, side="right") - 1
    place = 0
    with path.open("rb") as source:
        while place < len(wanted):
            number = int(wanted[place])
            while island is not None and island.first + island.records <= number:
                island = next(islands, None)
            if island is not None and island.first <= number:
                yield from enumerate(_in_island(source, island, found.layout), start=island.first)
                place += island.records
                continue
            group = int(places[place])
            upto = int(np.searchsorted(places, group, side="right"))
            if island is not None:
                upto = min(upto, int(np.searchsorted(wanted, island.first)))
            yield from _in_group(source, found, group, wanted[place:upto])
            place = upto


def _in_island(source: io.BufferedReader, island: Island, layout: Layout) -> Iterator[Record | Fault]:
    source.seek(island.start)
    texts = islice(texts_of(source), island.lines)
    return islice(records(texts, layout.dialect, first_line=island.line, width=layout.width), island.records)


def _in_group(
    source: io.BufferedReader, found: Survey, group: int, wanted: np.ndarray
) -> Iterator[tuple[int, Record | Fault]]:
    first, start, end, line = (int(value) for value in found.groups[group])
    source.seek(start)
    dialect, width = found.layout.dialect, found.layout.width
    numbers = {int(number) for number in wanted}
    for number, text in enumerate(_records_of(source.read(end - start).decode(), dialect.quote), start=first):
        if number in numbers:
            read = records(io.StringIO(text, newline="\n"), dialect, first_line=line, width=width)
            yield from ((number, record) for record in read)
        line += text.count("\n")


def _records_of(text: str, quote: str | None) -> Iterator[str]:
    """Yield the plain records of a text with their ends: a line feed ends one where it leaves no quote open."""
    held = ""
    for line in io.StringIO(text, newline="\n"):
        held += line
        if quote is None or held.count(quote) % 2 == 0:
            yield held
            held = ""
