"""Find out how an XML document is built: which elements stand where, how often, and with what in them.

One pass over the document makes a tree of places. From it follow the record element, found by structure
and never by name, and the columns of its records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.faults import unreadable
from agentic_lakehouse.feeds.names import require_width
from agentic_lakehouse.feeds.xml_text import MAX_DEPTH, XmlText

MAX_PLACES = 10_000
"""Different places of elements in one document."""
OWN_TEXT = "#text"
"""Column of the text that stands in a record beside its elements and attributes."""


class Place:
    """All elements of one path, such as `catalog/product/price`."""

    __slots__ = ("attributes", "below", "has_text", "is_mixed", "leaves", "repeats", "seen_in")

    def __init__(self) -> None:
        self.below: dict[str, Place] = {}
        self.attributes: dict[str, None] = {}
        self.leaves = 0
        """Their attributes, and those of them without elements inside, together."""
        self.has_text = False
        self.repeats = False
        """Whether one element holds several of them."""
        self.is_mixed = False
        """Whether one of them holds text and elements side by side."""
        self.seen_in = 0

    def values(self) -> int:
        """Return how many values the document has here and below."""
        return self.leaves + sum(place.values() for place in self.below.values())

    def own_fields(self) -> int:
        """Return how many attributes and plain child elements one such element has of its own."""
        plain = (place for place in self.below.values() if not place.below and not place.repeats)
        return len(self.attributes) + sum(1 for _ in plain)


def find_records(path: Path, encoding: str, *, name: str) -> FileFormat:
    """Return the format of an XML file: its record element, and what in a record is one cell though it has parts.

    Records are the repeated elements that hold the most values together, outside any other repeated one; or
    the one element around them, where it has more fields of its own than all of them together.

    Raises:
        FeedUnreadable: it is malformed or truncated, is a web page, or holds no values.
    """
    root = _survey(path, encoding, name)
    if "html" in {local_name(tag).lower() for tag in root.below}:
        raise unreadable(name, "is HTML, a web page", hint="Ask the vendor for the file itself, not for its page.")
    best, most = _record_path(root)
    if not most:
        raise unreadable(name, "holds no records", hint="Ask the vendor whether the delivery is complete.")
    inside = list(_inside(_at(root, best), ""))
    return FileFormat(
        kind="xml",
        encoding=encoding,
        record_path="/".join(best),
        repeated=tuple(where for where, place in inside if place.repeats),
        mixed=tuple(where for where, place in inside if place.is_mixed),
    )


def column_names(path: Path, fmt: FileFormat, *, name: str) -> tuple[str, ...]:
    """Return the columns of an XML file's records by dotted path, without prefixes where they stay unique.

    Raises:
        FeedUnreadable: it is malformed or truncated, has no element at the record path, or too many columns.
    """
    place = _at(_survey(path, fmt.encoding or "utf-8", name), (fmt.record_path or "").split("/"))
    if place is None:
        raise unreadable(
            name,
            f"has no records at {fmt.record_path!r}",
            hint="Describe the file anew: its layout has changed.",
            record_path=fmt.record_path,
        )
    names = _short([*([OWN_TEXT] if place.has_text else []), *_columns(place, "", {*fmt.repeated, *fmt.mixed})])
    require_width(len(names), name=name)
    return names


def local_name(path: str) -> str:
    """Return a tag, or a dotted path of tags, without namespace prefixes."""
    if ":" not in path:
        return path
    return ".".join("@" * step.startswith("@") + step.rpartition(":")[2].lstrip("@") for step in path.split("."))


def _short(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop the prefixes of those paths that stay unique without them."""
    unique = list(dict.fromkeys(paths))
    times = Counter(map(local_name, unique))
    return tuple(local_name(path) if times[local_name(path)] == 1 else path for path in unique)


def _columns(place: Place, prefix: str, whole: set[str]) -> Iterator[str]:
    yield from (f"{prefix}@{attribute}" for attribute in place.attributes)
    for tag, below in place.below.items():
        path = f"{prefix}{tag}"
        if path in whole:
            yield path
        else:
            if below.has_text or not (below.below or below.attributes):
                yield path
            yield from _columns(below, f"{path}.", whole)


def _inside(place: Place | None, prefix: str) -> Iterator[tuple[str, Place]]:
    """Yield the places in a record; what stands within mixed content is text."""
    for tag, below in place.below.items() if place else ():
        yield f"{prefix}{tag}", below
        if not below.is_mixed:
            yield from _inside(below, f"{prefix}{tag}.")


def _at(root: Place, steps: Iterable[str]) -> Place | None:
    place: Place | None = root
    for step in steps:
        place = place.below.get(step) if place else None
    return place


def _record_path(root: Place) -> tuple[tuple[str, ...], int]:
    """Return the path of the records and how many values they hold; none where there are no values."""
    once = dict(_outside_records(root, ()))
    repeated = {path: place.values() for path, place in once.items() if place.repeats}
    fields = {path: place.own_fields() for path, place in once.items() if not place.repeats}
    best = max(repeated, key=lambda path: repeated[path], default=None)
    if best is not None:
        around = [best[:depth] for depth in range(len(best) - 1, 0, -1)]
        return next(((path, fields[path]) for path in around if fields[path] > repeated[best]), (best, repeated[best]))
    alone = max(fields, key=lambda path: fields[path])
    return alone, fields[alone]


def _outside_records(place: Place, here: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Place]]:
    for tag, below in place.below.items():
        yield (*here, tag), below
        if not below.repeats:
            yield from _outside_records(below, (*here, tag))


def _survey(path: Path, encoding: str, name: str) -> Place:
    document = XmlText(path, encoding, name=name)
    survey = _Survey(document)
    document.handle(survey.start, survey.end, survey.text)
    for _ in document.pieces():
        pass
    return survey.root


class _Survey:
    """Makes the tree of places from the events of a document."""

    def __init__(self, document: XmlText) -> None:
        self.root = self._place = Place()
        self._document = document
        self._open: list[tuple[Place, int, bool]] = []
        self._serial = self._last = 1
        """Number of the open element, and of the last one."""
        self._has_text = self._has_elements = False
        self._places = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        place = self._place.below.get(tag) or self._new_place(tag)
        if place.seen_in == self._serial:
            place.repeats = True
        place.seen_in = self._serial
        for attribute in attributes:
            if not attribute.startswith("xmlns"):
                place.attributes[attribute] = None
                place.leaves += 1
        self._open.append((self._place, self._serial, self._has_text))
        if len(self._open) > MAX_DEPTH:
            raise self._document.fault("its elements are nested too deeply")
        self._last += 1
        self._place, self._serial = place, self._last
        self._has_text = self._has_elements = False

    def end(self, _tag: str) -> None:
        place = self._place
        if not self._has_elements:
            place.leaves += 1
        elif self._has_text:
            place.is_mixed = True
        if self._has_text:
            place.has_text = True
        self._place, self._serial, self._has_text = self._open.pop()
        self._has_elements = True

    def text(self, data: str) -> None:
        if not self._has_text and not data.isspace():
            self._has_text = True

    def _new_place(self, tag: str) -> Place:
        self._places += 1
        if self._places > MAX_PLACES:
            raise self._document.fault(f"it has more than {MAX_PLACES:,} kinds of elements")
        place = self._place.below[tag] = Place()
        return place
