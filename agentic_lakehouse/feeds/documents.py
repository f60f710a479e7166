"""Read records of JSON documents and JSON lines as flat rows of text.

Nested objects become columns by dotted path, arrays stay JSON text, and columns are the union of all
keys in the file, in order of first sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record, Rows
from agentic_lakehouse.feeds.json_records import record_items
from agentic_lakehouse.feeds.json_shapes import Shapes, traits_of
from agentic_lakehouse.feeds.names import MAX_COLUMNS, require_width


def column_names(path: Path, fmt: FileFormat, *, name: str, sample: int | None = None) -> tuple[str, ...]:
    """Return the column names of a JSON or JSON-lines file.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        name: what errors call the file.
        sample: characters of records after which no more are looked at; without it, the file is read whole.

    Raises:
        FeedUnreadable: the file is truncated or malformed, has no records at its path, or too many columns.
    """
    names: dict[str, None] = {}
    seen = 0
    for record in rows(path, fmt, (), name=name, met=names):
        seen += sum(map(len, record.raws)) if isinstance(record, Rows) else len(record.raw)
        if len(names) > MAX_COLUMNS or (sample is not None and seen > sample and names):
            break
    require_width(len(names), name=name)
    return tuple(names)


def rows(
    path: Path, fmt: FileFormat, names: Sequence[str], *, name: str, met: dict[str, None] | None = None
) -> Iterator[Record | Rows | Fault]:
    """Yield the records of a JSON or JSON-lines file with the cells of some columns, for `json_column`.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        names: columns.
        name: what errors call the file.
        met: takes the paths that records have, whether they are among `names` or not.

    Raises:
        FeedUnreadable: as `column_names`.
    """
    shapes = Shapes(names, met=met)
    for items in record_items(path, fmt, name=name):
        text = "".join(raw for raw, value in zip(items.raws, items.values, strict=True) if type(value) is dict)
        traits = traits_of(text, records=sum(type(value) is dict for value in items.values))
        columns = shapes.columns(items, text, traits)
        if columns is not None:
            yield Rows(items.lines, items.raws, columns)
            continue
        for line, raw, value in zip(*items, strict=True):
            cells = shapes.cells(line, raw, value, traits)
            yield cells if isinstance(cells, Fault) else Record(line, raw, cells)
