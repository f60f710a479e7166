"""Find where a JSON document keeps its records: the array with the most objects, outside any record.

A big document is judged by its beginning, if excerpts of the rest show more of the same; else it is read whole.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from agentic_lakehouse.feeds.excerpts import later_excerpts
from agentic_lakehouse.feeds.json_text import MAX_DEPTH, JsonText
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.text import open_text

MAX_PLACES = 1_000
"""Arrays that are looked at, so that a document of many small objects costs no memory."""
SAMPLE = 8 << 20
"""Characters of a document from which its records are told."""
MIN_KNOWN = 0.5
"""Share of the keys in a later excerpt that the records must have, to be believed to go on there."""
MAX_KEYS = 10_000

_KEY = re.compile(rb'"([^"\\\r\n]{1,200})"[ \t]*:')


class _Enough(Exception):
    """The sample has been read."""


def find_record_path(path: Path, encoding: str, *, name: str) -> str:
    """Return the dotted path from the root to the records; an empty one is the root itself.

    An object that holds no array of objects is one record.

    Raises:
        FeedUnreadable: the document is truncated or malformed, or holds no objects.
    """
    found = _places(path, encoding, name, SAMPLE)
    if found.is_cut and not _goes_on(path, encoding, name, found):
        found = _places(path, encoding, name, None)
    best = found.best
    if best is not None and found.counts[best]:
        return best
    if found.is_object and not found.counts:
        return ""
    raise unreadable(name, "holds no records", hint="Ask the vendor whether the delivery is complete.")


class _Places:
    """The arrays of a document, and how many objects each holds."""

    def __init__(self, cursor: JsonText, limit: int | None) -> None:
        self.counts: dict[str, int] = {}
        self.keys: dict[str, set[str]] = {}
        """Keys of an array's objects, and of what is in these."""
        self.is_cut = False
        self.is_object = cursor.peek() == "{"
        self._cursor = cursor
        self._limit = limit

    @property
    def best(self) -> str | None:
        return max(self.counts, key=lambda place: self.counts[place], default=None)

    def search(self, here: str, depth: int = 0) -> None:
        """Pass a value and note each array below objects alone."""
        opening = self._cursor.peek()
        if opening == "[" and len(self.counts) < MAX_PLACES:
            self._count(here)
        elif opening == "{" and depth < MAX_DEPTH:
            for key in self._cursor.members():
                self.search(f"{here}.{key}" if here else key, depth + 1)
        else:
            self._cursor.skip()

    def _count(self, here: str) -> None:
        before, objects = self.counts.get(here, 0), 0
        keys = self.keys.setdefault(here, set())
        self.counts[here] = before
        for items in self._cursor.items():
            for raw, value in zip(items.raws, items.values, strict=True):
                objects += raw.startswith("{")
                if self._limit is not None and len(keys) < MAX_KEYS:
                    with suppress(RecursionError):
                        _add_keys(keys, value)
            self.counts[here] = before + objects
            if self._limit is not None and self._cursor.passed > self._limit:
                raise _Enough


def _places(path: Path, encoding: str, name: str, limit: int | None) -> _Places:
    with open_text(path, encoding, name=name) as source:
        cursor = JsonText(source, name=name)
        found = _Places(cursor, limit)
        try:
            found.search("")
            cursor.finish()
        except _Enough:
            found.is_cut = True
    return found


def _add_keys(keys: set[str], value: Any) -> None:
    if type(value) is dict:
        keys.update(value)
    for inner in value.values() if type(value) is dict else value if type(value) is list else ():
        if type(inner) is dict or type(inner) is list:
            _add_keys(keys, inner)


def _goes_on(path: Path, encoding: str, name: str, found: _Places) -> bool:
    """Whether the rest of the document looks like more of the records that were found."""
    if found.best is None or not found.counts[found.best] or encoding.startswith(("utf-16", "utf-32")):
        return False
    known = {key.encode(encoding, "surrogateescape") for key in found.keys[found.best] if _is_plain(key, encoding)}
    seen = 0
    for excerpt in later_excerpts(path, name=name):
        keys = _KEY.findall(excerpt)
        if not keys or sum(key in known for key in keys) < MIN_KNOWN * len(keys):
            return False
        seen += 1
    return seen > 0


def _is_plain(key: str, encoding: str) -> bool:
    try:
        return bool(key.encode(encoding, "surrogateescape"))
    except UnicodeEncodeError:
        return False
