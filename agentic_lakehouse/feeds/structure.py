"""Where records of delimited text begin and end, told by its bytes alone, millions a second.

A byte of UTF-8 that looks like a delimiter, a quote or a line end is one, so nothing needs decoding. Only records
that every strict reader would read alike are plain; the first that is not ends what is told, since a quote out of
place may shift everything behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from agentic_lakehouse.feeds.splitting import MAX_RECORD_LINES
from agentic_lakehouse.feeds.text import MAX_LINE

_LINE_FEED, _RETURN = 0x0A, 0x0D
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


def structure(block: bytes, *, delimiter: str, quote: str | None, width: int, counts_cells: bool) -> Structure:
    """Return the plain records at the beginning of `block`, which begins where a record does.

    Plain is: `width` cells, two or more; quotes open at the edge of a cell and close there; no NUL, no bytes that are
    no UTF-8, no carriage return that ends a line alone.

    Args:
        block: UTF-8, or nearly.
        delimiter: a single byte.
        quote: a single byte.
        width: cells that a record should have.
        counts_cells: whether it is seen to. That costs as much as all the rest, and some readers do it anyway.
    """
    content = np.frombuffer(block, dtype=np.uint8)
    feeds = np.flatnonzero(content == _LINE_FEED)
    quotes = np.flatnonzero(content == ord(quote)) if quote else feeds[:0]
    at = np.flatnonzero(_outside(feeds, quotes))
    ends = feeds[at]
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    behind = at + 1
    lines = np.concatenate(([0], behind[:-1])) if ends.size else behind
    odd = (ends - starts < width - 1) | (ends - starts > MAX_LINE) | (behind - lines > MAX_RECORD_LINES)
    if counts_cells:
        delimiters = np.flatnonzero(content == ord(delimiter))
        delimiters = delimiters[_outside(delimiters, quotes)]
        odd |= np.diff(np.searchsorted(delimiters, ends), prepend=0) != width - 1
    count = int(np.argmax(odd)) if odd.any() else len(ends)
    for place in (
        _stray_quote(content, quotes, _edges(delimiter, quote)),
        block.find(0),
        _lone_return(content, quotes) if _RETURN in block else -1,
        _no_utf8(block[: int(ends[count - 1]) + 1]) if count else -1,
    ):
        if place >= 0:
            count = min(count, int(np.searchsorted(ends, place)))
    held = int(behind[count - 1]) if count else 0
    return Structure(starts[:count], ends[:count], lines[:count], held, count == len(ends))


def _outside(places: Array, quotes: Array) -> Array:
    """Whether each place is outside of quotes: an even number stands before it."""
    if not quotes.size:
        return np.ones(len(places), dtype=np.bool_)
    is_outside: Array = (np.searchsorted(quotes, places) & 1) == 0
    return is_outside


@lru_cache(maxsize=16)
def _edges(delimiter: str, quote: str | None) -> Array:
    """Return for each byte whether a quote may stand beside it: cells end there, or quotes are doubled."""
    edges = np.zeros(256, dtype=np.bool_)
    edges[[_LINE_FEED, _RETURN, ord(delimiter), *([ord(quote)] if quote else [])]] = True
    return edges


def _stray_quote(content: Array, quotes: Array, edges: Array) -> int:
    """Return the first quote that opens behind something, or closes before something, other than an edge; else -1.

    A quote that closes and one that opens right behind it are a doubled one.

    Args:
        content: all bytes.
        quotes: where they are quotes, which open and close by turns.
        edges: as `_edges` tells.
    """
    opening, closing = quotes[0::2], quotes[1::2]
    before = edges[content[opening - 1]]
    if opening.size and opening[0] == 0:
        before[0] = True
    after = edges[content[np.minimum(closing + 1, len(content) - 1)]]
    stray = (*opening[~before][:1], *closing[~after][:1])
    return int(min(stray)) if stray else -1


def _lone_return(content: Array, quotes: Array) -> int:
    """Return the first carriage return outside of quotes that no line feed follows; else -1."""
    returns = np.flatnonzero(content == _RETURN)
    lone = returns[content[np.minimum(returns + 1, len(content) - 1)] != _LINE_FEED]
    lone = lone[_outside(lone, quotes)]
    return int(lone[0]) if lone.size else -1


def _no_utf8(block: bytes) -> int:
    """Return the first byte that is no UTF-8; else -1. Arrow tells several times as fast whether there is one."""
    lengths = pa.py_buffer(np.array([0, len(block)], dtype=np.int32).tobytes())
    text = pa.StringArray.from_buffers(1, lengths, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            return error.start
    return -1
