"""Give every column a name of its own: the vendor's header wherever it can be."""

from __future__ import annotations

from collections.abc import Iterable

from agentic_lakehouse.feeds.source import unreadable

MAX_COLUMNS = 2_000


def unique_names(headers: Iterable[str | None]) -> tuple[str, ...]:
    """Return headers as unique source names.

    An empty header becomes its position (`#3`, from 1); one that stood before gets its count (`Preis#2`).
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, header in enumerate(headers, start=1):
        base = header if header and header.strip() else f"#{position}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}#{count}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def positions(width: int) -> tuple[str, ...]:
    """Return the names of columns that have no header: `#1`, `#2`, ..."""
    return tuple(f"#{position}" for position in range(1, width + 1))


def require_width(width: int, *, name: str) -> None:
    """Refuse what has no columns, or too many to be a table.

    Raises:
        FeedUnreadable: it has none, or more than `MAX_COLUMNS`.
    """
    if width == 0:
        raise unreadable(name, "has no columns", hint="Ask the vendor whether the delivery is complete.")
    if width > MAX_COLUMNS:
        raise unreadable(
            name,
            f"has {width:,} columns; at most {MAX_COLUMNS:,} are read",
            hint="Ask the vendor for a narrower table, with repeated things as rows.",
        )
