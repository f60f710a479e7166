"""Read a line whose quotes do not pair: every way to take them, the least strange ones first.

A quote at the edge of a cell may open it or be part of its text; one inside may close it or be part of it.
What a strict reader refuses as a whole, a search over these choices takes apart: a reading costs one for
each quote that stands where a writer would not have left it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agentic_lakehouse.feeds.splitting import Dialect

MAX_PIECES = 1_000
"""Most pieces between delimiters of a line that is tried."""
MAX_TIES = 4
"""Most equally strange readings of one number of cells that are kept."""


class Reading(NamedTuple):
    """The cells of a line, or of its end."""

    cost: int
    """Quotes in it that stand where a writer would not have left them."""
    cells: tuple[str, ...]


def readings(line: str, dialect: Dialect, *, most: int, closed: bool = False) -> dict[int, list[Reading]]:
    """Return the least strange readings of a line, by the number of cells they make.

    Args:
        line: one physical line without its end.
        dialect: how it is divided.
        most: readings of more cells are left out.
        closed: whether a quote that opens a cell must close it, too.
    """
    pieces = list(_pieces(line, dialect))
    if len(pieces) > MAX_PIECES:
        return {}
    behind: list[dict[int, list[Reading]]] = [{} for _ in pieces]
    behind.append({0: [Reading(0, ())]})
    for start in range(len(pieces) - 1, -1, -1):
        for cost, cell, end in _cells_at(pieces, start, dialect, closed=closed):
            for width, ties in behind[end].items():
                if width < most:
                    found = behind[start].setdefault(width + 1, [])
                    found.extend(Reading(cost + rest.cost, (cell, *rest.cells)) for rest in ties)
        for width, ties in behind[start].items():
            least = min(reading.cost for reading in ties)
            behind[start][width] = list(dict.fromkeys(r for r in ties if r.cost == least))[:MAX_TIES]
    return behind[0]


def _pieces(line: str, dialect: Dialect) -> Iterator[str]:
    """Yield the text between delimiters; escaped ones divide nothing."""
    if dialect.delimiter is None:
        yield line
        return
    held = ""
    delimiter = dialect.delimiter[0] if dialect.skips_spaces else dialect.delimiter
    for piece in line.split(delimiter):
        held += piece
        if dialect.escape and _ends_escaped(held, dialect.escape):
            held += delimiter
        else:
            yield held
            held = ""
    if held:
        yield held


def _ends_escaped(text: str, escape: str) -> bool:
    return (len(text) - len(text.rstrip(escape))) % 2 == 1


def _cells_at(pieces: list[str], start: int, dialect: Dialect, *, closed: bool) -> Iterator[tuple[int, str, int]]:
    """Yield cost, text and end of the cells that may begin at a piece."""
    quote = dialect.quote
    first = pieces[start].lstrip(" ") if dialect.skips_spaces else pieces[start]
    opens = quote is not None and first.startswith(quote)
    if not (opens and closed):
        text = _unescaped(first, dialect, quoted=False)
        yield text.count(quote) if quote else 0, text, start + 1
    if quote is None or not opens:
        return
    delimiter = (dialect.delimiter or "")[:1] if dialect.skips_spaces else dialect.delimiter or ""
    whole = first
    for end in range(start, len(pieces)):
        if end > start:
            whole += delimiter + pieces[end]
        if len(whole) > 1 and whole.endswith(quote) and not _ends_escaped_quote(whole, dialect):
            inner = _unescaped(whole[1:-1], dialect, quoted=True)
            yield inner.replace(quote * 2, "").count(quote), inner.replace(quote * 2, quote), end + 1


def _ends_escaped_quote(text: str, dialect: Dialect) -> bool:
    return dialect.escape is not None and _ends_escaped(text[:-1], dialect.escape)


def _unescaped(text: str, dialect: Dialect, *, quoted: bool) -> str:
    """Return `text` without its escapes; inside quotes, an escaped quote is a doubled one."""
    if not dialect.escape or dialect.escape not in text:
        return text
    parts: list[str] = []
    characters = iter(text)
    for character in characters:
        if character != dialect.escape:
            parts.append(character)
            continue
        escaped = next(characters, "")
        if not dialect.is_escaped(escaped):
            parts.append(character)
        parts.append(escaped * 2 if quoted and escaped == dialect.quote else escaped)
    return "".join(parts)
