"""Find the records of JSON documents and JSON lines: each with its line and its verbatim text, many at a time."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.faults import no_records_at
from agentic_lakehouse.feeds.json_decoding import QUICK
from agentic_lakehouse.feeds.json_text import BLOCK, UNREAD, Items, JsonText
from agentic_lakehouse.feeds.text import lines, open_text, without_line_end


def record_items(path: Path, fmt: FileFormat, *, name: str) -> Iterator[Items]:
    """Yield the records of a JSON or JSON-lines file in order; in JSON lines, some may be no JSON.

    Raises:
        FeedUnreadable: a JSON file is truncated or malformed, or has no records at its path.
    """
    encoding = fmt.encoding or "utf-8"
    if fmt.kind == "jsonl":
        yield from _from_lines(path, encoding, name)
        return
    with open_text(path, encoding, name=name) as source:
        cursor = JsonText(source, name=name)
        found = yield from _at_path(cursor, fmt.record_path or "", "")
        cursor.finish()
    if not found:
        raise no_records_at(fmt.record_path, name=name)


def _from_lines(path: Path, encoding: str, name: str) -> Iterator[Items]:
    numbers: list[int] = []
    raws: list[str] = []
    size = 0
    for number, line in enumerate(lines(path, encoding, name=name), start=1):
        raw = without_line_end(line)
        if raw and not raw.isspace():
            numbers.append(number)
            raws.append(raw)
            size += len(raw)
            if size >= BLOCK:
                yield Items(numbers, raws, _values(raws))
                numbers, raws, size = [], [], 0
    if raws:
        yield Items(numbers, raws, _values(raws))


def _values(raws: list[str]) -> list[Any]:
    try:
        found = [*map(QUICK.raw_decode, raws)]
    except (json.JSONDecodeError, RecursionError):
        found = [_value(raw) for raw in raws]
    return [value if end == len(raw) else UNREAD for raw, (value, end) in zip(raws, found, strict=True)]


def _value(raw: str) -> tuple[Any, int]:
    try:
        return QUICK.raw_decode(raw)
    except (json.JSONDecodeError, RecursionError):
        return UNREAD, len(raw)


def _at_path(cursor: JsonText, path: str, here: str) -> Generator[Items, None, bool]:
    """Yield the records at `path`, walking on from `here`; return whether there is such a place."""
    opening = cursor.peek()
    if here == path:
        if opening == "[":
            yield from cursor.items()
        else:
            line, raw, _ = cursor.value()
            yield Items([line], [raw], [UNREAD])
        return True
    found = False
    if opening != "{":
        cursor.skip()
        return False
    for key in cursor.members():
        below = f"{here}.{key}" if here else key
        if path == below or path.startswith(f"{below}."):
            # A key may stand twice, and a path lead two ways (`a.b`): the records of every such place are the file's.
            found = (yield from _at_path(cursor, path, below)) or found
        else:
            cursor.skip()
    return found
