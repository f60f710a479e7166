"""Plain files: delimited text in which every record is whole, so that fast readers may be trusted with it.

DuckDB's strict reader says whether one is plain and how many records it has. Single records are found again by their
number, byte by byte, for a closer look.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.source import packing

ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii"})
CHUNK = 16 << 20
"""Bytes that are searched at a time."""
_LINE_FEED, _RETURN = 10, 13


class NotPlainError(Exception):
    """A file is not what fast readers took it for."""


class RawRecord(NamedTuple):
    """One record of a plain file as it stands there."""

    number: int
    """From 1, the header aside."""
    line: int
    """First physical line, from 1."""
    content: bytes
    """Without the line end."""


def could_be_plain(fmt: FileFormat) -> bool:
    """Whether fast readers know the format: one delimiter, quotes that are doubled, UTF-8."""
    return (
        fmt.kind == "csv"
        and fmt.encoding in ENCODINGS
        and fmt.delimiter is not None
        and len(fmt.delimiter.encode()) == 1
        and (fmt.quote is None or len(fmt.quote.encode()) == 1)
        and fmt.escape is None
    )


def header_lines(fmt: FileFormat) -> int:
    """Return how many lines stand above the first record."""
    return 0 if fmt.header_row is None else fmt.header_row - 1 + fmt.header_rows


def plain_records(path: Path, fmt: FileFormat, *, width: int, name: str) -> int | None:
    """Return how many records a file has; `None` where it is not plain.

    Plain is: each record has `width` cells, quotes open and close where they should, no line end stands alone,
    and no character is NUL. Bytes that are no UTF-8 are not looked for.
    """
    import duckdb

    if not could_be_plain(fmt) or packing(path, name=name) is not None or not _is_whole(path):
        return None
    options = {
        "delim": fmt.delimiter,
        "quote": fmt.quote or "",
        "escape": fmt.quote or "",
        "skip": header_lines(fmt),
        "columns": {f"c{place}": "VARCHAR" for place in range(width)},
    }
    given = ", ".join(f"{name}=${name}" for name in options)
    sql = (
        f"SELECT count(*) FROM read_csv($path, {given}, auto_detect=false, header=false, strict_mode=true, "
        "null_padding=false, ignore_errors=false)"
    )
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar=false")
        try:
            row = connection.execute(sql, {"path": str(path), **options}).fetchone()
        except duckdb.Error:
            return None
    return int(row[0]) if row else None


def _is_whole(path: Path) -> bool:
    """Whether a file holds something, and no NUL."""
    with path.open("rb") as source:
        if path.stat().st_size == 0:
            return False
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"\0") == -1


def find_records(path: Path, fmt: FileFormat, wanted: np.ndarray, *, count: int) -> Iterator[RawRecord]:
    """Yield single records of a plain file.

    Args:
        path: local file.
        fmt: its format.
        wanted: their numbers, ascending.
        count: how many records the file has.

    Raises:
        NotPlainError: it has another number of them, or a quote stands where none should.
    """
    line, record, place, held = 1, 0, 0, b""
    with path.open("rb") as source:
        for _ in range(header_lines(fmt)):
            source.readline()
            line += 1
        while True:
            more = source.read(CHUNK)
            block = held + (more or b"\n")
            lines, ends = _ends(block, fmt)
            starts = np.concatenate(([0], ends + 1))[:-1]
            filled = np.flatnonzero(_filled(block, starts, ends))
            first, record = record, record + len(filled)
            stop = int(np.searchsorted(wanted, record, side="right"))
            for number in wanted[place:stop]:
                at = filled[number - first - 1]
                start, end = int(starts[at]), int(ends[at])
                yield RawRecord(
                    int(number), line + int(np.searchsorted(lines, start)), block[start:end].removesuffix(b"\r")
                )
            place = stop
            last = int(ends[-1]) + 1 if ends.size else 0
            line += int(np.searchsorted(lines, last))
            held = block[last:]
            if not more:
                break
    if record != count:
        raise NotPlainError


def _ends(block: bytes, fmt: FileFormat) -> tuple[np.ndarray, np.ndarray]:
    """Return where lines end, and where records do; a block begins with a record.

    Raises:
        NotPlainError: a quote stands where none should.
    """
    array = np.frombuffer(block, dtype=np.uint8)
    lines = np.flatnonzero(array == _LINE_FEED)
    if fmt.quote is None or fmt.quote.encode() not in block:
        return lines, lines
    quotes = np.flatnonzero(array == ord(fmt.quote))
    ends = lines[np.searchsorted(quotes, lines) % 2 == 0]
    _require_quotes(array, quotes[quotes < ends[-1]] if ends.size else quotes[:0], ord(fmt.delimiter or ","))
    return lines, ends


def _require_quotes(array: np.ndarray, quotes: np.ndarray, delimiter: int) -> None:
    """Refuse quotes that open behind something, or close before something, but a delimiter or a line end.

    A quote that closes and one that opens right behind it are a doubled one.
    """
    opening, closing = quotes[0::2], quotes[1::2]
    apart = opening[1:] != closing[:-1] + 1
    opens = opening[np.concatenate((np.ones(min(1, opening.size), bool), apart))]
    closes = closing[np.concatenate((apart, np.ones(min(1, closing.size), bool)))]
    before, behind = array[opens[opens > 0] - 1], array[closes + 1]
    if not (np.isin(before, (delimiter, _LINE_FEED)).all() and np.isin(behind, (delimiter, _LINE_FEED, _RETURN)).all()):
        raise NotPlainError


def _filled(block: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return which records are more than a line end."""
    array = np.frombuffer(block, dtype=np.uint8)
    lengths = ends - starts
    blank = lengths == 0
    short = np.flatnonzero(lengths == 1)
    blank[short] = array[starts[short]] == _RETURN
    found: np.ndarray = ~blank
    return found
