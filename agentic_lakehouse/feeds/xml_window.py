"""A moving window on the text of an XML document, out of which elements are cut as they stand there."""

from __future__ import annotations

import html.entities
import re

from agentic_lakehouse.feeds.text import MAX_LINE
from agentic_lakehouse.feeds.xml_text import XmlText

_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]*);")
_KNOWN = {*html.entities.name2codepoint, "apos"}


class Window:
    """Bytes of a document from some offset on. All places are offsets in the document."""

    def __init__(self, document: XmlText) -> None:
        self._document = document
        self._bytes = bytearray()
        self._at = 0

    def take(self, piece: bytes, *, keep: int) -> None:
        """Take the next piece of the document; what stands before `keep` is forgotten.

        Raises:
            FeedUnreadable: what is kept is too large.
        """
        del self._bytes[: keep - self._at]
        self._at = keep
        if len(self._bytes) > MAX_LINE:
            raise self._document.fault(f"one record is longer than {MAX_LINE:,} bytes")
        self._bytes += piece

    def element(self, start: int, end: int) -> str:
        """Return an element verbatim, from where its first tag begins and where its last one does."""
        inner = self._behind_tag(start)
        is_empty = self._bytes.endswith(b"/>", 0, inner)
        return self._bytes[start - self._at : inner if is_empty else self._behind_tag(end)].decode()

    def inside(self, start: int, end: int) -> str:
        """Return what stands between the tags of an element."""
        return self._bytes[self._behind_tag(start) : end - self._at].decode().strip()

    def _behind_tag(self, offset: int) -> int:
        """Return where in the window the tag at an offset ends."""
        tag = _TAG.match(self._bytes, offset - self._at)
        if tag is None:
            raise self._document.fault("a tag does not end")
        return tag.end()


def unknown_reference(text: str) -> str | None:
    """Return the name of a character that a text refers to and nobody defines, or `None`."""
    if "&" not in text or _KNOWN.issuperset(_REFERENCE.findall(text)):
        return None
    return min({*_REFERENCE.findall(_CDATA.sub("", text))} - _KNOWN, default=None)
