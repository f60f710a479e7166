"""What a `ColumnSpec.format` may say for each type, checked before any row is read by it."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed_spec import ColumnType
from agentic_lakehouse.feeds.instants import instant_problem
from agentic_lakehouse.feeds.numerals import decimal_notation

TRUE_FALSE = "true|false"


def boolean_words(fmt: str | None) -> tuple[str, str] | None:
    """Return the words for true and false, in small letters, that a format names; `None` where it names none.

    Without a format they are `true` and `false`.
    """
    true, bar, false = (fmt or TRUE_FALSE).partition("|")
    words = true.strip().lower(), false.strip().lower()
    return words if bar and all(words) and words[0] != words[1] and "|" not in words[1] else None


def format_problem(kind: ColumnType, fmt: str | None) -> str | None:
    """Return what is wrong with a column's format; `None` where it can be read by.

    A decimal's format is 1234.56 as the vendor writes it (also `1.234,56 €`, `1.234,56-`, `(1,234.56)`), a date's or
    timestamp's a strptime pattern, a boolean's the words for true and false with a bar between them. Other types have
    none.
    """
    if fmt is None:
        return None
    if kind == "decimal":
        known = decimal_notation(fmt)
        return None if known else f"{fmt!r} is not 1234.56 as a vendor would write it, such as `1.234,56`"
    if kind == "boolean":
        return None if boolean_words(fmt) else f"{fmt!r} is not two words with a bar between, such as `ja|nein`"
    if kind in {"date", "timestamp"}:
        problem = instant_problem(kind, fmt)
        return f"{fmt!r} is no strptime pattern that is understood: {problem}" if problem else None
    return None
