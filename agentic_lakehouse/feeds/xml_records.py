"""Read the records of an XML document as flat rows of text.

Child elements become columns by dotted path, attributes are `@name`, repeated children are JSON arrays,
and text with elements in it stays text with its markup. Space around a text does not count. A record's
raw text is what stands in the file, but for characters that are not whole, which are written U+FFFD.

Cells are filled while the parser walks: what a path means for a column is found out once, in `xml_fields`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.faults import no_records_at
from agentic_lakehouse.feeds.xml_fields import Column, Columns, Element, as_json
from agentic_lakehouse.feeds.xml_text import MAX_DEPTH, UNREADABLE, XmlText
from agentic_lakehouse.feeds.xml_window import Window, unknown_reference


def rows(
    path: Path, fmt: FileFormat, names: Sequence[str], *, name: str, met: dict[str, None] | None = None
) -> Iterator[Record | Fault]:
    """Yield the records of an XML file with the cells of some columns.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        names: columns.
        name: what errors call the file.
        met: takes the columns that records have, whether they are among `names` or not.

    Raises:
        FeedUnreadable: it is malformed, truncated or hostile (at once or on the way), or has no element at its
            record path.
    """
    document = XmlText(path, fmt.encoding or "utf-8", name=name)
    records = _Records(document, fmt, Columns(fmt, names, met={} if met is None else met), len(names))
    for piece in document.pieces():
        yield from records.finished()
        records.feed(piece)
    yield from records.finished()
    if not records.count:
        raise no_records_at(fmt.record_path, name=name)


class _Records:
    """Takes the events of a document, and makes records of them."""

    def __init__(self, document: XmlText, fmt: FileFormat, columns: Columns, width: int) -> None:
        self._document = document
        self._columns = columns
        self._blank: list[str | None] = [None] * (width + 1)
        """One cell more than there are columns: it takes what is in none."""
        self._steps = (fmt.record_path or "").split("/")
        self._depth = self._matched = 0
        """Elements that are open around a record, and how many of them are on the way to it."""
        self._finished: list[Record | Fault] = []
        self._window = Window(document)
        self._start = -1
        """Where the open record begins, in bytes; -1 outside."""
        self._line = self._serial = 0
        self._cells: list[str | None] = []
        self._arrays: dict[Column, list[object]] = {}
        self._problem: tuple[str, str, str] | None = None
        self._column = columns.root
        """Of the open element; those around it in the record are on the stack."""
        self._texts: list[str] | None = None
        self._has_below = False
        self._stack: list[tuple[Column, list[str] | None]] = []
        self._elements: list[Element] = []
        """Open elements from one on that is one cell though it has parts."""
        self._pieces: list[str] = []
        """Text since the last event."""
        document.handle(self._start_outside, self._end_outside, None)

    @property
    def count(self) -> int:
        """How many records have begun."""
        return self._serial

    def finished(self) -> list[Record | Fault]:
        """Hand over the records that have ended since."""
        done, self._finished = self._finished, []
        return done

    def feed(self, piece: bytes) -> None:
        """Take the text whose events come next; what stands before the open record is forgotten."""
        self._window.take(piece, keep=self._start if self._start >= 0 else max(0, self._document.offset))

    def _start_outside(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._document.fault("its elements are nested too deeply")
        if self._matched == self._depth - 1 and tag == self._steps[self._matched]:
            self._matched += 1
            if self._matched == len(self._steps):
                self._start_record(attributes)

    def _end_outside(self, _tag: str) -> None:
        self._depth -= 1
        self._matched = min(self._matched, self._depth)

    def _start_record(self, attributes: dict[str, str]) -> None:
        self._start, self._line = self._document.offset, self._document.line
        self._serial += 1
        self._cells = self._blank.copy()
        self._problem = None
        self._column, self._texts, self._has_below = self._columns.root, None, False
        if attributes:
            self._put_attributes(self._column, attributes)
        self._document.handle(self._start_field, self._end_field, self._pieces.append)

    def _start_field(self, tag: str, attributes: dict[str, str]) -> None:
        pieces = self._pieces
        if pieces:
            if self._texts is None and len(pieces) == 1 and pieces[0].isspace():
                pieces.clear()
            else:
                self._keep_text()
        above = self._column
        column = above.below.get(tag) or self._columns.below(above, tag)
        self._stack.append((above, self._texts))
        if self._depth + len(self._stack) > MAX_DEPTH:
            raise self._document.fault("its elements are nested too deeply")
        self._column, self._texts, self._has_below = column, None, False
        if not column.is_repeated:
            if column.serial == self._serial:
                self._report("repeated_field", f"has the element {column.path!r} several times", column.path)
            column.serial = self._serial
        if attributes and not column.is_repeated:
            self._put_attributes(column, attributes)
        if column.is_repeated or column.is_mixed:
            self._elements.append(Element(column, attributes, self._document.offset))
            self._document.handle(self._start_part, self._end_part, self._pieces.append)

    def _end_field(self, _tag: str) -> None:
        column, pieces = self._column, self._pieces
        if pieces:
            if self._texts is None:
                text = (pieces[0] if len(pieces) == 1 else "".join(pieces)).strip()
            else:
                text = "".join([*self._texts, *pieces]).strip()
            pieces.clear()
        else:
            text = "".join(self._texts).strip() if self._texts else ""
        if text and column.is_met and not self._has_below and self._cells[column.position] is None:
            self._cells[column.position] = text  # nearly always
        elif text:
            if self._has_below and self._stack:
                where = column.path
                self._report("mixed_content", f"has text and elements side by side in {where!r}", where)
            self._put(column, text)
        elif column.position >= 0 and not (self._has_below or column.is_met):
            self._columns.note(column)  # always empty, but there
        if not self._stack:
            self._end_record()
            return
        self._column, self._texts = self._stack.pop()
        self._has_below = True

    def _start_part(self, tag: str, attributes: dict[str, str]) -> None:
        element = self._elements[-1]
        if self._pieces:
            element.texts += self._pieces
            self._pieces.clear()
        column = element.column.below.get(tag) or self._columns.below(element.column, tag)
        self._elements.append(Element(column, attributes, self._document.offset if column.is_mixed else 0))
        if self._depth + len(self._stack) + len(self._elements) > MAX_DEPTH:
            raise self._document.fault("its elements are nested too deeply")

    def _end_part(self, _tag: str) -> None:
        element = self._elements.pop()
        if self._pieces:
            element.texts += self._pieces
            self._pieces.clear()
        if element.below and element.column.is_mixed:
            element.raw = self._window.inside(element.start, self._document.offset)
        if self._elements:
            self._elements[-1].below.append((element.column, element.value()))
            return
        column = self._column
        if column.is_repeated:
            self._arrays.setdefault(column, []).append(element.value())
        else:
            self._put(column, element.raw or element.text or "")
        self._column, self._texts = self._stack.pop()
        self._has_below = True
        self._document.handle(self._start_field, self._end_field, self._pieces.append)

    def _end_record(self) -> None:
        for column, values in self._arrays.items():
            self._put(column, as_json(values))
        self._arrays.clear()
        self._finished.append(self._judged(self._window.element(self._start, self._document.offset)))
        self._start = -1
        self._document.handle(self._start_outside, self._end_outside, None)
        self._end_outside("")

    def _judged(self, raw: str) -> Record | Fault:
        if UNREADABLE in raw:
            return self._fault(raw, "bad_encoding", "holds characters that are not whole")
        if (unknown := unknown_reference(raw)) is not None:
            return self._fault(raw, "unknown_entity", f"names a character &{unknown}; that nobody defines")
        if self._problem:
            return self._fault(raw, *self._problem)
        self._cells.pop()
        return Record(self._line, raw, self._cells)

    def _fault(self, raw: str, code: str, message: str, column: str | None = None) -> Fault:
        return Fault(self._line, raw, code, f"the record in line {self._line} {message}", column)

    def _report(self, code: str, message: str, column: str) -> None:
        """Note what is wrong with the open record; the first thing counts."""
        self._problem = self._problem or (code, message, column)

    def _keep_text(self) -> None:
        """Keep text before an element for its parent; space at its begin is of no account."""
        if self._texts is not None:
            self._texts += self._pieces
        elif not all(map(str.isspace, self._pieces)):
            self._texts = [*self._pieces]
        self._pieces.clear()

    def _put(self, column: Column, text: str) -> None:
        if not text:
            return
        if not column.is_met:
            self._columns.note(column)
        if column.position >= 0 and self._cells[column.position] is not None:
            self._report("repeated_field", f"has two values for {column.path!r}", column.path)
        self._cells[column.position] = text

    def _put_attributes(self, column: Column, attributes: dict[str, str]) -> None:
        for attribute, value in attributes.items():
            self._put(column.attributes.get(attribute) or self._columns.attribute(column, attribute), value)
