"""Walk a JSON document as a moving window of text, one value at a time.

Values are parsed by the standard library's C scanner where they stand, so that each record comes with
its verbatim text and its line, numbers keep their digits, and memory is bounded by the largest record.
Elements of an array that stand whole in the window come many at a time, by a decoder that calls no Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.json_decoding import DECODER, QUICK
from agentic_lakehouse.feeds.json_span import LARGE, closes
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.text import MAX_LINE

CHUNK = 1 << 20
BLOCK = 1 << 16
"""Characters whose values are handed over together: about what stays in the processor's cache when parsed."""
NEAR_END = 16
"""A fault this close to the window's end may only be the window's end: the longest literal is `-Infinity`."""
NUMBER_PART = 2
"""Characters behind a whole number that may be the begin of its fraction or exponent."""

MAX_DEPTH = 100
"""Levels of arrays and objects that are passed over."""

_SPACE = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")


class Items(NamedTuple):
    """Some consecutive values of a document."""

    lines: list[int]
    raws: list[str]
    """First line and verbatim text of each."""
    values: list[Any]
    """As `QUICK` gives them; `UNREAD` where `DECODER` must look."""


UNREAD = object()


class JsonText:
    """A cursor in a JSON document."""

    def __init__(self, source: TextIO, *, name: str) -> None:
        self._source = source
        self._name = name
        self._window = ""
        self._at = 0
        self._ended = False
        self._dropped = 0
        self.line = 1

    @property
    def passed(self) -> int:
        """Characters of the document up to the cursor."""
        return self._dropped + self._at

    def peek(self) -> str:
        """Return the next character that is not space; an empty string at the end."""
        while True:
            if space := _SPACE.match(self._window, self._at):
                self._step(space.end())
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Pass the next character.

        Raises:
            FeedUnreadable: it is another one.
        """
        found = self.peek()
        if found != expected:
            raise self._fault(f"{expected!r} was expected" + ("" if found else ", but the file ends"))
        self._at += 1

    def passes(self, expected: str) -> bool:
        """Pass the next character if it is the expected one, and say whether it was."""
        if self.peek() != expected:
            return False
        self._at += 1
        return True

    def value(self) -> tuple[int, str, Any]:
        """Return the first line, the verbatim text and the value of what comes next.

        Raises:
            FeedUnreadable: it is malformed, truncated or too large.
        """
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._window, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._window) - NEAR_END or error.msg.startswith("Unterminated string")
                if cut and self._more():
                    self._read_to_close()
                    continue
                raise self._fault(f"it is no valid JSON: {error.msg.lower()}") from error
            except RecursionError as error:
                raise self._fault("its values are nested too deeply") from error
            if end >= len(self._window) - NUMBER_PART and self._more():
                continue  # a number may go on, though what stands of its rest is none: `1.`, `1e+`
            line, raw = self.line, self._window[self._at : end]
            self._step(end)
            return line, raw, value

    def members(self) -> Iterator[str]:
        """Pass an object, yielding each key; the caller passes the value before taking the next key.

        Raises:
            FeedUnreadable: the object is malformed or truncated.
        """
        self.take("{")
        if self.passes("}"):
            return
        while True:
            _, _, key = self.value()
            self.take(":")
            yield str(key)
            if not self.passes(","):
                self.take("}")
                return

    def elements(self) -> Iterator[None]:
        """Pass an array, yielding before each element, which the caller passes.

        Raises:
            FeedUnreadable: the array is malformed or truncated.
        """
        self.take("[")
        if self.passes("]"):
            return
        while True:
            yield None
            if not self.passes(","):
                self.take("]")
                return

    def items(self) -> Iterator[Items]:
        """Pass an array, yielding its elements, many at a time.

        Raises:
            FeedUnreadable: the array is malformed or truncated, or one element too large.
        """
        self.take("[")
        if self.passes("]"):
            return
        while True:
            while (items := self._whole_items()).lines:
                yield items
            line, raw, _ = self.value()
            yield Items([line], [raw], [UNREAD])
            if not self.passes(","):
                self.take("]")
                return
            self.peek()

    def _whole_items(self) -> Items:
        """Pass the elements that stand in the window with the comma behind them, as far as nothing is odd."""
        items = Items([], [], [])
        window, at, line, counted = self._window, self._at, self.line, self._at
        enough = at + BLOCK
        try:
            while at < enough:
                value, end = QUICK.raw_decode(window, at)
                comma = _COMMA.match(window, end)
                if comma is None or comma.end() == len(window):
                    break
                line += window.count("\n", counted, at)
                counted = at
                items.lines.append(line)
                items.raws.append(window[at:end])
                items.values.append(value)
                at = comma.end()
        except (json.JSONDecodeError, RecursionError):
            pass  # `value` tells what it is, or reads on
        self._step(at)
        return items

    def skip(self, *, depth: int = 0) -> None:
        """Pass a value of any size.

        Raises:
            FeedUnreadable: it is malformed, truncated or nested too deeply.
        """
        opening = self.peek()
        if depth > MAX_DEPTH:
            raise self._fault("its values are nested too deeply")
        if opening in {"{", "["}:
            for _ in self.members() if opening == "{" else self.elements():
                self.skip(depth=depth + 1)
        else:
            self.value()

    def finish(self) -> None:
        """Pass the end of the document.

        Raises:
            FeedUnreadable: something stands behind it.
        """
        if self.peek():
            raise self._fault("there is text behind the end of the document")

    def _step(self, to: int) -> None:
        self.line += self._window.count("\n", self._at, to)
        self._at = to

    def _read_to_close(self) -> None:
        """Read on to the end of a value that is large already, or to where it is too large."""
        while len(self._window) > LARGE and not closes(self._window) and self._more():
            pass

    def _more(self) -> bool:
        """Read on; the window then begins at the cursor. False, and nothing moved, at the end of the file."""
        if self._ended:
            return False
        kept = self._window[self._at :]
        if len(kept) > MAX_LINE:
            raise self._fault(f"one value is longer than {MAX_LINE:,} characters")
        chunk = self._source.read(max(CHUNK, min(len(kept), MAX_LINE - len(kept))))
        self._ended = not chunk
        if chunk:
            self._dropped += self._at
            self._window, self._at = kept + chunk, 0
        return bool(chunk)

    def _fault(self, cause: str) -> FeedUnreadable:
        return unreadable(
            self._name,
            f"the JSON is truncated or damaged near line {self.line}: {cause}",
            hint="Ask the vendor to send the file again.",
            line=self.line,
        )
