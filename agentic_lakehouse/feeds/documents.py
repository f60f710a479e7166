"""Read records of JSON documents and JSON lines as flat rows of text.

Nested objects become columns by dotted path, arrays stay JSON text, and columns are the union of all
keys in the file, in order of first sight.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.json_text import DECODER, JsonText, RepeatedKeys, render_json
from agentic_lakehouse.feeds.names import MAX_COLUMNS, require_width
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.text import is_undecodable, lines, open_text, printable, without_line_end


class _Item(NamedTuple):
    line: int
    raw: str
    value: Any


def column_names(path: Path, fmt: FileFormat, *, name: str) -> tuple[str, ...]:
    """Return the column names of a JSON or JSON-lines file, which is read whole for them.

    Raises:
        FeedUnreadable: the file is truncated or malformed, has no records at its path, or too many columns.
    """
    names: dict[str, None] = {}
    for item in _items(path, fmt, name):
        flat = item if isinstance(item, Fault) else _flatten(item)
        if not isinstance(flat, Fault):
            names |= dict.fromkeys(flat)
            if len(names) > MAX_COLUMNS:
                break
    require_width(len(names), name=name)
    return tuple(names)


def rows(path: Path, fmt: FileFormat, names: Sequence[str], *, name: str) -> Iterator[Record | Fault]:
    """Yield the records of a JSON or JSON-lines file with the cells of some columns.

    Raises:
        FeedUnreadable: as `column_names`.
    """
    for item in _items(path, fmt, name):
        flat = item if isinstance(item, Fault) else _flatten(item)
        yield flat if isinstance(flat, Fault) else Record(item.line, item.raw, [flat.get(column) for column in names])


def _items(path: Path, fmt: FileFormat, name: str) -> Iterator[_Item | Fault]:
    encoding = fmt.encoding or "utf-8"
    if fmt.kind == "jsonl":
        yield from _from_lines(path, encoding, name)
        return
    with open_text(path, encoding, name=name) as source:
        cursor = JsonText(source, name=name)
        found = yield from _at_path(cursor, fmt.record_path or "", "")
        cursor.finish()
    if not found:
        raise unreadable(
            name,
            f"has no records at {fmt.record_path!r}",
            hint="Describe the file anew: its layout has changed.",
            record_path=fmt.record_path,
        )


def _from_lines(path: Path, encoding: str, name: str) -> Iterator[_Item | Fault]:
    for number, line in enumerate(lines(path, encoding, name=name), start=1):
        raw = without_line_end(line)
        if not raw or raw.isspace():
            continue
        try:
            yield _Item(number, raw, DECODER.decode(raw))
        except (json.JSONDecodeError, RecursionError) as error:
            yield Fault(number, printable(raw), "not_json", f"line {number} is no valid JSON: {error}")


def _at_path(cursor: JsonText, path: str, here: str) -> Generator[_Item, None, bool]:
    """Yield the records at `path`, walking on from `here`; return whether there is such a place."""
    opening = cursor.peek()
    if here == path:
        if opening == "[":
            for _ in cursor.elements():
                yield _Item(*cursor.value())
        else:
            yield _Item(*cursor.value())
        return True
    found = False
    if opening != "{":
        cursor.skip()
        return False
    for key in cursor.members():
        below = f"{here}.{key}" if here else key
        if not found and (path == below or path.startswith(f"{below}.")):
            found = yield from _at_path(cursor, path, below)
        else:
            cursor.skip()
    return found


def _flatten(item: _Item) -> dict[str, str | None] | Fault:
    """Return a record's cells by dotted path, or what is wrong with it."""
    if not isinstance(item.value, dict):
        return Fault(
            item.line, printable(item.raw), "not_an_object", f"the record in line {item.line} is no JSON object"
        )
    flat: dict[str, str | None] = {}
    try:
        repeated = _fill(flat, item.value, "")
    except RecursionError:
        return _fault(item, "nested_too_deeply", "has values that are nested too deeply")
    if repeated is not None:
        return _fault(item, "repeated_field", f"has the field {repeated!r} twice", column=repeated)
    if is_undecodable(item.raw) or ("\\u" in item.raw and not _is_storable(flat)):
        return _fault(item, "bad_encoding", "holds characters that are not whole")
    if "\0" in item.raw or ("\\u0000" in item.raw and any("\0" in (cell or "") for cell in flat.values())):
        return _fault(item, "nul_byte", "holds a NUL character")
    return flat


def _fault(item: _Item, code: str, message: str, column: str | None = None) -> Fault:
    about = f"the record in line {item.line} {message}"
    return Fault(item.line, printable(item.raw), code, _storable(about), column and _storable(column))


def _fill(flat: dict[str, str | None], value: dict[str, Any], prefix: str) -> str | None:
    """Put an object's fields into `flat`; return the first field that stands there twice."""
    if isinstance(value, RepeatedKeys):
        return f"{prefix}{value.repeated}"
    for key, field in value.items():
        path = f"{prefix}{key}"
        if type(field) is str and path not in flat:  # most fields are: the rest is dearer to tell apart
            flat[path] = field
        elif isinstance(field, dict) and field:
            repeated = _fill(flat, field, f"{path}.")
            if repeated is not None:
                return repeated
        elif path in flat:
            return path
        else:
            flat[path] = _text(field)
    return None


def _text(value: Any) -> str | None:
    if value is None or value == {}:
        return None
    return str(value) if isinstance(value, str) else render_json(value)


def _is_storable(flat: dict[str, str | None]) -> bool:
    """Whether every name and cell can be written as UTF-8: half a surrogate pair cannot."""
    text = "".join([*flat, *(cell or "" for cell in flat.values())])
    return text == _storable(text)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
