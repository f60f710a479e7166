"""Read the records of an XML document as flat rows of text.

Child elements become columns by dotted path, attributes are `@name`, repeated children are JSON arrays,
and text with elements in it stays text with its markup. Space around a text does not count. A record's
raw text is what stands in the file, but for characters that are not whole, which are written U+FFFD.
"""

from __future__ import annotations

import html.entities
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.text import MAX_LINE
from agentic_lakehouse.feeds.xml_shape import OWN_TEXT, local_name
from agentic_lakehouse.feeds.xml_text import MAX_DEPTH, UNREADABLE, XmlText

_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]*);")
_KNOWN = {*html.entities.name2codepoint, "apos"}


def rows(path: Path, fmt: FileFormat, names: Sequence[str], *, name: str) -> Iterator[Record | Fault]:
    """Yield the records of an XML file with the cells of some columns.

    Raises:
        FeedUnreadable: it is malformed, truncated or hostile (at once or on the way).
    """
    document = XmlText(path, fmt.encoding or "utf-8", name=name)
    elements = _Elements(document, fmt)
    flat = _Flat(fmt, names)
    for piece in document.pieces(elements):
        yield from map(flat.record, elements.finished())
        elements.feed(piece)
    yield from map(flat.record, elements.finished())


class _Element:
    __slots__ = ("attributes", "below", "line", "path", "raw", "start", "tag", "texts")

    def __init__(self, tag: str, path: str, attributes: dict[str, str], line: int, start: int) -> None:
        self.tag = tag
        self.path = path
        self.attributes = attributes
        self.below: list[_Element] = []
        self.texts: list[str] = []
        self.line = line
        self.start = start
        self.raw = ""
        """A record with its tags; mixed content without."""

    @property
    def text(self) -> str | None:
        return "".join(self.texts).strip() or None


class _Elements:
    """Builds the elements of each record, and cuts its text out of a window on the document."""

    def __init__(self, document: XmlText, fmt: FileFormat) -> None:
        self._document = document
        self._steps = (fmt.record_path or "").split("/")
        self._mixed = frozenset(fmt.mixed)
        self._depth = self._matched = 0
        self._open: list[_Element] = []
        """The record and what is open in it."""
        self._finished: list[_Element] = []
        self._window = bytearray()
        self._window_at = 0

    def finished(self) -> list[_Element]:
        """Hand over the records that have ended since."""
        done, self._finished = self._finished, []
        return done

    def feed(self, piece: bytes) -> None:
        """Take the text whose events come next; what stands before the open record is forgotten."""
        keep = self._open[0].start if self._open else max(0, self._document.offset)
        del self._window[: keep - self._window_at]
        self._window_at = keep
        if len(self._window) > MAX_LINE:
            raise self._document.fault(f"one record is longer than {MAX_LINE:,} bytes")
        self._window += piece

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._document.fault("its elements are nested too deeply")
        if self._open:
            above = self._open[-1]
            path = f"{above.path}.{tag}" if above.path else tag
            start = self._document.offset if path in self._mixed else 0
            element = _Element(tag, path, attributes, 0, start)
            above.below.append(element)
            self._open.append(element)
        elif self._matched == self._depth - 1 and tag == self._steps[self._matched]:
            self._matched += 1
            if self._matched == len(self._steps):
                self._open.append(_Element(tag, "", attributes, self._document.line, self._document.offset))

    def end(self, _tag: str) -> None:
        self._depth -= 1
        self._matched = min(self._matched, self._depth)
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            inner = self._tag_at(element.start)
            is_empty = self._window.endswith(b"/>", 0, inner)
            end = inner if is_empty else self._tag_at(self._document.offset)
            element.raw = self._window[element.start - self._window_at : end].decode()
            self._finished.append(element)
        elif element.below and element.path in self._mixed:
            inner = self._tag_at(element.start)
            element.raw = self._window[inner : self._document.offset - self._window_at].decode().strip()

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1].texts.append(data)

    def _tag_at(self, offset: int) -> int:
        """Return where in the window the tag at an offset ends."""
        tag = _TAG.match(self._window, offset - self._window_at)
        if tag is None:
            raise self._document.fault("a tag does not end")
        return tag.end()


class _NotARow(Exception):
    """A record whose fields cannot be spread over the columns."""

    def __init__(self, code: str, message: str, column: str) -> None:
        super().__init__(message)
        self.code = code
        self.column = column


class _Flat:
    """Spreads records over columns."""

    def __init__(self, fmt: FileFormat, names: Sequence[str]) -> None:
        self._repeated = frozenset(fmt.repeated)
        self._mixed = frozenset(fmt.mixed)
        self._at = {name: position for position, name in enumerate(names)}
        self._width = len(names)

    def record(self, element: _Element) -> Record | Fault:
        """Return a record's cells, or what is wrong with it."""
        if UNREADABLE in element.raw:
            return _fault(element, "bad_encoding", "holds characters that are not whole")
        if "&" in element.raw:
            unknown = set(_REFERENCE.findall(_CDATA.sub("", element.raw))) - _KNOWN
            if unknown:
                return _fault(element, "unknown_entity", f"names a character &{min(unknown)}; that nobody defines")
        cells: list[str | None] = [None] * self._width
        try:
            self._fill(cells, element, "")
            self._put(cells, OWN_TEXT, element.text)
        except _NotARow as problem:
            return _fault(element, problem.code, str(problem), problem.column)
        return Record(element.line, element.raw, cells)

    def _fill(self, cells: list[str | None], element: _Element, prefix: str) -> None:
        """Put an element's fields into `cells`."""
        for attribute, value in element.attributes.items():
            self._put(cells, f"{prefix}@{attribute}", value)
        seen: set[str] = set()
        arrays: dict[str, list[Any]] = {}
        for below in element.below:
            if below.path in self._repeated:
                arrays.setdefault(below.path, []).append(self._value(below))
            elif below.path in seen:
                raise _NotARow("repeated_field", f"has the element {below.path!r} several times", below.path)
            else:
                seen.add(below.path)
                self._fill_field(cells, below)
        for path, values in arrays.items():
            self._put(cells, path, json.dumps(values, ensure_ascii=False, separators=(",", ":")))

    def _fill_field(self, cells: list[str | None], field: _Element) -> None:
        text = field.text
        if field.path in self._mixed:
            self._put(cells, field.path, field.raw or text)
            return
        if text is not None and field.below:
            raise _NotARow("mixed_content", f"has text and elements side by side in {field.path!r}", field.path)
        self._put(cells, field.path, text)
        if field.below or field.attributes:
            self._fill(cells, field, f"{field.path}.")

    def _put(self, cells: list[str | None], path: str, text: str | None) -> None:
        if not text:
            return
        position = self._at.get(path)
        if position is None:
            position = self._at[path] = self._at.get(local_name(path), -1)
        if position >= 0:
            if cells[position] is not None:
                raise _NotARow("repeated_field", f"has two values for {path!r}", path)
            cells[position] = text

    def _value(self, element: _Element) -> Any:
        """Return an element as JSON: its text, or an object where it has more."""
        if element.raw:
            return element.raw
        found: dict[str, Any] = {
            f"@{local_name(key)}": value for key, value in element.attributes.items() if not key.startswith("xmlns")
        }
        tags = {below.tag for below in element.below}
        clash = len({local_name(tag) for tag in tags}) < len(tags)
        for below in element.below:
            key, value = below.tag if clash else local_name(below.tag), self._value(below)
            if below.path in self._repeated:
                found.setdefault(key, []).append(value)
            elif key in found:
                found[key] = [*found[key], value] if isinstance(found[key], list) else [found[key], value]
            else:
                found[key] = value
        if found and element.text is not None:
            found[OWN_TEXT] = element.text
        return found or element.text


def _fault(element: _Element, code: str, message: str, column: str | None = None) -> Fault:
    return Fault(element.line, element.raw, code, f"the record in line {element.line} {message}", column)
