"""Where records of delimited text begin and end, told by its bytes alone, millions a second.

A byte of UTF-8 that looks like a delimiter, a quote or a line end is one, so nothing needs decoding. Only records
that every strict reader would read alike are plain; the first that is not ends what is told, since a quote out of
place may shift everything behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from agentic_lakehouse.feeds.splitting import MAX_RECORD_LINES
from agentic_lakehouse.feeds.text import MAX_LINE

_LINE_FEED, _DELIMITER, _QUOTE, _RETURN, _NUL = 1, 2, 3, 4, 5
Array = np.ndarray


@dataclass(frozen=True)
class Structure:
    """The plain records that a block of bytes begins with."""

    starts: Array
    """Offset of each record in the block."""
    ends: Array
    """Offset of its line feed."""
    lines: Array
    """How many line feeds stand before it in the block."""
    feeds: int
    """How many line feeds all of them hold."""
    is_whole: bool
    """Whether all records that end in the block are plain."""

    @property
    def count(self) -> int:
        """Number of plain records."""
        return len(self.ends)

    @property
    def size(self) -> int:
        """Bytes that they take, line ends included."""
        return int(self.ends[-1]) + 1 if self.count else 0


def structure(block: bytes, *, delimiter: str, quote: str | None, width: int) -> Structure:
    """Return the plain records at the beginning of `block`, which begins where a record does.

    Plain is: `width` cells, two or more; quotes open at the edge of a cell and close there; no NUL, no bytes that are
    no UTF-8, no carriage return that ends a line alone.
    """
    classes = np.frombuffer(block.translate(_classes(delimiter, quote)), dtype=np.uint8)
    places = np.flatnonzero(classes != 0)  # several times as fast as on the bytes themselves
    kinds = classes[places]
    is_quote = kinds == _QUOTE
    inside = np.bitwise_xor.accumulate(is_quote.view(np.uint8)).view(np.bool_)
    is_feed = kinds == _LINE_FEED
    at = np.flatnonzero(is_feed & ~inside)
    ends = places[at]
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    feeds = np.cumsum(is_feed, dtype=np.int32)[at]
    lines = np.concatenate(([0], feeds[:-1])) if feeds.size else feeds
    delimiters = np.diff(np.cumsum((kinds == _DELIMITER) & ~inside, dtype=np.int32)[at], prepend=0)
    odd = (delimiters != width - 1) | (feeds - lines > MAX_RECORD_LINES) | (ends - starts > MAX_LINE)
    count = int(np.argmax(odd)) if odd.any() else len(ends)
    for place in (
        _stray_quote(places, np.flatnonzero(is_quote)),
        _first(places[kinds == _NUL]),
        _lone_return(places, np.flatnonzero((kinds == _RETURN) & ~inside), is_feed),
        _no_utf8(block[: int(ends[count - 1]) + 1] if count else b""),
    ):
        if place is not None:
            count = min(count, int(np.searchsorted(ends, place)))
    held = int(feeds[count - 1]) if count else 0
    return Structure(starts[:count], ends[:count], lines[:count], held, count == len(ends))


@lru_cache(maxsize=16)
def _classes(delimiter: str, quote: str | None) -> bytes:
    table = bytearray(256)
    table[0x0A], table[0x0D], table[0x00] = _LINE_FEED, _RETURN, _NUL
    table[ord(delimiter)] = _DELIMITER
    if quote:
        table[ord(quote)] = _QUOTE
    return bytes(table)


def _stray_quote(places: Array, at: Array) -> int | None:
    """Return the first quote that opens behind something, or closes before something, other than what is told apart.

    A quote that closes and one that opens right behind it are a doubled one.

    Args:
        places: offsets of all bytes that matter, ascending.
        at: which of them are quotes; they open and close by turns.
    """
    joined = np.empty(len(places) + 1, dtype=np.bool_)
    joined[0] = places.size > 0 and places[0] == 0
    np.equal(places[1:], places[:-1] + 1, out=joined[1:-1])
    joined[-1] = False
    opening, closing = at[0::2], at[1::2]
    stray = (*places[opening[~joined[opening]]][:1], *places[closing[~joined[closing + 1]]][:1])
    return int(min(stray)) if stray else None


def _lone_return(places: Array, at: Array, is_feed: Array) -> int | None:
    """Return the first of the carriage returns `at` that no line feed follows."""
    behind = np.minimum(at + 1, len(places) - 1)
    return _first(places[at[(places[behind] != places[at] + 1) | ~is_feed[behind]]])


def _no_utf8(block: bytes) -> int | None:
    if block.isascii():
        return None
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _first(places: Array) -> int | None:
    return int(places[0]) if places.size else None
