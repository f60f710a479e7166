"""Rows from few places of a big file: what it is must be told in the same time at any size.

What stands only between the places is met when the file is loaded, where every claim is tested on every row.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import BATCH_ROWS, PIECE_ROWS, Fault, Record, TextBatch, batches
from agentic_lakehouse.feeds.delimited import open_table
from agentic_lakehouse.feeds.excerpts import PLACES, excerpts
from agentic_lakehouse.feeds.read import read_batches, source_names
from agentic_lakehouse.feeds.source import packing
from agentic_lakehouse.feeds.splitting import Dialect, records
from agentic_lakehouse.feeds.tables import no_table
from agentic_lakehouse.feeds.text import line_end, open_text

SAMPLED_FROM = 8 << 20
"""Bytes from which on a file is not measured whole."""
EXCERPT = 1 << 19
"""Bytes that are read in each place; of JSON and XML, as many as in all places together."""
MIN_ROWS, MANY = 0.1, 200_000
"""Least share of rows among that many records from all over a file; with fewer of them it is no table."""
DOCUMENTS = frozenset({"json", "jsonl", "xml"})


@dataclass(frozen=True)
class Sample:
    """Some rows of a file."""

    names: tuple[str, ...]
    batches: tuple[TextBatch, ...]
    rows_in_file: int | None
    """About how many records the whole file has; `None` where that cannot be told, as it is packed."""


def is_sampled(path: Path, fmt: FileFormat) -> bool:
    """Whether a file is too big to be measured whole."""
    return fmt.kind in {"csv", *DOCUMENTS} and path.stat().st_size >= SAMPLED_FROM


def sample(path: Path, fmt: FileFormat, *, name: str) -> Sample | None:
    """Return some rows of a big file: of delimited text from all over it, of JSON and XML the first.

    Damaged records are left out. It is `None` where a file is small, or of a kind that is quick to read.

    Raises:
        FeedUnreadable: the file cannot be read as `fmt`, or hardly any of its records are rows.
    """
    if not is_sampled(path, fmt):
        return None
    return _of_document(path, fmt, name) if fmt.kind in DOCUMENTS else _of_table(path, fmt, name)


def _of_document(path: Path, fmt: FileFormat, name: str) -> Sample:
    names = source_names(path, fmt, name=name, sample=PLACES * EXCERPT)
    found: list[TextBatch] = []
    seen = 0
    for batch in read_batches(path, fmt, name=name, names=names, batch_rows=PIECE_ROWS):
        found.append(batch)
        seen += int(batch.raw.str.len_bytes().sum()) + sum(len(record.raw) for record in batch.broken)
        if seen > PLACES * EXCERPT:
            break
    rows = sum(batch.records for batch in found)
    is_packed = packing(path, name=name) is not None
    return Sample(names, tuple(found), None if is_packed else round(rows * path.stat().st_size / max(1, seen)))


def _of_table(path: Path, fmt: FileFormat, name: str) -> Sample:
    size = path.stat().st_size
    encoding = fmt.encoding or "utf-8"
    is_packed = packing(path, name=name) is not None
    names = open_table(path, fmt, name=name).names
    texts = list(_head(path, encoding, name) if is_packed or _is_wide(encoding) else _places(path, encoding, name))
    rows: list[Record] = []
    broken = 0
    for record in _records(texts, fmt, len(names), line_end(path, encoding, name=name)):
        if isinstance(record, Record) and len(record.cells) == len(names):
            rows.append(record)
        else:
            broken += 1
    if broken >= MANY and len(rows) < MIN_ROWS * (len(rows) + broken):
        raise no_table(len(rows), broken, len(names), name=name)
    seen = sum(len(text.encode(encoding, "surrogateescape")) for text in texts)
    return Sample(
        names,
        tuple(batches(rows, names, batch_rows=BATCH_ROWS)),
        None if is_packed else round(len(rows) * size / max(1, seen)),
    )


def _records(texts: Iterable[str], fmt: FileFormat, width: int, end: str) -> Iterator[Record | Fault]:
    for place, text in enumerate(texts):
        headed = place == 0 and fmt.header_row is not None
        lines = islice(io.StringIO(text, newline=end), (fmt.header_row or 1) - 1 if headed else 0, None)
        yield from islice(records(lines, Dialect.of(fmt), width=width), fmt.header_rows if headed else 0, None)


def _is_wide(encoding: str) -> bool:
    """Whether a place in the middle of a file may be one in the middle of a character."""
    return encoding.startswith(("utf-16", "utf-32"))


def _head(path: Path, encoding: str, name: str) -> Iterator[str]:
    with open_text(path, encoding, name=name) as text:
        yield text.read(PLACES * EXCERPT).rpartition("\n")[0]


def _places(path: Path, encoding: str, name: str) -> Iterator[str]:
    for excerpt in excerpts(path, EXCERPT, name=name):
        yield excerpt.decode(encoding, "surrogateescape")
