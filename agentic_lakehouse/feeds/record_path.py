"""Find where a JSON document keeps its records: the array with the most objects, outside any record."""

from __future__ import annotations

from pathlib import Path

from agentic_lakehouse.feeds.json_text import MAX_DEPTH, JsonText
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.text import open_text

MAX_PLACES = 1_000
"""Arrays that are looked at, so that a document of many small objects costs no memory."""


def find_record_path(path: Path, encoding: str, *, name: str) -> str:
    """Return the dotted path from the root to the records; an empty one is the root itself.

    An object that holds no array of objects is one record.

    Raises:
        FeedUnreadable: the document is truncated or malformed, or holds no objects.
    """
    counts: dict[str, int] = {}
    with open_text(path, encoding, name=name) as source:
        cursor = JsonText(source, name=name)
        is_object = cursor.peek() == "{"
        _search(cursor, "", counts)
        cursor.finish()
    best = max(counts, key=lambda place: counts[place], default=None)
    if best is not None and counts[best]:
        return best
    if is_object and not counts:
        return ""
    raise unreadable(name, "holds no records", hint="Ask the vendor whether the delivery is complete.")


def _search(cursor: JsonText, here: str, counts: dict[str, int], depth: int = 0) -> None:
    """Pass a value and note, for each array below objects alone, how many objects it holds."""
    opening = cursor.peek()
    if opening == "[" and len(counts) < MAX_PLACES:
        objects = 0
        for _ in cursor.elements():
            objects += cursor.peek() == "{"
            cursor.value()
        counts[here] = max(objects, counts.get(here, 0))
    elif opening == "{" and depth < MAX_DEPTH:
        for key in cursor.members():
            _search(cursor, f"{here}.{key}" if here else key, counts, depth + 1)
    else:
        cursor.skip()
