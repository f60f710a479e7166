"""The places of an XML document: one pass tells which elements stand where, how often, and with what in them."""

from __future__ import annotations

from pathlib import Path

from agentic_lakehouse.feeds.xml_text import MAX_DEPTH, XmlText

MAX_PLACES = 10_000
"""Different places of elements in one document."""


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


def survey(path: Path, encoding: str, name: str, sample: int | None) -> tuple[Place, bool]:
    """Return the root of a document's places, and whether it goes on behind the sample that was looked at.

    Raises:
        FeedUnreadable: it is malformed, truncated (as far as it is read) or hostile.
    """
    document = XmlText(path, encoding, name=name)
    seen = _Survey(document)
    document.handle(seen.start, seen.end, seen.text)
    for _ in document.pieces():
        if sample is not None and document.offset > sample:
            return seen.root, True
    return seen.root, False


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
