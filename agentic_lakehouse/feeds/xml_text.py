"""Parse an XML file piece by piece: events to handlers, faults to one error, nothing fetched or expanded.

Expat is fed text that this room decoded, so the declared encoding never decides alone. A document's own
entities are refused, since bombs and thefts of files are made of them; HTML's named characters, which
vendors use without declaring them, are known.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.faults import unreadable
from agentic_lakehouse.feeds.text import MAX_LINE, open_text

CHUNK = 1 << 18
"""Characters that are parsed at a time."""
MAX_DEPTH = 100
"""Elements within elements."""

CHARACTERS = "".join(
    f'<!ENTITY {name} "&#{code};">'
    for name, code in html.entities.name2codepoint.items()
    if name not in {"lt", "gt", "amp", "quot"}
)
"""HTML 4's named characters as a DTD; XML itself knows the other four."""


UNREADABLE = "\ufffd"
"""Stands for each byte that the file's encoding cannot decode."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


Start = Callable[[str, dict[str, str]], object]
"""Takes the begin of an element: its tag as written, with its prefix, and its attributes."""
Data = Callable[[str], object]
"""Takes the end of an element, by its tag; or some text, of which one element may have several runs."""


class XmlText:
    """An XML document on its way through the parser."""

    def __init__(self, path: Path, encoding: str, *, name: str) -> None:
        self._path = path
        self._encoding = encoding
        self._name = name
        self._own = True
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        parser.UseForeignDTD(True)
        parser.ExternalEntityRefHandler = self._load_characters
        parser.EntityDeclHandler = self._refuse_entities

    @property
    def offset(self) -> int:
        """Where the current event begins, in bytes of UTF-8 from the start of the text."""
        return self._parser.CurrentByteIndex

    @property
    def line(self) -> int:
        """Line of the current event, from 1."""
        return self._parser.CurrentLineNumber

    def handle(self, start: Start, end: Data, text: Data | None) -> None:
        """Say what takes the events from now on."""
        parser = self._parser
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text

    def pieces(self) -> Iterator[bytes]:
        """Yield the document's text as UTF-8; the events of each piece come when the next one is asked for.

        Raises:
            FeedUnreadable: it is malformed, truncated, or declares entities.
        """
        parser, fed = self._parser, 0
        try:
            with open_text(self._path, self._encoding, name=self._name) as source:
                while chunk := source.read(CHUNK):
                    piece = _encoded(chunk)
                    yield piece
                    fed += len(piece)
                    parser.Parse(piece)
                    if fed - parser.CurrentByteIndex > MAX_LINE:
                        raise self.fault(f"one piece of it is longer than {MAX_LINE:,} bytes")
            yield b""
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self.fault(expat.ErrorString(error.code), line=error.lineno) from error

    def fault(self, cause: str, *, line: int | None = None) -> FeedUnreadable:
        """Make the error for what is wrong at the current event."""
        line = line or self.line
        return unreadable(
            self._name,
            f"the XML cannot be read on from line {line}: {cause}",
            hint="Ask the vendor to send the file again.",
            line=line,
        )

    def _load_characters(self, context: str | None, _base: str | None, _system: str | None, _public: str | None) -> int:
        """Stand in for any DTD that the document names: nothing is fetched."""
        self._own = False
        self._parser.ExternalEntityParserCreate(context).Parse(CHARACTERS, True)
        self._own = True
        return 1

    def _refuse_entities(self, entity: str, *_declared: object) -> None:
        if self._own:
            raise unreadable(
                self._name,
                f"declares the entity {entity!r}, and entities are not expanded",
                hint="Ask the vendor for XML without entities of its own.",
            )


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _ESCAPED_BYTE.sub(UNREADABLE, text).encode()
